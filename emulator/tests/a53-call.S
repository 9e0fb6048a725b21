/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for a Cortex-A53 that is started as Linux is: makes calls into the
 * boot firmware as it is told. With the labels as what they are to be called
 * with, it also is what a second core runs and where a suspended one goes on.
 *
 * OCRAM: +0 number of the call to make, +4 number of the last one made,
 * +8 x0 to x3 of the call, +0x28 the same of the answer, +0x48 group enable of
 * the GIC's CPU interface during the call (negative: as it is), +0x50 starts, +0x58 where
 * "resumed" is, +0x60 where "second" is, +0x68 times resumed, +0x70 x0 and
 * +0x78 the thread ID register when it was resumed last, +0x80 the second core
 * runs, +0x84 it is to turn itself off, +0x88 number of the call under way.
 */
	.equ OCRAM, 0x00900000
	.equ CPU_OFF, 0x84000002

	.text
	ldr	x20, =OCRAM
	ldr	x0, [x20, #0x50]
	add	x0, x0, #1
	adr	x1, resumed
	str	x1, [x20, #0x58]
	adr	x1, second
	str	x1, [x20, #0x60]
	dsb	sy
	str	x0, [x20, #0x50]
next:
	ldr	w21, [x20]
	ldr	w1, [x20, #4]
	cmp	w21, w1
	b.eq	next
	dsb	sy
	ldr	x0, [x20, #0x48]
	tbnz	x0, #63, 1f
	/* Interrupts of any priority; masked in PSTATE, they only wake. */
	mov	x1, #0xff
	msr	ICC_PMR_EL1, x1
	msr	ICC_IGRPEN1_EL1, x0
	isb
1:
	/* A core that loses its state loses this. */
	mov	x0, #0x5a
	msr	TPIDR_EL1, x0
	str	w21, [x20, #0x88]
	ldp	x0, x1, [x20, #0x08]
	ldp	x2, x3, [x20, #0x18]
	smc	#0
	stp	x0, x1, [x20, #0x28]
	stp	x2, x3, [x20, #0x38]
done:
	dsb	sy
	str	w21, [x20, #4]
	b	next

resumed:
	ldr	x20, =OCRAM
	str	x0, [x20, #0x70]
	mrs	x0, TPIDR_EL1
	str	x0, [x20, #0x78]
	ldr	x0, [x20, #0x68]
	add	x0, x0, #1
	str	x0, [x20, #0x68]
	ldr	w21, [x20]
	b	done

second:
	ldr	x20, =OCRAM
	mov	w0, #1
	str	w0, [x20, #0x80]
1:	ldr	w0, [x20, #0x84]
	cbz	w0, 1b
	ldr	x0, =CPU_OFF
	smc	#0
2:	b	2b
