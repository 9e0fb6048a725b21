// SPDX-License-Identifier: GPL-2.0
/*
 * Each thread has memory of its own for arguments: two areas that can be written, each
 * with a page behind it that can't be accessed, and a page that can only be read.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "args.h"

#define PAGE		4096UL
#define DATA_PAGES	4
#define ARRAY_PAGES	4
#define PAGES		(DATA_PAGES + 1 + ARRAY_PAGES + 1 + 1 + 1)

#define MAX_MAPS	8

/* Kinds of areas that are bad for something */
#define BAD_AREAS	5

static __thread struct {
	/* data, which ends at @hole; arrays and structures, which end at @array_end */
	char *data;
	char *hole;
	char *array;
	char *array_end;
	char *read_only;
} mine;

/* What this thread has mapped */
static __thread struct {
	void *addr;
	size_t length;
} maps[MAX_MAPS];

/* Where something is or was mapped: others unmap what a thread uses. */
static void *mapped[MAX_MAPS];

void args_init_thread(void)
{
	char *base = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE,
			  MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (base == MAP_FAILED)
		abort();
	mine.data = base;
	mine.hole = mine.data + DATA_PAGES * PAGE;
	mine.array = mine.hole + PAGE;
	mine.array_end = mine.array + ARRAY_PAGES * PAGE;
	mine.read_only = mine.array_end + PAGE;
	memset(mine.data, 0x5a, DATA_PAGES * PAGE);
	if (mprotect(mine.hole, PAGE, PROT_NONE) ||
	    mprotect(mine.array_end, PAGE, PROT_NONE) ||
	    mprotect(mine.read_only, PAGE, PROT_READ) ||
	    mprotect(mine.read_only + PAGE, PAGE, PROT_NONE))
		abort();
}

static struct area bad_area(unsigned int which, uint32_t offset)
{
	struct area area = { NULL, 0, 0 };

	switch (which % BAD_AREAS) {
	case 0:
		break;
	case 1:
		area.addr = mine.hole + offset % PAGE;
		break;
	case 2:
		area.addr = (void *)(0xffff800000000000UL | offset);
		break;
	case 3:
		area.addr = (void *)~(uintptr_t)(offset % 256);
		break;
	default:
		area.readable = PAGE - offset % PAGE;
		area.addr = mine.read_only + offset % PAGE;
	}
	return area;
}

struct area args_bad_area(uint32_t random)
{
	return bad_area(random % 4, random >> 2);
}

/* Good ones mostly; some end after a few bytes, or are whatever has been mapped. */
struct area args_area(uint32_t random)
{
	uint32_t offset = random >> 8;
	struct area area = { mine.data + offset % 64, 0, 0 };

	if (random % 32 < BAD_AREAS)
		return bad_area(random % 32, offset);
	if (random % 32 < BAD_AREAS + 4)
		area.addr = mine.hole - offset % 512;
	area.readable = mine.hole - (char *)area.addr;
	area.writable = area.readable;
	if (random % 32 == 31) {
		area.addr = __atomic_load_n(&mapped[offset % MAX_MAPS], __ATOMIC_RELAXED);
		area.readable = ARGS_UNKNOWN;
		area.writable = ARGS_UNKNOWN;
	}
	return area;
}

/* A structure as an argument: where it is to be, mostly; or not all of it, or elsewhere */
struct area args_struct(const void *value, size_t size, uint32_t random)
{
	struct area area = { mine.array_end - size, size, size };
	size_t cut;

	memcpy(area.addr, value, size);
	switch (random % 32) {
	case 0:
	case 1:
	case 2:
		return bad_area(random % 32, random >> 5);
	case 3:
		/* its end isn't there */
		cut = 1 + (random >> 5) % size;
		area.addr += cut;
		memcpy(area.addr, value, size - cut);
		area.readable -= cut;
		area.writable -= cut;
		return area;
	case 4:
		/* can be read only */
		area.addr = mine.read_only + PAGE - size;
		area.writable = 0;
		mprotect(mine.read_only, PAGE, PROT_READ | PROT_WRITE);
		memcpy(area.addr, value, size);
		mprotect(mine.read_only, PAGE, PROT_READ);
		return area;
	default:
		return area;
	}
}

/* Room for an array, far from structures; what is more than @room isn't there */
void *args_array(size_t size, size_t *room)
{
	*room = (ARRAY_PAGES - 1) * PAGE;
	return size < *room ? mine.array : NULL;
}

size_t args_length(uint32_t random)
{
	static const size_t lengths[] = {
		0, 1, 2, 4, 8, 15, 16, 23, 24, 25, 48, 255, 256, 257, 495, 496, 497, 498,
		511, 512, 513, 1024, 4095, 4096, 4097, 8192, 65535, 65536, 1UL << 20,
		1UL << 25, (1UL << 25) + 1, INT_MAX, UINT_MAX, 1UL << 32, LONG_MAX, ULONG_MAX,
	};

	return random % 4 ? (random >> 2) % 520 :
	       lengths[(random >> 2) % ARRAY_LEN(lengths)];
}

uint64_t args_number(uint32_t random)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 3, 4, 7, 8, 16, 52, 53, 54, 255, 256, 257, 1023, 1024, 1025, 1026,
		4095, 4096, 65535, 65536, 1U << 20, INT_MAX - 1, INT_MAX, 1U << 31,
		UINT_MAX - 1, UINT_MAX, UINT_MAX, 1UL << 32, LONG_MAX, ULONG_MAX,
	};

	return random % 4 ? numbers[(random >> 2) % ARRAY_LEN(numbers)] : random >> 2;
}

/* Where the firmware's channels are, mostly */
uint32_t args_address(uint32_t random)
{
	return random % 2 ? 1024 + random / 2 % 2 : args_number(random >> 1);
}

/* For attributes, and names */
const char *args_text(uint32_t random)
{
	static const char * const texts[] = {
		"0", "1", "2", "10", "50", "-1", "65", "256", "10001", "4294967295",
		"4294967296", "99999999999999999999", "0x10", "010", "", " ", "\n", "1 1",
		"yes", "no", "x", "%s%n", "a/b", "..", "\xff\xfe", "rpmsg_chrdev",
		"rpmsg_ctrl", "amp_bulk", "amp-bulk", "rpmsg-echo", "rpmsg-raw", "fuzz",
		"0123456789abcdef0123456789abcde", "0123456789abcdef0123456789abcdef0123",
	};
	static __thread char long_text[8192];

	if (random % 64 == 63) {
		memset(long_text, 'x', sizeof(long_text) - 1);
		return long_text;
	}
	return texts[random % ARRAY_LEN(texts)];
}

/* The length that was mapped, or 0 */
size_t args_map(int fd, uint32_t length, uint32_t how, off_t *offset, int *flags)
{
	static const int prots[] = {
		PROT_NONE, PROT_READ, PROT_WRITE, PROT_READ | PROT_WRITE,
		PROT_READ | PROT_WRITE, PROT_READ | PROT_EXEC,
	};
	size_t size = args_length(length);
	void *addr;

	*offset = how / 8 % 4 ? 0 : args_number(how >> 8) & ~(PAGE - 1);
	*flags = (how >> 16) % 4 ? MAP_SHARED : MAP_PRIVATE;
	addr = mmap(NULL, size, prots[(how >> 8) % ARRAY_LEN(prots)], *flags, fd, *offset);
	if (addr == MAP_FAILED)
		return 0;
	args_unmap(how);
	maps[how % MAX_MAPS].addr = addr;
	maps[how % MAX_MAPS].length = size;
	__atomic_store_n(&mapped[how % MAX_MAPS], addr, __ATOMIC_RELAXED);
	return size;
}

void args_unmap(uint32_t which)
{
	if (maps[which % MAX_MAPS].addr)
		munmap(maps[which % MAX_MAPS].addr, maps[which % MAX_MAPS].length);
	maps[which % MAX_MAPS].addr = NULL;
}

void args_protect(uint32_t which, uint32_t how)
{
	void *addr = maps[which % MAX_MAPS].addr;
	size_t length = maps[which % MAX_MAPS].length;

	if (!addr)
		return;
	switch (how % 4) {
	case 0:
		mprotect(addr, length, PROT_NONE);
		break;
	case 1:
		mprotect(addr, length, PROT_READ | PROT_WRITE);
		break;
	case 2:
		madvise(addr, length, how % 8 < 4 ? MADV_DONTNEED : MADV_DONTFORK);
		break;
	default:
		length = how % 8 < 4 || length <= PAGE ? length + PAGE : length - PAGE;
		addr = mremap(addr, maps[which % MAX_MAPS].length, length, MREMAP_MAYMOVE);
		if (addr == MAP_FAILED)
			return;
		maps[which % MAX_MAPS].addr = addr;
		maps[which % MAX_MAPS].length = length;
	}
}

void args_unmap_all(void)
{
	unsigned int i;

	for (i = 0; i < MAX_MAPS; i++)
		args_unmap(i);
}
