/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests in ../../../kunit use of the kernel's KUnit, for a host; main() is
 * in kunit.c. An assertion that fails ends the program.
 */
#ifndef SELFTESTS_HOST_KUNIT_TEST_H
#define SELFTESTS_HOST_KUNIT_TEST_H

#include <stdlib.h>

#define KUNIT_PARAM_DESC_SIZE	128

struct kunit {
	const void *param_value;
	bool failed;
	struct kunit_mem *mem;		/* that goes with the test */
};

struct kunit_case {
	void (*run_case)(struct kunit *test);
	const char *name;
	const void *(*generate_params)(const void *prev, char *desc);
};

struct kunit_suite {
	const char *name;
	struct kunit_case *test_cases;
	struct kunit_suite *next;
};

#define KUNIT_CASE(f)		{ .run_case = f, .name = #f }
#define KUNIT_CASE_PARAM(f, g)	{ .run_case = f, .name = #f, .generate_params = g }

#define KUNIT_ARRAY_PARAM(prefix, array, get_desc)					\
	static const void *prefix##_gen_params(const void *prev, char *desc)		\
	{										\
		typeof(&(array)[0]) next = prev ? (typeof(next))prev + 1 : (array);	\
											\
		if (next == (array) + ARRAY_SIZE(array))				\
			return NULL;							\
		get_desc(next, desc);							\
		return next;								\
	}

#define kunit_test_suite(suite)								\
	static void __attribute__((constructor)) kunit_add_##suite(void)		\
	{										\
		kunit_add(&(suite));							\
	}

#define MODULE_LICENSE(...)
#define MODULE_DESCRIPTION(...)

void kunit_add(struct kunit_suite *suite);
void *kunit_kzalloc(struct kunit *test, size_t size, int gfp);
void kunit_kfree(struct kunit *test, void *mem);
void __attribute__((format(printf, 4, 5)))
kunit_fail(struct kunit *test, const char *file, int line, const char *fmt, ...);

#define KUNIT_FAIL(test, ...)	kunit_fail(test, __FILE__, __LINE__, __VA_ARGS__)

#define KUNIT_EXPECT_TRUE(test, condition)						\
	do {										\
		if (!(condition))							\
			KUNIT_FAIL(test, "expected %s", #condition);			\
	} while (0)
#define KUNIT_EXPECT_FALSE(test, condition)	KUNIT_EXPECT_TRUE(test, !(condition))

#define KUNIT_COMPARE(test, left, op, right, fmt, ...)					\
	do {										\
		long long kunit_left = (left), kunit_right = (right);			\
											\
		if (!(kunit_left op kunit_right))					\
			KUNIT_FAIL(test, "expected %s, 0x%llx, %s %s, 0x%llx" fmt,	\
				   #left, kunit_left, #op, #right, kunit_right,		\
				   ##__VA_ARGS__);					\
	} while (0)

#define KUNIT_EXPECT_EQ(test, left, right)	KUNIT_COMPARE(test, left, ==, right, "")
#define KUNIT_EXPECT_LE(test, left, right)	KUNIT_COMPARE(test, left, <=, right, "")
#define KUNIT_EXPECT_EQ_MSG(test, left, right, fmt, ...) \
	KUNIT_COMPARE(test, left, ==, right, "\n" fmt, ##__VA_ARGS__)

#define KUNIT_EXPECT_PTR_EQ(test, left, right)	KUNIT_EXPECT_TRUE(test, (left) == (right))

#define KUNIT_ASSERT_TRUE(test, condition)						\
	do {										\
		if (!(condition)) {							\
			KUNIT_FAIL(test, "asserted %s", #condition);			\
			exit(1);							\
		}									\
	} while (0)
#define KUNIT_ASSERT_NOT_NULL(test, pointer)	KUNIT_ASSERT_TRUE(test, !!(pointer))

#endif /* SELFTESTS_HOST_KUNIT_TEST_H */
