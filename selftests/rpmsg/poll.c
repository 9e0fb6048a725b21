// SPDX-License-Identifier: GPL-2.0
/*
 * Waiting for messages: O_NONBLOCK, poll, epoll, blocking read and write, and
 * what ends each of them.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/syscall.h>

#include "amp_harness.h"

#ifdef SYS_poll
#define NR_POLL	SYS_poll
#else
#define NR_POLL	SYS_ppoll
#endif

#ifdef SYS_epoll_wait
#define NR_EPOLL SYS_epoll_wait
#else
#define NR_EPOLL SYS_epoll_pwait
#endif

static short events_of(int fd, int timeout_ms)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	if (poll(&pfd, 1, timeout_ms) < 0)
		return -1;
	return pfd.revents;
}

static void set_blocking(int fd)
{
	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) & ~O_NONBLOCK);
}

FIXTURE(node)
{
	int fd;
};

FIXTURE_SETUP(node)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(node)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(node, idle_is_writable_and_not_readable)
{
	char in[512];

	EXPECT_EQ(POLLOUT, events_of(self->fd, 0));
	errno = 0;
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(node, readable_as_long_as_there_are_messages)
{
	char in[512];
	int i, n;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, amp_send(self->fd, "abc", 3));
	for (i = 0; i < 3; i++) {
		n = amp_receive(self->fd, in, sizeof(in));
		ASSERT_EQ(3, n);
	}
	EXPECT_EQ(0, events_of(self->fd, 0) & (POLLIN | POLLERR | POLLHUP));
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);

	/* and again after it has been empty */
	EXPECT_EQ(0, amp_echo(self->fd, 3, 1));
}

TEST_F(node, empty_message_is_readable)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN };
	char in[512];

	ASSERT_EQ(0, write(self->fd, "", 0));
	ASSERT_EQ(1, poll(&pfd, 1, amp_timeout_ms()));
	EXPECT_EQ(POLLIN, pfd.revents);
	EXPECT_EQ(0, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(node, message_wakes_poll)
{
	pid_t pid = fork();

	if (!pid) {
		struct pollfd pfd = { .fd = self->fd, .events = POLLIN };

		if (poll(&pfd, 1, -1) != 1)
			_exit(255);
		_exit(pfd.revents);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, NR_POLL));
	ASSERT_EQ(0, amp_send(self->fd, "wake up", 7));
	EXPECT_EQ(POLLIN, amp_wait_child(pid));
}

TEST_F(node, message_wakes_epoll)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	char in[512];
	pid_t pid;
	int i;

	ASSERT_LE(0, ep);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	for (i = 0; i < 3; i++) {
		pid = fork();
		if (!pid) {
			if (epoll_wait(ep, &ev, 1, -1) != 1)
				_exit(255);
			_exit(ev.events & 0xff);
		}
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, amp_wait_blocked(pid, NR_EPOLL));
		ASSERT_EQ(0, amp_send(self->fd, "edge", 4));
		EXPECT_EQ(EPOLLIN, amp_wait_child(pid));
		ASSERT_EQ(4, amp_receive(self->fd, in, sizeof(in)));
	}
	close(ep);
}

TEST_F(node, message_wakes_reader)
{
	pid_t pid;

	set_blocking(self->fd);
	pid = fork();
	if (!pid) {
		char in[512];

		_exit(read(self->fd, in, sizeof(in)) == 7 &&
		      !memcmp(in, "wake up", 7) ? 0 : 1);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
	ASSERT_EQ(0, amp_send(self->fd, "wake up", 7));
	EXPECT_EQ(0, amp_wait_child(pid));
}

static void on_signal(int sig)
{
	(void)sig;
}

static void catch_signals(void)
{
	/* without SA_RESTART */
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
}

TEST_F(node, signal_ends_a_blocked_read)
{
	pid_t pid;

	set_blocking(self->fd);
	pid = fork();
	if (!pid) {
		char in[512];

		catch_signals();
		_exit(read(self->fd, in, sizeof(in)) < 0 ? errno : 0);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
	kill(pid, SIGUSR1);
	EXPECT_EQ(EINTR, amp_wait_child(pid));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(node, writing_goes_on_beside_a_blocked_reader)
{
	pid_t pid;
	int i;

	set_blocking(self->fd);
	pid = fork();
	if (!pid) {
		char in[512];

		for (i = 0; i < 100; i++)
			if (read(self->fd, in, sizeof(in)) != 8)
				_exit(1);
		_exit(0);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, amp_send(self->fd, "together", 8));
	EXPECT_EQ(0, amp_wait_child(pid));
}

TEST_F(node, stop_wakes_poll)
{
	pid_t pid = fork();

	if (!pid) {
		struct pollfd pfd = { .fd = self->fd, .events = POLLIN };

		if (poll(&pfd, 1, -1) != 1)
			_exit(255);
		_exit(pfd.revents & (POLLHUP | POLLERR));
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, NR_POLL));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(POLLHUP | POLLERR, amp_wait_child(pid));
}

TEST_F(node, stop_wakes_epoll)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(EPOLL_CLOEXEC);
	pid_t pid;

	ASSERT_LE(0, ep);
	ASSERT_EQ(0, epoll_ctl(ep, EPOLL_CTL_ADD, self->fd, &ev));
	pid = fork();
	if (!pid) {
		if (epoll_wait(ep, &ev, 1, -1) != 1)
			_exit(255);
		_exit(ev.events & (EPOLLHUP | EPOLLERR));
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, NR_EPOLL));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(EPOLLHUP | EPOLLERR, amp_wait_child(pid));
	close(ep);
}

TEST_F(node, unread_messages_do_not_hide_a_stop)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN };
	char in[512];
	int i;

	for (i = 0; i < 5; i++)
		ASSERT_EQ(0, amp_send(self->fd, "unread", 6));
	ASSERT_EQ(1, poll(&pfd, 1, amp_timeout_ms()));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(POLLHUP | POLLERR, events_of(self->fd, 0) & (POLLHUP | POLLERR));

	/* what was there may still be read or not, but no more than that */
	for (i = 0; i < 5; i++)
		if (read(self->fd, in, sizeof(in)) < 0)
			break;
	errno = 0;
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EPIPE, errno);
}

/*
 * Firmware that never takes a message: only then does a channel stay full for
 * as long as a test looks at it.
 */
FIXTURE(full)
{
	int fd;
	unsigned int room;
};

FIXTURE_SETUP(full)
{
	char path[4096], out[AMP_MTU];

	if (amp_fw_path(amp_fw_stall(), path, sizeof(path)))
		SKIP(return, "firmware %s is not installed", amp_fw_stall());
	ASSERT_EQ(0, amp_start(amp_fw_stall()));
	self->fd = amp_open("rpmsg-stall", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);

	memset(out, 'x', sizeof(out));
	while (self->room < 100000 && write(self->fd, out, sizeof(out)) >= 0)
		self->room++;
	ASSERT_EQ(EAGAIN, errno);
	ASSERT_LT(0, self->room);
}

FIXTURE_TEARDOWN(full)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(full, is_not_writable)
{
	EXPECT_EQ(0, events_of(self->fd, 0));
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(EAGAIN, errno);
}

static pid_t blocked_writer(int fd)
{
	pid_t pid;

	set_blocking(fd);
	pid = fork();
	if (!pid) {
		catch_signals();
		_exit(write(fd, "x", 1) < 0 ? errno : 0);
	}
	if (pid > 0 && amp_wait_blocked(pid, SYS_write)) {
		kill(pid, SIGKILL);
		amp_wait_child(pid);
		return -1;
	}
	return pid;
}

TEST_F(full, signal_ends_a_blocked_write)
{
	pid_t pid = blocked_writer(self->fd);

	ASSERT_LT(0, pid);
	kill(pid, SIGUSR1);
	EXPECT_EQ(EINTR, amp_wait_child(pid));
}

TEST_F(full, kill_ends_a_blocked_write)
{
	pid_t pid = blocked_writer(self->fd);

	ASSERT_LT(0, pid);
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, amp_wait_child(pid));
}

TEST_F(full, stop_ends_a_blocked_write)
{
	pid_t pid = blocked_writer(self->fd);

	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(EPIPE, amp_wait_child(pid));
}

/* However long the driver waits for the remote, it isn't for ever. */
TEST_F_TIMEOUT(full, blocked_write_gives_up, 120)
{
	set_blocking(self->fd);
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(ETIMEDOUT, errno);
}

TEST_F(full, poll_does_not_wait_for_a_blocked_write)
{
	pid_t writer = blocked_writer(self->fd);
	pid_t poller = fork();

	if (!poller)
		_exit(events_of(self->fd, 0) ? 1 : 0);
	ASSERT_LT(0, writer);
	ASSERT_LT(0, poller);
	EXPECT_EQ(0, amp_wait_child(poller));
	kill(writer, SIGKILL);
	amp_wait_child(writer);
}

AMP_HARNESS_MAIN(amp_fw_echo())
