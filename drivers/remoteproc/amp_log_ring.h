/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Arithmetic of the firmware's ring log, whose bytes are counted modulo 2^32; see
 * struct amp_log_header.
 *
 * Pure functions; they also compile on a host.
 */
#ifndef AMP_LOG_RING_H
#define AMP_LOG_RING_H

#include <linux/log2.h>
#include <linux/minmax.h>
#include <linux/types.h>

#include "amp_control.h"

/*
 * The remote overwrites the oldest bytes before it counts the new ones: the
 * longest line that it writes at once, in bytes.
 */
#define AMP_LOG_GUARD		256U

/**
 * struct amp_log_part - what a reader takes out of the ring at a time
 * @lost: bytes before it that were overwritten, or are about to be
 * @at: where it begins in the ring
 * @len: of it, in bytes; it ends where the ring does, or before
 */
struct amp_log_part {
	u32 lost;
	u32 at;
	u32 len;
};

static inline u32 amp_log_guard(u32 size)
{
	return min(size / 2, AMP_LOG_GUARD);
}

/*
 * Of the ring in an area of @len bytes; 0 if that is no place for one. Less than a
 * header wraps round, to no power of two.
 */
static inline u32 amp_log_ring_size(u32 len)
{
	u32 size = len - sizeof(struct amp_log_header);

	return is_power_of_2(size) ? size : 0;
}

/* What a reader at @pos takes of a ring that has been written up to @head */
static inline struct amp_log_part amp_log_next(u32 size, u32 head, u32 pos,
					       u32 max)
{
	u32 avail = head - pos, kept = size - amp_log_guard(size);
	struct amp_log_part part;

	part.lost = avail > kept ? avail - kept : 0;
	part.at = (pos + part.lost) & (size - 1);
	part.len = min3(avail - part.lost, max, size - part.at);

	return part;
}

/* Has the remote come so close that what was taken from @pos on isn't what was there? */
static inline bool amp_log_overwritten(u32 size, u32 head, u32 pos)
{
	return head - pos > size - amp_log_guard(size) / 2;
}

#endif /* AMP_LOG_RING_H */
