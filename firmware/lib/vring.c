// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Split virtio ring, device side.
 */
#include "barrier.h"
#include "vring.h"

#define VRING_CLAIMED 0x414d

void vring_init(struct vring *vr, void *mem, uint16_t num, uint32_t align)
{
	uint8_t *base = mem;
	size_t used = num * sizeof(struct vring_desc) + (3u + num) * sizeof(uint16_t);

	vr->num = num;
	vr->desc = mem;
	vr->avail = (void *)(base + num * sizeof(struct vring_desc));
	vr->used = (void *)(base + ((used + align - 1) & ~(size_t)(align - 1)));
	vr->mark = (volatile uint16_t *)&vr->used->ring[num];

	vr->used_idx = vr->used->idx;
	/* No ring in use looks like that: our last write to the old one came too late. */
	if ((uint16_t)(vr->avail->idx - vr->used_idx) > num) {
		vr->used_idx = 0;
		vr->used->idx = 0;
	}
	vr->last_avail = vr->used_idx;
	vr->seen_avail = vr->used_idx;
	vr->used->flags = 0;
	vr->notify_off = false;
	*vr->mark = VRING_CLAIMED;
	amp_mb();
}

/* Counts the entries from last_avail on. */
static int look(struct vring *vr)
{
	uint16_t idx = vr->avail->idx;

	if ((uint16_t)(idx - vr->last_avail) > vr->num)
		return VRING_BROKEN;
	vr->seen_avail = idx;
	/* The entries that the index covers must not be read before it. */
	amp_mb();
	return VRING_OK;
}

static int read_entry(const struct vring *vr, uint16_t idx, struct vring_buf *buf)
{
	const volatile struct vring_desc *desc;
	uint16_t head = vr->avail->ring[idx & (vr->num - 1)];

	if (head >= vr->num)
		return VRING_BAD_HEAD;

	desc = &vr->desc[head];
	buf->addr = desc->addr;
	buf->len = desc->len;
	buf->flags = desc->flags;
	buf->head = head;
	return VRING_OK;
}

int vring_get(struct vring *vr, struct vring_buf *buf)
{
	if (vr->seen_avail == vr->last_avail && look(vr) == VRING_BROKEN)
		return VRING_BROKEN;
	if (vr->seen_avail == vr->last_avail)
		return VRING_EMPTY;
	return read_entry(vr, vr->last_avail++, buf);
}

int vring_peek(struct vring *vr, uint16_t n, struct vring_buf *buf)
{
	if (look(vr) == VRING_BROKEN)
		return VRING_BROKEN;
	if (n >= (uint16_t)(vr->seen_avail - vr->last_avail))
		return VRING_EMPTY;
	return read_entry(vr, vr->last_avail + n, buf);
}

void vring_put(struct vring *vr, uint16_t head, uint32_t len)
{
	volatile struct vring_used_elem *elem = &vr->used->ring[vr->used_idx & (vr->num - 1)];

	elem->id = head;
	elem->len = len;
	/* The buffer's content and its entry must be there before the index says so. */
	amp_mb();
	vr->used->idx = ++vr->used_idx;
}

bool vring_wants_kick(const struct vring *vr)
{
	/*
	 * Either the driver sees our index when it looks again after having cleared the
	 * flag, or we see the cleared flag.
	 */
	amp_mb();
	return !(vr->avail->flags & VRING_AVAIL_F_NO_INTERRUPT);
}

void vring_notify_off(struct vring *vr)
{
	if (vr->notify_off)
		return;
	vr->used->flags = VRING_USED_F_NO_NOTIFY;
	vr->notify_off = true;
}

bool vring_notify_on(struct vring *vr)
{
	if (vr->notify_off) {
		vr->used->flags = 0;
		vr->notify_off = false;
	}
	/* The mirror image of vring_wants_kick(). */
	amp_mb();
	return vr->seen_avail != vr->last_avail || vr->avail->idx != vr->last_avail;
}
