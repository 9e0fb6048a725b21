// SPDX-License-Identifier: GPL-2.0
/*
 * Starting and stopping: what state says, what is refused, and that doing it
 * many times costs nothing.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"

#define CYCLES		100

/*
 * One object lost in each cycle is noticed. Below that is what the allocator's
 * lists per CPU hide or show by chance.
 */
#define SLAB_TOLERANCE	(CYCLES * 8 / 10)
#define SLAB_KB_TOLERANCE 256

static int echo_works(unsigned int seed)
{
	int fd, ret;

	fd = amp_open(AMP_ECHO, O_RDWR);
	if (fd < 0)
		return fd;
	ret = amp_echo(fd, seed % (AMP_MTU + 1), seed);
	close(fd);
	return ret;
}

static int cycle(unsigned int seed)
{
	int ret = amp_start(amp_fw_echo());

	if (!ret)
		ret = echo_works(seed);
	return ret ? ret : amp_stop();
}

TEST(state_follows)
{
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(amp_state_is("offline"));
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, echo_works(100));
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(amp_state_is("offline"));
}

TEST(second_start_disturbs_nothing)
{
	int fd, ret;

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_echo(fd, 100, 1));

	/* some kernels refuse it, others count: as many stops have to follow */
	ret = amp_command("start");
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, amp_echo(fd, 100, 2));
	if (!ret) {
		EXPECT_EQ(0, amp_command("stop"));
		EXPECT_TRUE(amp_state_is("running"));
		EXPECT_EQ(0, amp_echo(fd, 100, 3));
	}
	EXPECT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	close(fd);
}

TEST(second_stop_is_refused)
{
	ASSERT_EQ(0, cycle(1));
	EXPECT_GT(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	EXPECT_EQ(0, cycle(2));
}

TEST(unknown_command_is_refused)
{
	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_EQ(-EINVAL, amp_command("fly"));
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, echo_works(100));
	EXPECT_EQ(0, amp_stop());
}

TEST(different_firmware_in_turn)
{
	char path[4096], in[16];
	int i, fd;

	if (amp_fw_path(amp_fw_hello(), path, sizeof(path)))
		SKIP(return, "firmware %s is not installed", amp_fw_hello());
	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, cycle(i));
		ASSERT_EQ(0, amp_start(amp_fw_hello()));
		fd = amp_open("my_service", O_RDWR);
		ASSERT_LE(0, fd);
		ASSERT_EQ(0, amp_send(fd, "hi", 2));
		ASSERT_EQ(3, amp_receive(fd, in, sizeof(in)));
		EXPECT_EQ(0, memcmp(in, "ACK", 3));
		/* nothing of the other one is left */
		EXPECT_NE(0, amp_channel_find(AMP_ECHO, path, sizeof(path)));
		close(fd);
		ASSERT_EQ(0, amp_stop());
	}
}

struct slab {
	char name[64];
	long objects;
};

struct usage {
	struct slab slab[512];
	unsigned int slabs;
	long slab_kb;
	/* one name of a function for each area of address space */
	char (*area)[64];
	unsigned int areas;
};

static struct usage before, after;

/* Hands back what the allocator keeps for later, as far as it can be told to. */
static bool shrink_slabs(void)
{
	static const char path[] = "/sys/kernel/slab";
	struct dirent *d;
	DIR *dir;

	amp_attr_write("2", "/proc/sys/vm/drop_caches");
	dir = opendir(path);
	if (!dir)
		return false;
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.')
			amp_attr_write("1", "%s/%s/shrink", path, d->d_name);
	closedir(dir);
	return true;
}

static struct slab *slab_of(struct usage *u, const char *name)
{
	unsigned int i;

	for (i = 0; i < u->slabs; i++)
		if (!strcmp(u->slab[i].name, name))
			return &u->slab[i];
	if (u->slabs == ARRAY_SIZE(u->slab))
		return NULL;
	snprintf(u->slab[i].name, sizeof(u->slab[i].name), "%s", name);
	u->slab[i].objects = -1;
	u->slabs++;
	return &u->slab[i];
}

/* Several samples, the lowest of each: what is on its way to be freed is not lost. */
static bool measure_slabs(struct usage *u)
{
	char line[512], name[64];
	struct slab *slab;
	long objects;
	bool any = false;
	FILE *f;
	int i;

	u->slabs = 0;
	for (i = 0; i < 8; i++) {
		if (!shrink_slabs())
			return false;
		f = fopen("/proc/slabinfo", "re");
		if (!f)
			return false;
		while (fgets(line, sizeof(line), f)) {
			if (sscanf(line, "%63s %ld", name, &objects) != 2)
				continue;
			slab = slab_of(u, name);
			if (!slab)
				continue;
			if (slab->objects < 0 || objects < slab->objects)
				slab->objects = objects;
			any = true;
		}
		fclose(f);
		usleep(50000);
	}
	return any;
}

static long slab_kb(void)
{
	char line[128];
	long kb = -1;
	FILE *f;

	shrink_slabs();
	f = fopen("/proc/meminfo", "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, "Slab: %ld", &kb) == 1)
			break;
	fclose(f);
	return kb;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

/*
 * What is mapped into the kernel's address space, by the function that asked
 * for it. Left out are areas that wait to be unmapped, and those that come and
 * go with processes.
 */
static bool measure_areas(struct usage *u)
{
	char line[512], name[64];
	FILE *f;

	f = fopen("/proc/vmallocinfo", "re");
	if (!f)
		return false;
	u->areas = 0;
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, "unpurged") ||
		    sscanf(line, "%*s %*s %63[^+]", name) != 1 ||
		    !strcmp(name, "dup_task_struct") ||
		    !strcmp(name, "copy_process") ||
		    !strcmp(name, "kernel_clone") ||
		    !strcmp(name, "alloc_thread_stack_node"))
			continue;
		u->area = realloc(u->area, (u->areas + 1) * sizeof(*u->area));
		if (!u->area)
			break;
		memcpy(u->area[u->areas++], name, sizeof(name));
	}
	fclose(f);
	if (u->area)
		qsort(u->area, u->areas, sizeof(*u->area), compare_names);
	return u->area && u->areas;
}

static unsigned int areas_of(const struct usage *u, const char *name)
{
	unsigned int i, n = 0;

	for (i = 0; i < u->areas; i++)
		n += !strcmp(u->area[i], name);
	return n;
}

static bool areas_same(void)
{
	return measure_areas(&after) && after.areas == before.areas;
}

/* Returns how many went well. */
static int cycles(void)
{
	int i;

	for (i = 0; i < CYCLES; i++)
		if (cycle(i * 5))
			break;
	return i;
}

/* The slabs that hold an object more for each cycle; they are marked in @lost. */
static unsigned int slabs_grown(bool *lost)
{
	unsigned int i, n = 0;

	for (i = 0; i < after.slabs; i++) {
		struct slab *old = slab_of(&before, after.slab[i].name);
		long was = old && old->objects > 0 ? old->objects : 0;

		lost[i] = after.slab[i].objects - was >= SLAB_TOLERANCE;
		n += lost[i];
	}
	return n;
}

FIXTURE(hundred_cycles)
{
	bool slabs;
	bool areas;
};

FIXTURE_SETUP(hundred_cycles)
{
	cpu_set_t one;
	unsigned int i;

	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);

	/* what is allocated once, on first use, is no loss */
	for (i = 0; i < 10; i++)
		ASSERT_EQ(0, cycle(i));
	self->areas = measure_areas(&before);
	before.slab_kb = slab_kb();
	self->slabs = measure_slabs(&before);
	ASSERT_EQ(CYCLES, cycles());
}

FIXTURE_TEARDOWN(hundred_cycles)
{
	EXPECT_EQ(0, amp_stop());
}

TEST_F_TIMEOUT(hundred_cycles, echo_each_time_and_lose_nothing, 400)
{
	bool lost[ARRAY_SIZE(after.slab)];
	unsigned int i, was, is, round = 0;

	/*
	 * The allocator counts what it keeps at hand as in use. That may grow
	 * once; what is lost grows each time.
	 */
	if (self->slabs) {
		ASSERT_TRUE(measure_slabs(&after));
		while (slabs_grown(lost) && ++round < 3) {
			memcpy(before.slab, after.slab, sizeof(before.slab));
			before.slabs = after.slabs;
			ASSERT_EQ(CYCLES, cycles());
			ASSERT_TRUE(measure_slabs(&after));
		}
		EXPECT_GT(3, round) {
			for (i = 0; i < after.slabs; i++)
				if (lost[i])
					TH_LOG("slab %s: grows with each cycle",
					       after.slab[i].name);
		}
	} else {
		TH_LOG("no /proc/slabinfo or /sys/kernel/slab: only the total is looked at");
	}

	after.slab_kb = slab_kb();
	EXPECT_GT(SLAB_KB_TOLERANCE, after.slab_kb - before.slab_kb);

	if (self->areas) {
		/* freed late, by a worker */
		EXPECT_TRUE(amp_wait_for(areas_same())) {
			for (i = 0; i < after.areas; i++) {
				if (i && !strcmp(after.area[i], after.area[i - 1]))
					continue;
				was = areas_of(&before, after.area[i]);
				is = areas_of(&after, after.area[i]);
				if (was != is)
					TH_LOG("vmalloc: %s had %u areas, has %u",
					       after.area[i], was, is);
			}
		}
	} else {
		TH_LOG("no /proc/vmallocinfo");
	}
}

static int count_entries(const char *path)
{
	struct dirent *d;
	int count = 0;
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return 0;
	while ((d = readdir(dir)))
		count++;
	closedir(dir);
	return count;
}

TEST(devices_come_and_go)
{
	static const char * const path[] = {
		"/sys/bus/virtio/devices", "/sys/bus/rpmsg/devices",
		"/sys/bus/platform/devices", "/sys/class/rpmsg",
		"/sys/class/remoteproc",
	};
	int offline[ARRAY_SIZE(path)], running[ARRAY_SIZE(path)];
	unsigned int i, j;

	ASSERT_EQ(0, cycle(1));
	for (i = 0; i < ARRAY_SIZE(path); i++)
		offline[i] = count_entries(path[i]);
	for (j = 0; j < 5; j++) {
		ASSERT_EQ(0, amp_start(amp_fw_echo()));
		ASSERT_EQ(0, echo_works(j));
		for (i = 0; i < ARRAY_SIZE(path); i++) {
			if (!j)
				running[i] = count_entries(path[i]);
			EXPECT_EQ(running[i], count_entries(path[i])) {
				TH_LOG("in %s", path[i]);
			}
		}
		ASSERT_EQ(0, amp_stop());
		for (i = 0; i < ARRAY_SIZE(path); i++) {
			EXPECT_EQ(offline[i], count_entries(path[i])) {
				TH_LOG("in %s", path[i]);
			}
		}
	}
}

AMP_HARNESS_MAIN(amp_fw_echo())
