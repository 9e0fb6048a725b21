// SPDX-License-Identifier: GPL-2.0
/*
 * Messages: what is written to a channel's node comes back from the echo
 * firmware unchanged, in order and complete, whatever its length.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/uio.h>

#include "amp_harness.h"

/* More than there are buffers, so that losing one each time is noticed. */
#define MANY	2000

/* Not a constant, or the compiler sees through it. */
static void *volatile bad_address = (void *)1;

FIXTURE(payload)
{
	int fd;
};

FIXTURE_VARIANT(payload)
{
	size_t len;
};

/* 16 is the length of the header in front of each message */
FIXTURE_VARIANT_ADD(payload, len_0) { .len = 0 };
FIXTURE_VARIANT_ADD(payload, len_1) { .len = 1 };
FIXTURE_VARIANT_ADD(payload, len_3) { .len = 3 };
FIXTURE_VARIANT_ADD(payload, len_15) { .len = 15 };
FIXTURE_VARIANT_ADD(payload, len_16) { .len = 16 };
FIXTURE_VARIANT_ADD(payload, len_17) { .len = 17 };
FIXTURE_VARIANT_ADD(payload, len_495) { .len = AMP_MTU - 1 };
FIXTURE_VARIANT_ADD(payload, len_496) { .len = AMP_MTU };

FIXTURE_SETUP(payload)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(payload)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(payload, comes_back)
{
	unsigned int i;

	for (i = 0; i < 4; i++)
		ASSERT_EQ(0, amp_echo(self->fd, variant->len, i));
	/* nothing may follow the last answer */
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(self->fd, &i, sizeof(i)));
	EXPECT_EQ(EAGAIN, errno);
}

FIXTURE(oversize)
{
	int fd;
};

FIXTURE_VARIANT(oversize)
{
	size_t len;
};

FIXTURE_VARIANT_ADD(oversize, len_497) { .len = AMP_MTU + 1 };
FIXTURE_VARIANT_ADD(oversize, len_512) { .len = 512 };
FIXTURE_VARIANT_ADD(oversize, len_513) { .len = 513 };
FIXTURE_VARIANT_ADD(oversize, len_65536) { .len = 65536 };
FIXTURE_VARIANT_ADD(oversize, len_65552) { .len = 65552 };

FIXTURE_SETUP(oversize)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(oversize)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(oversize, is_refused_and_sends_nothing)
{
	char *buf = malloc(variant->len);
	char in[512];

	ASSERT_NE(NULL, buf);
	amp_fill(buf, variant->len, 0);
	errno = 0;
	EXPECT_EQ(-1, write(self->fd, buf, variant->len));
	EXPECT_EQ(EMSGSIZE, errno);

	/* had a part of it been sent, that would be the first answer */
	EXPECT_EQ(0, amp_echo_text(self->fd, "after the long one"));
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);
	free(buf);
}

TEST_F(oversize, costs_no_buffer)
{
	char *buf = malloc(variant->len);
	int i;

	ASSERT_NE(NULL, buf);
	memset(buf, 'x', variant->len);
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(-1, write(self->fd, buf, variant->len));
		ASSERT_EQ(EMSGSIZE, errno);
	}
	EXPECT_EQ(0, amp_echo(self->fd, AMP_MTU, 1));
	free(buf);
}

FIXTURE(channel)
{
	int fd;
};

FIXTURE_SETUP(channel)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(channel)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(channel, write_from_bad_address_costs_no_buffer)
{
	int i;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(-1, write(self->fd, bad_address, 100));
		ASSERT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(0, amp_echo(self->fd, AMP_MTU, 1));
}

TEST_F(channel, read_to_bad_address_costs_no_buffer)
{
	char in[512];
	int i;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	for (i = 0; i < MANY; i++) {
		ASSERT_EQ(0, amp_send(self->fd, "lost", 4));
		ASSERT_EQ(-EFAULT, amp_receive(self->fd, bad_address, 100));
		/* whether it is lost or still there is not the question */
		while (read(self->fd, in, sizeof(in)) > 0)
			;
	}
	EXPECT_EQ(0, amp_echo(self->fd, AMP_MTU, 1));
}

TEST_F(channel, short_read_drops_the_rest)
{
	char out[100], in[512];

	amp_fill(out, sizeof(out), 1);
	ASSERT_EQ(0, amp_send(self->fd, out, sizeof(out)));
	memset(in, 0x5a, sizeof(in));
	ASSERT_EQ(10, amp_receive(self->fd, in, 10));
	EXPECT_EQ(0, memcmp(in, out, 10));
	EXPECT_EQ(0x5a, in[10]);

	EXPECT_EQ(0, amp_echo(self->fd, 20, 2));
}

TEST_F(channel, long_read_returns_one_message)
{
	char in[4096];

	ASSERT_EQ(0, amp_send(self->fd, "first", 5));
	ASSERT_EQ(0, amp_send(self->fd, "second", 6));
	ASSERT_EQ(5, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, "first", 5));
	ASSERT_EQ(6, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, "second", 6));
}

TEST_F(channel, gathered_write_is_one_message)
{
	char a[] = "one ", b[] = "message ", c[] = "of three parts", in[512];
	struct iovec out[] = {
		{ a, strlen(a) }, { b, strlen(b) }, { c, strlen(c) },
	};
	const char *all = "one message of three parts";

	ASSERT_EQ(strlen(all), (size_t)writev(self->fd, out, ARRAY_SIZE(out)));
	ASSERT_EQ((int)strlen(all), amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, all, strlen(all)));
}

TEST_F_TIMEOUT(channel, ten_thousand_echoes, 300)
{
	unsigned int i;

	/* 211 has no factor in common with 497: all lengths occur */
	for (i = 0; i < 10000; i++) {
		ASSERT_EQ(0, amp_echo(self->fd, i * 211 % (AMP_MTU + 1), i)) {
			TH_LOG("at echo %u", i);
		}
	}
}

/*
 * Writes without reading until the channel takes no more, then expects every
 * answer. Rounds enough to use each ring entry several times.
 */
TEST_F_TIMEOUT(channel, bursts_lose_nothing, 300)
{
	char out[AMP_MTU], in[4096];
	unsigned int round, sent, got, seed = 0, most = 0;

	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	for (round = 0; round < 60; round++) {
		for (sent = 0; sent < 1024; sent++) {
			size_t len = 4 + (seed + sent) * 211 % (AMP_MTU - 3);

			amp_fill(out, len, seed + sent);
			if (write(self->fd, out, len) < 0) {
				ASSERT_EQ(EAGAIN, errno);
				break;
			}
		}
		ASSERT_NE(0, sent);
		for (got = 0; got < sent; got++) {
			size_t len = 4 + (seed + got) * 211 % (AMP_MTU - 3);
			int n = amp_receive(self->fd, in, sizeof(in));

			amp_fill(out, len, seed + got);
			ASSERT_EQ((int)len, n) {
				TH_LOG("round %u, answer %u of %u", round, got, sent);
			}
			ASSERT_EQ(0, memcmp(in, out, len)) {
				TH_LOG("round %u, answer %u of %u", round, got, sent);
			}
		}
		EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
		EXPECT_EQ(EAGAIN, errno);
		seed += sent;
		if (sent > most)
			most = sent;
	}
	TH_LOG("%u messages, at most %u at once", seed, most);
}

FIXTURE(two_channels)
{
	int echo;
	int raw;
};

FIXTURE_SETUP(two_channels)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->echo = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->echo);
	self->raw = amp_open(AMP_RAW, O_RDWR);
	ASSERT_LE(0, self->raw);
}

FIXTURE_TEARDOWN(two_channels)
{
	close(self->echo);
	close(self->raw);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(two_channels, each_gets_its_own_answers)
{
	char out[2][200], in[512];
	int i;

	for (i = 0; i < 500; i++) {
		amp_fill(out[0], 100 + i % 100, 2 * i);
		amp_fill(out[1], 199 - i % 100, 2 * i + 1);
		ASSERT_EQ(0, amp_send(self->echo, out[0], 100 + i % 100));
		ASSERT_EQ(0, amp_send(self->raw, out[1], 199 - i % 100));
		/* in the other order than they were sent */
		ASSERT_EQ(199 - i % 100, amp_receive(self->raw, in, sizeof(in)));
		ASSERT_EQ(0, memcmp(in, out[1], 199 - i % 100));
		ASSERT_EQ(100 + i % 100, amp_receive(self->echo, in, sizeof(in)));
		ASSERT_EQ(0, memcmp(in, out[0], 100 + i % 100));
	}
}

TEST_F(two_channels, an_idle_one_gets_nothing)
{
	struct pollfd pfd = { .fd = self->raw, .events = POLLIN };
	int i;

	for (i = 0; i < 100; i++)
		ASSERT_EQ(0, amp_echo(self->echo, 64, i));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
}

TEST_F(two_channels, closing_one_leaves_the_other)
{
	ASSERT_EQ(0, amp_echo(self->raw, 64, 1));
	close(self->raw);
	EXPECT_EQ(0, amp_echo(self->echo, 64, 2));
	self->raw = amp_open(AMP_RAW, O_RDWR);
	ASSERT_LE(0, self->raw);
	EXPECT_EQ(0, amp_echo(self->raw, 64, 3));
}

static pid_t echoing_process(int fd, unsigned int first)
{
	pid_t pid = fork();
	unsigned int i;

	if (pid)
		return pid;
	for (i = first; i < first + 2000; i++) {
		int ret = amp_echo(fd, i * 211 % (AMP_MTU + 1), i);

		if (ret)
			_exit(-ret);
	}
	_exit(0);
}

static int reap(pid_t pid)
{
	int status;

	/* bounded by the limit of the test */
	if (waitpid(pid, &status, 0) != pid)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

TEST_F_TIMEOUT(two_channels, two_processes_at_once, 200)
{
	pid_t a = echoing_process(self->echo, 0);
	pid_t b = echoing_process(self->raw, 100000);

	ASSERT_LT(0, a);
	ASSERT_LT(0, b);
	EXPECT_EQ(0, reap(a));
	EXPECT_EQ(0, reap(b));
}

AMP_HARNESS_MAIN(amp_fw_echo())
