/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the driver's pure functions take from the kernel, for a host. Included
 * before all else with -include.
 */
#ifndef SELFTESTS_HOST_SHIM_H
#define SELFTESTS_HOST_SHIM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <linux/types.h>

typedef uint8_t u8;
typedef uint16_t u16;
typedef uint32_t u32;
typedef unsigned long long u64;

#define scnprintf	snprintf

#endif /* SELFTESTS_HOST_SHIM_H */
