/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Is a firmware image, or a resource table, safe to hand to the remoteproc core?
 *
 * Pure functions over a byte buffer: they touch nothing else, and they also
 * compile on a host, where they are tested and fuzzed.
 */
#ifndef AMP_VALIDATE_H
#define AMP_VALIDATE_H

#include "amp_map.h"

/* Limits; far more than any firmware has, and they bound the work. */
#define AMP_VALID_MAX_SEGMENTS	32
#define AMP_VALID_MAX_ENTRIES	32
#define AMP_VALID_MAX_VDEVS	8	/* AMP_RPROC_MAX_NOTIFYID / 2 */
#define AMP_VALID_VRINGS	2	/* of a virtio device: no more, no fewer */

#define AMP_VALID_MAX_RINGS	(AMP_VALID_MAX_VDEVS * AMP_VALID_VRINGS)
#define AMP_VALID_MAX_SPANS	(AMP_VALID_MAX_SEGMENTS + AMP_VALID_MAX_ENTRIES)

/* What the firmware claims memory for. A segment may lie in a carve-out. */
enum amp_claim {
	AMP_CLAIM_SEGMENT,
	AMP_CLAIM_CARVEOUT,
};

/**
 * struct amp_valid_span - memory that the firmware claims
 * @pa: physical address
 * @size: in bytes
 * @kind: what for
 * @index: of the thing among its kind
 */
struct amp_valid_span {
	u64 pa;
	u64 size;
	enum amp_claim kind;
	unsigned int index;
};

/* A notify id that the host is to choose */
#define AMP_NOTIFY_ANY		0xffffffff

/**
 * struct amp_valid - a check, and what came of it
 * @map: what is checked against
 * @data: the table's bytes
 * @size: of the table
 * @spans: memory that has been claimed so far
 * @num_spans: number of entries in @spans
 * @notifyids: that the vrings so far ask for, AMP_NOTIFY_ANY for any
 * @num_notifyids: number of entries in @notifyids
 * @carveouts: their names so far
 * @num_carveouts: number of entries in @carveouts
 * @num_vdevs: virtio devices so far
 * @table_end: where the last entry of the table ends
 * @elf_table: the image's resource table, NULL if it has none; after
 *             amp_validate_elf() has accepted it
 * @elf_table_size: its length in bytes, 0 if there is none
 * @why: why it was refused, one line
 *
 * Too large for a kernel's stack. Needs no initialisation.
 */
struct amp_valid {
	const struct amp_map *map;
	const u8 *data;
	size_t size;
	struct amp_valid_span spans[AMP_VALID_MAX_SPANS];
	unsigned int num_spans;
	u32 notifyids[AMP_VALID_MAX_RINGS];
	unsigned int num_notifyids;
	const char *carveouts[AMP_VALID_MAX_ENTRIES];
	unsigned int num_carveouts;
	unsigned int num_vdevs;
	size_t table_end;
	const u8 *elf_table;
	size_t elf_table_size;
	char why[160];
};

int amp_validate_table(struct amp_valid *v, const struct amp_map *map,
		       const void *table, size_t size);
int amp_validate_elf(struct amp_valid *v, const struct amp_map *map,
		     const void *image, size_t size);

#endif /* AMP_VALIDATE_H */
