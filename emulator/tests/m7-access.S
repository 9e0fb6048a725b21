/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A program for the Cortex-M7 that accesses what it is told. To be loaded to
 * ITCM. OCRAM: +0 a command: 1 and 2 read a byte and a halfword, 3 and 4 write
 * one; then it is 0 again. +4 the address, +8 the value.
 */
	.syntax unified
	.cpu cortex-m7
	.thumb

	.equ DTCM, 0x20000000
	.equ OCRAM, 0x00900000

	.text
vectors:
	.word DTCM + 0x10000
	.word start + 1
	.rept 14
	.word hang + 1
	.endr

	.thumb_func
start:
	ldr	r4, =OCRAM
next:
	ldr	r0, [r4]
	ldr	r1, [r4, #4]
	ldr	r2, [r4, #8]
	cmp	r0, #1
	beq	1f
	cmp	r0, #2
	beq	2f
	cmp	r0, #3
	beq	3f
	cmp	r0, #4
	beq	4f
	b	next
1:	ldrb	r2, [r1]
	b	done
2:	ldrh	r2, [r1]
	b	done
3:	strb	r2, [r1]
	b	done
4:	strh	r2, [r1]
done:
	str	r2, [r4, #8]
	movs	r0, #0
	str	r0, [r4]
	b	next

	.thumb_func
hang:
	b	hang
