// SPDX-License-Identifier: GPL-2.0
/*
 * The orderly ends: firmware is asked to shut down and waited for, but not for
 * ever. Stopping, module removal and system suspend while messages go both ways.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "amp_harness.h"

#define UNANSWERED	"no answer to the shutdown request"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"

static int set_timeout(const char *ms)
{
	return amp_attr_write(ms, "%s/shutdown_timeout_ms", amp_rproc());
}

/* Messages that the traffic has got back; shared with the process that makes it. */
static volatile unsigned long *echoed;

/* As many messages as go, both ways, until the channel is gone. */
static int flood(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };
	char buf[AMP_MTU];
	ssize_t n;

	amp_fill(buf, sizeof(buf), 1);
	for (;;) {
		/* suspended along with the system, that may take longer */
		if (poll(&pfd, 1, 6 * amp_timeout_ms()) <= 0)
			return 1;
		while ((n = write(fd, buf, sizeof(buf))) > 0)
			;
		if (errno != EAGAIN)
			return errno == EPIPE ? 0 : 2;
		while ((n = read(fd, buf, sizeof(buf))) > 0) {
			if (n != sizeof(buf))
				return 3;
			++*echoed;
		}
		if (errno != EAGAIN)
			return errno == EPIPE ? 0 : 4;
	}
}

static bool flows(unsigned long *since)
{
	return *echoed > *since + 100;
}

/* Starts the traffic in a process of its own and waits until there is some. */
static pid_t traffic(void)
{
	unsigned long none = 0;
	pid_t pid;
	int fd;

	*echoed = 0;
	pid = fork();
	if (!pid) {
		fd = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
		_exit(fd < 0 ? 5 : flood(fd));
	}
	if (pid > 0 && !amp_wait_for(flows(&none))) {
		kill(pid, SIGKILL);
		amp_wait_child(pid);
		return -1;
	}
	return pid;
}

FIXTURE(shutdown)
{
	char timeout[32];
	int trouble;
};

FIXTURE_SETUP(shutdown)
{
	if (amp_attr_read(self->timeout, sizeof(self->timeout),
			  "%s/shutdown_timeout_ms", amp_rproc()) <= 0)
		SKIP(return, "the driver has no shutdown_timeout_ms");
	echoed = mmap(NULL, sizeof(*echoed), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, echoed);
	/* for those that do answer, however slow the machine is */
	ASSERT_EQ(0, set_timeout("20000"));
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, self->trouble);
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(shutdown)
{
	close(self->trouble);
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, set_timeout(self->timeout));
}

TEST_F(shutdown, firmware_that_answers)
{
	int i;

	for (i = 0; i < 5; i++) {
		close(self->trouble);
		ASSERT_EQ(0, amp_stop());
		EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
		ASSERT_EQ(0, amp_start(amp_fw_trouble()));
		self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
		ASSERT_LE(0, self->trouble);
	}
}

/* Only what the warning says: how long it took depends on the machine. */
static void unanswered(struct __test_metadata *_metadata,
		       FIXTURE_DATA(shutdown) *self, const char *command)
{
	static const char * const ms[] = { "0", "100", "300" };
	char line[128];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(ms); i++) {
		ASSERT_EQ(0, amp_trouble(self->trouble, command));
		/* it obeys after it has answered */
		usleep(200000);
		ASSERT_EQ(0, set_timeout(ms[i]));
		ASSERT_EQ(0, amp_kmsg_begin());
		EXPECT_EQ(0, amp_stop());
		snprintf(line, sizeof(line), UNANSWERED " within %s ms (%d)",
			 ms[i], -ETIMEDOUT);
		EXPECT_EQ(1, amp_kmsg_count(line)) {
			TH_LOG("lines with: %s", line);
		}
		EXPECT_EQ(1, amp_kmsg_count(UNANSWERED));
		EXPECT_EQ(0, amp_wait_gone(self->trouble));
		close(self->trouble);
		ASSERT_EQ(0, amp_start(amp_fw_trouble()));
		self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
		ASSERT_LE(0, self->trouble);
	}
	/* the next one that answers is believed again */
	ASSERT_EQ(0, set_timeout("20000"));
	ASSERT_EQ(0, amp_kmsg_begin());
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
}

TEST_F(shutdown, firmware_that_is_deaf)
{
	unanswered(_metadata, self, "deaf");
}

TEST_F(shutdown, firmware_that_hangs)
{
	unanswered(_metadata, self, "hang");
}

TEST_F(shutdown, firmware_that_sleeps_for_ever)
{
	unanswered(_metadata, self, "quit");
}

TEST_F(shutdown, timeout_is_checked)
{
	static const struct {
		const char *value;
		int ret;
	} cases[] = {
		{ "0", 0 }, { "60000", 0 }, { "60001", -ERANGE },
		{ "4294967296", -ERANGE }, { "soon", -EINVAL },
		{ "1000 ms", -EINVAL }, { "-1", -EINVAL }, { "", -EINVAL },
	};
	char before[32], after[32];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		amp_attr_read(before, sizeof(before), "%s/shutdown_timeout_ms",
			      amp_rproc());
		EXPECT_EQ(cases[i].ret, set_timeout(cases[i].value)) {
			TH_LOG("\"%s\"", cases[i].value);
		}
		amp_attr_read(after, sizeof(after), "%s/shutdown_timeout_ms",
			      amp_rproc());
		EXPECT_STREQ(cases[i].ret ? before : cases[i].value, after);
	}
}

TEST_F_TIMEOUT(shutdown, stop_under_traffic, 200)
{
	pid_t pid;
	int i;

	for (i = 0; i < 20; i++) {
		pid = traffic();
		ASSERT_LT(0, pid);
		EXPECT_EQ(0, amp_stop());
		EXPECT_EQ(0, amp_wait_child(pid));
		EXPECT_EQ(0, amp_wait_gone(self->trouble));
		close(self->trouble);
		ASSERT_EQ(0, amp_start(amp_fw_trouble()));
		self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
		ASSERT_LE(0, self->trouble);
	}
	/* full buffers are no reason not to ask */
	EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
}

TEST_F_TIMEOUT(shutdown, driver_removed_under_traffic, 120)
{
	int i, ret, back;
	pid_t pid;

	if (!amp_module_loaded("amp_remoteproc"))
		SKIP(return, "amp_remoteproc is not a loaded module");
	for (i = 0; i < 3; i++) {
		pid = traffic();
		ASSERT_LT(0, pid);
		ret = amp_module_unload("amp_remoteproc");
		EXPECT_EQ(0, ret);
		EXPECT_EQ(0, amp_wait_child(pid));
		EXPECT_EQ(0, amp_wait_gone(self->trouble));
		close(self->trouble);
		EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
		back = amp_module_load("amp_remoteproc");
		ASSERT_EQ(0, back);
		ASSERT_TRUE(amp_wait_for(amp_rproc()));
		ASSERT_EQ(0, amp_start(amp_fw_trouble()));
		self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
		ASSERT_LE(0, self->trouble);
		EXPECT_EQ(0, amp_trouble(self->trouble, "log 1"));
	}
}

/* Is @word among those that the file offers? */
static bool offers(const char *path, const char *word)
{
	char words[256], *save, *w;

	if (amp_attr_read(words, sizeof(words), "%s", path) <= 0)
		return false;
	for (w = strtok_r(words, " []", &save); w; w = strtok_r(NULL, " []", &save))
		if (!strcmp(w, word))
			return true;
	return false;
}

FIXTURE(suspend)
{
	char delay[32];
	int trouble;
	pid_t traffic;
};

FIXTURE_SETUP(suspend)
{
	if (!offers("/sys/power/state", "freeze"))
		SKIP(return, "no \"freeze\" in /sys/power/state");
	if (!offers("/sys/power/pm_test", "devices"))
		SKIP(return, "no \"devices\" in /sys/power/pm_test: the kernel has no CONFIG_PM_DEBUG");
	echoed = mmap(NULL, sizeof(*echoed), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, echoed);
	ASSERT_EQ(0, amp_attr_write("devices", "/sys/power/pm_test"));
	amp_attr_read(self->delay, sizeof(self->delay), PM_DELAY);
	amp_attr_write("3", PM_DELAY);
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, self->trouble);
	self->traffic = traffic();
	ASSERT_LT(0, self->traffic);
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(suspend)
{
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_wait_child(self->traffic));
	close(self->trouble);
	if (self->delay[0])
		amp_attr_write(self->delay, PM_DELAY);
	EXPECT_EQ(0, amp_attr_write("none", "/sys/power/pm_test"));
}

static int go_to_sleep(void)
{
	return amp_attr_write("freeze", "/sys/power/state");
}

TEST_F_TIMEOUT(suspend, traffic_goes_on_afterwards, 200)
{
	unsigned long since;
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, go_to_sleep());
		since = *echoed;
		EXPECT_TRUE(amp_wait_for(flows(&since)));
		EXPECT_EQ(0, amp_trouble(self->trouble, "log 1"));
		EXPECT_TRUE(amp_state_is("running"));
	}
	EXPECT_EQ(0, amp_kmsg_count("no answer to the suspend request"));
}

TEST_F_TIMEOUT(suspend, messages_sent_meanwhile_are_received, 200)
{
	char in[AMP_MTU];
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, amp_trouble(self->trouble, "later 1000 hello"));
		ASSERT_EQ(0, go_to_sleep());
		ASSERT_EQ(5, amp_receive(self->trouble, in, sizeof(in)));
		EXPECT_EQ(0, memcmp(in, "hello", 5));
	}
}

/* Linux doesn't miss what it has asked not to be sent. */
TEST_F_TIMEOUT(suspend, heartbeats_stop_and_go_on, 200)
{
	int i;

	ASSERT_EQ(0, amp_trouble(self->trouble, "heartbeat 500"));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, go_to_sleep());
	EXPECT_EQ(0, amp_trouble(self->trouble, "log 1"));
	EXPECT_EQ(0, amp_kmsg_count("crash detected in"));
	usleep(1000000);
	/* they are supervised again */
	ASSERT_EQ(0, amp_send(self->trouble, "mute", 4));
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("remote core: no heartbeat for 1500 ms")));
	EXPECT_EQ(0, amp_wait_gone(self->trouble));
	EXPECT_TRUE(amp_wait_for(amp_state_is("running")));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
