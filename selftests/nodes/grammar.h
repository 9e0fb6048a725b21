/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls that programs are made of, and what must be true of each, whoever else
 * uses the nodes meanwhile.
 */
#ifndef SELFTESTS_NODES_GRAMMAR_H
#define SELFTESTS_NODES_GRAMMAR_H

#include <stdbool.h>
#include <stdint.h>

#include "program.h"

/* What a descriptor is of */
enum kind {
	KIND_RPMSG,
	KIND_CTRL,
	KIND_BULK,
	KIND_DMABUF,
	KIND_LOG,
	KINDS,
	KIND_OTHER = KINDS,
	KIND_NONE,
};

/* The call that opens a node, of the kind that its first argument is */
#define GRAMMAR_OPEN	0

#define MAX_OPS		64

/* What all processes share of it */
struct grammar_shared {
	/* all programs are to end */
	bool stop;
	/* set when a rule is broken; the first one says which */
	unsigned int broken;
	char why[256];
	/* what the core runs, and whether that has a channel for bulk data, or for echoes */
	const char *firmware;
	bool bulk;
	/* nodes and channels that are there until the core is stopped */
	unsigned int created;
	unsigned int done[MAX_OPS];
	unsigned int succeeded[MAX_OPS];
	/* where programs of different processes hand descriptors to each other */
	int post[2];
};

void grammar_init_process(struct grammar_shared *shared, bool alone);
void grammar_run(const struct program *p);
void grammar_close_all(void);

enum kind grammar_kind(uint32_t random);
uint32_t grammar_choose(enum kind kind, uint32_t random);
uint32_t grammar_maker(enum kind kind);
const char *grammar_name(uint32_t op);

#endif /* SELFTESTS_NODES_GRAMMAR_H */
