// SPDX-License-Identifier: GPL-2.0
/*
 * Buffers of the size that the firmware asks for, in each direction: they take
 * messages up to it and not a byte more, and sizes that make no sense are refused.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "amp_harness.h"

#define FW_2K		"amp/echo-2k.elf"
#define FW_64K		"amp/echo-64k.elf"

#define HEADER		16
#define LONGEST		(65536 - HEADER)

#define SEARCH_PATH	"/sys/module/firmware_class/parameters/path"
#define FOLDER		"/tmp/amp-selftest."
#define CHANGED		"amp-selftest.elf"

static char out[LONGEST + 1], in[LONGEST + 1];

/* 0 if exactly these bytes come back. */
static int echo(int fd, size_t len, unsigned int seed)
{
	int ret;

	amp_fill(out, len, seed);
	ret = amp_send(fd, out, len);
	if (ret)
		return ret;
	ret = amp_receive(fd, in, sizeof(in));
	if (ret < 0)
		return ret;
	return (size_t)ret == len && !memcmp(in, out, len) ? 0 : -EPROTO;
}

FIXTURE(size)
{
	int fd;
};

FIXTURE_VARIANT(size)
{
	const char *fw;
	size_t mtu;
	const char *log;
	long at_a_time;
};

FIXTURE_VARIANT_ADD(size, usual) {
	.mtu = 512 - HEADER, .at_a_time = 64,
};

FIXTURE_VARIANT_ADD(size, of_2k) {
	.fw = FW_2K, .mtu = 2048 - HEADER, .at_a_time = 32,
	.log = "256 buffers of 2048 bytes + 256 of 2048",
};

FIXTURE_VARIANT_ADD(size, of_64k) {
	.fw = FW_64K, .mtu = 65536 - HEADER, .at_a_time = 1,
	.log = "8 buffers of 65536 bytes + 8 of 65536",
};

FIXTURE_SETUP(size)
{
	const char *fw = variant->fw ? variant->fw : amp_fw_echo();

	self->fd = -1;
	if (!amp_fw_exists(fw))
		SKIP(return, "no firmware %s", fw);
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, amp_start(fw));
	self->fd = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
	ASSERT_LE(0, self->fd);
}

FIXTURE_TEARDOWN(size)
{
	if (self->fd >= 0)
		close(self->fd);
	EXPECT_EQ(0, amp_stop());
}

TEST_F(size, up_to_the_longest_comes_back)
{
	static const size_t lens[] = { 0, 1, HEADER, 495, 496 };
	unsigned int i;

	if (variant->log)
		EXPECT_EQ(1, amp_kmsg_count(variant->log));
	for (i = 0; i < ARRAY_SIZE(lens); i++)
		EXPECT_EQ(0, echo(self->fd, lens[i], i));
	/* each buffer is used, and its last byte */
	for (i = 0; i < 600; i++)
		ASSERT_EQ(0, echo(self->fd, variant->mtu - i % 3, i));
}

TEST_F(size, one_more_is_refused_and_sends_nothing)
{
	amp_fill(out, sizeof(out), 0);
	EXPECT_EQ(-1, write(self->fd, out, variant->mtu + 1));
	EXPECT_EQ(EMSGSIZE, errno);

	/* had it been sent, it would be the first answer */
	EXPECT_EQ(0, echo(self->fd, variant->mtu, 1));
	EXPECT_EQ(-1, read(self->fd, in, sizeof(in)));
	EXPECT_EQ(EAGAIN, errno);
}

/* Linux copies no more than 64 KiB with interrupts off. */
TEST_F(size, few_large_ones_are_handed_out_at_a_time)
{
	char value[16];

	ASSERT_LT(0, amp_bus_get("rx_coalesce_messages", value, sizeof(value)));
	EXPECT_EQ(variant->at_a_time, atol(value));
}

/* What a node queues at least, in bytes */
#define QUEUED	(2 << 20)

/* All buffers hold a message at once: none begins in another. */
TEST_F(size, bursts_lose_nothing)
{
	unsigned int round, sent, got, seed = 0;

	for (round = 0; round < 4; round++) {
		for (sent = 0; sent < 300 && sent * variant->mtu < QUEUED; sent++) {
			amp_fill(out, variant->mtu, seed + sent);
			if (write(self->fd, out, variant->mtu) < 0) {
				ASSERT_EQ(EAGAIN, errno);
				break;
			}
		}
		ASSERT_NE(0, sent);
		for (got = 0; got < sent; got++) {
			ASSERT_EQ((int)variant->mtu,
				  amp_receive(self->fd, in, sizeof(in)));
			amp_fill(out, variant->mtu, seed + got);
			ASSERT_EQ(0, memcmp(in, out, variant->mtu)) {
				TH_LOG("round %u, answer %u of %u", round, got, sent);
			}
		}
		seed += sent;
	}
}

/* What is behind the entry of the virtio device in the resource table. */
struct config {
	uint8_t version;
	uint16_t size;
	uint32_t txbuf_size;
	uint32_t rxbuf_size;
} __attribute__((packed));

#define CONFIG_LEN	11

/* Firmware with another config space, in a folder that the kernel looks in first. */
struct changed {
	char dir[64];
	char search_path[PATH_MAX];
	char *image;
	size_t size;
	char *vdev;
};

static int load(struct changed *self)
{
	char path[PATH_MAX];
	struct stat st;
	ssize_t n = -1;
	int fd;

	if (amp_fw_path(FW_2K, path, sizeof(path)))
		return -ENOENT;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	self->size = st.st_size;
	self->image = malloc(self->size);
	if (self->image)
		n = read(fd, self->image, self->size);
	close(fd);
	return n == st.st_size ? 0 : -EIO;
}

/* The entry of the virtio device: the first of the resource table. */
static char *find_vdev(struct changed *self)
{
	Elf32_Ehdr *ehdr = (Elf32_Ehdr *)self->image;
	Elf32_Shdr *shdr = (Elf32_Shdr *)(self->image + ehdr->e_shoff);
	const char *names = self->image + shdr[ehdr->e_shstrndx].sh_offset;
	uint32_t offset;
	char *table;
	int i;

	for (i = 0; i < ehdr->e_shnum; i++) {
		if (strcmp(names + shdr[i].sh_name, ".resource_table"))
			continue;
		table = self->image + shdr[i].sh_offset;
		memcpy(&offset, table + 16, sizeof(offset));
		return table + offset;
	}
	return NULL;
}

static int set_config(struct changed *self, const struct config *config,
		      uint32_t config_len)
{
	char path[128];
	ssize_t n;
	int fd;

	/* behind two rings */
	memcpy(self->vdev + 20, &config_len, sizeof(config_len));
	memcpy(self->vdev + 28 + 2 * 20, config, sizeof(*config));

	snprintf(path, sizeof(path), "%s/" CHANGED, self->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	n = write(fd, self->image, self->size);
	close(fd);
	return n == (ssize_t)self->size ? 0 : -EIO;
}

/* Returns what is missing. */
static const char *prepare(struct changed *self)
{
	if (load(self))
		return "no firmware " FW_2K;
	self->vdev = find_vdev(self);
	if (!self->vdev)
		return "no resource table in " FW_2K;
	if (amp_attr_read(self->search_path, sizeof(self->search_path), SEARCH_PATH) < 0)
		return "the firmware search path cannot be changed";
	/* left behind by a test that has been killed */
	if (!strncmp(self->search_path, FOLDER, strlen(FOLDER)))
		self->search_path[0] = '\0';
	strcpy(self->dir, FOLDER "XXXXXX");
	if (!mkdtemp(self->dir) || amp_attr_write(self->dir, SEARCH_PATH))
		return "the firmware search path cannot be changed";
	return NULL;
}

static int clean_up(struct changed *self)
{
	char path[128];
	int ret = amp_stop();

	if (self->dir[0]) {
		snprintf(path, sizeof(path), "%s/" CHANGED, self->dir);
		unlink(path);
		rmdir(self->dir);
		amp_attr_write(self->search_path, SEARCH_PATH);
	}
	free(self->image);
	return ret;
}

FIXTURE(directions)
{
	struct changed fw;
};

FIXTURE_SETUP(directions)
{
	const char *why = prepare(&self->fw);

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(directions)
{
	EXPECT_EQ(0, clean_up(&self->fw));
}

/* The config space is the remote's view: it receives what Linux sends. */
TEST_F(directions, each_has_its_own_size)
{
	/* what it sends in is longer, and not a multiple of anything */
	struct config config = { 1, CONFIG_LEN, 1029, 517 };
	unsigned int i;
	int fd;

	ASSERT_EQ(0, set_config(&self->fw, &config, CONFIG_LEN));
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, amp_start(CHANGED));
	EXPECT_EQ(1, amp_kmsg_count("256 buffers of 1029 bytes + 256 of 517"));
	fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, fd);
	for (i = 0; i < 600; i++)
		ASSERT_EQ(0, echo(fd, 517 - HEADER, i));
	EXPECT_EQ(-1, write(fd, out, 517 - HEADER + 1));
	EXPECT_EQ(EMSGSIZE, errno);
	EXPECT_EQ(0, echo(fd, 0, 0));
	close(fd);
}

FIXTURE(nonsense)
{
	struct changed fw;
};

FIXTURE_VARIANT(nonsense)
{
	struct config config;
	uint32_t config_len;
	const char *log;
};

#define SIZES	"bytes refused, expected 64 to 65536"
#define LAYOUT	"refused, expected version 1 and 11"

FIXTURE_VARIANT_ADD(nonsense, sends_in_none) {
	{ 1, CONFIG_LEN, 0, 2048 }, CONFIG_LEN, "buffers of 0 and 2048 " SIZES,
};

FIXTURE_VARIANT_ADD(nonsense, sends_in_too_short) {
	{ 1, CONFIG_LEN, 63, 2048 }, CONFIG_LEN, "buffers of 63 and 2048 " SIZES,
};

FIXTURE_VARIANT_ADD(nonsense, receives_in_too_short) {
	{ 1, CONFIG_LEN, 2048, 63 }, CONFIG_LEN, "buffers of 2048 and 63 " SIZES,
};

FIXTURE_VARIANT_ADD(nonsense, sends_in_too_long) {
	{ 1, CONFIG_LEN, 65537, 2048 }, CONFIG_LEN, "buffers of 65537 and 2048 " SIZES,
};

FIXTURE_VARIANT_ADD(nonsense, receives_in_too_long) {
	{ 1, CONFIG_LEN, 2048, 0xffffffff }, CONFIG_LEN,
	"buffers of 2048 and 4294967295 " SIZES,
};

FIXTURE_VARIANT_ADD(nonsense, more_than_there_is_memory) {
	{ 1, CONFIG_LEN, 2048, 4096 }, CONFIG_LEN,
	"is the vdev0buffer region too small?",
};

FIXTURE_VARIANT_ADD(nonsense, version_0) {
	{ 0, CONFIG_LEN, 2048, 2048 }, CONFIG_LEN, LAYOUT,
};

FIXTURE_VARIANT_ADD(nonsense, version_2) {
	{ 2, CONFIG_LEN, 2048, 2048 }, CONFIG_LEN, LAYOUT,
};

FIXTURE_VARIANT_ADD(nonsense, says_it_is_longer) {
	{ 1, CONFIG_LEN + 1, 2048, 2048 }, CONFIG_LEN, LAYOUT,
};

FIXTURE_VARIANT_ADD(nonsense, is_shorter) {
	{ 1, CONFIG_LEN, 2048, 2048 }, CONFIG_LEN - 1, LAYOUT,
};

FIXTURE_VARIANT_ADD(nonsense, is_not_there) {
	{ 1, CONFIG_LEN, 2048, 2048 }, 0, LAYOUT,
};

FIXTURE_SETUP(nonsense)
{
	const char *why = prepare(&self->fw);

	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(nonsense)
{
	EXPECT_EQ(0, clean_up(&self->fw));
}

/* The core runs, but has no bus; and that has cost nothing. */
TEST_F(nonsense, is_refused)
{
	int fd;

	ASSERT_EQ(0, set_config(&self->fw, &variant->config, variant->config_len));
	ASSERT_EQ(0, amp_kmsg_begin());
	ASSERT_EQ(0, amp_start(CHANGED));
	EXPECT_EQ(1, amp_kmsg_count(variant->log));
	EXPECT_EQ(0, amp_kmsg_count("rpmsg bus is up"));
	EXPECT_EQ(0, amp_nodes());
	ASSERT_EQ(0, amp_stop());

	ASSERT_EQ(0, amp_start(FW_2K));
	fd = amp_open(AMP_ECHO, O_RDWR);
	ASSERT_LE(0, fd);
	EXPECT_EQ(0, echo(fd, 2048 - HEADER, 1));
	close(fd);
}

AMP_HARNESS_MAIN(amp_fw_echo())
