// SPDX-License-Identifier: GPL-2.0
/*
 * The request and response of the hello firmware, and its trace log: what it
 * has been sent is found in the log by way of debugfs.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>

#include "amp_harness.h"

#define DEBUGFS	"/sys/kernel/debug"

FIXTURE(hello)
{
	bool mounted;
	int fd;
};

FIXTURE_SETUP(hello)
{
	if (access(DEBUGFS "/remoteproc", F_OK))
		self->mounted = !mount("none", DEBUGFS, "debugfs", 0, NULL);
	ASSERT_EQ(0, amp_start(amp_fw_hello()));
	self->fd = amp_open("my_service", O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(hello)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
	if (self->mounted)
		umount(DEBUGFS);
}

TEST_F(hello, answers_ack)
{
	char in[512];
	int i;

	for (i = 0; i < 10; i++) {
		ASSERT_EQ(0, amp_send(self->fd, "STATUS_REQUEST", 14));
		ASSERT_EQ(3, amp_receive(self->fd, in, sizeof(in)));
		EXPECT_EQ(0, memcmp(in, "ACK", 3));
	}
}

static char trace[65536];

static int read_trace(void)
{
	return amp_attr_read(trace, sizeof(trace),
			     DEBUGFS "/remoteproc/%s/trace0",
			     strrchr(amp_rproc(), '/') + 1);
}

static const char *traced(const char *text)
{
	return read_trace() < 0 ? NULL : strstr(trace, text);
}

TEST_F(hello, logs_what_it_got)
{
	const char *pos, *last = NULL;
	char text[64], in[16];
	int i;

	if (read_trace() < 0)
		SKIP(return, "no trace0 in debugfs");
	EXPECT_NE('\0', trace[0]);
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "message-%d-of-%d", i, getpid());
		EXPECT_EQ(NULL, traced(text));
		ASSERT_EQ(0, amp_send(self->fd, text, strlen(text)));
		ASSERT_EQ(3, amp_receive(self->fd, in, sizeof(in)));
	}
	/* it may answer first and log then */
	EXPECT_TRUE(amp_wait_for(traced(text)));
	for (i = 0; i < 3; i++) {
		snprintf(text, sizeof(text), "message-%d-of-%d", i, getpid());
		pos = strstr(trace, text);
		EXPECT_LT((uintptr_t)last, (uintptr_t)pos) {
			TH_LOG("%s is not in the log, or not in its place", text);
		}
		last = pos;
	}
}

AMP_HARNESS_MAIN(amp_fw_hello())
