// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Updates a table that it shares with Linux' sample module amp_shared_table, under a hardware
 * lock. The channel amp-table takes one command in each message and answers "ok", "no" if it
 * can't, "what?", or what the table at the end says.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include "amp.h"
#include "board.h"
#include "hwlock_imx.h"

typedef uint32_t __u32;
#include "../../samples/amp_shared_table/shared_table.h"

/* A fraction of a second. */
#define MAX_TRIES 100000u

/* How many updates between two looks at the messages. */
#define BATCH 64

static volatile struct shared_table * const table = (void *)BOARD_TABLE_BASE;

static struct rpmsg_endpoint ept;

static enum {
	IDLE,
	RUN,
	RUN_WITHOUT_LOCK,
} mode;

/* Since the last "run". */
static struct {
	unsigned long updates;
	unsigned long contended;	/* the lock was not free at once */
	unsigned long failed;		/* nor later */
	unsigned long torn;		/* the table was found half written */
} count;

static bool lock(void)
{
	if (hwlock_try_lock(BOARD_TABLE_LOCK))
		return true;
	count.contended++;
	if (hwlock_lock(BOARD_TABLE_LOCK, MAX_TRIES))
		return true;
	count.failed++;
	return false;
}

static void update(void)
{
	uint32_t checksum, cell[SHARED_TABLE_CELLS];
	unsigned int i;

	if (mode == RUN && !lock())
		return;
	checksum = table->checksum;
	for (i = 0; i < SHARED_TABLE_CELLS; i++)
		cell[i] = table->cell[i];
	if (checksum != shared_table_checksum(cell))
		count.torn++;
	cell[++count.updates % SHARED_TABLE_CELLS]++;
	table->checksum = shared_table_checksum(cell);
	for (i = 0; i < SHARED_TABLE_CELLS; i++)
		table->cell[i] = cell[i];
	if (mode == RUN)
		hwlock_unlock(BOARD_TABLE_LOCK);
}

static const char *start(int new_mode)
{
	if (table->magic != SHARED_TABLE_MAGIC)
		return "no";
	memset(&count, 0, sizeof(count));
	mode = new_mode;
	return "ok";
}

static const char *do_run(void)
{
	return start(RUN);
}

static const char *do_run_nolock(void)
{
	return start(RUN_WITHOUT_LOCK);
}

static const char *do_stop(void)
{
	static char text[96];

	mode = IDLE;
	snprintf(text, sizeof(text), "updates %lu contended %lu failed %lu torn %lu",
		 count.updates, count.contended, count.failed, count.torn);
	return text;
}

static const char *do_hold(void)
{
	mode = IDLE;
	return lock() ? "ok" : "no";
}

static const char *do_release(void)
{
	hwlock_unlock(BOARD_TABLE_LOCK);
	return "ok";
}

static const char *do_die(void)
{
	mode = IDLE;
	if (!lock())
		return "no";
	amp_panic("with the lock of the table held");
	return "";
}

static const struct command {
	const char *name;
	const char *(*run)(void);
} commands[] = {
	{ "run", do_run },			/* update until told otherwise */
	{ "run nolock", do_run_nolock },	/* the same, without the lock */
	{ "stop", do_stop },			/* no more; answers with the counts */
	{ "hold", do_hold },			/* take the lock and keep it */
	{ "release", do_release },		/* give it back */
	{ "die", do_die },			/* take it, and panic; no answer */
};

static int on_command(struct rpmsg_endpoint *e, void *data, size_t len, uint32_t src, void *priv)
{
	const char *reply = "what?";
	unsigned int i;

	(void)priv;
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (len == strlen(commands[i].name) && !memcmp(data, commands[i].name, len))
			reply = commands[i].run();
	return rpmsg_sendto(e, reply, strlen(reply), src);
}

int main(void)
{
	unsigned int i;

	amp_log("table: started");
	hwlock_init();
	amp_control_start(NULL);
	rpmsg_create_ept(&ept, &amp_rpmsg, "amp-table", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_command,
			 NULL);
	for (;;) {
		amp_poll();
		for (i = 0; mode != IDLE && i < BATCH; i++)
			update();
		if (mode == IDLE)
			amp_wait();
	}
}
