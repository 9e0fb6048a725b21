// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware that crashes: each way to crash is noticed and named, and the core
 * comes back by itself, unless it is told not to or crashes too often. What the
 * dump holds, and that a crash leaves nothing behind.
 */
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp_harness.h"
#include "leaks.h"

#define DUMPS		"/sys/class/devcoredump"
#define DEBUGFS		"/sys/kernel/debug/remoteproc"

/* As the remote core sees its tightly coupled memories */
#define ITCM_ADDRESS	0x00000000
#define DTCM_ADDRESS	0x20000000
#define TCM_SIZE	0x20000

#define NO_LIMIT	"0"

static const char * const setting[] = {
	"recovery", "crash_limit", "crash_window_s",
};

static long number(const char *name)
{
	char value[32];

	if (amp_attr_read(value, sizeof(value), "%s/%s", amp_rproc(), name) <= 0)
		return -1;
	return strtol(value, NULL, 10);
}

static int set(const char *name, const char *value)
{
	return amp_attr_write(value, "%s/%s", amp_rproc(), name);
}

/* Finds a dump: its number, or -ENOENT. */
static int find_dump(void)
{
	struct dirent *d;
	int n, ret = -ENOENT;
	DIR *dir;

	dir = opendir(DUMPS);
	if (!dir)
		return -errno;
	while (ret < 0 && (d = readdir(dir)))
		if (sscanf(d->d_name, "devcd%d", &n) == 1)
			ret = n;
	closedir(dir);
	return ret;
}

/*
 * A dump that nobody frees keeps the next one from being made. Its link goes last:
 * mainline warns if the next one comes before that.
 */
static int free_dumps(void)
{
	char link[PATH_MAX];
	int n;

	while ((n = find_dump()) >= 0) {
		amp_attr_write("1", DUMPS "/devcd%d/data", n);
		if (!amp_wait_for(find_dump() != n))
			return -ETIMEDOUT;
	}
	snprintf(link, sizeof(link), "%s/devcoredump", amp_rproc());
	return amp_wait_for(access(link, F_OK)) ? 0 : -ETIMEDOUT;
}

/* Its two nodes, and the settings as they were. */
FIXTURE(crash)
{
	char was[ARRAY_SIZE(setting)][32];
	int echo;
	int trouble;
	long count;
};

static int open_nodes(FIXTURE_DATA(crash) *self)
{
	self->echo = amp_open(AMP_ECHO, O_RDWR);
	self->trouble = amp_open(AMP_TROUBLE, O_RDWR);
	if (self->echo < 0 || self->trouble < 0)
		return self->echo < 0 ? self->echo : self->trouble;
	return amp_echo(self->echo, 100, 1);
}

static void close_nodes(FIXTURE_DATA(crash) *self)
{
	close(self->echo);
	close(self->trouble);
}

/* Doesn't wait for the answer, which the crash may overtake. */
static int trigger(FIXTURE_DATA(crash) *self, const char *command)
{
	self->count = number("crash_count");
	return amp_send(self->trouble, command, strlen(command));
}

static bool recovered(FIXTURE_DATA(crash) *self)
{
	return number("crash_count") > self->count && amp_state_is("running");
}

/* One crash, and the nodes of the life after it. */
static int crash_once(FIXTURE_DATA(crash) *self)
{
	int ret;

	ret = trigger(self, "usage");
	if (!ret)
		ret = amp_wait_gone(self->echo);
	close_nodes(self);
	if (!ret && !amp_wait_for(recovered(self)))
		ret = -ETIMEDOUT;
	if (!ret)
		ret = free_dumps();
	if (ret == -ENOENT)
		ret = 0;
	return ret ? ret : open_nodes(self);
}

FIXTURE_SETUP(crash)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(setting); i++) {
		if (amp_attr_read(self->was[i], sizeof(self->was[i]), "%s/%s",
				  amp_rproc(), setting[i]) <= 0)
			SKIP(return, "the driver has no %s", setting[i]);
	}
	ASSERT_EQ(0, set("recovery", "enabled"));
	ASSERT_EQ(0, set("crash_limit", NO_LIMIT));
	free_dumps();
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	ASSERT_EQ(0, open_nodes(self));
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(crash)
{
	unsigned int i;

	close_nodes(self);
	EXPECT_EQ(0, amp_stop());
	for (i = 0; i < ARRAY_SIZE(setting); i++)
		EXPECT_EQ(0, set(setting[i], self->was[i]));
	free_dumps();
}

/* Each crash ends in this. */
#define EXPECT_RECOVERY() do {						\
	EXPECT_EQ(0, amp_wait_gone(self->echo));			\
	EXPECT_EQ(0, amp_wait_gone(self->trouble));			\
	ASSERT_TRUE(amp_wait_for(recovered(self)));			\
	EXPECT_EQ(0, amp_echo_works(2));					\
	EXPECT_EQ(self->count + 1, number("crash_count"));		\
	EXPECT_EQ(1, amp_kmsg_count("crash detected in"));		\
} while (0)

static void fails(struct __test_metadata *_metadata, FIXTURE_DATA(crash) *self,
		  const char *command, const char *line)
{
	ASSERT_EQ(0, trigger(self, command));
	EXPECT_RECOVERY();
	EXPECT_EQ(1, amp_kmsg_count(line)) {
		TH_LOG("lines with: %s", line);
	}
	EXPECT_EQ(1, amp_kmsg_count("remote core:"));
}

TEST_F(crash, hard_fault)
{
	fails(_metadata, self, "hardfault", "remote core: HardFault at pc 0x0");
}

TEST_F(crash, memory_fault)
{
	fails(_metadata, self, "mem 48000000",
	      "remote core: MemManage fault at pc 0x0");
	EXPECT_EQ(1, amp_kmsg_count(", address 0x48000000, "));
}

TEST_F(crash, bus_fault)
{
	fails(_metadata, self, "bus", "remote core: BusFault at pc 0x0");
}

TEST_F(crash, usage_fault)
{
	fails(_metadata, self, "usage", "remote core: UsageFault at pc 0x0");
}

TEST_F(crash, panic_says_why)
{
	fails(_metadata, self, "panic out of coffee",
	      "remote core: it says \"out of coffee\"");
}

/* Begins heartbeats and lets one come. */
static int heartbeats(int fd, unsigned int ms)
{
	char command[32];
	int ret;

	snprintf(command, sizeof(command), "heartbeat %u", ms);
	ret = amp_trouble(fd, command);
	usleep(2000 * ms);
	return ret;
}

TEST_F(crash, heartbeats_end)
{
	ASSERT_EQ(0, heartbeats(self->trouble, 500));
	fails(_metadata, self, "mute", "remote core: no heartbeat for 1500 ms");
}

TEST_F(crash, firmware_hangs)
{
	ASSERT_EQ(0, heartbeats(self->trouble, 500));
	fails(_metadata, self, "hang", "remote core: no heartbeat for 1500 ms");
}

TEST_F(crash, heartbeats_that_come_or_are_called_off_are_no_crash)
{
	long count = number("crash_count");

	ASSERT_EQ(0, heartbeats(self->trouble, 2000));
	usleep(4000000);
	EXPECT_EQ(0, amp_echo(self->echo, 100, 2));
	ASSERT_EQ(0, amp_trouble(self->trouble, "heartbeat 500"));
	ASSERT_EQ(0, heartbeats(self->trouble, 0));
	usleep(3000000);
	EXPECT_EQ(0, amp_echo(self->echo, 100, 3));
	EXPECT_EQ(count, number("crash_count"));
	EXPECT_EQ(0, amp_kmsg_count("remote core:"));
}

TEST_F(crash, ring_has_an_impossible_id)
{
	ASSERT_EQ(0, trigger(self, "ring"));
	EXPECT_RECOVERY();
	EXPECT_EQ(1, amp_kmsg_count("id 65535 out of range"));
}

TEST_F(crash, ring_has_an_impossible_index)
{
	ASSERT_EQ(0, trigger(self, "index"));
	EXPECT_RECOVERY();
	EXPECT_EQ(1, amp_kmsg_count(" ring: used index "));
}

TEST_F(crash, after_recovery_it_can_crash_again)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, crash_once(self));
	EXPECT_EQ(3, amp_kmsg_count("remote core: UsageFault at pc"));
}

/*
 * Waits for a core that is off and stays so. Recovery passes "offline" as well:
 * the core is stopped once for each crash, and once more at the end.
 */
static bool is_left_off(int crashes)
{
	return amp_wait_for(amp_kmsg_count("stopped remote processor") ==
			    crashes + 1) &&
	       amp_state_is("offline");
}

/* With "inline", recovery waits until the dump has been freed. */
TEST_F(crash, reported_again_before_recovery_is_one_crash)
{
	char was[32];

	ASSERT_LT(0, amp_attr_read(was, sizeof(was), "%s/coredump", amp_rproc()));
	ASSERT_EQ(0, amp_attr_write("inline", "%s/coredump", amp_rproc()));
	EXPECT_EQ(0, trigger(self, "usage"));
	EXPECT_TRUE(amp_wait_for(find_dump() >= 0));
	EXPECT_EQ(0, amp_attr_write("1", DEBUGFS "/%s/crash", strrchr(amp_rproc(), '/') + 1));
	EXPECT_EQ(0, amp_attr_write(was, "%s/coredump", amp_rproc()));
	EXPECT_EQ(0, free_dumps());
	EXPECT_TRUE(amp_wait_for(recovered(self)));
	EXPECT_EQ(2, amp_kmsg_count("crash detected in"));
	/* or else there would be another recovery */
	EXPECT_EQ(0, amp_echoes_work(100));
	EXPECT_EQ(self->count + 1, number("crash_count"));
}

TEST_F(crash, too_many_crashes_and_it_stays_down)
{
	ASSERT_EQ(0, set("crash_window_s", "100000"));
	/* a crash at the limit begins a new count */
	ASSERT_EQ(0, set("crash_limit", "1"));
	ASSERT_EQ(0, trigger(self, "usage"));
	ASSERT_EQ(0, amp_wait_gone(self->echo));
	ASSERT_TRUE(is_left_off(1));
	close_nodes(self);

	ASSERT_EQ(0, set("crash_limit", "3"));
	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	ASSERT_EQ(0, open_nodes(self));
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, crash_once(self));
	ASSERT_EQ(0, crash_once(self));
	EXPECT_EQ(0, amp_kmsg_count("staying down"));

	ASSERT_EQ(0, trigger(self, "usage"));
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_TRUE(is_left_off(3));
	EXPECT_EQ(self->count + 1, number("crash_count"));
	EXPECT_EQ(1, amp_kmsg_count("crashed 3 times in 100000 s, staying down"));
	EXPECT_EQ(1, amp_kmsg_count("staying down"));

	EXPECT_EQ(0, amp_start(amp_fw_trouble()));
	EXPECT_EQ(0, amp_echo_works(1));
}

TEST_F(crash, old_crashes_do_not_count)
{
	int i;

	ASSERT_EQ(0, set("crash_window_s", "1"));
	ASSERT_EQ(0, set("crash_limit", "2"));
	for (i = 0; i < 3; i++) {
		/* longer than the window, however long a crash takes */
		usleep(1500000);
		ASSERT_EQ(0, crash_once(self));
	}
	EXPECT_EQ(0, amp_kmsg_count("staying down"));
}

TEST_F(crash, settings_are_checked)
{
	static const struct {
		const char *name;
		const char *value;
		int ret;
	} cases[] = {
		{ "crash_limit", "0", 0 },
		{ "crash_limit", "1000000", 0 },
		{ "crash_limit", "1000001", -ERANGE },
		{ "crash_limit", "4294967296", -ERANGE },
		{ "crash_limit", "many", -EINVAL },
		{ "crash_limit", "3 or so", -EINVAL },
		{ "crash_limit", "-1", -EINVAL },
		{ "crash_limit", "", -EINVAL },
		{ "crash_window_s", "1", 0 },
		{ "crash_window_s", "1000000", 0 },
		{ "crash_window_s", "0", -ERANGE },
		{ "crash_window_s", "1000001", -ERANGE },
		{ "crash_window_s", "4294967296", -ERANGE },
		{ "crash_window_s", "long", -EINVAL },
		{ "crash_window_s", "", -EINVAL },
	};
	unsigned int i;
	long before;

	for (i = 0; i < ARRAY_SIZE(cases); i++) {
		before = number(cases[i].name);
		EXPECT_EQ(cases[i].ret, set(cases[i].name, cases[i].value)) {
			TH_LOG("%s: \"%s\"", cases[i].name, cases[i].value);
		}
		EXPECT_EQ(cases[i].ret ? before : atol(cases[i].value),
			  number(cases[i].name)) {
			TH_LOG("%s: \"%s\"", cases[i].name, cases[i].value);
		}
	}
	EXPECT_EQ(-EACCES, set("crash_count", "0"));
}

static int crash_with_recovery_off(FIXTURE_DATA(crash) *self)
{
	int ret = set("recovery", "disabled");

	if (!ret)
		ret = trigger(self, "usage");
	if (ret)
		return ret;
	return amp_wait_for(amp_state_is("crashed")) ? 0 : -ETIMEDOUT;
}

TEST_F(crash, without_recovery_it_is_stopped_and_started)
{
	ASSERT_EQ(0, crash_with_recovery_off(self));
	usleep(500000);
	EXPECT_TRUE(amp_state_is("crashed"));

	EXPECT_EQ(0, amp_command("stop"));
	EXPECT_TRUE(amp_state_is("offline"));
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_EQ(0, amp_wait_gone(self->trouble));
	/* there was nobody to ask */
	EXPECT_EQ(0, amp_kmsg_count("shutdown request"));

	EXPECT_EQ(0, amp_command("start"));
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, amp_echo_works(2));
}

TEST_F(crash, recovery_can_be_asked_for_later)
{
	ASSERT_EQ(0, crash_with_recovery_off(self));
	ASSERT_EQ(0, set("recovery", "recover"));
	EXPECT_RECOVERY();
}

TEST_F(crash, firmware_that_has_gone_leaves_it_off)
{
	char path[PATH_MAX], away[PATH_MAX + 8];

	ASSERT_EQ(0, amp_fw_path(amp_fw_trouble(), path, sizeof(path)));
	snprintf(away, sizeof(away), "%s.away", path);
	ASSERT_EQ(0, rename(path, away));
	EXPECT_EQ(0, trigger(self, "usage"));
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("recovery failed, staying down")));
	EXPECT_TRUE(amp_wait_for(amp_state_is("offline")));
	EXPECT_EQ(-ENOENT, amp_command("start"));
	ASSERT_EQ(0, rename(away, path));

	EXPECT_EQ(0, amp_command("start"));
	EXPECT_TRUE(amp_state_is("running"));
	EXPECT_EQ(0, amp_echo_works(2));
}

/* By a letter of its trace buffer's name */
TEST_F(crash, firmware_with_another_table_leaves_it_off)
{
	ASSERT_EQ(0, amp_fw_replace(amp_fw_trouble(), "trace:", "Trace:"));
	EXPECT_EQ(0, trigger(self, "usage"));
	EXPECT_EQ(0, amp_wait_gone(self->echo));
	EXPECT_TRUE(amp_wait_for(amp_kmsg_count("table is not that of the first start")));
	EXPECT_TRUE(amp_wait_for(amp_state_is("offline")));
	EXPECT_EQ(0, amp_command("start"));
	EXPECT_EQ(0, amp_echo_works(2));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, amp_fw_replace(amp_fw_trouble(), "Trace:", "trace:"));
}

static unsigned char dump[64 * 1024 * 1024];

/* Reads the one dump that there is to be, and returns its length. */
static long read_dump(void)
{
	char path[PATH_MAX];
	long len = 0;
	ssize_t n;
	int fd;

	if (!amp_wait_for(find_dump() >= 0))
		return -ENOENT;
	snprintf(path, sizeof(path), DUMPS "/devcd%d/data", find_dump());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	while (len < (long)sizeof(dump) &&
	       (n = read(fd, dump + len, sizeof(dump) - len)) > 0)
		len += n;
	close(fd);
	return len < (long)sizeof(dump) ? len : -EFBIG;
}

TEST_F(crash, dump_is_an_elf_file_with_the_memory)
{
	static const char text[] = "FAULT: memory protection, address 48000000";
	const Elf32_Ehdr *ehdr = (void *)dump;
	const Elf32_Phdr *phdr, *itcm = NULL, *dtcm = NULL;
	unsigned int i;
	long len;

	if (access(DUMPS, F_OK))
		SKIP(return, "no %s: the kernel has no CONFIG_DEV_COREDUMP",
		     DUMPS);
	ASSERT_EQ(-ENOENT, find_dump());
	ASSERT_EQ(0, trigger(self, "mem 48000000"));
	ASSERT_TRUE(amp_wait_for(recovered(self)));

	len = read_dump();
	ASSERT_LT((long)sizeof(*ehdr), len);
	ASSERT_EQ(0, memcmp(ehdr->e_ident, ELFMAG, SELFMAG));
	EXPECT_EQ(ELFCLASS32, ehdr->e_ident[EI_CLASS]);
	EXPECT_EQ(ELFDATA2LSB, ehdr->e_ident[EI_DATA]);
	EXPECT_EQ(ET_CORE, ehdr->e_type);
	EXPECT_EQ(EM_ARM, ehdr->e_machine);
	ASSERT_EQ(sizeof(*phdr), ehdr->e_phentsize);
	ASSERT_LT(0, ehdr->e_phnum);
	ASSERT_GE((unsigned long)len, ehdr->e_phoff +
		  (unsigned long)ehdr->e_phnum * sizeof(*phdr));

	phdr = (void *)(dump + ehdr->e_phoff);
	for (i = 0; i < ehdr->e_phnum; i++, phdr++) {
		EXPECT_EQ(PT_LOAD, phdr->p_type);
		EXPECT_EQ(phdr->p_filesz, phdr->p_memsz);
		ASSERT_GE((unsigned long)len, (unsigned long)phdr->p_offset +
			  phdr->p_filesz);
		if (phdr->p_vaddr == ITCM_ADDRESS && phdr->p_paddr == ITCM_ADDRESS)
			itcm = phdr;
		if (phdr->p_vaddr == DTCM_ADDRESS && phdr->p_paddr == DTCM_ADDRESS)
			dtcm = phdr;
	}
	ASSERT_NE(NULL, itcm);
	ASSERT_NE(NULL, dtcm);
	EXPECT_EQ(TCM_SIZE, itcm->p_filesz);
	EXPECT_EQ(TCM_SIZE, dtcm->p_filesz);
	EXPECT_NE(NULL, memmem(dump + dtcm->p_offset, dtcm->p_filesz, text,
			       strlen(text)));
	/* the code that says so is there as well */
	EXPECT_NE(NULL, memmem(dump + itcm->p_offset, itcm->p_filesz, text,
			       strlen("FAULT: memory protection, address ")));

	EXPECT_EQ(0, amp_attr_write("1", DUMPS "/devcd%d/data", find_dump()));
	EXPECT_TRUE(amp_wait_for(find_dump() == -ENOENT));
}

/* For whoever runs the tests, to be read with a debugger. */
static int keep_dump(const char *name, long len)
{
	const char *dir = getenv("AMP_FILES");
	char path[PATH_MAX];
	int fd, ret = 0;

	if (!dir)
		return 0;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	if (write(fd, dump, len) != len)
		ret = -EIO;
	close(fd);
	return ret;
}

TEST_F(crash, dump_of_a_panic_has_its_log)
{
	static const char text[] = "panic out of coffee";
	long len;

	if (access(DUMPS, F_OK))
		SKIP(return, "no %s: the kernel has no CONFIG_DEV_COREDUMP",
		     DUMPS);
	/* a variable of the firmware has these words then */
	ASSERT_EQ(0, amp_trouble(self->trouble, "later 1000000 left in memory"));
	ASSERT_EQ(0, trigger(self, text));
	ASSERT_TRUE(amp_wait_for(recovered(self)));

	len = read_dump();
	ASSERT_LT(0, len);
	EXPECT_NE(NULL, memmem(dump, len, text, strlen(text)));
	EXPECT_EQ(0, keep_dump("panic.core", len));
}

static int one_of_many(void *data, int i)
{
	(void)i;
	return crash_once(data);
}

TEST_F_TIMEOUT(crash, many_crashes_leave_nothing_behind, 1200)
{
	int i, cycles = amp_cycles(200);
	long count;

	/* what is allocated once is no loss */
	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, crash_once(self));
	count = number("crash_count");
	EXPECT_EQ(0, leaks_after(cycles, one_of_many, self));
	EXPECT_LE(count + cycles, number("crash_count"));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
