// SPDX-License-Identifier: GPL-2.0
/*
 * RPMSG_CREATE_EPT_FD_IOCTL: endpoints without a node, with good and bad
 * arguments, and what ends them.
 */
#include <signal.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>

#include "amp_harness.h"
#include "leaks.h"
#include "node.h"

#define SRC	700
#define MANY	64

FIXTURE(ept_fd)
{
	int ctrl;
	/* of the firmware's endpoint that echoes */
	unsigned int dst;
};

FIXTURE_SETUP(ept_fd)
{
	char node[64];
	long dst;

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	ASSERT_EQ(0, amp_channel_wait(AMP_RAW, node, sizeof(node)));
	dst = node_attr(AMP_ECHO, "dst");
	ASSERT_LT(0, dst);
	self->dst = dst;
	ASSERT_TRUE(amp_wait_for((self->ctrl = node_ctrl_open()) >= 0));
}

FIXTURE_TEARDOWN(ept_fd)
{
	close(self->ctrl);
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_nodes());
}

TEST_F(ept_fd, echoes_and_has_no_node)
{
	int nodes = amp_nodes(), fd;
	char buf[AMP_MTU + 1];

	fd = node_create_fd(self->ctrl, "mine", SRC, self->dst, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(nodes, amp_nodes());
	EXPECT_EQ(0, amp_echo(fd, 0, 1));
	EXPECT_EQ(0, amp_echo(fd, 1, 2));
	EXPECT_EQ(0, amp_echo(fd, AMP_MTU, 3));
	EXPECT_EQ(-1, write(fd, buf, AMP_MTU + 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(POLLOUT, node_events(fd));
	errno = 0;
	EXPECT_EQ(-1, lseek(fd, 0, SEEK_SET));
	EXPECT_EQ(ESPIPE, errno);
	close(fd);
	EXPECT_EQ(-1, fcntl(fd, F_GETFD));
}

TEST_F(ept_fd, flags_are_those_of_the_file)
{
	static const int access[] = { O_RDONLY, O_WRONLY, O_RDWR };
	static const int more[] = { 0, O_NONBLOCK, O_CLOEXEC, O_NONBLOCK | O_CLOEXEC };
	unsigned int i, k;
	char in[512];
	int fd;

	for (i = 0; i < 3; i++) {
		for (k = 0; k < 4; k++) {
			/* another address each time, or it gets the last one's answer */
			fd = node_create_fd(self->ctrl, "x", SRC + 4 * i + k,
					    self->dst, access[i] | more[k]);
			ASSERT_LE(0, fd);
			EXPECT_EQ(access[i] | (more[k] & O_NONBLOCK),
				  fcntl(fd, F_GETFL) & (O_ACCMODE | O_NONBLOCK));
			EXPECT_EQ(more[k] & O_CLOEXEC ? FD_CLOEXEC : 0,
				  fcntl(fd, F_GETFD));
			if (access[i] == O_RDONLY) {
				EXPECT_EQ(-1, write(fd, "x", 1));
				EXPECT_EQ(EBADF, errno);
			}
			if (access[i] == O_WRONLY) {
				EXPECT_EQ(-1, read(fd, in, sizeof(in)));
				EXPECT_EQ(EBADF, errno);
				EXPECT_EQ(1, write(fd, "x", 1));
			} else if (more[k] & O_NONBLOCK) {
				EXPECT_EQ(-1, read(fd, in, sizeof(in)));
				EXPECT_EQ(EAGAIN, errno);
			}
			close(fd);
		}
	}
}

TEST_F(ept_fd, other_flags_are_refused)
{
	int files = node_open_files(), bit, fd;

	EXPECT_EQ(-EINVAL, node_create_fd(self->ctrl, "x", SRC, self->dst, O_ACCMODE));
	EXPECT_EQ(-EINVAL, node_create_fd(self->ctrl, "x", SRC, self->dst, ~0U));
	for (bit = 2; bit < 32; bit++) {
		unsigned int flag = 1U << bit;

		if (flag == O_NONBLOCK || flag == O_CLOEXEC)
			continue;
		fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR | flag);
		EXPECT_EQ(-EINVAL, fd) {
			TH_LOG("flag 0x%x", flag);
		}
		if (fd >= 0)
			close(fd);
	}
	EXPECT_EQ(files, node_open_files());
	/* nothing holds the address */
	fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
}

/* The next descriptor: one that is reserved and not open is shown nowhere else. */
static int next_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

TEST_F(ept_fd, bad_pointers_leave_nothing)
{
	struct rpmsg_endpoint_fd_info *info;
	long page = sysconf(_SC_PAGESIZE);
	int files = node_open_files(), next = next_descriptor(), i, fd;
	char *area;

	area = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	ASSERT_EQ(0, mprotect(area + page, page, PROT_NONE));
	info = (void *)(area + page - sizeof(*info));
	info->src = SRC;
	info->dst = self->dst;
	info->flags = O_RDWR;
	EXPECT_EQ(-1, ioctl(self->ctrl, RPMSG_CREATE_EPT_FD_IOCTL, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->ctrl, RPMSG_CREATE_EPT_FD_IOCTL, area + page));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(self->ctrl, RPMSG_CREATE_EPT_FD_IOCTL, (char *)info + 1));
	EXPECT_EQ(EFAULT, errno);

	/* read, but not written: no file, no address, may stay behind */
	ASSERT_EQ(0, mprotect(area, page, PROT_READ));
	for (i = 0; i < MANY; i++) {
		errno = 0;
		ASSERT_EQ(-1, ioctl(self->ctrl, RPMSG_CREATE_EPT_FD_IOCTL, info));
		ASSERT_EQ(EFAULT, errno);
	}
	EXPECT_EQ(files, node_open_files());
	EXPECT_EQ(next, next_descriptor());
	ASSERT_EQ(0, mprotect(area, page, PROT_READ | PROT_WRITE));
	ASSERT_EQ(0, ioctl(self->ctrl, RPMSG_CREATE_EPT_FD_IOCTL, info));
	fd = info->fd;
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
	munmap(area, 2 * page);
}

TEST_F(ept_fd, no_free_descriptor)
{
	struct rlimit before, none = { 0 };
	int fd;

	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &before));
	none.rlim_max = before.rlim_max;
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
	fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);
	ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &before));
	EXPECT_EQ(-EMFILE, fd);
	fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);
	EXPECT_LE(0, fd);
	close(fd);
}

TEST_F(ept_fd, only_on_the_control_device)
{
	int fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTTY, node_create_fd(fd, "y", SRC + 1, self->dst, O_RDWR));
	EXPECT_EQ(-1, ioctl(fd, RPMSG_CREATE_EPT_IOCTL, NULL));
	EXPECT_EQ(ENOTTY, errno);
	close(fd);
}

TEST_F(ept_fd, addresses)
{
	int a, b, next;

	a = node_create_fd(self->ctrl, "a", SRC, self->dst, O_RDWR);
	ASSERT_LE(0, a);
	next = next_descriptor();
	EXPECT_EQ(-EINVAL, node_create_fd(self->ctrl, "b", SRC, self->dst, O_RDWR));
	EXPECT_EQ(-EINVAL, node_create_fd(self->ctrl, "b", 53, self->dst, O_RDWR));
	EXPECT_EQ(next, next_descriptor());
	b = node_create_fd(self->ctrl, "b", NODE_ADDR_ANY, self->dst, O_RDWR);
	ASSERT_LE(0, b);
	EXPECT_EQ(0, amp_echo(b, 100, 1));
	EXPECT_EQ(0, amp_echo(a, 100, 2));
	close(a);
	a = node_create_fd(self->ctrl, "a", SRC, NODE_ADDR_ANY, O_RDWR);
	ASSERT_LE(0, a);
	EXPECT_EQ(-1, write(a, "x", 1));
	EXPECT_EQ(EINVAL, errno);
	close(a);
	EXPECT_EQ(0, amp_echo(b, 100, 3));
	close(b);
}

TEST_F(ept_fd, many_at_once)
{
	int fd[MANY], i;

	for (i = 0; i < MANY; i++) {
		fd[i] = node_create_fd(self->ctrl, "many", NODE_ADDR_ANY, self->dst,
				       O_RDWR);
		ASSERT_LE(0, fd[i]);
	}
	for (i = 0; i < MANY; i++)
		EXPECT_EQ(0, amp_echo(fd[i], 10 + i, i));
	for (i = 0; i < MANY; i += 2)
		close(fd[i]);
	for (i = 1; i < MANY; i += 2)
		EXPECT_EQ(0, amp_echo(fd[i], 10 + i, i));
	for (i = 1; i < MANY; i += 2)
		close(fd[i]);
}

TEST_F(ept_fd, destroyed_while_open)
{
	int fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);
	int next;
	pid_t pid;

	ASSERT_LE(0, fd);
	pid = amp_blocked_reader(fd);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, ioctl(fd, RPMSG_DESTROY_EPT_IOCTL));
	EXPECT_EQ(EPIPE, amp_wait_child(pid));
	EXPECT_EQ(0, amp_wait_gone(fd));
	EXPECT_EQ(0, ioctl(fd, RPMSG_DESTROY_EPT_IOCTL));

	next = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);
	ASSERT_LE(0, next);
	EXPECT_EQ(0, amp_echo(next, 100, 1));
	close(fd);
	EXPECT_EQ(0, amp_echo(next, 100, 2));
	close(next);
}

TEST_F(ept_fd, control_device_may_be_closed)
{
	int fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);

	ASSERT_LE(0, fd);
	close(self->ctrl);
	self->ctrl = -1;
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
}

TEST_F(ept_fd, stop_of_the_core_while_open)
{
	int fd[3], i;
	pid_t pid;

	for (i = 0; i < 3; i++) {
		fd[i] = node_create_fd(self->ctrl, "x", SRC + i, self->dst, O_RDWR);
		ASSERT_LE(0, fd[i]);
	}
	close(fd[1]);
	pid = amp_blocked_reader(fd[0]);
	ASSERT_LT(0, pid);
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(EPIPE, amp_wait_child(pid));
	EXPECT_EQ(0, amp_wait_gone(fd[0]));
	EXPECT_EQ(0, amp_wait_gone(fd[2]));
	EXPECT_EQ(0, ioctl(fd[0], RPMSG_DESTROY_EPT_IOCTL));
	EXPECT_EQ(-ENODEV, node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR));
	close(fd[0]);

	/* one of the last life doesn't hold an address of the next */
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	close(self->ctrl);
	ASSERT_TRUE(amp_wait_for((self->ctrl = node_ctrl_open()) >= 0));
	self->dst = node_attr(AMP_ECHO, "dst");
	fd[0] = node_create_fd(self->ctrl, "x", SRC + 2, self->dst, O_RDWR);
	ASSERT_LE(0, fd[0]);
	EXPECT_EQ(0, amp_echo(fd[0], 100, 1));
	close(fd[2]);
	EXPECT_EQ(0, amp_echo(fd[0], 100, 2));
	close(fd[0]);
}

TEST_F(ept_fd, gone_with_its_killed_owner)
{
	int i, fd;
	pid_t pid;

	for (i = 0; i < 10; i++) {
		pid = fork();
		if (!pid) {
			char in[512];

			fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);
			_exit(fd < 0 ? 1 : read(fd, in, sizeof(in)) < 0 ? 2 : 3);
		}
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
		EXPECT_EQ(-EINVAL, node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR));
		kill(pid, SIGKILL);
		ASSERT_EQ(128 + SIGKILL, amp_wait_child(pid));
		fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, amp_echo(fd, 100, i));
		close(fd);
	}
}

TEST_F(ept_fd, module_stays_while_open)
{
	int fd = node_create_fd(self->ctrl, "x", SRC, self->dst, O_RDWR);

	if (!amp_module_loaded("amp_rpmsg_char"))
		SKIP(return, "amp_rpmsg_char is not a loaded module");

	ASSERT_LE(0, fd);
	close(self->ctrl);
	self->ctrl = -1;
	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	/* nor while it is a dead one's */
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	close(fd);
	EXPECT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	EXPECT_EQ(0, amp_module_load("amp_rpmsg_char"));
}

struct cycle {
	int ctrl;
	unsigned int dst;
};

static int cycle(void *data, int i)
{
	struct cycle *c = data;
	int fd = node_create_fd(c->ctrl, "leak", NODE_ADDR_ANY, c->dst, O_RDWR);
	int ret;

	if (fd < 0)
		return fd;
	ret = amp_echo(fd, 100, i);
	if (!ret && i % 2 && ioctl(fd, RPMSG_DESTROY_EPT_IOCTL))
		ret = -errno;
	close(fd);
	return ret;
}

TEST_F_TIMEOUT(ept_fd, nothing_is_lost, 200)
{
	struct cycle c = { .ctrl = self->ctrl, .dst = self->dst };
	int cycles = amp_cycles(2000);

	/* a transmit buffer keeps its last sender until it is used again: 256 of them */
	if (cycles < 600)
		cycles = 600;
	EXPECT_EQ(0, leaks_after(cycles, cycle, &c));
}

AMP_HARNESS_MAIN(amp_fw_echo())
