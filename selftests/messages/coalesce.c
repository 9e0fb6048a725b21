// SPDX-License-Identifier: GPL-2.0
/*
 * Coalescing: what the files of the virtio device take, and what the interrupt
 * counts say of it.
 */
#include <stdio.h>
#include <string.h>

#include "amp_harness.h"
#include "statistics.h"

#define BURST	64
#define BURSTS	30

/*
 * How often the ring of so many answers has interrupted, which nobody waits for, or a
 * negative errno. The mailbox's own count has those of our kicks as well.
 */
static long bursts(int fd)
{
	long before = stat_bus("rx_interrupts"), received;
	char buf[512];
	int i, k, ret;

	for (i = 0; i < BURSTS; i++) {
		received = stat_bus("rx_messages");
		for (k = 0; k < BURST; k++) {
			ret = amp_send(fd, &k, sizeof(k));
			if (ret < 0)
				return ret;
		}
		if (!amp_wait_for(stat_bus("rx_messages") >= received + BURST))
			return -ETIMEDOUT;
		for (k = 0; k < BURST; k++) {
			ret = read(fd, buf, sizeof(buf));
			if (ret != sizeof(k) || memcmp(buf, &k, sizeof(k)))
				return ret < 0 ? -errno : -EPROTO;
		}
	}
	return stat_bus("rx_interrupts") - before;
}

FIXTURE(coalesce)
{
	int fd;
};

FIXTURE_SETUP(coalesce)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(coalesce)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(coalesce, values_out_of_range_are_refused)
{
	static const struct {
		const char *name, *least, *most, *less, *more;
	} files[] = {
		{ "rx_coalesce_usecs", "0", "10000", "-1", "10001" },
		{ "rx_coalesce_messages", "1", "256", "0", "257" },
		{ "tx_coalesce_usecs", "0", "10000", "-1", "10001" },
		{ "tx_coalesce_messages", "1", "256", "0", "257" },
		{ "busy_poll_usecs", "0", "10000", "-1", "10001" },
	};
	char value[32];
	unsigned int i;

	for (i = 0; i < sizeof(files) / sizeof(files[0]); i++) {
		EXPECT_EQ(0, amp_bus_set(files[i].name, files[i].least));
		EXPECT_EQ(-ERANGE, amp_bus_set(files[i].name, files[i].more));
		EXPECT_GT(0, amp_bus_set(files[i].name, files[i].less));
		EXPECT_EQ(-EINVAL, amp_bus_set(files[i].name, "many"));
		EXPECT_LT(0, amp_bus_get(files[i].name, value, sizeof(value)));
		EXPECT_STREQ(files[i].least, value);
		EXPECT_EQ(0, amp_bus_set(files[i].name, files[i].most));
	}
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(coalesce, fewer_interrupts)
{
	long every, few;
	int other;

	ASSERT_EQ(0, amp_bus_set("rx_coalesce_usecs", "0"));
	every = bursts(self->fd);
	ASSERT_LE(0, every);
	ASSERT_EQ(0, amp_bus_set("rx_coalesce_usecs", "10000"));
	/* who has waited, and closed its node, waits no longer */
	other = amp_open(AMP_RAW, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, other);
	EXPECT_EQ(POLLOUT, node_events(other));
	close(other);
	few = bursts(self->fd);
	ASSERT_LE(0, few);
	TH_LOG("%d messages: %ld interrupts, %ld coalesced", BURST * BURSTS, every,
	       few);
	/* one for each burst is what is meant; a slow machine may take a few */
	EXPECT_LE(BURSTS, every);
	EXPECT_GT(5 * BURSTS, few);
}

TEST_F(coalesce, the_remote_is_told_later)
{
	long before = stat_bus("tx_kicks");
	char buf[512];
	int i, n;

	ASSERT_LE(0, before);
	ASSERT_EQ(0, amp_bus_set("tx_coalesce_usecs", "10000"));
	ASSERT_EQ(0, amp_bus_set("tx_coalesce_messages", "64"));
	/* after the time: unless it is awake just then, and finds the message itself */
	for (n = 0; n < 50 && stat_bus("tx_kicks") == before; n++) {
		ASSERT_EQ(0, amp_send(self->fd, "x", 1));
		usleep(20000);
	}
	EXPECT_LT(before, stat_bus("tx_kicks"));
	for (i = 0; i < n; i++)
		ASSERT_EQ(1, amp_receive(self->fd, buf, sizeof(buf)));
	/* after that many, and before a process sleeps for an answer */
	ASSERT_LE(0, bursts(self->fd));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, amp_echo(self->fd, 100, i));
}

AMP_HARNESS_MAIN(amp_fw_echo())
