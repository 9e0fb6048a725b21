// SPDX-License-Identifier: GPL-2.0
/*
 * Clients in the kernel: its own rpmsg_client_sample and rpmsg_tty, unmodified,
 * exchange messages over the bus and survive all that can happen to it.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <termios.h>

#include "amp_harness.h"

#define FW		"amp/clients.elf"
#define SAMPLE		"rpmsg_client_sample"
#define TTY		"rpmsg_tty"

#define COUNT		"/sys/module/" SAMPLE "/parameters/count"
#define PRINTK		"/proc/sys/kernel/printk"

/* The sample says it after its hundredth message. */
#define DONE		"goodbye!"

static int tty_open(void)
{
	struct termios t;
	int fd = -1;

	if (!amp_wait_for((fd = open("/dev/ttyRPMSG0", O_RDWR | O_NOCTTY |
				     O_NONBLOCK | O_CLOEXEC)) >= 0))
		return -errno;
	/*
	 * rpmsg_tty shows a terminal before it is able to write to it. Whoever writes
	 * to this file, and nothing so, waits for the end of its probe.
	 */
	amp_attr_write("\n", "/sys/class/tty/ttyRPMSG0/device/driver_override");
	if (tcgetattr(fd, &t)) {
		close(fd);
		return -EIO;
	}
	cfmakeraw(&t);
	tcsetattr(fd, TCSANOW, &t);
	return fd;
}

/* 0 if these bytes come back, in as many pieces as it likes. */
static int tty_echo(int fd, size_t len, unsigned int seed)
{
	char out[AMP_MTU], in[AMP_MTU];
	struct pollfd pfd = { .fd = fd, .events = POLLIN };
	size_t got = 0;
	ssize_t n;

	amp_fill(out, len, seed);
	n = write(fd, out, len);
	if (n != (ssize_t)len)
		return n < 0 ? -errno : -EMSGSIZE;
	while (got < len) {
		n = poll(&pfd, 1, amp_timeout_ms());
		if (n <= 0)
			return n ? -errno : -ETIMEDOUT;
		n = read(fd, in + got, len - got);
		if (n <= 0)
			return n ? -errno : -EIO;
		got += n;
	}
	return memcmp(in, out, len) ? -EPROTO : 0;
}

static volatile unsigned long *echoed;

/* A process that uses the terminal until that hangs up. */
static pid_t tty_traffic(int fd)
{
	pid_t pid = fork();
	unsigned int i;
	int ret;

	if (pid)
		return pid;
	for (i = 0;; i++) {
		ret = tty_echo(fd, 1 + i % AMP_MTU, i);
		if (ret)
			_exit(-ret);
		(*echoed)++;
	}
}

/* Its last write may have come between the end of the bus and that of the terminal. */
static bool ended_by_hangup(pid_t pid)
{
	int ret = amp_wait_child(pid);

	if (ret != EIO && ret != EPIPE)
		ksft_print_msg("ended with %d\n", ret);
	return ret == EIO || ret == EPIPE;
}

static bool tty_traffic_flows(void)
{
	unsigned long since = *echoed;

	return amp_wait_for(*echoed > since + 20);
}

FIXTURE(clients)
{
	char count[16];
	char printk[64];
};

FIXTURE_SETUP(clients)
{
	if (!amp_fw_exists(FW))
		SKIP(return, "no firmware " FW);
	if (amp_module_load(SAMPLE) || amp_module_load(TTY))
		SKIP(return, "no modules " SAMPLE " and " TTY);
	ASSERT_LT(0, amp_attr_read(self->count, sizeof(self->count), COUNT));
	/* Each message is logged: not on the console, too. */
	ASSERT_LT(0, amp_attr_read(self->printk, sizeof(self->printk), PRINTK));
	ASSERT_EQ(0, amp_attr_write("4", PRINTK));
	echoed = mmap(NULL, sizeof(*echoed), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)echoed);
	ASSERT_EQ(0, amp_stop());
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(clients)
{
	EXPECT_EQ(0, amp_modules_load());
	EXPECT_EQ(0, amp_stop());
	if (self->printk[0])
		amp_attr_write(self->printk, PRINTK);
	if (amp_module_loaded(SAMPLE))
		EXPECT_EQ(0, amp_module_unload(SAMPLE));
	if (amp_module_loaded(TTY))
		EXPECT_EQ(0, amp_module_unload(TTY));
}

TEST_F(clients, sample_exchanges_its_messages)
{
	ASSERT_EQ(0, amp_start(FW));
	ASSERT_TRUE(amp_wait_for(amp_kmsg_count(DONE) > 0));
	EXPECT_EQ(100, amp_kmsg_count("incoming msg "));
	EXPECT_EQ(1, amp_kmsg_count("incoming msg 100 "));
	EXPECT_EQ(1, amp_kmsg_count(DONE));
	EXPECT_EQ(0, amp_kmsg_count("rpmsg_send failed"));
	/* it is theirs: user space has the other one only */
	EXPECT_EQ(1, amp_nodes());
}

TEST_F(clients, tty_echoes)
{
	unsigned int i;
	int fd;

	ASSERT_EQ(0, amp_start(FW));
	fd = tty_open();
	ASSERT_LE(0, fd);
	for (i = 0; i < 1000; i++) {
		ASSERT_EQ(0, tty_echo(fd, 1 + i * 211 % AMP_MTU, i)) {
			TH_LOG("at echo %u", i);
		}
	}
	close(fd);
}

TEST_F(clients, survive_stop_and_start)
{
	pid_t pid;
	int i, fd;

	for (i = 1; i <= 10; i++) {
		ASSERT_EQ(0, amp_start(FW));
		fd = tty_open();
		ASSERT_LE(0, fd);
		pid = tty_traffic(fd);
		ASSERT_LT(0, pid);
		ASSERT_TRUE(tty_traffic_flows());
		ASSERT_TRUE(amp_wait_for(amp_kmsg_count(DONE) == i));
		ASSERT_EQ(0, amp_stop());
		EXPECT_TRUE(ended_by_hangup(pid));
		close(fd);
	}
}

/* The sample sends without end; removed and loaded again, it stops at a hundred. */
TEST_F(clients, survive_their_own_removal)
{
	pid_t pid;
	int i, fd;

	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, amp_attr_write("1000000000", COUNT));
		ASSERT_EQ(0, amp_start(FW));
		fd = tty_open();
		ASSERT_LE(0, fd);
		pid = tty_traffic(fd);
		ASSERT_LT(0, pid);
		ASSERT_TRUE(tty_traffic_flows());
		EXPECT_EQ(0, amp_module_unload(SAMPLE));
		/* in use */
		EXPECT_EQ(-EAGAIN, amp_module_unload(TTY));
		EXPECT_TRUE(tty_traffic_flows());
		kill(pid, SIGKILL);
		amp_wait_child(pid);
		/* an answer may be under way */
		EXPECT_EQ(5, write(fd, "hello", 5));
		close(fd);
		/* the kernel lets go of a terminal some time after its last close */
		EXPECT_TRUE(amp_wait_for(!amp_module_unload(TTY)));

		/* the channels are still there, and nobody's */
		ASSERT_EQ(0, amp_kmsg_begin());
		ASSERT_EQ(0, amp_module_load(SAMPLE));
		ASSERT_EQ(0, amp_module_load(TTY));
		EXPECT_TRUE(amp_wait_for(amp_kmsg_count(DONE) == 1));
		fd = tty_open();
		ASSERT_LE(0, fd);
		/* an answer to "hello" has come before those to the sample */
		EXPECT_EQ(0, tty_echo(fd, 100, i));
		close(fd);
		ASSERT_EQ(0, amp_stop());
	}
}

TEST_F(clients, survive_removal_of_the_bus)
{
	pid_t pid;
	int i, fd;

	for (i = 1; i <= 5; i++) {
		ASSERT_EQ(0, amp_attr_write("1000000000", COUNT));
		ASSERT_EQ(0, amp_start(FW));
		fd = tty_open();
		ASSERT_LE(0, fd);
		pid = tty_traffic(fd);
		ASSERT_LT(0, pid);
		ASSERT_TRUE(tty_traffic_flows());
		ASSERT_EQ(0, amp_module_unload("amp_rpmsg"));
		EXPECT_TRUE(ended_by_hangup(pid));
		close(fd);

		ASSERT_EQ(0, amp_attr_write(self->count, COUNT));
		ASSERT_EQ(0, amp_kmsg_begin());
		ASSERT_EQ(0, amp_module_load("amp_rpmsg"));
		EXPECT_TRUE(amp_wait_for(amp_kmsg_count(DONE) == 1));
		fd = tty_open();
		ASSERT_LE(0, fd);
		EXPECT_EQ(0, tty_echo(fd, 100, i));
		close(fd);
		ASSERT_EQ(0, amp_stop());
	}
}

AMP_HARNESS_MAIN(FW)
