// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the driver's validator with firmware. In KTAP:
 *
 *   validate_test FIRMWARE...	has to be accepted
 *
 * or makes of the cases what other tests need:
 *
 *   validate_test --corpus FOLDER	write what a fuzzer can begin with
 *   validate_test --images FOLDER	write the refused images for a target
 *
 * What goes to FOLDER for a target: the images, one each; "list" with, on each
 * line, an image, the errno and part of the message; "good.elf", accepted; and
 * "memory" with physical addresses that loading an image writes to.
 */

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "kselftest.h"

#include "amp_validate.h"
#include "cases.h"
#include "core_model.h"

#define MAX_FIRMWARE	64

/* A file's bytes in memory of just that size, for the sanitizer */
struct bytes {
	u8 *data;
	size_t size;
};

static struct amp_valid valid;

static void fail(const char *what)
{
	ksft_exit_fail_msg("%s: %s\n", what, strerror(errno));
}

static struct bytes make(const struct test_case *c)
{
	struct bytes b = { .size = case_size(c) };

	b.data = calloc(1, b.size);
	if (!b.data)
		fail("calloc");
	case_fill(c, b.data);
	return b;
}

static struct bytes read_file(const char *path)
{
	struct bytes b;
	struct stat st;
	FILE *f = fopen(path, "rb");

	if (!f || fstat(fileno(f), &st))
		fail(path);
	b.size = st.st_size;
	b.data = malloc(b.size);
	if (!b.data || fread(b.data, 1, b.size, f) != b.size)
		fail(path);
	fclose(f);
	return b;
}

static bool firmware(const char *path)
{
	const struct board_change none = { 0 };
	struct bytes file = read_file(path);
	const char *bad = NULL;
	struct amp_map map;
	int ret;

	board_init(&map, &none);
	ret = amp_validate_elf(&valid, &map, file.data, file.size);
	if (ret)
		ksft_print_msg("%s\n", valid.why);
	else
		bad = core_start(&map, file.data, file.size);
	if (bad)
		ksft_print_msg("accepted, but: %s\n", bad);
	board_free(&map);
	free(file.data);
	return !ret && !bad;
}

static int test(int num_files, char **files)
{
	int n;

	ksft_print_header();
	ksft_set_plan(num_files);
	for (n = 0; n < num_files; n++)
		ksft_test_result(firmware(files[n]), "accepted: %s\n",
				 strrchr(files[n], '/') ? strrchr(files[n], '/') + 1 : files[n]);
	ksft_finished();
}

static void write_file(const char *dir, const char *name, const struct bytes *b)
{
	char path[512];
	FILE *f;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	f = fopen(path, "wb");
	if (!f || fwrite(b->data, 1, b->size, f) != b->size || fclose(f))
		fail(path);
}

static void write_corpus(const char *dir)
{
	struct bytes file, table;
	char name[128];
	unsigned int i;

	for (i = 0; i < num_cases; i++) {
		file = make(&cases[i]);
		if (file.size > 2 * sizeof(struct image)) {
			free(file.data);
			continue;
		}
		snprintf(name, sizeof(name), "%s.elf", cases[i].name);
		write_file(dir, name, &file);
		if (!cases[i].elf_only) {
			table.data = (u8 *)image_table(file.data, &table.size);
			snprintf(name, sizeof(name), "%s.table", cases[i].name);
			write_file(dir, name, &table);
		}
		free(file.data);
	}
}

static const char *errno_name(int err)
{
	switch (err) {
	case EINVAL:
		return "EINVAL";
	case ERANGE:
		return "ERANGE";
	case EFBIG:
		return "EFBIG";
	case ENOEXEC:
		return "ENOEXEC";
	}
	fail("errno without a name");
	return NULL;
}

static void write_images(const char *dir)
{
	/* ITCM, DTCM, the table, the rings */
	static const char memory[] =
		"0x007e0000\n0x00800000\n0x550ff000\n0x55000000\n0x55008000\n";
	struct bytes file = { (u8 *)memory, sizeof(memory) - 1 };
	unsigned int i, n = 0;
	char name[128];
	FILE *list;

	snprintf(name, sizeof(name), "%s/list", dir);
	list = fopen(name, "w");
	if (!list)
		fail(name);
	write_file(dir, "memory", &file);
	for (i = 0; i < num_cases; i++) {
		const struct test_case *c = &cases[i];

		/* The kernel has no empty firmware, and other regions than these. */
		if ((i && !c->err) || c->size == -1u || c->board.low || c->board.ring_size)
			continue;
		file = make(c);
		if (i) {
			snprintf(name, sizeof(name), "%03u-%s.elf", ++n, c->name);
			fprintf(list, "%s %s %s\n", name, errno_name(c->err), c->why);
		} else {
			strcpy(name, "good.elf");
		}
		write_file(dir, name, &file);
		free(file.data);
	}
	if (fclose(list))
		fail("list");
}

int main(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--corpus"))
		write_corpus(argv[2]);
	else if (argc == 3 && !strcmp(argv[1], "--images"))
		write_images(argv[2]);
	else if (argc - 1 > MAX_FIRMWARE || (argc > 1 && argv[1][0] == '-'))
		ksft_exit_fail_msg("usage: validate_test --corpus FOLDER | --images FOLDER | FIRMWARE...\n");
	else
		return test(argc - 1, argv + 1);
	return 0;
}
