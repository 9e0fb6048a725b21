/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The short way between the bus and its character devices: messages are handed
 * over in the interrupt and stay in their ring buffers until user space has read
 * them. Other clients use the rpmsg core's functions, as on any bus.
 */
#ifndef AMP_DIRECT_H
#define AMP_DIRECT_H

#include <linux/list.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/types.h>

#include "amp_compat.h"
#include "amp_rproc.h"

struct amp_rpmsg_stats;
struct iov_iter;

/**
 * struct amp_rpmsg_msg - a message from the remote
 * @node: for the queue of whoever has it
 * @data: its payload. The remote can change it while @held.
 * @src: address of the sender
 * @len: of the payload, in bytes
 * @held: it is in a buffer of the ring, which the remote has to do without
 */
struct amp_rpmsg_msg {
	struct list_head node;
	void *data;
	u32 src;
	u16 len;
	bool held;
};

/**
 * amp_rpmsg_msg_copy() - copy a message, out of the ring if it is there
 * @msg: the message
 * @gfp: how to allocate
 *
 * Return: a message to be freed with kfree(), or NULL.
 */
static inline struct amp_rpmsg_msg *
amp_rpmsg_msg_copy(const struct amp_rpmsg_msg *msg, gfp_t gfp)
{
	struct amp_rpmsg_msg *copy = kmalloc(sizeof(*copy) + msg->len, gfp);

	if (!copy)
		return NULL;
	*copy = *msg;
	copy->held = false;
	copy->data = copy + 1;
	memcpy(copy->data, msg->data, msg->len);

	return copy;
}

/**
 * struct amp_direct_client - who receives messages the short way
 * @receive: has a message; it is gone afterwards, unless amp_direct.keep() was
 *           called for it. In an interrupt; mustn't call other functions. Returns
 *           false if somebody misses the message.
 * @wake: one or more messages were received. Likewise.
 */
struct amp_direct_client {
	bool (*receive)(void *priv, struct amp_rpmsg_msg *msg);
	void (*wake)(void *priv);
};

/**
 * struct amp_direct - what the bus offers
 * @create_ept: as rpmsg_create_ept(), for a client; counted in @stats, which outlive
 *              the endpoint
 * @keep: in amp_direct_client.receive(), to have the message after that: in its
 *        buffer if @hold and if enough others are left for the remote, else as a
 *        copy. NULL if there is no memory for that.
 * @release: the message isn't needed any more. Context: any.
 * @done: likewise for one that is held, by a reader that goes on to the next one.
 *        Messages may be received meanwhile. Context: any.
 * @poll: look for messages in the ring, until there is one for the endpoint.
 *        Context: any.
 * @arm: the client waits: have the next message interrupt. Messages may be
 *       received meanwhile, so look for them after it. Context: any.
 * @disarm: it waits no longer. Context: any.
 * @busy_usecs: how long to look for messages before sleeping, in microseconds
 * @channel_stats: what is counted for a channel
 * @mtu: the longest message that can be sent, in bytes
 * @send: send the next @len bytes of @from; doesn't sleep, and leaves @from alone
 *        if it fails. With @more, another call or @flush follows soon, and the
 *        remote may be told of the message then. Errors of amp_rpmsg_send(), and
 *        -EFAULT if a page of user space isn't there.
 * @flush: tell the remote now. Context: any.
 */
struct amp_direct {
	struct rpmsg_endpoint *(*create_ept)(struct rpmsg_device *rpdev,
					     const struct amp_direct_client *client,
					     void *priv,
					     struct rpmsg_channel_info info,
					     struct amp_rpmsg_stats *stats);
	struct amp_rpmsg_msg *(*keep)(struct rpmsg_device *rpdev,
				      struct amp_rpmsg_msg *msg, bool hold);
	void (*release)(struct rpmsg_device *rpdev, struct amp_rpmsg_msg *msg);
	void (*done)(struct rpmsg_device *rpdev, struct amp_rpmsg_msg *msg);
	void (*poll)(struct rpmsg_endpoint *ept);
	void (*arm)(struct rpmsg_endpoint *ept);
	void (*disarm)(struct rpmsg_endpoint *ept);
	unsigned int (*busy_usecs)(struct rpmsg_device *rpdev);
	struct amp_rpmsg_stats *(*channel_stats)(struct rpmsg_device *rpdev);
	size_t (*mtu)(struct rpmsg_device *rpdev);
	int (*send)(struct rpmsg_endpoint *ept, u32 dst, struct iov_iter *from,
		    size_t len, bool more);
	void (*flush)(struct rpmsg_endpoint *ept);
};

/**
 * struct amp_rpmsg_device_ops - operations of a device of our bus
 * @rpmsg: what the rpmsg core knows
 * @direct: what it doesn't
 */
struct amp_rpmsg_device_ops {
	struct rpmsg_device_ops rpmsg;
	const struct amp_direct *direct;
};

/**
 * amp_direct_of() - the short way to a device's bus
 * @rpdev: a device that isn't removed meanwhile
 *
 * Return: it, or NULL if that is another bus.
 */
static inline const struct amp_direct *amp_direct_of(struct rpmsg_device *rpdev)
{
	struct device *bus = rpdev->dev.parent;

	if (!bus || !bus->driver || strcmp(bus->driver->name, AMP_RPMSG_DRIVER))
		return NULL;

	return container_of(rpdev->ops, struct amp_rpmsg_device_ops,
			    rpmsg)->direct;
}

#endif /* AMP_DIRECT_H */
