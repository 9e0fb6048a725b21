// SPDX-License-Identifier: GPL-2.0
/*
 * The remote's watchdog, on a board whose device tree gives Linux its interrupt:
 * firmware that hangs is noticed without a word of its own. Once started the
 * watchdog stays on, for all firmware that follows.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "amp_harness.h"

#define NOTICED		"remote core: watchdog interrupt"

/* The watchdog's time, within which a slow machine has to recover the core. */
static unsigned int seconds(void)
{
	return amp_env_number("AMP_SLOWER", 1);
}

static bool recovered(void)
{
	return amp_kmsg_count("is now up") == 1 && amp_state_is("running");
}

static int crashes_by_watchdog(void)
{
	char command[32];
	int fd, ret;

	fd = amp_open(AMP_TROUBLE, O_RDWR);
	if (fd < 0)
		return fd;
	snprintf(command, sizeof(command), "watchdog %u", seconds());
	ret = amp_trouble(fd, command);
	/* it is fed */
	if (!ret) {
		sleep(2 * seconds());
		ret = amp_trouble(fd, "log 1");
	}
	if (!ret && amp_kmsg_count("crash detected"))
		ret = -EPROTO;
	if (!ret)
		ret = amp_kmsg_begin();
	if (!ret)
		ret = amp_trouble(fd, "hang");
	if (!ret)
		ret = amp_wait_gone(fd);
	close(fd);
	if (!ret && !amp_wait_for(recovered()))
		ret = -ETIMEDOUT;
	return ret;
}

TEST(a_hanging_core_is_noticed)
{
	char path[4096], was[32];
	int i;

	snprintf(path, sizeof(path), "%s/device/of_node/interrupts", amp_rproc());
	if (access(path, F_OK))
		SKIP(return, "the device tree has no interrupt for the remote's watchdog");
	amp_attr_read(was, sizeof(was), "%s/crash_limit", amp_rproc());
	ASSERT_EQ(0, amp_attr_write("0", "%s/crash_limit", amp_rproc()));
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, amp_kmsg_begin());
		EXPECT_EQ(0, crashes_by_watchdog());
		EXPECT_EQ(1, amp_kmsg_count(NOTICED));
	}
	/* what is loaded next is fed as well, and stopped for long is no crash */
	ASSERT_EQ(0, amp_kmsg_begin());
	EXPECT_EQ(0, amp_stop());
	sleep(2 * seconds());
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	sleep(2 * seconds());
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, amp_kmsg_count("crash detected"));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_attr_write(was, "%s/crash_limit", amp_rproc()));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
