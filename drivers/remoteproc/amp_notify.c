// SPDX-License-Identifier: GPL-2.0
/*
 * Notifications: kicks to and from the remote through the mailbox
 *
 * A kick is one word, the notify id of the virtqueue in its upper half, as
 * OpenAMP, rpmsg-lite and Zephyr have it on NXP's parts. It is never waited
 * for, and there is at most one in the mailbox's queue for each virtqueue.
 */

#include <linux/idr.h>
#include <linux/mailbox_controller.h>
#include <linux/of.h>
#include <linux/rcupdate.h>
#include <linux/virtio_ring.h>

#include "amp_compat.h"
#include "amp_remoteproc.h"
#include "amp_rproc.h"

#define AMP_KICK_SHIFT	16

static bool amp_notify_is_kick(struct amp_rproc *amp, const void *msg)
{
	return msg >= (void *)amp->kicks &&
	       msg < (void *)(amp->kicks + ARRAY_SIZE(amp->kicks));
}

static void amp_notify_send(struct amp_rproc *amp, struct amp_rproc_kick *kick)
{
	int ret;

	ret = mbox_send_message(amp->tx, &kick->word);
	if (ret < 0) {
		atomic_set(&kick->pending, 0);
		dev_err_ratelimited(amp->dev, "cannot kick virtqueue %u: %d\n",
				    kick->word >> AMP_KICK_SHIFT, ret);
		return;
	}

	if (!(amp->tx->txdone_method & AMP_MBOX_TXDONE_BY_ACK))
		return;

	/*
	 * Nobody waits for the kick to be read; see amp_notify_tx_done(). The
	 * framework completes one message and submits the next in two steps,
	 * between which another CPU may submit that one: whatever is active
	 * has been written, so it is complete as well.
	 */
	do
		mbox_client_txdone(amp->tx, 0);
	while (amp_notify_is_kick(amp, READ_ONCE(amp->tx->active_req)));
}

/* The mailbox no longer holds the kick. */
static void amp_notify_tx_done(struct mbox_client *cl, void *msg, int r)
{
	struct amp_rproc *amp = container_of(cl, struct amp_rproc, cl_tx);
	struct amp_rproc_kick *kick = container_of(msg, struct amp_rproc_kick,
						   word);

	/*
	 * If it was asked for again, the remote may have read the kick, and
	 * looked at the ring, before what was added to the ring last.
	 */
	if (atomic_xchg(&kick->pending, 0) > 1 &&
	    atomic_inc_return(&kick->pending) == 1)
		amp_notify_send(amp, kick);
}

/**
 * amp_notify_kick() - tell the remote that a virtqueue wants its attention
 * @rproc: the remote processor
 * @notifyid: of the virtqueue
 *
 * Context: any; does not sleep. What the caller wrote to the ring before is
 * visible to the remote before the kick.
 */
void amp_notify_kick(struct rproc *rproc, int notifyid)
{
	struct amp_rproc *amp = rproc->priv;
	struct amp_rproc_kick *kick;

	if (WARN_ON_ONCE(notifyid < 0 || notifyid >= AMP_RPROC_MAX_NOTIFYID))
		return;
	kick = &amp->kicks[notifyid];

	if (atomic_inc_return(&kick->pending) == 1)
		amp_notify_send(amp, kick);
}

/*
 * The virtio core leaves out interrupts of a ring whose used index is where it knows
 * it to be. Of our bus's rings it knows the beginning only: the bus looks for itself.
 */
static void amp_notify_virtqueue(struct virtqueue *vq)
{
	const struct device_driver *driver = vq->vdev->dev.driver;

	if (vring_interrupt(0, vq) == IRQ_NONE && driver &&
	    !strcmp(driver->name, AMP_RPMSG_DRIVER))
		vq->callback(vq);
}

static void amp_notify_rx(struct mbox_client *cl, void *msg)
{
	struct amp_rproc *amp = container_of(cl, struct amp_rproc, cl_rx);
	struct rproc_vring *rvring;
	struct virtqueue *vq;
	u32 id;

	/* The device tree may have given a doorbell instead. */
	if (!msg)
		return;
	id = *(u32 *)msg >> AMP_KICK_SHIFT;

	rcu_read_lock();
	if (!READ_ONCE(amp->listening))
		goto unlock;

	if (id == AMP_FAULT_NOTIFYID) {
		amp_crash_fault(amp);
		goto unlock;
	}
	complete(&amp->ready);

	/*
	 * Not rproc_vq_interrupt(): it reads rvring->vq twice, and the driver
	 * of the virtio device may clear it at any time.
	 */
	rvring = idr_find(&amp->rproc->notifyids, id);
	vq = rvring ? READ_ONCE(rvring->vq) : NULL;
	if (vq)
		amp_notify_virtqueue(vq);
	else
		dev_dbg_ratelimited(amp->dev, "kick 0x%08x for no virtqueue\n",
				    *(u32 *)msg);
unlock:
	rcu_read_unlock();
}

/*
 * NXP's firmware may ring when it starts. A second time in the same life it has
 * restarted without Linux' doing: it knows nothing of what is in the rings.
 */
static void amp_notify_announced(struct mbox_client *cl, void *msg)
{
	struct amp_rproc *amp = container_of(cl, struct amp_rproc, cl_rxdb);

	rcu_read_lock();
	if (READ_ONCE(amp->listening)) {
		if (test_and_set_bit(0, &amp->announced))
			amp_crash_report(amp, RPROC_FATAL_ERROR,
					 "has restarted by itself");
		else
			complete(&amp->ready);
	}
	rcu_read_unlock();
}

static bool amp_notify_has(struct amp_rproc *amp, const char *name)
{
	return of_property_match_string(amp->dev->of_node, "mbox-names",
					name) >= 0;
}

/**
 * amp_notify_listen() - pass on what the remote sends from now on
 * @amp: the remote processor, with its virtqueues known to the core
 * @started: it has been running for some time
 */
void amp_notify_listen(struct amp_rproc *amp, bool started)
{
	reinit_completion(&amp->ready);
	amp->announced = started;
	WRITE_ONCE(amp->listening, true);
}

/**
 * amp_notify_silence() - pass on nothing of what the remote sends any more
 * @amp: the remote processor
 *
 * Context: sleeps. When it returns, nothing is under way, and the virtqueues can
 * be removed.
 */
void amp_notify_silence(struct amp_rproc *amp)
{
	WRITE_ONCE(amp->listening, false);
	synchronize_rcu();
}

/**
 * amp_notify_shutdown() - tell the remote by mailbox that it is about to end
 * @amp: the remote processor
 *
 * This is the channel "shutdown" that ST's and TI's firmware know: that the
 * message has been read is the answer.
 *
 * Context: sleeps, for at most the shutdown timeout.
 * Return: 0, -ENOTCONN if the device tree has no such channel, -ETIME, or -EBUSY if
 * an earlier one hasn't been read.
 */
int amp_notify_shutdown(struct amp_rproc *amp)
{
	const struct mbox_chan_ops *ops;
	static u32 word;
	int ret;

	if (!amp->shutdown)
		return -ENOTCONN;
	/* Behind one that a former life hasn't read, it would reach a later life. */
	ops = amp->shutdown->mbox->ops;
	if (ops->last_tx_done && !ops->last_tx_done(amp->shutdown))
		return -EBUSY;

	/* 0 is for ever to the framework. */
	amp->cl_shutdown.tx_tout = max(READ_ONCE(amp->shutdown_timeout_ms), 1U);
	ret = mbox_send_message(amp->shutdown, &word);

	return ret < 0 ? ret : 0;
}

static void amp_notify_free_channel(void *chan)
{
	mbox_free_channel(chan);
}

static struct mbox_chan *amp_notify_request(struct amp_rproc *amp,
					    struct mbox_client *cl,
					    const char *name)
{
	struct mbox_chan *chan;
	int ret;

	cl->dev = amp->dev;
	chan = mbox_request_channel_byname(cl, name);
	if (IS_ERR(chan)) {
		dev_err_probe(amp->dev, PTR_ERR(chan),
			      "no mailbox channel \"%s\"\n", name);
		return chan;
	}

	ret = devm_add_action_or_reset(amp->dev, amp_notify_free_channel, chan);

	return ret ? ERR_PTR(ret) : chan;
}

/**
 * amp_notify_init() - get the mailbox channels
 * @amp: the remote processor
 *
 * They are the channels "tx" and "rx" of mainline's fsl,imx-rproc binding and, if
 * the device tree has them, its "rxdb" and "shutdown" of st,stm32-rproc. They are
 * released with the device.
 *
 * Return: 0, or an errno that has been reported.
 */
int amp_notify_init(struct amp_rproc *amp)
{
	struct mbox_chan *rxdb;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(amp->kicks); i++)
		amp->kicks[i].word = i << AMP_KICK_SHIFT;

	amp->cl_tx.knows_txdone = true;
	amp->cl_tx.tx_done = amp_notify_tx_done;
	amp->tx = amp_notify_request(amp, &amp->cl_tx, "tx");
	if (IS_ERR(amp->tx))
		return PTR_ERR(amp->tx);

	amp->cl_rx.rx_callback = amp_notify_rx;
	amp->rx = amp_notify_request(amp, &amp->cl_rx, "rx");
	if (IS_ERR(amp->rx))
		return PTR_ERR(amp->rx);

	if (amp_notify_has(amp, "rxdb")) {
		amp->cl_rxdb.rx_callback = amp_notify_announced;
		rxdb = amp_notify_request(amp, &amp->cl_rxdb, "rxdb");
		if (IS_ERR(rxdb))
			return PTR_ERR(rxdb);
	}

	if (!amp_notify_has(amp, "shutdown"))
		return 0;
	amp->cl_shutdown.tx_block = true;
	amp->shutdown = amp_notify_request(amp, &amp->cl_shutdown, "shutdown");

	return PTR_ERR_OR_ZERO(amp->shutdown);
}
