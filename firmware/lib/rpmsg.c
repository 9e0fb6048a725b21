// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * rpmsg over virtio, device side: follows the state of Linux' driver, delivers and sends
 * messages, announces channels.
 */
#include <string.h>

#include "barrier.h"
#include "log.h"
#include "platform.h"
#include "rpmsg.h"

#define RING_TX 0
#define RING_RX 1

_Static_assert(sizeof(struct rpmsg_hdr) == 16, "wire format");
_Static_assert(sizeof(struct rpmsg_ns_msg) == 40, "wire format");

static bool is_power_of_2(uint32_t n)
{
	return n && !(n & (n - 1));
}

/* Checks what Linux has put into the table for one ring, on a private copy. */
static bool ring_setup(struct rpmsg_device *rdev, unsigned int i, struct vring *vr)
{
	uint32_t da = rdev->vdev->vring[i].da;
	uint32_t num = rdev->vdev->vring[i].num;
	uint32_t align = rdev->vdev->vring[i].align;
	uint32_t id = rdev->vdev->vring[i].notifyid;
	const char *wrong = NULL;
	void *mem = NULL;

	if (!is_power_of_2(num) || num > VRING_MAX_NUM)
		wrong = "number of entries";
	else if (!is_power_of_2(align) || align < 16 || align > 4096)
		wrong = "alignment";
	else if (id > UINT16_MAX)
		wrong = "notify id";
	else if (da & (align - 1))
		wrong = "misaligned address";
	else if (!(mem = platform_da_to_va(da, vring_size(num, align))))
		wrong = "address outside the shared memory";

	if (wrong) {
		if (!rdev->refused)
			amp_log("rpmsg: vring%u refused: %s (da %#lx num %lu align %lu id %lu)",
				i, wrong, (unsigned long)da, (unsigned long)num,
				(unsigned long)align, (unsigned long)id);
		rdev->refused = true;
		return false;
	}

	rdev->notifyid[i] = id;
	vring_init(vr, mem, num, align);
	return true;
}

static bool link_up(struct rpmsg_device *rdev)
{
	/* What is read from now on must not be older than DRIVER_OK. */
	amp_mb();
	if (!ring_setup(rdev, RING_TX, &rdev->tx) || !ring_setup(rdev, RING_RX, &rdev->rx))
		return false;

	rdev->ns = rdev->vdev->gfeatures & (1u << VIRTIO_RPMSG_F_NS);
	rdev->broken = false;
	rdev->refused = false;
	rdev->up = true;
	/* Buffers come back all the time; we care only when we have run out of them. */
	vring_notify_off(&rdev->tx);
	amp_log("rpmsg: link up, %u + %u entries%s", rdev->tx.num, rdev->rx.num,
		rdev->ns ? "" : ", no name service");
	return true;
}

static void link_down(struct rpmsg_device *rdev)
{
	struct rpmsg_endpoint *ept;

	rdev->up = false;
	rdev->broken = false;
	rdev->stalled = false;
	rdev->all_announced = false;
	memset(rdev->tx_buf, 0, sizeof(rdev->tx_buf));
	for (ept = rdev->endpoints; ept; ept = ept->next) {
		ept->announced = false;
		ept->dest_addr = ept->fixed_dest;
	}
	amp_log("rpmsg: link down, %lu received, %lu sent", (unsigned long)rdev->stats.rx,
		(unsigned long)rdev->stats.tx);
}

static bool driver_ready(const struct rpmsg_device *rdev)
{
	uint8_t status = rdev->vdev->status;

	return (status & VIRTIO_STATUS_DRIVER_OK) && !(status & VIRTIO_STATUS_FAILED);
}

/*
 * Linux resets the device without telling or waiting, and clears the rings: so this is
 * asked right before each use of them, above all before each write. Never brings the link
 * up: in a callback, the rings that the message came from must not be exchanged for others.
 */
static bool link_alive(struct rpmsg_device *rdev)
{
	if (!rdev->up)
		return false;
	if (driver_ready(rdev) && vring_is_claimed(&rdev->tx))
		return !rdev->broken;
	link_down(rdev);
	return false;
}

/* Logs the 1st, 2nd, 4th, 8th... occurrence: a bad peer must not fill the log. */
static void count_bad(struct rpmsg_device *rdev, const char *what, unsigned int ring,
		      unsigned int value)
{
	uint32_t n;

	/* A ring that Linux is just clearing is no fault of anyone. */
	if (!link_alive(rdev))
		return;
	n = ++rdev->stats.bad;
	if (!(n & (n - 1)))
		amp_log("rpmsg: vring%u: %s (%#x), %lu bad so far", ring, what, value,
			(unsigned long)n);
}

static void link_broken(struct rpmsg_device *rdev, unsigned int ring)
{
	if (!link_alive(rdev))
		return;
	amp_log("rpmsg: vring%u: impossible available index, stopped", ring);
	rdev->broken = true;
}

/* A NULL return has the next buffer announced by a kick. */
static struct rpmsg_tx_buf *tx_get(struct rpmsg_device *rdev)
{
	struct rpmsg_tx_buf *slot = NULL;
	struct vring_buf buf;
	unsigned int i;
	int ret;

	for (i = 0; i < RPMSG_MAX_TX_BUFFERS; i++) {
		if (rdev->tx_buf[i].state == RPMSG_TX_SPARE) {
			rdev->tx_buf[i].state = RPMSG_TX_OUT;
			return &rdev->tx_buf[i];
		}
		if (!slot && rdev->tx_buf[i].state == RPMSG_TX_NONE)
			slot = &rdev->tx_buf[i];
	}
	if (!slot)
		return NULL;

	for (;;) {
		ret = vring_get(&rdev->tx, &buf);
		if (ret == VRING_EMPTY) {
			if (!vring_notify_on(&rdev->tx))
				return NULL;
			continue;
		}
		if (ret == VRING_BROKEN) {
			link_broken(rdev, RING_TX);
			return NULL;
		}
		vring_notify_off(&rdev->tx);
		if (ret == VRING_BAD_HEAD) {
			count_bad(rdev, "no such descriptor", RING_TX, 0);
			continue;
		}

		/* A bad one can't be given back: Linux would take it for a message. */
		if (buf.flags != VRING_DESC_F_WRITE) {
			count_bad(rdev, "descriptor flags", RING_TX, buf.flags);
			continue;
		}
		if (buf.len < sizeof(struct rpmsg_hdr)) {
			count_bad(rdev, "buffer too short", RING_TX, buf.len);
			continue;
		}
		slot->va = platform_da_to_va(buf.addr, buf.len);
		if (!slot->va) {
			count_bad(rdev, "buffer outside the shared memory", RING_TX,
				  (unsigned int)buf.addr);
			continue;
		}
		slot->len = buf.len;
		slot->head = buf.head;
		slot->state = RPMSG_TX_OUT;
		return slot;
	}
}

/* A false return has the next buffer announced by a kick. */
static bool tx_available(struct rpmsg_device *rdev)
{
	unsigned int i;

	for (i = 0; i < RPMSG_MAX_TX_BUFFERS; i++)
		if (rdev->tx_buf[i].state == RPMSG_TX_SPARE)
			return true;
	return vring_notify_on(&rdev->tx);
}

static size_t tx_room(const struct rpmsg_tx_buf *slot)
{
	size_t room = slot->len - sizeof(struct rpmsg_hdr);

	return room > UINT16_MAX ? UINT16_MAX : room;
}

static int tx_commit(struct rpmsg_device *rdev, struct rpmsg_tx_buf *slot, uint32_t src,
		     uint32_t dst, size_t len)
{
	struct rpmsg_hdr hdr = { .src = src, .dst = dst, .len = len };

	if (!link_alive(rdev))
		return RPMSG_ERR_DEV_STATE;
	memcpy(slot->va, &hdr, sizeof(hdr));
	slot->state = RPMSG_TX_NONE;
	vring_put(&rdev->tx, slot->head, sizeof(hdr) + len);
	rdev->stats.tx++;
	if (vring_wants_kick(&rdev->tx))
		platform_kick(RING_TX, rdev->notifyid[RING_TX]);
	return (int)len;
}

static int send_from(struct rpmsg_device *rdev, uint32_t src, uint32_t dst, const void *data,
		     size_t len)
{
	struct rpmsg_tx_buf *slot;

	if (!link_alive(rdev))
		return RPMSG_ERR_DEV_STATE;
	slot = tx_get(rdev);
	if (!slot)
		return RPMSG_ERR_NO_BUFF;
	if (len > tx_room(slot)) {
		slot->state = RPMSG_TX_SPARE;
		return RPMSG_ERR_BUFF_SIZE;
	}
	if (len)
		memcpy(slot->va + sizeof(struct rpmsg_hdr), data, len);
	return tx_commit(rdev, slot, src, dst, len);
}

static int announce(struct rpmsg_endpoint *ept, uint32_t flags)
{
	struct rpmsg_ns_msg msg = { .addr = ept->addr, .flags = flags };
	int ret;

	memcpy(msg.name, ept->name, sizeof(msg.name));
	ret = send_from(ept->rdev, ept->addr, RPMSG_NS_EPT_ADDR, &msg, sizeof(msg));
	return ret < 0 ? ret : 0;
}

static bool wants_announcement(const struct rpmsg_endpoint *ept)
{
	return ept->rdev->ns && ept->name[0] && !ept->announced;
}

static void announce_all(struct rpmsg_device *rdev)
{
	struct rpmsg_endpoint *ept;

	if (rdev->all_announced)
		return;
	for (ept = rdev->endpoints; ept; ept = ept->next) {
		if (!wants_announcement(ept))
			continue;
		if (announce(ept, RPMSG_NS_CREATE))
			return;
		ept->announced = true;
	}
	rdev->all_announced = true;
}

/* Linux has created or removed a channel of its own: meet it if we have one of that name. */
static void ns_message(struct rpmsg_device *rdev, const void *data, size_t len)
{
	struct rpmsg_endpoint *ept;
	struct rpmsg_ns_msg msg;

	if (len != sizeof(msg)) {
		count_bad(rdev, "name service message length", RING_RX, len);
		return;
	}
	memcpy(&msg, data, sizeof(msg));
	msg.name[RPMSG_NAME_SIZE - 1] = '\0';

	for (ept = rdev->endpoints; ept; ept = ept->next) {
		if (!ept->name[0] || strcmp(ept->name, msg.name))
			continue;
		if (!(msg.flags & RPMSG_NS_DESTROY)) {
			if (ept->dest_addr == RPMSG_ADDR_ANY)
				ept->dest_addr = msg.addr;
		} else if (ept->dest_addr == msg.addr) {
			ept->dest_addr = ept->fixed_dest;
			if (ept->ns_unbind_cb)
				ept->ns_unbind_cb(ept);
		}
		return;
	}
}

static struct rpmsg_endpoint *find_ept(struct rpmsg_device *rdev, uint32_t addr)
{
	struct rpmsg_endpoint *ept;

	for (ept = rdev->endpoints; ept; ept = ept->next)
		if (ept->addr == addr)
			return ept;
	return NULL;
}

/* Returns false if the message has to wait. */
static bool deliver(struct rpmsg_device *rdev, const struct vring_buf *buf)
{
	struct rpmsg_endpoint *ept;
	struct rpmsg_hdr hdr;
	uint8_t *va;

	if (buf->flags) {
		count_bad(rdev, "descriptor flags", RING_RX, buf->flags);
		return true;
	}
	if (buf->len < sizeof(hdr)) {
		count_bad(rdev, "buffer too short", RING_RX, buf->len);
		return true;
	}
	va = platform_da_to_va(buf->addr, buf->len);
	if (!va) {
		count_bad(rdev, "buffer outside the shared memory", RING_RX,
			  (unsigned int)buf->addr);
		return true;
	}
	memcpy(&hdr, va, sizeof(hdr));
	if (hdr.len > buf->len - sizeof(hdr)) {
		count_bad(rdev, "message longer than its buffer", RING_RX, hdr.len);
		return true;
	}

	if (hdr.dst == RPMSG_NS_EPT_ADDR) {
		ns_message(rdev, va + sizeof(hdr), hdr.len);
		return true;
	}
	ept = find_ept(rdev, hdr.dst);
	if (!ept) {
		rdev->stats.no_endpoint++;
		return true;
	}
	if (ept->dest_addr == RPMSG_ADDR_ANY)
		ept->dest_addr = hdr.src;
	if (ept->cb(ept, va + sizeof(hdr), hdr.len, hdr.src, ept->priv) == RPMSG_ERR_NO_BUFF)
		return false;
	rdev->stats.rx++;
	return true;
}

/* Returns false if the ring isn't ours any more. */
static bool rx_put(struct rpmsg_device *rdev, uint16_t head)
{
	if (!link_alive(rdev))
		return false;
	vring_put(&rdev->rx, head, 0);
	if (vring_wants_kick(&rdev->rx))
		platform_kick(RING_RX, rdev->notifyid[RING_RX]);
	return true;
}

/* Has the message come that ends the hold? */
static bool hold_ends(struct rpmsg_device *rdev)
{
	struct rpmsg_hdr hdr;
	struct vring_buf buf;
	uint16_t n;
	int ret;

	/* Before looking: what comes later comes with a kick. */
	vring_notify_on(&rdev->rx);
	for (n = 0; (ret = vring_peek(&rdev->rx, n, &buf)) != VRING_EMPTY; n++) {
		const void *va = NULL;

		if (ret == VRING_BROKEN)
			return true;
		if (ret == VRING_OK && buf.len >= sizeof(hdr))
			va = platform_da_to_va(buf.addr, sizeof(hdr));
		if (!va)
			continue;
		memcpy(&hdr, va, sizeof(hdr));
		if (hdr.dst == rdev->hold_until)
			return true;
	}
	return false;
}

void rpmsg_hold(struct rpmsg_device *rdev, uint32_t until)
{
	rdev->hold_until = until;
	rdev->holding = true;
}

void rpmsg_init(struct rpmsg_device *rdev, volatile struct fw_rsc_vdev *vdev)
{
	rdev->vdev = vdev;
	rdev->next_addr = RPMSG_RESERVED_ADDRESSES;
}

bool rpmsg_is_up(const struct rpmsg_device *rdev)
{
	return rdev->up && !rdev->broken;
}

bool rpmsg_poll(struct rpmsg_device *rdev)
{
	unsigned int budget = VRING_MAX_NUM;
	int ret;

	if (!link_alive(rdev)) {
		if (rdev->up)
			return false;
		if (!driver_ready(rdev)) {
			rdev->refused = false;
			return false;
		}
		if (!link_up(rdev))
			return false;
	}
	announce_all(rdev);

	if (rdev->holding) {
		if (!hold_ends(rdev))
			return false;
		rdev->holding = false;
	}
	if (rdev->stalled && !tx_available(rdev))
		return false;

	vring_notify_off(&rdev->rx);
	while (budget--) {
		if (rdev->stalled) {
			rdev->stalled = false;
			ret = VRING_OK;
		} else {
			ret = vring_get(&rdev->rx, &rdev->pending);
		}

		if (ret == VRING_EMPTY) {
			if (!vring_notify_on(&rdev->rx))
				return false;
			vring_notify_off(&rdev->rx);
		} else if (ret == VRING_BROKEN) {
			link_broken(rdev, RING_RX);
			return !rdev->broken;
		} else if (ret == VRING_BAD_HEAD) {
			count_bad(rdev, "no such descriptor", RING_RX, 0);
		} else if (deliver(rdev, &rdev->pending)) {
			if (!rx_put(rdev, rdev->pending.head) || rdev->holding)
				return true;
		} else if (link_alive(rdev)) {
			/*
			 * Linux owes us a buffer. Until then it need not notify us of more
			 * messages.
			 */
			rdev->stalled = true;
			return tx_available(rdev);
		} else {
			return true;
		}
	}
	return true;
}

int rpmsg_create_ept(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev, const char *name,
		     uint32_t src, uint32_t dest, rpmsg_ept_cb cb, rpmsg_ns_unbind_cb unbind_cb)
{
	struct rpmsg_endpoint **p;

	if (!ept || !rdev || !cb || src == RPMSG_NS_EPT_ADDR)
		return RPMSG_ERR_PARAM;
	if (name && strlen(name) >= RPMSG_NAME_SIZE)
		return RPMSG_ERR_PARAM;

	if (src == RPMSG_ADDR_ANY) {
		while (rdev->next_addr == RPMSG_ADDR_ANY || find_ept(rdev, rdev->next_addr)) {
			if (++rdev->next_addr < RPMSG_RESERVED_ADDRESSES)
				rdev->next_addr = RPMSG_RESERVED_ADDRESSES;
		}
		src = rdev->next_addr++;
	} else if (find_ept(rdev, src)) {
		return RPMSG_ERR_ADDR;
	}

	memset(ept->name, 0, sizeof(ept->name));
	if (name)
		memcpy(ept->name, name, strlen(name));
	ept->rdev = rdev;
	ept->addr = src;
	ept->dest_addr = dest;
	ept->fixed_dest = dest;
	ept->cb = cb;
	ept->ns_unbind_cb = unbind_cb;
	ept->announced = false;
	ept->next = NULL;

	/* At the end: channels are announced in the order in which they were created. */
	for (p = &rdev->endpoints; *p; p = &(*p)->next)
		;
	*p = ept;
	rdev->all_announced = false;
	if (link_alive(rdev))
		announce_all(rdev);
	return RPMSG_SUCCESS;
}

int rpmsg_destroy_ept(struct rpmsg_endpoint *ept)
{
	struct rpmsg_endpoint **p;

	if (!ept || !ept->rdev)
		return RPMSG_ERR_PARAM;
	if (ept->announced && announce(ept, RPMSG_NS_DESTROY) == RPMSG_ERR_NO_BUFF)
		return RPMSG_ERR_NO_BUFF;

	for (p = &ept->rdev->endpoints; *p; p = &(*p)->next) {
		if (*p == ept) {
			*p = ept->next;
			break;
		}
	}
	ept->rdev = NULL;
	return RPMSG_SUCCESS;
}

int rpmsg_sendto(struct rpmsg_endpoint *ept, const void *data, size_t len, uint32_t dst)
{
	return send_from(ept->rdev, ept->addr, dst, data, len);
}

int rpmsg_send(struct rpmsg_endpoint *ept, const void *data, size_t len)
{
	if (ept->dest_addr == RPMSG_ADDR_ANY)
		return RPMSG_ERR_ADDR;
	return rpmsg_sendto(ept, data, len, ept->dest_addr);
}

static struct rpmsg_tx_buf *tx_find(struct rpmsg_device *rdev, const void *data)
{
	unsigned int i;

	for (i = 0; i < RPMSG_MAX_TX_BUFFERS; i++) {
		struct rpmsg_tx_buf *slot = &rdev->tx_buf[i];

		if (slot->state == RPMSG_TX_OUT &&
		    slot->va + sizeof(struct rpmsg_hdr) == (const uint8_t *)data)
			return slot;
	}
	return NULL;
}

void *rpmsg_get_tx_payload_buffer(struct rpmsg_endpoint *ept, size_t *len)
{
	struct rpmsg_tx_buf *slot;

	if (!link_alive(ept->rdev))
		return NULL;
	slot = tx_get(ept->rdev);
	if (!slot)
		return NULL;
	*len = tx_room(slot);
	return slot->va + sizeof(struct rpmsg_hdr);
}

int rpmsg_sendto_nocopy(struct rpmsg_endpoint *ept, const void *data, size_t len, uint32_t dst)
{
	struct rpmsg_tx_buf *slot;

	if (!ept->rdev->up)
		return RPMSG_ERR_DEV_STATE;
	slot = tx_find(ept->rdev, data);
	if (!slot)
		return RPMSG_ERR_PARAM;
	if (len > tx_room(slot))
		return RPMSG_ERR_BUFF_SIZE;
	return tx_commit(ept->rdev, slot, ept->addr, dst, len);
}

int rpmsg_release_tx_buffer(struct rpmsg_endpoint *ept, void *data)
{
	struct rpmsg_tx_buf *slot = tx_find(ept->rdev, data);

	if (!slot)
		return RPMSG_ERR_PARAM;
	slot->state = RPMSG_TX_SPARE;
	return RPMSG_SUCCESS;
}
