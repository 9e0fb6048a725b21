/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Split virtio ring, device side: the driver (Linux) makes buffers available, the device
 * (this core) takes them and gives them back as used.
 *
 * All functions: one caller at a time, main loop only. Nothing the driver writes is
 * trusted: each value is read once, into private memory, and checked there.
 */
#ifndef AMP_VRING_H
#define AMP_VRING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define VRING_MAX_NUM			256

#define VRING_DESC_F_NEXT		1
#define VRING_DESC_F_WRITE		2
#define VRING_DESC_F_INDIRECT		4
#define VRING_AVAIL_F_NO_INTERRUPT	1
#define VRING_USED_F_NO_NOTIFY		1

struct vring_desc {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t next;
};

struct vring_avail {
	uint16_t flags;
	uint16_t idx;
	uint16_t ring[];
};

struct vring_used_elem {
	uint32_t id;
	uint32_t len;
};

struct vring_used {
	uint16_t flags;
	uint16_t idx;
	struct vring_used_elem ring[];
};

/**
 * struct vring - the device's view of one ring
 * @desc: descriptor table, written by the driver
 * @avail: available ring, written by the driver
 * @used: used ring, written by us
 * @mark: see vring_is_claimed()
 * @num: number of entries, a power of two
 * @last_avail: index of the next available entry to take
 * @seen_avail: the driver's index when it was last read
 * @used_idx: our index in the used ring
 * @notify_off: NO_NOTIFY is set
 */
struct vring {
	const volatile struct vring_desc *desc;
	const volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	volatile uint16_t *mark;
	uint16_t num;
	uint16_t last_avail;
	uint16_t seen_avail;
	uint16_t used_idx;
	bool notify_off;
};

/**
 * struct vring_buf - a private copy of one available descriptor
 * @addr: device address of the buffer, not checked
 * @len: its length in bytes, not checked
 * @flags: VRING_DESC_F_*
 * @head: the descriptor's index, below the ring's number of entries
 */
struct vring_buf {
	uint64_t addr;
	uint32_t len;
	uint16_t flags;
	uint16_t head;
};

enum vring_result {
	VRING_OK = 0,
	VRING_EMPTY = -1,	/* nothing available */
	VRING_BAD_HEAD = -2,	/* the entry named no descriptor; it has been skipped */
	VRING_BROKEN = -3,	/* the driver's index is impossible: no use in going on */
};

/**
 * vring_size() - bytes that a ring occupies
 * @num: number of entries
 * @align: alignment of the used ring in bytes, a power of two
 *
 * Return: bytes.
 */
static inline size_t vring_size(size_t num, size_t align)
{
	size_t used = num * sizeof(struct vring_desc) + (3 + num) * sizeof(uint16_t);

	used = (used + align - 1) & ~(align - 1);
	return used + 3 * sizeof(uint16_t) + num * sizeof(struct vring_used_elem);
}

/**
 * vring_init() - take over a ring that the driver has set up
 * @vr: ring
 * @mem: its memory, vring_size() bytes, aligned to @align
 * @num: number of entries, a power of two, at most VRING_MAX_NUM
 * @align: alignment of the used ring
 *
 * Goes on behind the last used entry found there, which in a new ring is entry 0. Marks
 * the ring as claimed, and lets the driver notify.
 */
void vring_init(struct vring *vr, void *mem, uint16_t num, uint32_t align);

/**
 * vring_is_claimed() - is this still the ring that vring_init() saw?
 * @vr: ring
 *
 * A driver that sets its rings up again clears their memory, and tells nobody. The mark is
 * in the used ring's last word, which has no other use unless the event index is
 * negotiated, which we don't offer.
 *
 * Return: true if it is.
 */
static inline bool vring_is_claimed(const struct vring *vr)
{
	return *vr->mark != 0;
}

/**
 * vring_get() - take the next available buffer
 * @vr: ring
 * @buf: where to put its description
 *
 * Return: one of enum vring_result.
 */
int vring_get(struct vring *vr, struct vring_buf *buf);

/**
 * vring_peek() - look at an available buffer, and leave it there
 * @vr: ring
 * @n: 0 for the one that vring_get() takes next, 1 for the one behind it...
 * @buf: where to put its description
 *
 * Return: one of enum vring_result.
 */
int vring_peek(struct vring *vr, uint16_t n, struct vring_buf *buf);

/**
 * vring_put() - give a buffer back as used
 * @vr: ring
 * @head: &struct vring_buf.head
 * @len: number of bytes written into it
 */
void vring_put(struct vring *vr, uint16_t head, uint32_t len);

/**
 * vring_wants_kick() - does the driver want to hear of what has been put?
 * @vr: ring
 *
 * Return: true if it does.
 */
bool vring_wants_kick(const struct vring *vr);

/**
 * vring_notify_off() - spare the driver its notifications
 * @vr: ring
 *
 * A hint: some may still come.
 */
void vring_notify_off(struct vring *vr);

/**
 * vring_notify_on() - ask the driver to notify us of the next available buffer
 * @vr: ring
 *
 * Return: true if there is something available already; of that no notification may come.
 */
bool vring_notify_on(struct vring *vr);

#endif /* AMP_VRING_H */
