// SPDX-License-Identifier: GPL-2.0
/*
 * Channels and endpoints: what the rpmsg core asks of a bus
 */

#include <linux/jiffies.h>
#include <linux/moduleparam.h>
#include <linux/of.h>
#include <linux/poll.h>
#include <linux/remoteproc.h>
#include <linux/rpmsg/ns.h>
#include <linux/slab.h>
#include <linux/virtio.h>

#include "amp_compat.h"
#include "amp_rpmsg.h"

/* How long max_channels is for, in seconds */
#define AMP_CHANNELS_PERIOD	5

static unsigned int max_channels = 128;
module_param(max_channels, uint, 0644);
MODULE_PARM_DESC(max_channels,
		 "Channels of a remote at a time, and announced anew within 5 s (default: 128)");

/**
 * struct amp_rpmsg_channel - a channel, a device on the rpmsg bus
 * @rpdev: as the rpmsg core knows it
 * @amp: the bus
 * @stats: of its endpoints, but for those that are counted elsewhere
 */
struct amp_rpmsg_channel {
	struct rpmsg_device rpdev;
	struct amp_rpmsg *amp;
	struct amp_rpmsg_stats stats;
};

static struct amp_rpmsg *amp_of_rpdev(struct rpmsg_device *rpdev)
{
	return container_of(rpdev, struct amp_rpmsg_channel, rpdev)->amp;
}

/**
 * amp_channel_stats() - what is counted for a channel
 * @rpdev: the channel
 *
 * Return: the counters.
 */
struct amp_rpmsg_stats *amp_channel_stats(struct rpmsg_device *rpdev)
{
	return &container_of(rpdev, struct amp_rpmsg_channel, rpdev)->stats;
}

static void amp_ept_free(struct kref *kref)
{
	kfree(container_of(kref, struct amp_rpmsg_ept, ept.refcount));
}

/**
 * amp_ept_put() - drop a reference to an endpoint
 * @ept: the endpoint
 *
 * Context: any.
 */
void amp_ept_put(struct amp_rpmsg_ept *ept)
{
	kref_put(&ept->ept.refcount, amp_ept_free);
}

static void amp_ept_destroy(struct rpmsg_endpoint *ept)
{
	/* The rpmsg core doesn't, and destroys it again with the next driver. */
	if (ept->rpdev->ept == ept)
		ept->rpdev->ept = NULL;

	amp_rx_remove_ept(amp_of_rpdev(ept->rpdev), to_amp_ept(ept));

	/* A message may be about to be delivered: not after this. */
	mutex_lock(&ept->cb_lock);
	ept->cb = NULL;
	mutex_unlock(&ept->cb_lock);

	amp_ept_put(to_amp_ept(ept));
}

static int amp_ept_send_from(struct rpmsg_endpoint *ept, u32 src, u32 dst,
			     const void *data, int len)
{
	return amp_rpmsg_send(amp_of_rpdev(ept->rpdev), to_amp_ept(ept), src,
			      dst, data, len, true);
}

static int amp_ept_send(struct rpmsg_endpoint *ept, AMP_RPMSG_CONST void *data,
			int len)
{
	return amp_ept_send_from(ept, ept->addr, ept->rpdev->dst, data, len);
}

static int amp_ept_sendto(struct rpmsg_endpoint *ept,
			  AMP_RPMSG_CONST void *data, int len, u32 dst)
{
	return amp_ept_send_from(ept, ept->addr, dst, data, len);
}

/* Clients expect mainline's errno for "no buffer". */
static int amp_ept_try(struct rpmsg_endpoint *ept, u32 src, u32 dst,
		       const void *data, int len)
{
	int ret = amp_rpmsg_send(amp_of_rpdev(ept->rpdev), to_amp_ept(ept), src,
				 dst, data, len, false);

	return ret == -EAGAIN ? -ENOMEM : ret;
}

static int amp_ept_trysend(struct rpmsg_endpoint *ept,
			   AMP_RPMSG_CONST void *data, int len)
{
	return amp_ept_try(ept, ept->addr, ept->rpdev->dst, data, len);
}

static int amp_ept_trysendto(struct rpmsg_endpoint *ept,
			     AMP_RPMSG_CONST void *data, int len, u32 dst)
{
	return amp_ept_try(ept, ept->addr, dst, data, len);
}

#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
static int amp_ept_send_offchannel(struct rpmsg_endpoint *ept, u32 src, u32 dst,
				   void *data, int len)
{
	return amp_ept_send_from(ept, src, dst, data, len);
}

static int amp_ept_trysend_offchannel(struct rpmsg_endpoint *ept, u32 src,
				      u32 dst, void *data, int len)
{
	return amp_ept_try(ept, src, dst, data, len);
}
#endif

static __poll_t amp_ept_poll(struct rpmsg_endpoint *ept, struct file *filp,
			     poll_table *wait)
{
	struct amp_rpmsg *amp = amp_of_rpdev(ept->rpdev);

	poll_wait(filp, &amp->tx_wait, wait);

	return amp_rpmsg_can_send(amp, to_amp_ept(ept)) ? EPOLLOUT | EPOLLWRNORM : 0;
}

static ssize_t amp_ept_get_mtu(struct rpmsg_endpoint *ept)
{
	return amp_rpmsg_mtu(amp_of_rpdev(ept->rpdev));
}

static const struct rpmsg_endpoint_ops amp_ept_ops = {
	.destroy_ept = amp_ept_destroy,
	.send = amp_ept_send,
	.sendto = amp_ept_sendto,
	.trysend = amp_ept_trysend,
	.trysendto = amp_ept_trysendto,
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	.send_offchannel = amp_ept_send_offchannel,
	.trysend_offchannel = amp_ept_trysend_offchannel,
#endif
	.poll = amp_ept_poll,
	.get_mtu = amp_ept_get_mtu,
};

static struct rpmsg_endpoint *
amp_ept_add(struct rpmsg_device *rpdev, rpmsg_rx_cb_t cb,
	    const struct amp_direct_client *client, void *priv,
	    struct rpmsg_channel_info info, struct amp_rpmsg_stats *stats)
{
	struct amp_rpmsg_ept *ept;
	int ret;

	if (info.src == RPMSG_NS_ADDR ||
	    (info.src != RPMSG_ADDR_ANY && info.src >= INT_MAX)) {
		dev_err_ratelimited(&rpdev->dev, "address 0x%x is not for endpoints\n",
				    info.src);
		return NULL;
	}

	ept = kzalloc(sizeof(*ept), GFP_KERNEL);
	if (!ept)
		return NULL;

	kref_init(&ept->ept.refcount);
	mutex_init(&ept->ept.cb_lock);
	ept->ept.rpdev = rpdev;
	ept->ept.cb = cb;
	ept->ept.priv = priv;
	ept->ept.ops = &amp_ept_ops;
	ept->client = client;
	ept->stats = stats;
	INIT_LIST_HEAD(&ept->woken);

	ret = amp_rx_add_ept(amp_of_rpdev(rpdev), ept, info.src);
	if (ret) {
		dev_err_ratelimited(&rpdev->dev, "no local address for an endpoint: %d\n",
				    ret);
		amp_ept_put(ept);
		return NULL;
	}

	return &ept->ept;
}

static struct rpmsg_endpoint *amp_ept_create(struct rpmsg_device *rpdev,
					     rpmsg_rx_cb_t cb, void *priv,
					     struct rpmsg_channel_info info)
{
	return amp_ept_add(rpdev, cb, NULL, priv, info,
			   amp_channel_stats(rpdev));
}

static struct rpmsg_endpoint *
amp_direct_create_ept(struct rpmsg_device *rpdev,
		      const struct amp_direct_client *client, void *priv,
		      struct rpmsg_channel_info info,
		      struct amp_rpmsg_stats *stats)
{
	return amp_ept_add(rpdev, NULL, client, priv, info, stats);
}

static struct amp_rpmsg_msg *amp_direct_keep(struct rpmsg_device *rpdev,
					     struct amp_rpmsg_msg *msg,
					     bool hold)
{
	return amp_rx_keep(amp_of_rpdev(rpdev), msg, hold);
}

static void amp_direct_release(struct rpmsg_device *rpdev,
			       struct amp_rpmsg_msg *msg)
{
	amp_rx_release(amp_of_rpdev(rpdev), msg);
}

static void amp_direct_done(struct rpmsg_device *rpdev,
			    struct amp_rpmsg_msg *msg)
{
	amp_rx_done(amp_of_rpdev(rpdev), msg);
}

static void amp_direct_poll(struct rpmsg_endpoint *ept)
{
	amp_rx_poll(amp_of_rpdev(ept->rpdev), to_amp_ept(ept));
}

static void amp_direct_arm(struct rpmsg_endpoint *ept)
{
	amp_rx_arm(amp_of_rpdev(ept->rpdev), to_amp_ept(ept));
}

static void amp_direct_disarm(struct rpmsg_endpoint *ept)
{
	amp_rx_disarm(amp_of_rpdev(ept->rpdev), to_amp_ept(ept));
}

static unsigned int amp_direct_busy_usecs(struct rpmsg_device *rpdev)
{
	return READ_ONCE(amp_of_rpdev(rpdev)->busy_usecs);
}

static size_t amp_direct_mtu(struct rpmsg_device *rpdev)
{
	return amp_rpmsg_mtu(amp_of_rpdev(rpdev));
}

static int amp_direct_send(struct rpmsg_endpoint *ept, u32 dst,
			   struct iov_iter *from, size_t len, bool more)
{
	return amp_rpmsg_send_iter(amp_of_rpdev(ept->rpdev), to_amp_ept(ept),
				   dst, from, len, more);
}

static void amp_direct_flush(struct rpmsg_endpoint *ept)
{
	amp_tx_flush(amp_of_rpdev(ept->rpdev));
}

static const struct amp_direct amp_direct = {
	.create_ept = amp_direct_create_ept,
	.keep = amp_direct_keep,
	.release = amp_direct_release,
	.done = amp_direct_done,
	.poll = amp_direct_poll,
	.arm = amp_direct_arm,
	.disarm = amp_direct_disarm,
	.busy_usecs = amp_direct_busy_usecs,
	.channel_stats = amp_channel_stats,
	.mtu = amp_direct_mtu,
	.send = amp_direct_send,
	.flush = amp_direct_flush,
};

static int amp_channel_announce_create(struct rpmsg_device *rpdev)
{
	return amp_ns_announce(amp_of_rpdev(rpdev), rpdev, true);
}

static int amp_channel_announce_destroy(struct rpmsg_device *rpdev)
{
	int ret = amp_ns_announce(amp_of_rpdev(rpdev), rpdev, false);

	/* A remote that has gone needn't be told. */
	return ret == -EPIPE ? 0 : ret;
}

static struct rpmsg_device *
amp_channel_create(struct rpmsg_device *rpdev, struct rpmsg_channel_info *info);
static int amp_channel_destroy(struct rpmsg_device *rpdev,
			       struct rpmsg_channel_info *info);

static const struct amp_rpmsg_device_ops amp_channel_ops = {
	.rpmsg = {
		.create_channel = amp_channel_create,
		.release_channel = amp_channel_destroy,
		.create_ept = amp_ept_create,
		.announce_create = amp_channel_announce_create,
		.announce_destroy = amp_channel_announce_destroy,
	},
	.direct = &amp_direct,
};

static void amp_channel_release(struct device *dev)
{
	struct rpmsg_device *rpdev = container_of(dev, struct rpmsg_device, dev);

	amp_rpmsg_free_driver_override(rpdev);
	of_node_put(dev->of_node);
	kfree(container_of(rpdev, struct amp_rpmsg_channel, rpdev));
}

static struct rpmsg_device *amp_channel_alloc(struct amp_rpmsg *amp)
{
	struct amp_rpmsg_channel *channel;
	struct rpmsg_device *rpdev;

	channel = kzalloc(sizeof(*channel), GFP_KERNEL);
	if (!channel)
		return NULL;

	channel->amp = amp;
	rpdev = &channel->rpdev;
	rpdev->ops = &amp_channel_ops.rpmsg;
	rpdev->little_endian = amp->little_endian;
	rpdev->dev.parent = &amp->vdev->dev;
	rpdev->dev.release = amp_channel_release;

	return rpdev;
}

/* The device-tree node of a channel, with a reference, or NULL */
static struct device_node *amp_channel_of_node(struct amp_rpmsg *amp,
					       const char *channel)
{
	struct rproc *rproc = rproc_get_by_child(&amp->vdev->dev);
	struct device_node *node;
	const char *name;

	for_each_available_child_of_node(rproc->dev.parent->of_node, node)
		if (!of_property_read_string(node, "linux-amp,rpmsg-name", &name) &&
		    !strcmp(name, channel))
			return node;

	return NULL;
}

/*
 * Is there a device of the name that the rpmsg core would give this one? A slash in
 * that becomes an exclamation mark, which a channel's name can have as well.
 */
static bool amp_channel_is_named(struct amp_rpmsg *amp,
				 const struct rpmsg_channel_info *info)
{
	struct device *parent = &amp->vdev->dev, *dev;
	char name[64 + RPMSG_NAME_SIZE];

	snprintf(name, sizeof(name), "%s.%s.%d.%d", dev_name(parent), info->name,
		 info->src, info->dst);
	strreplace(name, '/', '!');
	dev = device_find_child_by_name(parent, name);
	put_device(dev);

	return dev;
}

/* Caller holds channel_lock. */
static struct rpmsg_device *
amp_channel_register(struct amp_rpmsg *amp,
		     const struct rpmsg_channel_info *info)
{
	struct rpmsg_channel_info known = *info;
	struct rpmsg_device *rpdev;
	struct device *dev;
	int ret;

	dev = rpmsg_find_device(&amp->vdev->dev, &known);
	if (dev) {
		put_device(dev);
		return ERR_PTR(-EEXIST);
	}
	if (amp_channel_is_named(amp, info))
		return ERR_PTR(-EEXIST);

	rpdev = amp_channel_alloc(amp);
	if (!rpdev)
		return ERR_PTR(-ENOMEM);

	rpdev->src = info->src;
	rpdev->dst = info->dst;
	rpdev->announce = info->src != RPMSG_ADDR_ANY;
	rpdev->dev.groups = amp_channel_groups;
	rpdev->dev.of_node = amp_channel_of_node(amp, info->name);
	strscpy(rpdev->id.name, info->name, sizeof(rpdev->id.name));

	/* Drops the device if it fails. */
	ret = rpmsg_register_device(rpdev);

	return ret ? ERR_PTR(ret) : rpdev;
}

static int amp_channel_count(struct device *dev, void *count)
{
	/* Those of user space that have an address here are announced to the remote. */
	if (!container_of(dev, struct rpmsg_device, dev)->announce)
		++*(unsigned int *)count;

	return 0;
}

/*
 * Each channel has devices, nodes, events and memory, so their number is bounded, and
 * how fast they come and go. Caller holds channel_lock.
 */
static bool amp_channel_has_room(struct amp_rpmsg *amp,
				 const struct rpmsg_channel_info *info)
{
	unsigned int max = READ_ONCE(max_channels), count = 0;

	if (!amp->num_announced ||
	    time_after(jiffies, amp->announced_since + AMP_CHANNELS_PERIOD * HZ)) {
		amp->announced_since = jiffies;
		amp->num_announced = 0;
		amp->announced_too_many = false;
	}
	device_for_each_child(&amp->vdev->dev, &count, amp_channel_count);
	if (count < max && amp->num_announced < max)
		return true;

	if (!amp->announced_too_many)
		dev_warn(&amp->vdev->dev,
			 "announcement of channel %s at 0x%x refused: more than %u at a time or within %u s, see max_channels\n",
			 info->name, info->dst, max, AMP_CHANNELS_PERIOD);
	amp->announced_too_many = true;

	return false;
}

/**
 * amp_rpmsg_create_channel() - register a channel that the remote has announced
 * @amp: the bus
 * @info: its name, its address at the remote, and RPMSG_ADDR_ANY for the local one
 *
 * Context: sleeps; a driver of the channel is probed.
 * Return: 0, -EEXIST if there is that channel, -ENOSPC if there are too many, which
 * was reported, or another errno.
 */
int amp_rpmsg_create_channel(struct amp_rpmsg *amp,
			     const struct rpmsg_channel_info *info)
{
	int ret = -ENOSPC;

	mutex_lock(&amp->channel_lock);
	if (amp_channel_has_room(amp, info))
		ret = PTR_ERR_OR_ZERO(amp_channel_register(amp, info));
	if (!ret)
		amp->num_announced++;
	mutex_unlock(&amp->channel_lock);

	return ret;
}

/**
 * amp_rpmsg_release_channel() - unregister a channel of the bus
 * @amp: the bus
 * @info: its name and addresses; RPMSG_ADDR_ANY stands for whatever it has
 *
 * Context: sleeps; the channel's driver is removed.
 * Return: 0, or -EINVAL if there is no such channel.
 */
int amp_rpmsg_release_channel(struct amp_rpmsg *amp,
			      const struct rpmsg_channel_info *info)
{
	struct rpmsg_channel_info known = *info;
	struct device *dev;
	int ret = -EINVAL;

	mutex_lock(&amp->channel_lock);
	dev = rpmsg_find_device(&amp->vdev->dev, &known);
	/* The control device is no channel, whoever knows its name. */
	if (dev && (!amp->ctrl || dev != &amp->ctrl->dev)) {
		device_unregister(dev);
		ret = 0;
	}
	mutex_unlock(&amp->channel_lock);
	put_device(dev);

	return ret;
}

static struct rpmsg_device *
amp_channel_create(struct rpmsg_device *rpdev, struct rpmsg_channel_info *info)
{
	struct amp_rpmsg *amp = amp_of_rpdev(rpdev);
	struct rpmsg_device *channel;

	if (!amp_ns_name_is_valid(info->name))
		return NULL;

	mutex_lock(&amp->channel_lock);
	channel = amp_channel_register(amp, info);
	mutex_unlock(&amp->channel_lock);

	return IS_ERR(channel) ? NULL : channel;
}

static int amp_channel_destroy(struct rpmsg_device *rpdev,
			       struct rpmsg_channel_info *info)
{
	return amp_rpmsg_release_channel(amp_of_rpdev(rpdev), info);
}

/**
 * amp_rpmsg_create_ctrl() - register the bus's control device
 * @amp: the bus
 *
 * Context: sleeps; its driver is probed.
 * Return: 0 or an errno.
 */
int amp_rpmsg_create_ctrl(struct amp_rpmsg *amp)
{
	struct rpmsg_device *rpdev = amp_channel_alloc(amp);
	int ret;

	if (!rpdev)
		return -ENOMEM;

	mutex_lock(&amp->channel_lock);
	/* Drops the device if it fails. */
	ret = rpmsg_register_device_override(rpdev, "rpmsg_ctrl");
	if (!ret)
		amp->ctrl = rpdev;
	mutex_unlock(&amp->channel_lock);

	return ret;
}

static int amp_channel_unregister(struct device *dev, void *data)
{
	device_unregister(dev);

	return 0;
}

/**
 * amp_rpmsg_remove_channels() - unregister all devices of the bus
 * @amp: the bus
 *
 * Context: sleeps; their drivers are removed.
 */
void amp_rpmsg_remove_channels(struct amp_rpmsg *amp)
{
	/* First, as channels can be created through it until then. */
	if (amp->ctrl)
		device_unregister(&amp->ctrl->dev);
	amp->ctrl = NULL;

	device_for_each_child(&amp->vdev->dev, NULL, amp_channel_unregister);
}
