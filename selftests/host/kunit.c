// SPDX-License-Identifier: GPL-2.0
/*
 * Runs KUnit's tests on a host, one after the other; the results are KTAP without
 * nesting
 */

#include <stdarg.h>
#include <stdlib.h>

#include <kunit/test.h>

/* Some memory of a test's, of just the size that it asked for, for the sanitizers */
struct kunit_mem {
	struct kunit_mem *next;
	void *mem;
};

static struct kunit_suite *suites;
static unsigned int num_results, num_failed;

void kunit_add(struct kunit_suite *suite)
{
	suite->next = suites;
	suites = suite;
}

void *kunit_kzalloc(struct kunit *test, size_t size, int gfp)
{
	struct kunit_mem *m = kmalloc(sizeof(*m), gfp);

	m->mem = calloc(1, size);
	m->next = test->mem;
	test->mem = m;
	return m->mem;
}

void kunit_kfree(struct kunit *test, void *mem)
{
	struct kunit_mem **link = &test->mem, *m;

	while ((*link)->mem != mem)
		link = &(*link)->next;
	m = *link;
	*link = m->next;
	free(m->mem);
	free(m);
}

void kunit_fail(struct kunit *test, const char *file, int line, const char *fmt, ...)
{
	va_list args;

	test->failed = true;
	printf("# %s:%d: ", file, line);
	va_start(args, fmt);
	vprintf(fmt, args);
	va_end(args);
	printf("\n");
}

static void run(const struct kunit_case *c, const void *param, const char *desc)
{
	struct kunit test = { .param_value = param };

	c->run_case(&test);
	while (test.mem)
		kunit_kfree(&test, test.mem->mem);
	num_failed += test.failed;
	printf("%sok %u - %s%s%s\n", test.failed ? "not " : "", ++num_results, c->name,
	       *desc ? ": " : "", desc);
}

int main(void)
{
	const struct kunit_suite *suite;
	const struct kunit_case *c;
	const void *param;

	/* A sanitizer that ends it all leaves what was said before. */
	setvbuf(stdout, NULL, _IOLBF, 0);
	printf("KTAP version 1\n");
	for (suite = suites; suite; suite = suite->next) {
		for (c = suite->test_cases; c->run_case; c++) {
			char desc[KUNIT_PARAM_DESC_SIZE] = "";

			if (!c->generate_params)
				run(c, NULL, desc);
			for (param = NULL; c->generate_params &&
			     (param = c->generate_params(param, desc)); )
				run(c, param, desc);
		}
	}
	printf("1..%u\n", num_results);
	return num_failed || !num_results;
}
