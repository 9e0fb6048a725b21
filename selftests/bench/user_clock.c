// SPDX-License-Identifier: GPL-2.0
/*
 * Lets user space read the CPU's cycle counter, which the emulated machine advances by one for each
 * nanosecond of virtual time. The architected timer's tick there is 125 ns.
 */

#include <linux/module.h>
#include <linux/smp.h>

#include <asm/sysreg.h>

#define PMCR_E		BIT(0)	/* count */
#define PMCR_LC		BIT(6)	/* with 64 bits */
#define PMUSERENR_CR	BIT(2)	/* EL0 may read the cycle counter */
#define CYCLE_COUNTER	BIT(31)

static void user_clock_enable(void *unused)
{
	write_sysreg(0, pmccfiltr_el0);
	write_sysreg(CYCLE_COUNTER, pmcntenset_el0);
	write_sysreg(PMCR_E | PMCR_LC, pmcr_el0);
	write_sysreg(PMUSERENR_CR, pmuserenr_el0);
	isb();
}

static int __init user_clock_init(void)
{
	on_each_cpu(user_clock_enable, NULL, 1);

	return 0;
}
module_init(user_clock_init);

static void __exit user_clock_exit(void)
{
}
module_exit(user_clock_exit);

MODULE_DESCRIPTION("The cycle counter for user space");
MODULE_LICENSE("GPL");
