/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The board that the tests pretend to be.
 */
#ifndef AMP_BOARD_H
#define AMP_BOARD_H

#define BOARD_TRACE_SIZE	4096
#define BOARD_LOG_SIZE		2048
#define BOARD_MU_BASE		0x1000
#define BOARD_MU_LAYOUT		mu_imx6sx
#define BOARD_MU_KICK_REG	1
#define BOARD_MU_SHUTDOWN_REG	2
#define BOARD_MU_DOORBELL	1
#define BOARD_BULK_BASE		0x58000000
#define BOARD_BULK_SIZE		0x02000000
/* clang-format off */
#define BOARD_SHARED_REGIONS	{ { 0x55400000, 0x100000 }, { 0x55000000, 0x100000 } }
/* clang-format on */

#endif /* AMP_BOARD_H */
