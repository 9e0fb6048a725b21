// SPDX-License-Identifier: GPL-2.0
/*
 * Kicks: nobody waits for the remote to take note of one, each concerns one ring
 * only, and what the remote announces is understood.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"

#define TRACING		"/sys/kernel/tracing"

FIXTURE(kick)
{
	int echo;
	int trouble;
};

FIXTURE_SETUP(kick)
{
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->echo = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->echo);
	self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, self->trouble);
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(kick)
{
	close(self->echo);
	close(self->trouble);
	EXPECT_EQ(0, amp_attr_write("100", "%s/shutdown_timeout_ms", amp_rproc()));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_attr_write("1000", "%s/shutdown_timeout_ms", amp_rproc()));
}

/* How often this process has slept. */
static long sleeps(void)
{
	static const char name[] = "voluntary_ctxt_switches:";
	long n = -1;
	char line[128];
	FILE *f;

	f = fopen("/proc/self/status", "re");
	if (!f)
		return -1;
	while (n < 0 && fgets(line, sizeof(line), f))
		if (!strncmp(line, name, strlen(name)))
			n = strtol(line + strlen(name), NULL, 10);
	fclose(f);
	return n;
}

/* With a remote that reads neither its mailbox nor its rings. */
TEST_F(kick, is_not_waited_for)
{
	int i, written = 0;
	long before;

	ASSERT_EQ(0, amp_trouble(self->trouble, "hang"));
	usleep(200000);
	before = sleeps();
	ASSERT_LE(0, before);
	for (i = 0; i < 100; i++)
		written += write(self->echo, "x", 1) == 1;
	/* each of them with a kick; a lock may be taken meanwhile, not each time */
	EXPECT_EQ(100, written);
	EXPECT_GT(10, sleeps() - before);
	EXPECT_EQ(0, amp_kmsg_count("cannot kick"));
	EXPECT_EQ(0, amp_kmsg_count("MBOX_TX_QUEUE_LEN"));
}

static int count_traced(const char *function)
{
	char line[512];
	int n = 0;
	FILE *f;

	f = fopen(TRACING "/trace", "re");
	if (!f)
		return -errno;
	while (fgets(line, sizeof(line), f))
		n += line[0] != '#' && strstr(line, function);
	fclose(f);
	return n;
}

TEST_F(kick, interrupts_one_ring_only)
{
	int i, kicks, rings;

	/* else most messages are found without a kick */
	ASSERT_EQ(0, amp_bus_set("busy_poll_usecs", "0"));
	ASSERT_EQ(0, amp_bus_set("rx_coalesce_usecs", "0"));
	/* the functions that the mailbox calls, and that calls the ring's driver */
	if (amp_attr_write("vring_interrupt amp_notify_rx",
			   TRACING "/set_ftrace_filter") ||
	    amp_attr_write("function", TRACING "/current_tracer"))
		SKIP(return, "the kernel has no function tracer");
	for (i = 0; i < 20; i++)
		EXPECT_EQ(0, amp_trouble(self->trouble, "log 1"));
	amp_attr_write("0", TRACING "/tracing_on");
	kicks = count_traced("amp_notify_rx");
	rings = count_traced("vring_interrupt");
	TH_LOG("%d kicks, %d rings looked at", kicks, rings);
	amp_attr_write("nop", TRACING "/current_tracer");
	amp_attr_write(" ", TRACING "/set_ftrace_filter");
	amp_attr_write("1", TRACING "/tracing_on");
	EXPECT_LE(20, kicks);
	EXPECT_EQ(kicks, rings);
}

static bool restarted(void)
{
	return amp_kmsg_count("is now up") == 1 && amp_state_is("running");
}

/* The first time it says what is known; the second time it has crashed. */
TEST_F(kick, announcement_of_a_restart_is_a_crash)
{
	char names[128] = "";
	ssize_t i, len;

	len = amp_attr_read(names, sizeof(names), "%s/device/of_node/mbox-names",
			    amp_rproc());
	for (i = 0; i < len && strcmp(names + i, "rxdb"); )
		i += strlen(names + i) + 1;
	if (i >= len)
		SKIP(return, "the device tree has no mailbox channel \"rxdb\"");
	ASSERT_EQ(0, amp_trouble(self->trouble, "announce"));
	ASSERT_EQ(0, amp_trouble(self->trouble, "log 1"));
	EXPECT_EQ(0, amp_kmsg_count("crash detected"));
	ASSERT_EQ(0, amp_trouble(self->trouble, "announce"));
	EXPECT_EQ(0, amp_wait_gone(self->trouble));
	EXPECT_EQ(1, amp_kmsg_count("remote core: has restarted by itself"));
	EXPECT_TRUE(amp_wait_for(restarted()));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
