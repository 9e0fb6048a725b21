// SPDX-License-Identifier: GPL-2.0
/*
 * What is counted for nodes, for channels of drivers in the kernel and for the bus is
 * what was sent and received; and how long a message may be.
 */
#include <sys/uio.h>

#include "amp_harness.h"
#include "statistics.h"

#define ROUNDS	100

/* More than any queue holds */
#define FLOOD	3000

#define TTY	"rpmsg_tty"
#define TTY_CHANNEL "rpmsg-tty"

/* Of the echoes' lengths 1, 2, 3... */
#define BYTES	(ROUNDS * (ROUNDS + 1) / 2)

FIXTURE(statistics)
{
	int fd;
};

FIXTURE_SETUP(statistics)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(statistics)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(statistics, of_a_node)
{
	static const char * const all[] = {
		"rx_messages", "rx_bytes", "tx_messages", "tx_bytes",
		"rx_dropped", "rx_queue_full", "rx_no_memory",
	};
	unsigned int i;

	for (i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		EXPECT_EQ(0, stat_node(AMP_ECHO, all[i]));
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	EXPECT_EQ(ROUNDS, stat_node(AMP_ECHO, "tx_messages"));
	EXPECT_EQ(BYTES, stat_node(AMP_ECHO, "tx_bytes"));
	EXPECT_EQ(ROUNDS, stat_node(AMP_ECHO, "rx_messages"));
	EXPECT_EQ(BYTES, stat_node(AMP_ECHO, "rx_bytes"));
	EXPECT_EQ(0, stat_node(AMP_ECHO, "rx_dropped"));
	/* the channel is the same, and others are others */
	EXPECT_EQ(ROUNDS, stat_channel(AMP_ECHO, "statistics/rx_messages"));
	EXPECT_EQ(0, stat_node(AMP_RAW, "rx_messages"));
	EXPECT_EQ(0, stat_node(AMP_RAW, "tx_messages"));
}

TEST_F(statistics, what_is_refused_is_not_counted)
{
	struct iovec bad = { (void *)-4096L, 10 };
	char out[AMP_MTU + 1] = "";

	EXPECT_EQ(-1, write(self->fd, out, sizeof(out)));
	EXPECT_EQ(-1, writev(self->fd, &bad, 1));
	EXPECT_EQ(0, stat_node(AMP_ECHO, "tx_messages"));
	EXPECT_EQ(0, stat_node(AMP_ECHO, "tx_bytes"));
}

TEST_F(statistics, of_the_bus)
{
	long rx = stat_bus("rx_messages"), rx_bytes = stat_bus("rx_bytes");
	long tx = stat_bus("tx_messages"), tx_bytes = stat_bus("tx_bytes");
	long kicks = stat_bus("tx_kicks"), interrupts = stat_bus("rx_interrupts");
	long buffers = stat_bus("rx_kicks");

	/* the channels have been announced */
	EXPECT_LT(0, rx);
	ASSERT_LE(0, tx);
	ASSERT_LE(0, kicks);
	ASSERT_LE(0, interrupts);
	ASSERT_LE(0, buffers);
	ASSERT_LE(0, stat_bus("tx_interrupts"));
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	/* and the control channel may have something to say */
	EXPECT_LE(rx + ROUNDS, stat_bus("rx_messages"));
	EXPECT_LE(rx_bytes + BYTES, stat_bus("rx_bytes"));
	EXPECT_LE(tx + ROUNDS, stat_bus("tx_messages"));
	EXPECT_LE(tx_bytes + BYTES, stat_bus("tx_bytes"));
	EXPECT_LT(kicks, stat_bus("tx_kicks"));
	EXPECT_LE(interrupts, stat_bus("rx_interrupts"));
	EXPECT_LE(buffers, stat_bus("rx_kicks"));
	EXPECT_EQ(0, stat_bus("rx_length_errors"));
	EXPECT_EQ(0, stat_bus("rx_nohandler"));
	EXPECT_EQ(0, stat_bus("rx_refused"));
	EXPECT_EQ(0, stat_bus("rx_dropped"));
}

/* A sleeping reader is interrupted, for each message if it is to be. */
TEST_F(statistics, interrupts_are_counted)
{
	long interrupts;

	ASSERT_EQ(0, amp_bus_set("busy_poll_usecs", "0"));
	ASSERT_EQ(0, amp_bus_set("rx_coalesce_usecs", "0"));
	interrupts = stat_bus("rx_interrupts");
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	EXPECT_LT(interrupts, stat_bus("rx_interrupts"));
}

TEST_F(statistics, no_more_kicks_than_messages)
{
	long kicks, tx;
	char in[512];
	int i;

	ASSERT_EQ(0, amp_bus_set("tx_coalesce_usecs", "10000"));
	ASSERT_EQ(0, amp_bus_set("tx_coalesce_messages", "16"));
	kicks = stat_bus("tx_kicks");
	tx = stat_bus("tx_messages");
	for (i = 0; i < 160; i++)
		ASSERT_EQ(0, amp_send(self->fd, &i, sizeof(i)));
	for (i = 0; i < 160; i++)
		ASSERT_EQ((int)sizeof(i), amp_receive(self->fd, in, sizeof(in)));
	EXPECT_LT(kicks, stat_bus("tx_kicks"));
	EXPECT_LE(stat_bus("tx_kicks") - kicks, stat_bus("tx_messages") - tx);
}

/* An endpoint's address may change from one open to the next, its numbers go on. */
TEST_F(statistics, of_an_endpoint)
{
	struct rpmsg_endpoint_info info = { .name = "counted", .src = -1 };
	int ctrl = node_ctrl_open(), fd, i;

	ASSERT_LE(0, ctrl);
	info.dst = node_attr(AMP_ECHO, "dst");
	ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, &info));
	for (i = 1; i <= 3; i++) {
		fd = amp_open("counted", O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, node_echoes(fd, ROUNDS));
		EXPECT_EQ(i * ROUNDS, stat_node("counted", "tx_messages"));
		EXPECT_EQ(i * BYTES, stat_node("counted", "tx_bytes"));
		close(fd);
		EXPECT_EQ(i * ROUNDS, stat_node("counted", "rx_messages"));
		EXPECT_EQ(i * BYTES, stat_node("counted", "rx_bytes"));
	}
	EXPECT_EQ(0, stat_node(AMP_ECHO, "rx_messages"));
	EXPECT_EQ(0, stat_node(AMP_ECHO, "tx_messages"));
	close(ctrl);
}

TEST_F_TIMEOUT(statistics, what_is_dropped_and_why, 120)
{
	long dropped;
	char in[512];
	int i;

	for (i = 0; i < FLOOD; i++)
		ASSERT_EQ(0, amp_send(self->fd, &i, sizeof(i)));
	EXPECT_TRUE(amp_wait_for(stat_node(AMP_ECHO, "rx_messages") == FLOOD));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	for (i = 0; read(self->fd, in, sizeof(in)) > 0; i++)
		;
	dropped = FLOOD - i;
	EXPECT_LT(0, dropped);
	EXPECT_TRUE(amp_wait_for(stat_bus("rx_dropped") == dropped));
	EXPECT_EQ(dropped, stat_node(AMP_ECHO, "rx_dropped"));
	EXPECT_EQ(dropped, stat_node(AMP_ECHO, "rx_queue_full") +
			   stat_node(AMP_ECHO, "rx_no_memory"));
	EXPECT_LT(0, stat_node(AMP_ECHO, "rx_queue_full"));
	EXPECT_EQ(dropped, node_attr(AMP_ECHO, "rx_dropped"));
}

/* Each reader that misses a message counts for the node, the message once for the bus. */
TEST_F_TIMEOUT(statistics, what_two_readers_miss, 120)
{
	int second, i;

	ASSERT_EQ(0, node_attr_write(AMP_ECHO, "shared", "1"));
	second = amp_open(AMP_ECHO, O_RDONLY);
	ASSERT_LE(0, second);
	for (i = 0; i < FLOOD; i++)
		ASSERT_EQ(0, amp_send(self->fd, &i, sizeof(i)));
	EXPECT_TRUE(amp_wait_for(stat_node(AMP_ECHO, "rx_messages") == FLOOD));
	EXPECT_TRUE(amp_wait_for(stat_node(AMP_ECHO, "rx_dropped") ==
				 2 * stat_bus("rx_dropped")));
	EXPECT_LT(0, stat_bus("rx_dropped"));
	close(second);
}

TEST_F(statistics, begin_anew_with_the_core)
{
	ASSERT_EQ(0, node_echoes(self->fd, ROUNDS));
	close(self->fd);
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, stat_node(AMP_ECHO, "rx_messages"));
	EXPECT_GT(ROUNDS, stat_bus("rx_messages"));
}

TEST_F(statistics, cannot_be_written)
{
	EXPECT_GT(0, amp_bus_set("statistics/rx_messages", "0"));
	EXPECT_GT(0, node_attr_write(AMP_ECHO, "statistics/rx_messages", "0"));
	EXPECT_GT(0, node_attr_write(AMP_ECHO, "mtu", "100"));
}

TEST_F(statistics, mtu)
{
	struct rpmsg_endpoint_info info = { .name = "closed", .src = -1 };
	int ctrl = node_ctrl_open();

	EXPECT_EQ(AMP_MTU, node_attr(AMP_ECHO, "mtu"));
	/* also while it isn't open */
	ASSERT_LE(0, ctrl);
	info.dst = node_attr(AMP_ECHO, "dst");
	ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, &info));
	EXPECT_EQ(AMP_MTU, node_attr("closed", "mtu"));
	close(ctrl);
}

TEST_F(statistics, mtu_of_larger_buffers)
{
	if (!amp_fw_exists("amp/echo-2k.elf"))
		SKIP(return, "firmware amp/echo-2k.elf is not installed");
	ASSERT_EQ(0, amp_start("amp/echo-2k.elf"));
	EXPECT_EQ(2048 - 16, node_attr(AMP_ECHO, "mtu"));
}

/* The kernel's own driver, unmodified: its callback refuses empty messages. */
TEST_F(statistics, of_a_driver_in_the_kernel)
{
	struct rpmsg_endpoint_info info = { .name = TTY_CHANNEL, .src = -1 };
	int ctrl, src;

	if (!amp_fw_exists(amp_fw_trouble()))
		SKIP(return, "firmware %s is not installed", amp_fw_trouble());
	if (amp_module_load(TTY))
		SKIP(return, "no module " TTY);
	close(self->fd);
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, self->fd);
	ctrl = node_ctrl_open();
	ASSERT_LE(0, ctrl);
	info.dst = node_attr(AMP_ECHO, "dst");
	ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_DEV_IOCTL, &info));
	close(ctrl);
	ASSERT_TRUE(amp_wait_for(stat_channel(TTY_CHANNEL, "src") >= 1024));
	src = stat_channel(TTY_CHANNEL, "src");

	EXPECT_EQ(0, stat_channel(TTY_CHANNEL, "statistics/rx_messages"));
	ASSERT_EQ(0, stat_raw(self->fd, 7, 16 + 5, 5, src));
	EXPECT_TRUE(amp_wait_for(stat_channel(TTY_CHANNEL, "statistics/rx_bytes") == 35));
	EXPECT_EQ(7, stat_channel(TTY_CHANNEL, "statistics/rx_messages"));
	EXPECT_EQ(0, stat_channel(TTY_CHANNEL, "statistics/rx_refused"));

	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, stat_raw(self->fd, 1000, 16, 0, src));
	EXPECT_TRUE(amp_wait_for(stat_channel(TTY_CHANNEL,
					      "statistics/rx_refused") == 1000));
	EXPECT_EQ(1007, stat_channel(TTY_CHANNEL, "statistics/rx_messages"));
	EXPECT_EQ(35, stat_channel(TTY_CHANNEL, "statistics/rx_bytes"));
	EXPECT_TRUE(amp_wait_for(stat_bus("rx_refused") == 1000));
	/* said, but not a thousand times; and what was refused is given back */
	EXPECT_LT(0, amp_kmsg_count("refused: -22"));
	EXPECT_GT(1000, amp_kmsg_count("refused: -22"));
	EXPECT_EQ(0, amp_trouble(self->fd, "log 1"));
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(amp_wait_for(!amp_module_unload(TTY)));
}

AMP_HARNESS_MAIN(amp_fw_echo())
