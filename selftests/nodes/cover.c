// SPDX-License-Identifier: GPL-2.0
/*
 * KCOV: the kernel writes the address of each basic block that the thread enters into
 * memory of ours, see Documentation/dev-tools/kcov.rst. Of the modules only, as
 * nothing else is compiled for it.
 */
#include <fcntl.h>
#include <stdint.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/kcov.h>

#include "cover.h"

#define KCOV		"/sys/kernel/debug/kcov"
#define MAX_ENTRIES	(64UL << 10)

/* The number of entries that follow it; NULL where there is no KCOV */
static __thread unsigned long *area;

/* For the calling thread; says whether there is KCOV. The descriptor stays open. */
bool cover_open(void)
{
	int fd = open(KCOV, O_RDWR | O_CLOEXEC);
	void *map;

	if (fd < 0)
		return false;
	if (ioctl(fd, KCOV_INIT_TRACE, MAX_ENTRIES))
		return false;
	map = mmap(NULL, MAX_ENTRIES * sizeof(long), PROT_READ | PROT_WRITE, MAP_SHARED,
		   fd, 0);
	if (map == MAP_FAILED)
		return false;
	if (ioctl(fd, KCOV_ENABLE, KCOV_TRACE_PC))
		return false;
	area = map;
	return true;
}

void cover_begin(void)
{
	if (area)
		__atomic_store_n(area, 0, __ATOMIC_RELAXED);
}

/* The number of addresses since cover_begin() that nobody had reached before */
unsigned int cover_end(struct cover *cover)
{
	unsigned long n = area ? __atomic_load_n(area, __ATOMIC_RELAXED) : 0, i;
	unsigned int bit, mask, new = 0;

	for (i = 1; i <= n && i < MAX_ENTRIES; i++) {
		bit = ((uint64_t)area[i] >> 2) * 0x9e3779b97f4a7c15ULL >> 44;
		mask = 1U << bit % 32;
		if (!(cover->bits[bit / 32] & mask) &&
		    !(__atomic_fetch_or(&cover->bits[bit / 32], mask, __ATOMIC_RELAXED) & mask))
			new++;
	}
	if (new)
		__atomic_fetch_add(&cover->reached, new, __ATOMIC_RELAXED);
	return new;
}
