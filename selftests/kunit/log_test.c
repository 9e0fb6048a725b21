// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the arithmetic of the ring log
 */

#include <linux/kernel.h>

#include <kunit/test.h>

#include "amp_log_ring.h"

#define HEADER	((u32)sizeof(struct amp_log_header))
#define ANY	0xffffffffU

static void log_ring_size(struct kunit *test)
{
	static const struct {
		u32 len, size;
	} areas[] = {
		{ 0, 0 }, { 1, 0 }, { HEADER - 1, 0 }, { HEADER, 0 },
		{ HEADER + 1, 1 }, { HEADER + 2, 2 }, { HEADER + 3, 0 },
		{ HEADER + 4095, 0 }, { HEADER + 4096, 4096 }, { HEADER + 4097, 0 },
		{ 4096, 0 }, { HEADER + 0x80000000, 0x80000000 }, { 0x80000000, 0 },
		{ ANY, 0 },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(areas); i++)
		KUNIT_EXPECT_EQ_MSG(test, amp_log_ring_size(areas[i].len), areas[i].size,
				    "an area of %u bytes", areas[i].len);
}

static void log_next(struct kunit *test)
{
	static const struct {
		const char *what;
		u32 size, head, pos, max;
		struct amp_log_part part;
	} reads[] = {
		{ "nothing written", 4096, 0, 0, ANY, { 0, 0, 0 } },
		{ "nothing new", 4096, 5000, 5000, ANY, { 0, 904, 0 } },
		{ "something", 4096, 10, 0, ANY, { 0, 0, 10 } },
		{ "more than is wanted", 4096, 500, 100, 300, { 0, 100, 300 } },
		{ "up to the end of the ring", 4096, 4200, 4000, ANY, { 0, 4000, 96 } },
		{ "and from its beginning", 4096, 4200, 4096, ANY, { 0, 0, 104 } },
		{ "all but the guard", 4096, 3840, 0, ANY, { 0, 0, 3840 } },
		{ "one more", 4096, 3841, 0, ANY, { 1, 1, 3840 } },
		{ "a whole ring", 4096, 4096, 0, ANY, { 256, 256, 3840 } },
		{ "rings ago", 4096, 100000, 7, ANY,
		  { 100000 - 7 - 3840, (100000 - 3840) % 4096, 4096 - (100000 - 3840) % 4096 } },
		{ "a small ring's guard", 64, 33, 0, ANY, { 1, 1, 32 } },
		{ "a guard just as long", 512, 256, 0, ANY, { 0, 0, 256 } },
		{ "a single byte", 1, 1, 0, ANY, { 0, 0, 1 } },
		{ "the last of many", 1, 9, 0, ANY, { 8, 0, 1 } },
		{ "2^32 bytes", 4096, 10, 0xfffffff0, ANY, { 0, 4080, 16 } },
		{ "lost beyond 2^32 bytes", 4096, 0x1000, 0xffffff00, ANY,
		  { 512, 256, 3840 } },
		{ "a reader that is ahead", 4096, 0, 1, ANY,
		  { 0xffffffff - 3840, 256, 3840 } },
	};
	struct amp_log_part part;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(reads); i++) {
		part = amp_log_next(reads[i].size, reads[i].head, reads[i].pos, reads[i].max);
		KUNIT_EXPECT_EQ_MSG(test, part.lost, reads[i].part.lost, "%s", reads[i].what);
		KUNIT_EXPECT_EQ_MSG(test, part.at, reads[i].part.at, "%s", reads[i].what);
		KUNIT_EXPECT_EQ_MSG(test, part.len, reads[i].part.len, "%s", reads[i].what);
	}
}

static void log_overwritten(struct kunit *test)
{
	/* Half of the guard is there for what is being written. */
	KUNIT_EXPECT_FALSE(test, amp_log_overwritten(4096, 0, 0));
	KUNIT_EXPECT_FALSE(test, amp_log_overwritten(4096, 3968, 0));
	KUNIT_EXPECT_TRUE(test, amp_log_overwritten(4096, 3969, 0));
	KUNIT_EXPECT_FALSE(test, amp_log_overwritten(4096, 3968 - 100, 0xffffff9c));
	KUNIT_EXPECT_TRUE(test, amp_log_overwritten(4096, 3969 - 100, 0xffffff9c));
	KUNIT_EXPECT_FALSE(test, amp_log_overwritten(64, 48, 0));
	KUNIT_EXPECT_TRUE(test, amp_log_overwritten(64, 49, 0));
	KUNIT_EXPECT_FALSE(test, amp_log_overwritten(1, 1, 0));
	KUNIT_EXPECT_TRUE(test, amp_log_overwritten(1, 2, 0));
}

static u8 byte_at(u32 n)
{
	return 31 * n + (n >> 8);
}

/* What is taken is what was written there, and no byte is passed over uncounted. */
static void follow(struct kunit *test, u32 size, u32 start)
{
	static u8 ring[4096];
	u32 head = start, pos = start, seed = size, total = 0, i;
	struct amp_log_part part;
	unsigned int n, wrong = 0;

	for (n = 0; n < 1000; n++) {
		seed = 1664525 * seed + 1013904223;
		/* Not at the end: the reader is to have all of it. */
		for (i = n < 900 ? (seed >> 16) % 700 : 0; i; i--, head++)
			ring[head & (size - 1)] = byte_at(head);
		if (n < 900 && seed >> 30)
			continue;

		part = amp_log_next(size, head, pos, 448);
		pos += part.lost;
		KUNIT_EXPECT_EQ(test, part.at, pos & (size - 1));
		KUNIT_EXPECT_LE(test, part.len, 448);
		KUNIT_EXPECT_LE(test, part.len, head - pos);
		KUNIT_EXPECT_LE(test, part.at + part.len, size);
		for (i = 0; i < part.len; i++)
			wrong += ring[part.at + i] != byte_at(pos + i);
		pos += part.len;
		total += part.lost + part.len;
	}
	KUNIT_EXPECT_EQ_MSG(test, wrong, 0, "of a ring of %u bytes", size);
	KUNIT_EXPECT_EQ_MSG(test, pos, head, "of a ring of %u bytes", size);
	KUNIT_EXPECT_EQ_MSG(test, total, head - start, "of a ring of %u bytes", size);
}

static void log_follow(struct kunit *test)
{
	static const u32 starts[] = { 0, 0xfffff123 };
	unsigned int i;
	u32 size;

	for (size = 1; size <= 4096; size *= 2)
		for (i = 0; i < ARRAY_SIZE(starts); i++)
			follow(test, size, starts[i]);
}

static struct kunit_case log_cases[] = {
	KUNIT_CASE(log_ring_size),
	KUNIT_CASE(log_next),
	KUNIT_CASE(log_overwritten),
	KUNIT_CASE(log_follow),
	{}
};

static struct kunit_suite log_suite = {
	.name = "amp_log",
	.test_cases = log_cases,
};
kunit_test_suite(log_suite);
