// SPDX-License-Identifier: GPL-2.0
/*
 * System suspend while messages go both ways: the remote is told, what it sends
 * meanwhile is not lost, and it ends the sleep if it may.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"

#define CYCLES		50

#define SUSPENDED	"control: suspended"

#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"
#define PM_TEST		"/sys/power/pm_test"

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

/* Does the device tree let the remote's messages wake the system up? */
static bool may_wake(void)
{
	struct amp_binding mailbox;
	char path[PATH_MAX];

	if (amp_bound_mailbox(&mailbox))
		return false;
	snprintf(path, sizeof(path), "/sys/bus/platform/devices/%s/of_node/wakeup-source",
		 mailbox.device);
	return !access(path, F_OK);
}

static int set_wakeup(const char *value)
{
	struct amp_binding mailbox;
	int ret = amp_bound_mailbox(&mailbox);

	return ret ? ret : amp_attr_write(value, "/sys/bus/platform/devices/%s/power/wakeup",
					  mailbox.device);
}

/* How often the firmware has logged @what since the last time. */
static int logged(int log, const char *what)
{
	const char *p = amp_log_read(log);
	int count = 0;

	for (; (p = strstr(p, what)); p += strlen(what))
		count++;
	return count;
}

/* The interrupt that has ended the last sleep; negative if none has. */
static long woken_by(void)
{
	char value[32];

	if (amp_attr_read(value, sizeof(value), "/sys/power/pm_wakeup_irq") <= 0)
		return -1;
	return strtol(value, NULL, 10);
}

/* The number in /proc/interrupts of the mailbox's interrupt. */
static long mailbox_interrupt(void)
{
	struct amp_binding mailbox;
	char line[512];
	long irq = -1;
	FILE *f;

	if (amp_bound_mailbox(&mailbox))
		return -1;
	f = fopen("/proc/interrupts", "re");
	if (!f)
		return -1;
	while (irq < 0 && fgets(line, sizeof(line), f))
		if (strstr(line, mailbox.device))
			irq = strtol(line, NULL, 10);
	fclose(f);
	return irq;
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
	if (!offers(PM_TEST, "devices"))
		SKIP(return, "no \"devices\" in " PM_TEST ": the kernel has no CONFIG_PM_DEBUG");
	amp_attr_read(self->delay, sizeof(self->delay), PM_DELAY);
	amp_attr_write("3", PM_DELAY);
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, self->trouble);
	self->traffic = amp_traffic();
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
	EXPECT_EQ(0, amp_attr_write("none", PM_TEST));
	if (may_wake())
		EXPECT_EQ(0, set_wakeup("enabled"));
}

/*
 * As far as @test says, see Documentation/power/basic-pm-debugging.rst of the
 * kernel, and back after three seconds.
 */
static int go_to_sleep(const char *test)
{
	int ret = amp_attr_write(test, PM_TEST);

	return ret ? ret : amp_attr_write("freeze", "/sys/power/state");
}

TEST_F_TIMEOUT(suspend, traffic_goes_on_afterwards, 200)
{
	unsigned long since;
	int i, log;

	log = open(AMP_LOG, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, log);
	EXPECT_EQ(0, logged(log, SUSPENDED));
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, go_to_sleep("devices"));
		EXPECT_EQ(1, logged(log, SUSPENDED));
		since = amp_echoed();
		EXPECT_TRUE(amp_traffic_flows(since));
		EXPECT_EQ(0, amp_trouble(self->trouble, "log 1"));
		EXPECT_TRUE(amp_state_is("running"));
	}
	EXPECT_EQ(0, amp_kmsg_count("no answer to the suspend request"));
	close(log);
}

/* Linux doesn't miss what it has asked not to be sent. */
TEST_F_TIMEOUT(suspend, heartbeats_stop_and_go_on, 200)
{
	int i;

	ASSERT_EQ(0, amp_trouble(self->trouble, "heartbeat 500"));
	for (i = 0; i < 2; i++)
		ASSERT_EQ(0, go_to_sleep("devices"));
	EXPECT_EQ(0, amp_trouble(self->trouble, "log 1"));
	EXPECT_EQ(0, amp_kmsg_count("crash detected in"));
	usleep(1000000);
	/* they are supervised again */
	ASSERT_EQ(0, amp_send(self->trouble, "mute", 4));
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("remote core: no heartbeat for 1500 ms")));
	EXPECT_EQ(0, amp_wait_gone(self->trouble));
	EXPECT_TRUE(amp_wait_for(amp_state_is("running")));
}

/* A message that comes while the system sleeps, with all interrupts suspended. */
static void message_meanwhile(struct __test_metadata *_metadata,
			      FIXTURE_DATA(suspend) *self, bool wakes)
{
	char in[AMP_MTU];
	int i;

	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, amp_trouble(self->trouble, "later 1500 hello"));
		ASSERT_EQ(0, go_to_sleep("platform"));
		ASSERT_EQ(5, amp_receive(self->trouble, in, sizeof(in)));
		EXPECT_EQ(0, memcmp(in, "hello", 5));
		EXPECT_EQ(wakes ? mailbox_interrupt() : -1, woken_by());
	}
}

TEST_F_TIMEOUT(suspend, messages_sent_meanwhile_are_received, 200)
{
	if (may_wake())
		ASSERT_EQ(0, set_wakeup("disabled"));
	message_meanwhile(_metadata, self, false);
}

TEST_F_TIMEOUT(suspend, messages_sent_meanwhile_wake_up_if_they_may, 200)
{
	if (!may_wake())
		SKIP(return, "the device tree lets the remote not wake the system up");
	ASSERT_EQ(0, set_wakeup("enabled"));
	message_meanwhile(_metadata, self, true);
}

/* Nothing but the remote ends these sleeps. */
static void sleeps(struct __test_metadata *_metadata,
		   FIXTURE_DATA(suspend) *self, const char *state)
{
	unsigned int early = 0, i;
	unsigned long since;
	char in[AMP_MTU];
	int ret;

	if (!may_wake())
		SKIP(return, "the device tree lets the remote not wake the system up");
	ASSERT_EQ(0, set_wakeup("enabled"));
	ASSERT_EQ(0, amp_attr_write("none", PM_TEST));
	for (i = 0; i < CYCLES; i++) {
		ASSERT_EQ(0, amp_trouble(self->trouble, "later 1000 hello"));
		ret = amp_attr_write(state, "/sys/power/state");
		/* on a slow machine before it sleeps: then it must not */
		if (ret == -EBUSY)
			early++;
		else
			ASSERT_EQ(0, ret);
		ASSERT_EQ(5, amp_receive(self->trouble, in, sizeof(in)));
		EXPECT_EQ(0, memcmp(in, "hello", 5));
		since = amp_echoed();
		ASSERT_TRUE(amp_traffic_flows(since));
		ASSERT_TRUE(amp_state_is("running"));
	}
	TH_LOG("%u of %u sleeps ended before they had begun", early, CYCLES);
	EXPECT_LT(early, CYCLES / 2);
	EXPECT_EQ(0, amp_kmsg_count("no answer to the suspend request"));
}

TEST_F_TIMEOUT(suspend, fifty_freezes_ended_by_the_remote, 300)
{
	sleeps(_metadata, self, "freeze");
}

TEST_F_TIMEOUT(suspend, fifty_deep_sleeps_ended_by_the_remote, 300)
{
	if (!offers("/sys/power/mem_sleep", "deep"))
		SKIP(return, "no \"deep\" in /sys/power/mem_sleep");
	ASSERT_EQ(0, amp_attr_write("deep", "/sys/power/mem_sleep"));
	sleeps(_metadata, self, "mem");
}

AMP_HARNESS_MAIN(amp_fw_trouble())
