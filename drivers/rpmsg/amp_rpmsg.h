/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of amp_rpmsg: the bus on one virtio device, and what goes
 * over the wire.
 */
#ifndef AMP_RPMSG_H
#define AMP_RPMSG_H

#include <linux/idr.h>
#include <linux/mutex.h>
#include <linux/rpmsg.h>
#include <linux/rpmsg/byteorder.h>
#include <linux/spinlock.h>
#include <linux/wait.h>
#include <linux/workqueue.h>

struct virtio_device;
struct virtqueue;

/* Feature bit: the remote has a name service, as OpenAMP has it */
#define AMP_RPMSG_F_NS		0

/* Local addresses below are for well-known services, such as the name service. */
#define AMP_RPMSG_FIRST_DYNAMIC	1024

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
 * struct amp_rpmsg - the rpmsg bus on one virtio device
 * @vdev: the virtio device
 * @little_endian: byte order on the wire
 * @rvq: virtqueue of messages from the remote
 * @svq: virtqueue of messages to the remote
 * @bufs: all buffers, received first, then sent ones; coherent memory
 * @bufs_dma: their address as the remote sees it
 * @bufs_size: of all of them, in bytes
 * @buf_size: of one, header included, in bytes
 * @num_rx: number of buffers for received messages
 * @num_tx: number of buffers for sent ones
 * @up: the rings are set up; what the remote sends is looked at
 * @wq: where @rx_work runs
 * @rx_work: hands received messages to their endpoints; the one user of @rvq
 * @crash_reported: by @rx_work, once
 * @tx_lock: protects @svq, @tx_free, @num_tx_free and @stopped; taken in
 *           interrupts
 * @tx_free: buffers that can be filled, a stack
 * @num_tx_free: number of entries in @tx_free
 * @stopped: nothing can be sent any more
 * @tx_wait: woken when a buffer is free or @stopped
 * @ept_lock: protects @epts
 * @epts: endpoints by local address
 * @channel_lock: taken to register or unregister a channel: both the remote and
 *                user space may ask for that; protects @ctrl
 * @ctrl: the device that user space creates channels and endpoints with; NULL if
 *        there is none
 */
struct amp_rpmsg {
	struct virtio_device *vdev;
	bool little_endian;
	struct virtqueue *rvq;
	struct virtqueue *svq;

	void *bufs;
	dma_addr_t bufs_dma;
	size_t bufs_size;
	size_t buf_size;
	unsigned int num_rx;
	unsigned int num_tx;

	bool up;
	struct workqueue_struct *wq;
	struct work_struct rx_work;
	bool crash_reported;

	spinlock_t tx_lock;	/* svq, tx_free, stopped */
	void **tx_free;
	unsigned int num_tx_free;
	bool stopped;
	wait_queue_head_t tx_wait;

	struct mutex ept_lock;	/* epts */
	struct idr epts;

	struct mutex channel_lock;	/* ctrl */
	struct rpmsg_device *ctrl;
};

/* amp_virtio.c */
int amp_rpmsg_send(struct amp_rpmsg *amp, u32 src, u32 dst, const void *data,
		   size_t len, bool wait);
bool amp_rpmsg_can_send(struct amp_rpmsg *amp);
size_t amp_rpmsg_mtu(const struct amp_rpmsg *amp);

/* amp_endpoint.c */
int amp_rpmsg_create_channel(struct amp_rpmsg *amp,
			     const struct rpmsg_channel_info *info);
int amp_rpmsg_release_channel(struct amp_rpmsg *amp,
			      const struct rpmsg_channel_info *info);
int amp_rpmsg_create_ctrl(struct amp_rpmsg *amp);
void amp_rpmsg_remove_channels(struct amp_rpmsg *amp);
void amp_rpmsg_deliver(struct amp_rpmsg *amp, u32 src, u32 dst, void *data,
		       size_t len);

/* amp_ns.c */
bool amp_ns_name_is_valid(const char *name);
void amp_ns_receive(struct amp_rpmsg *amp, const void *data, size_t len);
int amp_ns_announce(struct amp_rpmsg *amp, struct rpmsg_device *rpdev,
		    bool create);

#endif /* AMP_RPMSG_H */
