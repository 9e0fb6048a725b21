// SPDX-License-Identifier: GPL-2.0
/*
 * What is lost by doing something many times, see leaks.h.
 *
 * Of things (devices, nodes, links, descriptors, handlers) there mustn't be one more
 * than before. Areas of the kernel's address space belong to whatever driver asked for
 * them, which may be one that is probed late: there mustn't be more again and again.
 * Amounts of memory also change by chance, because each CPU keeps some at hand: they
 * mustn't grow by one for every other cycle, nor again and again by what is chance.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <sched.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <linux/filter.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include "amp.h"
#include "leaks.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

#define MAX_NAMES	4096
#define MAX_SLABS	512
#define SAMPLES		8

/*
 * What an amount changes by without any loss. A CPU's slab counts as full, so that
 * with slabs it is the objects of one.
 */
#define CHANCE_PAGES	100
#define CHANCE_FILES	64

/* Of more than so many cycles, only so many are repeated to tell loss from chance. */
#define MAX_REPEATED	200

struct names {
	char name[MAX_NAMES][64];
	unsigned int count;
};

struct usage {
	/* one name for each thing that there is; the first part says of what kind */
	struct names things;
	/* one name of a function for each area of the kernel's address space */
	struct names areas;
	struct {
		char name[64];
		long objects;
		long chance;
	} slab[MAX_SLABS];
	unsigned int slabs;
	long free_pages;
	long files;
};

/* Whose entries are counted; names that carry a number may have another one. */
static const char * const folders[] = {
	"/dev", "/dev/char", "/proc/self/fd", "/sys/bus/platform/devices",
	"/sys/bus/rpmsg/devices", "/sys/bus/virtio/devices",
	"/sys/class/devcoredump", "/sys/class/remoteproc", "/sys/class/rpmsg",
	"/sys/dev/char", "/sys/kernel/debug/remoteproc",
	"/sys/kernel/debug/remoteproc/remoteproc0",
};

/* Below which no link may lead nowhere. */
static const char * const trees[] = {
	"/sys/bus/platform/devices", "/sys/bus/rpmsg", "/sys/bus/virtio",
	"/sys/class/devcoredump", "/sys/class/remoteproc", "/sys/class/rpmsg",
	"/sys/dev/char",
};

static struct usage before, after;

static void add(struct names *names, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

static void add(struct names *names, const char *fmt, ...)
{
	va_list args;

	if (names->count == MAX_NAMES) {
		fprintf(stderr, "# more than %u things: not all are looked at\n",
			MAX_NAMES);
		return;
	}
	va_start(args, fmt);
	vsnprintf(names->name[names->count++], sizeof(names->name[0]), fmt, args);
	va_end(args);
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void sort(struct names *names)
{
	qsort(names->name, names->count, sizeof(names->name[0]), compare_names);
}

static unsigned int count_of(const struct names *names, const char *name)
{
	unsigned int i, n = 0;

	for (i = 0; i < names->count; i++)
		n += !strcmp(names->name[i], name);
	return n;
}

/* Says what there are more of; @silent: only whether there are. */
static bool more_names(const struct names *was, const struct names *is,
		       const char *what, bool silent)
{
	unsigned int i, old, new;
	bool more = false;

	for (i = 0; i < is->count; i++) {
		if (i && !strcmp(is->name[i], is->name[i - 1]))
			continue;
		old = count_of(was, is->name[i]);
		new = count_of(is, is->name[i]);
		if (new <= old)
			continue;
		more = true;
		if (!silent)
			fprintf(stderr, "# lost: %s%s: %u before, %u now\n",
				what, is->name[i], old, new);
	}
	return more;
}

/* rpmsg3 and 116:3 become rpmsg# and #:#: the next of a kind may be another one. */
static void without_numbers(char *to, size_t size, const char *from)
{
	size_t n = 0;

	while (*from && n < size - 1) {
		if (*from >= '0' && *from <= '9') {
			to[n++] = '#';
			from += strspn(from, "0123456789");
		} else {
			to[n++] = *from++;
		}
	}
	to[n] = '\0';
}

static void add_folder(struct names *things, const char *path)
{
	bool files = !strncmp(path, "/proc", 5);
	struct dirent *d;
	char name[48];
	DIR *dir;

	dir = opendir(path);
	if (!dir)
		return;
	while ((d = readdir(dir))) {
		without_numbers(name, sizeof(name), d->d_name);
		add(things, "%s in %.*s", files ? "a descriptor" : name,
		    (int)sizeof(name), path);
	}
	closedir(dir);
}

static int add_dangling(const char *path, const struct stat *st, int type,
			struct FTW *ftw)
{
	char name[48];
	struct stat link;

	(void)st;
	if (type == FTW_SL && access(path, F_OK) && errno == ENOENT &&
	    !lstat(path, &link)) {
		without_numbers(name, sizeof(name), path + ftw->base);
		add(&after.things, "link %s to nowhere", name);
	}
	return 0;
}

/* Lines, and the handlers behind the counters of each. */
static void add_handlers(struct names *things)
{
	char line[1024], *name, *save;
	FILE *f;

	f = fopen("/proc/interrupts", "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		char *last = strrchr(line, ' ');

		if (!strchr(line, ':') || !last)
			continue;
		/* "  12:  1  2  GICv3 120 Level     one, two" */
		for (name = strstr(line, "  "); name && strstr(name + 2, "  ");)
			name = strstr(name + 2, "  ");
		for (name = strtok_r(name ? name : last, ",\n", &save); name;
		     name = strtok_r(NULL, ",\n", &save))
			add(things, "handler %.48s", name + strspn(name, " "));
	}
	fclose(f);
}

static void add_references(struct names *things)
{
	char value[16];
	struct dirent *d;
	DIR *dir;
	long n;

	dir = opendir("/sys/module");
	if (!dir)
		return;
	while ((d = readdir(dir))) {
		if (amp_attr_read(value, sizeof(value), "/sys/module/%s/refcnt",
				  d->d_name) <= 0)
			continue;
		for (n = atol(value); n > 0; n--)
			add(things, "reference to %.40s", d->d_name);
	}
	closedir(dir);
}

static void measure_things(void)
{
	const char *rproc = amp_rproc();
	char device[PATH_MAX], path[PATH_MAX];
	unsigned int i;

	after.things.count = 0;
	for (i = 0; i < ARRAY_LEN(folders); i++)
		add_folder(&after.things, folders[i]);
	for (i = 0; i < ARRAY_LEN(trees); i++)
		nftw(trees[i], add_dangling, 16, FTW_PHYS);
	snprintf(path, sizeof(path), "%s/device", rproc ? rproc : "");
	if (rproc && realpath(path, device))
		nftw(device, add_dangling, 16, FTW_PHYS);
	add_handlers(&after.things);
	add_references(&after.things);
	sort(&after.things);
}

/*
 * What is mapped into the kernel's address space, by the function that asked
 * for it. Left out are areas that wait to be unmapped, and those that come and
 * go with processes.
 */
static void measure_areas(void)
{
	static const char * const passing[] = {
		"dup_task_struct", "copy_process", "kernel_clone",
		"alloc_thread_stack_node",
	};
	char line[512], name[64];
	unsigned int i;
	FILE *f;

	after.areas.count = 0;
	f = fopen("/proc/vmallocinfo", "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (strstr(line, "unpurged") ||
		    sscanf(line, "%*s %*s %63[^+]", name) != 1)
			continue;
		for (i = 0; i < ARRAY_LEN(passing); i++)
			if (!strcmp(name, passing[i]))
				break;
		if (i == ARRAY_LEN(passing))
			add(&after.areas, "%s", name);
	}
	fclose(f);
	sort(&after.areas);
}

/*
 * Areas that wait to be unmapped hold pages: tables, and KASAN's shadow of them. The
 * kernel unmaps all of them before it makes memory read-only, as that of a filter is
 * unless it is compiled.
 */
static void unmap_areas(void)
{
	struct sock_filter accept = BPF_STMT(BPF_RET | BPF_K, UINT32_MAX);
	struct sock_fprog filter = { .len = 1, .filter = &accept };
	int fd;

	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, &filter, sizeof(filter)))
		perror("# socket filter");
	close(fd);
}

/* Hands back what the kernel keeps for later, as far as it can be told to. */
static void shrink(void)
{
	static const char path[] = "/sys/kernel/slab";
	struct dirent *d;
	DIR *dir;

	unmap_areas();
	/* caches of files and directories; 4: without a line in the log */
	amp_attr_write("4", "/proc/sys/vm/drop_caches");
	amp_attr_write("3", "/proc/sys/vm/drop_caches");
	dir = opendir(path);
	if (!dir)
		return;
	while ((d = readdir(dir)))
		if (d->d_name[0] != '.')
			amp_attr_write("1", "%s/%s/shrink", path, d->d_name);
	closedir(dir);
}

static void sample_slabs(void)
{
	char line[512], name[64];
	long objects, chance;
	unsigned int i;
	FILE *f;

	f = fopen("/proc/slabinfo", "re");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f)) {
		if (sscanf(line, "%63s %ld %*d %*d %ld", name, &objects,
			   &chance) != 3)
			continue;
		/*
		 * Those that wait to be unmapped are among them, of any driver
		 * that is probed again with each new device; measure_areas()
		 * looks at the others.
		 */
		if (!strcmp(name, "vmap_area"))
			continue;
		/* What debug kernels know about the objects of others */
		if (!strncmp(name, "kmemleak_", 9) || !strcmp(name, "debug_objects_cache"))
			continue;
		for (i = 0; i < after.slabs; i++)
			if (!strcmp(after.slab[i].name, name))
				break;
		if (i == MAX_SLABS)
			continue;
		if (i == after.slabs) {
			after.slabs++;
			strcpy(after.slab[i].name, name);
			after.slab[i].objects = LONG_MAX;
			after.slab[i].chance = chance;
		}
		if (objects < after.slab[i].objects)
			after.slab[i].objects = objects;
	}
	fclose(f);
}

/* Free pages, those included that each CPU keeps at hand. */
static long free_pages(void)
{
	char line[256];
	long n, sum = 0;
	FILE *f;

	f = fopen("/proc/zoneinfo", "re");
	if (!f)
		return -1;
	while (fgets(line, sizeof(line), f))
		if (sscanf(line, " pages free %ld", &n) == 1 ||
		    sscanf(line, " count: %ld", &n) == 1)
			sum += n;
	fclose(f);
	return sum;
}

/* Of several samples the best of each: what is on its way to be freed is not lost. */
static void measure_amounts(void)
{
	char value[64];
	long n;
	int i;

	after.slabs = 0;
	after.free_pages = -1;
	after.files = LONG_MAX;
	for (i = 0; i < SAMPLES; i++) {
		shrink();
		sample_slabs();
		n = free_pages();
		if (n > after.free_pages)
			after.free_pages = n;
		if (amp_attr_read(value, sizeof(value), "/proc/sys/fs/file-nr") > 0 &&
		    atol(value) < after.files)
			after.files = atol(value);
		usleep(50000);
	}
}

static bool more_things(bool silent)
{
	measure_things();
	return more_names(&before.things, &after.things, "", silent);
}

static bool more_areas(bool silent)
{
	measure_areas();
	return more_names(&before.areas, &after.areas, "area of ", silent);
}

static bool has_grown(long by, int cycles, long chance)
{
	return by >= cycles / 2 && by > chance;
}

/* Whether any amount has grown by one for every other of @cycles. */
static bool more_amounts(int cycles, bool silent)
{
	unsigned int i, k;
	bool more = false;
	long grown;

	for (i = 0; i < after.slabs; i++) {
		for (k = 0; k < before.slabs; k++)
			if (!strcmp(after.slab[i].name, before.slab[k].name))
				break;
		grown = after.slab[i].objects -
			(k < before.slabs ? before.slab[k].objects : 0);
		if (!has_grown(grown, cycles, after.slab[i].chance))
			continue;
		more = true;
		if (!silent)
			fprintf(stderr, "# lost: %ld objects of slab %s in %d cycles\n",
				grown, after.slab[i].name, cycles);
	}
	grown = before.free_pages - after.free_pages;
	if (has_grown(grown, cycles, CHANCE_PAGES)) {
		more = true;
		if (!silent)
			fprintf(stderr, "# lost: %ld pages in %d cycles\n", grown,
				cycles);
	}
	grown = after.files - before.files;
	if (has_grown(grown, cycles, CHANCE_FILES)) {
		more = true;
		if (!silent)
			fprintf(stderr, "# lost: %ld open files in %d cycles\n",
				grown, cycles);
	}
	return more;
}

static int repeat(int cycles, int (*cycle)(void *data, int i), void *data)
{
	int i, ret;

	for (i = 0; i < cycles; i++) {
		ret = cycle(data, i);
		if (ret) {
			fprintf(stderr, "# cycle %d of %d: %s\n", i + 1, cycles,
				strerror(-ret));
			return ret < 0 ? ret : -EIO;
		}
	}
	return 0;
}

/*
 * Calls @cycle that many times and says on stderr what was lost. What is allocated
 * once, on first use, has to be allocated by then. Returns 1 if anything was lost,
 * or the errno of @cycle.
 *
 * The allocator counts what it keeps at hand as in use. That may grow once; what is
 * lost grows each time.
 */
int leaks_after(int cycles, int (*cycle)(void *data, int i), void *data)
{
	cpu_set_t all, one;
	bool more, areas;
	int ret, round;

	/* a list for each CPU of what is at hand makes the amounts less certain */
	sched_getaffinity(0, sizeof(all), &all);
	CPU_ZERO(&one);
	CPU_SET(sched_getcpu(), &one);
	sched_setaffinity(0, sizeof(one), &one);

	measure_things();
	measure_areas();
	/* its pages are not to be taken for lost ones */
	before = after;
	measure_amounts();
	before = after;
	if (!before.slabs)
		fprintf(stderr, "# no /proc/slabinfo\n");
	if (!before.areas.count)
		fprintf(stderr, "# no /proc/vmallocinfo\n");

	for (round = 0; ; round++) {
		ret = repeat(cycles, cycle, data);
		if (ret)
			break;
		/* some of it is freed late, by a worker */
		more = !amp_wait_for(!more_things(true));
		areas = !amp_wait_for(!more_areas(true));
		measure_amounts();
		ret = more_amounts(cycles, true) || more || areas;
		if (!ret || more || round == 2)
			break;
		before.areas = after.areas;
		memcpy(before.slab, after.slab, sizeof(before.slab));
		before.slabs = after.slabs;
		before.free_pages = after.free_pages;
		before.files = after.files;
		if (cycles > MAX_REPEATED)
			cycles = MAX_REPEATED;
	}
	if (ret > 0) {
		more_things(false);
		more_areas(false);
		more_amounts(cycles, false);
	} else if (!ret) {
		fprintf(stderr, "# %ld pages less, %ld files more after %d cycles\n",
			before.free_pages - after.free_pages,
			after.files - before.files, cycles);
	}
	sched_setaffinity(0, sizeof(all), &all);
	return ret;
}
