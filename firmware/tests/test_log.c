// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The trace log: what a reader of the flat buffer sees, before and after it is full.
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

static const struct ktap_case cases[] = {
	{ "log: lines are appended as flat text", test_lines },
	{ "log: a long line is cut", test_long_line },
	{ "log: full buffer drops the oldest lines and stays terminated", test_full },
	{ "log: lines that fill the buffer exactly", test_exact_fit },
};

KTAP_MAIN(cases)
