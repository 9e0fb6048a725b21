// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The main loop.
 */
#include "amp.h"
#include "cpu.h"
#include "platform.h"

struct rpmsg_device amp_rpmsg;

static volatile bool woken;
static bool more;

void amp_wake(void)
{
	woken = true;
}

void amp_poll(void)
{
	/* First, so that a kick that comes while polling is not forgotten. */
	woken = false;
	more = rpmsg_poll(&amp_rpmsg);
	amp_control_poll();
	platform_watchdog_feed();
}

void amp_wait(void)
{
	uint32_t flags;

	if (more)
		return;

	/*
	 * An interrupt between the check and the sleep stays pending, and a pending
	 * interrupt ends WFI even while it is masked.
	 */
	flags = cpu_irq_save();
	if (!woken)
		cpu_wfi();
	cpu_irq_restore(flags);
}

void amp_run(void)
{
	for (;;) {
		amp_poll();
		amp_wait();
	}
}
