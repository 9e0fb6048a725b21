// SPDX-License-Identifier: GPL-2.0
/*
 * A remote that sends as fast as it can, and one that stops reading: the rest of
 * the machine goes on, and no message is lost without being counted.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "amp_harness.h"

#define FW_BENCH	"amp/bench.elf"
#define FW_PAUSE	"amp/pause.elf"

/* Of bench.elf, whose channels all have one name */
#define DST_ECHO	0x500
#define DST_SOURCE	0x600

#define SECONDS		60
#define ROUND		20000

/* Fewer than a file's queue has room for; and what a node keeps that nobody has open, in bytes */
#define ALL_QUEUED	1000
#define MAX_UNOPENED	(256 * 1024)

/* In ms; nothing ends the long one but the core's stop. */
#define PAUSE		"5000"
#define LONG_PAUSE	"3600000"

#define NODE_MAX	256

#ifdef SYS_poll
#define NR_POLL	SYS_poll
#else
#define NR_POLL	SYS_ppoll
#endif

/* The node of the channel with this address at the remote becomes "rpmsgN". */
static int node_at(unsigned long dst, char *node, size_t size)
{
	char value[32];
	struct dirent *d;
	int ret = -ENOENT;
	DIR *dir;

	dir = opendir("/sys/class/rpmsg");
	if (!dir)
		return -errno;
	while (ret && (d = readdir(dir))) {
		if (amp_attr_read(value, sizeof(value), "/sys/class/rpmsg/%s/dst",
				  d->d_name) <= 0 || strtoul(value, NULL, 0) != dst)
			continue;
		snprintf(node, size, "%s", d->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

static int open_at(unsigned long dst, char *node, size_t size)
{
	char path[NODE_MAX + 8];
	int fd = -1;

	if (!amp_wait_for(!node_at(dst, node, size)))
		return -ETIMEDOUT;
	snprintf(path, sizeof(path), "/dev/%s", node);
	amp_wait_for((fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) >= 0);
	return fd;
}

static long counted(const char *node, const char *what)
{
	char value[32];

	if (amp_attr_read(value, sizeof(value), "/sys/class/rpmsg/%s/%s", node, what) <= 0)
		return -1;
	return atol(value);
}

static long rx_dropped(const char *node)
{
	return counted(node, "rx_dropped");
}

/* What the processes beside the flood have got done. */
struct progress {
	unsigned long echoes;
	unsigned long ticks;
};

static volatile struct progress *progress;

FIXTURE(flood)
{
	char node[NODE_MAX];
	int fd;
	pid_t children[3];
};

static pid_t echoing(void)
{
	pid_t pid = fork();
	unsigned int i;
	char node[NODE_MAX];
	int fd;

	if (pid)
		return pid;
	fd = open_at(DST_ECHO, node, sizeof(node));
	for (i = 0; fd >= 0; i++) {
		if (amp_echo(fd, 4 + i % (AMP_MTU - 3), i))
			break;
		progress->echoes++;
	}
	_exit(1);
}

static pid_t ticking(void)
{
	pid_t pid = fork();

	if (pid)
		return pid;
	for (;;) {
		usleep(10000);
		progress->ticks++;
	}
}

/* Ends if one of the others gets nothing done. */
static pid_t watching(void)
{
	pid_t pid = fork();
	struct progress last;

	if (pid)
		return pid;
	do {
		last = *progress;
		sleep(1);
	} while (amp_wait_for(progress->echoes > last.echoes) &&
		 amp_wait_for(progress->ticks > last.ticks));
	_exit(progress->ticks > last.ticks ? 1 : 2);
}

FIXTURE_SETUP(flood)
{
	self->fd = -1;
	if (!amp_fw_exists(FW_BENCH))
		SKIP(return, "no firmware " FW_BENCH);
	ASSERT_EQ(0, amp_start(FW_BENCH));
	self->fd = open_at(DST_SOURCE, self->node, sizeof(self->node));
	ASSERT_LE(0, self->fd);
	if (rx_dropped(self->node) < 0)
		SKIP(return, "dropped messages are not counted here");

	progress = mmap(NULL, sizeof(*progress), PROT_READ | PROT_WRITE,
			MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)progress);
	self->children[0] = echoing();
	self->children[1] = ticking();
	self->children[2] = watching();
}

static void end_children(FIXTURE_DATA(flood) *self)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(self->children); i++) {
		if (self->children[i] <= 0)
			continue;
		kill(self->children[i], SIGKILL);
		amp_wait_child(self->children[i]);
		self->children[i] = 0;
	}
}

FIXTURE_TEARDOWN(flood)
{
	end_children(self);
	if (self->fd >= 0)
		close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

struct received {
	long count;
	long out_of_order;
	int64_t last;
};

static void read_all(int fd, struct received *r)
{
	char in[AMP_MTU];
	uint32_t number;
	ssize_t n;

	while ((n = read(fd, in, sizeof(in))) >= (ssize_t)sizeof(number)) {
		memcpy(&number, in, sizeof(number));
		if (number <= r->last)
			r->out_of_order++;
		r->last = number;
		r->count++;
	}
}

/*
 * One run of the source, known in advance to be of ROUND messages and one that
 * says so. In every other run nobody reads until all have come: most are dropped.
 */
TEST_F_TIMEOUT(flood, is_survived_and_accounted_for, 400)
{
	long long end = amp_now_ms() + SECONDS * 1000LL;
	long all = 0, all_dropped = 0;
	unsigned int round;
	int status;

	for (round = 0; amp_now_ms() < end; round++) {
		uint32_t command[2] = { ROUND, 16 };
		struct received r = { .last = -1 };
		long before = rx_dropped(self->node), dropped = 0, seen;
		bool reads = round % 2 == 0;

		ASSERT_EQ(0, amp_send(self->fd, command, sizeof(command)));
		do {
			seen = r.count + dropped;
			if (!amp_wait_for(({
				if (reads)
					read_all(self->fd, &r);
				dropped = rx_dropped(self->node) - before;
				r.count + dropped > seen;
			}))) {
				/* what is queued, or nothing more comes */
				reads = true;
				read_all(self->fd, &r);
				if (r.count + dropped == seen)
					break;
			}
			/* from then on only what fills the queue is missing */
			if (dropped > ROUND / 2)
				reads = true;
		} while (r.count + dropped < ROUND + 1);
		EXPECT_EQ(ROUND + 1, r.count + dropped) {
			TH_LOG("round %u: %ld received, %ld dropped", round, r.count, dropped);
		}
		EXPECT_EQ(0, r.out_of_order);
		if (round % 2)
			EXPECT_LT(0, dropped);
		all += r.count;
		all_dropped += dropped;
		ASSERT_EQ(0, waitpid(self->children[2], &status, WNOHANG)) {
			TH_LOG("%s", WEXITSTATUS(status) == 1 ?
			       "no echo comes back" : "timers don't fire");
		}
		ASSERT_EQ(0, waitpid(self->children[0], &status, WNOHANG));
	}
	EXPECT_LT(0, all);
	TH_LOG("%u rounds: %ld received, %ld dropped, %lu echoes and %lu ticks beside them",
	       round, all, all_dropped, progress->echoes, progress->ticks);
}

TEST_F(flood, what_comes_while_nobody_has_it_open_is_bounded)
{
	uint32_t command[2] = { ALL_QUEUED, AMP_MTU };
	long before = counted(self->node, "statistics/rx_messages");
	char in[AMP_MTU];
	long bytes = 0;
	ssize_t n;

	/* They have it open as well. */
	end_children(self);
	ASSERT_EQ(0, amp_send(self->fd, command, sizeof(command)));
	close(self->fd);
	ASSERT_TRUE(amp_wait_for(counted(self->node, "statistics/rx_messages") - before ==
				 ALL_QUEUED + 1));
	self->fd = open_at(DST_SOURCE, self->node, sizeof(self->node));
	ASSERT_LE(0, self->fd);
	while ((n = read(self->fd, in, sizeof(in))) > 0)
		bytes += n;
	EXPECT_LT(0, bytes);
	EXPECT_GE(MAX_UNOPENED, bytes);
	EXPECT_LT(0, rx_dropped(self->node));
}

FIXTURE(paused)
{
	int control;
	int fd;
	int other;
	unsigned int room;
};

FIXTURE_SETUP(paused)
{
	self->control = self->fd = self->other = -1;
	if (!amp_fw_exists(FW_PAUSE))
		SKIP(return, "no firmware " FW_PAUSE);
	/* It counts the time in ticks, and on a busy machine an emulated core misses some. */
	setenv("AMP_TIMEOUT", "60", 0);
	ASSERT_EQ(0, amp_start(FW_PAUSE));
	self->control = amp_open("rpmsg-pause", O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->control);
	self->fd = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
	self->other = amp_open(AMP_RAW, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->other);
}

FIXTURE_TEARDOWN(paused)
{
	close(self->control);
	close(self->fd);
	close(self->other);
	EXPECT_EQ(0, amp_stop());
}

/* The remote reads nothing for so many ms, and the ring is full. */
static int pause_remote(FIXTURE_DATA(paused) *self, const char *ms)
{
	char out[AMP_MTU];
	int ret;

	ret = amp_trouble(self->control, ms);
	if (ret)
		return ret;
	for (self->room = 0; self->room < 100000; self->room++) {
		amp_fill(out, sizeof(out), self->room);
		if (write(self->fd, out, sizeof(out)) < 0)
			return errno == EAGAIN && self->room ? 0 : -errno;
	}
	return -EFBIG;
}

/* Returns the number of answers that came and were right. */
static unsigned int answers(int fd, unsigned int expected)
{
	char out[AMP_MTU], in[AMP_MTU];
	unsigned int i;

	for (i = 0; i < expected; i++) {
		amp_fill(out, sizeof(out), i);
		if (amp_receive(fd, in, sizeof(in)) != sizeof(in) ||
		    memcmp(in, out, sizeof(in)))
			break;
	}
	return i;
}

TEST_F_TIMEOUT(paused, a_writer_is_woken_when_it_reads_again, 120)
{
	char out[AMP_MTU], in[AMP_MTU];
	pid_t pid;

	ASSERT_EQ(0, pause_remote(self, PAUSE));
	fcntl(self->fd, F_SETFL, 0);
	pid = fork();
	if (!pid) {
		amp_fill(out, sizeof(out), self->room);
		_exit(write(self->fd, out, sizeof(out)) < 0 ? errno : 0);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_write));
	EXPECT_EQ(0, amp_wait_child(pid));

	EXPECT_EQ(self->room + 1, answers(self->fd, self->room + 1));
	ASSERT_EQ(0, fcntl(self->fd, F_SETFL, O_NONBLOCK));
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);
}

TEST_F_TIMEOUT(paused, poll_is_woken_when_it_reads_again, 120)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLOUT };
	pid_t pid;

	ASSERT_EQ(0, pause_remote(self, PAUSE));
	EXPECT_EQ(0, poll(&pfd, 1, 0));
	pid = fork();
	if (!pid) {
		if (poll(&pfd, 1, -1) != 1)
			_exit(255);
		_exit(pfd.revents);
	}
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_wait_blocked(pid, NR_POLL));
	EXPECT_EQ(POLLOUT, amp_wait_child(pid));
	EXPECT_EQ(self->room, answers(self->fd, self->room));
}

/* All that others may call meanwhile; returns what was wrong. */
static int use_others(int fd, int other)
{
	struct pollfd pfd[] = {
		{ .fd = fd, .events = POLLIN | POLLOUT },
		{ .fd = other, .events = POLLIN | POLLOUT },
	};
	char node[NODE_MAX], path[NODE_MAX + 8], in[AMP_MTU];
	int i;

	for (i = 0; i < 20; i++) {
		if (poll(pfd, 2, 0) < 0 || pfd[0].revents)
			return 1;
		/* taken or not: the ring is everyone's */
		if (write(other, "x", 1) < 0 && errno != EAGAIN)
			return 2;
		if (read(other, in, sizeof(in)) >= 0 || errno != EAGAIN)
			return 3;
		close(other);
		if (amp_channel_find(AMP_RAW, node, sizeof(node)))
			return 4;
		snprintf(path, sizeof(path), "/dev/%s", node);
		/* the first time, the parent may have it open still */
		if (!amp_wait_for((other = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC)) >= 0))
			return 5;
		pfd[1].fd = other;
	}
	return 0;
}

TEST_F_TIMEOUT(paused, others_do_not_wait_for_a_blocked_writer, 120)
{
	pid_t writer, user;

	ASSERT_EQ(0, pause_remote(self, LONG_PAUSE));
	fcntl(self->fd, F_SETFL, 0);
	writer = fork();
	if (!writer) {
		/* a node is one file's at a time */
		close(self->other);
		_exit(write(self->fd, "x", 1) < 0 ? errno : 0);
	}
	ASSERT_LT(0, writer);
	ASSERT_EQ(0, amp_wait_blocked(writer, SYS_write));

	user = fork();
	if (!user)
		_exit(use_others(self->fd, self->other));
	ASSERT_LT(0, user);
	close(self->other);
	EXPECT_EQ(0, amp_wait_child(user));
	/* and it is blocked still: nobody had to wait for its end */
	EXPECT_EQ(0, waitpid(writer, NULL, WNOHANG));
	kill(writer, SIGKILL);
	amp_wait_child(writer);
	self->other = -1;
}

#define MAX_CHANNELS	"/sys/module/amp_rpmsg/parameters/max_channels"

/* Of the bus, with those that have no node */
static int channels(void)
{
	DIR *dir = opendir("/sys/bus/rpmsg/devices");
	int count = 0;

	if (!dir)
		return -errno;
	while (readdir(dir))
		count++;
	closedir(dir);
	return count - 2;
}

TEST(channels_beyond_max_channels_are_passed_over)
{
	char usual[16], max[16], line[64];
	int all;

	ASSERT_LT(0, amp_attr_read(usual, sizeof(usual), MAX_CHANNELS));
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	ASSERT_EQ(0, amp_echoes_work(1));
	ASSERT_TRUE(amp_wait_for(amp_nodes() == 2));
	all = channels();
	ASSERT_EQ(0, amp_stop());

	snprintf(max, sizeof(max), "%d", all - 1);
	snprintf(line, sizeof(line), "refused: more than %d at a time", all - 1);
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, amp_attr_write(max, MAX_CHANNELS));
	EXPECT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count(line)));
	EXPECT_EQ(all - 1, channels());
	EXPECT_EQ(0, amp_echoes_work(1));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(1, amp_kmsg_count(line));
	EXPECT_EQ(0, amp_attr_write(usual, MAX_CHANNELS));

	EXPECT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_TRUE(amp_wait_for(channels() == all));
	EXPECT_EQ(0, amp_stop());
}

AMP_HARNESS_MAIN(amp_fw_echo())
