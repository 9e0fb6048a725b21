/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The cases: what is different from the valid image, and what comes of it.
 */
#ifndef SELFTESTS_HOST_CASES_H
#define SELFTESTS_HOST_CASES_H

#include "image.h"

/* "value" in little endian; if "fill" is set, its lowest byte "len" times */
struct change {
	u32 offset;
	u32 len;
	u64 value;
	bool fill;
};

struct test_case {
	const char *name;
	int err;			/* 0: it is accepted */
	const char *why;		/* part of the message */
	struct change change[12];
	u32 size;			/* of the file, if not the image's */
	bool elf_only;			/* not to be seen in the table alone */
	struct board_change board;	/* then it isn't for a target */
};

extern const struct test_case cases[];
extern const unsigned int num_cases;

/* The file of a case, in bytes, and what it contains; @file is all zeroes. */
size_t case_size(const struct test_case *c);
void case_fill(const struct test_case *c, void *file);

#endif /* SELFTESTS_HOST_CASES_H */
