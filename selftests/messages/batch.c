// SPDX-License-Identifier: GPL-2.0
/*
 * AMP_RPMSG_RECV and AMP_RPMSG_SEND: several messages with one system call, with
 * good and bad arguments, and what is done of a batch that can't be done as a whole.
 */
#include <signal.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "amp_harness.h"
#include "node.h"

#define MANY	64
#define BAD	((uint64_t)-4096)

static int transfer(int fd, unsigned long cmd, void *msgs, unsigned int count,
		    unsigned int flags)
{
	struct amp_rpmsg_batch batch = {
		.msgs = (uintptr_t)msgs, .count = count, .flags = flags,
	};
	int ret = ioctl(fd, cmd, &batch);

	return ret < 0 ? -errno : ret;
}

static int send_batch(int fd, struct amp_rpmsg_mmsg *m, unsigned int count)
{
	return transfer(fd, AMP_RPMSG_SEND, m, count, 0);
}

static int receive_batch(int fd, struct amp_rpmsg_mmsg *m, unsigned int count)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	/* it would wait for ever */
	if (poll(&pfd, 1, amp_timeout_ms()) != 1)
		return -ETIMEDOUT;
	return transfer(fd, AMP_RPMSG_RECV, m, count, 0);
}

static char room[1024][512];

static void make(struct amp_rpmsg_mmsg *m, unsigned int count, unsigned int len)
{
	unsigned int i;

	for (i = 0; i < count; i++) {
		m[i].data = (uintptr_t)room[i];
		m[i].len = len;
		m[i].addr = AMP_RPMSG_ADDR_DEFAULT;
	}
}

FIXTURE(batch)
{
	int fd;
	struct amp_rpmsg_mmsg m[1024];
};

FIXTURE_SETUP(batch)
{
	char one;

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
	make(self->m, 1024, 4);
	/* mainline's, and an older one of ours */
	ASSERT_EQ(-EINVAL, transfer(self->fd, AMP_RPMSG_RECV, &one, 0, 0)) {
		TH_LOG("there is no AMP_RPMSG_RECV");
	}
}

FIXTURE_TEARDOWN(batch)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

/* Sends and expects answers as long as what it was asked for are under way. */
TEST_F(batch, sixty_four_each_way)
{
	unsigned int round, i, got, len;
	char out[AMP_MTU];
	int n;

	for (round = 0; round < 100; round++) {
		for (i = 0; i < MANY; i++) {
			len = (round * MANY + i) * 211 % (AMP_MTU + 1);
			amp_fill(room[i], len, round * MANY + i);
			self->m[i].len = len;
			self->m[i].addr = AMP_RPMSG_ADDR_DEFAULT;
		}
		ASSERT_EQ(MANY, send_batch(self->fd, self->m, MANY));
		for (got = 0; got < MANY; got += n) {
			make(self->m, 1024, sizeof(room[0]));
			n = receive_batch(self->fd, self->m, MANY);
			ASSERT_LT(0, n);
			for (i = 0; i < (unsigned int)n; i++) {
				len = (round * MANY + got + i) * 211 % (AMP_MTU + 1);
				ASSERT_EQ(len, self->m[i].len);
				amp_fill(out, len, round * MANY + got + i);
				ASSERT_EQ(0, memcmp(out, room[i], len));
			}
		}
		ASSERT_EQ(MANY, got);
	}
}

TEST_F(batch, the_most_at_once)
{
	int got = 0, n;

	ASSERT_EQ(AMP_RPMSG_BATCH_MAX,
		  send_batch(self->fd, self->m, AMP_RPMSG_BATCH_MAX));
	while (got < AMP_RPMSG_BATCH_MAX) {
		make(self->m, 1024, 512);
		n = receive_batch(self->fd, self->m, AMP_RPMSG_BATCH_MAX);
		ASSERT_LT(0, n);
		got += n;
	}
	EXPECT_EQ(AMP_RPMSG_BATCH_MAX, got);
}

TEST_F(batch, bad_arguments)
{
	static const unsigned long commands[] = { AMP_RPMSG_RECV, AMP_RPMSG_SEND };
	unsigned int i, bit;

	for (i = 0; i < 2; i++) {
		EXPECT_EQ(-EINVAL, transfer(self->fd, commands[i], self->m, 0, 0));
		EXPECT_EQ(-EINVAL, transfer(self->fd, commands[i], self->m, 1025, 0));
		EXPECT_EQ(-EINVAL, transfer(self->fd, commands[i], self->m, ~0U, 0));
		for (bit = 1; bit < 32; bit++)
			EXPECT_EQ(-EINVAL, transfer(self->fd, commands[i], self->m, 1,
						    1U << bit | AMP_RPMSG_DONTWAIT));
		EXPECT_EQ(-1, ioctl(self->fd, commands[i], NULL));
		EXPECT_EQ(EFAULT, errno);
		EXPECT_EQ(-1, ioctl(self->fd, commands[i], (void *)BAD));
		EXPECT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(-EFAULT, transfer(self->fd, AMP_RPMSG_SEND, NULL, 1, 0));
	EXPECT_EQ(-EFAULT, transfer(self->fd, AMP_RPMSG_SEND, (void *)BAD, 1, 0));
	ASSERT_EQ(0, amp_send(self->fd, "x", 1));
	EXPECT_EQ(-EFAULT, receive_batch(self->fd, (void *)BAD, 1));
	/* nothing was sent, whether or not what had come is lost */
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	while (read(self->fd, room[0], 512) == 1)
		;
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(batch, files_for_one_direction)
{
	close(self->fd);
	self->fd = amp_open(AMP_ECHO, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EBADF, send_batch(self->fd, self->m, 1));
	EXPECT_EQ(-EAGAIN, transfer(self->fd, AMP_RPMSG_RECV, self->m, 1, 0));
	close(self->fd);
	self->fd = amp_open(AMP_ECHO, O_WRONLY | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(-EBADF, transfer(self->fd, AMP_RPMSG_RECV, self->m, 1, 0));
	EXPECT_EQ(1, send_batch(self->fd, self->m, 1));
}

TEST_F(batch, not_on_the_control_device)
{
	int ctrl;

	ASSERT_TRUE(amp_wait_for((ctrl = node_ctrl_open()) >= 0));
	EXPECT_EQ(-ENOTTY, transfer(ctrl, AMP_RPMSG_RECV, self->m, 1, 0));
	EXPECT_EQ(-ENOTTY, transfer(ctrl, AMP_RPMSG_SEND, self->m, 1, 0));
	close(ctrl);
}

TEST_F(batch, too_long_is_not_sent)
{
	char in[512];

	self->m[0].len = AMP_MTU + 1;
	EXPECT_EQ(-EMSGSIZE, send_batch(self->fd, self->m, 3));
	self->m[0].len = ~0U;
	EXPECT_EQ(-EMSGSIZE, send_batch(self->fd, self->m, 3));
	/* those before it are */
	self->m[0].len = 11;
	self->m[1].len = 22;
	self->m[2].len = AMP_MTU + 1;
	EXPECT_EQ(2, send_batch(self->fd, self->m, 4));
	EXPECT_EQ(11, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(22, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(batch, bad_payload_in_the_middle_to_send)
{
	char in[512];

	self->m[0].data = BAD;
	EXPECT_EQ(-EFAULT, send_batch(self->fd, self->m, 3));
	self->m[0].data = (uintptr_t)room[0];
	self->m[2].data = BAD;
	EXPECT_EQ(2, send_batch(self->fd, self->m, 4));
	EXPECT_EQ(4, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(4, amp_receive(self->fd, in, sizeof(in)));
	/* a message without a payload needs no address */
	self->m[0].data = BAD;
	self->m[0].len = 0;
	EXPECT_EQ(1, send_batch(self->fd, self->m, 1));
	EXPECT_EQ(0, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(batch, bad_payload_in_the_middle_to_receive)
{
	int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, amp_send(self->fd, "abc", 3));
	ASSERT_EQ(4, amp_send(self->fd, "last", 4) ?: 4);
	/* all have come when the last one has */
	ASSERT_TRUE(amp_wait_for(node_events(self->fd) & POLLIN));
	make(self->m, 8, 512);
	self->m[0].data = BAD;
	EXPECT_EQ(-EFAULT, receive_batch(self->fd, self->m, 4));
	make(self->m, 8, 512);
	self->m[1].data = BAD;
	EXPECT_EQ(1, receive_batch(self->fd, self->m, 4));
	EXPECT_EQ(3U, self->m[0].len);
	/* it goes on, to the last one */
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_TRUE(amp_wait_for(read(self->fd, room[0], 512) == 4));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(batch, array_that_ends_too_early)
{
	long page = sysconf(_SC_PAGESIZE);
	struct amp_rpmsg_mmsg *m;
	char in[512], *area;
	int i;

	area = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	ASSERT_EQ(0, mprotect(area + page, page, PROT_NONE));
	m = (void *)(area + page - 3 * sizeof(*m));
	make(m, 3, 5);
	EXPECT_EQ(3, send_batch(self->fd, m, 10));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(5, amp_receive(self->fd, in, sizeof(in)));
	/* to send, it is only read */
	ASSERT_EQ(0, mprotect(area, page, PROT_READ));
	EXPECT_EQ(3, send_batch(self->fd, m, 3));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(5, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
	munmap(area, 2 * page);
}

TEST_F(batch, truncated_messages_say_so)
{
	ASSERT_EQ(0, amp_send(self->fd, "0123456789", 10));
	memset(room[0], 'x', 16);
	self->m[0].len = 4;
	EXPECT_EQ(1, receive_batch(self->fd, self->m, 1));
	EXPECT_EQ(10U, self->m[0].len);
	EXPECT_EQ(0, memcmp(room[0], "0123xxxx", 8));
	/* the rest is not the next one */
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(batch, receives_what_there_is)
{
	int i, got = 0, n;

	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, amp_send(self->fd, &i, sizeof(i)));
	while (got < 10) {
		/* fewer than there is room for: it doesn't wait for the rest */
		make(self->m, 1024, 512);
		n = receive_batch(self->fd, self->m, 1024);
		ASSERT_LT(0, n);
		for (i = 0; i < n; i++)
			ASSERT_EQ(0, memcmp(room[i], &(int){ got + i }, sizeof(i)));
		got += n;
	}
	EXPECT_EQ(-EAGAIN, transfer(self->fd, AMP_RPMSG_RECV, self->m, 10,
				    AMP_RPMSG_DONTWAIT));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, transfer(self->fd, AMP_RPMSG_RECV, self->m, 10, 0));
}

TEST_F(batch, addresses)
{
	long echo = node_attr(AMP_ECHO, "dst"), raw = node_attr(AMP_RAW, "dst");
	int i;

	ASSERT_LT(0, echo);
	ASSERT_LT(0, raw);
	ASSERT_NE(echo, raw);
	for (i = 0; i < 4; i++)
		room[i][0] = i;
	self->m[1].addr = raw;
	self->m[2].addr = echo;
	self->m[3].addr = raw;
	ASSERT_EQ(4, send_batch(self->fd, self->m, 4));
	for (i = 0; i < 4; i++) {
		make(&self->m[0], 1, 512);
		ASSERT_EQ(1, receive_batch(self->fd, self->m, 1));
		EXPECT_EQ(i, room[0][0]);
		EXPECT_EQ((i % 2) ? raw : echo, (long)self->m[0].addr);
	}
}

static pid_t blocked_receiver(int fd)
{
	pid_t pid = fork();

	if (!pid) {
		static struct amp_rpmsg_mmsg m[8];
		int n;

		make(m, 8, 512);
		n = transfer(fd, AMP_RPMSG_RECV, m, 8, 0);
		_exit(n < 0 ? 100 - n : n);
	}
	if (pid > 0 && amp_wait_blocked(pid, SYS_ioctl))
		return -1;
	return pid;
}

TEST_F(batch, first_message_wakes_the_receiver)
{
	pid_t pid = blocked_receiver(self->fd);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_send(self->fd, "x", 1));
	EXPECT_EQ(1, amp_wait_child(pid));
}

TEST_F(batch, stop_and_kill_wake_the_receiver)
{
	pid_t pid = blocked_receiver(self->fd);

	ASSERT_LT(0, pid);
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, amp_wait_child(pid));
	pid = blocked_receiver(self->fd);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(100 + EPIPE, amp_wait_child(pid));
	EXPECT_EQ(-EPIPE, send_batch(self->fd, self->m, 3));
	EXPECT_EQ(-EPIPE, transfer(self->fd, AMP_RPMSG_RECV, self->m, 3, 0));
}

FIXTURE(stalled)
{
	int fd;
	struct amp_rpmsg_mmsg m[1024];
};

FIXTURE_SETUP(stalled)
{
	self->fd = -1;
	if (!amp_fw_exists(amp_fw_stall()))
		SKIP(return, "firmware %s is not installed", amp_fw_stall());
	ASSERT_EQ(0, amp_start(amp_fw_stall()));
	self->fd = amp_open("rpmsg-stall", O_RDWR);
	ASSERT_LE(0, self->fd);
	make(self->m, 1024, 4);
}

FIXTURE_TEARDOWN(stalled)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(stalled, sends_what_there_is_room_for)
{
	int n = transfer(self->fd, AMP_RPMSG_SEND, self->m, 1024, AMP_RPMSG_DONTWAIT);

	EXPECT_LT(0, n);
	EXPECT_GT(1024, n);
	EXPECT_EQ(-EAGAIN, transfer(self->fd, AMP_RPMSG_SEND, self->m, 1,
				    AMP_RPMSG_DONTWAIT));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-EAGAIN, send_batch(self->fd, self->m, 10));
}

static void on_signal(int sig)
{
	(void)sig;
}

TEST_F(stalled, signal_ends_a_sender_with_what_was_sent)
{
	struct sigaction sa = { .sa_handler = on_signal };
	int pipefd[2], n = 0;
	pid_t pid;

	ASSERT_EQ(0, pipe(pipefd));
	pid = fork();
	if (!pid) {
		sigaction(SIGUSR1, &sa, NULL);
		n = send_batch(self->fd, self->m, 1024);
		_exit(write(pipefd[1], &n, sizeof(n)) != sizeof(n));
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_ioctl));
	kill(pid, SIGUSR1);
	EXPECT_EQ(0, amp_wait_child(pid));
	ASSERT_EQ((int)sizeof(n), read(pipefd[0], &n, sizeof(n)));
	EXPECT_LT(0, n);
	EXPECT_GT(1024, n);
	close(pipefd[0]);
	close(pipefd[1]);
}

AMP_HARNESS_MAIN(amp_fw_echo())
