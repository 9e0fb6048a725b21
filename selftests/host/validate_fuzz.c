// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzzes the driver's validator with libFuzzer: as an image and as a table, the
 * input is refused, or what the remoteproc core then does with it is harmless.
 */

#include <stdlib.h>

#include "amp_validate.h"
#include "core_model.h"
#include "image.h"

int LLVMFuzzerTestOneInput(const u8 *data, size_t size);
const char *__asan_default_options(void);

/* A string without an end is a finding, even where a comparison ends before. */
const char *__asan_default_options(void)
{
	return "strict_string_checks=1:print_legend=0";
}

static void harmless(const char *bad)
{
	if (bad) {
		fprintf(stderr, "accepted, but: %s\n", bad);
		abort();
	}
}

static void check_refusal(int ret, const struct amp_valid *valid)
{
	if (ret ? !valid->why[0] : !!valid->why[0])
		abort();
}

int LLVMFuzzerTestOneInput(const u8 *data, size_t size)
{
	static const struct board_change changes[] = { { 0 }, { .low = true } };
	static struct amp_valid valid;
	struct amp_map map;
	unsigned int i;
	int ret;

	for (i = 0; i < sizeof(changes) / sizeof(changes[0]); i++) {
		board_init(&map, &changes[i]);
		ret = amp_validate_elf(&valid, &map, data, size);
		check_refusal(ret, &valid);
		if (!ret)
			harmless(core_start(&map, data, size));
		ret = amp_validate_table(&valid, &map, data, size);
		check_refusal(ret, &valid);
		if (!ret)
			harmless(core_handle_table(&map, data, size));
		board_free(&map);
	}
	return 0;
}
