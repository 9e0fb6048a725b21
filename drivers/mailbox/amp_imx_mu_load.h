/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much of a CPU's time the mailbox's interrupts take: a pure function; it also
 * compiles on a host.
 *
 * A remote that fills its register as soon as it is read would have this CPU do nothing
 * else, not even stop the remote.
 */
#ifndef AMP_IMX_MU_LOAD_H
#define AMP_IMX_MU_LOAD_H

#include <linux/time64.h>
#include <linux/types.h>

/* Of each period, in milliseconds, Linux spends so much with what the remote sends. */
#define AMP_MU_PERIOD_MS	10
#define AMP_MU_BUSY_MS		5
/* Fewer interrupts than that are no flood, however long they take. */
#define AMP_MU_BUSY_IRQS	32

/**
 * struct amp_mu_load - what the present period has seen
 * @since: when it began, in nanoseconds
 * @busy: time spent in its interrupts, likewise
 * @num_irqs: their number
 */
struct amp_mu_load {
	u64 since;
	u64 busy;
	unsigned int num_irqs;
};

/*
 * Counts an interrupt that took from @begin to @end, in nanoseconds of a clock that
 * doesn't go back. Returns whether it is time to look away; what follows is counted anew.
 */
static inline bool amp_mu_is_flooded(struct amp_mu_load *load, u64 begin, u64 end)
{
	if (begin - load->since > AMP_MU_PERIOD_MS * NSEC_PER_MSEC)
		*load = (struct amp_mu_load){ .since = begin };

	load->busy += end - begin;
	load->num_irqs++;
	if (load->busy < AMP_MU_BUSY_MS * NSEC_PER_MSEC || load->num_irqs < AMP_MU_BUSY_IRQS)
		return false;

	*load = (struct amp_mu_load){ .since = end };

	return true;
}

#endif /* AMP_IMX_MU_LOAD_H */
