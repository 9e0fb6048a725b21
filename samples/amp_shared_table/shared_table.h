/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * A table in memory that Linux and the remote core share
 *
 * Whoever updates it reads all of it, adds one to one of the cells and writes
 * all of it back, with the lock held all the while. So each update counts, and
 * the checksum is right, unless somebody else got in between.
 *
 * Both sides are little endian.
 */
#ifndef SHARED_TABLE_H
#define SHARED_TABLE_H

/* Firmware defines __u32 itself. */
#ifdef __KERNEL__
#include <linux/types.h>
#endif

/* "TABL" */
#define SHARED_TABLE_MAGIC	0x4c424154
#define SHARED_TABLE_CELLS	16

/**
 * struct shared_table - the table
 * @magic: SHARED_TABLE_MAGIC, written last by Linux when it makes the table
 * @checksum: shared_table_checksum() of the cells
 * @cell: counters; their sum is the number of updates, modulo 2^32
 */
struct shared_table {
	__u32 magic;
	__u32 checksum;
	__u32 cell[SHARED_TABLE_CELLS];
};

/* Not the sum, which a mixture of two updates would often have as well. */
static inline __u32 shared_table_checksum(const __u32 *cell)
{
	__u32 checksum = SHARED_TABLE_MAGIC;
	unsigned int i;

	for (i = 0; i < SHARED_TABLE_CELLS; i++)
		checksum = (checksum << 5 | checksum >> 27) ^ cell[i];
	return checksum;
}

#endif /* SHARED_TABLE_H */
