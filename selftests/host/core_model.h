/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the remoteproc core does with an image that was accepted.
 */
#ifndef SELFTESTS_HOST_CORE_MODEL_H
#define SELFTESTS_HOST_CORE_MODEL_H

#include "amp_map.h"

/* Both return NULL, or what would have gone wrong. */
const char *core_start(const struct amp_map *map, const u8 *image, size_t size);
const char *core_handle_table(const struct amp_map *map, const u8 *table,
			      size_t size);

#endif /* SELFTESTS_HOST_CORE_MODEL_H */
