// SPDX-License-Identifier: GPL-2.0
/*
 * Starting and stopping: what state says, what is refused, and that doing it
 * many times costs nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"
#include "leaks.h"

static int cycle(unsigned int seed)
{
	int ret = amp_start(amp_fw_echo());

	if (!ret)
		ret = amp_echo_works(seed);
	return ret ? ret : amp_stop();
}

TEST(state_follows)
{
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(amp_state_is("offline"));
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, amp_echo_works(100));
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(amp_state_is("offline"));
}

TEST(second_start_disturbs_nothing)
{
	int fd, ret;

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_echo(fd, 100, 1));

	/* some kernels refuse it, others count: as many stops have to follow */
	ret = amp_command("start");
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, amp_echo(fd, 100, 2));
	if (!ret) {
		EXPECT_EQ(0, amp_command("stop"));
		EXPECT_TRUE(amp_state_is("running"));
		EXPECT_EQ(0, amp_echo(fd, 100, 3));
	}
	EXPECT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	close(fd);
}

TEST(second_stop_is_refused)
{
	ASSERT_EQ(0, cycle(1));
	EXPECT_GT(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	EXPECT_EQ(0, cycle(2));
}

TEST(unknown_command_is_refused)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_EQ(-EINVAL, amp_command("fly"));
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, amp_echo_works(100));
	EXPECT_EQ(0, amp_stop());
}

TEST(different_firmware_in_turn)
{
	char in[16], node[32];
	int i, fd;

	if (!amp_fw_exists(amp_fw_hello()))
		SKIP(return, "firmware %s is not installed", amp_fw_hello());
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, cycle(i));
		ASSERT_EQ(0, amp_start(amp_fw_hello()));
		fd = amp_open("my_service", O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, amp_send(fd, "hi", 2));
		ASSERT_EQ(3, amp_receive(fd, in, sizeof(in)));
		EXPECT_EQ(0, memcmp(in, "ACK", 3));
		/* nothing of the other one is left */
		EXPECT_NE(0, amp_channel_find(AMP_ECHO, node, sizeof(node)));
		close(fd);
		ASSERT_EQ(0, amp_stop());
	}
}

FIXTURE(many)
{
	int cycles;
};

FIXTURE_SETUP(many)
{
	int i;

	self->cycles = amp_cycles(1000);
	/* what is allocated once, on first use, is no loss */
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, cycle(i));
}

FIXTURE_TEARDOWN(many)
{
	EXPECT_EQ(0, amp_stop());
}

static int one_of_many(void *data, int i)
{
	(void)data;
	return cycle(i * 5);
}

TEST_F_TIMEOUT(many, cycles_echo_each_time_and_lose_nothing, 1200)
{
	EXPECT_EQ(0, leaks_after(self->cycles, one_of_many, NULL));
}

static int count_entries(const char *path)
{
	struct dirent *d;
	int count = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return 0;
	while ((d = readdir(dir)))
		count++;
	closedir(dir);
	return count;
}

TEST(devices_come_and_go)
{
	static const char * const path[] = {
		"/sys/bus/virtio/devices", "/sys/bus/rpmsg/devices",
		"/sys/bus/platform/devices", "/sys/class/rpmsg",
		"/sys/class/remoteproc",
	};
	int offline[ARRAY_SIZE(path)], running[ARRAY_SIZE(path)];
	char node[PATH_MAX];
	unsigned int i, j;

	ASSERT_EQ(0, cycle(1));
	for (i = 0; i < ARRAY_SIZE(path); i++)
		offline[i] = count_entries(path[i]);
	for (j = 0; j < 5; j++) {
		ASSERT_EQ(0, amp_start(amp_fw_echo()));
		ASSERT_EQ(0, amp_echo_works(j));
		/* the firmware's other channel is announced after that one */
		ASSERT_EQ(0, amp_channel_wait(AMP_RAW, node, sizeof(node)));
		for (i = 0; i < ARRAY_SIZE(path); i++) {
			if (!j)
				running[i] = count_entries(path[i]);
			EXPECT_EQ(running[i], count_entries(path[i])) {
				TH_LOG("in %s", path[i]);
			}
		}
		ASSERT_EQ(0, amp_stop());
		for (i = 0; i < ARRAY_SIZE(path); i++) {
			EXPECT_EQ(offline[i], count_entries(path[i])) {
				TH_LOG("in %s", path[i]);
			}
		}
	}
}

AMP_HARNESS_MAIN(amp_fw_echo())
