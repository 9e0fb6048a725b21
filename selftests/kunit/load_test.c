// SPDX-License-Identifier: GPL-2.0
/*
 * Tests when the mailbox looks away from a remote that floods it, and that it doesn't
 * from one that is only busy
 */

#include <linux/kernel.h>

#include <kunit/test.h>

#include "amp_imx_mu_load.h"

#define MSEC	((u64)NSEC_PER_MSEC)
#define START	(1000 * MSEC)

/* Of interrupts that take @busy and begin @apart: the first that is too much, or 0 */
static unsigned int irqs_until_flooded(struct amp_mu_load *load, u64 begin, u64 busy,
				       u64 apart, unsigned int max)
{
	unsigned int i;

	for (i = 1; i <= max; i++, begin += apart)
		if (amp_mu_is_flooded(load, begin, begin + busy))
			return i;

	return 0;
}

static void load_limits(struct kunit *test)
{
	static const struct {
		const char *what;
		u64 busy, apart;
		unsigned int max, irqs;
	} remotes[] = {
		{ "half of the time, in 50 interrupts", MSEC / 10, MSEC / 5, 1000, 50 },
		{ "nearly half of the time", MSEC / 10, MSEC * 21 / 100, 1000, 0 },
		{ "all of the time, in 50 interrupts", MSEC / 10, MSEC / 10, 1000, 50 },
		{ "as many interrupts as a flood has", MSEC * 5 / 32, MSEC * 5 / 32, 1000, 32 },
		{ "fewer interrupts that take longer", MSEC, MSEC, 31, 0 },
		{ "fewer interrupts in each period", MSEC * 33 / 100, MSEC * 33 / 100, 1000, 0 },
		{ "many interrupts that take no time", 1, MSEC / 10000, 100000, 0 },
		{ "one interrupt that takes very long", 1000 * MSEC, 2000 * MSEC, 1000, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(remotes); i++) {
		struct amp_mu_load load = { 0 };

		KUNIT_EXPECT_EQ_MSG(test,
				    irqs_until_flooded(&load, START, remotes[i].busy,
						       remotes[i].apart, remotes[i].max),
				    remotes[i].irqs, "%s", remotes[i].what);
	}
}

/* What was before counts no more: neither before a pause, nor before it looked away. */
static void load_begins_anew(struct kunit *test)
{
	struct amp_mu_load load = { 0 };
	u64 now = START;

	KUNIT_EXPECT_EQ(test, irqs_until_flooded(&load, now, MSEC / 10, MSEC / 10, 49), 0);
	now += 11 * MSEC;
	KUNIT_EXPECT_EQ(test, irqs_until_flooded(&load, now, MSEC / 10, MSEC / 10, 49), 0);
	now += 49 * MSEC / 10;
	KUNIT_EXPECT_EQ(test, irqs_until_flooded(&load, now, MSEC / 10, MSEC / 10, 1), 1);
	now += MSEC / 10;
	KUNIT_EXPECT_EQ(test, irqs_until_flooded(&load, now, MSEC / 10, MSEC / 10, 1000), 50);
}

/* A clock that has only just begun, and one that is different on another CPU */
static void load_of_any_clock(struct kunit *test)
{
	struct amp_mu_load load = { 0 };

	KUNIT_EXPECT_EQ(test, irqs_until_flooded(&load, 0, MSEC / 10, MSEC / 10, 1000), 50);
	load = (struct amp_mu_load){ 0 };
	KUNIT_EXPECT_EQ(test, irqs_until_flooded(&load, START, MSEC / 10, MSEC / 10, 49), 0);
	KUNIT_EXPECT_EQ(test, irqs_until_flooded(&load, START - 1, MSEC / 10, MSEC / 10, 49), 0);
}

static struct kunit_case load_cases[] = {
	KUNIT_CASE(load_limits),
	KUNIT_CASE(load_begins_anew),
	KUNIT_CASE(load_of_any_clock),
	{}
};

static struct kunit_suite load_suite = {
	.name = "amp_mu_load",
	.test_cases = load_cases,
};
kunit_test_suite(load_suite);
