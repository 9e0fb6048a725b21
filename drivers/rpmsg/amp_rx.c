// SPDX-License-Identifier: GPL-2.0
/*
 * Receiving: from the ring to endpoints
 *
 * Messages are taken out of the ring in the interrupt, by readers that find
 * nothing in their queues, and by a timer. Clients with a queue have them at once;
 * callbacks may sleep, so they, and announcements, come from a work item.
 *
 * The ring interrupts only when somebody waits. While nobody does, everyone who
 * has emptied a queue looks into the ring, and the timer does for the others; when
 * that finds nothing, the interrupt is on again. So bursts cost one interrupt,
 * and a remote that floods Linux costs a bounded part of a CPU.
 *
 * The remote isn't trusted: lengths and headers are checked here, on a copy; the
 * ring itself in amp_ring.c.
 */

#include <linux/rpmsg/ns.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_ring.h>

#include "amp_coalesce.h"
#include "amp_compat.h"
#include "amp_rpmsg.h"
#include "amp_trace.h"

/* How long after a message for a callback the next one is awaited, in milliseconds */
#define AMP_RX_CALLBACK_MSECS	10

/* Of rx_timer when it isn't for coalescing, but to go on after a full budget */
#define AMP_RX_PAUSE_USECS	50

/*
 * What is handed out at a time, with interrupts off: so many messages, in so many
 * bytes of buffers. At worst all of them are copied.
 */
#define AMP_RX_MESSAGES		64U
#define AMP_RX_BYTES		SZ_64K

static struct amp_rpmsg_rx_buf *to_rx_buf(struct amp_rpmsg_msg *msg)
{
	return container_of(msg, struct amp_rpmsg_rx_buf, msg);
}

/* Caller holds rx_lock, or is alone. */
static void amp_rx_give_back(struct amp_rpmsg *amp, struct amp_rpmsg_rx_buf *rx)
{
	amp_ring_add(&amp->rx_ring, rx - amp->rx_bufs, amp_rpmsg_dma(amp, rx->buf),
		     amp->rx_size, VRING_DESC_F_WRITE);
}

/* Tells the remote of the buffers that it was given back. Caller holds rx_lock. */
static void amp_rx_kick_lazily(struct amp_rpmsg *amp)
{
	if (amp_rx_kick_now(amp->num_rx, amp_ring_unkicked(&amp->rx_ring),
			    amp->rx_irq_on))
		amp_ring_kick(&amp->rx_ring);
}

/* Caller holds rx_lock. */
static void amp_rx_hold(struct amp_rpmsg *amp, struct amp_rpmsg_msg *msg)
{
	msg->held = true;
	amp->num_held++;
}

/* Caller holds rx_lock. */
static void amp_rx_unhold(struct amp_rpmsg *amp, struct amp_rpmsg_msg *msg)
{
	msg->held = false;
	amp->num_held--;
	amp_rx_give_back(amp, to_rx_buf(msg));
}

/**
 * amp_rx_keep() - have a message longer than amp_direct_client.receive()
 * @amp: the bus, with rx_lock held
 * @msg: the message
 * @hold: in its buffer, if enough others are left for the remote
 *
 * Return: the message or a copy, NULL if there is no memory for one.
 */
struct amp_rpmsg_msg *amp_rx_keep(struct amp_rpmsg *amp,
				  struct amp_rpmsg_msg *msg, bool hold)
{
	if (hold && !msg->held && amp->num_held < amp_rx_max_held(amp->num_rx)) {
		amp_rx_hold(amp, msg);
		return msg;
	}

	return amp_rpmsg_msg_copy(msg, GFP_ATOMIC | __GFP_NOWARN);
}

/**
 * amp_rx_release() - be done with a message that was kept
 * @amp: the bus
 * @msg: the message
 *
 * Context: any.
 */
void amp_rx_release(struct amp_rpmsg *amp, struct amp_rpmsg_msg *msg)
{
	unsigned long flags;

	if (!msg->held) {
		kfree(msg);
		return;
	}

	spin_lock_irqsave(&amp->rx_lock, flags);
	amp_rx_unhold(amp, msg);
	amp_ring_kick(&amp->rx_ring);
	spin_unlock_irqrestore(&amp->rx_lock, flags);
}

/* For a callback, or the name service if @ept is NULL. Caller holds rx_lock. */
static void amp_rx_defer(struct amp_rpmsg *amp, struct amp_rpmsg_rx_buf *rx,
			 struct amp_rpmsg_ept *ept)
{
	if (ept)
		kref_get(&ept->ept.refcount);
	rx->ept = ept;
	amp_rx_hold(amp, &rx->msg);
	list_add_tail(&rx->msg.node, &amp->callbacks);
	queue_work(amp->wq, &amp->rx_work);
}

/* Caller holds rx_lock. */
static void amp_rx_count(struct amp_rpmsg_stats *stats, size_t len)
{
	stats->rx_messages++;
	stats->rx_bytes += len;
}

/* Caller holds rx_lock. */
static void amp_rx_set_armed(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept,
			     bool armed)
{
	amp->num_armed += armed - ept->armed;
	ept->armed = armed;
}

/* Caller holds rx_lock. */
static void amp_rx_deliver(struct amp_rpmsg *amp, struct amp_rpmsg_rx_buf *rx,
			   size_t len, struct list_head *woken)
{
	struct amp_rpmsg_msg *msg = &rx->msg;
	struct amp_rpmsg_ept *ept;
	struct amp_rpmsg_hdr hdr;
	u32 dst;

	if (len < sizeof(hdr) || len > amp->rx_size) {
		dev_warn_ratelimited(&amp->vdev->dev,
				     "message dropped: %zu bytes in a buffer of %zu\n",
				     len, amp->rx_size);
		amp->stats.rx_length_errors++;
		return;
	}

	memcpy(&hdr, rx->buf, sizeof(hdr));
	dst = __rpmsg32_to_cpu(amp->little_endian, hdr.dst);
	msg->src = __rpmsg32_to_cpu(amp->little_endian, hdr.src);
	msg->len = __rpmsg16_to_cpu(amp->little_endian, hdr.len);
	if (msg->len > len - sizeof(hdr)) {
		dev_warn_ratelimited(&amp->vdev->dev,
				     "message from 0x%x to 0x%x dropped: payload of %u bytes in %zu\n",
				     msg->src, dst, msg->len, len - sizeof(hdr));
		amp->stats.rx_length_errors++;
		return;
	}
	amp_rx_count(&amp->stats.all, msg->len);
	trace_rpmsg_recv(amp, &hdr);

	if (dst == RPMSG_NS_ADDR) {
		amp_rx_defer(amp, rx, NULL);
		return;
	}

	ept = idr_find(&amp->epts, dst);
	if (!ept) {
		dev_warn_ratelimited(&amp->vdev->dev,
				     "message from 0x%x dropped: no endpoint at 0x%x\n",
				     msg->src, dst);
		amp->stats.rx_nohandler++;
		return;
	}
	amp_rx_count(ept->stats, msg->len);
	if (!ept->client) {
		amp_rx_defer(amp, rx, ept);
		return;
	}

	if (!ept->client->receive(ept->ept.priv, msg))
		amp->stats.rx_dropped++;
	amp_rx_set_armed(amp, ept, false);
	if (list_empty(&ept->woken))
		list_add(&ept->woken, woken);
}

/*
 * Hands out up to @budget messages, and no more when one was for @reader, if not
 * NULL. Caller holds rx_lock. Return: number of messages.
 */
static unsigned int amp_rx_take(struct amp_rpmsg *amp, unsigned int budget,
				struct amp_rpmsg_ept *reader)
{
	struct amp_rpmsg_ept *ept, *next;
	struct amp_rpmsg_rx_buf *rx;
	unsigned int n = 0;
	LIST_HEAD(woken);
	int buf;
	u32 len;

	while (n < budget && !(reader && !list_empty(&reader->woken)) &&
	       (buf = amp_ring_get(&amp->rx_ring, &len)) >= 0) {
		rx = &amp->rx_bufs[buf];
		amp_rx_deliver(amp, rx, len, &woken);
		if (!rx->msg.held)
			amp_rx_give_back(amp, rx);
		n++;
	}

	list_for_each_entry_safe(ept, next, &woken, woken) {
		list_del_init(&ept->woken);
		ept->client->wake(ept->ept.priv);
	}

	amp_rpmsg_check_ring(amp, &amp->rx_ring);

	return n;
}

/* Caller holds rx_lock. Return: number of messages. */
static unsigned int amp_rx_drain(struct amp_rpmsg *amp, unsigned int budget)
{
	unsigned int n = amp_rx_take(amp, budget, NULL);

	amp_ring_kick(&amp->rx_ring);

	return n;
}

/*
 * Does anyone wait? Callbacks can't tell: they are taken to while there has been a
 * message for one lately, and they have nothing to do.
 */
static bool amp_rx_awaited(struct amp_rpmsg *amp)
{
	return amp_rx_irq_wanted(amp->num_armed, READ_ONCE(amp->rx_usecs),
				 time_before(jiffies, amp->callbacks_until) &&
				 list_empty(&amp->callbacks));
}

static void amp_rx_irq_off(struct amp_rpmsg *amp)
{
	amp_ring_disable_irq(&amp->rx_ring);
	amp->rx_irq_on = false;
}

/*
 * Has the next message interrupt if somebody waits for it, or always if @idle;
 * else the timer looks for it. Caller holds rx_lock, and the interrupt is off.
 */
static void amp_rx_rearm(struct amp_rpmsg *amp, bool idle)
{
	unsigned int n, budget = READ_ONCE(amp->rx_messages);
	unsigned int usecs = READ_ONCE(amp->rx_usecs);

	while (idle || amp_rx_awaited(amp)) {
		if (amp_ring_enable_irq(&amp->rx_ring)) {
			amp->rx_irq_on = true;
			return;
		}
		amp_ring_disable_irq(&amp->rx_ring);
		if (!budget) {
			usecs = AMP_RX_PAUSE_USECS;
			break;
		}
		n = amp_rx_drain(amp, budget);
		/* A broken ring never is empty. */
		if (!n)
			return;
		budget -= n;
	}

	if (!hrtimer_is_queued(&amp->rx_timer))
		hrtimer_start(&amp->rx_timer, ns_to_ktime(usecs * NSEC_PER_USEC),
			      HRTIMER_MODE_REL);
}

static enum hrtimer_restart amp_rx_timeout(struct hrtimer *timer)
{
	struct amp_rpmsg *amp = container_of(timer, struct amp_rpmsg, rx_timer);
	unsigned long flags;

	spin_lock_irqsave(&amp->rx_lock, flags);
	if (amp->up && !amp->rx_irq_on) {
		/* Readers that look leave it nothing to do but this. */
		if (amp->rx_looked && !amp_rx_awaited(amp)) {
			amp_ring_kick(&amp->rx_ring);
			amp_rx_rearm(amp, false);
		} else {
			amp_rx_rearm(amp, !amp_rx_drain(amp, READ_ONCE(amp->rx_messages)));
		}
		amp->rx_looked = false;
	}
	spin_unlock_irqrestore(&amp->rx_lock, flags);

	return HRTIMER_NORESTART;
}

/**
 * amp_rx_interrupt() - the remote has sent messages
 * @rvq: the virtqueue
 */
void amp_rx_interrupt(struct virtqueue *rvq)
{
	struct amp_rpmsg *amp = rvq->vdev->priv;
	unsigned long flags;

	spin_lock_irqsave(&amp->rx_lock, flags);
	amp->stats.rx_interrupts++;
	if (amp->up) {
		amp_rx_irq_off(amp);
		amp_rx_drain(amp, READ_ONCE(amp->rx_messages));
		amp_rx_rearm(amp, false);
	}
	spin_unlock_irqrestore(&amp->rx_lock, flags);
}

/**
 * amp_rx_done() - be done with a message that is held, on the way to the next one
 * @amp: the bus
 * @msg: the message
 *
 * Takes what there is out of the ring, so that what others wait for isn't behind
 * it. A remote that sends faster than its messages are read has to wait for buffers
 * then; of those it is told several at once.
 *
 * Context: any.
 */
void amp_rx_done(struct amp_rpmsg *amp, struct amp_rpmsg_msg *msg)
{
	unsigned long flags;

	spin_lock_irqsave(&amp->rx_lock, flags);
	amp_rx_unhold(amp, msg);
	if (amp->up)
		amp_rx_take(amp, amp_rx_ahead(amp->num_rx, amp->num_held), NULL);
	amp_rx_kick_lazily(amp);
	spin_unlock_irqrestore(&amp->rx_lock, flags);
}

/**
 * amp_rx_poll() - look for messages in the ring
 * @amp: the bus
 * @ept: the endpoint that wants one; more than that are left there
 *
 * Context: any.
 */
void amp_rx_poll(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept)
{
	unsigned long flags;

	spin_lock_irqsave(&amp->rx_lock, flags);
	if (amp->up) {
		amp_rx_take(amp, READ_ONCE(amp->rx_messages), ept);
		amp->rx_looked = true;
		amp_rx_kick_lazily(amp);
	}
	spin_unlock_irqrestore(&amp->rx_lock, flags);
}

/**
 * amp_rx_arm() - have the next message interrupt
 * @amp: the bus
 * @ept: the endpoint that waits for it; its client may receive messages meanwhile
 *
 * Context: any.
 */
void amp_rx_arm(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept)
{
	unsigned long flags;

	amp_tx_flush(amp);

	spin_lock_irqsave(&amp->rx_lock, flags);
	if (amp->up) {
		amp_rx_set_armed(amp, ept, true);
		if (!amp->rx_irq_on)
			amp_rx_rearm(amp, false);
		amp_ring_kick(&amp->rx_ring);
	}
	spin_unlock_irqrestore(&amp->rx_lock, flags);
}

/**
 * amp_rx_disarm() - the next message need not interrupt for this endpoint
 * @amp: the bus
 * @ept: the endpoint, whose client waits no longer
 *
 * Context: any.
 */
void amp_rx_disarm(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept)
{
	unsigned long flags;

	spin_lock_irqsave(&amp->rx_lock, flags);
	amp_rx_set_armed(amp, ept, false);
	spin_unlock_irqrestore(&amp->rx_lock, flags);
}

static void amp_rx_call(struct amp_rpmsg *amp, struct amp_rpmsg_rx_buf *rx)
{
	struct amp_rpmsg_msg *msg = &rx->msg;
	struct rpmsg_endpoint *ept;
	int ret = 0;

	if (!rx->ept) {
		if (amp_ns_receive(amp, msg->data, msg->len))
			amp->stats.all.rx_refused++;
		return;
	}

	ept = &rx->ept->ept;
	mutex_lock(&ept->cb_lock);
	if (ept->cb)
		ret = ept->cb(ept->rpdev, msg->data, msg->len, ept->priv,
			      msg->src);
	if (ret < 0) {
		/* The lock keeps the channel. */
		dev_warn_ratelimited(&ept->rpdev->dev,
				     "message of %u bytes from 0x%x refused: %d\n",
				     msg->len, msg->src, ret);
		rx->ept->stats->rx_refused++;
		amp->stats.all.rx_refused++;
	}
	mutex_unlock(&ept->cb_lock);
	amp_ept_put(rx->ept);
}

static void amp_rx_work(struct work_struct *work)
{
	struct amp_rpmsg *amp = container_of(work, struct amp_rpmsg, rx_work);
	struct amp_rpmsg_msg *msg;

	spin_lock_irq(&amp->rx_lock);
	while (amp->up && !list_empty(&amp->callbacks)) {
		msg = list_first_entry(&amp->callbacks, struct amp_rpmsg_msg,
				       node);
		list_del(&msg->node);
		spin_unlock_irq(&amp->rx_lock);

		amp_rx_call(amp, to_rx_buf(msg));
		cond_resched();

		spin_lock_irq(&amp->rx_lock);
		if (to_rx_buf(msg)->ept)
			amp->callbacks_until = jiffies +
				msecs_to_jiffies(AMP_RX_CALLBACK_MSECS) + 1;
		amp_rx_unhold(amp, msg);
		amp_ring_kick(&amp->rx_ring);
	}
	if (amp->up && !amp->rx_irq_on)
		amp_rx_rearm(amp, false);
	spin_unlock_irq(&amp->rx_lock);
}

/**
 * amp_rx_add_ept() - let an endpoint receive
 * @amp: the bus
 * @ept: the endpoint
 * @addr: its local address, or RPMSG_ADDR_ANY for any
 *
 * Context: sleeps.
 * Return: 0, -ENOSPC if there is no such address, or another errno.
 */
int amp_rx_add_ept(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept, u32 addr)
{
	bool any = addr == RPMSG_ADDR_ANY;
	int ret;

	idr_preload(GFP_KERNEL);
	spin_lock_irq(&amp->rx_lock);
	ret = idr_alloc(&amp->epts, ept, any ? AMP_RPMSG_FIRST_DYNAMIC : addr,
			any ? 0 : addr + 1, GFP_NOWAIT);
	if (ret >= 0)
		ept->ept.addr = ret;
	spin_unlock_irq(&amp->rx_lock);
	idr_preload_end();

	return ret < 0 ? ret : 0;
}

/**
 * amp_rx_remove_ept() - let an endpoint receive no more
 * @amp: the bus
 * @ept: the endpoint. When this returns, its client isn't called any more.
 */
void amp_rx_remove_ept(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept)
{
	spin_lock_irq(&amp->rx_lock);
	idr_remove(&amp->epts, ept->ept.addr);
	amp_rx_set_armed(amp, ept, false);
	spin_unlock_irq(&amp->rx_lock);
}

/**
 * amp_rx_init() - fill the ring with buffers
 * @amp: the bus, with its buffers
 *
 * Return: 0 or -ENOMEM.
 */
int amp_rx_init(struct amp_rpmsg *amp)
{
	struct amp_rpmsg_rx_buf *rx;
	unsigned int i;

	amp->rx_bufs = kcalloc(amp->num_rx, sizeof(*amp->rx_bufs), GFP_KERNEL);
	if (!amp->rx_bufs)
		return -ENOMEM;

	INIT_LIST_HEAD(&amp->callbacks);
	amp->callbacks_until = jiffies;
	INIT_WORK(&amp->rx_work, amp_rx_work);
	amp_hrtimer_setup(&amp->rx_timer, amp_rx_timeout, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL);
	amp->rx_usecs = 500;
	amp->rx_messages = clamp_t(unsigned int, AMP_RX_BYTES / amp->rx_size, 1,
				   min(amp->num_rx, AMP_RX_MESSAGES));
	amp->busy_usecs = 50;

	for (i = 0; i < amp->num_rx; i++) {
		rx = &amp->rx_bufs[i];
		rx->buf = amp->bufs + i * amp_rpmsg_stride(amp->rx_size);
		rx->msg.data = rx->buf + sizeof(struct amp_rpmsg_hdr);
		amp_rx_give_back(amp, rx);
	}

	return 0;
}

/**
 * amp_rx_start() - look at what the remote sends from now on
 * @amp: the bus
 */
void amp_rx_start(struct amp_rpmsg *amp)
{
	spin_lock_irq(&amp->rx_lock);
	amp->up = true;
	amp_rx_irq_off(amp);
	/* Not everyone waits until we are: there may be messages already. */
	amp_rx_rearm(amp, true);
	spin_unlock_irq(&amp->rx_lock);
}

/**
 * amp_rx_stop() - hand out what has come, and look at nothing any more
 * @amp: the bus, whose interrupts have been silenced
 *
 * Context: sleeps.
 */
void amp_rx_stop(struct amp_rpmsg *amp)
{
	struct amp_rpmsg_rx_buf *rx;

	spin_lock_irq(&amp->rx_lock);
	if (amp->up)
		amp_rx_drain(amp, amp->num_rx);
	amp->up = false;
	spin_unlock_irq(&amp->rx_lock);

	hrtimer_cancel(&amp->rx_timer);
	cancel_work_sync(&amp->rx_work);
	list_for_each_entry(rx, &amp->callbacks, msg.node)
		if (rx->ept)
			amp_ept_put(rx->ept);
}

/**
 * amp_rx_exit() - the reverse of amp_rx_init()
 * @amp: the bus, stopped, without endpoints
 */
void amp_rx_exit(struct amp_rpmsg *amp)
{
	kfree(amp->rx_bufs);
}
