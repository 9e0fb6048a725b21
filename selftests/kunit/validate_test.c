// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the validator: images and resource tables with one defect each are refused
 * with their errno and reason, the nearest ones that are right aren't, and what is
 * accepted does no harm in the remoteproc core.
 */

#include <linux/sched.h>
#include <linux/slab.h>

#include <kunit/test.h>

#include "amp_validate.c"
#include "cases.h"
#include "core_model.h"

/* A line of the kernel log, with what precedes it */
#define MAX_WHY		140

static struct amp_valid valid;

static u8 *case_file(struct kunit *test, const struct test_case *c)
{
	u8 *file = kunit_kzalloc(test, case_size(c), GFP_KERNEL);

	KUNIT_ASSERT_NOT_NULL(test, file);
	case_fill(c, file);
	return file;
}

static void expect(struct kunit *test, const struct test_case *c, int ret,
		   const char *what)
{
	KUNIT_EXPECT_EQ_MSG(test, ret, -c->err, "%s: %s", what, valid.why);
	KUNIT_EXPECT_LE(test, strlen(valid.why), MAX_WHY);
	if (c->err && !strstr(valid.why, c->why))
		KUNIT_FAIL(test, "%s: %s, expected: %s", what, valid.why, c->why);
}

static void expect_harmless(struct kunit *test, const char *bad, const char *what)
{
	if (bad)
		KUNIT_FAIL(test, "%s: accepted, but: %s", what, bad);
}

static void validate_case(struct kunit *test)
{
	const struct test_case *c = test->param_value;
	size_t size = case_size(c), table_size;
	u8 *file = case_file(test, c), *table;
	const void *from;
	struct amp_map map;
	int ret;

	board_init(&map, &c->board);
	ret = amp_validate_elf(&valid, &map, file, size);
	expect(test, c, ret, "the image");
	if (!ret)
		expect_harmless(test, core_start(&map, file, size), "the image");

	if (!c->elf_only) {
		from = image_table(file, &table_size);
		table = kmemdup(from, table_size, GFP_KERNEL | __GFP_NOFAIL);
		ret = amp_validate_table(&valid, &map, table, table_size);
		expect(test, c, ret, "the table alone");
		if (!ret)
			expect_harmless(test, core_handle_table(&map, table, table_size),
					"the table alone");
		kfree(table);
	}
	board_free(&map);
}

static const void *case_gen_params(const void *prev, char *desc)
{
	const struct test_case *c = prev ? (const struct test_case *)prev + 1 : cases;

	if (c == cases + num_cases)
		return NULL;
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s %s", c->err ? "refused:" : "accepted:",
		 c->name);
	return c;
}

static void validate_distinct(struct kunit *test)
{
	static char whys[256][sizeof(valid.why)];
	unsigned int i, k, num_whys = 0;
	struct amp_map map;

	for (i = 0; i < num_cases; i++) {
		u8 *file = case_file(test, &cases[i]);

		board_init(&map, &cases[i].board);
		amp_validate_elf(&valid, &map, file, case_size(&cases[i]));
		board_free(&map);
		kunit_kfree(test, file);
		if (!valid.why[0])
			continue;

		for (k = 0; k < num_whys; k++)
			if (!strcmp(whys[k], valid.why))
				KUNIT_FAIL(test, "%s is not the first with: %s",
					   cases[i].name, valid.why);
		KUNIT_ASSERT_TRUE(test, num_whys < ARRAY_SIZE(whys));
		strcpy(whys[num_whys++], valid.why);
	}
}

/* No part of an image is accepted. */
static void validate_any_prefix(struct kunit *test)
{
	u8 *file = case_file(test, &cases[0]), *part;
	struct amp_map map;
	size_t size;

	board_init(&map, &cases[0].board);
	for (size = 0; size < case_size(&cases[0]); size++) {
		part = kmemdup(file, size, GFP_KERNEL | __GFP_NOFAIL);
		if (!amp_validate_elf(&valid, &map, part, size))
			KUNIT_FAIL(test, "the first %zu bytes are accepted", size);
		kfree(part);
		cond_resched();
	}
	board_free(&map);
}

/* With any one bit turned, or byte all zeroes or ones, what is accepted is harmless. */
static void validate_any_byte(struct kunit *test)
{
	u8 *file = case_file(test, &cases[0]);
	size_t i, size = case_size(&cases[0]);
	struct amp_map map;
	const char *bad;
	unsigned int k;

	board_init(&map, &cases[0].board);
	for (i = 0; i < size; i++) {
		u8 old = file[i];

		for (k = 0; k < 10; k++) {
			file[i] = k < 8 ? old ^ 1 << k : k == 8 ? 0 : 0xff;
			if (amp_validate_elf(&valid, &map, file, size))
				continue;
			bad = core_start(&map, file, size);
			if (bad)
				KUNIT_FAIL(test, "byte 0x%zx as 0x%02x is accepted, but: %s",
					   i, file[i], bad);
		}
		file[i] = old;
		cond_resched();
	}
	board_free(&map);
}

static struct kunit_case validate_cases[] = {
	KUNIT_CASE_PARAM(validate_case, case_gen_params),
	KUNIT_CASE(validate_distinct),
	KUNIT_CASE(validate_any_prefix),
	KUNIT_CASE(validate_any_byte),
	{}
};

static struct kunit_suite validate_suite = {
	.name = "amp_validate",
	.test_cases = validate_cases,
};
kunit_test_suite(validate_suite);
