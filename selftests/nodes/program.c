// SPDX-License-Identifier: GPL-2.0
/*
 * How programs come to be: at random, and out of those that have reached something new.
 */
#include <string.h>

#include "grammar.h"
#include "program.h"

/* xorshift64: the same numbers from the same seed anywhere */
uint32_t random_next(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state >> 32;
}

static void random_args(struct call *call, uint64_t *state)
{
	unsigned int i;

	for (i = 0; i < CALL_ARGS; i++)
		call->arg[i] = random_next(state);
}

/* Begins with something open, and goes on with what fits that, mostly. */
void program_random(struct program *p, uint64_t *state)
{
	enum kind kind = grammar_kind(random_next(state)), on = kind;
	unsigned int i;

	/* an endpoint of its own, in place of a node */
	if (kind == KIND_RPMSG && random_next(state) % 4 == 0)
		on = KIND_CTRL;
	p->length = 3 + random_next(state) % (PROGRAM_CALLS - 2);
	for (i = 0; i < p->length; i++) {
		random_args(&p->call[i], state);
		p->call[i].op = grammar_choose(random_next(state) % 4 ? kind : KINDS,
					       random_next(state));
	}
	p->call[0].op = GRAMMAR_OPEN;
	p->call[0].arg[0] = on;
	if (kind == KIND_DMABUF || kind != on)
		p->call[1].op = grammar_maker(kind);
}

static void remove_call(struct program *p, unsigned int at)
{
	p->length--;
	memmove(&p->call[at], &p->call[at + 1], (p->length - at) * sizeof(p->call[0]));
}

/* Before @at */
static void insert_call(struct program *p, unsigned int at, const struct call *call)
{
	struct call new = *call;

	if (p->length == PROGRAM_CALLS)
		remove_call(p, PROGRAM_CALLS - 1);
	memmove(&p->call[at + 1], &p->call[at], (p->length - at) * sizeof(p->call[0]));
	p->call[at] = new;
	p->length++;
}

void program_mutate(struct program *p, const struct program *other, uint64_t *state)
{
	unsigned int n = 1 + random_next(state) % 4, at;
	struct call call;
	uint32_t *arg;

	while (n--) {
		at = random_next(state) % p->length;
		arg = &p->call[at].arg[random_next(state) % CALL_ARGS];
		random_args(&call, state);
		call.op = grammar_choose(KINDS, random_next(state));
		switch (random_next(state) % 8) {
		case 0:
			p->call[at] = call;
			break;
		case 1:
			if (p->length > 1)
				remove_call(p, at);
			break;
		case 2:
			if (at < PROGRAM_CALLS - 1)
				insert_call(p, at, &call);
			break;
		case 3:
			/* the same once more */
			if (at < PROGRAM_CALLS - 1)
				insert_call(p, at, &p->call[at]);
			break;
		case 4:
			if (at < PROGRAM_CALLS - 1)
				insert_call(p, at, &other->call[random_next(state) % other->length]);
			break;
		case 5:
			*arg ^= 1U << random_next(state) % 32;
			break;
		case 6:
			*arg += 1 + random_next(state) % 4;
			break;
		default:
			*arg = random_next(state);
		}
	}
}

void program_print(const struct program *p, FILE *out)
{
	unsigned int i, k;

	for (i = 0; i < p->length && i < PROGRAM_CALLS; i++) {
		fprintf(out, "#   %s", grammar_name(p->call[i].op));
		for (k = 0; k < CALL_ARGS; k++)
			fprintf(out, " %x", p->call[i].arg[k]);
		fprintf(out, "\n");
	}
}
