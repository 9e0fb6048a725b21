/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Not a real board: the i.MX 8M Plus EVK with the message unit of the i.MX 93, version 2,
 * in the place of its own. The emulator has it (-M mu=v2).
 */
#ifndef AMP_BOARD_MU2_H
#define AMP_BOARD_MU2_H

#include "../imx8mp-evk-m7/board.h"

#undef BOARD_NAME
#define BOARD_NAME		"imx8mp-evk-m7-mu2"

#undef BOARD_MU_LAYOUT
#define BOARD_MU_LAYOUT		mu_imx8ulp

#endif /* AMP_BOARD_MU2_H */
