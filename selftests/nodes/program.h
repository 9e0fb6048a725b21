/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Programs: sequences of calls whose arguments are plain numbers. What a number means
 * is the call's affair, so any program is one that can be run.
 */
#ifndef SELFTESTS_NODES_PROGRAM_H
#define SELFTESTS_NODES_PROGRAM_H

#include <stdint.h>
#include <stdio.h>

#define PROGRAM_CALLS	24
#define CALL_ARGS	6

struct call {
	uint32_t op;
	uint32_t arg[CALL_ARGS];
};

struct program {
	unsigned int length;
	struct call call[PROGRAM_CALLS];
};

uint32_t random_next(uint64_t *state);
void program_random(struct program *p, uint64_t *state);
void program_mutate(struct program *p, const struct program *other, uint64_t *state);
void program_print(const struct program *p, FILE *out);

#endif /* SELFTESTS_NODES_PROGRAM_H */
