// SPDX-License-Identifier: GPL-2.0
/*
 * Firmware that cannot be started: it is refused with an errno, the core stays
 * offline, and the next good one starts as if nothing had been.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "amp_harness.h"

#define SEARCH_PATH	"/sys/module/firmware_class/parameters/path"
#define FOLDER		"/tmp/amp-selftest."
#define BAD		"amp-selftest.elf"

struct image {
	char *data;
	size_t size;
};

static int load(struct image *image, const char *path)
{
	struct stat st;
	ssize_t n = -1;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	image->size = st.st_size;
	image->data = malloc(st.st_size + 1);
	if (image->data)
		n = read(fd, image->data, image->size);
	close(fd);
	return n == st.st_size ? 0 : -EIO;
}

static void empty(struct image *image)
{
	image->size = 0;
}

static void text(struct image *image)
{
	memset(image->data, 'x', image->size);
}

static void no_magic(struct image *image)
{
	image->data[EI_MAG3] = 'G';
}

static void half_a_header(struct image *image)
{
	image->size = sizeof(Elf32_Ehdr) / 2;
}

static void header_only(struct image *image)
{
	image->size = sizeof(Elf32_Ehdr);
}

static void half(struct image *image)
{
	image->size /= 2;
}

/* Cut inside the data of the segment that lies last in the file. */
static void segment_cut(struct image *image)
{
	Elf32_Ehdr *ehdr = (Elf32_Ehdr *)image->data;
	Elf32_Phdr *phdr = (Elf32_Phdr *)(image->data + ehdr->e_phoff);
	size_t end = 0;
	int i;

	for (i = 0; i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD && phdr[i].p_filesz &&
		    phdr[i].p_offset + phdr[i].p_filesz > end)
			end = phdr[i].p_offset + phdr[i].p_filesz;
	image->size = end - 1;
	/* so that this alone is wrong with it */
	ehdr->e_shoff = 0;
	ehdr->e_shnum = 0;
	ehdr->e_shstrndx = 0;
}

/* All segments at an address where no remote core has memory. */
static void nowhere(struct image *image)
{
	Elf32_Ehdr *ehdr = (Elf32_Ehdr *)image->data;
	Elf32_Phdr *phdr = (Elf32_Phdr *)(image->data + ehdr->e_phoff);
	int i;

	for (i = 0; i < ehdr->e_phnum; i++) {
		phdr[i].p_vaddr = 0xf0000000 + i * 0x100000;
		phdr[i].p_paddr = phdr[i].p_vaddr;
	}
}

/* This program: an ELF file, but not for the remote core. */
static void other_processor(struct image *image)
{
	free(image->data);
	if (load(image, "/proc/self/exe"))
		image->size = 0;
}

/* A folder of its own that the kernel looks for firmware in first. */
struct folder {
	char dir[64];
	char search_path[PATH_MAX];
};

static const char *folder_make(struct folder *f)
{
	if (amp_attr_read(f->search_path, sizeof(f->search_path), SEARCH_PATH) < 0)
		return "the firmware search path cannot be changed";
	/* left behind by a test that has been killed */
	if (!strncmp(f->search_path, FOLDER, strlen(FOLDER)))
		f->search_path[0] = '\0';
	snprintf(f->dir, sizeof(f->dir), FOLDER "XXXXXX");
	if (!mkdtemp(f->dir))
		return "cannot make a folder in /tmp";
	if (amp_attr_write(f->dir, SEARCH_PATH)) {
		rmdir(f->dir);
		return "the firmware search path cannot be changed";
	}
	return NULL;
}

static int folder_remove(struct folder *f)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/" BAD, f->dir);
	unlink(path);
	rmdir(f->dir);
	return amp_attr_write(f->search_path, SEARCH_PATH);
}

static int folder_save(const struct folder *f, const struct image *image)
{
	char path[128];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/" BAD, f->dir);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	n = write(fd, image->data, image->size);
	close(fd);
	return n == (ssize_t)image->size ? 0 : -EIO;
}

FIXTURE(bad)
{
	struct folder folder;
};

FIXTURE_VARIANT(bad)
{
	void (*spoil)(struct image *image);
	bool elf32;
};

FIXTURE_VARIANT_ADD(bad, empty) { .spoil = empty };
FIXTURE_VARIANT_ADD(bad, text) { .spoil = text };
FIXTURE_VARIANT_ADD(bad, no_magic) { .spoil = no_magic };
FIXTURE_VARIANT_ADD(bad, half_a_header) { .spoil = half_a_header };
FIXTURE_VARIANT_ADD(bad, header_only) { .spoil = header_only };
FIXTURE_VARIANT_ADD(bad, half) { .spoil = half };
FIXTURE_VARIANT_ADD(bad, segment_cut) { .spoil = segment_cut, .elf32 = true };
FIXTURE_VARIANT_ADD(bad, nowhere) { .spoil = nowhere, .elf32 = true };
FIXTURE_VARIANT_ADD(bad, other_processor) { .spoil = other_processor };

FIXTURE_SETUP(bad)
{
	const char *why;

	ASSERT_EQ(0, amp_stop());
	why = folder_make(&self->folder);
	if (why)
		SKIP(return, "%s", why);
}

FIXTURE_TEARDOWN(bad)
{
	EXPECT_EQ(0, folder_remove(&self->folder));
	EXPECT_EQ(0, amp_stop());
}

TEST_F(bad, is_refused_and_the_next_starts)
{
	struct image image;
	char path[PATH_MAX];
	int ret, i;

	ASSERT_EQ(0, amp_fw_path(amp_fw_echo(), path, sizeof(path)));
	ASSERT_EQ(0, load(&image, path));
	if (variant->elf32 && image.data[EI_CLASS] != ELFCLASS32)
		SKIP(return, "%s is not a 32 bit ELF file", amp_fw_echo());
	variant->spoil(&image);
	ASSERT_EQ(0, folder_save(&self->folder, &image));
	free(image.data);

	for (i = 0; i < 3; i++) {
		ret = amp_start(BAD);
		EXPECT_GT(0, ret);
		EXPECT_TRUE(amp_state_is("offline"));
		EXPECT_EQ(0, amp_nodes());
	}
	TH_LOG("refused with: %s", strerror(-ret));

	EXPECT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_EQ(0, amp_echo_works(AMP_MTU));
}

/* Left as it is, the copy starts: what the others are refused for is their fault. */
TEST(good_copy_is_accepted)
{
	struct folder folder;
	char path[PATH_MAX];
	struct image image;
	const char *why;

	ASSERT_EQ(0, amp_fw_path(amp_fw_echo(), path, sizeof(path)));
	ASSERT_EQ(0, load(&image, path));
	why = folder_make(&folder);
	if (why)
		SKIP(return, "%s", why);
	EXPECT_EQ(0, folder_save(&folder, &image));
	free(image.data);

	EXPECT_EQ(0, amp_start(BAD));
	EXPECT_EQ(0, amp_echo_works(AMP_MTU));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, folder_remove(&folder));
}

/* Ids that the table asks for are replaced, and that is said. */
TEST(notify_ids_are_given_by_linux)
{
	static const char entry[] = {
		/* of a table: vdev, id 7; where its vrings are is known from here */
		3, 0, 0, 0, 7, 0, 0, 0,
	};
	struct image image;
	struct folder folder;
	char path[PATH_MAX];
	char *vdev;

	ASSERT_EQ(0, amp_fw_path(amp_fw_echo(), path, sizeof(path)));
	ASSERT_EQ(0, load(&image, path));
	vdev = memmem(image.data, image.size, entry, sizeof(entry));
	ASSERT_NE(NULL, vdev);
	/* struct fw_rsc_vdev is 28 bytes long, a vring 20, its notify id at 12 */
	vdev[28 + 12] = 5;
	vdev[28 + 20 + 12] = 3;
	ASSERT_EQ(0, amp_stop());
	ASSERT_EQ(NULL, folder_make(&folder));
	ASSERT_EQ(0, folder_save(&folder, &image));
	ASSERT_EQ(0, amp_kmsg_begin());
	EXPECT_EQ(0, amp_start(BAD));
	EXPECT_EQ(1, amp_kmsg_count("vring 0 asks for notify id 5 and gets 0"));
	EXPECT_EQ(1, amp_kmsg_count("vring 1 asks for notify id 3 and gets 1"));
	EXPECT_EQ(0, amp_echo_works(AMP_MTU));
	EXPECT_EQ(0, amp_stop());
	EXPECT_EQ(0, folder_remove(&folder));
	free(image.data);
}

TEST(missing_gives_enoent)
{
	int i;

	for (i = 0; i < 3; i++) {
		EXPECT_EQ(-ENOENT, amp_start("amp/there-is-no-such-file.elf"));
		EXPECT_TRUE(amp_state_is("offline"));
	}
	EXPECT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_EQ(0, amp_echo_works(AMP_MTU));
	EXPECT_EQ(0, amp_stop());
}

TEST(name_cannot_change_while_running)
{
	char before[PATH_MAX], after[PATH_MAX];

	ASSERT_EQ(0, amp_start(amp_fw_echo()));
	EXPECT_LT(0, amp_attr_read(before, sizeof(before), "%s/firmware",
				   amp_rproc()));
	EXPECT_EQ(-EBUSY, amp_set_firmware("amp/there-is-no-such-file.elf"));
	EXPECT_LT(0, amp_attr_read(after, sizeof(after), "%s/firmware",
				   amp_rproc()));
	EXPECT_STREQ(before, after);
	EXPECT_EQ(0, amp_echo_works(AMP_MTU));
	EXPECT_EQ(0, amp_stop());
}

/*
 * Code and data in memory of the SoC's main bus instead of the core's own. The
 * channel is the echo firmware's.
 */
TEST(segments_in_ddr)
{
	int i;

	if (!amp_fw_exists(amp_fw_ddr()))
		SKIP(return, "firmware %s is not installed", amp_fw_ddr());
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, amp_start(amp_fw_ddr()));
		EXPECT_EQ(0, amp_echo_works(AMP_MTU));
		EXPECT_EQ(0, amp_stop());
	}
}

AMP_HARNESS_MAIN(amp_fw_echo())
