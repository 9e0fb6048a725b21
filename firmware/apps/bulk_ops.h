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
 * @BULK_RELEASE: give back all that is kept, of the file too, and this
 * @BULK_CRASH: write to it, and panic
 * @BULK_LIE: answer wrongly in several ways, and right, with status BULK_LIES
 * @BULK_PUT: keep it as the next part of a file. The cookie is the file's length before it.
 * @BULK_STAT: write &struct bulk_stat of the file to it
 * @BULK_GET: copy the file to it, from the offset on that the cookie is
 * @BULK_PAUSE: take no message until Linux has written another first word than 0 to it
 */
enum bulk_op {
	BULK_CHECKSUM = 0,
	BULK_INVERT = 1,
	BULK_FRAME = 2,
	BULK_HOLD = 3,
	BULK_RELEASE = 4,
	BULK_CRASH = 5,
	BULK_LIE = 6,
	BULK_PUT = 7,
	BULK_STAT = 8,
	BULK_GET = 9,
	BULK_PAUSE = 10,
};

/* Status of other operations, of operations on words if length or address is no multiple of 4,
 * and of parts of a file that are more than can be kept, or not the next ones
 */
#define BULK_REFUSED	0xffffffffu

/* Parts of a file, and others, that are kept at most */
#define BULK_MAX_KEPT	64

/**
 * struct bulk_stat - the file that has been put
 * @length: in bytes
 * @crc: bulk_crc() of it
 */
struct bulk_stat {
	uint32_t length;
	uint32_t crc;
};

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

/* CRC-32 as zlib has it, of what precedes @data, 0 if nothing does, and of @data. */
static inline uint32_t bulk_crc(uint32_t crc, const void *data, uint32_t length)
{
	static const uint32_t table[16] = {
		0x00000000, 0x1db71064, 0x3b6e20c8, 0x26d930ac, 0x76dc4190, 0x6b6b51f4,
		0x4db26158, 0x5005713c, 0xedb88320, 0xf00f9344, 0xd6d6a3e8, 0xcb61b38c,
		0x9b64c2b0, 0x86d3d2d4, 0xa00ae278, 0xbdbdf21c
	};
	const uint8_t *byte = (const uint8_t *)data;

	for (crc = ~crc; length; length--) {
		crc ^= *byte++;
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

/* Word @i of frame number @frame */
static inline uint32_t bulk_pixels(uint32_t frame, uint32_t i)
{
	return frame * 0x9e3779b1u ^ i;
}

#endif /* BULK_OPS_H */
