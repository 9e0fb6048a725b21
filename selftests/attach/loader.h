/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a boot loader does, after Linux has been started: puts firmware into the
 * core's memory and releases the core, all through /dev/mem. And a view of the
 * memory that the device tree reserves for it.
 *
 * Functions that return int return 0 or a negative errno.
 */
#ifndef SELFTESTS_LOADER_H
#define SELFTESTS_LOADER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Without the driver, the core was running when the test began. */
extern bool loader_found_running;

const char *loader_begin(void);

bool loader_core_runs(void);

int loader_boot(const char *fw);
int loader_off(void);

/* Where the resource table of a running core lies: mainline's name, and NXP's. */
#define LOADER_TABLE	"rsc-table", "rsc_table"

volatile uint32_t *loader_map(const char *name, const char *other, size_t *size);

#define LOADER_HARNESS_MAIN(fw)						\
	int main(int argc, char **argv)					\
	{								\
		const char *why = loader_begin();			\
									\
		if (!why)						\
			why = amp_begin(fw);				\
		if (why) {						\
			ksft_print_header();				\
			ksft_exit_skip("%s\n", why);			\
		}							\
		return test_harness_run(argc, argv);			\
	}

#endif /* SELFTESTS_LOADER_H */
