// SPDX-License-Identifier: GPL-2.0
/*
 * NXP hardware semaphores (SEMA4, "SEMAPHORE_HS" of the i.MX 8M) as hwspinlocks
 *
 * Owns the sixteen gates. A processor locks one by writing its own number plus
 * one, which works while the gate is free, and frees it by writing zero; reading
 * tells who has it. Linux is processor 0, whichever of its CPUs accesses it.
 *
 * The notification interrupts are left alone: a gate is held for so short that
 * nobody sleeps until it is free.
 *
 * Registers: NXP's PERI_SEMA4.h for the i.MX 8M Plus; the sequence that resets
 * a gate: NXP's fsl_sema4.c.
 */

#include <linux/bitfield.h>
#include <linux/bitops.h>
#include <linux/clk.h>
#include <linux/delay.h>
#include <linux/hwspinlock.h>
#include <linux/io.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/overflow.h>
#include <linux/platform_device.h>
#include <linux/slab.h>
#include <linux/spinlock.h>

#include "amp_compat.h"

#define AMP_SEMA4_NUM_GATES	16
#define AMP_SEMA4_SELF		1	/* how a gate says that Linux has it */
#define AMP_SEMA4_MAX_OWNER	2

#define AMP_SEMA4_RSTGT		0x100
#define AMP_SEMA4_RSTGT_STATE	GENMASK(5, 4)	/* read */
#define AMP_SEMA4_RSTGT_GATE	GENMASK(15, 8)
#define AMP_SEMA4_RSTGT_DATA1	0xe2		/* written to bits 7 to 0 */
#define AMP_SEMA4_RSTGT_DATA2	0x1d

/* Between two attempts, so that the other side gets at the bus. */
#define AMP_SEMA4_RELAX_NS	50

/**
 * struct amp_sema4 - the gates
 * @base: their registers
 * @clk: the clock of these, may be NULL
 * @reset_lock: held during the two writes that reset a gate
 * @held: a bit for each gate that one of Linux' CPUs has, or tries to get. The
 *        gate itself says yes to all of them once one has it.
 * @bank: the gates as the framework sees them
 */
struct amp_sema4 {
	void __iomem *base;
	struct clk *clk;
	spinlock_t reset_lock;	/* the sequence written to RSTGT */
	unsigned long held;
	struct hwspinlock_device bank;
};

static struct amp_sema4 *to_amp_sema4(struct hwspinlock *lock)
{
	return container_of(lock->bank, struct amp_sema4, bank);
}

static unsigned int gate_index(struct hwspinlock *lock)
{
	return lock - lock->bank->lock;
}

static u8 amp_sema4_owner(struct amp_sema4 *sema4, unsigned int gate)
{
	return readb(sema4->base + gate);
}

/*
 * Reads the gate back: as long as the write is under way, the gate would grant
 * itself to Linux' next CPU, and then be freed under its feet.
 */
static void amp_sema4_free(struct amp_sema4 *sema4, unsigned int gate)
{
	writeb(0, sema4->base + gate);
	amp_sema4_owner(sema4, gate);
}

static int amp_sema4_trylock(struct hwspinlock *lock)
{
	struct amp_sema4 *sema4 = to_amp_sema4(lock);
	unsigned int gate = gate_index(lock);

	if (test_and_set_bit_lock(gate, &sema4->held))
		return 0;

	writeb(AMP_SEMA4_SELF, sema4->base + gate);
	if (amp_sema4_owner(sema4, gate) == AMP_SEMA4_SELF)
		return 1;

	clear_bit_unlock(gate, &sema4->held);
	return 0;
}

static void amp_sema4_unlock(struct hwspinlock *lock)
{
	struct amp_sema4 *sema4 = to_amp_sema4(lock);
	unsigned int gate = gate_index(lock);

	amp_sema4_free(sema4, gate);
	clear_bit_unlock(gate, &sema4->held);
}

static int amp_sema4_reset_gate(struct amp_sema4 *sema4, unsigned int gate)
{
	void __iomem *reg = sema4->base + AMP_SEMA4_RSTGT;
	unsigned long flags;
	int ret = 0;

	spin_lock_irqsave(&sema4->reset_lock, flags);
	if (FIELD_GET(AMP_SEMA4_RSTGT_STATE, readw(reg))) {
		/* The other side is in the middle of it. */
		ret = -EBUSY;
	} else {
		writew(AMP_SEMA4_RSTGT_DATA1, reg);
		writew(FIELD_PREP(AMP_SEMA4_RSTGT_GATE, gate) |
		       AMP_SEMA4_RSTGT_DATA2, reg);
	}
	spin_unlock_irqrestore(&sema4->reset_lock, flags);

	return ret;
}

/*
 * Frees a gate whose owner is known to be dead: @id is what the gate reads.
 * Nothing is done, and it is no error, if the gate isn't that processor's.
 */
static int __maybe_unused amp_sema4_bust(struct hwspinlock *lock,
					 unsigned int id)
{
	struct amp_sema4 *sema4 = to_amp_sema4(lock);
	unsigned int gate = gate_index(lock);
	int ret = 0;

	if (id <= AMP_SEMA4_SELF || id > AMP_SEMA4_MAX_OWNER)
		return -EINVAL;

	/* Keeps Linux' own CPUs away. If one has it, the dead one has not. */
	if (test_and_set_bit_lock(gate, &sema4->held))
		return 0;

	if (amp_sema4_owner(sema4, gate) == id) {
		ret = amp_sema4_reset_gate(sema4, gate);
		if (!ret && amp_sema4_owner(sema4, gate) == id)
			ret = -EIO;
	}
	clear_bit_unlock(gate, &sema4->held);

	return ret;
}

static void amp_sema4_relax(struct hwspinlock *lock)
{
	ndelay(AMP_SEMA4_RELAX_NS);
}

static const struct hwspinlock_ops amp_sema4_ops = {
	.trylock = amp_sema4_trylock,
	.unlock = amp_sema4_unlock,
#ifdef AMP_HAVE_HWSPIN_LOCK_BUST
	.bust = amp_sema4_bust,
#endif
	.relax = amp_sema4_relax,
};

static void amp_sema4_disable_clk(void *clk)
{
	clk_disable_unprepare(clk);
}

static int amp_sema4_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct amp_sema4 *sema4;
	unsigned int gate;
	int ret;

	sema4 = devm_kzalloc(dev, struct_size(sema4, bank.lock,
					      AMP_SEMA4_NUM_GATES),
			     GFP_KERNEL);
	if (!sema4)
		return -ENOMEM;

	spin_lock_init(&sema4->reset_lock);

	sema4->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(sema4->base))
		return PTR_ERR(sema4->base);

	sema4->clk = devm_clk_get_optional(dev, NULL);
	if (IS_ERR(sema4->clk))
		return dev_err_probe(dev, PTR_ERR(sema4->clk), "no clock\n");

	ret = clk_prepare_enable(sema4->clk);
	if (ret)
		return dev_err_probe(dev, ret, "cannot enable the clock\n");
	ret = devm_add_action_or_reset(dev, amp_sema4_disable_clk, sema4->clk);
	if (ret)
		return ret;

	/* What a kernel before this one had when it crashed is nobody's now. */
	for (gate = 0; gate < AMP_SEMA4_NUM_GATES; gate++)
		if (amp_sema4_owner(sema4, gate) == AMP_SEMA4_SELF)
			amp_sema4_free(sema4, gate);

	return devm_hwspin_lock_register(dev, &sema4->bank, &amp_sema4_ops, 0,
					 AMP_SEMA4_NUM_GATES);
}

static const struct of_device_id amp_sema4_of_match[] = {
	{ .compatible = "linux-amp,imx8mp-sema4" },
	{ }
};
MODULE_DEVICE_TABLE(of, amp_sema4_of_match);

static struct platform_driver amp_sema4_driver = {
	.probe = amp_sema4_probe,
	.driver = {
		.name = "amp-imx-sema4",
		.of_match_table = amp_sema4_of_match,
		/* A lock in use holds the module, but not the binding. */
		.suppress_bind_attrs = true,
	},
};
module_platform_driver(amp_sema4_driver);

MODULE_DESCRIPTION("NXP hardware semaphores as hwspinlocks");
MODULE_LICENSE("GPL");
