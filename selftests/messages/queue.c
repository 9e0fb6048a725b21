// SPDX-License-Identifier: GPL-2.0
/*
 * The queues of a node: FIONREAD, one message for each readv and writev, what
 * happens when nobody reads, and that a full ring is not one endpoint's alone.
 */
#include <sys/uio.h>

#include "amp_harness.h"
#include "node.h"

/* More than any queue holds */
#define FLOOD	3000

FIXTURE(queue)
{
	int fd;
};

FIXTURE_SETUP(queue)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(queue)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

static int readable(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	return poll(&pfd, 1, amp_timeout_ms()) == 1 ? 0 : -ETIMEDOUT;
}

static int next_length(int fd)
{
	int n = -1;

	return ioctl(fd, FIONREAD, &n) ? -errno : n;
}

TEST_F(queue, fionread_is_the_length_of_the_next_message)
{
	char buf[AMP_MTU], in[512];

	amp_fill(buf, sizeof(buf), 1);
	EXPECT_EQ(0, next_length(self->fd));
	ASSERT_EQ(0, amp_send(self->fd, buf, 7));
	ASSERT_EQ(0, readable(self->fd));
	EXPECT_EQ(7, next_length(self->fd));
	/* not of all of them, and it takes none away */
	ASSERT_EQ(0, amp_send(self->fd, buf, AMP_MTU));
	EXPECT_EQ(7, next_length(self->fd));
	ASSERT_EQ(7, amp_receive(self->fd, in, sizeof(in)));
	ASSERT_EQ(0, readable(self->fd));
	EXPECT_EQ(AMP_MTU, next_length(self->fd));
	ASSERT_EQ(AMP_MTU, amp_receive(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, memcmp(in, buf, AMP_MTU));
	EXPECT_EQ(0, next_length(self->fd));

	/* an empty message and none are told apart by poll() */
	ASSERT_EQ(0, amp_send(self->fd, buf, 0));
	ASSERT_EQ(0, readable(self->fd));
	EXPECT_EQ(0, next_length(self->fd));
	EXPECT_EQ(POLLIN | POLLOUT, node_events(self->fd));
	ASSERT_EQ(0, amp_receive(self->fd, in, sizeof(in)));
}

TEST_F(queue, fionread_to_a_bad_pointer)
{
	EXPECT_EQ(-1, ioctl(self->fd, FIONREAD, NULL));
	EXPECT_EQ(EFAULT, errno);
	ASSERT_EQ(0, amp_send(self->fd, "abc", 3));
	ASSERT_EQ(0, readable(self->fd));
	EXPECT_EQ(-1, ioctl(self->fd, FIONREAD, (void *)-4096L));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(3, next_length(self->fd));
}

TEST_F(queue, fionread_after_the_core_has_stopped)
{
	char in[512];

	ASSERT_EQ(0, amp_send(self->fd, "last", 4));
	ASSERT_EQ(0, readable(self->fd));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(4, next_length(self->fd));
	EXPECT_EQ(4, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(0, next_length(self->fd));
}

/* What names the links that packaging/udev makes */
TEST_F(queue, path_in_sysfs_names_the_remote_processor)
{
	char node[64], path[128], real[PATH_MAX], part[64];
	const char *rproc = amp_rproc();

	ASSERT_NE(NULL, rproc);
	snprintf(part, sizeof(part), "%s/", strrchr(rproc, '/'));
	ASSERT_EQ(0, amp_channel_find(AMP_ECHO, node, sizeof(node)));
	snprintf(path, sizeof(path), NODE_CLASS "/%s", node);
	ASSERT_NE(NULL, realpath(path, real));
	EXPECT_NE(NULL, strstr(real, part)) {
		TH_LOG("%s is not in %s", part, real);
	}
}

TEST_F(queue, vectors_are_one_message_each)
{
	char out[AMP_MTU], a[3], b[100], c[512];
	struct iovec to[] = { { a, sizeof(a) }, { b, sizeof(b) }, { c, sizeof(c) } };
	struct iovec from[] = {
		{ out, 1 }, { out + 1, 0 }, { out + 1, 200 }, { out + 201, 99 },
	};
	unsigned int i;

	for (i = 0; i < 10; i++) {
		amp_fill(out, sizeof(out), i);
		ASSERT_EQ(300, writev(self->fd, from, 4));
		ASSERT_EQ(201, writev(self->fd, from, 3));
		ASSERT_EQ(0, readable(self->fd));
		ASSERT_EQ(300, readv(self->fd, to, 3));
		ASSERT_EQ(0, memcmp(a, out, 3));
		ASSERT_EQ(0, memcmp(b, out + 3, 100));
		ASSERT_EQ(0, memcmp(c, out + 103, 197));
		ASSERT_EQ(0, readable(self->fd));
		ASSERT_EQ(201, readv(self->fd, to, 3));
		ASSERT_EQ(0, memcmp(c, out + 103, 98));
	}
	/* too long as a whole, though no part of it is */
	from[0] = from[2];
	from[3].iov_len = 97;
	EXPECT_EQ(-1, writev(self->fd, from, 4));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(0, amp_echo(self->fd, 10, 1));
}

TEST_F(queue, vectors_to_a_bad_pointer)
{
	char a[4] = "";
	struct iovec v[] = { { a, 2 }, { (void *)-4096L, 100 } };

	EXPECT_EQ(-1, writev(self->fd, v, 2));
	EXPECT_EQ(EFAULT, errno);
	/* nothing of it was sent */
	EXPECT_EQ(0, amp_echo(self->fd, 10, 1));
}

TEST_F_TIMEOUT(queue, what_nobody_reads_is_counted, 120)
{
	unsigned int sent, got = 0, value = 0, last = 0;
	char in[512];
	long dropped = node_attr(AMP_ECHO, "rx_dropped");

	EXPECT_EQ(0, dropped);
	for (sent = 1; sent <= FLOOD; sent++)
		ASSERT_EQ(0, amp_send(self->fd, &sent, sizeof(sent)));
	sent--;
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	/* the last answers may still be on their way */
	EXPECT_TRUE(amp_wait_for(({
		while (read(self->fd, in, sizeof(in)) == sizeof(value)) {
			memcpy(&value, in, sizeof(value));
			ASSERT_LT(last, value);
			last = value;
			got++;
		}
		got + node_attr(AMP_ECHO, "rx_dropped") >= sent;
	})));
	dropped = node_attr(AMP_ECHO, "rx_dropped");
	EXPECT_LT(0, dropped);
	EXPECT_EQ((long)sent, got + dropped) {
		TH_LOG("%u sent, %u read, %ld dropped", sent, got, dropped);
	}
	/* and it goes on */
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, 0));
	EXPECT_EQ(0, amp_echo(self->fd, AMP_MTU, 1));
	EXPECT_EQ(dropped, node_attr(AMP_ECHO, "rx_dropped"));
}

FIXTURE(stalled)
{
	int fd;
	int other;
};

FIXTURE_SETUP(stalled)
{
	self->fd = self->other = -1;
	if (!amp_fw_exists(amp_fw_stall()))
		SKIP(return, "firmware %s is not installed", amp_fw_stall());
	ASSERT_EQ(0, amp_start(amp_fw_stall()));
	self->fd = amp_open("rpmsg-stall", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	self->other = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(stalled)
{
	close(self->fd);
	close(self->other);
	EXPECT_EQ(0, amp_stop());
}

static int fill(int fd)
{
	int n = 0;

	while (n < 100000 && write(fd, "x", 1) == 1)
		n++;
	return errno == EAGAIN ? n : -errno;
}

TEST_F(stalled, flood_leaves_room_for_another)
{
	ASSERT_LT(0, fill(self->fd));
	EXPECT_EQ(0, node_events(self->fd));
	EXPECT_EQ(POLLOUT, node_events(self->other));
	EXPECT_EQ(5, write(self->other, "mine!", 5));
	/* its own limit still holds */
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F(stalled, all_have_a_limit)
{
	ASSERT_LT(0, fill(self->fd));
	ASSERT_LE(0, fill(self->other));
	EXPECT_EQ(0, node_events(self->other));
	EXPECT_EQ(0, node_events(self->fd));
}

AMP_HARNESS_MAIN(amp_fw_echo())
