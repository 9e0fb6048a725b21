// SPDX-License-Identifier: GPL-2.0
/*
 * A running core whose resource table is nowhere to be found: the device tree
 * has no region for it. Attaching is refused, and the core stays as it is.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "amp_harness.h"
#include "loader.h"

TEST(attaching_is_refused)
{
	size_t size;
	int i;

	if (loader_map(LOADER_TABLE, &size))
		SKIP(return, "the device tree has a region for the resource table");
	ASSERT_EQ(0, loader_boot(amp_fw_trouble()));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, amp_kmsg_begin());
		EXPECT_EQ(-ENOENT, amp_command("start"));
		EXPECT_EQ(1, amp_kmsg_count("no memory-region rsc-table"));
		EXPECT_TRUE(amp_state_is("detached"));
		EXPECT_EQ(0, amp_nodes());
		EXPECT_TRUE(loader_core_runs());
	}
	EXPECT_EQ(0, loader_off());
	/* Linux needs no such region to start it itself */
	EXPECT_EQ(0, amp_start(amp_fw_hello()));
	EXPECT_EQ(0, amp_stop());
}

LOADER_HARNESS_MAIN(amp_fw_trouble())
