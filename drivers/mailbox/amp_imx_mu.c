// SPDX-License-Identifier: GPL-2.0
/*
 * NXP Messaging Unit (MU) mailbox controller
 *
 * Owns one side of an MU: four transmit and four receive registers and four
 * doorbells each way. The device-tree binding is mainline's fsl,mu.yaml with
 * two cells (channel type, register index).
 *
 * An interrupt costs more than the message that it announces, so none is taken
 * that nobody waits for: the transmit-empty interrupt is enabled only for
 * clients that wait for it, or while a message found its register occupied.
 */

#include <linux/bitops.h>
#include <linux/clk.h>
#include <linux/interrupt.h>
#include <linux/io.h>
#include <linux/mailbox_client.h>
#include <linux/mailbox_controller.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm_wakeirq.h>
#include <linux/sched/clock.h>
#include <linux/spinlock.h>
#include <linux/timer.h>

#include "amp_compat.h"
#include "amp_imx_mu_layout.h"
#include "amp_imx_mu_load.h"

#define AMP_MU_NUM_CHANS	(AMP_MU_NUM_TYPES * AMP_MU_NUM_REGS)

/**
 * struct amp_mu - one side of an MU
 * @dev: the platform device
 * @base: its registers
 * @clk: their clock, may be NULL
 * @cfg: their layout
 * @irq: the one interrupt of this side
 * @lock: protects @enabled, @throttled and the control registers
 * @enabled: for each channel type, a bit for each register whose interrupt is
 *           enabled. What the control registers hold, without reading them.
 * @throttled: those of what the remote sends are off, whatever @enabled says
 * @load: what the interrupt handler takes; its own
 * @timer: ends @throttled
 * @written: bits of transmit registers written since @chans was told
 * @mbox: the controller as the mailbox framework sees it
 * @chans: its channels, at type * AMP_MU_NUM_REGS + index
 */
struct amp_mu {
	struct device *dev;
	void __iomem *base;
	struct clk *clk;
	const struct amp_mu_cfg *cfg;
	int irq;
	spinlock_t lock;	/* enabled[] and the control registers */
	u8 enabled[AMP_MU_NUM_TYPES];
	bool throttled;
	struct amp_mu_load load;
	struct timer_list timer;
	unsigned long written;
	struct mbox_controller mbox;
	struct mbox_chan chans[AMP_MU_NUM_CHANS];
};

static struct amp_mu *to_amp_mu(struct mbox_controller *mbox)
{
	return container_of(mbox, struct amp_mu, mbox);
}

static unsigned int chan_type(struct amp_mu *mu, struct mbox_chan *chan)
{
	return (chan - mu->chans) / AMP_MU_NUM_REGS;
}

static unsigned int chan_index(struct amp_mu *mu, struct mbox_chan *chan)
{
	return (chan - mu->chans) % AMP_MU_NUM_REGS;
}

static bool type_has_irq(unsigned int type)
{
	return type != AMP_MU_TXDB;
}

/* The interrupts of this type that are to be served */
static u8 amp_mu_enabled(struct amp_mu *mu, unsigned int type)
{
	return type != AMP_MU_TX && READ_ONCE(mu->throttled) ?
	       0 : READ_ONCE(mu->enabled[type]);
}

/*
 * What a control register is to hold. Version 1 has all enables in one register,
 * version 2 has one register for each kind.
 *
 * Version 1 has the doorbell requests there, too: they are always written as
 * zero, which leaves them as they are. Writing back a one that the other side
 * has just served would ring its doorbell twice.
 */
static u32 amp_mu_enables(struct amp_mu *mu, u16 reg)
{
	unsigned int type;
	u32 val = 0;

	for (type = 0; type < AMP_MU_NUM_TYPES; type++)
		if (type_has_irq(type) && mu->cfg->enable[type].reg == reg)
			val |= amp_mu_flags(&mu->cfg->enable[type],
					  amp_mu_enabled(mu, type));

	return val;
}

static void amp_mu_write_enables(struct amp_mu *mu, u16 reg)
{
	writel(amp_mu_enables(mu, reg), mu->base + reg);
}

static void amp_mu_enable(struct amp_mu *mu, unsigned int type,
			  unsigned int index, bool on)
{
	unsigned long flags;
	u8 enabled;

	spin_lock_irqsave(&mu->lock, flags);
	enabled = on ? mu->enabled[type] | BIT(index) :
		       mu->enabled[type] & ~BIT(index);
	if (enabled != mu->enabled[type]) {
		WRITE_ONCE(mu->enabled[type], enabled);
		amp_mu_write_enables(mu, mu->cfg->enable[type].reg);
	}
	spin_unlock_irqrestore(&mu->lock, flags);
}

static void amp_mu_disable_all(struct amp_mu *mu)
{
	unsigned int type;

	memset(mu->enabled, 0, sizeof(mu->enabled));
	for (type = 0; type < AMP_MU_NUM_TYPES; type++)
		if (type_has_irq(type))
			amp_mu_write_enables(mu, mu->cfg->enable[type].reg);
}

static void amp_mu_throttle(struct amp_mu *mu, bool on)
{
	unsigned long flags;
	unsigned int type;

	spin_lock_irqsave(&mu->lock, flags);
	WRITE_ONCE(mu->throttled, on);
	for (type = 0; type < AMP_MU_NUM_TYPES; type++)
		if (type_has_irq(type))
			amp_mu_write_enables(mu, mu->cfg->enable[type].reg);
	spin_unlock_irqrestore(&mu->lock, flags);
}

static void amp_mu_timeout(struct timer_list *timer)
{
	amp_mu_throttle(container_of(timer, struct amp_mu, timer), false);
}

static void amp_mu_account(struct amp_mu *mu, u64 begin)
{
	if (!amp_mu_is_flooded(&mu->load, begin, local_clock()) || READ_ONCE(mu->throttled))
		return;

	dev_warn_ratelimited(mu->dev, "the remote floods the mailbox: not looked at for %u ms\n",
			     AMP_MU_PERIOD_MS);
	amp_mu_throttle(mu, true);
	mod_timer(&mu->timer, jiffies + msecs_to_jiffies(AMP_MU_PERIOD_MS));
}

static bool amp_mu_tx_empty(struct amp_mu *mu, unsigned int index)
{
	const struct amp_mu_field *te = &mu->cfg->status[AMP_MU_TX];

	return readl(mu->base + te->reg) & amp_mu_flag(te, index);
}

static int amp_mu_send_word(struct amp_mu *mu, struct mbox_chan *chan, u32 word)
{
	unsigned int index = chan_index(mu, chan);

	if (!amp_mu_tx_empty(mu, index)) {
		/* The framework keeps it; the interrupt asks for it again. */
		amp_mu_enable(mu, AMP_MU_TX, index, true);
		return -EBUSY;
	}

	writel(word, mu->base + mu->cfg->tr + 4 * index);
	set_bit(index, &mu->written);
	if (!(chan->txdone_method & AMP_MBOX_TXDONE_BY_ACK))
		amp_mu_enable(mu, AMP_MU_TX, index, true);

	return 0;
}

static int amp_mu_ring_doorbell(struct amp_mu *mu, unsigned int index)
{
	const struct amp_mu_field *gir = &mu->cfg->request;
	unsigned long flags;

	spin_lock_irqsave(&mu->lock, flags);
	writel(amp_mu_enables(mu, gir->reg) | amp_mu_flag(gir, index),
	       mu->base + gir->reg);
	spin_unlock_irqrestore(&mu->lock, flags);

	return 0;
}

static int amp_mu_send_data(struct mbox_chan *chan, void *data)
{
	struct amp_mu *mu = to_amp_mu(chan->mbox);

	switch (chan_type(mu, chan)) {
	case AMP_MU_TX:
		return amp_mu_send_word(mu, chan, *(u32 *)data);
	case AMP_MU_TXDB:
		return amp_mu_ring_doorbell(mu, chan_index(mu, chan));
	default:
		return -EOPNOTSUPP;
	}
}

/* A doorbell has no acknowledgment: it is done when it has been rung. */
static bool amp_mu_last_tx_done(struct mbox_chan *chan)
{
	struct amp_mu *mu = to_amp_mu(chan->mbox);

	return chan_type(mu, chan) != AMP_MU_TX ||
	       amp_mu_tx_empty(mu, chan_index(mu, chan));
}

static int amp_mu_startup(struct mbox_chan *chan)
{
	struct amp_mu *mu = to_amp_mu(chan->mbox);
	unsigned int type = chan_type(mu, chan);

	switch (type) {
	case AMP_MU_TX:
		/*
		 * The interrupt completes a transfer, unless the client says
		 * that it needn't know. Even then the interrupt may be needed,
		 * to submit what found the register occupied.
		 */
		chan->txdone_method = AMP_MBOX_TXDONE_BY_IRQ;
		if (chan->cl->knows_txdone)
			chan->txdone_method |= AMP_MBOX_TXDONE_BY_ACK;
		break;
	case AMP_MU_RX:
	case AMP_MU_RXDB:
		amp_mu_enable(mu, type, chan_index(mu, chan), true);
		break;
	default:
		break;
	}

	return 0;
}

static void amp_mu_shutdown(struct mbox_chan *chan)
{
	struct amp_mu *mu = to_amp_mu(chan->mbox);
	unsigned int type = chan_type(mu, chan);

	if (type_has_irq(type)) {
		amp_mu_enable(mu, type, chan_index(mu, chan), false);
		synchronize_irq(mu->irq);
	}
	chan->txdone_method = AMP_MBOX_TXDONE_BY_POLL;
}

static void amp_mu_tx_irq(struct amp_mu *mu, struct mbox_chan *chan)
{
	unsigned int index = chan_index(mu, chan);

	amp_mu_enable(mu, AMP_MU_TX, index, false);

	/*
	 * Completes what was sent, and submits the next one that is queued. If
	 * nobody waits for that one either, it is complete once it is written:
	 * there will be no other interrupt for it.
	 */
	do {
		clear_bit(index, &mu->written);
		mbox_chan_txdone(chan, 0);
	} while ((chan->txdone_method & AMP_MBOX_TXDONE_BY_ACK) &&
		 test_bit(index, &mu->written));
}

static void amp_mu_rx_irq(struct amp_mu *mu, struct mbox_chan *chan)
{
	u32 word = readl(mu->base + mu->cfg->rr + 4 * chan_index(mu, chan));

	mbox_chan_received_data(chan, &word);
}

static void amp_mu_rxdb_irq(struct amp_mu *mu, struct mbox_chan *chan)
{
	const struct amp_mu_field *gip = &mu->cfg->status[AMP_MU_RXDB];

	/* Cleared first: a ring during the callback must not be lost. */
	writel(amp_mu_flag(gip, chan_index(mu, chan)), mu->base + gip->reg);
	mbox_chan_received_data(chan, NULL);
}

static void (*const amp_mu_chan_irq[AMP_MU_NUM_TYPES])(struct amp_mu *mu,
						       struct mbox_chan *chan) = {
	[AMP_MU_TX] = amp_mu_tx_irq,
	[AMP_MU_RX] = amp_mu_rx_irq,
	[AMP_MU_RXDB] = amp_mu_rxdb_irq,
};

/* What was received goes first: somebody may be waiting for it. */
static const enum amp_mu_type amp_mu_irq_order[] = {
	AMP_MU_RX, AMP_MU_RXDB, AMP_MU_TX,
};

static irqreturn_t amp_mu_isr(int irq, void *data)
{
	struct amp_mu *mu = data;
	irqreturn_t ret = IRQ_NONE;
	u64 begin = local_clock();
	unsigned int i, n;

	for (n = 0; n < ARRAY_SIZE(amp_mu_irq_order); n++) {
		unsigned int type = amp_mu_irq_order[n];
		const struct amp_mu_field *field = &mu->cfg->status[type];
		u8 enabled = amp_mu_enabled(mu, type);
		u32 status;

		if (!enabled)
			continue;

		status = readl(mu->base + field->reg);
		for (i = 0; i < AMP_MU_NUM_REGS; i++) {
			if (!(enabled & BIT(i)) || !(status & amp_mu_flag(field, i)))
				continue;
			amp_mu_chan_irq[type](mu, &mu->chans[type * AMP_MU_NUM_REGS + i]);
			ret = IRQ_HANDLED;
		}
	}
	amp_mu_account(mu, begin);

	return ret;
}

static struct mbox_chan *amp_mu_of_xlate(struct mbox_controller *mbox,
					 const struct of_phandle_args *sp)
{
	struct amp_mu *mu = to_amp_mu(mbox);

	if (sp->args_count != 2 || sp->args[0] >= AMP_MU_NUM_TYPES ||
	    sp->args[1] >= AMP_MU_NUM_REGS) {
		dev_err(mu->dev,
			"%pOF: no such channel; two cells expected: type 0..%d, index 0..%d\n",
			sp->np, AMP_MU_NUM_TYPES - 1, AMP_MU_NUM_REGS - 1);
		return ERR_PTR(-EINVAL);
	}

	return &mu->chans[sp->args[0] * AMP_MU_NUM_REGS + sp->args[1]];
}

static const struct mbox_chan_ops amp_mu_ops = {
	.send_data = amp_mu_send_data,
	.startup = amp_mu_startup,
	.shutdown = amp_mu_shutdown,
	.last_tx_done = amp_mu_last_tx_done,
};

static void amp_mu_disable_clk(void *clk)
{
	clk_disable_unprepare(clk);
}

static void amp_mu_exit_timer(void *data)
{
	struct amp_mu *mu = data;

	timer_shutdown_sync(&mu->timer);
}

static void amp_mu_exit_wakeup(void *dev)
{
	dev_pm_clear_wake_irq(dev);
	device_init_wakeup(dev, false);
}

/* With the standard property, the remote's messages end the system's sleep. */
static int amp_mu_init_wakeup(struct amp_mu *mu)
{
	int ret;

	if (!of_property_read_bool(mu->dev->of_node, "wakeup-source"))
		return 0;

	device_init_wakeup(mu->dev, true);
	ret = dev_pm_set_wake_irq(mu->dev, mu->irq);
	if (ret) {
		device_init_wakeup(mu->dev, false);
		return ret;
	}

	return devm_add_action_or_reset(mu->dev, amp_mu_exit_wakeup, mu->dev);
}

static int amp_mu_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct amp_mu *mu;
	int ret;

	mu = devm_kzalloc(dev, sizeof(*mu), GFP_KERNEL);
	if (!mu)
		return -ENOMEM;

	mu->dev = dev;
	mu->cfg = of_device_get_match_data(dev);
	if (!mu->cfg)
		return -ENODEV;
	spin_lock_init(&mu->lock);
	platform_set_drvdata(pdev, mu);

	mu->base = devm_platform_ioremap_resource(pdev, 0);
	if (IS_ERR(mu->base))
		return PTR_ERR(mu->base);

	mu->irq = platform_get_irq(pdev, 0);
	if (mu->irq < 0)
		return mu->irq;

	mu->clk = devm_clk_get_optional(dev, NULL);
	if (IS_ERR(mu->clk))
		return dev_err_probe(dev, PTR_ERR(mu->clk), "no clock\n");

	ret = clk_prepare_enable(mu->clk);
	if (ret)
		return dev_err_probe(dev, ret, "cannot enable the clock\n");
	ret = devm_add_action_or_reset(dev, amp_mu_disable_clk, mu->clk);
	if (ret)
		return ret;

	timer_setup(&mu->timer, amp_mu_timeout, 0);
	ret = devm_add_action_or_reset(dev, amp_mu_exit_timer, mu);
	if (ret)
		return ret;

	/* A boot loader may have left interrupts enabled. */
	amp_mu_disable_all(mu);

	ret = devm_request_irq(dev, mu->irq, amp_mu_isr, 0, dev_name(dev), mu);
	if (ret)
		return dev_err_probe(dev, ret, "cannot request interrupt %d\n",
				     mu->irq);

	ret = amp_mu_init_wakeup(mu);
	if (ret)
		return dev_err_probe(dev, ret, "cannot wake up the system\n");

	mu->mbox.dev = dev;
	mu->mbox.ops = &amp_mu_ops;
	mu->mbox.chans = mu->chans;
	mu->mbox.num_chans = AMP_MU_NUM_CHANS;
	mu->mbox.of_xlate = amp_mu_of_xlate;
	/*
	 * Where each channel starts from, see amp_mu_startup(); doorbells keep
	 * it. The period is in milliseconds.
	 */
	mu->mbox.txdone_poll = true;
	mu->mbox.txpoll_period = 1;

	return devm_mbox_controller_register(dev, &mu->mbox);
}

/*
 * No flood goes on when the system goes to sleep, and the next message may be to
 * wake it up. Messages that come while it sleeps stay in their registers, and their
 * interrupt comes when it is enabled again.
 */
static int amp_mu_sleep_noirq(struct device *dev)
{
	amp_mu_throttle(dev_get_drvdata(dev), false);

	return 0;
}

static const struct dev_pm_ops amp_mu_pm_ops = {
	NOIRQ_SYSTEM_SLEEP_PM_OPS(amp_mu_sleep_noirq, amp_mu_sleep_noirq)
};

static const struct of_device_id amp_mu_of_match[] = {
	{ .compatible = "fsl,imx6sx-mu", .data = &amp_mu_imx6sx },
	{ .compatible = "fsl,imx7ulp-mu", .data = &amp_mu_imx7ulp },
	{ .compatible = "fsl,imx8ulp-mu", .data = &amp_mu_imx8ulp },
	{ }
};
MODULE_DEVICE_TABLE(of, amp_mu_of_match);

static struct platform_driver amp_mu_driver = {
	.probe = amp_mu_probe,
	.driver = {
		.name = "amp-imx-mu",
		.of_match_table = amp_mu_of_match,
		.pm = pm_sleep_ptr(&amp_mu_pm_ops),
	},
};
module_platform_driver(amp_mu_driver);

MODULE_DESCRIPTION("NXP Messaging Unit mailbox controller");
MODULE_LICENSE("GPL");
