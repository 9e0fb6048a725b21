// SPDX-License-Identifier: GPL-2.0
/*
 * Who may have a node open, what an opener that dies leaves behind, and what
 * happens when opening, traffic, stopping and module removal meet.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>

#include "amp_harness.h"

FIXTURE(node)
{
	int fd;
};

FIXTURE_SETUP(node)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(node)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(node, second_open_is_refused)
{
	EXPECT_EQ(-EBUSY, amp_open(AMP_ECHO, O_RDWR));
	EXPECT_EQ(-EBUSY, amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));

	close(self->fd);
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, amp_echo(self->fd, 100, 2));
}

TEST_F(node, inherited_descriptor_keeps_it_open)
{
	pid_t pid = fork();

	if (!pid)
		_exit(amp_echo(self->fd, 100, 1) ? 1 : 0);
	ASSERT_LT(0, pid);
	EXPECT_EQ(0, amp_wait_child(pid));
	/* the child's exit has closed its copy only */
	EXPECT_EQ(0, amp_echo(self->fd, 100, 2));
	EXPECT_EQ(-EBUSY, amp_open(AMP_ECHO, O_RDWR));
}

TEST_F(node, reopened_a_thousand_times)
{
	int i;

	for (i = 0; i < 1000; i++) {
		close(self->fd);
		self->fd = amp_open(AMP_ECHO, O_RDWR);
		ASSERT_LE(0, self->fd);
	}
	EXPECT_EQ(0, amp_echo(self->fd, AMP_MTU, 1));
}

TEST_F(node, answers_for_a_closed_node_are_harmless)
{
	char out[AMP_MTU];
	int i, j;

	/* more answers than there are buffers, that no one will read */
	memset(out, 'x', sizeof(out));
	for (i = 0; i < 60; i++) {
		for (j = 0; j < 20; j++)
			ASSERT_EQ(0, amp_send(self->fd, out, sizeof(out)));
		close(self->fd);
		self->fd = amp_open(AMP_ECHO, O_RDWR);
		ASSERT_LE(0, self->fd);
	}
	/* answers to before the last close may still be coming in */
	ASSERT_EQ(0, amp_send(self->fd, "the end", 7));
	for (i = 0; i < 60 * 20; i++) {
		j = amp_receive(self->fd, out, sizeof(out));
		if (j != AMP_MTU)
			break;
	}
	ASSERT_EQ(7, j);
	EXPECT_EQ(0, memcmp(out, "the end", 7));
}

TEST_F(node, killed_reader_leaves_it_usable)
{
	pid_t pid;
	int i;

	for (i = 0; i < 10; i++) {
		close(self->fd);
		pid = fork();
		if (!pid) {
			char in[512];
			int fd = amp_open(AMP_ECHO, O_RDWR);

			if (fd < 0)
				_exit(1);
			if (read(fd, in, sizeof(in)))
				_exit(2);
			_exit(3);
		}
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
		kill(pid, SIGKILL);
		ASSERT_EQ(128 + SIGKILL, amp_wait_child(pid));

		self->fd = amp_open(AMP_ECHO, O_RDWR);
		ASSERT_LE(0, self->fd);
		ASSERT_EQ(0, amp_echo(self->fd, 100, i));
	}
}

TEST_F(node, module_stays_while_open_and_goes_after_kill)
{
	pid_t pid;

	if (!amp_module_loaded("amp_rpmsg_char"))
		SKIP(return, "amp_rpmsg_char is not a loaded module");

	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));

	pid = fork();
	if (!pid) {
		char in[512];

		_exit(read(self->fd, in, sizeof(in)) < 0);
	}
	ASSERT_LT(0, pid);
	close(self->fd);
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	kill(pid, SIGKILL);
	ASSERT_EQ(128 + SIGKILL, amp_wait_child(pid));

	EXPECT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	EXPECT_EQ(0, amp_nodes());
	ASSERT_EQ(0, amp_module_load("amp_rpmsg_char"));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, amp_echo(self->fd, 100, 2));
}

TEST_F(node, module_stays_while_a_dead_node_is_open)
{
	if (!amp_module_loaded("amp_rpmsg_char"))
		SKIP(return, "amp_rpmsg_char is not a loaded module");

	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	EXPECT_EQ(0, amp_module_load("amp_rpmsg_char"));
}

TEST_F(node, open_over_many_restarts)
{
	int i, fd;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, amp_start(amp_fw_echo()));
		fd = amp_open(AMP_ECHO, O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, amp_echo(fd, AMP_MTU, i));
		close(fd);
		errno = 0;
		ASSERT_EQ(-1, write(self->fd, "x", 1));
		ASSERT_EQ(EPIPE, errno);
	}
}

/* Writes and reads as fast as it goes until the channel breaks. */
static void flood(int fd)
{
	char buf[512];

	for (;;) {
		if (write(fd, "flood", 5) < 0 && errno != EAGAIN)
			_exit(errno);
		if (read(fd, buf, sizeof(buf)) < 0 && errno != EAGAIN)
			_exit(errno);
	}
}

TEST_F_TIMEOUT(node, stop_under_traffic, 200)
{
	pid_t pid[2];
	int i, fd;

	for (i = 0; i < 20; i++) {
		close(self->fd);
		ASSERT_EQ(0, amp_start(amp_fw_echo()));
		self->fd = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, self->fd);
		fd = amp_open(AMP_RAW, O_RDWR | O_NONBLOCK);
		ASSERT_LE(0, fd);
		pid[0] = fork();
		if (!pid[0])
			flood(self->fd);
		pid[1] = fork();
		if (!pid[1])
			flood(fd);
		ASSERT_LT(0, pid[0]);
		ASSERT_LT(0, pid[1]);
		/* a different moment each time */
		usleep(1000 + i * 3700);
		ASSERT_EQ(0, amp_stop());
		EXPECT_EQ(EPIPE, amp_wait_child(pid[0]));
		EXPECT_EQ(EPIPE, amp_wait_child(pid[1]));
		close(fd);
	}
}

/* Opens and closes whatever nodes there are, for as long as it lives. */
static void open_and_close(void)
{
	char path[32];
	int i, fd;

	for (;;) {
		for (i = 0; i < 4; i++) {
			snprintf(path, sizeof(path), "/dev/rpmsg%d", i);
			fd = open(path, O_RDWR | O_NONBLOCK);
			if (fd < 0)
				continue;
			/* the channel may have gone by now */
			if (write(fd, "x", 1) < 0 && errno == EBADF)
				_exit(1);
			close(fd);
		}
	}
}

TEST_F_TIMEOUT(node, opening_while_starting_and_stopping, 200)
{
	pid_t pid;
	int i;

	close(self->fd);
	pid = fork();
	if (!pid)
		open_and_close();
	ASSERT_LT(0, pid);
	for (i = 0; i < 30; i++) {
		EXPECT_EQ(0, amp_start(amp_fw_echo()));
		usleep(i * 2300);
	}
	kill(pid, SIGKILL);
	EXPECT_EQ(128 + SIGKILL, amp_wait_child(pid));

	EXPECT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

AMP_HARNESS_MAIN(amp_fw_echo())
