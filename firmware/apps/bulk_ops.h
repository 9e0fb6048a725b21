/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What apps/bulk.c does with a buffer; shared with the programs that send them.
 */
#ifndef BULK_OPS_H
#define BULK_OPS_H

/**
 * enum bulk_op - lower 8 bits of &struct amp_bulk_msg.op
 * @BULK_CHECKSUM: the status is bulk_checksum() of it
 * @BULK_INVERT: invert each bit; the status is bulk_checksum() of the result
 * @BULK_FRAME: fill it with the next frame when that is due. Frames are numbered from the
 *	seed in the upper 24 bits on, when that isn't 0. The status is the number.
 * @BULK_HOLD: keep it
 * @BULK_RELEASE: give back all that is kept, and this
 * @BULK_CRASH: write to it, and panic
 * @BULK_LIE: answer wrongly in several ways, and right, with status BULK_LIES
 */
enum bulk_op {
	BULK_CHECKSUM = 0,
	BULK_INVERT = 1,
	BULK_FRAME = 2,
	BULK_HOLD = 3,
	BULK_RELEASE = 4,
	BULK_CRASH = 5,
	BULK_LIE = 6,
};

/* Status of other operations, or of lengths and addresses that are no multiple of 4 */
#define BULK_REFUSED	0xffffffffu

/* Number of wrong answers to BULK_LIE, the last of them after the right one */
#define BULK_LIES	5

/* A sum that tells where each word is. */
static inline uint32_t bulk_checksum(const volatile uint32_t *word, uint32_t length)
{
	uint32_t sum = length;

	for (length /= 4; length; length--)
		sum = (sum << 1 | sum >> 31) ^ *word++;
	return sum;
}

/* Word @i of frame number @frame */
static inline uint32_t bulk_pixels(uint32_t frame, uint32_t i)
{
	return frame * 0x9e3779b1u ^ i;
}

#endif /* BULK_OPS_H */
