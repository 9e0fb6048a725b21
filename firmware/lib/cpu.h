/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Interrupt masking and sleeping on an Armv7-M core.
 */
#ifndef AMP_CPU_H
#define AMP_CPU_H

#include <stdint.h>

/* It breaks statements in assembler. */
/* clang-format off */

static inline uint32_t cpu_irq_save(void)
{
	uint32_t flags;

	__asm__ volatile("mrs %0, primask\n\tcpsid i" : "=r"(flags) :: "memory");
	return flags;
}

static inline void cpu_irq_restore(uint32_t flags)
{
	__asm__ volatile("msr primask, %0\n\tisb" :: "r"(flags) : "memory");
}

static inline void cpu_irq_enable(void)
{
	__asm__ volatile("cpsie i\n\tisb" ::: "memory");
}

static inline void cpu_irq_disable(void)
{
	__asm__ volatile("cpsid i" ::: "memory");
}

static inline void cpu_dsb(void)
{
	__asm__ volatile("dsb sy" ::: "memory");
}

static inline void cpu_isb(void)
{
	__asm__ volatile("isb" ::: "memory");
}

static inline void cpu_wfi(void)
{
	__asm__ volatile("dsb sy\n\twfi" ::: "memory");
}

/* clang-format on */

#endif /* AMP_CPU_H */
