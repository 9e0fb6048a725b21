// SPDX-License-Identifier: GPL-2.0
/*
 * Allocations that fail: what a system call does is done again and again, and each
 * time the next one of its allocations fails. The call fails or not; nothing is left
 * of one that has failed, nothing is lost, and the next one works.
 *
 * The kernel counts down /proc/self/fail-nth and has the allocation fail at which it
 * becomes 0: for this task only, and not for kernel threads that work for it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <linux/rpmsg.h>

#include "amp_harness.h"
#include "amp_bulk.h"
#include "bulk_ops.h"
#include "leaks.h"

#define FAILSLAB	"/sys/kernel/debug/failslab"
#define FAIL_PAGE	"/sys/kernel/debug/fail_page_alloc"
#define FAIL_NTH	"/proc/thread-self/fail-nth"

#define LOG		"/dev/amp-log0"
#define BULK		"/dev/amp-bulk0"
#define BULK_MODULE	"amp_rpmsg_bulk"
#define BULK_REGION	"/proc/device-tree/reserved-memory/bulk@58000000"

#define SRC		700

/* More allocations than any of the operations needs */
#define MANY		5000

/**
 * struct operation - what is to fail
 * @run: do it: a descriptor, or 0, or a negative errno
 * @undo: what @run has done, with what it returned
 * @clean: is it as before @run? NULL if nobody can tell
 * @step: of the allocations, one out of so many fails; 0 is each
 */
struct operation {
	int (*run)(void);
	void (*undo)(int ret);
	bool (*clean)(void);
	int step;
};

static int fail_nth = -1;
static int ctrl = -1;
static int node = -1;
static struct amp_binding binding;

/* Slab objects only: who runs out of pages says so, with a trace. */
static const char *set_up_faults(void)
{
	if (access(FAIL_NTH, W_OK))
		return "the kernel has no /proc/self/fail-nth (CONFIG_FAULT_INJECTION)";
	if (amp_attr_write("N", FAILSLAB "/ignore-gfp-wait") ||
	    amp_attr_write("0", FAILSLAB "/verbose"))
		return "no " FAILSLAB " (CONFIG_FAILSLAB, CONFIG_FAULT_INJECTION_DEBUG_FS)";
	amp_attr_write("20", FAIL_PAGE "/min-order");
	return NULL;
}

static void arm(int n)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", n);
	if (pwrite(fail_nth, text, strlen(text), 0) < 0)
		perror("fail-nth");
}

/* Whether an allocation has failed since arm() */
static bool disarm(void)
{
	char text[16] = "";

	if (pread(fail_nth, text, sizeof(text) - 1, 0) < 0)
		perror("fail-nth");
	arm(0);
	return !atoi(text);
}

static int run_and_undo(const struct operation *op)
{
	int ret = op->run();

	if (ret < 0)
		return ret;
	op->undo(ret);
	return op->clean && !op->clean() ? -EUCLEAN : 0;
}

/* One allocation after the other */
static int sweep(void *data, int i)
{
	const struct operation *op = data;
	int n, ret, failed = 0;
	bool fired;

	(void)i;
	for (n = 1; n < MANY; n += op->step ? op->step : 1) {
		arm(n);
		ret = op->run();
		fired = disarm();
		if (ret >= 0) {
			op->undo(ret);
		} else if (!fired) {
			fprintf(stderr, "# fails without a reason: %s\n", strerror(-ret));
			return ret;
		}
		failed += ret < 0;
		if (op->clean && !op->clean()) {
			fprintf(stderr, "# allocation %d: not as before (%d)\n", n, ret);
			return -EUCLEAN;
		}
		if (!fired)
			break;
		if (ret >= 0)
			continue;
		ret = run_and_undo(op);
		if (ret) {
			fprintf(stderr, "# after allocation %d the next one fails: %s\n",
				n, strerror(-ret));
			return ret;
		}
	}
	fprintf(stderr, "# %d allocations, without %d of them it fails\n", n - 1, failed);
	/* a test that nothing has failed in shows nothing */
	return failed ? 0 : -ENODATA;
}

/* What is allocated once, on first use, isn't lost. */
static int each_allocation(const struct operation *op)
{
	int ret = run_and_undo(op);

	return ret ? ret : leaks_after(1, sweep, (void *)op);
}

static void close_it(int fd)
{
	close(fd);
}

static int open_path(const char *path)
{
	int fd = open(path, O_RDWR | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

FIXTURE(faults)
{
};

FIXTURE_SETUP(faults)
{
	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fail_nth);
}

FIXTURE_TEARDOWN(faults)
{
	close(fail_nth);
	EXPECT_EQ(0, amp_modules_load());
	EXPECT_TRUE(amp_wait_for(amp_rproc()));
	EXPECT_EQ(0, amp_stop());
}

/* Modules */
static const char *module;

static int load(void)
{
	return amp_module_load(module);
}

static void unload(int ret)
{
	(void)ret;
	amp_wait_for(!amp_module_unload(module));
}

static bool is_unloaded(void)
{
	return !amp_module_loaded(module);
}

/* Most are what the kernel needs for any module; those of a probe all fail in bind_*. */
static const struct operation load_module = {
	.run = load, .undo = unload, .clean = is_unloaded, .step = 7,
};

TEST_F_TIMEOUT(faults, load_mailbox, 600)
{
	ASSERT_EQ(0, amp_module_unload("amp_remoteproc"));
	ASSERT_EQ(0, amp_module_unload("amp_imx_mu"));
	module = "amp_imx_mu";
	EXPECT_EQ(0, each_allocation(&load_module));
}

TEST_F_TIMEOUT(faults, load_remoteproc, 600)
{
	ASSERT_EQ(0, amp_module_unload("amp_remoteproc"));
	module = "amp_remoteproc";
	EXPECT_EQ(0, each_allocation(&load_module));
}

TEST_F_TIMEOUT(faults, load_rpmsg, 600)
{
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg"));
	module = "amp_rpmsg";
	EXPECT_EQ(0, each_allocation(&load_module));
}

/* With channels that wait for it */
TEST_F_TIMEOUT(faults, load_char, 600)
{
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	module = "amp_rpmsg_char";
	EXPECT_EQ(0, each_allocation(&load_module));
}

/* Drivers */
static int bind(void)
{
	return amp_bind(&binding);
}

static void unbind(int ret)
{
	(void)ret;
	amp_unbind(&binding);
}

static bool is_unbound(void)
{
	char path[PATH_MAX + 136];

	snprintf(path, sizeof(path), "%s/%s", binding.driver, binding.device);
	return access(path, F_OK);
}

static const struct operation bind_driver = { .run = bind, .undo = unbind, .clean = is_unbound };

TEST_F_TIMEOUT(faults, bind_mailbox, 600)
{
	ASSERT_TRUE(amp_wait_for(!amp_bound_mailbox(&binding)));
	ASSERT_EQ(0, amp_unbind(&binding));
	EXPECT_EQ(0, each_allocation(&bind_driver));
	EXPECT_EQ(0, amp_bind(&binding));
}

TEST_F_TIMEOUT(faults, bind_remoteproc, 600)
{
	ASSERT_TRUE(amp_wait_for(!amp_bound_rproc(&binding)));
	ASSERT_EQ(0, amp_unbind(&binding));
	EXPECT_EQ(0, each_allocation(&bind_driver));
	EXPECT_EQ(0, amp_bind(&binding));
}

/* The core. To look at its state takes memory as well. */
static bool has_run = true;

static int start(void)
{
	return amp_command("start");
}

static void stop(int ret)
{
	(void)ret;
	has_run = amp_state_is("running");
	amp_stop();
}

static bool is_off(void)
{
	return has_run && amp_state_is("offline") && !amp_nodes();
}

static const struct operation start_core = { .run = start, .undo = stop, .clean = is_off };

TEST_F_TIMEOUT(faults, start, 1200)
{
	ASSERT_EQ(0, amp_set_firmware(amp_fw_echo()));
	EXPECT_EQ(0, each_allocation(&start_core));
	/* with all that belongs to it */
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	node = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, node);
	EXPECT_EQ(0, amp_echo(node, 100, 1));
	close(node);
}

/* Channels */
FIXTURE(channel)
{
};

FIXTURE_SETUP(channel)
{
	char path[300] = "", name[64];
	struct dirent *d;
	DIR *dir;

	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fail_nth);
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	ASSERT_EQ(0, amp_channel_wait(AMP_ECHO, name, sizeof(name)));
	ASSERT_EQ(0, amp_channel_wait(AMP_RAW, name, sizeof(name)));
	dir = opendir("/dev");
	ASSERT_NE(NULL, dir);
	while ((d = readdir(dir)))
		if (!strncmp(d->d_name, "rpmsg_ctrl", 10))
			snprintf(path, sizeof(path), "/dev/%s", d->d_name);
	closedir(dir);
	ctrl = open_path(path);
	ASSERT_LE(0, ctrl);
}

FIXTURE_TEARDOWN(channel)
{
	close(ctrl);
	close(fail_nth);
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_nodes());
}

TEST_F_TIMEOUT(channel, bind, 600)
{
	ASSERT_EQ(0, amp_bound_channel(&binding, AMP_ECHO));
	ASSERT_EQ(0, amp_unbind(&binding));
	EXPECT_EQ(0, each_allocation(&bind_driver));
}

static int open_node(void)
{
	return amp_open(AMP_ECHO, O_RDWR);
}

static const struct operation open_channel = { .run = open_node, .undo = close_it };

TEST_F_TIMEOUT(channel, open, 600)
{
	EXPECT_EQ(0, each_allocation(&open_channel));
}

static int exchange(void)
{
	return amp_echo(node, 100, 1);
}

/* An answer that wasn't read isn't that to the next message. */
static void drain(void)
{
	struct pollfd pfd = { .fd = node, .events = POLLIN };
	char in[AMP_MTU];

	while (poll(&pfd, 1, 50) == 1 && read(node, in, sizeof(in)) >= 0)
		;
}

static bool nothing_to_read(void)
{
	drain();
	return true;
}

static void undo_nothing(int ret)
{
	(void)ret;
}

static int open_and_exchange(void)
{
	int ret;

	node = open_node();
	if (node < 0)
		return node;
	ret = exchange();
	nothing_to_read();
	close(node);
	return ret;
}

static const struct operation talk = { .run = open_and_exchange, .undo = undo_nothing };

TEST_F_TIMEOUT(channel, send_and_receive, 600)
{
	EXPECT_EQ(0, each_allocation(&talk));
}

static int open_ctrl(void)
{
	char path[64], name[PATH_MAX];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", ctrl);
	return realpath(path, name) ? open_path(name) : -errno;
}

static const struct operation open_control = { .run = open_ctrl, .undo = close_it };

TEST_F_TIMEOUT(channel, open_control, 600)
{
	EXPECT_EQ(0, each_allocation(&open_control));
}

static struct rpmsg_endpoint_info endpoint = { .name = "faults", .src = SRC, .dst = 1 };

static int create_endpoint(void)
{
	return ioctl(ctrl, RPMSG_CREATE_EPT_IOCTL, &endpoint) ? -errno : 0;
}

static void destroy_endpoint(int ret)
{
	int fd = amp_open(endpoint.name, O_RDWR);

	(void)ret;
	if (fd < 0 || ioctl(fd, RPMSG_DESTROY_EPT_IOCTL))
		perror("destroy");
	close(fd);
}

static bool has_no_endpoint(void)
{
	char name[64];

	return amp_channel_find(endpoint.name, name, sizeof(name)) == -ENOENT;
}

static const struct operation create_ept = {
	.run = create_endpoint, .undo = destroy_endpoint, .clean = has_no_endpoint,
};

TEST_F_TIMEOUT(channel, create_endpoint, 600)
{
	EXPECT_EQ(0, each_allocation(&create_ept));
}

static int open_endpoint(void)
{
	return amp_open(endpoint.name, O_RDWR);
}

static const struct operation open_ept = { .run = open_endpoint, .undo = close_it };

TEST_F_TIMEOUT(channel, open_endpoint, 600)
{
	ASSERT_EQ(0, create_endpoint());
	EXPECT_EQ(0, each_allocation(&open_ept));
	destroy_endpoint(0);
}

static int create_channel(void)
{
	return ioctl(ctrl, RPMSG_CREATE_DEV_IOCTL, &endpoint) ? -errno : 0;
}

static void release_channel(int ret)
{
	(void)ret;
	if (ioctl(ctrl, RPMSG_RELEASE_DEV_IOCTL, &endpoint))
		perror("release");
}

static const struct operation create_dev = {
	.run = create_channel, .undo = release_channel, .clean = has_no_endpoint,
};

TEST_F_TIMEOUT(channel, create_channel, 600)
{
	EXPECT_EQ(0, each_allocation(&create_dev));
}

#ifdef RPMSG_CREATE_EPT_FD_IOCTL
static int create_file(void)
{
	struct rpmsg_endpoint_fd_info info = {
		.name = "faults", .src = SRC, .dst = 1, .flags = O_RDWR, .fd = -1,
	};

	return ioctl(ctrl, RPMSG_CREATE_EPT_FD_IOCTL, &info) ? -errno : info.fd;
}

static const struct operation create_fd = { .run = create_file, .undo = close_it };

TEST_F_TIMEOUT(channel, create_endpoint_without_node, 600)
{
	EXPECT_EQ(0, each_allocation(&create_fd));
}
#endif

static int open_log(void)
{
	int fd = open(LOG, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

static const struct operation open_a_log = { .run = open_log, .undo = close_it };

TEST_F_TIMEOUT(channel, open_log, 600)
{
	EXPECT_EQ(0, each_allocation(&open_a_log));
}

/* Bulk data */
FIXTURE(bulk)
{
};

FIXTURE_SETUP(bulk)
{
	if (access(BULK_REGION, F_OK))
		SKIP(return, "the device tree has no memory for bulk data");
	fail_nth = open(FAIL_NTH, O_RDWR | O_CLOEXEC);
	ASSERT_LE(0, fail_nth);
	ASSERT_EQ(0, amp_module_load(BULK_MODULE));
	ASSERT_EQ(0, amp_start(amp_fw_bulk()));
	ASSERT_TRUE(amp_wait_for(!access(BULK, F_OK)));
	node = open_path(BULK);
	ASSERT_LE(0, node);
}

FIXTURE_TEARDOWN(bulk)
{
	close(node);
	close(fail_nth);
	EXPECT_EQ(0, amp_stop());
}

static int open_bulk(void)
{
	return open_path(BULK);
}

static const struct operation open_bulk_node = { .run = open_bulk, .undo = close_it };

TEST_F_TIMEOUT(bulk, open, 600)
{
	EXPECT_EQ(0, each_allocation(&open_bulk_node));
}

static int allocate(void)
{
	struct amp_bulk_alloc arg = { .size = 4096, .fd = -1 };

	return ioctl(node, AMP_BULK_ALLOC, &arg) ? -errno : arg.fd;
}

static const struct operation allocate_buffer = { .run = allocate, .undo = close_it };

TEST_F_TIMEOUT(bulk, allocate, 600)
{
	EXPECT_EQ(0, each_allocation(&allocate_buffer));
}

static int buffer;

static int pass_on(void)
{
	struct amp_bulk_send arg = { .fd = buffer, .op = BULK_CHECKSUM, .length = 4096 };
	struct pollfd pfd = { .fd = node, .events = POLLIN };
	struct amp_bulk_record record;

	if (ioctl(node, AMP_BULK_SEND, &arg))
		return -errno;
	if (poll(&pfd, 1, amp_timeout_ms()) != 1)
		return -ETIMEDOUT;
	return read(node, &record, sizeof(record)) == sizeof(record) ? 0 : -EPROTO;
}

static const struct operation pass_buffer_on = { .run = pass_on, .undo = undo_nothing };

TEST_F_TIMEOUT(bulk, send, 600)
{
	buffer = allocate();
	ASSERT_LE(0, buffer);
	EXPECT_EQ(0, each_allocation(&pass_buffer_on));
	close(buffer);
}

int main(int argc, char **argv)
{
	const char *why = amp_begin(amp_fw_echo());

	if (!why)
		why = set_up_faults();
	if (why) {
		ksft_print_header();
		ksft_exit_skip("%s\n", why);
	}
	amp_harness_slow_down();
	return test_harness_run(argc, argv);
}
