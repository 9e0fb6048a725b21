/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The core's view of memory: translation of its addresses, and what it may use.
 *
 * Pure functions; they also compile on a host.
 */
#ifndef AMP_MAP_H
#define AMP_MAP_H

#include <linux/types.h>

/**
 * struct amp_att - one range of the core's address map
 * @da: where the core sees it, a device address
 * @pa: where Linux sees it, a physical address
 * @size: in bytes
 * @owned: the memory belongs to the core alone (TCM), no device-tree region is
 *         needed to use it
 * @name: for messages
 */
struct amp_att {
	u32 da;
	u32 pa;
	u32 size;
	bool owned;
	const char *name;
};

/**
 * enum amp_mem_use - what a piece of memory may hold
 * @AMP_MEM_ANY: anything of the firmware: it is the core's own, or reserved for
 *               it by the device tree
 * @AMP_MEM_RING: a vring; reserved by the device tree
 * @AMP_MEM_BUFFER: buffers of a virtio device; reserved by the device tree
 */
enum amp_mem_use {
	AMP_MEM_ANY,
	AMP_MEM_RING,
	AMP_MEM_BUFFER,
};

/**
 * struct amp_mem - memory that the firmware may use; all else is Linux'
 * @pa: physical address
 * @size: in bytes
 * @use: what for
 * @owned: the core's own; not a region of the device tree
 * @name: of the range, or of the device-tree node
 * @va: where Linux has mapped it, NULL if it hasn't. Write-combining: unlike a
 *      device mapping that allows unaligned accesses, which the remoteproc core
 *      makes when it copies a resource table.
 */
struct amp_mem {
	u64 pa;
	u64 size;
	enum amp_mem_use use;
	bool owned;
	const char *name;
	void *va;
};

/**
 * struct amp_map - the core's view of memory
 * @att: its address map. Where ranges overlap, the first one counts.
 * @num_att: number of entries in @att
 * @mem: what it may use
 * @num_mem: number of entries in @mem
 */
struct amp_map {
	const struct amp_att *att;
	unsigned int num_att;
	struct amp_mem *mem;
	unsigned int num_mem;
};

bool amp_within(u64 start, u64 size, u64 outer, u64 outer_size);
bool amp_map_da_to_pa(const struct amp_map *map, u64 da, u64 size, u64 *pa);
bool amp_map_pa_to_da(const struct amp_map *map, u64 pa, u64 size, u32 *da);
const struct amp_mem *amp_map_find(const struct amp_map *map, u64 pa, u64 size);

#endif /* AMP_MAP_H */
