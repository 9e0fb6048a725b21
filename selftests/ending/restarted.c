// SPDX-License-Identifier: GPL-2.0
/*
 * Leaves a program behind that starts the core whenever it is off, as one that
 * looks after it may, while the system ends. The firmware has no virtio device:
 * those are no longer probed then, which would have the start fail anyhow.
 */
#include <unistd.h>

#include "amp_harness.h"

static void look_after(void)
{
	for (;;)
		if (amp_state_is("offline"))
			amp_command("start");
}

TEST(core_comes_back_when_it_was_stopped)
{
	pid_t pid;

	ASSERT_EQ(0, amp_fw_replace(amp_fw_echo(), ".resource_table", ".something_else"));
	ASSERT_EQ(0, amp_set_firmware(amp_fw_echo()));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		daemon(0, 0);
		look_after();
	}
	ASSERT_EQ(0, amp_wait_child(pid));
	ASSERT_TRUE(amp_wait_for(amp_state_is("running")));
	ASSERT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_wait_for(amp_state_is("running")));
}

AMP_HARNESS_MAIN(amp_fw_echo())
