/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the driver's pure functions and their tests take from the kernel, for a host.
 * Included before all else with -include; the kernel's headers that it stands for are
 * empty files.
 */
#ifndef SELFTESTS_HOST_SHIM_H
#define SELFTESTS_HOST_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/types.h>

typedef uint8_t u8;
typedef int8_t s8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;

#define scnprintf	snprintf
#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define BIT(n)		(1UL << (n))
#define NSEC_PER_MSEC	1000000L
#define cond_resched()	do { } while (0)

#define min(a, b) ({			\
	typeof(a) min_a = (a);		\
	typeof(b) min_b = (b);		\
	min_a < min_b ? min_a : min_b;	\
})
#define min3(a, b, c)	min(min(a, b), c)

#define is_power_of_2(n)	((n) && !((n) & ((n) - 1)))

#define GFP_KERNEL	0
#define __GFP_NOFAIL	0

static inline void *kmalloc(size_t size, int gfp)
{
	void *mem = malloc(size);

	if (!mem)
		abort();
	return mem;
}

static inline void *kmemdup(const void *from, size_t size, int gfp)
{
	return memcpy(kmalloc(size, gfp), from, size);
}

static inline void kfree(void *mem)
{
	free(mem);
}

#endif /* SELFTESTS_HOST_SHIM_H */
