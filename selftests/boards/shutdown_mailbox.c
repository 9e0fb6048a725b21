// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware without the control channel, on a board whose device tree has a
 * mailbox channel "shutdown": it is told there, and not stopped before it has
 * read that.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "amp_harness.h"

#define BY_MAILBOX	"control: shut down by mailbox"
#define BY_CHANNEL	"control: shut down\n"
#define UNANSWERED	"no answer to the shutdown request"

FIXTURE(shutdown_mailbox)
{
	char timeout[32];
	int log;
};

FIXTURE_SETUP(shutdown_mailbox)
{
	char names[128] = "";
	ssize_t i, len;

	len = amp_attr_read(names, sizeof(names), "%s/device/of_node/mbox-names",
			    amp_rproc());
	for (i = 0; i < len && strcmp(names + i, "shutdown"); )
		i += strlen(names + i) + 1;
	if (i >= len)
		SKIP(return, "the device tree has no mailbox channel \"shutdown\"");
	ASSERT_LT(0, amp_attr_read(self->timeout, sizeof(self->timeout),
				   "%s/shutdown_timeout_ms", amp_rproc()));
	ASSERT_EQ(0, amp_attr_write("20000", "%s/shutdown_timeout_ms", amp_rproc()));
	self->log = open(AMP_LOG, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, self->log);
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(shutdown_mailbox)
{
	EXPECT_EQ(0, amp_stop());
	close(self->log);
	amp_attr_write(self->timeout, "%s/shutdown_timeout_ms", amp_rproc());
}

TEST_F(shutdown_mailbox, firmware_without_the_channel)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, amp_start(amp_fw_stall()));
		EXPECT_FALSE(strstr(amp_log_read(self->log), BY_MAILBOX));
		ASSERT_EQ(0, amp_stop());
		EXPECT_TRUE(strstr(amp_log_read(self->log), BY_MAILBOX));
	}
	EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
}

TEST_F(shutdown_mailbox, firmware_with_the_channel)
{
	const char *text;

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	close(amp_open(AMP_ECHO, O_RDWR));
	ASSERT_EQ(0, amp_stop());
	text = amp_log_read(self->log);
	EXPECT_TRUE(strstr(text, BY_CHANNEL));
	EXPECT_EQ(NULL, strstr(text, BY_MAILBOX));
	EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
}

/* What was not read is not taken for a request by the firmware that comes next. */
TEST_F(shutdown_mailbox, firmware_that_hangs)
{
	int fd;

	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_trouble(fd, "hang"));
	usleep(200000);
	close(fd);
	/* the control channel goes with the bus */
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg"));
	ASSERT_EQ(0, amp_attr_write("100", "%s/shutdown_timeout_ms", amp_rproc()));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(1, amp_kmsg_count(UNANSWERED));
	ASSERT_EQ(0, amp_modules_load());

	ASSERT_EQ(0, amp_attr_write("20000", "%s/shutdown_timeout_ms", amp_rproc()));
	amp_log_read(self->log);
	ASSERT_EQ(0, amp_start(amp_fw_stall()));
	EXPECT_FALSE(strstr(amp_log_read(self->log), BY_MAILBOX));
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(strstr(amp_log_read(self->log), BY_MAILBOX));
	EXPECT_EQ(1, amp_kmsg_count(UNANSWERED));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
