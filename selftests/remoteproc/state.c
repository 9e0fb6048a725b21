// SPDX-License-Identifier: GPL-2.0
/*
 * What "running" means, and how a program learns that the state has changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "amp_harness.h"

#define NO_SIGN		"no sign of the firmware"
#define FW_LATE		"amp/late.elf"
#define FW_SILENT	"amp/silent.elf"

TEST(running_is_when_the_firmware_is_ready)
{
	int i, log, fd, in_time = 0;
	bool ready;

	if (!amp_fw_exists(FW_LATE))
		SKIP(return, "firmware " FW_LATE " is not installed");
	log = open(AMP_LOG, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, log);
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, amp_stop());
		ASSERT_EQ(0, amp_kmsg_begin());
		amp_log_read(log);
		ASSERT_EQ(0, amp_set_firmware(FW_LATE));
		ASSERT_EQ(0, amp_command("start"));
		ready = strstr(amp_log_read(log), "late: ready");
		/* a machine that is slow enough doesn't wait, and says so */
		EXPECT_TRUE(ready || amp_kmsg_count(NO_SIGN));
		in_time += ready;
		fd = amp_open(AMP_ECHO, O_RDWR);
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, amp_echo(fd, 100, i));
		close(fd);
	}
	EXPECT_LT(0, in_time);
	close(log);
	EXPECT_EQ(0, amp_stop());
}

TEST(firmware_that_is_never_ready_is_not_waited_for_long)
{
	if (!amp_fw_exists(FW_SILENT))
		SKIP(return, "firmware " FW_SILENT " is not installed");
	ASSERT_EQ(0, amp_stop());
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, amp_set_firmware(FW_SILENT));
	EXPECT_EQ(0, amp_command("start"));
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(1, amp_kmsg_count(NO_SIGN));
	EXPECT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
}

/* A change of @fd, a file in sysfs of which the old content is read first. */
static int poll_change(int fd, const char *fw)
{
	struct pollfd p = { .fd = fd, .events = POLLPRI };
	char value[32];
	int ret;

	lseek(fd, 0, SEEK_SET);
	if (read(fd, value, sizeof(value)) <= 0)
		return -EIO;
	/* nothing yet */
	if (poll(&p, 1, 100))
		return -EEXIST;
	ret = fw ? amp_start(fw) : amp_stop();
	if (ret)
		return ret;
	return poll(&p, 1, amp_timeout_ms()) == 1 && p.revents & POLLPRI ?
	       0 : -ETIMEDOUT;
}

TEST(poll_sees_changes)
{
	char path[4096];
	int i, fd;

	ASSERT_EQ(0, amp_stop());
	snprintf(path, sizeof(path), "%s/state", amp_rproc());
	fd = open(path, O_RDONLY);
	ASSERT_LE(0, fd);
	/* that of an earlier test may be under way */
	usleep(200000);
	for (i = 0; i < 5; i++) {
		EXPECT_EQ(0, poll_change(fd, amp_fw_echo()));
		EXPECT_EQ(0, poll_change(fd, NULL));
	}
	close(fd);
}

static int uevent_open(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK, .nl_groups = 1 };
	int fd;

	fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
		    NETLINK_KOBJECT_UEVENT);
	if (fd >= 0 && bind(fd, (struct sockaddr *)&addr, sizeof(addr))) {
		close(fd);
		fd = -1;
	}
	return fd < 0 ? -errno : fd;
}

/* Is there one of @action for a device path that ends in @device? */
static bool uevent_seen(int fd, const char *action, const char *device)
{
	char event[8192];
	const char *path;
	ssize_t n;

	while ((n = recv(fd, event, sizeof(event) - 1, 0)) > 0) {
		event[n] = '\0';
		path = strchr(event, '@');
		if (path && !strncmp(event, action, path - event) &&
		    strlen(path) >= strlen(device) &&
		    !strcmp(path + strlen(path) - strlen(device), device))
			return true;
	}
	return false;
}

TEST(uevents_tell_changes)
{
	const char *device = strrchr(amp_rproc(), '/');
	int fd;

	ASSERT_EQ(0, amp_stop());
	usleep(200000);
	fd = uevent_open();
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_TRUE(amp_wait_for(uevent_seen(fd, "change", device)));
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(amp_wait_for(uevent_seen(fd, "change", device)));
	close(fd);
}

AMP_HARNESS_MAIN(amp_fw_echo())
