// SPDX-License-Identifier: GPL-2.0
/*
 * A table in memory that Linux and the firmware update at the same time: with
 * the hardware lock no update is lost, without it some are. And what becomes of
 * the lock when the firmware keeps it, or dies with it.
 *
 * The sample module amp_shared_table is Linux' side, the sample firmware "table"
 * the other one.
 */
#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "amp_harness.h"

#define CHANNEL		"amp-table"
#define NODE		"/proc/device-tree/shared-table"
#define DEVICES		"/sys/bus/platform/drivers/amp-shared-table/*/total"
#define PARAMETERS	"/sys/module/amp_shared_table/parameters"

/* Updates that each side makes at least, and how often to try for that. */
#define UPDATES		20000
#define BATCH		"2000"
#define MAX_ROUNDS	200

#define REMOTE		"2"	/* how a gate says that the remote has it */

static char dir[PATH_MAX];

static const char *fw_table(void)
{
	const char *value = getenv("AMP_FW_TABLE");

	return value && *value ? value : "amp/table.elf";
}

static int find_device(void)
{
	glob_t found;
	int ret = -ENOENT;

	if (!glob(DEVICES, 0, NULL, &found)) {
		snprintf(dir, sizeof(dir), "%s", found.gl_pathv[0]);
		*strrchr(dir, '/') = '\0';
		ret = 0;
	}
	globfree(&found);
	return ret;
}

static long number(const char *name)
{
	char value[32];
	int ret;

	ret = amp_attr_read(value, sizeof(value), "%s/%s", dir, name);
	return ret > 0 ? strtol(value, NULL, 10) : ret;
}

static int put(const char *name, const char *value)
{
	return amp_attr_write(value, "%s/%s", dir, name);
}

static int parameter(const char *name, const char *value)
{
	return amp_attr_write(value, PARAMETERS "/%s", name);
}

/* For a lock that nobody gives back. Any other is had sooner or later. */
static int try_shortly(void)
{
	return parameter("timeout_ms", "200");
}

/* What the firmware has counted since "run" */
struct counts {
	unsigned long updates, contended, failed, torn;
};

static int stop_remote(int fd, struct counts *c)
{
	char text[AMP_MTU + 1];
	int ret;

	ret = amp_send(fd, "stop", 4);
	if (ret)
		return ret;
	ret = amp_receive(fd, text, sizeof(text) - 1);
	if (ret < 0)
		return ret;
	text[ret] = '\0';
	printf("# the firmware: %s\n", text);
	if (sscanf(text, "updates %lu contended %lu failed %lu torn %lu",
		   &c->updates, &c->contended, &c->failed, &c->torn) != 4)
		return -EPROTO;
	return 0;
}

FIXTURE(table)
{
	int fd;
};

FIXTURE_SETUP(table)
{
	if (access(NODE, F_OK))
		SKIP(return, "the device tree has no node shared-table");
	/* a module only where the kernel has none built in, for the tests */
	amp_module_load("hwspinlock_core");
	if (amp_module_load("amp_imx_sema4"))
		SKIP(return, "no module amp_imx_sema4 for this kernel");
	if (amp_module_load("amp_shared_table"))
		SKIP(return, "no module amp_shared_table for this kernel");
	ASSERT_EQ(0, find_device());
	ASSERT_EQ(0, amp_start(fw_table()));
	self->fd = amp_open(CHANNEL, O_RDWR);
	ASSERT_LE(0, self->fd);
	ASSERT_EQ(0, parameter("nolock", "0"));
	ASSERT_EQ(0, parameter("atomic", "0"));
	ASSERT_EQ(0, parameter("timeout_ms", "10000"));
	ASSERT_EQ(0, put("reset", "1"));
}

FIXTURE_TEARDOWN(table)
{
	close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(table, the_table_counts)
{
	struct counts c;

	EXPECT_EQ(0, number("total"));
	EXPECT_EQ(0, put("update", "100"));
	EXPECT_EQ(100, number("own"));
	EXPECT_EQ(100, number("total"));
	ASSERT_EQ(0, amp_trouble(self->fd, "run"));
	EXPECT_TRUE(amp_wait_for(number("total") > 1000));
	ASSERT_EQ(0, stop_remote(self->fd, &c));
	EXPECT_EQ(100 + c.updates, number("total"));
	EXPECT_EQ(-EINVAL, put("update", "many"));
	EXPECT_EQ(100, number("own"));
}

/* Both sides at once, until each has made its updates and has met the other. */
TEST_F(table, no_update_is_lost)
{
	struct counts c;
	long total, own;
	int i;

	ASSERT_EQ(0, amp_trouble(self->fd, "run"));
	for (i = 0; i < MAX_ROUNDS; i++) {
		ASSERT_EQ(0, put("update", BATCH));
		own = number("own");
		total = number("total");
		ASSERT_LE(0, total);
		if (own >= UPDATES && total - own >= UPDATES && number("contended") > 0)
			break;
	}
	ASSERT_EQ(0, stop_remote(self->fd, &c));
	own = number("own");
	total = number("total");
	printf("# Linux: updates %ld contended %ld torn %ld; in the table: %ld\n", own,
	       number("contended"), number("torn"), total);

	EXPECT_LE(UPDATES, own);
	EXPECT_LE(UPDATES, c.updates);
	EXPECT_LT(0, number("contended"));
	EXPECT_EQ(0, number("torn"));
	EXPECT_EQ(0, c.torn);
	EXPECT_EQ(own + c.updates, total);
}

/* Both CPUs of Linux at once; returns whether both could. */
static bool update_on_two_cpus(const char *n)
{
	bool ok = true;
	pid_t pid[2];
	cpu_set_t set;
	int i, status;

	for (i = 0; i < 2; i++) {
		pid[i] = fork();
		if (!pid[i]) {
			CPU_ZERO(&set);
			CPU_SET(i, &set);
			sched_setaffinity(0, sizeof(set), &set);
			_exit(put("update", n) ? 1 : 0);
		}
	}
	for (i = 0; i < 2; i++)
		ok &= pid[i] > 0 && waitpid(pid[i], &status, 0) == pid[i] && !status;
	return ok;
}

static void two_cpus(struct __test_metadata *_metadata, int fd)
{
	struct counts c;

	if (sysconf(_SC_NPROCESSORS_ONLN) < 2)
		SKIP(return, "there is one CPU only");
	ASSERT_EQ(0, amp_trouble(fd, "run"));
	EXPECT_TRUE(update_on_two_cpus("10000"));
	ASSERT_EQ(0, stop_remote(fd, &c));
	printf("# Linux: contended %ld torn %ld\n", number("contended"), number("torn"));
	EXPECT_EQ(20000, number("own"));
	EXPECT_EQ(0, number("torn"));
	EXPECT_EQ(0, c.torn);
	EXPECT_EQ(20000 + c.updates, number("total"));
}

TEST_F(table, nor_with_two_cpus_of_linux)
{
	two_cpus(_metadata, self->fd);
}

/* The framework doesn't keep them apart then, and a gate can't: the driver has to. */
TEST_F(table, nor_with_two_cpus_in_atomic_context)
{
	ASSERT_EQ(0, parameter("atomic", "1"));
	two_cpus(_metadata, self->fd);
}

/* Or the tests above would pass whatever the lock does. */
TEST_F(table, updates_are_lost_without_the_lock)
{
	struct counts c;
	long lost = 0;
	int i;

	ASSERT_EQ(0, parameter("nolock", "1"));
	for (i = 0; i < MAX_ROUNDS && !lost; i++) {
		ASSERT_EQ(0, put("reset", "1"));
		ASSERT_EQ(0, amp_trouble(self->fd, "run nolock"));
		ASSERT_EQ(0, put("update", BATCH));
		ASSERT_EQ(0, stop_remote(self->fd, &c));
		lost = number("own") + c.updates - number("total");
	}
	printf("# lost after %d rounds: %ld; found half written: %ld and %lu times\n", i, lost,
	       number("torn"), c.torn);
	EXPECT_NE(0, lost);
}

TEST_F(table, a_lock_that_is_kept_times_out)
{
	ASSERT_EQ(0, try_shortly());
	ASSERT_EQ(0, amp_trouble(self->fd, "hold"));
	EXPECT_EQ(-ETIMEDOUT, put("update", "1"));
	EXPECT_EQ(-ETIMEDOUT, put("reset", "1"));
	EXPECT_EQ(-ETIMEDOUT, number("total"));
	EXPECT_EQ(0, number("own"));
	ASSERT_EQ(0, amp_trouble(self->fd, "release"));
	EXPECT_EQ(0, put("update", "1"));
	EXPECT_EQ(1, number("total"));
}

TEST_F(table, a_lock_is_taken_from_its_owner)
{
	ASSERT_EQ(0, amp_trouble(self->fd, "hold"));
	if (put("bust", REMOTE) == -EOPNOTSUPP) {
		EXPECT_EQ(0, amp_trouble(self->fd, "release"));
		SKIP(return, "this kernel has no hwspin_lock_bust()");
	}
	EXPECT_EQ(0, put("update", "1"));
	/* it is not the firmware's any more */
	ASSERT_EQ(0, amp_trouble(self->fd, "release"));
	EXPECT_EQ(0, put("update", "1"));

	/* nobody has it, or another than said */
	EXPECT_EQ(0, put("bust", REMOTE));
	EXPECT_EQ(-EINVAL, put("bust", "0"));
	EXPECT_EQ(-EINVAL, put("bust", "1"));
	EXPECT_EQ(-EINVAL, put("bust", "3"));
	EXPECT_EQ(0, put("update", "1"));
	EXPECT_EQ(3, number("total"));
}

/* The firmware frees it when it starts again, and not before. */
TEST_F(table, a_lock_outlives_a_stopped_core)
{
	ASSERT_EQ(0, try_shortly());
	ASSERT_EQ(0, amp_trouble(self->fd, "hold"));
	ASSERT_EQ(0, amp_stop());
	EXPECT_EQ(-ETIMEDOUT, put("update", "1"));
	ASSERT_EQ(0, amp_start(fw_table()));
	EXPECT_TRUE(amp_wait_for(!put("update", "1")));
	EXPECT_EQ(1, number("total"));
}

TEST_F(table, a_crash_with_the_lock_is_recovered_from)
{
	ASSERT_EQ(0, try_shortly());
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, amp_attr_write("disabled", "%s/recovery", amp_rproc()));
	EXPECT_EQ(0, amp_send(self->fd, "die", 3));
	EXPECT_TRUE(amp_wait_for(amp_state_is("crashed")));
	EXPECT_EQ(1, amp_kmsg_count("with the lock of the table held"));
	EXPECT_EQ(-ETIMEDOUT, put("update", "1"));
	EXPECT_EQ(0, amp_attr_write("enabled", "%s/recovery", amp_rproc()));
	EXPECT_TRUE(amp_wait_for(amp_state_is("running")));
	EXPECT_TRUE(amp_wait_for(!put("update", "1")));
	EXPECT_EQ(1, number("total"));
}

TEST_F(table, a_lock_in_use_holds_the_module)
{
	EXPECT_GT(0, amp_module_unload("amp_imx_sema4"));
	EXPECT_EQ(0, put("update", "1"));
	ASSERT_EQ(0, amp_module_unload("amp_shared_table"));
	ASSERT_EQ(0, amp_module_unload("amp_imx_sema4"));
	ASSERT_EQ(0, amp_module_load("amp_imx_sema4"));
	ASSERT_EQ(0, amp_module_load("amp_shared_table"));
	/* the same table, and what is in it */
	EXPECT_EQ(1, number("total"));
	EXPECT_EQ(0, put("update", "1"));
	EXPECT_EQ(2, number("total"));
}

AMP_HARNESS_MAIN(fw_table())
