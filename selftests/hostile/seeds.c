// SPDX-License-Identifier: GPL-2.0
/*
 * A remote that does whatever a core can: nothing of it brings Linux down, fills its
 * log or is lost. The firmware "hostile" does what a seed says, while a program uses
 * all the nodes that there are.
 *
 * AMP_SEED is the first seed, AMP_SEEDS their number, and AMP_SECONDS, if set, for how
 * long to go on in place of a number.
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
#include <sys/wait.h>
#include <linux/amp_rpmsg.h>

#include "amp_harness.h"
#include "amp_bulk.h"
#include "complaints.h"
#include "leaks.h"

#define FW_HOSTILE	"amp/hostile.elf"
#define CHANNEL		"amp-hostile"
#define BULK_MODULE	"amp_rpmsg_bulk"
#define DUMPS		"/sys/class/devcoredump"

#define SEEDS		1000
/* Seeds between two looks at what has been lost, and at good firmware */
#define BATCH		50

/* For one seed; what takes longer is ended by stopping the core. */
#define PATIENCE_MS	250

/* However many seeds are left then: a machine may have other things to do. */
#define LIMIT_S		1200

/* In 5 seconds, each of about 20 messages comes ten times at most; restarts have ten lines. */
#define MAX_LINES	250
#define LINES_MS	5000

static struct {
	unsigned int seed;
	unsigned int most_lines;
	unsigned int starts;
	int fd;
	char why[256];
} now = { .fd = -1 };

/* A loop that is killed: what a program does to nodes that come and go */
static void use_node(const char *name, unsigned int n)
{
	char path[300], data[AMP_MTU + 8];
	struct pollfd pfd = { .events = POLLIN | POLLOUT };
	unsigned int i;
	ssize_t len;
	int value;

	snprintf(path, sizeof(path), "/dev/%s", name);
	pfd.fd = open(path, O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (pfd.fd < 0)
		pfd.fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (pfd.fd < 0)
		return;
	for (i = 0; i < 16; i++) {
		struct amp_rpmsg_mmsg mmsg = {
			.data = (uintptr_t)data, .len = sizeof(data),
		};
		struct amp_rpmsg_batch batch = {
			.msgs = (uintptr_t)&mmsg, .count = 1, .flags = AMP_RPMSG_DONTWAIT,
		};

		poll(&pfd, 1, n % 4);
		len = read(pfd.fd, data, sizeof(data));
		if (len < 0 && errno == EPIPE)
			break;
		ioctl(pfd.fd, FIONREAD, &value);
		/* no message is longer than its buffer */
		if (!strncmp(name, "rpmsg", 5) &&
		    (len > AMP_MTU ||
		     (ioctl(pfd.fd, AMP_RPMSG_RECV, &batch) == 1 && mmsg.len > AMP_MTU)))
			_exit(4);
		if (write(pfd.fd, data, (n + 31 * i) % sizeof(data)) < 0 && errno == EPIPE)
			break;
	}
	close(pfd.fd);
}

static void use_bulk(unsigned int n)
{
	struct amp_bulk_alloc alloc = { .size = 4096 << n % 4 };
	struct amp_bulk_record record;
	unsigned int i;
	int node;

	node = open("/dev/amp-bulk0", O_RDWR | O_NONBLOCK | O_CLOEXEC);
	if (node < 0)
		return;
	if (!ioctl(node, AMP_BULK_ALLOC, &alloc)) {
		for (i = 0; i < 4; i++) {
			struct amp_bulk_send send = {
				.fd = alloc.fd, .offset = 1024 * i, .length = 1024,
			};

			ioctl(node, AMP_BULK_SEND, &send);
		}
		close(alloc.fd);
	}
	for (i = 0; i < 8; i++)
		if (read(node, &record, sizeof(record)) == sizeof(record) && record.length > 1024)
			_exit(3);
	close(node);
}

static pid_t user(void)
{
	pid_t pid = fork();
	struct dirent *d;
	unsigned int n;
	char name[64];
	DIR *dir;

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	close(now.fd);
	for (n = 0; ; n++) {
		dir = opendir("/dev");
		while (dir && (d = readdir(dir))) {
			if (strncmp(d->d_name, "rpmsg", 5) && strncmp(d->d_name, "amp-log", 7))
				continue;
			/* that one is for the test */
			if (amp_attr_read(name, sizeof(name), "/sys/class/rpmsg/%s/name",
					  d->d_name) > 0 && !strcmp(name, CHANNEL))
				continue;
			/* of very many, some */
			if (rand() % 8 == 0 || !strcmp(name, AMP_ECHO))
				use_node(d->d_name, n);
		}
		if (dir)
			closedir(dir);
		use_bulk(n);
		usleep(500);
	}
}

static bool settled(void)
{
	char state[32];

	return amp_attr_read(state, sizeof(state), "%s/state", amp_rproc()) > 0 &&
	       (!strcmp(state, "running") || !strcmp(state, "offline"));
}

/* Says something and waits for an answer that begins with @answer, for so long. */
static bool ask(const char *text, const char *answer, int ms)
{
	struct pollfd pfd = { .fd = now.fd, .events = POLLIN };
	long long end = amp_now_ms() + ms;
	char in[AMP_MTU];
	ssize_t n;

	if (now.fd < 0 || write(now.fd, text, strlen(text)) < 0)
		return false;
	while (amp_now_ms() < end) {
		if (poll(&pfd, 1, end - amp_now_ms()) <= 0)
			continue;
		n = read(now.fd, in, sizeof(in));
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n >= (ssize_t)strlen(answer) && !memcmp(in, answer, strlen(answer)))
			return true;
	}
	return false;
}

static void hang_up(void)
{
	if (now.fd >= 0)
		close(now.fd);
	now.fd = -1;
}

static int fail(int ret, const char *what)
{
	if (!now.why[0])
		snprintf(now.why, sizeof(now.why), "%s: %s", what, strerror(-ret));
	return ret ? ret : -EPROTO;
}

/*
 * Recovery passes "offline" as well, and a core may crash while it is being stopped: it
 * is off when it can be given another firmware.
 */
static int stop(void)
{
	hang_up();
	if (!amp_wait_for((amp_stop(), !amp_set_firmware(FW_HOSTILE))))
		return fail(-ETIMEDOUT, "stop");
	return 0;
}

/* The hostile firmware, in a good mood */
static int start(void)
{
	int ret = stop(), tries;

	for (tries = 0; !ret && tries < 3; tries++) {
		now.starts++;
		ret = amp_start(FW_HOSTILE);
		/* What crashed before the stop may be recovered from only now. */
		if (ret && !amp_wait_for(amp_state_is("running")))
			return fail(ret, "start");
		now.fd = amp_open(CHANNEL, O_RDWR | O_NONBLOCK);
		if (ask("ping", "ok", amp_timeout_ms()))
			return 0;
		ret = stop();
	}
	return ret ? ret : fail(-EPROTO, "firmware does not answer after a start");
}

static int one_seed(unsigned int seed)
{
	bool early = seed % 8 == 7, done;
	long long begin = amp_now_ms();
	char command[32], answer[32];
	unsigned int lines;
	int ret = 0;

	snprintf(answer, sizeof(answer), "done %u", seed);
	if (!ask("ping", "ok", 100))
		ret = start();
	if (ret)
		return ret;

	if (early) {
		snprintf(command, sizeof(command), "arm %u", seed);
		/* What the seed before has broken may show only now. */
		if (!ask(command, "ok", PATIENCE_MS)) {
			ret = start();
			if (!ret && !ask(command, "ok", amp_timeout_ms()))
				ret = fail(-EPROTO, "arm after a start");
			if (ret)
				return ret;
		}
		ret = stop();
		if (ret)
			return ret;
		now.starts++;
		/* whatever comes of it */
		amp_command("start");
		usleep(1000 * (seed % 64));
		done = false;
	} else {
		snprintf(command, sizeof(command), "run %u", seed);
		done = ask(command, answer, PATIENCE_MS);
	}

	/* A crash that is being recovered from, or at the limit */
	if (!amp_wait_for(settled()))
		return fail(-ETIMEDOUT, "neither running nor offline");
	if (!done || seed % 4 == 1)
		ret = stop();
	lines = complaints_look(now.why, sizeof(now.why));
	if (lines > now.most_lines)
		now.most_lines = lines;
	if (!ret && !now.why[0] &&
	    lines > MAX_LINES * (1 + (amp_now_ms() - begin) / LINES_MS))
		snprintf(now.why, sizeof(now.why), "%u lines in the log", lines);
	if (!ret && now.why[0])
		ret = -EPROTO;
	return ret;
}

static int free_dumps(void)
{
	struct dirent *d;
	DIR *dir = opendir(DUMPS);

	while (dir && (d = readdir(dir)))
		if (!strncmp(d->d_name, "devcd", 5))
			amp_attr_write("1", DUMPS "/%s/data", d->d_name);
	if (dir)
		closedir(dir);
	return 0;
}

static int good_firmware_works(void)
{
	int ret = amp_start(amp_fw_echo());

	if (ret)
		return fail(ret, "start of good firmware");
	ret = amp_echoes_work(20);
	return ret ? fail(ret, "echo of good firmware") : stop();
}

static int batch(void *data, int i)
{
	unsigned int first = now.seed, size = *(unsigned int *)data;
	long long begin = amp_now_ms();
	pid_t pid = user();
	int ret = 0, status = 0;

	(void)i;
	/* They take longer than anything else: for some */
	amp_attr_write(first / size % 4 ? "disabled" : "enabled", "%s/coredump", amp_rproc());
	now.most_lines = 0;
	now.starts = 0;
	for (; !ret && now.seed < first + size; now.seed++) {
		/* the last word, should all else end */
		fprintf(stderr, "# at seed %u\n", now.seed);
		ret = one_seed(now.seed);
		if (ret)
			break;
	}
	hang_up();
	if (waitpid(pid, &status, WNOHANG) == pid && !ret)
		ret = fail(-EPROTO, WEXITSTATUS(status) == 3 ?
			   "more comes back in bulk than was sent" :
			   WEXITSTATUS(status) == 4 ? "a message is longer than its buffer" :
			   "who uses the nodes has died");
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	if (ret) {
		fprintf(stderr, "# seed %u fails: %s\n", now.seed, now.why);
		return ret;
	}
	ret = stop();
	if (!ret)
		ret = good_firmware_works();
	free_dumps();
	if (ret)
		fprintf(stderr, "# after seed %u: %s\n", now.seed - 1, now.why);
	else
		fprintf(stderr, "# seeds %u to %u: %u starts, at most %u lines, %lld ms\n", first,
			now.seed - 1, now.starts, now.most_lines, amp_now_ms() - begin);
	return ret;
}

FIXTURE(hostile)
{
	char limit[32];
	char timeout[32];
	char coredump[32];
};

FIXTURE_SETUP(hostile)
{
	if (!amp_fw_exists(FW_HOSTILE))
		SKIP(return, "no firmware " FW_HOSTILE);
	/* without a memory region for it, the channel is refused, which is fine as well */
	amp_module_load(BULK_MODULE);
	ASSERT_LT(0, amp_attr_read(self->limit, sizeof(self->limit), "%s/crash_limit",
				   amp_rproc()));
	ASSERT_LT(0, amp_attr_read(self->timeout, sizeof(self->timeout),
				   "%s/shutdown_timeout_ms", amp_rproc()));
	ASSERT_LT(0, amp_attr_read(self->coredump, sizeof(self->coredump), "%s/coredump",
				   amp_rproc()));
	/* A machine that is busy is no wedged one. */
	setenv("AMP_TIMEOUT", "60", 0);
	ASSERT_EQ(0, amp_attr_write("0", "%s/crash_limit", amp_rproc()));
	ASSERT_EQ(0, amp_attr_write("50", "%s/shutdown_timeout_ms", amp_rproc()));
	ASSERT_EQ(0, complaints_begin());
	now.seed = amp_env_number("AMP_SEED", 1);
}

FIXTURE_TEARDOWN(hostile)
{
	stop();
	complaints_end();
	EXPECT_EQ(0, amp_attr_write(self->coredump, "%s/coredump", amp_rproc()));
	EXPECT_EQ(0, amp_attr_write(self->limit, "%s/crash_limit", amp_rproc()));
	EXPECT_EQ(0, amp_attr_write(self->timeout, "%s/shutdown_timeout_ms", amp_rproc()));
}

TEST_F_TIMEOUT(hostile, linux_goes_on, 1000000)
{
	unsigned int seeds = amp_env_number("AMP_SEEDS", SEEDS), size = BATCH;
	unsigned int seconds = amp_env_number("AMP_SECONDS", 0), first = now.seed;
	long long begin = amp_now_ms();

	if (seeds < size)
		size = seeds;
	do {
		ASSERT_EQ(0, batch(&size, 0)) {
			TH_LOG("again: make soak SEED=%u", now.seed);
		}
		if (!seconds && now.seed - first >= seeds)
			break;
	} while (amp_now_ms() - begin < 1000LL * (seconds ? seconds : LIMIT_S));
	TH_LOG("%u seeds in %lld s", now.seed - first, (amp_now_ms() - begin) / 1000);
}

/* Once more the same ones: what there is to be allocated once has been. */
TEST_F_TIMEOUT(hostile, nothing_is_lost, 3000)
{
	unsigned int size = 2;

	if (getenv("AMP_SEED"))
		SKIP(return, "certain seeds are asked for");
	ASSERT_EQ(0, batch(&size, 0));
	EXPECT_EQ(0, leaks_after(50, batch, &size));
}

AMP_HARNESS_MAIN(FW_HOSTILE)
