/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Test cases that print KTAP.
 */
#ifndef KTAP_H
#define KTAP_H

#include <stdio.h>

static int ktap_failed_here;

#define EXPECT(cond)								\
	do {									\
		if (!(cond)) {							\
			printf("# %s:%d: not so: %s\n", __FILE__, __LINE__, #cond); \
			ktap_failed_here = 1;					\
		}								\
	} while (0)

#define EXPECT_EQ(a, b)								\
	do {									\
		long long a_ = (long long)(a), b_ = (long long)(b);		\
		if (a_ != b_) {							\
			printf("# %s:%d: %s is %lld, expected %lld\n", __FILE__,	\
			       __LINE__, #a, a_, b_);				\
			ktap_failed_here = 1;					\
		}								\
	} while (0)

struct ktap_case {
	const char *name;
	void (*run)(void);
};

static inline int ktap_run(const struct ktap_case *cases, int n)
{
	int i, failed = 0;

	printf("KTAP version 1\n1..%d\n", n);
	for (i = 0; i < n; i++) {
		ktap_failed_here = 0;
		cases[i].run();
		printf("%s %d %s\n", ktap_failed_here ? "not ok" : "ok", i + 1, cases[i].name);
		fflush(stdout);
		failed += ktap_failed_here;
	}
	return failed ? 1 : 0;
}

#define KTAP_MAIN(cases)							\
	int main(void)								\
	{									\
		return ktap_run(cases, sizeof(cases) / sizeof((cases)[0]));	\
	}

#endif /* KTAP_H */
