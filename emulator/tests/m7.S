/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for the Cortex-M7 that does what it is told through MU1 and
 * sleeps meanwhile. To be loaded to ITCM. Words on channel 0 come back plus
 * one. A word on channel 1 is an address: it is read, and what it holds comes
 * back on channel 1; where that faults, the answer is 0xdead0000 plus the low
 * half of CFSR instead, with the fault's address on channel 2. A word on
 * channel 3 is an address to jump to.
 *
 * DTCM: +0 starts since power-on, +4 interrupts, +8 general-purpose interrupts.
 */
	.syntax unified
	.cpu cortex-m7
	.thumb

	.equ DTCM, 0x20000000
	.equ MUB, 0x30ab0000
	.equ UTXD, 0x30a60040
	.equ UCR1, 0x30a60080

	.text
vectors:
	.word DTCM + 0x10000
	.word start + 1
	.word hang + 1		/* NMI */
	.word hang + 1		/* HardFault */
	.word hang + 1		/* MemManage */
	.word busfault + 1
	.word hang + 1		/* UsageFault */
	.rept 9
	.word hang + 1
	.endr
	.rept 97
	.word hang + 1
	.endr
	.word mu_interrupt + 1
	.rept 62
	.word hang + 1
	.endr

	.thumb_func
start:
	ldr	r0, =DTCM
	ldr	r1, [r0]
	adds	r1, #1
	str	r1, [r0]
	/* "M7", newline, on UART4 */
	ldr	r2, =UCR1
	movs	r3, #1
	str	r3, [r2]
	ldr	r2, =UCR1 + 4
	movw	r3, #0x4006	/* IRTS TXEN RXEN */
	str	r3, [r2]
	ldr	r2, =UTXD
	movs	r3, #'M'
	str	r3, [r2]
	movs	r3, #'7'
	str	r3, [r2]
	movs	r3, #10
	str	r3, [r2]
	/* BusFault as such, not as a HardFault */
	ldr	r2, =0xe000ed24
	mov	r3, #(1 << 17)
	str	r3, [r2]
	/* Interrupt 97, at a priority that lets a fault in */
	ldr	r2, =0xe000e461
	movs	r3, #0x80
	strb	r3, [r2]
	ldr	r2, =0xe000e10c
	movs	r3, #2
	str	r3, [r2]
	/* GIE0, and RIE of all channels; flags 5 */
	ldr	r2, =MUB
	ldr	r3, =0x8f000005
	str	r3, [r2, #0x24]
sleep:
	wfi
	b	sleep

	.thumb_func
mu_interrupt:
	push	{r4, r5, r6, lr}
	ldr	r4, =MUB
	ldr	r5, =DTCM
	ldr	r0, [r5, #4]
	adds	r0, #1
	str	r0, [r5, #4]
	ldr	r6, [r4, #0x20]
	tst	r6, #(1 << 27)
	beq	1f
	ldr	r0, [r4, #0x10]
	adds	r0, #1
	str	r0, [r4, #0x00]
1:	tst	r6, #(1 << 26)
	beq	2f
	ldr	r0, [r4, #0x14]
	ldr	r0, [r0]
	str	r0, [r4, #0x04]
2:	tst	r6, #(1 << 31)
	beq	3f
	mov	r0, #(1 << 31)
	str	r0, [r4, #0x20]
	ldr	r0, [r5, #8]
	adds	r0, #1
	str	r0, [r5, #8]
3:	tst	r6, #(1 << 24)
	beq	4f
	ldr	r0, [r4, #0x1c]
	bx	r0
4:	pop	{r4, r5, r6, pc}

	/* The faulting load is the one above: its result becomes the answer. */
	.thumb_func
busfault:
	ldr	r1, =0xe000ed28
	ldr	r2, [r1]
	str	r2, [r1]
	movw	r3, #0xffff
	and	r2, r3
	movt	r2, #0xdead
	ldr	r3, [r1, #0x10]
	ldr	r0, =MUB
	str	r3, [r0, #0x08]
	str	r2, [sp]
	ldr	r3, [sp, #24]
	adds	r3, #2
	str	r3, [sp, #24]
	bx	lr

	.thumb_func
hang:
	b	hang
