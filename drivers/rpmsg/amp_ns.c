// SPDX-License-Identifier: GPL-2.0
/*
 * Name service: each side announces its channels, and their end, to address 53
 * of the other.
 */

#include <linux/ctype.h>
#include <linux/rpmsg/ns.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "amp_rpmsg.h"

/**
 * amp_ns_name_is_valid() - is this a name that a channel can have?
 * @name: terminated
 *
 * Return: whether it is: not empty, and printable.
 */
bool amp_ns_name_is_valid(const char *name)
{
	if (!*name)
		return false;

	for (; *name; name++)
		if (!isascii(*name) || !isprint(*name))
			return false;

	return true;
}

/**
 * amp_ns_receive() - handle an announcement
 * @amp: the bus
 * @data: struct rpmsg_ns_msg, in memory that the remote can change
 * @len: of @data, in bytes
 *
 * Context: sleeps; drivers of the channel are probed or removed.
 * Return: 0, or an errno that has been reported.
 */
int amp_ns_receive(struct amp_rpmsg *amp, const void *data, size_t len)
{
	struct device *dev = &amp->vdev->dev;
	struct rpmsg_channel_info info;
	struct rpmsg_ns_msg msg;
	int ret;

	if (len != sizeof(msg)) {
		dev_warn_ratelimited(dev, "announcement dropped: %zu bytes, expected %zu\n",
				     len, sizeof(msg));
		return -EINVAL;
	}

	memcpy(&msg, data, sizeof(msg));
	msg.name[RPMSG_NAME_SIZE - 1] = '\0';
	if (!amp_ns_name_is_valid(msg.name)) {
		dev_warn_ratelimited(dev, "announcement dropped: bad channel name \"%*pE\"\n",
				     (int)strlen(msg.name), msg.name);
		return -EINVAL;
	}

	strscpy(info.name, msg.name, sizeof(info.name));
	info.src = RPMSG_ADDR_ANY;
	info.dst = __rpmsg32_to_cpu(amp->little_endian, msg.addr);

	if (__rpmsg32_to_cpu(amp->little_endian, msg.flags) & RPMSG_NS_DESTROY)
		ret = amp_rpmsg_release_channel(amp, &info);
	else
		ret = amp_rpmsg_create_channel(amp, &info);

	if (ret && ret != -ENOSPC)
		dev_warn_ratelimited(dev, "announcement of channel %s at 0x%x: error %d\n",
				     info.name, info.dst, ret);

	return ret;
}

/**
 * amp_ns_announce() - tell the remote of a channel, or of its end
 * @amp: the bus
 * @rpdev: the channel
 * @create: whether it begins
 *
 * Does nothing for channels that the remote announced, and with a remote that
 * has no name service.
 *
 * Return: 0 or what amp_rpmsg_send() returns.
 */
int amp_ns_announce(struct amp_rpmsg *amp, struct rpmsg_device *rpdev,
		    bool create)
{
	struct rpmsg_ns_msg msg = {};

	if (!rpdev->announce || !rpdev->ept ||
	    !virtio_has_feature(amp->vdev, AMP_RPMSG_F_NS))
		return 0;

	strscpy_pad(msg.name, rpdev->id.name, sizeof(msg.name));
	msg.addr = __cpu_to_rpmsg32(amp->little_endian, rpdev->ept->addr);
	msg.flags = __cpu_to_rpmsg32(amp->little_endian,
				     create ? RPMSG_NS_CREATE : RPMSG_NS_DESTROY);

	return amp_rpmsg_send(amp, NULL, rpdev->ept->addr, RPMSG_NS_ADDR, &msg,
			      sizeof(msg), true);
}
