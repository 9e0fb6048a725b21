// SPDX-License-Identifier: GPL-2.0
/*
 * What a boot loader does. See loader.h.
 *
 * How that is done differs between SoCs, and the device tree doesn't say: the
 * ones that are known are in the table here.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "amp.h"
#include "loader.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))
#define TREE		"/proc/device-tree"
#define RESERVED	TREE "/reserved-memory"

/* Device addresses and where Linux has them. */
struct range {
	uint32_t da;
	uint32_t pa;
	uint32_t size;
};

struct soc {
	const char *compatible;
	uint32_t reset_reg;	/* written with @reset, the core begins anew */
	uint32_t reset;
	uint32_t wait_reg;	/* while @wait is set there, it doesn't begin */
	uint32_t wait;
	struct range range[4];
};

static const struct soc socs[] = {
	{
		.compatible = "fsl,imx8mp-cm7-mmio",
		.reset_reg = 0x3039000c,
		.reset = 0xa,		/* ENABLE_M7, SW_M7C_RST */
		.wait_reg = 0x30340058,
		.wait = 1,		/* CPUWAIT */
		.range = {
			{ 0x00000000, 0x007e0000, 0x00020000 },
			{ 0x20000000, 0x00800000, 0x00020000 },
			{ 0x40000000, 0x40000000, 0x80000000 },
		},
	},
};

bool loader_found_running;

static const struct soc *soc;
static char node[PATH_MAX];
static int mem = -1;

/* The length of a property of a node of the device tree, or a negative errno. */
static int property(void *buf, size_t size, const char *dir, const char *name)
{
	char path[PATH_MAX + 64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size);
	if (n < 0)
		n = -errno;
	close(fd);
	return n;
}

static uint32_t be32(const void *from)
{
	const uint8_t *p = from;

	return (uint32_t)p[0] << 24 | p[1] << 16 | p[2] << 8 | p[3];
}

static bool is_compatible(const char *dir, const char *what)
{
	char list[256] = "";
	int n = property(list, sizeof(list) - 1, dir, "compatible");
	int at;

	for (at = 0; at < n; at += strlen(list + at) + 1)
		if (!strcmp(list + at, what))
			return true;
	return false;
}

static bool find_core(void)
{
	struct dirent *d;
	unsigned int i;
	DIR *dir;

	dir = opendir(TREE);
	while (dir && !soc && (d = readdir(dir))) {
		snprintf(node, sizeof(node), TREE "/%s", d->d_name);
		for (i = 0; i < ARRAY_LEN(socs); i++)
			if (is_compatible(node, socs[i].compatible))
				soc = &socs[i];
	}
	if (dir)
		closedir(dir);
	return soc;
}

/* Whole pages around [pa, pa + size); not cached. */
static volatile uint32_t *map(uint32_t pa, size_t size)
{
	uint32_t page = sysconf(_SC_PAGESIZE);
	uint32_t skip = pa & (page - 1);
	void *va;

	va = mmap(NULL, (skip + size + page - 1) & -page, PROT_READ | PROT_WRITE,
		  MAP_SHARED, mem, pa - skip);
	return va == MAP_FAILED ? NULL : (void *)((char *)va + skip);
}

static void unmap(volatile uint32_t *va, size_t size)
{
	uintptr_t page = sysconf(_SC_PAGESIZE);
	uintptr_t skip = (uintptr_t)va & (page - 1);

	munmap((void *)((uintptr_t)va - skip), (skip + size + page - 1) & -page);
}

static int reg_read(uint32_t pa, uint32_t *value)
{
	volatile uint32_t *reg = map(pa, sizeof(*reg));

	if (!reg)
		return -errno;
	*value = *reg;
	unmap(reg, sizeof(*reg));
	return 0;
}

static int reg_write(uint32_t pa, uint32_t value)
{
	volatile uint32_t *reg = map(pa, sizeof(*reg));

	if (!reg)
		return -errno;
	*reg = value;
	unmap(reg, sizeof(*reg));
	return 0;
}

/* Returns the reason for which this can't be done here, or NULL. */
const char *loader_begin(void)
{
	static char why[128];
	uint32_t value;
	int ret;

	if (!find_core())
		return "nothing is known of how a boot loader starts this board's core";
	mem = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	ret = mem < 0 ? -errno : reg_read(soc->wait_reg, &value);
	if (!ret) {
		loader_found_running = !amp_module_loaded("amp_remoteproc") &&
				       loader_core_runs();
		return NULL;
	}
	snprintf(why, sizeof(why), "no access to /dev/mem: %s", strerror(-ret));
	return why;
}

/* Has the core been released? */
bool loader_core_runs(void)
{
	uint32_t value = soc->wait;

	return !reg_read(soc->wait_reg, &value) && !(value & soc->wait);
}

/* Resets the core and has it wait. */
static int hold(void)
{
	uint32_t value;
	int ret = reg_read(soc->wait_reg, &value);

	if (!ret)
		ret = reg_write(soc->wait_reg, value | soc->wait);
	return ret ? ret : reg_write(soc->reset_reg, soc->reset);
}

/* Word by word: some of that memory takes nothing else. */
static int load(const void *from, size_t filesz, uint32_t da, size_t memsz)
{
	const struct range *r = soc->range;
	volatile uint32_t *to;
	uint32_t word;
	size_t i;

	while (r->size && (da < r->da || da - r->da >= r->size ||
			   memsz > r->size - (da - r->da)))
		r++;
	if (!r->size || da % sizeof(word))
		return -ERANGE;
	to = map(r->pa + (da - r->da), memsz + sizeof(word));
	if (!to)
		return -errno;
	for (i = 0; i < memsz; i += sizeof(word)) {
		word = 0;
		if (i < filesz)
			memcpy(&word, (const char *)from + i,
			       filesz - i < sizeof(word) ? filesz - i : sizeof(word));
		to[i / sizeof(word)] = word;
	}
	unmap(to, memsz + sizeof(word));
	return 0;
}

/* Loads the ELF file @fw, found as the kernel finds it, and releases the core. */
static int run(const char *fw)
{
	char path[PATH_MAX];
	const Elf32_Ehdr *ehdr;
	const Elf32_Phdr *phdr;
	struct stat st;
	uint32_t value;
	int fd, ret, i;
	char *image;

	ret = amp_fw_path(fw, path, sizeof(path));
	if (!ret)
		ret = hold();
	if (ret)
		return ret;
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	fstat(fd, &st);
	image = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	close(fd);
	if (image == MAP_FAILED)
		return -errno;

	ehdr = (void *)image;
	phdr = (void *)(image + ehdr->e_phoff);
	for (i = 0; !ret && i < ehdr->e_phnum; i++)
		if (phdr[i].p_type == PT_LOAD)
			ret = load(image + phdr[i].p_offset, phdr[i].p_filesz,
				   phdr[i].p_paddr, phdr[i].p_memsz);
	munmap(image, st.st_size);

	if (!ret)
		ret = reg_read(soc->wait_reg, &value);
	return ret ? ret : reg_write(soc->wait_reg, value & ~soc->wait);
}

static int driver_anew(void)
{
	int ret = amp_module_load("amp_remoteproc");

	if (ret)
		return ret;
	return amp_wait_for(amp_rproc()) ? 0 : -ETIMEDOUT;
}

static int driver_off(void)
{
	return amp_module_loaded("amp_remoteproc") ?
	       amp_module_unload("amp_remoteproc") : 0;
}

/* Has a boot loader start the core, and the driver find it, whatever was before. */
int loader_boot(const char *fw)
{
	int ret = driver_off();

	if (!ret)
		ret = run(fw);
	if (!ret)
		ret = driver_anew();
	if (!ret && !amp_state_is("detached"))
		ret = -EIO;
	return ret;
}

/* Leaves the core stopped, as the boot loader of a cold start does. */
int loader_off(void)
{
	int ret = driver_off();

	if (!ret)
		ret = hold();
	if (!ret)
		ret = driver_anew();
	if (!ret && !amp_state_is("offline"))
		ret = -EIO;
	return ret;
}

/* Is it one of the core's memory regions? */
static bool is_used(const char *dir)
{
	uint8_t list[256], phandle[4];
	int n, i;

	if (property(phandle, sizeof(phandle), dir, "phandle") != sizeof(phandle))
		return false;
	n = property(list, sizeof(list), node, "memory-region");
	for (i = 0; i + (int)sizeof(phandle) <= n; i += sizeof(phandle))
		if (!memcmp(list + i, phandle, sizeof(phandle)))
			return true;
	return false;
}

/* The core's memory region of that name. */
static int find_region(const char *name, uint64_t *base, uint64_t *size)
{
	char path[PATH_MAX];
	struct dirent *d;
	uint8_t reg[16];
	int ret = -ENOENT;
	DIR *dir;

	dir = opendir(RESERVED);
	while (dir && ret && (d = readdir(dir))) {
		if (strcspn(d->d_name, "@") != strlen(name) ||
		    strncmp(d->d_name, name, strlen(name)))
			continue;
		snprintf(path, sizeof(path), RESERVED "/%s", d->d_name);
		if (!is_used(path) ||
		    property(reg, sizeof(reg), path, "reg") != sizeof(reg))
			continue;
		*base = (uint64_t)be32(reg) << 32 | be32(reg + 4);
		*size = (uint64_t)be32(reg + 8) << 32 | be32(reg + 12);
		ret = 0;
	}
	if (dir)
		closedir(dir);
	return ret;
}

/*
 * The memory of the core's region that has one of two names, @other may be NULL.
 * NULL if there is none. Whoever maps it leaves it mapped.
 */
volatile uint32_t *loader_map(const char *name, const char *other, size_t *size)
{
	uint64_t base, len;

	if (find_region(name, &base, &len) &&
	    (!other || find_region(other, &base, &len)))
		return NULL;
	*size = len;
	return base + len > UINT32_MAX ? NULL : map(base, len);
}
