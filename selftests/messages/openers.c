// SPDX-License-Identifier: GPL-2.0
/*
 * Several openers of a node, where its attribute "shared" allows that: each has
 * a queue of its own, and what it loses is its own loss.
 */
#include <signal.h>
#include <sys/syscall.h>

#include "amp_harness.h"
#include "node.h"

#define OPENERS	8
/* More than any queue holds */
#define FLOOD	3000

FIXTURE(openers)
{
	char name[16];
	int fd[OPENERS];
};

FIXTURE_SETUP(openers)
{
	char node[64], path[128];
	int i;

	for (i = 0; i < OPENERS; i++)
		self->fd[i] = -1;
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	ASSERT_EQ(0, amp_channel_wait(AMP_ECHO, node, sizeof(node)));
	snprintf(path, sizeof(path), NODE_CLASS "/%s/shared", node);
	ASSERT_EQ(0, access(path, F_OK)) {
		TH_LOG("there is no %s", path);
	}
}

FIXTURE_TEARDOWN(openers)
{
	int i;

	for (i = 0; i < OPENERS; i++)
		close(self->fd[i]);
	EXPECT_EQ(0, amp_stop());
}

static int share(const char *value)
{
	return node_attr_write(AMP_ECHO, "shared", value);
}

static int open_all(int *fd, int n, int flags)
{
	int i;

	for (i = 0; i < n; i++) {
		fd[i] = amp_open(AMP_ECHO, flags);
		if (fd[i] < 0)
			return fd[i];
	}
	return 0;
}

TEST_F(openers, one_unless_told_otherwise)
{
	EXPECT_EQ(0, node_attr(AMP_ECHO, "shared"));
	self->fd[0] = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd[0]);
	EXPECT_EQ(-EBUSY, amp_open(AMP_ECHO, O_RDWR));
	EXPECT_EQ(-EBUSY, amp_open(AMP_ECHO, O_RDONLY | O_NONBLOCK));
	ASSERT_EQ(0, share("1"));
	EXPECT_EQ(1, node_attr(AMP_ECHO, "shared"));
	self->fd[1] = amp_open(AMP_ECHO, O_RDWR);
	EXPECT_LE(0, self->fd[1]);

	/* the other channel was not meant */
	EXPECT_EQ(0, node_attr(AMP_RAW, "shared"));
	self->fd[2] = amp_open(AMP_RAW, O_RDWR);
	ASSERT_LE(0, self->fd[2]);
	EXPECT_EQ(-EBUSY, amp_open(AMP_RAW, O_RDWR));
}

TEST_F(openers, values_that_are_none)
{
	static const char * const bad[] = {
		"2", "-1", "10", "01x", "x", "yes", "", " ", "0x", "1 1",
		"4294967296",
	};
	unsigned int i;

	for (i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		EXPECT_EQ(-EINVAL, share(bad[i])) {
			TH_LOG("\"%s\"", bad[i]);
		}
		EXPECT_EQ(0, node_attr(AMP_ECHO, "shared"));
	}
	EXPECT_EQ(0, share("1\n"));
	EXPECT_EQ(1, node_attr(AMP_ECHO, "shared"));
	EXPECT_EQ(-EINVAL, share("2"));
	EXPECT_EQ(1, node_attr(AMP_ECHO, "shared"));
	EXPECT_EQ(0, share("0\n"));
	EXPECT_EQ(0, node_attr(AMP_ECHO, "shared"));
}

TEST_F(openers, no_way_back_while_several_have_it_open)
{
	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 2, O_RDWR));
	EXPECT_EQ(-EBUSY, share("0"));
	EXPECT_EQ(1, node_attr(AMP_ECHO, "shared"));
	EXPECT_EQ(0, share("1"));
	close(self->fd[1]);
	self->fd[1] = -1;
	EXPECT_EQ(0, share("0"));
	EXPECT_EQ(-EBUSY, amp_open(AMP_ECHO, O_RDWR));
	EXPECT_EQ(0, amp_echo(self->fd[0], 100, 1));
}

TEST_F(openers, each_gets_every_message)
{
	char out[AMP_MTU], in[512];
	int i, k, n, len;

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, OPENERS, O_RDWR));
	for (i = 0; i < 200; i++) {
		len = i * 211 % (AMP_MTU + 1);
		amp_fill(out, len, i);
		ASSERT_EQ(0, amp_send(self->fd[i % OPENERS], out, len));
	}
	for (k = 0; k < OPENERS; k++) {
		for (i = 0; i < 200; i++) {
			len = i * 211 % (AMP_MTU + 1);
			amp_fill(out, len, i);
			n = amp_receive(self->fd[k], in, sizeof(in));
			ASSERT_EQ(len, n) {
				TH_LOG("opener %d, message %d", k, i);
			}
			ASSERT_EQ(0, memcmp(in, out, len));
		}
		EXPECT_EQ(POLLOUT, node_events(self->fd[k]));
		EXPECT_EQ(0, node_file_dropped(self->fd[k]));
	}
}

TEST_F(openers, late_one_gets_what_comes_from_then_on)
{
	char in[512];

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 1, O_RDWR));
	ASSERT_EQ(0, amp_send(self->fd[0], "before", 6));
	ASSERT_EQ(6, amp_receive(self->fd[0], in, sizeof(in)));
	self->fd[1] = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd[1]);
	EXPECT_EQ(POLLOUT, node_events(self->fd[1]));
	ASSERT_EQ(0, amp_send(self->fd[0], "after it", 8));
	EXPECT_EQ(8, amp_receive(self->fd[1], in, sizeof(in)));
	EXPECT_EQ(8, amp_receive(self->fd[0], in, sizeof(in)));
}

TEST_F(openers, queues_are_read_apart)
{
	char a[512], b[512];

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 2, O_RDWR));
	ASSERT_EQ(0, amp_send(self->fd[0], "abcdef", 6));
	/* a short read cuts the message of that opener only */
	ASSERT_EQ(2, amp_receive(self->fd[0], a, 2));
	EXPECT_EQ(0, node_events(self->fd[0]) & POLLIN);
	ASSERT_EQ(6, amp_receive(self->fd[1], b, sizeof(b)));
	EXPECT_EQ(0, memcmp(b, "abcdef", 6));
}

TEST_F(openers, descriptors_of_one_opener_have_one_queue)
{
	char in[512];

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 1, O_RDWR | O_NONBLOCK));
	self->fd[1] = dup(self->fd[0]);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, amp_send(self->fd[0], "once", 4));
	ASSERT_EQ(4, amp_receive(self->fd[1], in, sizeof(in)));
	EXPECT_EQ(-1, read(self->fd[0], in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F_TIMEOUT(openers, slow_reader_loses_its_own_messages_only, 120)
{
	unsigned int i, value, got = 0, last = 0;
	char in[512];
	long dropped;
	int n;

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 3, O_RDWR));
	EXPECT_EQ(0, node_file_dropped(self->fd[1]));
	/* two of them read all there is, one nothing */
	for (i = 1; i <= FLOOD; i++) {
		ASSERT_EQ(0, amp_send(self->fd[0], &i, sizeof(i)));
		n = amp_receive(self->fd[0], in, sizeof(in));
		ASSERT_EQ((int)sizeof(i), n);
		ASSERT_EQ(0, memcmp(in, &i, sizeof(i)));
		n = amp_receive(self->fd[2], in, sizeof(in));
		ASSERT_EQ((int)sizeof(i), n);
		ASSERT_EQ(0, memcmp(in, &i, sizeof(i)));
	}
	EXPECT_EQ(0, node_file_dropped(self->fd[0]));
	EXPECT_EQ(0, node_file_dropped(self->fd[2]));
	dropped = node_file_dropped(self->fd[1]);
	EXPECT_LT(0, dropped);
	EXPECT_EQ(dropped, node_attr(AMP_ECHO, "rx_dropped"));

	ASSERT_EQ(0, fcntl(self->fd[1], F_SETFL, O_NONBLOCK));
	while (read(self->fd[1], in, sizeof(in)) == sizeof(value)) {
		memcpy(&value, in, sizeof(value));
		ASSERT_LT(last, value);
		last = value;
		got++;
	}
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(FLOOD, got + dropped);
	/* it has caught up */
	ASSERT_EQ(0, amp_send(self->fd[0], "now", 3));
	EXPECT_EQ(3, amp_receive(self->fd[1], in, sizeof(in)));
	EXPECT_EQ(dropped, node_file_dropped(self->fd[1]));

	/* the node's count outlives the opener */
	close(self->fd[1]);
	self->fd[1] = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd[1]);
	EXPECT_EQ(0, node_file_dropped(self->fd[1]));
	EXPECT_EQ(dropped, node_attr(AMP_ECHO, "rx_dropped"));
}

TEST_F(openers, closing_one_leaves_the_others)
{
	char in[512];
	int i;

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 2, O_RDWR));
	for (i = 0; i < 500; i++) {
		ASSERT_EQ(0, amp_send(self->fd[0], &i, sizeof(i)));
		close(self->fd[1]);
		self->fd[1] = amp_open(AMP_ECHO, O_RDWR);
		ASSERT_LE(0, self->fd[1]);
		ASSERT_EQ((int)sizeof(i), amp_receive(self->fd[0], in, sizeof(in)));
		ASSERT_EQ(0, memcmp(in, &i, sizeof(i)));
	}
}

static pid_t blocked_reader(void)
{
	pid_t pid = fork();

	if (!pid) {
		char in[512];
		int fd = amp_open(AMP_ECHO, O_RDWR);

		if (fd < 0)
			_exit(255);
		_exit(read(fd, in, sizeof(in)) < 0 ? errno : 0);
	}
	if (pid > 0 && amp_wait_blocked(pid, SYS_read))
		return -1;
	return pid;
}

TEST_F(openers, one_message_wakes_all)
{
	pid_t pid[4];
	int i;

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 1, O_RDWR));
	for (i = 0; i < 4; i++) {
		pid[i] = blocked_reader();
		ASSERT_LT(0, pid[i]);
	}
	kill(pid[3], SIGKILL);
	EXPECT_EQ(128 + SIGKILL, amp_wait_child(pid[3]));
	ASSERT_EQ(0, amp_send(self->fd[0], "all", 3));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(0, amp_wait_child(pid[i]));
}

TEST_F(openers, stop_ends_all)
{
	char in[512];
	pid_t pid;

	ASSERT_EQ(0, share("1"));
	ASSERT_EQ(0, open_all(self->fd, 2, O_RDWR));
	pid = blocked_reader();
	ASSERT_LT(0, pid);
	kill(pid, SIGSTOP);
	ASSERT_EQ(0, amp_send(self->fd[0], "last", 4));
	ASSERT_EQ(4, amp_receive(self->fd[0], in, sizeof(in)));
	ASSERT_EQ(0, amp_stop());
	kill(pid, SIGCONT);
	EXPECT_EQ(0, amp_wait_child(pid));
	EXPECT_EQ(4, read(self->fd[1], in, sizeof(in)));
	EXPECT_EQ(0, amp_wait_gone(self->fd[0]));
	EXPECT_EQ(0, amp_wait_gone(self->fd[1]));
}

TEST_F(openers, created_endpoint_is_shared_as_well)
{
	struct rpmsg_endpoint_info info = { .name = "shared one", .src = 700 };
	char in[512];
	int ctrl;

	info.dst = node_attr(AMP_ECHO, "dst");
	ASSERT_TRUE(amp_wait_for((ctrl = node_ctrl_open()) >= 0));
	ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, &info));
	info.src = NODE_ADDR_ANY;
	strcpy(info.name, "any");
	ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, &info));
	ASSERT_EQ(0, node_attr_write("any", "shared", "1"));
	self->fd[0] = amp_open("any", O_RDWR);
	self->fd[1] = amp_open("any", O_RDWR);
	ASSERT_LE(0, self->fd[0]);
	ASSERT_LE(0, self->fd[1]);
	ASSERT_EQ(0, amp_send(self->fd[1], "both", 4));
	EXPECT_EQ(4, amp_receive(self->fd[0], in, sizeof(in)));
	EXPECT_EQ(4, amp_receive(self->fd[1], in, sizeof(in)));
	/* its address is in use as long as any of them is open */
	close(self->fd[0]);
	self->fd[0] = -1;
	EXPECT_EQ(0, amp_echo(self->fd[1], 100, 1));
	EXPECT_LE(1024, node_attr("any", "src"));
	close(self->fd[1]);
	self->fd[1] = -1;
	EXPECT_EQ(-1, node_attr("any", "src"));
	close(ctrl);
}

AMP_HARNESS_MAIN(amp_fw_echo())
