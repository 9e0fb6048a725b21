// SPDX-License-Identifier: GPL-2.0
/*
 * A remote that sends nonsense: each message is dropped and counted, none is seen by
 * anyone, and no buffer is lost by it, however many there are.
 */
#include <stdint.h>

#include "amp_harness.h"
#include "statistics.h"

/* Four times as many as there are buffers */
#define MANY		1024

#define HEADER		16
#define BUFFER		512

#define NS_ADDR		53
#define NS_SIZE		40

FIXTURE(malformed)
{
	int fd;
	int echo;
	unsigned int src;
};

FIXTURE_SETUP(malformed)
{
	self->echo = -1;
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, self->fd);
	self->echo = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->echo);
	self->src = node_attr(AMP_ECHO, "src");
	ASSERT_LE(1024, (int)self->src);
}

FIXTURE_TEARDOWN(malformed)
{
	close(self->echo);
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

/* 0 if both channels carry all lengths, and nothing else has come on them. */
static int works(int fd, int echo)
{
	int i, ret;

	if (node_events(echo) & POLLIN)
		return -EBADMSG;
	for (i = 0; i < 300; i++) {
		ret = amp_echo(echo, i % (AMP_MTU + 1), i);
		if (ret)
			return ret;
	}
	return amp_trouble(fd, "log 1");
}

FIXTURE_VARIANT(malformed)
{
	const char *counter;
	unsigned int used;
	unsigned int len;
	unsigned int dst;	/* 0: the open node */
};

FIXTURE_VARIANT_ADD(malformed, empty) {
	.counter = "rx_length_errors",
};

FIXTURE_VARIANT_ADD(malformed, one_byte) {
	.counter = "rx_length_errors", .used = 1,
};

/* mainline: the length that is left over underflows */
FIXTURE_VARIANT_ADD(malformed, shorter_than_its_header) {
	.counter = "rx_length_errors", .used = HEADER - 1, .len = 4,
};

FIXTURE_VARIANT_ADD(malformed, payload_that_was_not_sent) {
	.counter = "rx_length_errors", .used = HEADER, .len = 1,
};

FIXTURE_VARIANT_ADD(malformed, payload_longer_than_the_buffer) {
	.counter = "rx_length_errors", .used = BUFFER, .len = BUFFER - HEADER + 1,
};

FIXTURE_VARIANT_ADD(malformed, longest_payload_there_is) {
	.counter = "rx_length_errors", .used = BUFFER, .len = UINT16_MAX,
};

FIXTURE_VARIANT_ADD(malformed, longer_than_the_buffer) {
	.counter = "rx_length_errors", .used = BUFFER + 1, .len = 4,
};

FIXTURE_VARIANT_ADD(malformed, longest_there_is) {
	.counter = "rx_length_errors", .used = UINT32_MAX, .len = UINT16_MAX,
};

FIXTURE_VARIANT_ADD(malformed, to_nobody) {
	.counter = "rx_nohandler", .used = HEADER + 4, .len = 4, .dst = 999,
};

FIXTURE_VARIANT_ADD(malformed, to_no_address) {
	.counter = "rx_nohandler", .used = HEADER + 4, .len = 4, .dst = UINT32_MAX,
};

FIXTURE_VARIANT_ADD(malformed, announcement_too_short) {
	.counter = "rx_refused", .used = HEADER + NS_SIZE - 1, .len = NS_SIZE - 1,
	.dst = NS_ADDR,
};

FIXTURE_VARIANT_ADD(malformed, announcement_too_long) {
	.counter = "rx_refused", .used = HEADER + NS_SIZE + 1, .len = NS_SIZE + 1,
	.dst = NS_ADDR,
};

TEST_F_TIMEOUT(malformed, messages_are_dropped, 120)
{
	unsigned int dst = variant->dst ? variant->dst : self->src;
	long node = stat_node(AMP_ECHO, "rx_messages");
	int nodes = amp_nodes();

	EXPECT_EQ(0, stat_bus(variant->counter));
	ASSERT_EQ(0, stat_raw(self->fd, MANY, variant->used, variant->len, dst));
	EXPECT_TRUE(amp_wait_for(stat_bus(variant->counter) == MANY)) {
		TH_LOG("%ld of %d counted", stat_bus(variant->counter), MANY);
	}
	EXPECT_EQ(node, stat_node(AMP_ECHO, "rx_messages"));
	EXPECT_EQ(0, works(self->fd, self->echo));
	EXPECT_EQ(MANY, stat_bus(variant->counter));
	EXPECT_EQ(nodes, amp_nodes());
}

/* The firmware's command does send messages, when it is told nothing wrong. */
TEST(well_formed_messages_arrive)
{
	char in[BUFFER];
	int fd, echo, i;

	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	echo = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, echo);
	ASSERT_EQ(0, stat_raw(fd, 10, BUFFER, BUFFER - HEADER,
			      node_attr(AMP_ECHO, "src")));
	for (i = 0; i < 10; i++)
		EXPECT_EQ(BUFFER - HEADER, amp_receive(echo, in, sizeof(in)));
	/* less than was used is no mistake */
	ASSERT_EQ(0, stat_raw(fd, 1, BUFFER, 0, node_attr(AMP_ECHO, "src")));
	EXPECT_EQ(0, amp_receive(echo, in, sizeof(in)));
	EXPECT_EQ(0, stat_bus("rx_length_errors"));
	close(echo);
	close(fd);
	EXPECT_EQ(0, amp_stop());
}

/* Between them, good ones arrive. */
TEST(none_ends_the_others)
{
	int fd, echo, i;

	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	echo = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, echo);
	for (i = 0; i < 300; i++) {
		ASSERT_EQ(0, stat_raw(fd, 1 + i % 3, i % HEADER, i, 999));
		ASSERT_EQ(0, amp_echo(echo, i, i));
	}
	close(echo);
	close(fd);
	EXPECT_EQ(0, amp_stop());
}

AMP_HARNESS_MAIN(amp_fw_trouble())
