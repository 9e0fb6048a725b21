/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Memory barriers between this core and the one that runs Linux.
 */
#ifndef AMP_BARRIER_H
#define AMP_BARRIER_H

/* Orders all loads and stores before it against those after it, as the other core sees them. */
static inline void amp_mb(void)
{
#ifdef __arm__
	/* clang-format off */
	__asm__ volatile("dmb sy" ::: "memory");
	/* clang-format on */
#else
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
#endif
}

#endif /* AMP_BARRIER_H */
