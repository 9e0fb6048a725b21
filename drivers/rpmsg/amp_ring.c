// SPDX-License-Identifier: GPL-2.0
/*
 * A split virtio ring whose other side isn't trusted
 *
 * The virtio core sets the ring up, and kicks. But it trusts what it has written into
 * the descriptors: when a buffer comes back, it follows a chain there for as long as
 * the flags say, with interrupts off; a remote that sets the flag in all of them has it
 * go round for ever. So it isn't asked: here, each buffer has one descriptor of its
 * own, and Linux only ever writes that.
 *
 * What is read is the used ring: its index, and of each entry the number and length,
 * once each. A number that the remote doesn't have breaks the ring; lengths are the
 * caller's to check. The flag that spares kicks is a hint.
 */

#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ring.h>

#include "amp_ring.h"
#include "amp_trace.h"

/**
 * amp_ring_init() - begin to use a ring
 * @ring: the ring
 * @vq: the virtqueue, which is not to be used otherwise
 */
void amp_ring_init(struct amp_ring *ring, struct virtqueue *vq)
{
	ring->vq = vq;
	ring->vring = virtqueue_get_vring(vq);
}

/**
 * amp_ring_add() - let the remote have a buffer
 * @ring: the ring
 * @buf: number of the buffer
 * @addr: where the remote finds it
 * @len: in bytes
 * @flags: VRING_DESC_F_WRITE if the remote is to write to it
 */
void amp_ring_add(struct amp_ring *ring, unsigned int buf, dma_addr_t addr,
		  u32 len, u16 flags)
{
	struct virtio_device *vdev = ring->vq->vdev;
	const struct vring *vring = ring->vring;
	unsigned int at = ring->avail_idx & (vring->num - 1);

	vring->desc[buf].addr = cpu_to_virtio64(vdev, addr);
	vring->desc[buf].len = cpu_to_virtio32(vdev, len);
	vring->desc[buf].flags = cpu_to_virtio16(vdev, flags);
	vring->avail->ring[at] = cpu_to_virtio16(vdev, buf);

	__set_bit(buf, ring->out);
	ring->num_out++;

	/* Before the remote knows of it. */
	dma_wmb();
	WRITE_ONCE(ring->avail_idx, ring->avail_idx + 1);
	WRITE_ONCE(vring->avail->idx, cpu_to_virtio16(vdev, ring->avail_idx));
}

static u16 amp_ring_index(const struct amp_ring *ring)
{
	return virtio16_to_cpu(ring->vq->vdev, READ_ONCE(ring->vring->used->idx));
}

static int amp_ring_break(struct amp_ring *ring, const char *what, u32 value)
{
	dev_err(&ring->vq->vdev->dev, "%s ring: %s %u out of range\n",
		ring->vq->name, what, value);
	ring->broken = true;

	return -EIO;
}

/**
 * amp_ring_get() - take a buffer that the remote has given back
 * @ring: the ring
 * @len: set to what the remote says that it has written, in bytes. Not checked.
 *
 * Return: number of the buffer; -EAGAIN if there is none, -EIO if the ring is broken.
 */
int amp_ring_get(struct amp_ring *ring, u32 *len)
{
	struct virtio_device *vdev = ring->vq->vdev;
	const struct vring_used_elem *elem;
	u16 idx;
	u32 buf;

	if (unlikely(ring->broken))
		return -EIO;
	idx = amp_ring_index(ring);
	if (idx == ring->used_idx)
		return -EAGAIN;
	if (unlikely((u16)(idx - ring->used_idx) > ring->num_out))
		return amp_ring_break(ring, "used index", idx);

	/* The entry was written before the index. */
	dma_rmb();
	elem = &ring->vring->used->ring[ring->used_idx & (ring->vring->num - 1)];
	buf = virtio32_to_cpu(vdev, READ_ONCE(elem->id));
	*len = virtio32_to_cpu(vdev, READ_ONCE(elem->len));
	if (unlikely(buf >= AMP_RING_MAX_BUFS || !__test_and_clear_bit(buf, ring->out)))
		return amp_ring_break(ring, "id", buf);
	ring->num_out--;
	ring->used_idx++;

	return buf;
}

/**
 * amp_ring_kick() - tell the remote of what has been added, if anything has
 * @ring: the ring
 */
void amp_ring_kick(struct amp_ring *ring)
{
	u16 added = amp_ring_unkicked(ring);

	if (!added)
		return;

	WRITE_ONCE(ring->kick_idx, ring->avail_idx);
	/* Either the remote sees what was added, or we see that it wants a kick. */
	mb();
	if (READ_ONCE(ring->vring->used->flags) &
	    cpu_to_virtio16(ring->vq->vdev, VRING_USED_F_NO_NOTIFY))
		return;
	ring->kicks++;
	trace_rpmsg_kick(ring->vq, added);
	virtqueue_notify(ring->vq);
}

/**
 * amp_ring_disable_irq() - spare Linux the remote's interrupts
 * @ring: the ring
 *
 * A hint: some may still come.
 */
void amp_ring_disable_irq(struct amp_ring *ring)
{
	if (ring->irq_off)
		return;
	ring->irq_off = true;
	WRITE_ONCE(ring->vring->avail->flags,
		   cpu_to_virtio16(ring->vq->vdev, VRING_AVAIL_F_NO_INTERRUPT));
}

/**
 * amp_ring_enable_irq() - have the remote interrupt for the next buffer
 * @ring: the ring
 *
 * Return: false if there is one already; of that no interrupt may come.
 */
bool amp_ring_enable_irq(struct amp_ring *ring)
{
	if (ring->irq_off) {
		ring->irq_off = false;
		WRITE_ONCE(ring->vring->avail->flags, 0);
	}
	/* The mirror image of amp_ring_kick(). */
	mb();

	return amp_ring_index(ring) == ring->used_idx;
}
