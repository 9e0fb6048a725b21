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

/* Interrupts of all messaging units, on all CPUs */
static long interrupts(void)
{
	FILE *file = fopen("/proc/interrupts", "r");
	char line[1024], *p;
	long sum = 0, n;
	int used;

	if (!file)
		return -1;
	while (fgets(line, sizeof(line), file)) {
		if (!strstr(line, ".mailbox"))
			continue;
		p = strchr(line, ':') + 1;
		while (sscanf(p, "%ld%n", &n, &used) == 1) {
			sum += n;
			p += used;
		}
	}
	fclose(file);
	return sum;
}

/* Interrupts of so many messages there and back, or a negative errno */
static long bursts(int fd)
{
	long before = interrupts();
	char buf[512];
	int i, k, ret;

	for (i = 0; i < BURSTS; i++) {
		for (k = 0; k < BURST; k++) {
			ret = amp_send(fd, &k, sizeof(k));
			if (ret < 0)
				return ret;
		}
		for (k = 0; k < BURST; k++) {
			ret = amp_receive(fd, buf, sizeof(buf));
			if (ret != sizeof(k) || memcmp(buf, &k, sizeof(k)))
				return ret < 0 ? ret : -EPROTO;
		}
	}
	return interrupts() - before;
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

	ASSERT_EQ(0, amp_bus_set("busy_poll_usecs", "0"));
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
	EXPECT_LT(few, every / 2);
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
