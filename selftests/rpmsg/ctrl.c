// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/rpmsg_ctrlN: endpoints and channels that user space creates, with good
 * and bad arguments, and the life of their nodes.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>

#include "amp_harness.h"
#include "leaks.h"

#ifndef RPMSG_ADDR_ANY
#define RPMSG_ADDR_ANY	0xFFFFFFFF
#endif
/* From 6.6 */
#ifndef RPMSG_GET_OUTGOING_FLOWCONTROL
#define RPMSG_GET_OUTGOING_FLOWCONTROL	_IOR(0xb5, 0x5, int)
#define RPMSG_SET_INCOMING_FLOWCONTROL	_IOR(0xb5, 0x6, int)
#endif

#ifdef SYS_poll
#define NR_POLL	SYS_poll
#else
#define NR_POLL	SYS_ppoll
#endif

#define BUS	"/sys/bus/rpmsg/devices"
#define CLASS	"/sys/class/rpmsg"

#define MANY	64
#define SRC	700

static bool ctrl_find(char *ctrl, size_t size)
{
	char path[PATH_MAX];
	struct stat st;
	struct dirent *d;
	bool found = false;
	DIR *dir;

	dir = opendir(CLASS);
	if (!dir)
		return false;
	while (!found && (d = readdir(dir))) {
		if (strncmp(d->d_name, "rpmsg_ctrl", 10))
			continue;
		if (strlen(d->d_name) >= size)
			continue;
		strcpy(ctrl, d->d_name);
		snprintf(path, sizeof(path), "/dev/%s", d->d_name);
		found = !stat(path, &st) && S_ISCHR(st.st_mode);
	}
	closedir(dir);
	return found;
}

static int ctrl_open(char *ctrl, size_t size)
{
	char path[80];
	int fd;

	if (!amp_wait_for(ctrl_find(ctrl, size)))
		return -ETIMEDOUT;
	snprintf(path, sizeof(path), "/dev/%s", ctrl);
	fd = open(path, O_RDWR | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static int request(int fd, unsigned long cmd, const char *name,
		   unsigned int src, unsigned int dst)
{
	struct rpmsg_endpoint_info info = { .src = src, .dst = dst };

	strncpy(info.name, name, sizeof(info.name) - 1);
	return ioctl(fd, cmd, &info) ? -errno : 0;
}

static int create(int fd, const char *name, unsigned int src, unsigned int dst)
{
	return request(fd, RPMSG_CREATE_EPT_IOCTL, name, src, dst);
}

/* The N of the rpmsgN that was created last with this descriptor */
static int created(int fd)
{
	char buf[512], *at;
	int n;

	if (amp_attr_read(buf, sizeof(buf), "/proc/self/fdinfo/%d", fd) <= 0)
		return -ENOENT;
	at = strstr(buf, "rpmsg-created:");
	return at && sscanf(at, "rpmsg-created: rpmsg%d", &n) == 1 ? n : -ESRCH;
}

static int node_open(int n, int flags)
{
	char path[32];
	int fd;

	snprintf(path, sizeof(path), "/dev/rpmsg%d", n);
	/* by a daemon's hand on some systems, a little later */
	amp_wait_for(!access(path, F_OK));
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

static bool node_exists(int n)
{
	char path[64];

	snprintf(path, sizeof(path), CLASS "/rpmsg%d", n);
	if (!access(path, F_OK))
		return true;
	snprintf(path, sizeof(path), "/dev/rpmsg%d", n);
	return !access(path, F_OK);
}

/* Creates an endpoint and opens its node. */
static int create_open(int fd, const char *name, unsigned int src,
		       unsigned int dst)
{
	int ret = create(fd, name, src, dst);

	if (!ret)
		ret = created(fd);
	return ret < 0 ? ret : node_open(ret, O_RDWR);
}

static int attr(int n, const char *which)
{
	char buf[64];

	return amp_attr_read(buf, sizeof(buf), CLASS "/rpmsg%d/%s", n, which) > 0 ?
	       atoi(buf) : -ENOENT;
}

static int destroy(int fd)
{
	return ioctl(fd, RPMSG_DESTROY_EPT_IOCTL) ? -errno : 0;
}

static short events_of(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pfd, 1, 0) < 0 ? -1 : pfd.revents;
}

/* The number of devices on the rpmsg bus with this text in their names */
static int devices(const char *text)
{
	struct dirent *d;
	int count = 0;
	DIR *dir;

	dir = opendir(BUS);
	if (!dir)
		return -errno;
	while ((d = readdir(dir)))
		if (strstr(d->d_name, text))
			count++;
	closedir(dir);
	return count;
}

FIXTURE(ctrl)
{
	char name[32];
	int fd;
	/* of the firmware's endpoint that echoes */
	unsigned int dst;
};

FIXTURE_SETUP(ctrl)
{
	char node[64], buf[32];

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	/* both channels, as nodes are counted */
	ASSERT_EQ(0, amp_channel_wait(AMP_RAW, node, sizeof(node)));
	ASSERT_EQ(0, amp_channel_wait(AMP_ECHO, node, sizeof(node)));
	ASSERT_LT(0, amp_attr_read(buf, sizeof(buf), CLASS "/%s/dst", node));
	self->dst = atoi(buf);
	self->fd = ctrl_open(self->name, sizeof(self->name));
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(ctrl)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_nodes());
}

TEST_F(ctrl, is_found_where_tools_look)
{
	char path[PATH_MAX], device[PATH_MAX], buf[64];
	struct amp_binding bound;
	int virtio, len = 0;
	const char *name;

	snprintf(path, sizeof(path), CLASS "/%s/device", self->name);
	ASSERT_NE(NULL, realpath(path, device));
	name = strrchr(device, '/') + 1;
	EXPECT_EQ(1, sscanf(name, "virtio%d.rpmsg_ctrl.0.0%n", &virtio, &len));
	EXPECT_EQ((int)strlen(name), len) {
		TH_LOG("device is %s", name);
	}
	snprintf(path, sizeof(path), BUS "/%s/rpmsg/%s", name, self->name);
	EXPECT_EQ(0, access(path, F_OK));

	ASSERT_EQ(0, amp_bound(&bound, "%s", device));
	EXPECT_STREQ("rpmsg_ctrl", strrchr(bound.driver, '/') + 1);
	EXPECT_LT(0, amp_attr_read(buf, sizeof(buf), "%s/name", device));
	EXPECT_STREQ("rpmsg_ctrl", buf);

	ASSERT_EQ(0, create(self->fd, "found", SRC, self->dst));
	snprintf(path, sizeof(path), CLASS "/%s/rpmsg%d/name", self->name,
		 created(self->fd));
	EXPECT_EQ(0, access(path, F_OK));
}

TEST_F(ctrl, unknown_commands_are_refused)
{
	struct rpmsg_endpoint_info info = { .name = "x", .src = SRC };
	static const unsigned long unknown[] = {
		RPMSG_DESTROY_EPT_IOCTL,
		RPMSG_GET_OUTGOING_FLOWCONTROL,
		_IOW(0xb5, 0x1, struct rpmsg_endpoint_info[2]),
		_IOR(0xb5, 0x1, struct rpmsg_endpoint_info),
		_IO(0xb5, 0x1),
		_IO(0xb5, 0x0),
		_IOW(0xb5, 0xff, struct rpmsg_endpoint_info),
		_IOW(0xb4, 0x1, struct rpmsg_endpoint_info),
		0, ~0U,
	};
	unsigned int i;
	int nodes = amp_nodes();

	for (i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++) {
		errno = 0;
		EXPECT_EQ(-1, ioctl(self->fd, unknown[i], &info));
		EXPECT_EQ(ENOTTY, errno);
	}
	EXPECT_EQ(nodes, amp_nodes());
	EXPECT_EQ(-ESRCH, created(self->fd));
}

TEST_F(ctrl, node_knows_its_own_commands_only)
{
	int fd = create_open(self->fd, "own", SRC, self->dst);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-ENOTTY, create(fd, "x", SRC + 1, self->dst));
	EXPECT_EQ(-ENOTTY, request(fd, RPMSG_CREATE_DEV_IOCTL, "x", 1, 2));
	EXPECT_EQ(-ENOTTY, request(fd, RPMSG_RELEASE_DEV_IOCTL, "x", 1, 2));
	EXPECT_EQ(-1, ioctl(fd, _IO(0xb5, 0xff)));
	EXPECT_EQ(ENOTTY, errno);
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
}

TEST_F(ctrl, bad_pointers_are_refused)
{
	static const unsigned long commands[] = {
		RPMSG_CREATE_EPT_IOCTL, RPMSG_CREATE_DEV_IOCTL,
		RPMSG_RELEASE_DEV_IOCTL,
	};
	long page = sysconf(_SC_PAGESIZE);
	struct rpmsg_endpoint_info *info;
	int nodes = amp_nodes();
	unsigned int i, k;
	char *area;

	area = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, area);
	ASSERT_EQ(0, mprotect(area + page, page, PROT_NONE));
	for (i = 0; i < 3; i++) {
		void *bad[] = {
			NULL, (void *)-4096L, area + page,
			area + page - sizeof(*info) + 1, area + page - 1,
		};

		for (k = 0; k < sizeof(bad) / sizeof(bad[0]); k++) {
			errno = 0;
			EXPECT_EQ(-1, ioctl(self->fd, commands[i], bad[k]));
			EXPECT_EQ(EFAULT, errno);
		}
	}
	EXPECT_EQ(nodes, amp_nodes());

	/* it is read only, to its last byte and no further */
	info = (void *)(area + page - sizeof(*info));
	info->src = RPMSG_ADDR_ANY;
	ASSERT_EQ(0, mprotect(area, page, PROT_READ));
	EXPECT_EQ(0, ioctl(self->fd, RPMSG_CREATE_EPT_IOCTL, info));
	munmap(area, 2 * page);
}

TEST_F(ctrl, endpoint_has_name_and_addresses_and_echoes)
{
	char buf[AMP_MTU + 1] = "";
	int n, fd;

	ASSERT_EQ(0, create(self->fd, "by hand", SRC, self->dst));
	n = created(self->fd);
	ASSERT_LE(0, n);
	EXPECT_LT(0, amp_attr_read(buf, sizeof(buf), CLASS "/rpmsg%d/name", n));
	EXPECT_STREQ("by hand", buf);
	EXPECT_EQ(SRC, attr(n, "src"));
	EXPECT_EQ((int)self->dst, attr(n, "dst"));

	fd = node_open(n, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EBUSY, node_open(n, O_RDWR));
	EXPECT_EQ(SRC, attr(n, "src"));
	EXPECT_EQ(0, amp_echo(fd, 0, 1));
	EXPECT_EQ(0, amp_echo(fd, 1, 2));
	EXPECT_EQ(0, amp_echo(fd, AMP_MTU, 3));
	errno = 0;
	EXPECT_EQ(-1, write(fd, buf, AMP_MTU + 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(POLLOUT, events_of(fd));
	close(fd);

	fd = node_open(n, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, buf, sizeof(buf)));
	EXPECT_EQ(EAGAIN, errno);
	EXPECT_EQ(0, amp_echo(fd, 100, 4));
	close(fd);
}

TEST_F(ctrl, any_address_is_shown_once_it_is_known)
{
	int a, b, n, m;

	ASSERT_EQ(0, create(self->fd, "any", RPMSG_ADDR_ANY, self->dst));
	n = created(self->fd);
	ASSERT_LE(0, n);
	EXPECT_EQ(-1, attr(n, "src"));
	ASSERT_EQ(0, create(self->fd, "any", RPMSG_ADDR_ANY, self->dst));
	m = created(self->fd);
	ASSERT_LE(0, m);
	EXPECT_NE(n, m);

	a = node_open(n, O_RDWR);
	b = node_open(m, O_RDWR);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_LE(1024, attr(n, "src"));
	EXPECT_LE(1024, attr(m, "src"));
	EXPECT_NE(attr(n, "src"), attr(m, "src"));
	EXPECT_EQ(0, amp_echo(a, 100, 1));
	EXPECT_EQ(0, amp_echo(b, 100, 2));
	close(a);
	EXPECT_EQ(-1, attr(n, "src"));
	close(b);
}

TEST_F(ctrl, each_file_tells_what_it_created)
{
	char name[32];
	int other = ctrl_open(name, sizeof(name));
	int a, b;

	ASSERT_LE(0, other);
	EXPECT_EQ(-ESRCH, created(self->fd));
	ASSERT_EQ(0, create(self->fd, "a", SRC, self->dst));
	EXPECT_EQ(-ESRCH, created(other));
	ASSERT_EQ(0, create(other, "b", SRC + 1, self->dst));
	a = created(self->fd);
	b = created(other);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	EXPECT_EQ(SRC, attr(a, "src"));
	EXPECT_EQ(SRC + 1, attr(b, "src"));
	close(other);
	EXPECT_TRUE(node_exists(b));
}

TEST_F(ctrl, two_at_once_get_their_own_answers)
{
	char out[2][200], in[512];
	int a, b, i;

	a = create_open(self->fd, "a", SRC, self->dst);
	b = create_open(self->fd, "b", SRC + 1, self->dst);
	ASSERT_LE(0, a);
	ASSERT_LE(0, b);
	for (i = 0; i < 200; i++) {
		amp_fill(out[0], 100 + i % 100, 2 * i);
		amp_fill(out[1], 199 - i % 100, 2 * i + 1);
		ASSERT_EQ(0, amp_send(a, out[0], 100 + i % 100));
		ASSERT_EQ(0, amp_send(b, out[1], 199 - i % 100));
		/* in the other order than they were sent */
		ASSERT_EQ(199 - i % 100, amp_receive(b, in, sizeof(in)));
		ASSERT_EQ(0, memcmp(in, out[1], 199 - i % 100));
		ASSERT_EQ(100 + i % 100, amp_receive(a, in, sizeof(in)));
		ASSERT_EQ(0, memcmp(in, out[0], 100 + i % 100));
	}
	close(a);
	close(b);
}

TEST_F(ctrl, taken_address_is_refused)
{
	int n, m, fd, second;

	/* as by mainline, an address is taken by who opens the node */
	ASSERT_EQ(0, create(self->fd, "first", SRC, self->dst));
	n = created(self->fd);
	ASSERT_EQ(0, create(self->fd, "second", SRC, self->dst));
	m = created(self->fd);
	fd = node_open(n, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, node_open(m, O_RDWR));
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
	second = node_open(m, O_RDWR);
	ASSERT_LE(0, second);
	EXPECT_EQ(-EINVAL, node_open(n, O_RDWR));
	EXPECT_EQ(0, amp_echo(second, 100, 2));
	EXPECT_EQ(0, destroy(second));
	fd = node_open(n, O_RDWR);
	EXPECT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, 100, 3));
	close(second);
	EXPECT_EQ(0, amp_echo(fd, 100, 4));
	close(fd);
}

TEST_F(ctrl, addresses_that_no_endpoint_can_have)
{
	char node[64], buf[32];
	unsigned int src[4] = { 53, 0x7fffffff, 0x80000000, 0 };
	int i, fd;

	/* that of a channel */
	ASSERT_EQ(0, amp_channel_find(AMP_RAW, node, sizeof(node)));
	ASSERT_LT(0, amp_attr_read(buf, sizeof(buf), CLASS "/%s/src", node));
	src[3] = atoi(buf);
	for (i = 0; i < 4; i++) {
		fd = create_open(self->fd, "x", src[i], self->dst);
		EXPECT_EQ(-EINVAL, fd) {
			TH_LOG("0x%x", src[i]);
		}
		if (fd >= 0)
			close(fd);
	}
	/* OpenAMP's examples use it */
	fd = create_open(self->fd, "x", 0, self->dst);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
}

TEST_F(ctrl, endpoint_without_a_destination)
{
	int fd = create_open(self->fd, "x", SRC, RPMSG_ADDR_ANY);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, attr(created(self->fd), "dst"));
	EXPECT_EQ(-1, write(fd, "x", 1));
	EXPECT_EQ(EINVAL, errno);
	close(fd);
}

TEST_F(ctrl, long_names_are_cut)
{
	struct rpmsg_endpoint_info info = { .src = SRC, .dst = self->dst };
	char buf[64];

	memset(info.name, 'n', sizeof(info.name));
	ASSERT_EQ(0, ioctl(self->fd, RPMSG_CREATE_EPT_IOCTL, &info));
	EXPECT_EQ(31, amp_attr_read(buf, sizeof(buf), CLASS "/rpmsg%d/name",
				    created(self->fd)));
	EXPECT_EQ(0, strncmp(info.name, buf, 31));

	EXPECT_EQ(0, create(self->fd, "", SRC, self->dst));
	EXPECT_EQ(0, amp_attr_read(buf, sizeof(buf), CLASS "/rpmsg%d/name",
				   created(self->fd)));
}

TEST_F(ctrl, flow_control_as_the_kernel_has_it)
{
	int fd = create_open(self->fd, "flow", SRC, self->dst);
	int version[2], state = -1;
	struct utsname u;

	ASSERT_LE(0, fd);
	uname(&u);
	ASSERT_EQ(2, sscanf(u.release, "%d.%d", &version[0], &version[1]));
	if (version[0] * 100 + version[1] < 606) {
		EXPECT_EQ(-1, ioctl(fd, RPMSG_GET_OUTGOING_FLOWCONTROL, &state));
		EXPECT_EQ(ENOTTY, errno);
		EXPECT_EQ(-1, ioctl(fd, RPMSG_SET_INCOMING_FLOWCONTROL, 1));
		EXPECT_EQ(ENOTTY, errno);
		close(fd);
		return;
	}
	EXPECT_EQ(0, ioctl(fd, RPMSG_GET_OUTGOING_FLOWCONTROL, &state));
	EXPECT_EQ(0, state);
	EXPECT_EQ(-1, ioctl(fd, RPMSG_GET_OUTGOING_FLOWCONTROL, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(fd, RPMSG_SET_INCOMING_FLOWCONTROL, 2));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(fd, RPMSG_SET_INCOMING_FLOWCONTROL, 1));
	EXPECT_EQ(EOPNOTSUPP, errno);
	ASSERT_EQ(0, destroy(fd));
	EXPECT_EQ(-1, ioctl(fd, RPMSG_SET_INCOMING_FLOWCONTROL, 1));
	EXPECT_EQ(EPIPE, errno);
	close(fd);
}

static pid_t blocked_poller(int fd)
{
	pid_t pid = fork();

	if (!pid) {
		struct pollfd pfd = { .fd = fd, .events = POLLIN };

		_exit(poll(&pfd, 1, -1) == 1 ? pfd.revents : 255);
	}
	if (pid > 0 && amp_wait_blocked(pid, NR_POLL))
		return -1;
	return pid;
}

TEST_F(ctrl, destroyed_while_open_and_waited_for)
{
	int n, fd = create_open(self->fd, "doomed", SRC, self->dst);
	pid_t reader, poller;

	ASSERT_LE(0, fd);
	n = created(self->fd);
	ASSERT_EQ(0, amp_echo(fd, 100, 1));
	reader = amp_blocked_reader(fd);
	poller = blocked_poller(fd);
	ASSERT_LT(0, reader);
	ASSERT_LT(0, poller);

	ASSERT_EQ(0, destroy(fd));
	EXPECT_EQ(EPIPE, amp_wait_child(reader));
	EXPECT_EQ(POLLHUP | POLLERR, amp_wait_child(poller));
	EXPECT_EQ(0, amp_wait_gone(fd));
	EXPECT_TRUE(amp_wait_for(!node_exists(n)));
	/* as by mainline */
	EXPECT_EQ(0, destroy(fd));

	/* the address is free, though the dead node is open */
	n = create_open(self->fd, "next", SRC, self->dst);
	ASSERT_LE(0, n);
	EXPECT_EQ(0, amp_echo(n, 100, 2));
	close(fd);
	EXPECT_EQ(0, amp_echo(n, 100, 3));
	close(n);
}

TEST_F(ctrl, node_of_a_channel_is_not_destroyed)
{
	int fd = amp_open(AMP_ECHO, O_RDWR);

	ASSERT_LE(0, fd);
	EXPECT_EQ(-EINVAL, destroy(fd));
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
}

TEST_F(ctrl, nothing_is_kept_for_a_closed_node)
{
	char out[AMP_MTU], in[512];
	int n, fd, i;

	ASSERT_EQ(0, create(self->fd, "closed", SRC, self->dst));
	n = created(self->fd);
	memset(out, 'x', sizeof(out));
	for (i = 0; i < 20; i++) {
		fd = node_open(n, O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, amp_send(fd, out, sizeof(out)));
		close(fd);
	}
	/* all answers have come when one that was asked for later has */
	fd = create_open(self->fd, "later", SRC + 1, self->dst);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
	fd = node_open(n, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, fd);
	EXPECT_EQ(-1, read(fd, in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);
	close(fd);
}

TEST_F(ctrl, many)
{
	int nodes = amp_nodes(), fd[MANY], n[MANY], i;

	for (i = 0; i < MANY; i++) {
		fd[i] = create_open(self->fd, "one of many", RPMSG_ADDR_ANY,
				    self->dst);
		ASSERT_LE(0, fd[i]);
		n[i] = created(self->fd);
	}
	EXPECT_EQ(nodes + MANY, amp_nodes());
	for (i = 0; i < MANY; i++)
		ASSERT_EQ(0, amp_send(fd[i], &i, sizeof(i)));
	for (i = MANY - 1; i >= 0; i--) {
		int in = -1;

		ASSERT_EQ((int)sizeof(in), amp_receive(fd[i], &in, sizeof(in)));
		ASSERT_EQ(i, in);
	}
	for (i = 0; i < MANY; i++) {
		/* some open, some closed */
		if (i % 2) {
			close(fd[i]);
			fd[i] = node_open(n[i], O_RDWR);
			ASSERT_LE(0, fd[i]);
		}
		ASSERT_EQ(0, destroy(fd[i]));
		close(fd[i]);
	}
	EXPECT_TRUE(amp_wait_for(amp_nodes() == nodes));
}

/* Creates, uses and destroys endpoints; 0 if all went well. */
static int create_and_echo(unsigned int first, unsigned int dst)
{
	int fd[16], ctrl, i, k;
	char name[32];

	ctrl = ctrl_open(name, sizeof(name));
	if (ctrl < 0)
		return 1;
	for (k = 0; k < 5; k++) {
		for (i = 0; i < 16; i++) {
			fd[i] = create_open(ctrl, "process", first + i, dst);
			if (fd[i] < 0)
				return 2;
			if (attr(created(ctrl), "src") != (int)first + i)
				return 3;
		}
		for (i = 0; i < 16; i++)
			if (amp_echo(fd[i], 100 + i, first + i))
				return 4;
		for (i = 0; i < 16; i++) {
			if (destroy(fd[i]))
				return 5;
			close(fd[i]);
		}
	}
	return 0;
}

TEST_F_TIMEOUT(ctrl, two_processes, 120)
{
	int nodes = amp_nodes(), status, i;
	pid_t pid[2];

	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(create_and_echo(SRC + 100 * i, self->dst));
		ASSERT_LT(0, pid[i]);
	}
	for (i = 0; i < 2; i++) {
		/* bounded by the limit of the test */
		ASSERT_EQ(pid[i], waitpid(pid[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_TRUE(amp_wait_for(amp_nodes() == nodes));
}

TEST_F(ctrl, killed_process_leaves_the_address_free)
{
	pid_t pid;
	int i, n, fd;

	ASSERT_EQ(0, create(self->fd, "killed", SRC, self->dst));
	n = created(self->fd);
	for (i = 0; i < 10; i++) {
		pid = fork();
		if (!pid) {
			char in[512];

			fd = node_open(n, O_RDWR);
			if (fd < 0 || amp_echo(fd, 100, i))
				_exit(1);
			_exit(read(fd, in, sizeof(in)) < 0 ? 2 : 3);
		}
		ASSERT_LT(0, pid);
		ASSERT_EQ(0, amp_wait_blocked(pid, SYS_read));
		EXPECT_EQ(-EBUSY, node_open(n, O_RDWR));
		kill(pid, SIGKILL);
		ASSERT_EQ(128 + SIGKILL, amp_wait_child(pid));

		fd = create_open(self->fd, "next", SRC, self->dst);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, amp_echo(fd, 100, i));
		ASSERT_EQ(0, destroy(fd));
		close(fd);
	}
}

/* How the channel of nodes and control devices goes, and comes back */
struct way {
	int (*leave)(struct amp_binding *bound);
	int (*back)(struct amp_binding *bound);
};

static int stop_leave(struct amp_binding *bound)
{
	(void)bound;
	return amp_stop();
}

static int start_again(struct amp_binding *bound)
{
	(void)bound;
	return amp_start(amp_fw_echo());
}

static int ctrl_leave(struct amp_binding *bound)
{
	char name[32];

	if (!ctrl_find(name, sizeof(name)) ||
	    amp_bound(bound, CLASS "/%s/device", name))
		return -ENODEV;
	return amp_unbind(bound);
}

static int virtio_leave(struct amp_binding *bound)
{
	int ret = amp_bound_virtio(bound);

	return ret ? ret : amp_unbind(bound);
}

static int rpmsg_module_leave(struct amp_binding *bound)
{
	(void)bound;
	return amp_module_unload("amp_rpmsg");
}

static int rpmsg_module_back(struct amp_binding *bound)
{
	(void)bound;
	return amp_module_load("amp_rpmsg");
}

static int bind_back(struct amp_binding *bound)
{
	return amp_bind(bound);
}

static const struct way ways[] = {
	{ stop_leave, start_again },
	{ ctrl_leave, bind_back },
	{ virtio_leave, bind_back },
	{ rpmsg_module_leave, rpmsg_module_back },
};

TEST_F(ctrl, what_is_open_when_the_bus_goes)
{
	struct amp_binding bound;
	pid_t reader, poller;
	int fd, n, unopened;
	unsigned int i;

	for (i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (ways[i].leave == rpmsg_module_leave &&
		    !amp_module_loaded("amp_rpmsg"))
			continue;
		ASSERT_EQ(0, create(self->fd, "unopened", SRC + 1, self->dst));
		unopened = created(self->fd);
		fd = create_open(self->fd, "open", SRC, self->dst);
		ASSERT_LE(0, fd);
		n = created(self->fd);
		ASSERT_EQ(0, amp_echo(fd, 100, i));
		reader = amp_blocked_reader(fd);
		poller = blocked_poller(fd);
		ASSERT_LT(0, reader);
		ASSERT_LT(0, poller);

		ASSERT_EQ(0, ways[i].leave(&bound)) {
			TH_LOG("way %u", i);
		}
		EXPECT_EQ(EPIPE, amp_wait_child(reader));
		EXPECT_EQ(POLLHUP | POLLERR, amp_wait_child(poller));
		EXPECT_EQ(0, amp_wait_gone(fd));
		EXPECT_EQ(0, destroy(fd));
		EXPECT_TRUE(amp_wait_for(!node_exists(n)));
		EXPECT_TRUE(amp_wait_for(!node_exists(unopened)));
		EXPECT_EQ(-ENODEV, create(self->fd, "x", SRC, self->dst));
		EXPECT_EQ(-ENODEV, request(self->fd, RPMSG_CREATE_DEV_IOCTL,
					   "x", SRC, self->dst));
		EXPECT_EQ(-ENODEV, request(self->fd, RPMSG_RELEASE_DEV_IOCTL,
					   "x", SRC, self->dst));
		EXPECT_FALSE(ctrl_find(self->name, sizeof(self->name)));

		ASSERT_EQ(0, ways[i].back(&bound));
		n = ctrl_open(self->name, sizeof(self->name));
		ASSERT_LE(0, n);
		/* the old one stays dead */
		EXPECT_EQ(-ENODEV, create(self->fd, "x", SRC, self->dst));
		close(self->fd);
		self->fd = n;
		n = create_open(self->fd, "again", SRC, self->dst);
		ASSERT_LE(0, n);
		EXPECT_EQ(0, amp_echo(n, 100, i));
		EXPECT_EQ(-EPIPE, amp_send(fd, "x", 1));
		close(fd);
		EXPECT_EQ(0, amp_echo(n, 100, i + 1));
		EXPECT_EQ(0, destroy(n));
		close(n);
	}
}

TEST_F(ctrl, module_stays_while_open_and_takes_nodes_along)
{
	int fd;

	if (!amp_module_loaded("amp_rpmsg_char"))
		SKIP(return, "amp_rpmsg_char is not a loaded module");

	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	fd = create_open(self->fd, "open", SRC, self->dst);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, create(self->fd, "unopened", SRC, self->dst));
	close(self->fd);
	self->fd = -1;
	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	EXPECT_EQ(0, destroy(fd));
	EXPECT_EQ(-EWOULDBLOCK, amp_module_unload("amp_rpmsg_char"));
	close(fd);

	EXPECT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	EXPECT_EQ(0, amp_nodes());
	EXPECT_FALSE(ctrl_find(self->name, sizeof(self->name)));
	ASSERT_EQ(0, amp_module_load("amp_rpmsg_char"));
	self->fd = ctrl_open(self->name, sizeof(self->name));
	ASSERT_LE(0, self->fd);
	fd = create_open(self->fd, "again", SRC, self->dst);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, 100, 2));
	close(fd);
}

TEST_F(ctrl, channel_is_created_and_released)
{
	struct amp_binding bound;
	char path[PATH_MAX];
	int fd;

	ASSERT_EQ(0, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "by-hand", SRC,
			     self->dst));
	snprintf(path, sizeof(path), ".by-hand.%d.%u", SRC, self->dst);
	EXPECT_EQ(1, devices(path));
	fd = amp_open("by-hand", O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_bound_channel(&bound, "by-hand"));
	EXPECT_STREQ("rpmsg_chrdev", strrchr(bound.driver, '/') + 1);
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	EXPECT_EQ(-EINVAL, destroy(fd));

	/* it is there already, with whatever address */
	EXPECT_EQ(-ENXIO, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "by-hand",
				  SRC, self->dst));
	EXPECT_EQ(-ENXIO, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "by-hand",
				  RPMSG_ADDR_ANY, self->dst));
	EXPECT_EQ(-EINVAL, request(self->fd, RPMSG_RELEASE_DEV_IOCTL, "by-hand",
				   SRC + 1, self->dst));
	EXPECT_EQ(-EINVAL, request(self->fd, RPMSG_RELEASE_DEV_IOCTL, "by-han",
				   SRC, self->dst));
	EXPECT_EQ(0, amp_echo(fd, 100, 2));

	EXPECT_EQ(0, request(self->fd, RPMSG_RELEASE_DEV_IOCTL, "by-hand", SRC,
			     self->dst));
	EXPECT_EQ(0, amp_wait_gone(fd));
	EXPECT_EQ(0, devices("by-hand"));
	EXPECT_EQ(-EINVAL, request(self->fd, RPMSG_RELEASE_DEV_IOCTL, "by-hand",
				   SRC, self->dst));
	close(fd);

	/* with any address, and left to the stop of the core */
	ASSERT_EQ(0, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "left",
			     RPMSG_ADDR_ANY, self->dst));
	fd = amp_open("left", O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, 100, 3));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_wait_gone(fd));
	EXPECT_EQ(0, devices("left"));
	close(fd);
}

TEST_F(ctrl, channel_is_bound_again_though_its_address_is_taken)
{
	struct amp_binding bound;
	char path[PATH_MAX], node[64], buf[32];
	int fd, src;

	ASSERT_EQ(0, amp_channel_find(AMP_ECHO, node, sizeof(node)));
	ASSERT_LT(0, amp_attr_read(buf, sizeof(buf), CLASS "/%s/src", node));
	src = atoi(buf);
	ASSERT_EQ(0, amp_bound_channel(&bound, AMP_ECHO));
	snprintf(path, sizeof(path), BUS "/%s/src", bound.device);
	ASSERT_LT(0, amp_attr_read(buf, sizeof(buf), "%s", path));
	EXPECT_EQ(src, strtol(buf, NULL, 16));

	ASSERT_EQ(0, amp_unbind(&bound));
	ASSERT_LT(0, amp_attr_read(buf, sizeof(buf), "%s", path));
	EXPECT_STREQ("0xffffffff", buf);
	fd = create_open(self->fd, "instead", src, self->dst);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_bind(&bound));
	ASSERT_LT(0, amp_attr_read(buf, sizeof(buf), "%s", path));
	EXPECT_NE(src, strtol(buf, NULL, 16));
	EXPECT_EQ(0, amp_echo(fd, 100, 1));
	close(fd);
	fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, 100, 2));
	close(fd);
}

TEST_F(ctrl, names_that_no_channel_can_have)
{
	EXPECT_EQ(-ENXIO, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "", SRC,
				  self->dst));
	EXPECT_EQ(-ENXIO, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "a\nb", SRC,
				  self->dst));
	EXPECT_EQ(-ENXIO, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "a\xff", SRC,
				  self->dst));
	EXPECT_EQ(-ENXIO, request(self->fd, RPMSG_CREATE_DEV_IOCTL, "rpmsg_ctrl",
				  0, 0));
	/* the control device is not released through itself */
	EXPECT_EQ(-EINVAL, request(self->fd, RPMSG_RELEASE_DEV_IOCTL,
				   "rpmsg_ctrl", 0, 0));
	EXPECT_EQ(-EINVAL, request(self->fd, RPMSG_RELEASE_DEV_IOCTL,
				   "rpmsg_ctrl", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY));
	EXPECT_EQ(1, devices(".rpmsg_ctrl."));
	EXPECT_EQ(0, create(self->fd, "usable", SRC, self->dst));
}

static int create_and_release(unsigned int dst)
{
	char name[32];
	int ctrl, i, ret;

	ctrl = ctrl_open(name, sizeof(name));
	if (ctrl < 0)
		return 1;
	for (i = 0; i < 100; i++) {
		ret = request(ctrl, RPMSG_CREATE_DEV_IOCTL, "contested", SRC, dst);
		if (ret && ret != -ENXIO)
			return 2;
		ret = request(ctrl, RPMSG_RELEASE_DEV_IOCTL, "contested", SRC, dst);
		if (ret && ret != -EINVAL)
			return 3;
	}
	return 0;
}

TEST_F_TIMEOUT(ctrl, channel_is_released_only_once, 120)
{
	pid_t pid[4];
	int i, status;

	for (i = 0; i < 4; i++) {
		pid[i] = fork();
		if (!pid[i])
			_exit(create_and_release(self->dst));
		ASSERT_LT(0, pid[i]);
	}
	for (i = 0; i < 4; i++) {
		/* bounded by the limit of the test */
		ASSERT_EQ(pid[i], waitpid(pid[i], &status, 0));
		EXPECT_EQ(0, status);
	}
	EXPECT_EQ(0, devices("contested"));
}

/* Does everything, whatever comes of it, for as long as it lives. */
static void use_and_abuse(unsigned int src, unsigned int dst)
{
	char name[32], path[80];
	int ctrl, fd;

	for (;;) {
		if (!ctrl_find(name, sizeof(name)))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", name);
		ctrl = open(path, O_RDWR);
		if (ctrl < 0)
			continue;
		while (create(ctrl, "abused", src, dst) != -ENODEV) {
			snprintf(path, sizeof(path), "/dev/rpmsg%d", created(ctrl));
			fd = open(path, O_RDWR | O_NONBLOCK);
			if (fd >= 0) {
				/* what comes of it is the other tests' matter */
				if (write(fd, "x", 1) == 1)
					events_of(fd);
				destroy(fd);
				close(fd);
			}
			request(ctrl, RPMSG_CREATE_DEV_IOCTL, "abused", src, dst);
			request(ctrl, RPMSG_RELEASE_DEV_IOCTL, "abused", src, dst);
		}
		close(ctrl);
	}
}

TEST_F_TIMEOUT(ctrl, used_while_starting_and_stopping, 200)
{
	pid_t pid[2];
	int i;

	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i])
			use_and_abuse(SRC + i, self->dst);
		ASSERT_LT(0, pid[i]);
	}
	for (i = 0; i < 30; i++) {
		EXPECT_EQ(0, amp_start(amp_fw_echo()));
		/* a different moment each time */
		usleep(1000 + i * 3700);
	}
	for (i = 0; i < 2; i++) {
		kill(pid[i], SIGKILL);
		EXPECT_EQ(128 + SIGKILL, amp_wait_child(pid[i]));
	}
	EXPECT_EQ(0, amp_start(amp_fw_echo()));
	close(self->fd);
	self->fd = ctrl_open(self->name, sizeof(self->name));
	ASSERT_LE(0, self->fd);
	i = create_open(self->fd, "after", SRC, self->dst);
	ASSERT_LE(0, i);
	EXPECT_EQ(0, amp_echo(i, 100, 1));
	close(i);
}

struct cycle {
	int ctrl;
	unsigned int dst;
};

static int one_cycle(void *data, int i)
{
	struct cycle *cycle = data;
	int fd, ret;

	/* another address each time, or it would get the last one's unread answer */
	fd = create_open(cycle->ctrl, "cycle", SRC + i, cycle->dst);
	if (fd < 0)
		return fd;
	ret = amp_echo(fd, 100, i);
	/* and one answer that nobody reads */
	if (!ret)
		ret = amp_send(fd, "unread", 6);
	if (!ret)
		ret = destroy(fd);
	close(fd);
	if (!ret)
		ret = request(cycle->ctrl, RPMSG_CREATE_DEV_IOCTL, "cycle", SRC,
			      cycle->dst);
	if (!ret)
		ret = request(cycle->ctrl, RPMSG_RELEASE_DEV_IOCTL, "cycle", SRC,
			      cycle->dst);
	return ret;
}

TEST_F_TIMEOUT(ctrl, nothing_is_lost, 400)
{
	struct cycle cycle = { .ctrl = self->fd, .dst = self->dst };

	EXPECT_EQ(0, leaks_after(amp_cycles(300), one_cycle, &cycle));
}

/*
 * Firmware that takes no message shows how many were sent: so many fewer fit in
 * the buffers.
 */
FIXTURE(stalled)
{
	char name[32];
};

FIXTURE_SETUP(stalled)
{
	if (!amp_fw_exists(amp_fw_stall()))
		SKIP(return, "firmware %s is not installed", amp_fw_stall());
}

FIXTURE_TEARDOWN(stalled)
{
	EXPECT_EQ(0, amp_stop());
}

/* The messages that fit after a channel was created, and maybe released */
static int room(unsigned int src, bool release)
{
	int ctrl, fd, second, count = 0, ret = amp_start(amp_fw_stall());
	char name[32];

	if (ret)
		return ret;
	ctrl = ctrl_open(name, sizeof(name));
	if (ctrl < 0)
		return ctrl;
	ret = request(ctrl, RPMSG_CREATE_DEV_IOCTL, "service", src,
		      RPMSG_ADDR_ANY);
	if (!ret && release)
		ret = request(ctrl, RPMSG_RELEASE_DEV_IOCTL, "service", src,
			      RPMSG_ADDR_ANY);
	fd = amp_open("rpmsg-stall", O_RDWR | O_NONBLOCK);
	/* one endpoint alone can't fill all buffers */
	second = create_open(ctrl, "second", RPMSG_ADDR_ANY, 1024);
	close(ctrl);
	if (ret || fd < 0 || second < 0)
		return ret ? ret : -EIO;
	fcntl(second, F_SETFL, O_NONBLOCK);
	while (count < 100000 && write(fd, "x", 1) == 1)
		count++;
	while (count < 100000 && write(second, "x", 1) == 1)
		count++;
	ret = errno;
	close(second);
	close(fd);
	return ret == EAGAIN ? count : -ret;
}

TEST_F(stalled, service_is_announced_to_the_remote)
{
	int most = room(RPMSG_ADDR_ANY, true);

	ASSERT_LT(2, most);
	EXPECT_EQ(most - 1, room(SRC, false));
	EXPECT_EQ(most - 2, room(SRC, true));
}

AMP_HARNESS_MAIN(amp_fw_echo())
