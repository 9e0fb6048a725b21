// SPDX-License-Identifier: GPL-2.0
/*
 * A known trap: NXP's firmware copies its resource table, taken to be of 1 KiB,
 * to where the first ring of Linux is, some time after it has been started. So
 * that is done here at every moment. Linux must not mind; messages go on, or the
 * core is stopped and started and they go on then.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"
#include "loader.h"

#define TRAP_SIZE	1024

/* More than there are buffers */
#define MESSAGES	600

static volatile uint32_t *table, *vring;

static void spring(void)
{
	size_t i;

	for (i = 0; i < TRAP_SIZE / 4; i++)
		vring[i] = table[i];
}

FIXTURE(trap)
{
	pid_t pid;
};

FIXTURE_SETUP(trap)
{
	size_t size;

	table = loader_map(LOADER_TABLE, &size);
	vring = loader_map("vdev0vring0", NULL, &size);
	if (!table || !vring)
		SKIP(return, "the device tree has no region for the resource table, or for the ring");
	ASSERT_EQ(0, loader_boot(amp_fw_trouble()));
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(trap)
{
	EXPECT_EQ(0, loader_off());
}

static int talk(void)
{
	int i, fd, ret = 0;

	fd = amp_open(AMP_ECHO, O_RDWR);
	if (fd < 0)
		return fd;
	for (i = 0; !ret && i < MESSAGES; i++)
		ret = amp_echo(fd, i % (AMP_MTU + 1), i);
	close(fd);
	return ret;
}

static void firmware_springs_it(struct __test_metadata *_metadata, const char *state)
{
	int fd, i;

	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, amp_trouble(fd, "trap"));
		EXPECT_EQ(0, talk());
	}
	EXPECT_TRUE(amp_state_is(state));
	close(fd);
}

/* In the end it works, and has never been taken for a crash. */
static void starts_anew(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	EXPECT_EQ(0, talk());
	EXPECT_EQ(0, amp_kmsg_count("crash detected in"));
	EXPECT_EQ(0, amp_stop());
}

TEST_F(trap, before_linux_attaches)
{
	spring();
	ASSERT_EQ(0, amp_command("start"));
	EXPECT_TRUE(amp_state_is("attached"));
	EXPECT_EQ(0, talk());
	starts_anew(_metadata);
}

TEST_F(trap, while_attached)
{
	ASSERT_EQ(0, amp_command("start"));
	firmware_springs_it(_metadata, "attached");
	ASSERT_EQ(0, amp_command("detach"));
	ASSERT_EQ(0, amp_command("start"));
	EXPECT_EQ(0, talk());
	starts_anew(_metadata);
}

TEST_F(trap, while_detached)
{
	int fd;

	ASSERT_EQ(0, amp_command("start"));
	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_trouble(fd, "after 200 trap"));
	ASSERT_EQ(0, amp_command("detach"));
	close(fd);
	EXPECT_TRUE(amp_wait_for(vring[0] == table[0] && vring[1] == table[1]));
	ASSERT_EQ(0, amp_command("start"));
	EXPECT_TRUE(amp_state_is("attached"));
	EXPECT_EQ(0, talk());
	starts_anew(_metadata);
}

TEST_F(trap, of_a_core_that_linux_has_started)
{
	ASSERT_EQ(0, loader_off());
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	firmware_springs_it(_metadata, "running");
	starts_anew(_metadata);
}

/* All the time, so that it is while the rings are being set up, too. */
TEST_F_TIMEOUT(trap, at_any_moment, 120)
{
	int i;

	self->pid = fork();
	if (!self->pid)
		for (;;)
			spring();
	ASSERT_LT(0, self->pid);
	for (i = 0; i < 10; i++) {
		EXPECT_EQ(0, amp_command("start"));
		EXPECT_TRUE(amp_state_is("attached"));
		EXPECT_EQ(0, amp_command("detach"));
	}
	kill(self->pid, SIGKILL);
	amp_wait_child(self->pid);

	ASSERT_EQ(0, amp_command("start"));
	EXPECT_EQ(0, talk());
	starts_anew(_metadata);
}

LOADER_HARNESS_MAIN(amp_fw_trouble())
