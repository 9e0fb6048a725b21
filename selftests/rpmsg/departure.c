// SPDX-License-Identifier: GPL-2.0
/*
 * An open node whose channel goes away, in each way in which that can happen:
 * the core is stopped, a driver on the path is unbound, a module is removed.
 * Whoever has the node open is told, and a new open works once all is back.
 *
 * A module may also refuse to go while the node is open. Then nothing may have
 * changed.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/syscall.h>

#include "amp_harness.h"

#define REFUSED		1
#define NOT_HERE	2

#ifdef SYS_poll
#define NR_POLL	SYS_poll
#else
#define NR_POLL	SYS_ppoll
#endif

static struct amp_binding gone;

static int stop_leave(void)
{
	return amp_stop();
}

static int start_again(void)
{
	return amp_start(amp_fw_echo());
}

static int rmmod(const char *name)
{
	int ret;

	if (!amp_module_loaded(name))
		return NOT_HERE;
	ret = amp_module_unload(name);
	return ret == -EWOULDBLOCK ? REFUSED : ret;
}

static int rpmsg_module_leave(void)
{
	return rmmod("amp_rpmsg");
}

static int rpmsg_module_back(void)
{
	return amp_module_load("amp_rpmsg");
}

static int remoteproc_module_leave(void)
{
	return rmmod("amp_remoteproc");
}

static int remoteproc_module_back(void)
{
	int ret = amp_module_load("amp_remoteproc");

	if (ret)
		return ret;
	return amp_wait_for(amp_rproc()) ? start_again() : -ETIMEDOUT;
}

static int mailbox_module_leave(void)
{
	return rmmod("amp_imx_mu");
}

static int mailbox_module_back(void)
{
	int ret = amp_module_load("amp_imx_mu");

	if (ret)
		return ret;
	return amp_wait_for(amp_rproc()) ? start_again() : -ETIMEDOUT;
}

static int unbind(int bound)
{
	return bound ? NOT_HERE : amp_unbind(&gone);
}

static int bind_back(void)
{
	return amp_bind(&gone);
}

static int virtio_leave(void)
{
	return unbind(amp_bound_virtio(&gone));
}

static int channel_leave(void)
{
	return unbind(amp_bound_channel(&gone, AMP_ECHO));
}

static int platform_leave(void)
{
	return unbind(amp_bound_rproc(&gone));
}

static int platform_back(void)
{
	int ret = amp_bind(&gone);

	if (ret)
		return ret;
	return amp_wait_for(amp_rproc()) ? start_again() : -ETIMEDOUT;
}

static struct amp_binding consumer;

static int mailbox_leave(void)
{
	if (amp_bound_rproc(&consumer))
		return NOT_HERE;
	return unbind(amp_bound_mailbox(&gone));
}

static int mailbox_back(void)
{
	int ret = amp_bind(&gone);

	if (ret)
		return ret;
	/* the driver core may or may not bring the consumer back by itself */
	if (!amp_wait_for(amp_rproc())) {
		amp_bind(&consumer);
		if (!amp_wait_for(amp_rproc()))
			return -ETIMEDOUT;
	}
	return start_again();
}

FIXTURE(departure)
{
	int fd;
	pid_t reader;
	pid_t poller;
};

FIXTURE_VARIANT(departure)
{
	int (*leave)(void);
	int (*back)(void);
};

FIXTURE_VARIANT_ADD(departure, core_stopped)
{
	.leave = stop_leave,
	.back = start_again,
};

FIXTURE_VARIANT_ADD(departure, channel_unbound)
{
	.leave = channel_leave,
	.back = bind_back,
};

FIXTURE_VARIANT_ADD(departure, virtio_unbound)
{
	.leave = virtio_leave,
	.back = bind_back,
};

FIXTURE_VARIANT_ADD(departure, remoteproc_unbound)
{
	.leave = platform_leave,
	.back = platform_back,
};

FIXTURE_VARIANT_ADD(departure, mailbox_unbound)
{
	.leave = mailbox_leave,
	.back = mailbox_back,
};

FIXTURE_VARIANT_ADD(departure, amp_rpmsg_removed)
{
	.leave = rpmsg_module_leave,
	.back = rpmsg_module_back,
};

FIXTURE_VARIANT_ADD(departure, amp_remoteproc_removed)
{
	.leave = remoteproc_module_leave,
	.back = remoteproc_module_back,
};

FIXTURE_VARIANT_ADD(departure, amp_imx_mu_removed)
{
	.leave = mailbox_module_leave,
	.back = mailbox_module_back,
};

FIXTURE_SETUP(departure)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, amp_echo(self->fd, 100, 1));

	self->reader = fork();
	if (!self->reader) {
		char in[512];

		_exit(read(self->fd, in, sizeof(in)) < 0 ? errno : 0);
	}
	ASSERT_LT(0, self->reader);
	ASSERT_EQ(0, amp_wait_blocked(self->reader, SYS_read));

	self->poller = fork();
	if (!self->poller) {
		struct pollfd pfd = { .fd = self->fd };

		_exit(poll(&pfd, 1, -1) == 1 ? pfd.revents : 255);
	}
	ASSERT_LT(0, self->poller);
	ASSERT_EQ(0, amp_wait_blocked(self->poller, NR_POLL));
}

FIXTURE_TEARDOWN(departure)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

static bool channel_gone(void)
{
	char node[64];

	return amp_channel_find(AMP_ECHO, node, sizeof(node)) == -ENOENT;
}

TEST_F(departure, is_seen_and_survived)
{
	struct pollfd pfd = { .fd = self->fd, .events = POLLIN | POLLOUT };
	char in[512];
	int ret, fd;

	ret = variant->leave();
	if (ret == REFUSED || ret == NOT_HERE) {
		kill(self->reader, SIGKILL);
		amp_wait_child(self->reader);
		kill(self->poller, SIGKILL);
		amp_wait_child(self->poller);
		EXPECT_EQ(0, amp_echo(self->fd, 100, 2));
	}
	if (ret == NOT_HERE)
		SKIP(return, "no such driver or module on this target");
	if (ret == REFUSED) {
		TH_LOG("the module is in use and refuses to go");
		return;
	}
	ASSERT_EQ(0, ret);

	EXPECT_EQ(EPIPE, amp_wait_child(self->reader));
	EXPECT_EQ(POLLHUP | POLLERR, amp_wait_child(self->poller));
	EXPECT_EQ(1, poll(&pfd, 1, 0));
	EXPECT_EQ(POLLHUP | POLLERR, pfd.revents & (POLLHUP | POLLERR));
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	EXPECT_TRUE(channel_gone());

	ASSERT_EQ(0, variant->back());
	fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, amp_echo(fd, AMP_MTU, 3));

	/* the old descriptor stays dead, and closing it hurts no one */
	errno = 0;
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EPIPE, errno);
	errno = 0;
	EXPECT_EQ(-1, write(self->fd, "x", 1));
	EXPECT_EQ(EPIPE, errno);
	close(self->fd);
	EXPECT_EQ(0, amp_echo(fd, AMP_MTU, 4));
	EXPECT_EQ(-EBUSY, amp_open(AMP_ECHO, O_RDWR));
	close(fd);
	self->fd = -1;
}

TEST_F(departure, node_closed_while_away)
{
	int ret = variant->leave();

	kill(self->reader, SIGKILL);
	amp_wait_child(self->reader);
	kill(self->poller, SIGKILL);
	amp_wait_child(self->poller);
	if (ret == NOT_HERE)
		SKIP(return, "no such driver or module on this target");
	if (ret == REFUSED)
		return;
	ASSERT_EQ(0, ret);
	close(self->fd);

	ASSERT_EQ(0, variant->back());
	self->fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, self->fd);
	EXPECT_EQ(0, amp_echo(self->fd, AMP_MTU, 1));
}

AMP_HARNESS_MAIN(amp_fw_echo())
