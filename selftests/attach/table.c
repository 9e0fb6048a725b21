// SPDX-License-Identifier: GPL-2.0
/*
 * Nonsense in place of the resource table of a running core: attaching is
 * refused with one line that says what is wrong with it, the core stays detached
 * and nothing is written. Once the table is right again, attaching works.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"
#include "loader.h"

/* Words of the table, of its entries and of a ring of a virtio device */
enum {
	VERSION = 0,
	NUM = 1,
	RESERVED = 2,
	OFFSET = 4,

	TYPE = 0,
	ADDRESS = 1,
	LEN = 2,
	TRACE_NAME = 4,
	CONFIG_LEN = 5,
	STATUS = 6,
	RING = 7,

	RING_ADDRESS = 0,
	RING_ALIGN = 1,
	RING_NUM = 2,
	RING_ID = 3,
	RING_WORDS = 5,
};

enum {
	TRACE = 2,
	VDEV = 3,
	FAULT = 160,
	LOG = 161,
};

#define LINUX_MEMORY	0x48000000
#define LARGEST		4096

static volatile uint32_t *table;
static size_t size;
static uint32_t good[LARGEST / 4];

static void put(const uint32_t *from)
{
	size_t i;

	for (i = 0; i < size / 4; i++)
		table[i] = from[i];
}

static bool holds(const uint32_t *what)
{
	size_t i;

	for (i = 0; i < size / 4; i++)
		if (table[i] != what[i])
			return false;
	return true;
}

static uint32_t *entry(uint32_t *t, uint32_t type)
{
	uint32_t i;

	for (i = 0; i < t[NUM]; i++)
		if (t[t[OFFSET + i] / 4] == type)
			return t + t[OFFSET + i] / 4;
	return NULL;
}

static uint32_t *ring(uint32_t *t, unsigned int n)
{
	return entry(t, VDEV) + RING + n * RING_WORDS;
}

static void zeroes(uint32_t *t)
{
	memset(t, 0, size);
}

static void ones(uint32_t *t)
{
	memset(t, 0xff, size);
}

static void random_bytes(uint32_t *t)
{
	amp_fill(t, size, 1);
}

static void random_behind_the_header(uint32_t *t)
{
	amp_fill(t, size, 2);
	t[VERSION] = 1;
	t[NUM] = 4;
	t[RESERVED] = 0;
	t[RESERVED + 1] = 0;
}

static void version(uint32_t *t)
{
	t[VERSION] = 2;
}

static void too_many(uint32_t *t)
{
	t[NUM] = 0xffffffff;
}

static void reserved(uint32_t *t)
{
	t[RESERVED + 1] = 7;
}

static void outside(uint32_t *t)
{
	t[OFFSET + 1] = size;
}

static void far_outside(uint32_t *t)
{
	t[OFFSET] = 0xfffffffc;
}

static void odd(uint32_t *t)
{
	t[OFFSET] += 2;
}

static void in_the_header(uint32_t *t)
{
	t[OFFSET] = 0;
}

static void at_the_very_end(uint32_t *t)
{
	t[OFFSET] = size - 8;
	t[size / 4 - 2] = VDEV;
}

static void twice(uint32_t *t)
{
	t[OFFSET + 1] = t[OFFSET + 2];
}

static void unknown_type(uint32_t *t)
{
	entry(t, TRACE)[TYPE] = 77;
}

static void long_config(uint32_t *t)
{
	entry(t, VDEV)[CONFIG_LEN] = 0xfffffff0;
}

static void no_rings(uint32_t *t)
{
	entry(t, VDEV)[STATUS] = 0;
}

static void many_rings(uint32_t *t)
{
	entry(t, VDEV)[STATUS] = 255 << 8;
}

static void ring_align(uint32_t *t)
{
	ring(t, 0)[RING_ALIGN] = 16;
}

static void ring_num(uint32_t *t)
{
	ring(t, 1)[RING_NUM] = 255;
}

static void ring_huge(uint32_t *t)
{
	ring(t, 1)[RING_NUM] = 0x80000000;
}

static void ring_elsewhere(uint32_t *t)
{
	ring(t, 0)[RING_ADDRESS] = LINUX_MEMORY;
}

static void ring_ids(uint32_t *t)
{
	ring(t, 0)[RING_ID] = 5;
	ring(t, 1)[RING_ID] = 5;
}

static void trace_elsewhere(uint32_t *t)
{
	entry(t, TRACE)[ADDRESS] = LINUX_MEMORY;
}

static void trace_name(uint32_t *t)
{
	memcpy(entry(t, TRACE) + TRACE_NAME, "%s%n", 4);
}

static void fault_elsewhere(uint32_t *t)
{
	entry(t, FAULT)[ADDRESS] = LINUX_MEMORY;
}

static void log_huge(uint32_t *t)
{
	entry(t, LOG)[LEN] = 0xfffffff0;
}

FIXTURE(table)
{
	uint32_t bad[LARGEST / 4];
};

FIXTURE_VARIANT(table)
{
	void (*spoil)(uint32_t *t);
	int ret;
	const char *why;
};

#define SPOILT(name, err, text)						\
	FIXTURE_VARIANT_ADD(table, name)				\
	{								\
		.spoil = name,						\
		.ret = -(err),						\
		.why = text,						\
	}

SPOILT(zeroes, EINVAL, "resource table version 0, expected 1");
SPOILT(ones, EINVAL, "resource table version 4294967295, expected 1");
SPOILT(random_bytes, EINVAL, "resource table version");
SPOILT(random_behind_the_header, EINVAL, "entry 0 at offset");
SPOILT(version, EINVAL, "resource table version 2, expected 1");
SPOILT(too_many, EFBIG, "resource table: 4294967295 entries, expected up to 32");
SPOILT(reserved, EINVAL, "reserved word 1 is 0x7, expected 0");
SPOILT(outside, EINVAL, "entry 1 at offset 0x1000: beyond the end of the table at 0x1000");
SPOILT(far_outside, EINVAL, "entry 0 at offset 0xfffffffc: beyond the end of the table at 0x1000");
SPOILT(odd, EINVAL, "entry 0 at offset 0x22: not a multiple of 4");
SPOILT(in_the_header, EINVAL, "entry 0 at offset 0x0: inside the table's header of 0x20 bytes");
SPOILT(at_the_very_end, EINVAL, "entry 0 at offset 0xff8: cut off by the end of the table at 0x1000");
SPOILT(twice, EINVAL, "overlaps entry 1");
SPOILT(unknown_type, EINVAL, "type 77, expected 0 to 3 or a vendor's");
SPOILT(long_config, EINVAL, "entry 0 at offset 0x20: cut off by the end of the table at 0x1000");
SPOILT(no_rings, EINVAL, "vdev 0: 0 vrings, expected 2");
SPOILT(many_rings, EINVAL, "entry 0 at offset 0x20: cut off by the end of the table at 0x1000");
SPOILT(ring_align, EINVAL, "vdev 0 vring 0: alignment 16, expected 4096");
SPOILT(ring_num, EINVAL, "vdev 0 vring 1: 255 buffers, expected a power of two up to 1024");
SPOILT(ring_huge, EINVAL, "vdev 0 vring 1: 2147483648 buffers, expected a power of two up to 1024");
SPOILT(ring_elsewhere, ERANGE, "vdev 0 vring 0: address 0x48000000, expected 0x");
SPOILT(ring_ids, EINVAL, "vdev 0 vring 1: notify id 5 is taken");
SPOILT(trace_elsewhere, ERANGE, "trace 1: 0x1000 bytes at 0x48000000 are neither the core's nor in a region for it");
SPOILT(trace_name, EINVAL, "trace 1: character 0x25 in its name");
SPOILT(fault_elsewhere, ERANGE, "fault record 2: 0x20 bytes at 0x48000000 are neither the core's");
SPOILT(log_huge, ERANGE, "log 3: 0xfffffff0 bytes at 0x");

static int read_good_table(void)
{
	size_t i;

	table = loader_map(LOADER_TABLE, &size);
	if (!table || size > LARGEST)
		return -ENOENT;
	for (i = 0; i < size / 4; i++)
		good[i] = table[i];
	return 0;
}

static int attach_and_echo(void)
{
	int fd, ret;

	ret = amp_command("start");
	if (ret)
		return ret;
	if (!amp_state_is("attached"))
		return -EIO;
	fd = amp_open(AMP_ECHO, O_RDWR);
	if (fd < 0)
		return fd;
	ret = amp_echo(fd, 100, 1);
	close(fd);
	return ret;
}

/* The core isn't started anew for each of them: it must not come to that. */
static int core_of_a_boot_loader(void)
{
	return amp_state_is("detached") ? 0 : loader_boot(amp_fw_trouble());
}

FIXTURE_SETUP(table)
{
	size_t any;

	if (!loader_map(LOADER_TABLE, &any))
		SKIP(return, "the device tree has no region for the resource table");
	ASSERT_EQ(0, core_of_a_boot_loader());
	ASSERT_EQ(0, read_good_table());
	ASSERT_EQ(1, good[VERSION]);
	ASSERT_EQ(4, good[NUM]);
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(table)
{
	if (table)
		put(good);
}

TEST_F(table, is_refused)
{
	memcpy(self->bad, good, size);
	variant->spoil(self->bad);
	put(self->bad);

	EXPECT_EQ(variant->ret, amp_command("start"));
	EXPECT_TRUE(amp_state_is("detached"));
	EXPECT_EQ(1, amp_kmsg_count(variant->why)) {
		TH_LOG("lines with: %s", variant->why);
	}
	EXPECT_EQ(1, amp_kmsg_count(" refused: "));
	EXPECT_TRUE(holds(self->bad));
	EXPECT_EQ(0, amp_nodes());
	EXPECT_TRUE(loader_core_runs());
	/* nor the second time */
	EXPECT_EQ(variant->ret, amp_command("start"));
	EXPECT_TRUE(amp_state_is("detached"));

	put(good);
	ASSERT_EQ(0, attach_and_echo());
	ASSERT_EQ(0, amp_command("detach"));
	EXPECT_TRUE(amp_state_is("detached"));
	EXPECT_TRUE(holds(good));
}

FIXTURE(race)
{
	uint32_t bad[LARGEST / 4];
	pid_t pid;
};

FIXTURE_VARIANT(race)
{
	void (*spoil)(uint32_t *t);
};

#define RACE(name) FIXTURE_VARIANT_ADD(race, name) { .spoil = name }

RACE(ones);
RACE(too_many);
RACE(far_outside);
RACE(long_config);
RACE(ring_huge);
RACE(ring_elsewhere);
RACE(trace_name);

FIXTURE_SETUP(race)
{
	size_t any, i;

	if (!loader_map(LOADER_TABLE, &any))
		SKIP(return, "the device tree has no region for the resource table");
	ASSERT_EQ(0, core_of_a_boot_loader());
	ASSERT_EQ(0, read_good_table());
	memcpy(self->bad, good, size);
	variant->spoil(self->bad);
	/* Not the device's status: Linux says so if it finds another than it wrote. */
	i = entry(good, VDEV) + STATUS - good;
	self->bad[i] = good[i];

	self->pid = fork();
	if (!self->pid) {
		for (;;)
			for (i = 0; i < size / 4; i++)
				if (self->bad[i] != good[i])
					table[i] = table[i] == good[i] ?
						   self->bad[i] : good[i];
	}
	ASSERT_LT(0, self->pid);
}

static void end_writer(FIXTURE_DATA(race) *self)
{
	if (self->pid <= 0)
		return;
	kill(self->pid, SIGKILL);
	amp_wait_child(self->pid);
	self->pid = 0;
}

FIXTURE_TEARDOWN(race)
{
	end_writer(self);
	EXPECT_EQ(0, loader_off());
}

/* Whatever is seen when: it attaches, or it refuses. */
TEST_F_TIMEOUT(race, table_changes_all_the_time, 600)
{
	int i, ret, attached = 0, refused = 0;

	for (i = 0; i < 10; i++) {
		ret = amp_command("start");
		if (ret) {
			EXPECT_TRUE(ret == -EINVAL || ret == -ERANGE || ret == -EFBIG) {
				TH_LOG("attaching: %s", strerror(-ret));
			}
			ASSERT_TRUE(amp_state_is("detached"));
			refused++;
		} else {
			ASSERT_TRUE(amp_state_is("attached"));
			ASSERT_EQ(0, amp_command("detach"));
			attached++;
		}
	}
	TH_LOG("%d attached, %d refused", attached, refused);

	end_writer(self);
	if (amp_state_is("detached")) {
		put(good);
		EXPECT_EQ(0, attach_and_echo());
	}
}

LOADER_HARNESS_MAIN(amp_fw_trouble())
