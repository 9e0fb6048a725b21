// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware without the control channel, on a board whose device tree has a
 * mailbox channel "shutdown": it is told there, and not stopped before it has
 * read that.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "amp_harness.h"

#define FW_SILENT	"amp/silent.elf"

#define BY_MAILBOX	"control: shut down by mailbox"
#define BY_CHANNEL	"control: shut down\n"
#define UNANSWERED	"no answer to the shutdown request"
#define UNREAD		UNANSWERED " within 100 ms (-16)"	/* EBUSY */

/* Thumb's "b .": the core does nothing else any more. */
#define HANG		0xe7fe

FIXTURE(shutdown_mailbox)
{
	char timeout[32];
	int log;
};

FIXTURE_SETUP(shutdown_mailbox)
{
	char names[128] = "";
	ssize_t i, len;

	len = amp_attr_read(names, sizeof(names), "%s/device/of_node/mbox-names",
			    amp_rproc());
	for (i = 0; i < len && strcmp(names + i, "shutdown"); )
		i += strlen(names + i) + 1;
	if (i >= len)
		SKIP(return, "the device tree has no mailbox channel \"shutdown\"");
	ASSERT_LT(0, amp_attr_read(self->timeout, sizeof(self->timeout),
				   "%s/shutdown_timeout_ms", amp_rproc()));
	ASSERT_EQ(0, amp_attr_write("20000", "%s/shutdown_timeout_ms", amp_rproc()));
	self->log = open(AMP_LOG, O_RDONLY | O_NONBLOCK);
	ASSERT_LE(0, self->log);
	ASSERT_EQ(0, amp_kmsg_begin());
}

FIXTURE_TEARDOWN(shutdown_mailbox)
{
	EXPECT_EQ(0, amp_stop());
	close(self->log);
	amp_attr_write(self->timeout, "%s/shutdown_timeout_ms", amp_rproc());
}

TEST_F(shutdown_mailbox, firmware_without_the_channel)
{
	int i;

	for (i = 0; i < 5; i++) {
		ASSERT_EQ(0, amp_start(amp_fw_stall()));
		EXPECT_FALSE(strstr(amp_log_read(self->log), BY_MAILBOX));
		ASSERT_EQ(0, amp_stop());
		EXPECT_TRUE(strstr(amp_log_read(self->log), BY_MAILBOX));
	}
	EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
}

TEST_F(shutdown_mailbox, firmware_with_the_channel)
{
	const char *text;

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	close(amp_open(AMP_ECHO, O_RDWR));
	ASSERT_EQ(0, amp_stop());
	text = amp_log_read(self->log);
	EXPECT_TRUE(strstr(text, BY_CHANNEL));
	EXPECT_EQ(NULL, strstr(text, BY_MAILBOX));
	EXPECT_EQ(0, amp_kmsg_count(UNANSWERED));
}

/* What was not read is not taken for a request by the firmware that comes next. */
TEST_F(shutdown_mailbox, firmware_that_hangs)
{
	int fd;

	ASSERT_EQ(0, amp_start(amp_fw_trouble()));
	fd = amp_open(AMP_TROUBLE, O_RDWR);
	ASSERT_LE(0, fd);
	ASSERT_EQ(0, amp_trouble(fd, "hang"));
	usleep(200000);
	close(fd);
	/* the control channel goes with the bus */
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg_char"));
	ASSERT_EQ(0, amp_module_unload("amp_rpmsg"));
	ASSERT_EQ(0, amp_attr_write("100", "%s/shutdown_timeout_ms", amp_rproc()));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(1, amp_kmsg_count(UNANSWERED));
	ASSERT_EQ(0, amp_modules_load());

	ASSERT_EQ(0, amp_attr_write("20000", "%s/shutdown_timeout_ms", amp_rproc()));
	amp_log_read(self->log);
	ASSERT_EQ(0, amp_start(amp_fw_stall()));
	EXPECT_FALSE(strstr(amp_log_read(self->log), BY_MAILBOX));
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(strstr(amp_log_read(self->log), BY_MAILBOX));
	EXPECT_EQ(1, amp_kmsg_count(UNANSWERED));
}

/* Exchanges the first instruction of a Cortex-M's firmware for @insn, in its file. */
static int exchange_first(const char *fw, uint16_t *insn)
{
	const Elf32_Phdr *phdr;
	const Elf32_Ehdr *ehdr;
	uint32_t entry, offset;
	char path[PATH_MAX];
	struct stat st;
	int fd, i, ret;
	uint16_t old;
	char *image;

	ret = amp_fw_path(fw, path, sizeof(path));
	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	fstat(fd, &st);
	image = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (image == MAP_FAILED)
		return -errno;

	ret = -ENOEXEC;
	ehdr = (void *)image;
	phdr = (void *)(image + ehdr->e_phoff);
	entry = ehdr->e_entry & ~1u;
	for (i = 0; i < ehdr->e_phnum; i++) {
		offset = entry - phdr[i].p_vaddr;
		if (entry < phdr[i].p_vaddr || offset >= phdr[i].p_filesz)
			continue;
		offset += phdr[i].p_offset;
		memcpy(&old, image + offset, sizeof(old));
		memcpy(image + offset, insn, sizeof(old));
		*insn = old;
		ret = 0;
	}
	munmap(image, st.st_size);
	return ret;
}

/* Nor is it told behind a word that it hasn't read: both would be for a later life. */
TEST_F(shutdown_mailbox, firmware_that_never_reads)
{
	uint16_t insn = HANG;

	ASSERT_EQ(0, exchange_first(FW_SILENT, &insn));
	ASSERT_EQ(0, amp_attr_write("100", "%s/shutdown_timeout_ms", amp_rproc()));
	EXPECT_EQ(0, amp_start(FW_SILENT));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(1, amp_kmsg_count(UNANSWERED));
	EXPECT_EQ(0, amp_kmsg_count(UNREAD));
	EXPECT_EQ(0, amp_start(FW_SILENT));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(1, amp_kmsg_count(UNREAD));
	EXPECT_EQ(0, exchange_first(FW_SILENT, &insn));

	ASSERT_EQ(0, amp_attr_write("20000", "%s/shutdown_timeout_ms", amp_rproc()));
	amp_log_read(self->log);
	ASSERT_EQ(0, amp_start(amp_fw_stall()));
	EXPECT_FALSE(strstr(amp_log_read(self->log), BY_MAILBOX));
	ASSERT_EQ(0, amp_stop());
	EXPECT_TRUE(strstr(amp_log_read(self->log), BY_MAILBOX));
	EXPECT_EQ(2, amp_kmsg_count(UNANSWERED));
}

AMP_HARNESS_MAIN(amp_fw_trouble())
