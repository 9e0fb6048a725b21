/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A program for the Cortex-M7, at 0: counts at the start of DTCM. */
	.syntax unified
	.cpu cortex-m7
	.thumb
	.text
	.word 0x20010000
	.word 1f + 1
	.thumb_func
1:	mov	r0, #0x20000000
2:	ldr	r1, [r0]
	adds	r1, #1
	str	r1, [r0]
	b	2b
