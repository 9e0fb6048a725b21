/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of amp_rpmsg: the bus on one virtio device, and what goes
 * over the wire.
 */
#ifndef AMP_RPMSG_H
#define AMP_RPMSG_H

#include <linux/hrtimer.h>
#include <linux/idr.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg/byteorder.h>
#include <linux/spinlock.h>
#include <linux/virtio_types.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

#include "amp_direct.h"
#include "amp_ring.h"
#include "amp_stats.h"

struct iov_iter;
struct virtio_device;
struct virtqueue;

/* Feature bit: the remote has a name service, as OpenAMP has it */
#define AMP_RPMSG_F_NS		0

/* Feature bit: the remote says in its config space how long buffers are */
#define AMP_RPMSG_F_BUFSZ	1

/* The one layout of struct amp_rpmsg_config that there is */
#define AMP_RPMSG_CONFIG_VERSION	1

/**
 * struct amp_rpmsg_config - config space of the virtio device, as mainline has it
 * @version: AMP_RPMSG_CONFIG_VERSION
 * @size: of this structure, in bytes
 * @txbuf_size: of a buffer that the remote sends in, in bytes, header included
 * @rxbuf_size: of a buffer that the remote receives in
 *
 * Valid with AMP_RPMSG_F_BUFSZ. Byte order is that of the virtio device.
 */
struct amp_rpmsg_config {
	u8 version;
	__virtio16 size;
	__virtio32 txbuf_size;
	__virtio32 rxbuf_size;
} __packed;

/* Local addresses below are for well-known services, such as the name service. */
#define AMP_RPMSG_FIRST_DYNAMIC	1024

/* The longest that coalescing delays anything, in microseconds */
#define AMP_RPMSG_MAX_USECS	10000

/**
 * struct amp_rpmsg_hdr - precedes each message in its buffer
 * @src: address of the sending endpoint
 * @dst: address of the receiving endpoint
 * @reserved: zero
 * @len: of the payload behind the header, in bytes
 * @flags: zero
 *
 * Byte order is that of the virtio device: little endian wherever it says
 * VIRTIO_F_VERSION_1, else the CPU's.
 */
struct amp_rpmsg_hdr {
	__rpmsg32 src;
	__rpmsg32 dst;
	__rpmsg32 reserved;
	__rpmsg16 len;
	__rpmsg16 flags;
} __packed;

/**
 * struct amp_rpmsg_ept - an endpoint
 * @ept: as the rpmsg core knows it; its refcount is of the whole
 * @client: receives the short way; NULL for one with a callback, which may sleep
 * @armed: @client waits for a message
 * @woken: entry of the list of those to be woken
 * @num_unread: messages that it has sent and the remote has not given back
 * @stats: where it is counted. They outlive it.
 */
struct amp_rpmsg_ept {
	struct rpmsg_endpoint ept;
	const struct amp_direct_client *client;
	bool armed;
	struct list_head woken;
	unsigned int num_unread;
	struct amp_rpmsg_stats *stats;
};

/**
 * struct amp_rpmsg_rx_buf - a buffer for received messages
 * @msg: what is in it
 * @buf: the buffer, header included
 * @ept: whose callback is to have it; NULL for the name service
 */
struct amp_rpmsg_rx_buf {
	struct amp_rpmsg_msg msg;
	void *buf;
	struct amp_rpmsg_ept *ept;
};

/**
 * struct amp_rpmsg_tx_buf - a buffer for sent messages
 * @buf: the buffer, header included
 * @ept: who has sent what is in it; NULL if it is free, or sent by the bus
 */
struct amp_rpmsg_tx_buf {
	void *buf;
	struct amp_rpmsg_ept *ept;
};

/**
 * struct amp_rpmsg_bus_stats - what is counted for a bus as a whole
 * @all: channels, endpoints, and the name service; @rx_refused also counts
 *       announcements that were
 * @rx_length_errors: what the remote sent is shorter than its header, or than that says
 * @rx_nohandler: valid messages for an address that no endpoint has
 * @rx_dropped: messages that a reader had no room for
 * @rx_interrupts: calls of amp_rx_interrupt()
 * @tx_interrupts: calls of amp_tx_interrupt()
 */
struct amp_rpmsg_bus_stats {
	struct amp_rpmsg_stats all;
	unsigned long rx_length_errors;
	unsigned long rx_nohandler;
	unsigned long rx_dropped;
	unsigned long rx_interrupts;
	unsigned long tx_interrupts;
};

/**
 * struct amp_rpmsg - the rpmsg bus on one virtio device
 * @vdev: the virtio device
 * @rcu: frees it
 * @status: of @vdev, as the virtio core has set it
 * @little_endian: byte order on the wire
 * @rx_ring: messages from the remote
 * @tx_ring: messages to the remote
 * @crash_reported: a ring is broken, and the remoteproc core knows: bit 0
 * @bufs: all buffers, received first, then sent ones; coherent memory
 * @bufs_dma: their address as the remote sees it
 * @bufs_size: of all of them, in bytes
 * @rx_size: of one for a received message, header included, in bytes
 * @tx_size: of one for a sent message, likewise
 * @num_rx: number of buffers for received messages
 * @num_tx: number of buffers for sent ones
 * @stats: rx_ changed with rx_lock held, tx_ with tx_lock held
 * @rx_lock: protects @rx_ring and all from @epts to @callbacks_until; taken in
 *           interrupts
 * @epts: endpoints by local address
 * @up: the rings are set up; what the remote sends is looked at
 * @rx_bufs: received buffers
 * @num_held: how many of them the remote has to do without
 * @num_armed: endpoints that wait for a message
 * @rx_irq_on: the remote interrupts for its next message
 * @rx_looked: a reader has looked into the ring since @rx_timer has
 * @rx_timer: looks into the ring while it doesn't
 * @rx_usecs: that timer's period, 0 to have all messages interrupt
 * @rx_messages: messages handed out in one interrupt
 * @busy_usecs: how long readers look for an answer before they sleep
 * @callbacks: messages for endpoints with a callback, and announcements
 * @callbacks_until: more such messages are awaited, in jiffies
 * @wq: where @rx_work runs
 * @rx_work: handles @callbacks
 * @tx_lock: protects @tx_ring and all from @tx_bufs to @stopped; taken in interrupts,
 *           never together with @rx_lock
 * @tx_bufs: buffers to be sent
 * @tx_free: those that can be filled, a stack
 * @num_tx_free: number of entries in @tx_free
 * @tx_timer: tells the remote of messages that it wasn't told of
 * @tx_usecs: after so long, 0 for at once
 * @tx_messages: or after so many
 * @stopped: nothing can be sent any more
 * @tx_wait: woken when a buffer is free or @stopped
 * @channel_lock: taken to register or unregister a channel: both the remote and
 *                user space may ask for that; protects all below
 * @announced_since: when @num_announced was 0, in jiffies
 * @num_announced: channels that the remote has announced since then
 * @announced_too_many: that has been reported since then
 * @ctrl: the device that user space creates channels and endpoints with; NULL if
 *        there is none
 */
struct amp_rpmsg {
	struct virtio_device *vdev;
	struct rcu_head rcu;
	u8 status;
	bool little_endian;
	struct amp_ring rx_ring;
	struct amp_ring tx_ring;
	unsigned long crash_reported;

	void *bufs;
	dma_addr_t bufs_dma;
	size_t bufs_size;
	size_t rx_size;
	size_t tx_size;
	unsigned int num_rx;
	unsigned int num_tx;
	struct amp_rpmsg_bus_stats stats;

	spinlock_t rx_lock;	/* rx_ring, from here to callbacks_until */
	struct idr epts;
	bool up;
	struct amp_rpmsg_rx_buf *rx_bufs;
	unsigned int num_held;
	unsigned int num_armed;
	bool rx_irq_on;
	bool rx_looked;
	struct hrtimer rx_timer;
	unsigned int rx_usecs;
	unsigned int rx_messages;
	unsigned int busy_usecs;
	struct list_head callbacks;
	unsigned long callbacks_until;

	struct workqueue_struct *wq;
	struct work_struct rx_work;

	spinlock_t tx_lock;	/* tx_ring, from here to stopped */
	struct amp_rpmsg_tx_buf *tx_bufs;
	struct amp_rpmsg_tx_buf **tx_free;
	unsigned int num_tx_free;
	struct hrtimer tx_timer;
	unsigned int tx_usecs;
	unsigned int tx_messages;
	bool stopped;
	wait_queue_head_t tx_wait;

	struct mutex channel_lock;	/* all below */
	unsigned long announced_since;
	unsigned int num_announced;
	bool announced_too_many;
	struct rpmsg_device *ctrl;
};

static inline struct amp_rpmsg_ept *to_amp_ept(struct rpmsg_endpoint *ept)
{
	return container_of(ept, struct amp_rpmsg_ept, ept);
}

/* amp_virtio.c */
dma_addr_t amp_rpmsg_dma(const struct amp_rpmsg *amp, const void *buf);
void amp_rpmsg_check_ring(struct amp_rpmsg *amp, const struct amp_ring *ring);
size_t amp_rpmsg_mtu(const struct amp_rpmsg *amp);
size_t amp_rpmsg_stride(size_t size);

/* amp_rx.c */
int amp_rx_init(struct amp_rpmsg *amp);
void amp_rx_start(struct amp_rpmsg *amp);
void amp_rx_stop(struct amp_rpmsg *amp);
void amp_rx_exit(struct amp_rpmsg *amp);
void amp_rx_interrupt(struct virtqueue *rvq);
int amp_rx_add_ept(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept, u32 addr);
void amp_rx_remove_ept(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept);
struct amp_rpmsg_msg *amp_rx_keep(struct amp_rpmsg *amp,
				  struct amp_rpmsg_msg *msg, bool hold);
void amp_rx_release(struct amp_rpmsg *amp, struct amp_rpmsg_msg *msg);
void amp_rx_done(struct amp_rpmsg *amp, struct amp_rpmsg_msg *msg);
void amp_rx_poll(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept);
void amp_rx_arm(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept);
void amp_rx_disarm(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept);

/* amp_tx.c */
int amp_tx_init(struct amp_rpmsg *amp);
void amp_tx_stop(struct amp_rpmsg *amp);
void amp_tx_exit(struct amp_rpmsg *amp);
void amp_tx_interrupt(struct virtqueue *svq);
int amp_rpmsg_send(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept, u32 src,
		   u32 dst, const void *data, size_t len, bool wait);
int amp_rpmsg_send_iter(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept,
			u32 dst, struct iov_iter *from, size_t len, bool more);
bool amp_rpmsg_can_send(struct amp_rpmsg *amp, struct amp_rpmsg_ept *ept);
void amp_tx_flush(struct amp_rpmsg *amp);

/* amp_endpoint.c */
void amp_ept_put(struct amp_rpmsg_ept *ept);
struct amp_rpmsg_stats *amp_channel_stats(struct rpmsg_device *rpdev);
int amp_rpmsg_create_channel(struct amp_rpmsg *amp,
			     const struct rpmsg_channel_info *info);
int amp_rpmsg_release_channel(struct amp_rpmsg *amp,
			      const struct rpmsg_channel_info *info);
int amp_rpmsg_create_ctrl(struct amp_rpmsg *amp);
void amp_rpmsg_remove_channels(struct amp_rpmsg *amp);

/* amp_ns.c */
bool amp_ns_name_is_valid(const char *name);
int amp_ns_receive(struct amp_rpmsg *amp, const void *data, size_t len);
int amp_ns_announce(struct amp_rpmsg *amp, struct rpmsg_device *rpdev,
		    bool create);

/* amp_settings.c */
extern const struct attribute_group *amp_rpmsg_groups[];

/* amp_stats.c */
extern const struct attribute_group amp_rpmsg_statistics_group;
extern const struct attribute_group *amp_channel_groups[];

/* amp_table.c */
void amp_table_guard(struct amp_rpmsg *amp);
void amp_table_unguard(struct amp_rpmsg *amp);
void amp_table_config(struct amp_rpmsg *amp, struct amp_rpmsg_config *config);

#endif /* AMP_RPMSG_H */
