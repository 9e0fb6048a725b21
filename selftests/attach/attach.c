// SPDX-License-Identifier: GPL-2.0
/*
 * A core that a boot loader has started: it is found, attached to, detached
 * from, and runs on all the while. What becomes of it when it is stopped, when
 * it crashes, and when the driver is removed.
 *
 * The first case needs a core that was started before Linux. In all others the
 * test is the boot loader.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"
#include "leaks.h"
#include "loader.h"

#define CYCLES		200
#define STARTED		"trouble: started\n"

/* How many commands the firmware has obeyed since it was started. */
static long obeyed(int fd)
{
	char in[AMP_MTU + 1];
	int ret;

	ret = amp_trouble(fd, "count");
	if (ret)
		return ret;
	ret = amp_receive(fd, in, AMP_MTU);
	if (ret < 0)
		return ret;
	in[ret] = '\0';
	return strtol(in, NULL, 10);
}

static int attach(void)
{
	int ret = amp_command("start");

	if (ret)
		return ret;
	return amp_state_is("attached") ? 0 : -EIO;
}

static int detach(void)
{
	int ret = amp_command("detach");

	if (ret)
		return ret;
	return amp_state_is("detached") ? 0 : -EIO;
}

/* One message and back, of length @seed. */
/* Everything that the log still holds. */
static const char *read_log(void)
{
	int fd = open(AMP_LOG, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	const char *text;

	if (fd < 0)
		return "";
	text = amp_log_read(fd);
	close(fd);
	return text;
}

static bool log_has(const char *text)
{
	return strstr(read_log(), text);
}

static bool has_table(void)
{
	size_t size;

	return loader_map(LOADER_TABLE, &size);
}

TEST(core_started_before_linux)
{
	const char *log;
	int fd;

	if (!loader_found_running)
		SKIP(return, "no boot loader has started the core");
	ASSERT_TRUE(amp_state_is("detached"));
	if (!has_table())
		SKIP(return, "the device tree has no region for the resource table");
	ASSERT_EQ(0, attach());
	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(1, obeyed(fd));
	EXPECT_EQ(0, amp_echo_works(100));
	/* the driver hasn't started it a second time */
	if (!access(AMP_LOG, F_OK)) {
		log = read_log();
		ASSERT_NE('\0', log[0]);
		EXPECT_EQ(0, strncmp(log, STARTED, strlen(STARTED)));
		EXPECT_EQ(NULL, strstr(log + 1, STARTED));
	}
	ASSERT_EQ(0, detach());
	close(fd);
	ASSERT_EQ(0, amp_module_unload("amp_remoteproc"));
	EXPECT_TRUE(loader_core_runs());
	ASSERT_EQ(0, amp_module_load("amp_remoteproc"));
	ASSERT_TRUE(amp_wait_for(amp_rproc()));
	ASSERT_TRUE(amp_state_is("detached"));
	ASSERT_EQ(0, attach());
	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(2, obeyed(fd));
	close(fd);
}

FIXTURE(attach)
{
	int trouble;
	int echo;
};

static int open_nodes(FIXTURE_DATA(attach) *self)
{
	self->echo = amp_open(AMP_ECHO, O_RDWR);
	self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
	if (self->echo < 0 || self->trouble < 0)
		return self->echo < 0 ? self->echo : self->trouble;
	return amp_echo(self->echo, 100, 1);
}

static void close_nodes(FIXTURE_DATA(attach) *self)
{
	close(self->echo);
	close(self->trouble);
	self->echo = -1;
	self->trouble = -1;
}

FIXTURE_SETUP(attach)
{
	if (!has_table())
		SKIP(return, "the device tree has no region for the resource table");
	ASSERT_EQ(0, loader_boot(amp_fw_trouble()));
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, attach());
	ASSERT_EQ(0, open_nodes(self));
}

FIXTURE_TEARDOWN(attach)
{
	close_nodes(self);
	EXPECT_EQ(0, loader_off());
}

TEST_F(attach, what_is_refused)
{
	int ret;

	EXPECT_EQ(-EBUSY, amp_set_firmware(amp_fw_echo()));
	/* some kernels refuse it, others count: as many detaches have to follow */
	ret = amp_command("start");
	EXPECT_TRUE(amp_state_is("attached"));
	if (!ret) {
		EXPECT_EQ(0, amp_command("detach"));
		EXPECT_TRUE(amp_state_is("attached"));
		EXPECT_EQ(0, amp_echo(self->echo, 100, 2));
	}
	ASSERT_EQ(0, detach());
	EXPECT_EQ(-EINVAL, amp_command("detach"));
	EXPECT_EQ(-EINVAL, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("detached"));
	EXPECT_EQ(0, attach());
	EXPECT_EQ(0, amp_echo_works(1));
}

TEST_F(attach, messages_of_all_lengths)
{
	size_t len;
	int i;

	for (len = 0; len <= AMP_MTU; len++) {
		ASSERT_EQ(0, amp_echo(self->echo, len, len)) {
			TH_LOG("%zu bytes", len);
		}
	}
	/* around the rings a few times */
	for (i = 0; i < 1000; i++)
		ASSERT_EQ(0, amp_echo(self->echo, i % (AMP_MTU + 1), i));
}

/* It is by the control channel that the firmware knows whom to send them to. */
TEST_F(attach, control_channel_works)
{
	ASSERT_EQ(0, amp_trouble(self->trouble, "heartbeat 500"));
	usleep(2000000);
	EXPECT_EQ(0, amp_kmsg_count("remote core:"));
	ASSERT_EQ(0, amp_trouble(self->trouble, "heartbeat 0"));
	EXPECT_EQ(0, amp_echo(self->echo, 100, 2));
	ASSERT_EQ(0, amp_send(self->trouble, "panic enough", 12));
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("remote core: it says \"enough\"")));
}

/* Heartbeats that nobody can hear any more are not missed. */
TEST_F(attach, detached_core_is_not_supervised)
{
	ASSERT_EQ(0, amp_trouble(self->trouble, "heartbeat 500"));
	usleep(1000000);
	ASSERT_EQ(0, detach());
	usleep(2500000);
	EXPECT_TRUE(amp_state_is("detached"));
	ASSERT_EQ(0, attach());
	EXPECT_EQ(0, amp_echo_works(3));
	EXPECT_EQ(0, amp_kmsg_count("remote core:"));
}

TEST_F(attach, runs_on_when_detached)
{
	long before = obeyed(self->trouble);

	ASSERT_LT(0, before);
	ASSERT_EQ(0, amp_trouble(self->trouble, "after 300 log 2"));
	ASSERT_EQ(0, detach());
	EXPECT_TRUE(loader_core_runs());
	if (!access(AMP_LOG, F_OK)) {
		EXPECT_TRUE(amp_wait_for(log_has("trouble: line 1\n")));
		EXPECT_TRUE(amp_state_is("detached"));
	} else {
		usleep(1000000);
	}
	close_nodes(self);
	ASSERT_EQ(0, attach());
	ASSERT_EQ(0, open_nodes(self));
	/* "after", what it did later, and "count" */
	EXPECT_EQ(before + 3, obeyed(self->trouble));
}

TEST_F(attach, open_node_is_told)
{
	int old = self->echo;

	ASSERT_EQ(0, detach());
	EXPECT_EQ(0, amp_nodes());
	EXPECT_EQ(0, amp_wait_gone(old));
	EXPECT_EQ(0, amp_wait_gone(self->trouble));
	close(self->trouble);
	ASSERT_EQ(0, attach());
	ASSERT_EQ(0, open_nodes(self));
	EXPECT_EQ(0, amp_echo(self->echo, AMP_MTU, 2));
	/* the old descriptor stays dead, and closing it hurts no one */
	EXPECT_EQ(0, amp_wait_gone(old));
	close(old);
	EXPECT_EQ(0, amp_echo(self->echo, AMP_MTU, 3));
}

TEST_F_TIMEOUT(attach, detach_under_traffic, 200)
{
	pid_t pid;
	int i;

	close_nodes(self);
	for (i = 0; i < 20; i++) {
		pid = amp_traffic();
		ASSERT_LT(0, pid);
		EXPECT_EQ(0, detach());
		EXPECT_EQ(0, amp_wait_child(pid));
		ASSERT_EQ(0, attach());
	}
	ASSERT_EQ(0, open_nodes(self));
	/* one "count" since it was started, twenty lives of the link ago */
	EXPECT_EQ(1, obeyed(self->trouble));
	for (i = 0; i < 600; i++)
		ASSERT_EQ(0, amp_echo(self->echo, i % (AMP_MTU + 1), i));
	EXPECT_EQ(0, amp_kmsg_count("remote core:"));
}

static int attach_and_detach(void *data, int i)
{
	int ret = attach();

	(void)data;
	if (!ret)
		ret = amp_echo_works(i);
	return ret ? ret : detach();
}

TEST_F_TIMEOUT(attach, many_times_leave_nothing_behind, 600)
{
	int i;

	close_nodes(self);
	ASSERT_EQ(0, detach());
	/* what is allocated once is no loss */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, attach_and_detach(NULL, i));
	EXPECT_EQ(0, leaks_after(CYCLES, attach_and_detach, NULL));
	ASSERT_EQ(0, attach());
	ASSERT_EQ(0, open_nodes(self));
	EXPECT_EQ(1, obeyed(self->trouble));
}

TEST_F(attach, stopped_and_started_by_linux)
{
	ASSERT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	EXPECT_FALSE(loader_core_runs());
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	close_nodes(self);

	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	ASSERT_EQ(0, open_nodes(self));
	EXPECT_EQ(1, obeyed(self->trouble));
	/* one that Linux has started it doesn't leave alone */
	EXPECT_EQ(-EINVAL, amp_command("detach"));
	EXPECT_TRUE(amp_state_is("running"));
	ASSERT_EQ(0, amp_stop());
}

TEST_F(attach, detached_when_the_driver_goes)
{
	ASSERT_EQ(0, detach());
	close_nodes(self);
	ASSERT_EQ(0, amp_module_unload("amp_remoteproc"));
	EXPECT_TRUE(loader_core_runs());
	ASSERT_EQ(0, amp_module_load("amp_remoteproc"));
	ASSERT_TRUE(amp_wait_for(amp_rproc()));
	ASSERT_TRUE(amp_state_is("detached"));
	ASSERT_EQ(0, attach());
	ASSERT_EQ(0, open_nodes(self));
	EXPECT_EQ(1, obeyed(self->trouble));
}

/* An attached core needs its driver: it isn't left running without one. */
TEST_F(attach, attached_when_the_driver_goes)
{
	ASSERT_EQ(0, amp_module_unload("amp_remoteproc"));
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_FALSE(loader_core_runs());
	close_nodes(self);
	ASSERT_EQ(0, amp_module_load("amp_remoteproc"));
	ASSERT_TRUE(amp_wait_for(amp_rproc()));
	EXPECT_TRUE(amp_state_is("offline"));
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	EXPECT_EQ(0, amp_echo_works(1));
	ASSERT_EQ(0, amp_stop());
}

static int set_recovery(const char *value)
{
	return amp_attr_write(value, "%s/recovery", amp_rproc());
}

/* Doesn't wait for the answer, which the crash may overtake. */
static void crash(struct __test_metadata *_metadata, FIXTURE_DATA(attach) *self)
{
	ASSERT_EQ(0, amp_send(self->trouble, "usage", 5));
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("crash detected in")));
	EXPECT_EQ(1, amp_kmsg_count("remote core: UsageFault at pc 0x0"));
}

TEST_F(attach, crash_without_recovery)
{
	ASSERT_EQ(0, set_recovery("disabled"));
	crash(_metadata, self);
	ASSERT_TRUE(amp_wait_for(amp_state_is("crashed")));
	EXPECT_NE(0, amp_command("detach"));
	EXPECT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_FALSE(loader_core_runs());
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	EXPECT_EQ(0, amp_echo_works(1));
	ASSERT_EQ(0, amp_stop());
}

/*
 * What the boot loader has loaded is gone with the crash: what comes instead is
 * the firmware of the driver's own, named in the device tree.
 */
static void own_firmware(char *name, size_t size)
{
	detach();
	amp_attr_read(name, size, "%s/firmware", amp_rproc());
	if (!amp_fw_exists(name))
		name[0] = '\0';
	attach();
}

TEST_F(attach, crash_with_recovery)
{
	volatile uint32_t *table;
	char fw[PATH_MAX];
	size_t size;

	close_nodes(self);
	own_firmware(fw, sizeof(fw));
	if (strcmp(fw, amp_fw_echo()))
		SKIP(return, "the device tree's firmware is not %s", amp_fw_echo());
	ASSERT_EQ(0, open_nodes(self));
	/* it may have written anywhere, also into what it says of its first ring */
	table = loader_map(LOADER_TABLE, &size);
	table[table[4] / 4 + 9] = 0x12345678;
	crash(_metadata, self);
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_EQ(0, amp_wait_gone(self->trouble));
	ASSERT_TRUE(amp_wait_for(amp_state_is("running")));
	EXPECT_EQ(0, amp_echo_works(1));
	EXPECT_EQ(1, amp_kmsg_count("crash detected in"));
	close(amp_open(AMP_RAW, O_RDWR));
	EXPECT_NE(0, amp_channel_find(AMP_TROUBLE, fw, sizeof(fw)));
	ASSERT_EQ(0, amp_stop());
}

#define FW_PATH	"/sys/module/firmware_class/parameters/path"

/* Puts a file of that name, which is no firmware, in front of the right one. */
static int hide_firmware(const char *fw, char *dir)
{
	char command[3 * PATH_MAX];

	if (!mkdtemp(dir))
		return -errno;
	snprintf(command, sizeof(command),
		 "mkdir -p $(dirname %s/%s) && echo nonsense > %s/%s", dir, fw, dir, fw);
	if (system(command))
		return -EIO;
	return amp_attr_write(dir, FW_PATH);
}

TEST_F(attach, crash_and_no_firmware_to_recover_with)
{
	char fw[PATH_MAX], before[PATH_MAX], dir[] = "/tmp/attach.XXXXXX";
	char command[64];

	if (amp_attr_read(before, sizeof(before), FW_PATH) < 0)
		SKIP(return, "no " FW_PATH);
	close_nodes(self);
	own_firmware(fw, sizeof(fw));
	if (!fw[0])
		SKIP(return, "the device tree's firmware is not installed");
	ASSERT_EQ(0, open_nodes(self));
	ASSERT_EQ(0, hide_firmware(fw, dir));
	crash(_metadata, self);
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_TRUE(amp_wait_for(amp_state_is("offline") &&
				 amp_kmsg_count("refused: ELF: ")));
	amp_attr_write(before[0] ? before : "\n", FW_PATH);
	snprintf(command, sizeof(command), "rm -r %s", dir);
	EXPECT_EQ(0, system(command));
	/* recovery ends by stopping the core once more */
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("stopped remote processor") == 2));
	EXPECT_TRUE(amp_state_is("offline"));
	EXPECT_FALSE(loader_core_runs());
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	EXPECT_EQ(0, amp_echo_works(1));
	ASSERT_EQ(0, amp_stop());
}

/* Nobody hears it then; it is seen at the next occasion. */
TEST_F(attach, crash_while_detached)
{
	ASSERT_EQ(0, set_recovery("disabled"));
	ASSERT_EQ(0, amp_trouble(self->trouble, "after 300 usage"));
	ASSERT_EQ(0, detach());
	if (!access(AMP_LOG, F_OK))
		EXPECT_TRUE(amp_wait_for(log_has("FAULT: r4-r11")));
	usleep(500000);
	EXPECT_TRUE(amp_state_is("detached"));
	EXPECT_EQ(0, amp_kmsg_count("remote core:"));
	EXPECT_EQ(0, amp_command("start"));
	EXPECT_TRUE(amp_wait_for(amp_state_is("crashed")));
	EXPECT_EQ(1, amp_kmsg_count("remote core: UsageFault at pc 0x0"));
	EXPECT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	EXPECT_EQ(0, amp_echo_works(1));
	ASSERT_EQ(0, amp_stop());
}

/*
 * Whichever comes first: it is recovered, and not detached, or it is detached and
 * the crash is seen when attaching the next time.
 */
TEST_F_TIMEOUT(attach, crash_and_detach_at_once, 120)
{
	int i, ret;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, amp_send(self->trouble, "usage", 5));
		usleep(i * 2000);
		ret = amp_command("detach");
		if (!ret) {
			usleep(200000);
			ASSERT_TRUE(amp_state_is("detached"));
			amp_command("start");
		} else {
			TH_LOG("detach: %s", strerror(-ret));
		}
		EXPECT_TRUE(amp_wait_for(amp_kmsg_count("handling crash #1") == i + 1));
		EXPECT_TRUE(amp_wait_for(amp_state_is("running")));
		EXPECT_EQ(0, amp_echo_works(1));
		close_nodes(self);
		ASSERT_EQ(0, amp_stop());
		ASSERT_EQ(0, loader_boot(amp_fw_trouble()));
		ASSERT_EQ(0, attach());
		ASSERT_EQ(0, open_nodes(self));
	}
}

LOADER_HARNESS_MAIN(amp_fw_trouble())
