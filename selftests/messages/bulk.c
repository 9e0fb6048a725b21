// SPDX-License-Identifier: GPL-2.0
/*
 * Bulk data without copies: what one side has written the other one finds, a
 * buffer is always somebody's, and none is lost, however a program or the core
 * ends. The sample firmware "bulk" is the remote side.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <linux/dma-buf.h>

#include "amp_harness.h"
#include "amp_bulk.h"
#include "bulk_ops.h"
#include "node.h"

#define MODULE		"amp_rpmsg_bulk"
#define NODE		"/dev/amp-bulk0"
#define REGION		"/proc/device-tree/reserved-memory/bulk@58000000"
#define CHANNEL		"/sys/class/misc/amp-bulk0/device"
#define CRASH		"/sys/kernel/debug/remoteproc/remoteproc0/crash"
#define TRACING		"/sys/kernel/tracing"

#define REGION_SIZE	(32UL << 20)
#define LARGE		(16UL << 20)
#define PAGE		4096UL
#define MAX_NODES	16

static int open_node(int flags)
{
	int fd;

	if (!amp_wait_for(!access(NODE, F_OK)))
		return -ETIMEDOUT;
	fd = open(NODE, O_RDWR | O_CLOEXEC | flags);
	return fd < 0 ? -errno : fd;
}

static int alloc(int node, size_t size, unsigned int flags)
{
	struct amp_bulk_alloc arg = { .size = size, .flags = flags, .fd = -1 };

	return ioctl(node, AMP_BULK_ALLOC, &arg) ? -errno : arg.fd;
}

static int pass_on(int node, int fd, size_t offset, size_t length,
		   unsigned int op, unsigned long long cookie)
{
	struct amp_bulk_send arg = {
		.fd = fd, .op = op, .offset = offset, .length = length,
		.cookie = cookie,
	};

	return ioctl(node, AMP_BULK_SEND, &arg) ? -errno : 0;
}

/* Waits for one that has come back. */
static int take_back(int node, struct amp_bulk_record *record)
{
	struct pollfd pfd = { .fd = node, .events = POLLIN };
	int n = poll(&pfd, 1, amp_timeout_ms());

	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	n = read(node, record, sizeof(*record));
	if (n < 0)
		return -errno;
	return n == sizeof(*record) ? 0 : -EPROTO;
}

static int sync_buf(int fd, unsigned long long flags)
{
	struct dma_buf_sync arg = { .flags = flags };

	return ioctl(fd, DMA_BUF_IOCTL_SYNC, &arg) ? -errno : 0;
}

static void *map(int fd, size_t size)
{
	return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}

/* The whole region is free: nothing has been lost. */
static bool all_is_free(int node)
{
	int fd = alloc(node, REGION_SIZE, 0);

	if (fd < 0)
		return false;
	close(fd);
	return true;
}

FIXTURE(bulk)
{
	int node;
};

FIXTURE_SETUP(bulk)
{
	if (access(REGION, F_OK))
		SKIP(return, "the device tree has no memory for bulk data");
	ASSERT_EQ(0, amp_module_load(MODULE));
	ASSERT_EQ(0, amp_start(amp_fw_bulk()));
	self->node = open_node(0);
	ASSERT_LE(0, self->node);
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(bulk)
{
	close(self->node);
	amp_stop();
}

/* Both ways, checked on each side by a sum. */
static void both_ways(struct __test_metadata *_metadata, int node,
		      unsigned int flags)
{
	struct amp_bulk_record record;
	uint32_t *data, i, wrong = 0;
	int fd;

	fd = alloc(node, LARGE, flags);
	ASSERT_LE(0, fd);
	data = map(fd, LARGE);
	ASSERT_NE(MAP_FAILED, data);
	for (i = 0; i < LARGE / 4; i++)
		wrong += !!data[i];
	EXPECT_EQ(0, wrong);

	ASSERT_EQ(0, sync_buf(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	amp_fill(data, LARGE, 7);
	ASSERT_EQ(0, sync_buf(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	ASSERT_EQ(0, pass_on(node, fd, 0, LARGE, BULK_CHECKSUM, 1));
	ASSERT_EQ(0, take_back(node, &record));
	EXPECT_EQ(1, record.cookie);
	EXPECT_EQ(LARGE, record.length);
	EXPECT_EQ(bulk_checksum(data, LARGE), record.status);

	ASSERT_EQ(0, pass_on(node, fd, 0, LARGE, BULK_INVERT, 1ULL << 63));
	ASSERT_EQ(0, take_back(node, &record));
	EXPECT_EQ(1ULL << 63, record.cookie);
	ASSERT_EQ(0, sync_buf(fd, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	EXPECT_EQ(bulk_checksum(data, LARGE), record.status);
	for (i = 0; i < LARGE / 4; i++)
		data[i] = ~data[i];
	ASSERT_EQ(0, sync_buf(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	ASSERT_EQ(0, pass_on(node, fd, 0, LARGE, BULK_CHECKSUM, 2));
	ASSERT_EQ(0, take_back(node, &record));
	amp_fill(data, LARGE, 7);
	EXPECT_EQ(bulk_checksum(data, LARGE), record.status);

	/* a part, which is where it is said to be */
	ASSERT_EQ(0, sync_buf(fd, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	ASSERT_EQ(0, pass_on(node, fd, PAGE + 4, 1000, BULK_CHECKSUM, 3));
	ASSERT_EQ(0, take_back(node, &record));
	EXPECT_EQ(1000, record.length);
	EXPECT_EQ(bulk_checksum(data + PAGE / 4 + 1, 1000), record.status);

	EXPECT_EQ(0, munmap(data, LARGE));
	EXPECT_EQ(0, close(fd));
	EXPECT_TRUE(all_is_free(node));
}

TEST_F(bulk, large_cached)
{
	both_ways(_metadata, self->node, AMP_BULK_CACHED);
}

TEST_F(bulk, large_write_combining)
{
	both_ways(_metadata, self->node, AMP_BULK_WRITE_COMBINE);
}

TEST_F(bulk, bad_arguments)
{
	struct amp_bulk_alloc arg = { .size = PAGE };
	struct amp_bulk_record record;
	int fd, other;

	EXPECT_EQ(-EINVAL, alloc(self->node, 0, 0));
	EXPECT_EQ(-EINVAL, alloc(self->node, PAGE, 2));
	EXPECT_EQ(-EINVAL, alloc(self->node, PAGE, 1U << 31));
	EXPECT_EQ(-ENOMEM, alloc(self->node, REGION_SIZE + 1, 0));
	EXPECT_EQ(-ENOMEM, alloc(self->node, SIZE_MAX, 0));
	EXPECT_EQ(-1, ioctl(self->node, AMP_BULK_ALLOC, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->node, AMP_BULK_SEND, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->node, _IO(0xba, 7), &arg));
	EXPECT_EQ(ENOTTY, errno);
	/* no descriptor and no memory is left behind where the answer can't be written */
	fd = open("/tmp/bulk-arg", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT_EQ((ssize_t)sizeof(arg), write(fd, &arg, sizeof(arg)));
	EXPECT_EQ(-1, ioctl(self->node, AMP_BULK_ALLOC,
			    mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0)));
	EXPECT_EQ(EFAULT, errno);
	close(fd);
	unlink("/tmp/bulk-arg");
	EXPECT_TRUE(all_is_free(self->node));

	fd = alloc(self->node, PAGE + 1, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(FD_CLOEXEC, fcntl(fd, F_GETFD));
	EXPECT_EQ(2 * (off_t)PAGE, lseek(fd, 0, SEEK_END));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
				   MAP_PRIVATE, fd, 0));
	EXPECT_EQ(MAP_FAILED, mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd,
				   2 * PAGE));
	EXPECT_EQ(MAP_FAILED, map(fd, 3 * PAGE));

	EXPECT_EQ(-EINVAL, pass_on(self->node, fd, 0, 0, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, fd, 0, 2 * PAGE + 1, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, fd, 2 * PAGE, 1, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, fd, PAGE, PAGE + 1, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, fd, SIZE_MAX - 3, 8, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, fd, 8, SIZE_MAX - 3, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, -1, 0, 4, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, 1000, 0, 4, 0, 0));
	EXPECT_EQ(-EINVAL, pass_on(self->node, self->node, 0, 4, 0, 0));
	/* a dma-buf, but not of this region, where the kernel can make one */
	other = open("/dev/udmabuf", O_RDWR | O_CLOEXEC);
	if (other >= 0) {
		struct { uint32_t memfd, flags; uint64_t offset, size; } create = {
			.memfd = syscall(SYS_memfd_create, "other", 2 /* MFD_ALLOW_SEALING */),
			.flags = 1, .size = PAGE,
		};
		int foreign;

		ASSERT_EQ(0, ftruncate(create.memfd, PAGE));
		ASSERT_EQ(0, fcntl(create.memfd, 1033 /* F_ADD_SEALS */, 2 /* F_SEAL_SHRINK */));
		foreign = ioctl(other, _IOW('u', 0x42, create), &create);
		EXPECT_LE(0, foreign);
		EXPECT_EQ(-EINVAL, pass_on(self->node, foreign, 0, 4, 0, 0));
		close(foreign);
		close(create.memfd);
		close(other);
	}
	EXPECT_EQ(-1, read(self->node, &record, sizeof(record) - 1));
	EXPECT_EQ(EINVAL, errno);
	/* who may only read takes no memory, and sends nothing */
	other = open(NODE, O_RDONLY | O_CLOEXEC);
	ASSERT_LE(0, other);
	EXPECT_EQ(-EBADF, alloc(other, PAGE, 0));
	EXPECT_EQ(-EBADF, pass_on(other, fd, 0, 4, 0, 0));
	close(other);
	close(fd);
	EXPECT_TRUE(all_is_free(self->node));
}

TEST_F(bulk, what_the_remote_has_is_not_sent_twice)
{
	struct amp_bulk_record record[4];
	int node, fd;

	node = open_node(O_NONBLOCK);
	fd = alloc(node, 4 * PAGE, 0);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(node, record, sizeof(record)));
	EXPECT_EQ(EAGAIN, errno);
	ASSERT_EQ(0, pass_on(node, fd, PAGE, PAGE, BULK_HOLD, 5));
	EXPECT_EQ(-EBUSY, pass_on(node, fd, PAGE, PAGE, BULK_CHECKSUM, 6));
	EXPECT_EQ(-EBUSY, pass_on(node, fd, 0, PAGE + 4, BULK_CHECKSUM, 6));
	EXPECT_EQ(-EBUSY, pass_on(self->node, fd, 2 * PAGE - 4, 8, BULK_CHECKSUM, 6));
	/* beside it on both sides, the second sent by another opener */
	EXPECT_EQ(0, pass_on(node, fd, 0, PAGE, BULK_HOLD, 5));
	EXPECT_EQ(0, pass_on(self->node, fd, 2 * PAGE, PAGE, BULK_RELEASE, 8));

	/* each gets back what it has sent */
	ASSERT_EQ(0, take_back(self->node, record));
	EXPECT_EQ(8, record->cookie);
	ASSERT_TRUE(amp_wait_for(!poll(&(struct pollfd){ .fd = self->node,
					.events = POLLIN }, 1, 0)));
	EXPECT_EQ(2 * (ssize_t)sizeof(*record), read(node, record, sizeof(record)));
	EXPECT_EQ(5, record[0].cookie);
	EXPECT_EQ(5, record[1].cookie);
	EXPECT_EQ(0, pass_on(node, fd, 0, 4 * PAGE, BULK_CHECKSUM, 9));
	EXPECT_EQ(0, take_back(node, record));
	close(fd);
	close(node);
	EXPECT_TRUE(all_is_free(self->node));
}

/* What has come back is lost to nobody who reads to where nothing can be written. */
TEST_F(bulk, records_are_read_once_there_is_room)
{
	struct amp_bulk_record record, *last;
	int fd = alloc(self->node, 2 * PAGE, 0);
	char *room;

	room = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, room);
	ASSERT_EQ(0, mprotect(room + PAGE, PAGE, PROT_NONE));
	ASSERT_EQ(0, pass_on(self->node, fd, 0, PAGE, BULK_HOLD, 1));
	ASSERT_EQ(0, pass_on(self->node, fd, PAGE, PAGE, BULK_RELEASE, 2));
	EXPECT_EQ(-1, read(self->node, room + PAGE, sizeof(record)));
	EXPECT_EQ(EFAULT, errno);
	/* of two, the second one on the page that can't be written, mostly */
	last = (void *)(room + PAGE) - sizeof(record) - 8;
	EXPECT_EQ((ssize_t)sizeof(record), read(self->node, last, 2 * sizeof(record)));
	EXPECT_EQ(1, last->cookie);
	ASSERT_EQ(0, take_back(self->node, &record));
	EXPECT_EQ(2, record.cookie);
	munmap(room, 2 * PAGE);
	close(fd);
	EXPECT_TRUE(all_is_free(self->node));
}

TEST_F(bulk, transfers_are_limited)
{
	struct amp_bulk_record record;
	int i, fd = alloc(self->node, (AMP_BULK_MAX_TRANSFERS + 1) * PAGE, 0);

	ASSERT_LE(0, fd);
	/* not read, so that they stay pending */
	for (i = 0; i < AMP_BULK_MAX_TRANSFERS; i++)
		ASSERT_EQ(0, pass_on(self->node, fd, i * PAGE, 4, BULK_CHECKSUM, i));
	EXPECT_EQ(-ENOBUFS, pass_on(self->node, fd, i * PAGE, 4, BULK_CHECKSUM, i));
	for (i = 0; i < AMP_BULK_MAX_TRANSFERS; i++) {
		ASSERT_EQ(0, take_back(self->node, &record));
		ASSERT_EQ(i, record.cookie);
	}
	EXPECT_EQ(0, pass_on(self->node, fd, i * PAGE, 4, BULK_CHECKSUM, i));
	EXPECT_EQ(0, take_back(self->node, &record));
	close(fd);
	EXPECT_TRUE(all_is_free(self->node));
}

TEST_F(bulk, nodes_are_limited)
{
	struct rpmsg_endpoint_info info = { .name = "amp-bulk", .src = -1 };
	char path[32];
	int ctrl, i;

	ctrl = node_ctrl_open();
	ASSERT_LE(0, ctrl);
	/* there is one already */
	for (i = 1; i <= MAX_NODES; i++) {
		info.dst = 2000 + i;
		ASSERT_EQ(0, ioctl(ctrl, RPMSG_CREATE_DEV_IOCTL, &info));
		snprintf(path, sizeof(path), "/dev/amp-bulk%d", i);
		EXPECT_EQ(i < MAX_NODES, !access(path, F_OK));
	}
	close(ctrl);
	EXPECT_EQ(1, amp_kmsg_count("no node: there are 16 already"));

	/* those that go make room */
	EXPECT_EQ(0, amp_stop());
	close(self->node);
	ASSERT_EQ(0, amp_start(amp_fw_bulk()));
	self->node = open_node(0);
	ASSERT_LE(0, self->node);
	EXPECT_TRUE(all_is_free(self->node));
}

TEST_F(bulk, wrong_answers_are_passed_over)
{
	struct amp_bulk_record record;
	int fd = alloc(self->node, PAGE, 0);

	ASSERT_EQ(0, pass_on(self->node, fd, 0, PAGE, BULK_LIE, 1));
	ASSERT_EQ(0, take_back(self->node, &record));
	EXPECT_EQ(BULK_LIES, record.status);
	EXPECT_EQ(PAGE, record.length);
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("answer passed over") == BULK_LIES));
	EXPECT_EQ(0, pass_on(self->node, fd, 0, PAGE, BULK_CHECKSUM, 2));
	EXPECT_EQ(0, take_back(self->node, &record));
	EXPECT_EQ(2, record.cookie);
	close(fd);
	EXPECT_TRUE(all_is_free(self->node));
}

/* Has the firmware take no message until resume(); a descriptor, or an errno */
static int pause_core(int node)
{
	int fd = alloc(node, PAGE, AMP_BULK_WRITE_COMBINE);
	int ret = pass_on(node, fd, 0, PAGE, BULK_PAUSE, 0);

	return ret ? ret : fd;
}

static int resume(int node, int fd)
{
	struct amp_bulk_record record;
	uint32_t *word = map(fd, PAGE);

	if (word == MAP_FAILED)
		return -errno;
	*word = 1;
	munmap(word, PAGE);
	close(fd);
	return take_back(node, &record);
}

/* More messages than there are buffers for one endpoint, and less than is allowed */
#define MANY		(AMP_BULK_MAX_TRANSFERS - 16)

static int send_many(int node)
{
	int i, ret, fd = alloc(node, MANY * PAGE, 0);

	for (i = 0; i < MANY; i++) {
		ret = pass_on(node, fd, i * PAGE, 4, BULK_CHECKSUM, i);
		if (ret)
			return ret;
	}
	return 0;
}

/* How often it has gone to sleep by itself */
static long sleeps(pid_t pid)
{
	char path[64], line[128];
	long count = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	f = fopen(path, "re");
	while (f && fgets(line, sizeof(line), f))
		sscanf(line, "voluntary_ctxt_switches: %ld", &count);
	if (f)
		fclose(f);
	return count;
}

/* It sleeps until the remote has read, and doesn't look again and again. */
TEST_F(bulk, sender_waits_for_a_buffer)
{
	struct amp_bulk_record record;
	int i, paused, node;
	long before;
	pid_t pid;

	paused = pause_core(self->node);
	ASSERT_LE(0, paused);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		node = open_node(0);
		if (send_many(node))
			_exit(1);
		for (i = 0; i < MANY; i++)
			if (take_back(node, &record) || record.cookie != (unsigned int)i)
				_exit(2);
		_exit(0);
	}
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_ioctl));
	before = sleeps(pid);
	ASSERT_LT(0, before);
	usleep(500000);
	EXPECT_GT(before + 10, sleeps(pid));

	node = open_node(O_NONBLOCK);
	i = alloc(node, PAGE, 0);
	EXPECT_EQ(-EAGAIN, pass_on(node, i, 0, PAGE, BULK_CHECKSUM, 0));
	close(i);
	close(node);

	ASSERT_EQ(0, resume(self->node, paused));
	EXPECT_EQ(0, amp_wait_child(pid));
	EXPECT_TRUE(amp_wait_for(all_is_free(self->node)));
}

TEST_F(bulk, killed_while_it_waits_for_a_buffer)
{
	int paused;
	pid_t pid;

	paused = pause_core(self->node);
	ASSERT_LE(0, paused);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid)
		_exit(send_many(open_node(0)) ? 1 : 0);
	ASSERT_EQ(0, amp_wait_blocked(pid, SYS_ioctl));
	ASSERT_EQ(0, kill(pid, SIGKILL));
	ASSERT_EQ(128 + SIGKILL, amp_wait_child(pid));
	/* what it has sent, the remote has */
	EXPECT_FALSE(all_is_free(self->node));
	ASSERT_EQ(0, resume(self->node, paused));
	EXPECT_TRUE(amp_wait_for(all_is_free(self->node)));
}

/* What a program that is killed may have come to. */
enum step { ALLOCATED, MAPPED, SENT, HELD, SENDING, UNREAD, READING, STEPS };

static void die_at(enum step step, int ready)
{
	struct amp_bulk_record record;
	int node, fd;
	char *data;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	node = open_node(0);
	fd = alloc(node, LARGE, 0);
	if (fd < 0)
		_exit(1);
	data = map(fd, LARGE);
	data[0] = 1;
	if (step == ALLOCATED)
		munmap(data, LARGE);
	if (step == SENT)
		pass_on(node, fd, 0, LARGE, BULK_INVERT, 1);
	if (step == HELD)
		pass_on(node, fd, 0, LARGE, BULK_HOLD, 1);
	if (step == UNREAD) {
		struct pollfd pfd = { .fd = node, .events = POLLIN };

		pass_on(node, fd, 0, PAGE, BULK_CHECKSUM, 1);
		poll(&pfd, 1, -1);
	}
	if (write(ready, "x", 1) != 1)
		_exit(1);
	while (step == SENDING) {
		pass_on(node, fd, 0, PAGE, BULK_CHECKSUM, 1);
		if (read(node, &record, sizeof(record)) < 0)
			_exit(1);
	}
	if (step == READING && read(node, &record, sizeof(record)) < 0)
		_exit(1);
	for (;;)
		pause();
}

TEST_F(bulk, killed_at_each_step)
{
	struct amp_bulk_record record;
	enum step step;
	int ready[2], fd, i;
	pid_t pid;
	char c;

	for (i = 0; i < 3 * STEPS; i++) {
		step = i % STEPS;
		ASSERT_EQ(0, pipe(ready));
		pid = fork();
		ASSERT_LE(0, pid);
		if (!pid)
			die_at(step, ready[1]);
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &c, 1)) {
			TH_LOG("step %d", step);
		}
		close(ready[0]);
		if (step == SENDING)
			usleep(1000 * i);
		if (step == READING)
			ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
		ASSERT_EQ(0, kill(pid, SIGKILL));
		ASSERT_EQ(128 + SIGKILL, amp_wait_child(pid));
		if (step == HELD) {
			/* the remote has it still */
			EXPECT_EQ(-ENOMEM, alloc(self->node, REGION_SIZE, 0));
			fd = alloc(self->node, PAGE, 0);
			ASSERT_LE(0, fd);
			ASSERT_EQ(0, pass_on(self->node, fd, 0, PAGE, BULK_RELEASE, 3));
			ASSERT_EQ(0, take_back(self->node, &record));
			close(fd);
		}
		EXPECT_TRUE(amp_wait_for(all_is_free(self->node))) {
			TH_LOG("lost at step %d", step);
		}
	}
}

static bool recovered(long count)
{
	char value[32];

	return amp_attr_read(value, sizeof(value), "%s/crash_count", amp_rproc()) > 0 &&
	       atol(value) > count && amp_state_is("running");
}

/* Frees the dump of a crash, which keeps the next one from being made. */
static void free_dumps(void)
{
	struct dirent *d;
	DIR *dir;

	dir = opendir("/sys/class/devcoredump");
	while (dir && (d = readdir(dir)))
		if (!strncmp(d->d_name, "devcd", 5))
			amp_attr_write("1", "/sys/class/devcoredump/%s/data", d->d_name);
	if (dir)
		closedir(dir);
}

/* What a program finds that is at some step when the core crashes. */
static int lives_through(enum step step, int ready)
{
	struct amp_bulk_record record;
	struct pollfd pfd = { .events = POLLIN };
	int node, fd;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	node = open_node(0);
	fd = alloc(node, PAGE, 0);
	pfd.fd = node;
	if (step == UNREAD) {
		pass_on(node, fd, 0, PAGE, BULK_CHECKSUM, 1);
		poll(&pfd, 1, -1);
	}
	if (step == HELD)
		pass_on(node, fd, 0, PAGE, BULK_HOLD, 1);
	if (write(ready, "x", 1) != 1)
		return 1;
	/* until there is no buffer any more, and then no channel */
	if (step == SENDING)
		return send_many(node) == -EPIPE ? 0 : 2;
	if (step == READING)
		return read(node, &record, sizeof(record)) < 0 && errno == EPIPE ? 0 : 3;

	pfd.events = 0;
	poll(&pfd, 1, amp_timeout_ms());
	if (!(pfd.revents & POLLHUP) || pass_on(node, fd, 0, PAGE, BULK_CHECKSUM, 2) != -EPIPE)
		return 4;
	if (step == UNREAD && (take_back(node, &record) || record.cookie != 1))
		return 5;
	return take_back(node, &record) == -EPIPE ? 0 : 6;
}

TEST_F(bulk, core_crashes_at_each_step)
{
	static const enum step steps[] = { UNREAD, HELD, READING, MAPPED, SENDING };
	enum { COUNT = sizeof(steps) / sizeof(steps[0]) };
	int i, node, paused = -1, ready[2];
	pid_t pid[COUNT];
	char value[32], c;

	if (access(CRASH, W_OK))
		SKIP(return, "there is no debugfs to crash the core with");
	ASSERT_LT(0, amp_attr_read(value, sizeof(value), "%s/crash_count", amp_rproc()));
	ASSERT_EQ(0, amp_attr_write("enabled", "%s/recovery", amp_rproc()));
	for (i = 0; i < COUNT; i++) {
		if (steps[i] == SENDING) {
			paused = pause_core(self->node);
			ASSERT_LE(0, paused);
		}
		ASSERT_EQ(0, pipe(ready));
		pid[i] = fork();
		ASSERT_LE(0, pid[i]);
		if (!pid[i])
			_exit(lives_through(steps[i], ready[1]));
		close(ready[1]);
		ASSERT_EQ(1, read(ready[0], &c, 1));
		close(ready[0]);
		if (steps[i] == READING)
			ASSERT_EQ(0, amp_wait_blocked(pid[i], SYS_read));
		if (steps[i] == SENDING)
			ASSERT_EQ(0, amp_wait_blocked(pid[i], SYS_ioctl));
	}
	ASSERT_EQ(0, amp_attr_write("1", CRASH));
	for (i = 0; i < COUNT; i++) {
		EXPECT_EQ(0, amp_wait_child(pid[i])) {
			TH_LOG("at step %d", steps[i]);
		}
	}
	close(paused);
	ASSERT_TRUE(amp_wait_for(recovered(atol(value))));
	free_dumps();
	node = open_node(0);
	ASSERT_LE(0, node);
	EXPECT_TRUE(amp_wait_for(all_is_free(node)));
	close(node);
}

TEST_F(bulk, core_crashes_with_a_buffer)
{
	struct amp_bulk_record record;
	struct pollfd pfd = { .fd = self->node, .events = POLLIN };
	int fd, kept, node;
	char value[32];
	uint32_t *data;

	ASSERT_LT(0, amp_attr_read(value, sizeof(value), "%s/crash_count", amp_rproc()));
	ASSERT_EQ(0, amp_attr_write("enabled", "%s/recovery", amp_rproc()));
	fd = alloc(self->node, LARGE, 0);
	kept = alloc(self->node, PAGE, AMP_BULK_WRITE_COMBINE);
	data = map(kept, PAGE);
	ASSERT_NE(MAP_FAILED, data);
	ASSERT_EQ(0, pass_on(self->node, fd, 0, LARGE, BULK_HOLD, 1));
	close(fd);
	ASSERT_EQ(0, pass_on(self->node, kept, 0, PAGE, BULK_CRASH, 2));

	EXPECT_EQ(-1, read(self->node, &record, sizeof(record)));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_TRUE(pfd.revents & POLLHUP);
	EXPECT_EQ(-EPIPE, alloc(self->node, PAGE, 0));
	EXPECT_EQ(-EPIPE, pass_on(self->node, kept, 0, PAGE, 0, 0));
	ASSERT_TRUE(amp_wait_for(recovered(atol(value))));
	free_dumps();

	/* what a program has kept is there, and can be sent again */
	EXPECT_EQ(PAGE, data[0]);
	node = open_node(0);
	ASSERT_LE(0, node);
	EXPECT_EQ(-ENOMEM, alloc(node, REGION_SIZE, 0));
	EXPECT_EQ(0, pass_on(node, kept, 0, PAGE, BULK_CHECKSUM, 3));
	EXPECT_EQ(0, take_back(node, &record));
	EXPECT_EQ(bulk_checksum(data, PAGE), record.status);
	munmap(data, PAGE);
	close(kept);
	EXPECT_TRUE(amp_wait_for(all_is_free(node)));
	close(node);
}

TEST_F(bulk, core_is_stopped_with_a_buffer)
{
	int fd, node;

	fd = alloc(self->node, LARGE, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pass_on(self->node, fd, 0, LARGE, BULK_HOLD, 1));
	close(fd);
	/* referenced by what has the node open */
	EXPECT_GT(0, amp_module_unload(MODULE));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(-1, access(NODE, F_OK));
	ASSERT_EQ(0, amp_start(amp_fw_bulk()));
	node = open_node(0);
	ASSERT_LE(0, node);
	EXPECT_TRUE(all_is_free(node));
	close(node);
}

/*
 * A core that runs on may write to what it has: that isn't given out anew, though
 * nobody is left to take it back.
 */
TEST_F(bulk, core_has_a_buffer_and_no_channel)
{
	struct amp_bulk_record record;
	struct amp_binding binding;
	int fd, node;

	ASSERT_EQ(0, amp_bound(&binding, CHANNEL));
	fd = alloc(self->node, LARGE, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pass_on(self->node, fd, 0, LARGE, BULK_HOLD, 1));
	close(fd);
	ASSERT_EQ(0, amp_unbind(&binding));
	EXPECT_EQ(-1, read(self->node, &record, sizeof(record)));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_GT(0, amp_module_unload(MODULE));

	ASSERT_EQ(0, amp_bind(&binding));
	node = open_node(0);
	ASSERT_LE(0, node);
	EXPECT_FALSE(all_is_free(node));
	/* another transfer isn't taken for the one that it has */
	fd = alloc(node, PAGE, 0);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, pass_on(node, fd, 0, PAGE, BULK_CHECKSUM, 2));
	ASSERT_EQ(0, take_back(node, &record));
	EXPECT_EQ(2, record.cookie);
	close(fd);
	EXPECT_FALSE(all_is_free(node));

	close(node);
	ASSERT_EQ(0, amp_stop());
	ASSERT_EQ(0, amp_start(amp_fw_bulk()));
	node = open_node(0);
	ASSERT_LE(0, node);
	EXPECT_TRUE(amp_wait_for(all_is_free(node)));
	close(node);
}

/* Some time after the core has started, as udev does. */
TEST_F(bulk, module_is_loaded_by_its_alias)
{
	char alias[64], command[128], name[128];
	struct dirent *d;
	DIR *dir;

	ASSERT_EQ(0, amp_stop());
	close(self->node);
	self->node = -1;
	ASSERT_TRUE(amp_wait_for(!amp_module_unload(MODULE)));
	ASSERT_EQ(0, amp_start(amp_fw_bulk()));
	name[0] = '\0';
	dir = opendir("/sys/bus/rpmsg/devices");
	ASSERT_NE(NULL, dir);
	ASSERT_TRUE(amp_wait_for(({
		rewinddir(dir);
		while ((d = readdir(dir)) && !strstr(d->d_name, "." AMP_BULK_CHANNEL "."))
			;
		d;
	})));
	snprintf(name, sizeof(name), "%.127s", d->d_name);
	closedir(dir);
	ASSERT_LT(0, amp_attr_read(alias, sizeof(alias),
				   "/sys/bus/rpmsg/devices/%s/modalias", name));
	EXPECT_STREQ("rpmsg:" AMP_BULK_CHANNEL, alias);
	snprintf(command, sizeof(command), "modprobe -q %s 2>/dev/null", alias);
	if (system(command)) {
		EXPECT_EQ(0, amp_module_load(MODULE));
		SKIP(return, "the module isn't installed for modprobe");
	}
	self->node = open_node(0);
	EXPECT_LE(0, self->node);
	EXPECT_TRUE(all_is_free(self->node));
}

/* On a terminal only */
TEST_F(bulk, tool_has_a_progress_bar)
{
	char screen[8192], data[4096] = "";
	size_t len = 0;
	int i, pty, tty, fd;
	ssize_t n;
	pid_t pid;

	if (system("command -v amp >/dev/null"))
		SKIP(return, "the command amp is not installed");
	fd = open("/tmp/bulk-file", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	ASSERT_LE(0, fd);
	for (i = 0; i < 1024; i++)
		ASSERT_EQ((ssize_t)sizeof(data), write(fd, data, sizeof(data)));
	close(fd);

	pty = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	ASSERT_LE(0, pty);
	ASSERT_EQ(0, grantpt(pty));
	ASSERT_EQ(0, unlockpt(pty));
	tty = open(ptsname(pty), O_RDWR | O_NOCTTY | O_CLOEXEC);
	ASSERT_LE(0, tty);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		dup2(tty, 2);
		execlp("amp", "amp", "bulk", "put", "-W", "60",
		       "/tmp/bulk-file", NULL);
		_exit(127);
	}
	close(tty);
	while (len < sizeof(screen) - 1) {
		n = read(pty, screen + len, sizeof(screen) - 1 - len);
		if (n <= 0)
			break;
		len += n;
	}
	screen[len] = '\0';
	close(pty);
	EXPECT_EQ(0, amp_wait_child(pid));
	EXPECT_NE(NULL, strstr(screen, "\r/tmp/bulk-file  25% [##########    "));
	EXPECT_NE(NULL, strstr(screen, "\r/tmp/bulk-file 100% [##########"));
	EXPECT_NE(NULL, strstr(screen, "##########] 4.0 MiB, "));
	EXPECT_NE(NULL, strstr(screen, "4194304 bytes (4.0 MiB) copied, "));
	unlink("/tmp/bulk-file");
}

static int traced(const char *what)
{
	char line[512];
	int count = 0;
	FILE *f;

	f = fopen(TRACING "/trace", "re");
	while (f && fgets(line, sizeof(line), f))
		count += !!strstr(line, what);
	if (f)
		fclose(f);
	return count;
}

/* The emulated caches can't go wrong: so what is looked at is the maintenance. */
TEST_F(bulk, caches_are_maintained)
{
	static const char probe[] =
		"p:bulk_cpu arch_sync_dma_for_cpu size=%x1:u64 dir=%x2:u32\n"
		"p:bulk_device arch_sync_dma_for_device size=%x1:u64 dir=%x2:u32\n";
	int cached, combining;

	cached = alloc(self->node, 3 * PAGE, AMP_BULK_CACHED);
	combining = alloc(self->node, 5 * PAGE, AMP_BULK_WRITE_COMBINE);
	if (amp_attr_write(probe, TRACING "/kprobe_events"))
		SKIP(return, "the kernel has no kprobe events");
	ASSERT_EQ(0, amp_attr_write("1", TRACING "/events/kprobes/enable"));
	EXPECT_EQ(0, sync_buf(cached, DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ));
	EXPECT_EQ(0, sync_buf(cached, DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ));
	EXPECT_EQ(0, sync_buf(cached, DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE));
	EXPECT_EQ(0, sync_buf(cached, DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE));
	EXPECT_EQ(0, sync_buf(combining, DMA_BUF_SYNC_START | DMA_BUF_SYNC_RW));
	EXPECT_EQ(0, sync_buf(combining, DMA_BUF_SYNC_END | DMA_BUF_SYNC_RW));
	EXPECT_EQ(0, amp_attr_write("0", TRACING "/events/kprobes/enable"));
	/* both ways: 1 is to the device, 2 from it */
	EXPECT_EQ(2, traced("size=12288 dir=2"));
	EXPECT_EQ(2, traced("size=12288 dir=1"));
	EXPECT_EQ(0, traced("size=20480"));
	EXPECT_EQ(0, amp_attr_write("-:bulk_cpu\n-:bulk_device\n", TRACING "/kprobe_events"));
	close(cached);
	close(combining);
}

AMP_HARNESS_MAIN(amp_fw_bulk())
