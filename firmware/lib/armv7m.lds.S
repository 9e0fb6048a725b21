/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Linker script of an Armv7-M core with tightly coupled memories. Goes through the C
 * preprocessor. AMP_TEXT_IN_DDR puts all code but the vectors, start-up and the fault
 * handlers into DDR.
 */
#include "board.h"

OUTPUT_FORMAT("elf32-littlearm")
OUTPUT_ARCH(arm)
ENTRY(reset_handler)

MEMORY
{
	itcm  (rx) : ORIGIN = BOARD_ITCM_BASE, LENGTH = BOARD_ITCM_SIZE
	stack (rw) : ORIGIN = BOARD_DTCM_BASE, LENGTH = BOARD_STACK_SIZE
	dtcm  (rw) : ORIGIN = BOARD_DTCM_BASE + BOARD_STACK_SIZE,
		     LENGTH = BOARD_DTCM_SIZE - BOARD_STACK_SIZE - BOARD_IRQ_STACK_SIZE
	ddr   (rx) : ORIGIN = BOARD_DDR_BASE, LENGTH = BOARD_DDR_SIZE
	rsc   (rw) : ORIGIN = BOARD_RSC_TABLE_BASE, LENGTH = BOARD_RSC_TABLE_SIZE
}

#ifdef AMP_TEXT_IN_DDR
#define TEXT_SIZE SIZEOF(.text)
#else
#define TEXT_SIZE 0
#endif

PHDRS
{
	itcm PT_LOAD FLAGS(5);
#ifdef AMP_TEXT_IN_DDR
	ddr PT_LOAD FLAGS(5);
#endif
	data PT_LOAD FLAGS(6);
	rsc PT_LOAD FLAGS(6);
}

__stack_top = ORIGIN(stack) + LENGTH(stack);
__irq_stack_top = BOARD_DTCM_BASE + BOARD_DTCM_SIZE;

SECTIONS
{
	.vectors : {
		KEEP(*(.vectors))
		. = ALIGN(4);
		amp_ddr_text_size = .;
		LONG(TEXT_SIZE)
#ifdef AMP_TEXT_IN_DDR
		*armv7m_*.o(.text .text.* .rodata .rodata.*)
		. = ALIGN(8);
	} > itcm :itcm

	.text : {
		*(.text .text.* .rodata .rodata.*)
		. = ALIGN(8);
	} > ddr :ddr
#else
	} > itcm :itcm

	.text : {
		*(.text .text.* .rodata .rodata.*)
		. = ALIGN(8);
	} > itcm :itcm
#endif

	/* Loaded in place: there is nothing to copy at start-up. */
	.data : {
		*(.data .data.*)
		. = ALIGN(8);
	} > dtcm :data

	.bss (NOLOAD) : {
		__bss_start = .;
		*(.trace)
		*(.bss .bss.* COMMON)
		. = ALIGN(8);
		__bss_end = .;
	} > dtcm :data

	.resource_table : {
		KEEP(*(.resource_table))
	} > rsc :rsc

	/DISCARD/ : {
		*(.ARM.exidx* .ARM.extab* .eh_frame*)
		*(.init .fini .init_array* .fini_array*)
	}
}
