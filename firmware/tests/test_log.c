// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The log: what a reader of the flat buffer, and one of the ring, sees before and after it
 * is full.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"

/* Stands in for the core. */
#define AMP_CPU_H
static uint32_t cpu_irq_save(void)
{
	return 0;
}
static void cpu_irq_restore(uint32_t flags)
{
	(void)flags;
}

#include "../lib/log.c"

static size_t text_len(void)
{
	return strnlen(amp_trace, sizeof(amp_trace));
}

static void test_lines(void)
{
	amp_log("one %d", 1);
	amp_log("two %s", "2");
	EXPECT(!strcmp(amp_trace, "one 1\ntwo 2\n"));
}

static void test_long_line(void)
{
	char text[300];
	size_t before = text_len();

	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	amp_log("%s", text);
	EXPECT_EQ(text_len() - before, LINE_MAX);
	EXPECT_EQ(amp_trace[text_len() - 1], '\n');
}

static void test_full(void)
{
	int i;

	for (i = 0; i < 10000; i++) {
		const char *p;
		char last[160];
		size_t len;
		int pad = i % 150;

		amp_log("%06d%*s", i, pad, "");
		len = text_len();
		EXPECT(len < sizeof(amp_trace));
		EXPECT_EQ(amp_trace[sizeof(amp_trace) - 1], 0);
		snprintf(last, sizeof(last), "%06d%*s\n", i, pad, "");
		EXPECT(len >= strlen(last) &&
		       !strcmp(amp_trace + len - strlen(last), last));
		/* Once full, at least nearly half of the buffer's worth of history is left. */
		if (i > 100)
			EXPECT(len >= sizeof(amp_trace) / 2 - 2 * LINE_MAX);
		/* What is left are whole lines, in order. */
		if (i > 100) {
			int n = atoi(amp_trace);

			for (p = amp_trace; *p; p = strchr(p, '\n') + 1)
				EXPECT_EQ(atoi(p), n++);
			EXPECT_EQ(n, i + 1);
		}
		if (ktap_failed_here)
			return;
	}
}

static void test_exact_fit(void)
{
	int i;

	/* 8 bytes a line: 512 of them would leave no room for the terminator. */
	for (i = 0; i < 3000; i++) {
		amp_log("%07d", i);
		EXPECT(text_len() < sizeof(amp_trace));
	}
}

/* A reader as amp_control.h has it; returns the bytes that were lost. */
static uint32_t follow(uint32_t *pos, char *text, size_t *len)
{
	uint32_t head = amp_log_ring.header.head, lost = 0;

	if (head - *pos > BOARD_LOG_SIZE) {
		lost = head - *pos - BOARD_LOG_SIZE;
		*pos += lost;
	}
	for (*len = 0; *pos != head; ++*pos)
		text[(*len)++] = amp_log_ring.text[*pos % BOARD_LOG_SIZE];
	return lost;
}

static void test_ring(void)
{
	char text[BOARD_LOG_SIZE + 1], expected[LINE_MAX + 1];
	uint32_t pos;
	size_t len;
	int i;

	memset((void *)&amp_log_ring, 0, sizeof(amp_log_ring));
	log_init();
	EXPECT_EQ(amp_log_ring.header.magic, AMP_LOG_MAGIC);
	EXPECT_EQ(amp_log_ring.header.size, BOARD_LOG_SIZE);
	EXPECT_EQ(amp_log_ring.header.reserved, 0);

	/* Across the ring's end many times, and that of the count. */
	amp_log_ring.header.head = pos = (uint32_t)-3 * BOARD_LOG_SIZE;
	for (i = 0; i < 1000 && !ktap_failed_here; i++) {
		snprintf(expected, sizeof(expected), "%06d%*s\n", i, i % 150, "");
		amp_log("%06d%*s", i, i % 150, "");
		EXPECT_EQ(follow(&pos, text, &len), 0);
		EXPECT_EQ(len, strlen(expected));
		EXPECT(!memcmp(text, expected, len));
	}
}

static void test_ring_lost(void)
{
	char text[BOARD_LOG_SIZE + 1];
	uint32_t pos = amp_log_ring.header.head;
	size_t len;
	int i;

	for (i = 0; i < BOARD_LOG_SIZE / 8; i++)
		amp_log("%07d", i);
	EXPECT_EQ(follow(&pos, text, &len), 0);
	EXPECT_EQ(len, BOARD_LOG_SIZE);
	for (i = 0; i < BOARD_LOG_SIZE / 8 + 3; i++)
		amp_log("%07d", i);
	EXPECT_EQ(follow(&pos, text, &len), 24);
	EXPECT_EQ(len, BOARD_LOG_SIZE);
	text[len] = '\0';
	EXPECT_EQ(atoi(text), 3);
	EXPECT_EQ(atoi(text + len - 8), i - 1);
}

static const struct ktap_case cases[] = {
	{ "log: lines are appended as flat text", test_lines },
	{ "log: a long line is cut", test_long_line },
	{ "log: full buffer drops the oldest lines and stays terminated", test_full },
	{ "log: lines that fill the buffer exactly", test_exact_fit },
	{ "log: the ring holds every byte, across both wraps", test_ring },
	{ "log: the ring's reader knows what it has lost", test_ring_lost },
};

KTAP_MAIN(cases)
