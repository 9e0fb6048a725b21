/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Which code of the modules the calling thread has reached, of kernels with KCOV.
 */
#ifndef SELFTESTS_NODES_COVER_H
#define SELFTESTS_NODES_COVER_H

#include <stdbool.h>

#define COVER_BITS	(1U << 20)

/* What all threads have reached: to be in memory that they share */
struct cover {
	unsigned int reached;
	unsigned int bits[COVER_BITS / 32];
};

bool cover_open(void);
void cover_begin(void);
unsigned int cover_end(struct cover *cover);

#endif /* SELFTESTS_NODES_COVER_H */
