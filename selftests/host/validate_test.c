// SPDX-License-Identifier: GPL-2.0
/*
 * Tests the driver's validator on a host. In KTAP:
 *
 *   validate_test [FIRMWARE]...	the cases, and firmware that has to be good
 *
 * or, for other tests:
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
	struct bytes b = { .size = sizeof(struct image) };
	struct image image;
	unsigned int i, k;

	image_init(&image);
	for (i = 0; i < sizeof(c->change) / sizeof(c->change[0]); i++) {
		const struct change *ch = &c->change[i];

		for (k = 0; k < ch->len; k++)
			((u8 *)&image)[ch->offset + k] =
				ch->fill ? ch->value : ch->value >> 8 * k;
	}
	if (c->size)
		b.size = c->size == -1u ? 0 : c->size;
	b.data = calloc(1, b.size);
	if (!b.data)
		fail("calloc");
	memcpy(b.data, &image, b.size < sizeof(image) ? b.size : sizeof(image));
	return b;
}

/* The bytes of the table in an image that has one */
static struct bytes table_of(const struct bytes *file)
{
	const struct image *image = (const struct image *)file->data;
	const struct elf32_shdr *sh = &image->sh[SEC_TABLE];
	struct bytes b = { .size = sh->sh_size };

	b.data = malloc(b.size);
	if (!b.data)
		fail("malloc");
	memcpy(b.data, file->data + sh->sh_offset, b.size);
	return b;
}

static bool expected(const struct test_case *c, int ret, const char *what)
{
	if (ret == -c->err && (!c->err || strstr(valid.why, c->why)))
		return true;
	ksft_print_msg("%s: %s: %s\n", what, ret ? strerror(-ret) : "accepted", valid.why);
	ksft_print_msg("expected: %s: %s\n", c->err ? strerror(c->err) : "accepted",
		       c->err ? c->why : "");
	return false;
}

static bool harmless(const char *bad)
{
	if (bad)
		ksft_print_msg("accepted, but: %s\n", bad);
	return !bad;
}

/* The message is left in "valid". */
static bool run(const struct test_case *c)
{
	struct bytes file = make(c), table;
	struct amp_map map;
	bool ok = true;
	int ret;

	board_init(&map, &c->board);
	if (!c->elf_only) {
		table = table_of(&file);
		ret = amp_validate_table(&valid, &map, table.data, table.size);
		ok = expected(c, ret, "the table alone");
		if (!ret)
			ok &= harmless(core_handle_table(&map, table.data, table.size));
		free(table.data);
	}
	ret = amp_validate_elf(&valid, &map, file.data, file.size);
	ok &= expected(c, ret, "the image");
	if (!ret)
		ok &= harmless(core_start(&map, file.data, file.size));
	if (ret && strlen(valid.why) > 140) {
		ksft_print_msg("a message of %zu characters\n", strlen(valid.why));
		ok = false;
	}
	board_free(&map);
	free(file.data);
	return ok;
}

static bool any_prefix(void)
{
	struct bytes file = make(&cases[0]);
	struct amp_map map;
	size_t size;
	bool ok = true;

	board_init(&map, &cases[0].board);
	for (size = 0; size < file.size; size++) {
		u8 *part = malloc(size);

		memcpy(part, file.data, size);
		if (!amp_validate_elf(&valid, &map, part, size)) {
			ksft_print_msg("the first %zu bytes are accepted\n", size);
			ok = false;
		}
		free(part);
	}
	board_free(&map);
	free(file.data);
	return ok;
}

/* With any one bit turned, or byte all zeroes or ones, what is accepted is harmless. */
static bool any_byte(void)
{
	struct bytes file = make(&cases[0]);
	unsigned int accepted = 0, k;
	const char *bad;
	struct amp_map map;
	bool ok = true;
	size_t i;

	board_init(&map, &cases[0].board);
	for (i = 0; i < file.size && ok; i++) {
		u8 old = file.data[i];

		for (k = 0; k < 10; k++) {
			file.data[i] = k < 8 ? old ^ 1 << k : k == 8 ? 0 : 0xff;
			if (amp_validate_elf(&valid, &map, file.data, file.size))
				continue;
			accepted++;
			bad = core_start(&map, file.data, file.size);
			if (bad) {
				ksft_print_msg("byte 0x%zx as 0x%02x is accepted, but: %s\n",
					       i, file.data[i], bad);
				ok = false;
			}
		}
		file.data[i] = old;
	}
	ksft_print_msg("%u of %zu accepted\n", accepted, 10 * file.size);
	board_free(&map);
	free(file.data);
	return ok;
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
	struct amp_map map;
	bool ok;
	int ret;

	board_init(&map, &none);
	ret = amp_validate_elf(&valid, &map, file.data, file.size);
	if (ret)
		ksft_print_msg("%s\n", valid.why);
	ok = !ret && harmless(core_start(&map, file.data, file.size));
	board_free(&map);
	free(file.data);
	return ok;
}

/* What the cases can't see of the map's functions */
static bool map_functions(void)
{
	static const struct {
		u64 start, size, outer, outer_size;
		bool within;
	} within[] = {
		{ 0, 0, 0, 0, true }, { 0, 1, 0, 0, false }, { 5, 5, 5, 5, true },
		{ 4, 5, 5, 5, false }, { 5, 6, 5, 5, false }, { 10, 0, 5, 5, true },
		{ 10, 1, 5, 5, false }, { 11, 0, 5, 5, false }, { 6, -1ull, 5, 5, false },
		{ -1ull, 1, -1ull, 1, true }, { -1ull, 2, -1ull, 1, false },
		{ 0, -1ull, 0, -1ull, true }, { 1, -1ull, 0, -1ull, false },
	};
	const struct board_change change = { .low = true };
	struct amp_map map;
	bool ok = true;
	unsigned int i;
	u64 pa;
	u32 da;

	for (i = 0; i < ARRAY_SIZE(within); i++)
		if (amp_within(within[i].start, within[i].size, within[i].outer,
			       within[i].outer_size) != within[i].within) {
			ksft_print_msg("amp_within: %u\n", i);
			ok = false;
		}

	board_init(&map, &change);
	/* The first of two addresses; none; not all of it */
	ok &= amp_map_pa_to_da(&map, 0x41000000, 0x10000, &da) && da == 0x41000000;
	ok &= amp_map_pa_to_da(&map, 0x81ffff, 1, &da) && da == 0x2001ffff;
	ok &= !amp_map_pa_to_da(&map, 0x900000, 4, &da);
	ok &= !amp_map_pa_to_da(&map, 0x81ffff, 2, &da);
	ok &= amp_map_da_to_pa(&map, 0x1ffdffff, 1, &pa) && pa == 0x4ffdffff;
	ok &= !amp_map_da_to_pa(&map, 0x1ffdffff, 2, &pa);
	ok &= !amp_map_da_to_pa(&map, 0x100000000, 1, &pa);
	board_free(&map);
	return ok;
}

static int test(int num_files, char **files)
{
	static char whys[256][sizeof(valid.why)];
	unsigned int i, k, num_whys = 0;
	bool distinct = true;
	int n;

	ksft_print_header();
	ksft_set_plan(num_cases + 4 + num_files);
	for (i = 0; i < num_cases; i++) {
		ksft_test_result(run(&cases[i]), "%s %s\n",
				 cases[i].err ? "refused:" : "accepted:", cases[i].name);
		if (!valid.why[0])
			continue;
		for (k = 0; k < num_whys; k++) {
			if (strcmp(whys[k], valid.why))
				continue;
			ksft_print_msg("%s is not the first with: %s\n", cases[i].name, valid.why);
			distinct = false;
		}
		strcpy(whys[num_whys++], valid.why);
	}
	ksft_test_result(distinct, "%u messages, all different\n", num_whys);
	ksft_test_result(any_prefix(), "no part of an image is accepted\n");
	ksft_test_result(any_byte(), "what is accepted with any one byte changed is harmless\n");
	ksft_test_result(map_functions(), "map\n");
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
			table = table_of(&file);
			snprintf(name, sizeof(name), "%s.table", cases[i].name);
			write_file(dir, name, &table);
			free(table.data);
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
		ksft_exit_fail_msg("usage: validate_test [--corpus FOLDER | --images FOLDER | FIRMWARE...]\n");
	else
		return test(argc - 1, argv + 1);
	return 0;
}
