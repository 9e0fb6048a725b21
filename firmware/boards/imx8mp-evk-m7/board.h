/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * i.MX 8M Plus EVK, Cortex-M7: every address, interrupt number and clock that the library
 * uses, as the M7 sees them. Also read by the linker script (then __ASSEMBLER__ is set).
 */
#ifndef AMP_BOARD_H
#define AMP_BOARD_H

#define BOARD_NAME		"imx8mp-evk-m7"

/* Tightly coupled memories. */
#define BOARD_ITCM_BASE		0x00000000
#define BOARD_ITCM_SIZE		0x00020000
#define BOARD_DTCM_BASE		0x20000000
#define BOARD_DTCM_SIZE		0x00020000

/* DDR that the device tree reserves for code and data of the M7 (m7-ddr). */
#define BOARD_DDR_BASE		0x80000000
#define BOARD_DDR_SIZE		0x01000000

/* The thread's stack is the lowest thing in DTCM, so that an overflow leaves the memory. */
#define BOARD_STACK_SIZE	0x4000
#define BOARD_IRQ_STACK_SIZE	0x1000
#define BOARD_TRACE_SIZE	0x1000
#define BOARD_LOG_SIZE		0x2000		/* of the ring; a power of two */

/* Shared with Linux: both rings and the resource table lie in one MiB, the buffers in another. */
#define BOARD_SHM_RINGS_BASE	0x55000000
#define BOARD_SHM_RINGS_SIZE	0x00100000
#define BOARD_SHM_BUFS_BASE	0x55400000
#define BOARD_SHM_BUFS_SIZE	0x00100000
/* Around both. */
#define BOARD_SHM_BASE		0x55000000
#define BOARD_SHM_SIZE		0x00800000
#define BOARD_SHM_EIGHTHS	0x11

/* OCRAM that the device tree may reserve for rings and buffers instead; TF-A has what is above. */
#define BOARD_OCRAM_BASE	0x00900000
#define BOARD_OCRAM_SIZE	0x00080000
#define BOARD_OCRAM_EIGHTHS	0x1f
#define BOARD_OCRAM_SHARED_SIZE	0x00050000

/* Bulk data, if the device tree reserves it (bulk) and the application opens it. */
#define BOARD_BULK_BASE		0x58000000
#define BOARD_BULK_SIZE		0x02000000

#define BOARD_VRING_NUM		256
#define BOARD_VRING_ALIGN	4096
#define BOARD_RSC_TABLE_BASE	0x550ff000
#define BOARD_RSC_TABLE_SIZE	0x1000

/*
 * Message unit 1, side B: kicks travel in register 1 both ways. Register 2 is the mailbox
 * channel "shutdown", if the device tree names it, and doorbell 1 "rxdb".
 */
#define BOARD_MU_BASE		0x30ab0000
#define BOARD_MU_SIZE		0x10000
#define BOARD_MU_LAYOUT		mu_imx6sx
#define BOARD_MU_KICK_REG	1
#define BOARD_MU_SHUTDOWN_REG	2
#define BOARD_MU_DOORBELL	1
#define BOARD_MU_IRQ		97

/* Hardware semaphores; the M7 is their processor 1. */
#define BOARD_SEMA4_BASE	0x30ac0000
#define BOARD_SEMA4_SIZE	0x10000
#define BOARD_SEMA4_CPU		1

/* Around message unit and semaphores. */
#define BOARD_IPC_BASE		0x30a80000
#define BOARD_IPC_SIZE		0x80000
#define BOARD_IPC_EIGHTHS	0x18

/* Where the sample device tree has the table of apps/table.c, among what is shared, and its lock. */
#define BOARD_TABLE_BASE	0x55020000
#define BOARD_TABLE_LOCK	0

/* WDOG3, the M7's own. */
#define BOARD_WDOG_BASE		0x302a0000
#define BOARD_WDOG_SIZE		0x10000

/* UART4, from the 24 MHz oscillator. */
#define BOARD_UART_BASE		0x30a60000
#define BOARD_UART_SIZE		0x10000
#define BOARD_UART_IRQ		29
#define BOARD_UART_CLOCK_HZ	24000000
#define BOARD_UART_BAUD		115200

#define BOARD_NUM_IRQS		160

/* Nominal; only the timer depends on it. */
#define BOARD_CORE_CLOCK_HZ	800000000

#ifndef __ASSEMBLER__

/* Register writes {address, value} made once, in this order. */
/* clang-format off */
#define BOARD_SETUP {								\
	{ 0x30384214, 0x3333 },		/* CCGR33 set: MU on in all domains */	\
	{ 0x30384554, 0x3333 },		/* CCGR85 set: WDOG3 likewise */	\
}

#define BOARD_UART_SETUP {							\
	{ 0x303844c8, 0x3333 },		/* CCGR76 clear: gate off */		\
	{ 0x3038b080, 0x10000000 },	/* root: on, 24 MHz oscillator, /1 */	\
	{ 0x303844c4, 0x3333 },		/* CCGR76 set: on in all domains */	\
	{ 0x30330238, 0 },		/* UART4_RXD pad: UART4_RX */		\
	{ 0x30330600, 8 },		/* UART4_RX takes it from that pad */	\
	{ 0x30330498, 0x140 },		/* pull-up */				\
	{ 0x3033023c, 0 },		/* UART4_TXD pad: UART4_TX */		\
	{ 0x3033049c, 0x140 },							\
}
/* clang-format on */

/* Memory in which rings, and the buffers they name, may lie. */
/* clang-format off */
#define BOARD_SHARED_REGIONS {							\
	{ BOARD_SHM_BUFS_BASE, BOARD_SHM_BUFS_SIZE },				\
	{ BOARD_SHM_RINGS_BASE, BOARD_SHM_RINGS_SIZE },				\
	{ BOARD_OCRAM_BASE, BOARD_OCRAM_SHARED_SIZE },				\
}
/* clang-format on */

#endif
#endif /* AMP_BOARD_H */
