// SPDX-License-Identifier: GPL-2.0
/*
 * The tracepoints amp:rpmsg_send, amp:rpmsg_recv and amp:rpmsg_kick: what they say is
 * what happens, only while they are on, and they go with the module.
 */
#include <sys/mount.h>
#include <sys/stat.h>

#include "amp_harness.h"
#include "statistics.h"

#define TRACEFS		"/sys/kernel/tracing"
#define EVENTS		TRACEFS "/events/amp"

#define ROUNDS		20

/* Which the other side doesn't have, unlike a channel's */
#define SRC		700

static bool there(const char *path)
{
	return !access(path, F_OK);
}

/* Turns all three events on or off, and empties the buffer. */
static int events(const char *on)
{
	int ret = amp_attr_write(on, EVENTS "/enable"), fd;

	if (ret)
		return ret;
	fd = open(TRACEFS "/trace", O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	close(fd);
	return 0;
}

/*
 * Calls @look for each event of this name. The format is what trace-cmd and perf read,
 * too, so it is looked at here as they show it.
 */
static int each(const char *event, void (*look)(const char *fields, void *arg), void *arg)
{
	FILE *file = fopen(TRACEFS "/trace", "r");
	char line[512], name[64], *at;
	int n = 0;

	if (!file)
		return -errno;
	snprintf(name, sizeof(name), " %s: ", event);
	while (fgets(line, sizeof(line), file)) {
		at = strstr(line, name);
		if (line[0] == '#' || !at)
			continue;
		look(at + strlen(name), arg);
		n++;
	}
	fclose(file);
	return n;
}

struct wanted {
	char device[32];
	unsigned int src, dst, len;
	int found;
};

static void look_for(const char *fields, void *arg)
{
	struct wanted *wanted = arg;
	unsigned int src, dst, len;
	char device[32];

	if (sscanf(fields, "device=%31s src=%u dst=%u len=%u", device, &src, &dst,
		   &len) == 4 &&
	    !strcmp(device, wanted->device) && src == wanted->src &&
	    dst == wanted->dst && len == wanted->len)
		wanted->found++;
}

struct kicks {
	char device[32];
	long kicks[2], messages[2];
	int bad;
};

static void add_kick(const char *fields, void *arg)
{
	unsigned int virtqueue, messages;
	struct kicks *sum = arg;
	char device[32];

	if (sscanf(fields, "device=%31s virtqueue=%u messages=%u", device, &virtqueue,
		   &messages) != 3 || strcmp(device, sum->device) ||
	    virtqueue > 1 || !messages) {
		sum->bad++;
		return;
	}
	sum->kicks[virtqueue]++;
	sum->messages[virtqueue] += messages;
}

/* The same, as the bus counts it */
static long kick_count(int virtqueue)
{
	return stat_bus(virtqueue ? "tx_kicks" : "rx_kicks");
}

FIXTURE(trace)
{
	int fd;
	unsigned int src, dst;
	char device[32];
};

FIXTURE_SETUP(trace)
{
	struct amp_binding bus;
	int ctrl;

	self->fd = -1;
	if (!there(TRACEFS "/events"))
		mount("tracefs", TRACEFS, "tracefs", 0, NULL);
	if (!there(TRACEFS "/events"))
		SKIP(return, "no tracefs");
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->src = SRC;
	self->dst = node_attr(AMP_ECHO, "dst");
	ASSERT_NE(self->src, self->dst);
	ctrl = node_ctrl_open();
	ASSERT_LE(0, ctrl);
	self->fd = node_create_fd(ctrl, "traced", self->src, self->dst, O_RDWR);
	ASSERT_LE(0, self->fd);
	close(ctrl);
	ASSERT_EQ(0, amp_bound_virtio(&bus));
	snprintf(self->device, sizeof(self->device), "%.31s", bus.device);
}

FIXTURE_TEARDOWN(trace)
{
	EXPECT_EQ(0, amp_modules_load());
	if (there(EVENTS))
		EXPECT_EQ(0, events("0"));
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(trace, messages)
{
	struct wanted sent = { .src = self->src, .dst = self->dst };
	struct wanted received = { .src = self->dst, .dst = self->src };
	unsigned int i;

	strcpy(sent.device, self->device);
	strcpy(received.device, self->device);
	ASSERT_EQ(0, events("1"));
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	for (i = 1; i <= ROUNDS; i++) {
		sent.len = received.len = i;
		sent.found = received.found = 0;
		EXPECT_LT(0, each("rpmsg_send", look_for, &sent));
		EXPECT_EQ(1, sent.found);
		EXPECT_LT(0, each("rpmsg_recv", look_for, &received));
		EXPECT_EQ(1, received.found);
	}
	/* what isn't sent isn't traced */
	ASSERT_EQ(0, events("1"));
	EXPECT_EQ(-1, write(self->fd, (char [AMP_MTU + 1]){ }, AMP_MTU + 1));
	sent.len = AMP_MTU + 1;
	sent.found = 0;
	each("rpmsg_send", look_for, &sent);
	EXPECT_EQ(0, sent.found);
}

TEST_F(trace, kicks)
{
	long least[2], most[2], tx = stat_bus("tx_messages");
	struct kicks sum = { };
	char in[512];
	int i;

	strcpy(sum.device, self->device);
	/* nobody sleeps meanwhile, so that it is the number that has the remote told */
	ASSERT_EQ(0, amp_bus_set("tx_coalesce_usecs", "10000"));
	ASSERT_EQ(0, amp_bus_set("tx_coalesce_messages", "8"));
	/* others may have something to say in between */
	for (i = 0; i < 2; i++)
		most[i] = -kick_count(i);
	ASSERT_EQ(0, events("1"));
	for (i = 0; i < 2; i++)
		least[i] = -kick_count(i);
	for (i = 0; i < 80; i++)
		ASSERT_EQ(0, amp_send(self->fd, &i, sizeof(i)));
	for (i = 0; i < 80; i++)
		ASSERT_EQ((int)sizeof(i), amp_receive(self->fd, in, sizeof(in)));
	for (i = 0; i < 2; i++)
		least[i] += kick_count(i);
	ASSERT_LT(0, each("rpmsg_kick", add_kick, &sum));
	for (i = 0; i < 2; i++) {
		most[i] += kick_count(i);
		EXPECT_LE(least[i], sum.kicks[i]);
		EXPECT_GE(most[i], sum.kicks[i]);
	}
	tx = stat_bus("tx_messages") - tx;
	EXPECT_EQ(0, sum.bad);
	/* it isn't told of what it finds before it sleeps */
	EXPECT_LE(sum.messages[1], tx);
	EXPECT_LE(sum.kicks[1], sum.messages[1]);
	EXPECT_LT(0, sum.kicks[1]);
	TH_LOG("%ld messages, %ld of them with %ld kicks", tx, sum.messages[1],
	       sum.kicks[1]);
}

TEST_F(trace, off_says_nothing)
{
	struct wanted any = { };

	ASSERT_EQ(0, events("1"));
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	EXPECT_LT(0, each("rpmsg_send", look_for, &any));
	ASSERT_EQ(0, events("0"));
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	EXPECT_EQ(0, each("rpmsg_send", look_for, &any));
	EXPECT_EQ(0, each("rpmsg_recv", look_for, &any));
	EXPECT_EQ(0, each("rpmsg_kick", look_for, &any));
}

/* One channel's alone */
TEST_F(trace, filters)
{
	struct wanted any = { .src = self->dst, .dst = self->src, .len = 7 };
	char filter[64];

	strcpy(any.device, self->device);
	snprintf(filter, sizeof(filter), "dst == %u && len == 7", self->src);
	ASSERT_EQ(0, amp_attr_write(filter, EVENTS "/rpmsg_recv/filter"));
	ASSERT_EQ(0, events("1"));
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	EXPECT_EQ(1, each("rpmsg_recv", look_for, &any));
	EXPECT_EQ(1, any.found);
	EXPECT_EQ(0, amp_attr_write("0", EVENTS "/rpmsg_recv/filter"));
}

TEST_F(trace, go_with_the_module)
{
	ASSERT_EQ(0, events("1"));
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	close(self->fd);
	self->fd = -1;
	ASSERT_EQ(0, amp_stop());
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg"));
	EXPECT_FALSE(there(EVENTS));
	ASSERT_EQ(0, amp_modules_load());
	EXPECT_TRUE(there(EVENTS "/rpmsg_send/format"));
	EXPECT_TRUE(there(EVENTS "/rpmsg_recv/format"));
	EXPECT_TRUE(there(EVENTS "/rpmsg_kick/format"));
}

AMP_HARNESS_MAIN(amp_fw_echo())
