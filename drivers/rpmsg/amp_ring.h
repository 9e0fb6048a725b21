/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A split virtio ring whose other side isn't trusted; see amp_ring.c.
 */
#ifndef AMP_RING_H
#define AMP_RING_H

#include <linux/bitmap.h>
#include <linux/types.h>

struct virtqueue;
struct vring;

/* Most buffers that a ring can have; more entries than that stay unused. */
#define AMP_RING_MAX_BUFS	256U

/**
 * struct amp_ring - the driver's side of a ring
 * @vq: what the virtio core has set up: where the ring is, and who is kicked
 * @vring: where it is
 * @out: buffers that the remote has, by number
 * @num_out: how many these are
 * @avail_idx: of the available ring, as it was written last
 * @kick_idx: likewise, when the remote was to be told of it
 * @kicks: how often it was told; the others, it wanted to be spared
 * @used_idx: of the used ring, up to which it has been read
 * @irq_off: the remote has been asked not to interrupt
 * @broken: the remote has written nonsense, which was reported
 *
 * A buffer's number is that of its descriptor. Callers see to it that there is one
 * at a time.
 */
struct amp_ring {
	struct virtqueue *vq;
	const struct vring *vring;
	DECLARE_BITMAP(out, AMP_RING_MAX_BUFS);
	unsigned int num_out;
	u16 avail_idx;
	u16 kick_idx;
	unsigned long kicks;
	u16 used_idx;
	bool irq_off;
	bool broken;
};

/* How many buffers were added that the remote wasn't told of */
static inline u16 amp_ring_unkicked(const struct amp_ring *ring)
{
	return READ_ONCE(ring->avail_idx) - READ_ONCE(ring->kick_idx);
}

void amp_ring_init(struct amp_ring *ring, struct virtqueue *vq);
void amp_ring_add(struct amp_ring *ring, unsigned int buf, dma_addr_t addr,
		  u32 len, u16 flags);
int amp_ring_get(struct amp_ring *ring, u32 *len);
void amp_ring_kick(struct amp_ring *ring);
void amp_ring_disable_irq(struct amp_ring *ring);
bool amp_ring_enable_irq(struct amp_ring *ring);

#endif /* AMP_RING_H */
