// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the translation between addresses of the core and of Linux
 */

#include <linux/kernel.h>

#include <kunit/test.h>

#include "amp_map.c"
#include "image.h"

static void map_within(struct kunit *test)
{
	static const struct {
		u64 start, size, outer, outer_size;
		bool within;
	} ranges[] = {
		{ 0, 0, 0, 0, true }, { 0, 1, 0, 0, false }, { 5, 5, 5, 5, true },
		{ 4, 5, 5, 5, false }, { 5, 6, 5, 5, false }, { 10, 0, 5, 5, true },
		{ 10, 1, 5, 5, false }, { 11, 0, 5, 5, false }, { 6, -1ull, 5, 5, false },
		{ -1ull, 1, -1ull, 1, true }, { -1ull, 2, -1ull, 1, false },
		{ 0, -1ull, 0, -1ull, true }, { 1, -1ull, 0, -1ull, false },
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ranges); i++)
		KUNIT_EXPECT_EQ_MSG(test, ranges[i].within,
				    amp_within(ranges[i].start, ranges[i].size,
					       ranges[i].outer, ranges[i].outer_size),
				    "range %u", i);
}

static void map_da_to_pa(struct kunit *test)
{
	const struct board_change change = { .low = true };
	struct amp_map map;
	u64 pa = 0;

	board_init(&map, &change);
	KUNIT_EXPECT_TRUE(test, amp_map_da_to_pa(&map, 0, 0x20000, &pa));
	KUNIT_EXPECT_EQ(test, pa, 0x7e0000);
	KUNIT_EXPECT_TRUE(test, amp_map_da_to_pa(&map, 0x55000010, 4, &pa));
	KUNIT_EXPECT_EQ(test, pa, 0x55000010);
	KUNIT_EXPECT_TRUE(test, amp_map_da_to_pa(&map, 0x1ffdffff, 1, &pa));
	KUNIT_EXPECT_EQ(test, pa, 0x4ffdffff);
	/* Not all of it, none of it */
	KUNIT_EXPECT_FALSE(test, amp_map_da_to_pa(&map, 0, 0x20001, &pa));
	KUNIT_EXPECT_FALSE(test, amp_map_da_to_pa(&map, 0x1ffdffff, 2, &pa));
	KUNIT_EXPECT_FALSE(test, amp_map_da_to_pa(&map, 0xc0000000, 1, &pa));
	KUNIT_EXPECT_FALSE(test, amp_map_da_to_pa(&map, 0x100000000, 1, &pa));
	board_free(&map);
}

static void map_pa_to_da(struct kunit *test)
{
	const struct board_change change = { .low = true };
	struct amp_map map;
	u32 da = 0;

	board_init(&map, &change);
	/* The first one, of two addresses */
	KUNIT_EXPECT_TRUE(test, amp_map_pa_to_da(&map, 0x41000000, 0x10000, &da));
	KUNIT_EXPECT_EQ(test, da, 0x41000000);
	KUNIT_EXPECT_TRUE(test, amp_map_pa_to_da(&map, 0x81ffff, 1, &da));
	KUNIT_EXPECT_EQ(test, da, 0x2001ffff);
	KUNIT_EXPECT_FALSE(test, amp_map_pa_to_da(&map, 0x81ffff, 2, &da));
	KUNIT_EXPECT_FALSE(test, amp_map_pa_to_da(&map, 0x900000, 4, &da));
	KUNIT_EXPECT_FALSE(test, amp_map_pa_to_da(&map, 0x100000000, 1, &da));
	board_free(&map);
}

/* What is translated one way is what it was when it is translated the other way. */
static void map_there_and_back(struct kunit *test)
{
	const struct board_change change = { .low = true };
	struct amp_map map;
	unsigned int i;
	u64 pa, back;
	u32 da;

	board_init(&map, &change);
	for (i = 0; i < map.num_mem; i++) {
		const struct amp_mem *mem = &map.mem[i];

		for (pa = mem->pa; pa < mem->pa + mem->size; pa += mem->size / 4) {
			KUNIT_EXPECT_TRUE(test, amp_map_pa_to_da(&map, pa, 1, &da));
			KUNIT_EXPECT_TRUE(test, amp_map_da_to_pa(&map, da, 1, &back));
			KUNIT_EXPECT_EQ(test, pa, back);
		}
	}
	board_free(&map);
}

static void map_find(struct kunit *test)
{
	const struct board_change change = { .low = true };
	struct amp_map map;
	unsigned int i;

	board_init(&map, &change);
	for (i = 0; i < map.num_mem; i++) {
		const struct amp_mem *mem = &map.mem[i];

		KUNIT_EXPECT_PTR_EQ(test, amp_map_find(&map, mem->pa, mem->size), mem);
		KUNIT_EXPECT_PTR_EQ(test, amp_map_find(&map, mem->pa + mem->size - 1, 1), mem);
		KUNIT_EXPECT_TRUE(test, !amp_map_find(&map, mem->pa, mem->size + 1));
		KUNIT_EXPECT_TRUE(test, !amp_map_find(&map, mem->pa - 1, 2));
	}
	KUNIT_EXPECT_TRUE(test, !amp_map_find(&map, 0x60000000, 1));
	board_free(&map);
}

static struct kunit_case map_cases[] = {
	KUNIT_CASE(map_within),
	KUNIT_CASE(map_da_to_pa),
	KUNIT_CASE(map_pa_to_da),
	KUNIT_CASE(map_there_and_back),
	KUNIT_CASE(map_find),
	{}
};

static struct kunit_suite map_suite = {
	.name = "amp_map",
	.test_cases = map_cases,
};
kunit_test_suite(map_suite);

MODULE_DESCRIPTION("Tests of linux-amp's pure functions");
MODULE_LICENSE("GPL");
