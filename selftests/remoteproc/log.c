// SPDX-License-Identifier: GPL-2.0
/*
 * The firmware's ring log through /dev/amp-logN: several readers, poll, what
 * was lost, and restarts. The firmware writes numbered lines on request.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "amp_harness.h"

struct reader {
	int fd;
	size_t len;
	char text[1 << 20];
};

static struct reader one, two;

/* Reads what there is, and waits for @text. */
static bool reads(struct reader *r, const char *text)
{
	long long end = amp_now_ms() + amp_timeout_ms();
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	ssize_t n;

	while (!strstr(r->text, text)) {
		if (amp_now_ms() > end || r->len == sizeof(r->text) - 1)
			return false;
		if (poll(&p, 1, 100) != 1)
			continue;
		n = read(r->fd, r->text + r->len, sizeof(r->text) - 1 - r->len);
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n > 0)
			r->len += n;
		r->text[r->len] = '\0';
	}
	return true;
}

static void forget(struct reader *r)
{
	r->len = 0;
	r->text[0] = '\0';
}

static int command(int fd, const char *text)
{
	char in[64];
	int n;

	if (amp_send(fd, text, strlen(text)))
		return -1;
	n = amp_receive(fd, in, sizeof(in));
	return n == 2 && !memcmp(in, "ok", 2) ? 0 : -1;
}

FIXTURE(log)
{
	int fd;
};

FIXTURE_SETUP(log)
{
	if (access(AMP_LOG, F_OK))
		SKIP(return, "there is no " AMP_LOG);
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->fd = amp_open("amp-trouble", O_RDWR);
	ASSERT_LE(0, self->fd);
	forget(&one);
	forget(&two);
	one.fd = open(AMP_LOG, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, one.fd);
	two.fd = open(AMP_LOG, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, two.fd);
}

FIXTURE_TEARDOWN(log)
{
	close(one.fd);
	close(two.fd);
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

/* Each reader gets each line, once and in order. */
TEST_F(log, every_reader_gets_every_line)
{
	struct reader *readers[] = { &one, &two };
	char line[64];
	char *at, *next;
	int i, r;

	ASSERT_EQ(0, command(self->fd, "log 100"));
	for (r = 0; r < 2; r++) {
		ASSERT_TRUE(reads(readers[r], "line 99\n"));
		at = readers[r]->text;
		for (i = 0; i < 100; i++) {
			snprintf(line, sizeof(line), "line %d\n", i);
			next = strstr(at, line);
			ASSERT_NE(NULL, next) {
				TH_LOG("reader %d, line %d", r, i);
			}
			at = next + 1;
		}
		EXPECT_EQ(NULL, strstr(at, "line 0\n"));
		EXPECT_EQ(NULL, strstr(readers[r]->text, "lost"));
	}
}

TEST_F(log, nothing_new_is_not_readable)
{
	struct pollfd p = { .fd = one.fd, .events = POLLIN };
	char c;

	ASSERT_TRUE(reads(&one, "link up"));
	while (read(one.fd, &c, 1) == 1)
		;
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, poll(&p, 1, 0));
	ASSERT_EQ(0, command(self->fd, "log 1"));
	EXPECT_EQ(1, poll(&p, 1, amp_timeout_ms()));
	EXPECT_EQ(POLLIN, p.revents);
}

/* More than the ring holds, before anything is read */
TEST_F(log, what_was_lost_is_counted)
{
	unsigned int part, lost = 0;
	const char *at;

	ASSERT_TRUE(reads(&one, "link up"));
	forget(&one);
	ASSERT_EQ(0, command(self->fd, "log 2000"));
	ASSERT_TRUE(reads(&one, "line 1999\n"));
	for (at = one.text; (at = strchr(at, '[')); at++)
		if (sscanf(at, "[%u bytes lost]\n", &part) == 1)
			lost += part;
	EXPECT_LT(0, lost);
	/* what it did get and what it lost are all that there was */
	EXPECT_LT(2000 * strlen("trouble: line 0\n"), lost + one.len);
}

/* Several that read one file share its lines, and none of them finds an end. */
TEST_F(log, an_open_file_that_is_shared_has_no_end)
{
	int fd = open(AMP_LOG, O_RDONLY), i, status;
	char few[16];
	pid_t pid[3];

	ASSERT_LE(0, fd);
	for (i = 0; i < 3; i++) {
		pid[i] = fork();
		ASSERT_LE(0, pid[i]);
		while (!pid[i])
			if (read(fd, few, sizeof(few)) <= 0)
				_exit(1);
	}
	for (i = 0; i < 50; i++)
		ASSERT_EQ(0, command(self->fd, "log 20"));
	ASSERT_TRUE(reads(&one, "line 19\n"));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, waitpid(pid[i], &status, WNOHANG));
		kill(pid[i], SIGKILL);
		waitpid(pid[i], &status, 0);
	}
	close(fd);
}

TEST_F(log, a_restart_is_followed)
{
	ASSERT_TRUE(reads(&one, "link up"));
	forget(&one);
	close(self->fd);
	ASSERT_EQ(0, amp_stop());
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	self->fd = amp_open("amp-trouble", O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_TRUE(reads(&one, "link up"));
	ASSERT_EQ(0, command(self->fd, "log 3"));
	EXPECT_TRUE(reads(&one, "line 2\n"));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
