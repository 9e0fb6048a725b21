// SPDX-License-Identifier: GPL-2.0
/*
 * Sending: from endpoints to the ring
 *
 * A buffer that the remote hasn't given back counts for the endpoint that has sent
 * it, and none may have all of them: one that the remote doesn't read leaves the
 * others room.
 */

#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <linux/virtio.h>

#include "amp_coalesce.h"
#include "amp_compat.h"
#include "amp_rpmsg.h"
#include "amp_trace.h"

/* How long a client in the kernel waits for a buffer, in milliseconds */
#define AMP_TX_TIMEOUT	2000

/* Caller holds tx_lock. */
static void amp_tx_free(struct amp_rpmsg *amp, struct amp_rpmsg_tx_buf *tx)
{
	if (tx->ept) {
		tx->ept->num_unread--;
		amp_ept_put(tx->ept);
		tx->ept = NULL;
	}
	amp->tx_free[amp->num_tx_free++] = tx;
}

/* Caller holds tx_lock. */
static void amp_tx_reclaim(struct amp_rpmsg *amp)
{
	u32 len;
	int buf;

	while ((buf = amp_ring_get(&amp->tx_ring, &len)) >= 0)
		amp_tx_free(amp, &amp->tx_bufs[buf]);
	amp_rpmsg_check_ring(amp, &amp->tx_ring);
}

/* A quarter of the buffers is out of reach for any single endpoint. */
static bool amp_tx_has_room(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept)
{
	return amp->num_tx_free &&
	       (!ept || ept->num_unread < amp->num_tx - amp->num_tx / 4);
}

/* Caller holds tx_lock. */
static bool amp_tx_find_room(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept)
{
	if (!amp_tx_has_room(amp, ept))
		amp_tx_reclaim(amp);

	return amp_tx_has_room(amp, ept);
}

static enum hrtimer_restart amp_tx_timeout(struct hrtimer *timer)
{
	struct amp_rpmsg *amp = container_of(timer, struct amp_rpmsg, tx_timer);

	amp_tx_flush(amp);

	return HRTIMER_NORESTART;
}

/**
 * amp_tx_flush() - tell the remote now of what it was to be told of later
 * @amp: the bus
 *
 * Context: any.
 */
void amp_tx_flush(struct amp_rpmsg *amp)
{
	unsigned long flags;

	if (!amp_ring_unkicked(&amp->tx_ring))
		return;

	spin_lock_irqsave(&amp->tx_lock, flags);
	if (!amp->stopped)
		amp_ring_kick(&amp->tx_ring);
	spin_unlock_irqrestore(&amp->tx_lock, flags);
}

/**
 * amp_rpmsg_can_send() - is a transmit buffer free?
 * @amp: the bus
 * @ept: for this endpoint
 *
 * If there is none, @amp->tx_wait is woken when that has changed. A bus that has
 * stopped counts as ready: sending doesn't block, it fails.
 *
 * Context: any.
 * Return: whether one is.
 */
bool amp_rpmsg_can_send(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept)
{
	unsigned long flags;
	bool ready;

	spin_lock_irqsave(&amp->tx_lock, flags);
	ready = amp->stopped || amp_tx_find_room(amp, ept);
	if (!ready) {
		amp_ring_kick(&amp->tx_ring);
		ready = !amp_ring_enable_irq(&amp->tx_ring) &&
			amp_tx_find_room(amp, ept);
	}
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	return ready;
}

/* A transmit buffer, -EAGAIN if none is free, -EPIPE if none ever will be */
static struct amp_rpmsg_tx_buf *amp_tx_get(struct amp_rpmsg *amp,
					   struct amp_rpmsg_ept *ept)
{
	struct amp_rpmsg_tx_buf *tx;
	unsigned long flags;

	spin_lock_irqsave(&amp->tx_lock, flags);
	if (amp->stopped) {
		tx = ERR_PTR(-EPIPE);
	} else if (amp_tx_find_room(amp, ept)) {
		tx = amp->tx_free[--amp->num_tx_free];
		if (ept) {
			kref_get(&ept->ept.refcount);
			ept->num_unread++;
		}
		tx->ept = ept;
	} else {
		tx = ERR_PTR(-EAGAIN);
	}
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	return tx;
}

static struct amp_rpmsg_tx_buf *amp_tx_get_wait(struct amp_rpmsg *amp,
						struct amp_rpmsg_ept *ept)
{
	unsigned long left = msecs_to_jiffies(AMP_TX_TIMEOUT);
	struct amp_rpmsg_tx_buf *tx;
	long ret;

	for (;;) {
		tx = amp_tx_get(amp, ept);
		if (tx != ERR_PTR(-EAGAIN))
			return tx;

		/* Others may be faster: what is left of the time counts on. */
		ret = wait_event_interruptible_timeout(amp->tx_wait,
						       amp_rpmsg_can_send(amp, ept),
						       left);
		if (ret < 0)
			return ERR_PTR(ret);
		if (!ret)
			return ERR_PTR(-ETIMEDOUT);
		left = ret;
	}
}

static void amp_tx_fill_header(struct amp_rpmsg *amp,
			       struct amp_rpmsg_tx_buf *tx, u32 src, u32 dst,
			       size_t len)
{
	struct amp_rpmsg_hdr *hdr = tx->buf;

	hdr->src = __cpu_to_rpmsg32(amp->little_endian, src);
	hdr->dst = __cpu_to_rpmsg32(amp->little_endian, dst);
	hdr->reserved = 0;
	hdr->len = __cpu_to_rpmsg16(amp->little_endian, len);
	hdr->flags = 0;
}

/* Caller holds tx_lock. */
static void amp_tx_count(struct amp_rpmsg_stats *stats, size_t len)
{
	stats->tx_messages++;
	stats->tx_bytes += len;
}

/*
 * Puts a buffer into the ring, or just back if @len, with the header, is 0. With
 * @more, another one follows.
 */
static int amp_tx_put(struct amp_rpmsg *amp, struct amp_rpmsg_tx_buf *tx,
		      size_t len, bool more)
{
	enum amp_tx_kick kick;
	unsigned long flags;
	unsigned int usecs;
	int ret = 0;

	spin_lock_irqsave(&amp->tx_lock, flags);
	if (amp->stopped)
		ret = -EPIPE;
	if (ret || !len) {
		amp_tx_free(amp, tx);
	} else {
		amp_tx_count(&amp->stats.all, len - sizeof(struct amp_rpmsg_hdr));
		if (tx->ept)
			amp_tx_count(tx->ept->stats,
				     len - sizeof(struct amp_rpmsg_hdr));
		trace_rpmsg_send(amp, tx->buf);
		amp_ring_add(&amp->tx_ring, tx - amp->tx_bufs,
			     amp_rpmsg_dma(amp, tx->buf), len, 0);
		usecs = READ_ONCE(amp->tx_usecs);
		kick = amp_tx_kick_when(amp_ring_unkicked(&amp->tx_ring),
					READ_ONCE(amp->tx_messages), usecs, more);
		if (kick == AMP_TX_KICK_NOW)
			amp_ring_kick(&amp->tx_ring);
		else if (kick == AMP_TX_KICK_TIMER &&
			 !hrtimer_is_queued(&amp->tx_timer))
			hrtimer_start(&amp->tx_timer,
				      ns_to_ktime(usecs * NSEC_PER_USEC),
				      HRTIMER_MODE_REL);
	}
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	return ret;
}

static int amp_tx_check(struct amp_rpmsg *amp, u32 src, u32 dst, size_t len)
{
	if (src == RPMSG_ADDR_ANY || dst == RPMSG_ADDR_ANY)
		return -EINVAL;

	return len > amp_rpmsg_mtu(amp) ? -EMSGSIZE : 0;
}

/**
 * amp_rpmsg_send() - send a message to the remote
 * @amp: the bus
 * @ept: who sends it, NULL for the bus itself
 * @src: address of the sender
 * @dst: address at the remote
 * @data: payload
 * @len: of the payload, in bytes
 * @wait: sleep until a buffer is free, at most AMP_TX_TIMEOUT milliseconds
 *
 * Context: any if @wait is false.
 * Return: 0; -EINVAL for an address that isn't one, -EMSGSIZE if @len is more
 * than the MTU, -EAGAIN if no buffer is free, -ETIMEDOUT, -ERESTARTSYS on a
 * signal, -EPIPE if the remote has gone.
 */
int amp_rpmsg_send(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept, u32 src,
		   u32 dst, const void *data, size_t len, bool wait)
{
	struct amp_rpmsg_tx_buf *tx;
	int ret;

	ret = amp_tx_check(amp, src, dst, len);
	if (ret)
		return ret;

	tx = wait ? amp_tx_get_wait(amp, ept) : amp_tx_get(amp, ept);
	if (IS_ERR(tx))
		return PTR_ERR(tx);

	amp_tx_fill_header(amp, tx, src, dst, len);
	memcpy(tx->buf + sizeof(struct amp_rpmsg_hdr), data, len);

	return amp_tx_put(amp, tx, sizeof(struct amp_rpmsg_hdr) + len, false);
}

/**
 * amp_rpmsg_send_iter() - send a message from user space to the remote
 * @amp: the bus
 * @ept: who sends it
 * @dst: address at the remote
 * @from: payload; advanced if it was sent
 * @len: of the payload, in bytes
 * @more: this or amp_tx_flush() is called again soon
 *
 * Context: a process; doesn't sleep.
 * Return: as amp_rpmsg_send() without waiting, and -EFAULT if a page isn't there:
 * the caller may get it and try again.
 */
int amp_rpmsg_send_iter(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept,
			u32 dst, struct iov_iter *from, size_t len, bool more)
{
	struct amp_rpmsg_tx_buf *tx;
	size_t copied;
	int ret;

	ret = amp_tx_check(amp, ept->ept.addr, dst, len);
	if (ret)
		return ret;

	tx = amp_tx_get(amp, ept);
	if (IS_ERR(tx))
		return PTR_ERR(tx);

	/* Nobody's page fault holds up a buffer. */
	pagefault_disable();
	copied = copy_from_iter(tx->buf + sizeof(struct amp_rpmsg_hdr), len,
				from);
	pagefault_enable();
	if (copied != len) {
		amp_tx_put(amp, tx, 0, more);
		ret = -EFAULT;
	} else {
		amp_tx_fill_header(amp, tx, ept->ept.addr, dst, len);
		ret = amp_tx_put(amp, tx, sizeof(struct amp_rpmsg_hdr) + len,
				 more);
	}
	if (ret)
		iov_iter_revert(from, copied);

	return ret;
}

/**
 * amp_tx_interrupt() - the remote has freed a buffer and somebody wanted to know
 * @svq: the virtqueue
 */
void amp_tx_interrupt(struct virtqueue *svq)
{
	struct amp_rpmsg *amp = svq->vdev->priv;
	unsigned long flags;

	spin_lock_irqsave(&amp->tx_lock, flags);
	amp->stats.tx_interrupts++;
	/* The remote can kick as soon as there is a virtqueue. */
	if (amp->tx_ring.vring)
		amp_ring_disable_irq(&amp->tx_ring);
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	wake_up_all(&amp->tx_wait);
}

/**
 * amp_tx_init() - prepare for sending
 * @amp: the bus, with its buffers
 *
 * Return: 0 or -ENOMEM.
 */
int amp_tx_init(struct amp_rpmsg *amp)
{
	void *bufs = amp->bufs + amp->num_rx * amp_rpmsg_stride(amp->rx_size);
	unsigned int i;

	amp->tx_bufs = kcalloc(amp->num_tx, sizeof(*amp->tx_bufs), GFP_KERNEL);
	amp->tx_free = kcalloc(amp->num_tx, sizeof(*amp->tx_free), GFP_KERNEL);
	if (!amp->tx_bufs || !amp->tx_free) {
		kfree(amp->tx_free);
		kfree(amp->tx_bufs);
		return -ENOMEM;
	}

	amp_hrtimer_setup(&amp->tx_timer, amp_tx_timeout, CLOCK_MONOTONIC,
			  HRTIMER_MODE_REL);
	amp->tx_messages = min(amp->num_tx, 8U);
	for (i = 0; i < amp->num_tx; i++) {
		amp->tx_bufs[i].buf = bufs + i * amp_rpmsg_stride(amp->tx_size);
		amp_tx_free(amp, &amp->tx_bufs[i]);
	}
	amp_ring_disable_irq(&amp->tx_ring);

	return 0;
}

/**
 * amp_tx_stop() - send nothing any more
 * @amp: the bus
 *
 * Who waits for a buffer is woken.
 */
void amp_tx_stop(struct amp_rpmsg *amp)
{
	spin_lock_irq(&amp->tx_lock);
	amp->stopped = true;
	spin_unlock_irq(&amp->tx_lock);

	hrtimer_cancel(&amp->tx_timer);
	wake_up_all(&amp->tx_wait);
}

/**
 * amp_tx_exit() - the reverse of amp_tx_init()
 * @amp: the bus, stopped, without endpoints
 */
void amp_tx_exit(struct amp_rpmsg *amp)
{
	unsigned int i;

	/* What the remote hasn't given back */
	for (i = 0; i < amp->num_tx; i++)
		if (amp->tx_bufs[i].ept)
			amp_ept_put(amp->tx_bufs[i].ept);
	kfree(amp->tx_free);
	kfree(amp->tx_bufs);
}
