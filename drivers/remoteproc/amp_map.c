// SPDX-License-Identifier: GPL-2.0
/*
 * The core's view of memory: translation of its addresses, and what it may use
 */

#include "amp_map.h"

/**
 * amp_within() - is a range inside another one?
 * @start: of the range
 * @size: of the range
 * @outer: start of the other one
 * @outer_size: size of the other one
 *
 * Return: whether all of it is, for any values.
 */
bool amp_within(u64 start, u64 size, u64 outer, u64 outer_size)
{
	return start >= outer && start - outer <= outer_size &&
	       size <= outer_size - (start - outer);
}

/**
 * amp_map_da_to_pa() - translate a device address
 * @map: the core's view
 * @da: device address
 * @size: in bytes; all of it has to be in one range
 * @pa: set to the physical address
 *
 * Return: whether the core can reach it.
 */
bool amp_map_da_to_pa(const struct amp_map *map, u64 da, u64 size, u64 *pa)
{
	unsigned int i;

	for (i = 0; i < map->num_att; i++) {
		const struct amp_att *att = &map->att[i];

		if (amp_within(da, size, att->da, att->size)) {
			*pa = att->pa + (da - att->da);
			return true;
		}
	}

	return false;
}

/**
 * amp_map_pa_to_da() - translate a physical address
 * @map: the core's view
 * @pa: physical address
 * @size: in bytes; all of it has to be in one range
 * @da: set to the device address
 *
 * Return: whether the core can reach it.
 */
bool amp_map_pa_to_da(const struct amp_map *map, u64 pa, u64 size, u32 *da)
{
	unsigned int i;

	for (i = 0; i < map->num_att; i++) {
		const struct amp_att *att = &map->att[i];

		if (amp_within(pa, size, att->pa, att->size)) {
			*da = att->da + (pa - att->pa);
			return true;
		}
	}

	return false;
}

/**
 * amp_map_find() - find the memory that holds a physical range
 * @map: the core's view
 * @pa: physical address
 * @size: in bytes
 *
 * Return: the memory, or NULL if the core may not use all of the range.
 */
const struct amp_mem *amp_map_find(const struct amp_map *map, u64 pa, u64 size)
{
	unsigned int i;

	for (i = 0; i < map->num_mem; i++)
		if (amp_within(pa, size, map->mem[i].pa, map->mem[i].size))
			return &map->mem[i];

	return NULL;
}
