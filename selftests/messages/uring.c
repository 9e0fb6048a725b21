// SPDX-License-Identifier: GPL-2.0
/*
 * io_uring on a node, by its system calls: reads and writes in the queue's own
 * time, polls, what is cancelled, and that O_NONBLOCK still doesn't wait.
 */
#include <linux/io_uring.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>

#include "amp_harness.h"
#include "node.h"

#define ENTRIES	64

struct ring {
	int fd;
	size_t size, sqes_size;
	void *area;
	struct io_uring_sqe *sqes;
	unsigned int *sq_tail, *sq_mask, *sq_array;
	unsigned int *cq_head, *cq_tail, *cq_mask;
	struct io_uring_cqe *cqes;
	int rw_flags;	/* of reads and writes to come */
};

static int ring_open(struct ring *r)
{
	struct io_uring_params p = { 0 };
	char *area;
	size_t cq;

	r->fd = syscall(SYS_io_uring_setup, ENTRIES, &p);
	if (r->fd < 0)
		return -errno;
	/* from 5.4 */
	if (!(p.features & IORING_FEAT_SINGLE_MMAP))
		return -ENOSYS;
	r->size = p.sq_off.array + p.sq_entries * sizeof(unsigned int);
	cq = p.cq_off.cqes + p.cq_entries * sizeof(struct io_uring_cqe);
	if (r->size < cq)
		r->size = cq;
	area = mmap(NULL, r->size, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd,
		    IORING_OFF_SQ_RING);
	r->sqes_size = p.sq_entries * sizeof(struct io_uring_sqe);
	r->sqes = mmap(NULL, r->sqes_size, PROT_READ | PROT_WRITE, MAP_SHARED,
		       r->fd, IORING_OFF_SQES);
	if (area == MAP_FAILED || r->sqes == MAP_FAILED)
		return -ENOMEM;
	r->area = area;
	r->sq_tail = (void *)(area + p.sq_off.tail);
	r->sq_mask = (void *)(area + p.sq_off.ring_mask);
	r->sq_array = (void *)(area + p.sq_off.array);
	r->cq_head = (void *)(area + p.cq_off.head);
	r->cq_tail = (void *)(area + p.cq_off.tail);
	r->cq_mask = (void *)(area + p.cq_off.ring_mask);
	r->cqes = (void *)(area + p.cq_off.cqes);
	return 0;
}

static void ring_close(struct ring *r)
{
	if (r->area) {
		munmap(r->area, r->size);
		munmap(r->sqes, r->sqes_size);
	}
	close(r->fd);
}

/* Hands one request to the kernel. */
static int ring_submit(struct ring *r, int op, int fd, const void *buf,
		       unsigned int len, unsigned int flags, uint64_t id)
{
	unsigned int tail = *r->sq_tail, i = tail & *r->sq_mask;
	struct io_uring_sqe *sqe = &r->sqes[i];

	memset(sqe, 0, sizeof(*sqe));
	sqe->opcode = op;
	sqe->fd = fd;
	sqe->addr = (uintptr_t)buf;
	sqe->flags = flags;
	sqe->user_data = id;
	if (op == IORING_OP_POLL_ADD)
		sqe->poll32_events = len;
	else
		sqe->len = len;
	if (op == IORING_OP_READ || op == IORING_OP_WRITE) {
		sqe->off = -1;
		sqe->rw_flags = r->rw_flags;
	}
	r->sq_array[i] = i;
	__atomic_store_n(r->sq_tail, tail + 1, __ATOMIC_RELEASE);
	return syscall(SYS_io_uring_enter, r->fd, 1, 0, 0, NULL, 0) == 1 ? 0 : -errno;
}

static bool ring_done(struct ring *r)
{
	/* what has been put off to this task is done when it enters the kernel */
	syscall(SYS_io_uring_enter, r->fd, 0, 0, IORING_ENTER_GETEVENTS, NULL, 0);
	return __atomic_load_n(r->cq_tail, __ATOMIC_ACQUIRE) != *r->cq_head;
}

static int ring_wait(struct ring *r, uint64_t *id)
{
	struct io_uring_cqe *cqe;
	int res;

	if (!amp_wait_for(ring_done(r)))
		return -ETIMEDOUT;
	cqe = &r->cqes[*r->cq_head & *r->cq_mask];
	*id = cqe->user_data;
	res = cqe->res;
	__atomic_store_n(r->cq_head, *r->cq_head + 1, __ATOMIC_RELEASE);
	return res;
}

FIXTURE(uring)
{
	struct ring ring;
	int fd;
};

FIXTURE_VARIANT(uring)
{
	unsigned int flags;
};

FIXTURE_VARIANT_ADD(uring, inline) { .flags = 0 };
FIXTURE_VARIANT_ADD(uring, worker) { .flags = IOSQE_ASYNC };

FIXTURE_SETUP(uring)
{
	int ret = ring_open(&self->ring);

	self->fd = -1;
	if (ret == -ENOSYS || ret == -EPERM)
		SKIP(return, "the kernel has no io_uring, or doesn't allow it");
	ASSERT_EQ(0, ret);
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(uring)
{
	ring_close(&self->ring);
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(uring, messages_come_back)
{
	char out[AMP_MTU], in[512];
	unsigned int i, len;
	uint64_t id;

	for (i = 0; i < 200; i++) {
		len = i * 211 % (AMP_MTU + 1);
		amp_fill(out, len, i);
		ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_WRITE, self->fd, out,
					 len, variant->flags, 1));
		ASSERT_EQ((int)len, ring_wait(&self->ring, &id));
		ASSERT_EQ(1ULL, id);
		ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_READ, self->fd, in,
					 sizeof(in), variant->flags, 2));
		ASSERT_EQ((int)len, ring_wait(&self->ring, &id));
		ASSERT_EQ(2ULL, id);
		ASSERT_EQ(0, memcmp(in, out, len));
	}
}

TEST_F(uring, reads_wait_for_messages)
{
	char in[8][512];
	unsigned int i, seen = 0;
	uint64_t id;

	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_READ, self->fd, in[i],
					 sizeof(in[i]), variant->flags, i));
	EXPECT_FALSE(ring_done(&self->ring));
	for (i = 0; i < 8; i++)
		ASSERT_EQ(0, amp_send(self->fd, &i, sizeof(i)));
	for (i = 0; i < 8; i++) {
		ASSERT_EQ((int)sizeof(i), ring_wait(&self->ring, &id));
		ASSERT_GT(8ULL, id);
		/* each message went to one of them, in whatever order */
		ASSERT_GT(8, in[id][0]);
		seen |= 1U << in[id][0];
	}
	EXPECT_EQ(0xffU, seen);
}

TEST_F(uring, poll_tells_of_a_message)
{
	char in[512];
	uint64_t id;
	int ret;

	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_POLL_ADD, self->fd, NULL,
				 POLLIN, variant->flags, 7));
	EXPECT_FALSE(ring_done(&self->ring));
	ASSERT_EQ(0, amp_send(self->fd, "x", 1));
	ret = ring_wait(&self->ring, &id);
	ASSERT_LE(0, ret);
	EXPECT_EQ(POLLIN, ret & (POLLIN | POLLERR | POLLHUP));
	EXPECT_EQ(1, read(self->fd, in, sizeof(in)));
	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_POLL_ADD, self->fd, NULL,
				 POLLOUT, variant->flags, 8));
	ret = ring_wait(&self->ring, &id);
	ASSERT_LE(0, ret);
	EXPECT_EQ(POLLOUT, ret & (POLLOUT | POLLERR | POLLHUP));
	EXPECT_EQ(8ULL, id);
}

TEST_F(uring, pending_read_is_cancelled)
{
	int i, res[3] = { 0 };
	char in[512];
	uint64_t id;

	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_READ, self->fd, in,
				 sizeof(in), variant->flags, 1));
	EXPECT_FALSE(ring_done(&self->ring));
	/* the address of a request to cancel is its number */
	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_ASYNC_CANCEL, -1, (void *)1,
				 0, 0, 2));
	for (i = 0; i < 2; i++) {
		int ret = ring_wait(&self->ring, &id);

		ASSERT_LE(1ULL, id);
		ASSERT_GE(2ULL, id);
		res[id] = ret;
	}
	/* a worker that already sleeps is woken, the result then is its */
	EXPECT_TRUE(res[1] == -ECANCELED || res[1] == -EINTR) {
		TH_LOG("read %d, cancel %d", res[1], res[2]);
	}
	EXPECT_TRUE(!res[2] || res[2] == -EALREADY) {
		TH_LOG("read %d, cancel %d", res[1], res[2]);
	}
	/* it doesn't take the next message */
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

/* O_NONBLOCK of the file doesn't say so: io_uring then polls, for any file. */
TEST_F(uring, nonblocking_request_does_not_wait)
{
	char in[512];
	uint64_t id;

	self->ring.rw_flags = RWF_NOWAIT;
	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_READ, self->fd, in,
				 sizeof(in), variant->flags, 1));
	EXPECT_EQ(-EAGAIN, ring_wait(&self->ring, &id));
	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_WRITE, self->fd, "abc", 3,
				 variant->flags, 2));
	EXPECT_EQ(3, ring_wait(&self->ring, &id));
	ASSERT_EQ(3, amp_receive(self->fd, in, sizeof(in)));
}

TEST_F(uring, errors_are_those_of_read_and_write)
{
	char buf[AMP_MTU + 1] = "";
	uint64_t id;

	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_WRITE, self->fd, buf,
				 AMP_MTU + 1, variant->flags, 1));
	EXPECT_EQ(-EMSGSIZE, ring_wait(&self->ring, &id));
	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_WRITE, self->fd,
				 (void *)-4096L, 10, variant->flags, 2));
	EXPECT_EQ(-EFAULT, ring_wait(&self->ring, &id));
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

TEST_F(uring, stop_ends_a_pending_read)
{
	char in[512];
	uint64_t id;

	ASSERT_EQ(0, ring_submit(&self->ring, IORING_OP_READ, self->fd, in,
				 sizeof(in), variant->flags, 1));
	EXPECT_FALSE(ring_done(&self->ring));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(-EPIPE, ring_wait(&self->ring, &id));
}

TEST_F(uring, closed_with_reads_pending)
{
	struct ring other;
	char in[512];
	int fd;

	ASSERT_EQ(0, ring_open(&other));
	ASSERT_EQ(0, ring_submit(&other, IORING_OP_READ, self->fd, in, sizeof(in),
				 variant->flags, 1));
	close(self->fd);
	ring_close(&other);
	/* the file goes with the request, some time after the ring */
	ASSERT_TRUE(amp_wait_for((fd = amp_open(AMP_ECHO, O_RDWR)) != -EBUSY));
	self->fd = fd;
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, amp_echo(self->fd, 100, 1));
}

AMP_HARNESS_MAIN(amp_fw_echo())
