/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small valid firmware image with a resource table, laid out as a struct so
 * that a test can spoil any of its fields, and the board that it is for. For a
 * little-endian host.
 */
#ifndef SELFTESTS_HOST_IMAGE_H
#define SELFTESTS_HOST_IMAGE_H

#include <linux/elf.h>

#include "amp_map.h"

/* Named like the core's (include/linux/remoteproc.h), each with its type word. */
struct rsc_vring {
	u32 da, align, num, notifyid, pa;
};

struct rsc_vdev {
	u32 type;
	u32 id, notifyid, dfeatures, gfeatures, config_len;
	u8 status, num_of_vrings, reserved[2];
	struct rsc_vring vring[2];
	u8 config[256];
};

struct rsc_trace {
	u32 type;
	u32 da, len, reserved;
	char name[32];
};

struct rsc_carveout {
	u32 type;
	u32 da, pa, len, flags, reserved;
	char name[32];
};

/* The project's own: where the fault record is, and the log */
struct rsc_area {
	u32 type;
	u32 da, len, reserved;
};

struct rsc_vendor {
	u32 type;
	u32 body;
};

/* There is more in it than the entries that "offset" and "num" refer to. */
struct rsc_table {
	u32 ver, num, reserved[2];
	u32 offset[34];
	struct rsc_vdev vdev[9];
	struct rsc_trace trace;
	struct rsc_carveout carveout[2];
	struct rsc_area fault, log;
	struct rsc_vendor vendor[34];
	u32 last;
};

enum { SEG_TEXT, SEG_DATA, SEG_TABLE, SEG_SPARE, NUM_SEGMENTS = 3, MAX_SEGMENTS = 33 };
enum { SEC_NULL, SEC_TEXT, SEC_TABLE, SEC_NAMES, NUM_SECTIONS };

struct image {
	struct elf32_hdr ehdr;
	struct elf32_phdr ph[MAX_SEGMENTS];
	u32 text[16];
	u32 data[16];
	struct rsc_table table;
	char names[40];
	struct elf32_shdr sh[NUM_SECTIONS];
};

/* What a case may have different from the board */
struct board_change {
	u32 ring_size;		/* of vdev0vring0's region */
	bool low;		/* a region that the core reaches at two addresses */
};

/* The map's memory is allocated in its exact size. */
void board_init(struct amp_map *map, const struct board_change *change);
void board_free(struct amp_map *map);
void image_init(struct image *image);
/* The table in a file that begins with an image */
const void *image_table(const void *file, size_t *size);

#endif /* SELFTESTS_HOST_IMAGE_H */
