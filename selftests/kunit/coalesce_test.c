// SPDX-License-Identifier: GPL-2.0
/*
 * Tests when messages are coalesced, and when they aren't
 */

#include <linux/kernel.h>

#include <kunit/test.h>

#include "amp_coalesce.h"

static void coalesce_tx(struct kunit *test)
{
	static const struct {
		const char *what;
		unsigned int unkicked, messages, usecs;
		bool more;
		enum amp_tx_kick kick;
	} sends[] = {
		{ "no coalescing", 1, 8, 0, false, AMP_TX_KICK_NOW },
		{ "another one follows", 1, 8, 0, true, AMP_TX_KICK_LATER },
		{ "the last of several", 3, 8, 0, false, AMP_TX_KICK_NOW },
		{ "coalescing", 1, 8, 100, false, AMP_TX_KICK_TIMER },
		{ "coalescing, another one follows", 1, 8, 100, true, AMP_TX_KICK_TIMER },
		{ "nearly enough", 7, 8, 100, false, AMP_TX_KICK_TIMER },
		{ "enough", 8, 8, 100, false, AMP_TX_KICK_NOW },
		{ "enough, another one follows", 8, 8, 100, true, AMP_TX_KICK_NOW },
		{ "enough without a timer, another one follows", 8, 8, 0, true,
		  AMP_TX_KICK_NOW },
		{ "fewer are enough meanwhile", 5, 2, 100, false, AMP_TX_KICK_NOW },
		{ "one at a time", 1, 1, 10000, true, AMP_TX_KICK_NOW },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(sends); i++)
		KUNIT_EXPECT_EQ_MSG(test,
				    amp_tx_kick_when(sends[i].unkicked, sends[i].messages,
						     sends[i].usecs, sends[i].more),
				    sends[i].kick, "%s", sends[i].what);
}

/* Nothing waits for a kick that nobody will make. */
static void coalesce_tx_ends(struct kunit *test)
{
	unsigned int unkicked, messages, usecs;

	for (unkicked = 1; unkicked <= 256; unkicked++)
		for (messages = 1; messages <= 256; messages++)
			for (usecs = 0; usecs <= 1; usecs++) {
				enum amp_tx_kick last = amp_tx_kick_when(unkicked, messages,
									 usecs, false);

				if (last == AMP_TX_KICK_NOW || (usecs && last == AMP_TX_KICK_TIMER))
					continue;
				KUNIT_FAIL(test, "%u of %u messages, a timer of %u us: %d",
					   unkicked, messages, usecs, last);
			}
}

static void coalesce_rx_spare(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, amp_rx_spare(2), 1);
	KUNIT_EXPECT_EQ(test, amp_rx_spare(4), 2);
	KUNIT_EXPECT_EQ(test, amp_rx_spare(8), 4);
	KUNIT_EXPECT_EQ(test, amp_rx_spare(256), 4);
	KUNIT_EXPECT_EQ(test, amp_rx_max_held(2), 1);
	KUNIT_EXPECT_EQ(test, amp_rx_max_held(8), 4);
	KUNIT_EXPECT_EQ(test, amp_rx_max_held(256), 252);
}

/* The remote always has its buffers, and readers have one. */
static void coalesce_rx_ahead(struct kunit *test)
{
	unsigned int num, held;

	KUNIT_EXPECT_EQ(test, amp_rx_ahead(256, 0), 4);
	KUNIT_EXPECT_EQ(test, amp_rx_ahead(256, 248), 4);
	KUNIT_EXPECT_EQ(test, amp_rx_ahead(256, 249), 3);
	KUNIT_EXPECT_EQ(test, amp_rx_ahead(256, 251), 1);
	KUNIT_EXPECT_EQ(test, amp_rx_ahead(256, 252), 0);
	KUNIT_EXPECT_EQ(test, amp_rx_ahead(256, 256), 0);
	for (num = 1; num <= 256; num++) {
		KUNIT_EXPECT_TRUE(test, amp_rx_ahead(num, 0));
		KUNIT_EXPECT_EQ(test, amp_rx_spare(num) + amp_rx_max_held(num), num);
		for (held = 0; held <= num; held++)
			if (amp_rx_ahead(num, held))
				KUNIT_EXPECT_LE(test, held + amp_rx_ahead(num, held),
						amp_rx_max_held(num));
		KUNIT_EXPECT_LE(test, amp_rx_max_held(num), num);
	}
}

static void coalesce_rx_kick(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, amp_rx_kick_now(256, 0, false));
	KUNIT_EXPECT_FALSE(test, amp_rx_kick_now(256, 3, false));
	KUNIT_EXPECT_TRUE(test, amp_rx_kick_now(256, 4, false));
	KUNIT_EXPECT_TRUE(test, amp_rx_kick_now(256, 5, false));
	/* No timer does it then. */
	KUNIT_EXPECT_TRUE(test, amp_rx_kick_now(256, 1, true));
	KUNIT_EXPECT_TRUE(test, amp_rx_kick_now(2, 1, false));
}

static void coalesce_rx_irq(struct kunit *test)
{
	KUNIT_EXPECT_FALSE(test, amp_rx_irq_wanted(0, 500, false));
	KUNIT_EXPECT_TRUE(test, amp_rx_irq_wanted(1, 500, false));
	KUNIT_EXPECT_TRUE(test, amp_rx_irq_wanted(0, 0, false));
	KUNIT_EXPECT_TRUE(test, amp_rx_irq_wanted(0, 500, true));
	KUNIT_EXPECT_TRUE(test, amp_rx_irq_wanted(7, 0, true));
}

static struct kunit_case coalesce_cases[] = {
	KUNIT_CASE(coalesce_tx),
	KUNIT_CASE(coalesce_tx_ends),
	KUNIT_CASE(coalesce_rx_spare),
	KUNIT_CASE(coalesce_rx_ahead),
	KUNIT_CASE(coalesce_rx_kick),
	KUNIT_CASE(coalesce_rx_irq),
	{}
};

static struct kunit_suite coalesce_suite = {
	.name = "amp_coalesce",
	.test_cases = coalesce_cases,
};
kunit_test_suite(coalesce_suite);
