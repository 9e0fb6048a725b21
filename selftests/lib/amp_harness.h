/* SPDX-License-Identifier: GPL-2.0 */
/*
 * kselftest_harness.h as these tests use it: a limit per test that also suits
 * a slow target or an instrumented kernel, and a main() that skips the program
 * where there is no remote processor.
 */
#ifndef SELFTESTS_AMP_HARNESS_H
#define SELFTESTS_AMP_HARNESS_H

#include <stdlib.h>

#include "kselftest_harness.h"
#include "amp.h"

#undef TEST_TIMEOUT_DEFAULT
#define TEST_TIMEOUT_DEFAULT	60

/* Gives each test more time by the factor AMP_SLOWER. */
static inline void amp_harness_slow_down(void)
{
	const char *slower = getenv("AMP_SLOWER");
	struct __fixture_metadata *f;
	struct __test_metadata *t;

	if (!slower || atoi(slower) <= 1)
		return;
	for (f = __fixture_list; f; f = f->next)
		for (t = f->tests; t; t = t->next)
			t->timeout *= atoi(slower);
}

#define AMP_HARNESS_MAIN(fw)						\
	int main(int argc, char **argv)					\
	{								\
		const char *why = amp_begin(fw);			\
									\
		if (why) {						\
			ksft_print_header();				\
			ksft_exit_skip("%s\n", why);			\
		}							\
		amp_harness_slow_down();				\
		return test_harness_run(argc, argv);			\
	}

#endif /* SELFTESTS_AMP_HARNESS_H */
