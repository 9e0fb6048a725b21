/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for a Cortex-A53, to be loaded to and started at 0x40000000: it
 * starts and stops the Cortex-M7, which runs m7-count.S, and sees to it that
 * the M7 comes up each time and that it does nothing more once stopped.
 *
 * OCRAM: +0 cycles to do, +4 cycles done, +8 what went wrong (0 nothing,
 * 1 the M7 didn't start, 2 it went on after the stop).
 */
	.equ OCRAM, 0x00900000
	.equ COUNT, 0x00800000	/* DTCM + 0 */
	.equ M7RCR, 0x3039000c
	.equ GPR22, 0x30340058

	.text
	ldr	x0, =OCRAM
	ldr	x1, =COUNT
	ldr	x2, =M7RCR
	ldr	x3, =GPR22
	ldr	w4, [x0]
	mov	w5, #0			/* done */
	mov	w6, #1			/* CPUWAIT */
	mov	w7, #0xaa		/* ENABLE_M7, SW_M7C_RST */
next:
	str	wzr, [x1]
	dsb	sy
	str	wzr, [x3]
	mov	w8, #0x10000000
1:	ldr	w9, [x1]
	cbnz	w9, 2f
	subs	w8, w8, #1
	b.ne	1b
	mov	w10, #1
	b	failed
2:	str	w6, [x3]
	str	w7, [x2]
	ldr	w9, [x1]
	mov	w8, #200
3:	ldr	w11, [x1]
	cmp	w9, w11
	b.ne	4f
	subs	w8, w8, #1
	b.ne	3b
	add	w5, w5, #1
	str	w5, [x0, #4]
	cmp	w5, w4
	b.ne	next
	b	done
4:	mov	w10, #2
failed:
	str	w10, [x0, #8]
done:
	wfi
	b	done
