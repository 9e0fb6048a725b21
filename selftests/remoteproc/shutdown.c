// SPDX-License-Identifier: GPL-2.0
/*
 * The orderly ends: firmware is asked to shut down and waited for, but not for
 * ever. Stopping and module removal while messages go both ways.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "amp_harness.h"

#define UNANSWERED	"no answer to the shutdown request"

static int set_timeout(const char *ms)
{
	return amp_attr_write(ms, "%s/shutdown_timeout_ms", amp_rproc());
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
		pid = amp_traffic();
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
		pid = amp_traffic();
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

AMP_HARNESS_MAIN(amp_fw_trouble())
