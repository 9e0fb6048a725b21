// SPDX-License-Identifier: GPL-2.0
/*
 * Sample: a driver in the kernel for a channel that the device tree describes
 *
 * Device tree: a child of the remote processor's node with compatible
 * "linux-amp,sample-client" and linux-amp,rpmsg-name; see
 * dts/imx8mp-evk-amp-channels.dtso. In the channel's directory:
 *
 *   message    write: send that. Read: the last message that has come.
 *
 * Empty messages are refused.
 */

#include <linux/mod_devicetable.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/sysfs.h>

#include "amp_compat.h"

#define MESSAGE_SIZE	128

/**
 * struct client - a channel
 * @lock: protects the last message
 * @len: of it, in bytes
 * @message: the first bytes of it
 */
struct client {
	struct mutex lock;	/* len, message */
	size_t len;
	char message[MESSAGE_SIZE];
};

static int client_receive(struct rpmsg_device *rpdev, void *data, int len,
			  void *priv, u32 src)
{
	struct client *client = dev_get_drvdata(&rpdev->dev);

	/* The channel has its endpoint before client_probe(). */
	if (!client || !len)
		return -EINVAL;

	mutex_lock(&client->lock);
	client->len = min(len, MESSAGE_SIZE);
	memcpy(client->message, data, client->len);
	mutex_unlock(&client->lock);

	return 0;
}

static ssize_t message_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	struct client *client = dev_get_drvdata(dev);
	ssize_t len;

	mutex_lock(&client->lock);
	len = client->len;
	memcpy(buf, client->message, len);
	mutex_unlock(&client->lock);

	return len;
}

static ssize_t message_store(struct device *dev, struct device_attribute *attr,
			     const char *buf, size_t count)
{
	struct rpmsg_device *rpdev = container_of(dev, struct rpmsg_device, dev);
	int ret;

	/* Not const until 7.3 */
	ret = rpmsg_send(rpdev->ept, (void *)buf, count);

	return ret ? ret : count;
}
static DEVICE_ATTR_RW(message);

static struct attribute *client_attrs[] = {
	&dev_attr_message.attr,
	NULL
};
ATTRIBUTE_GROUPS(client);

static int client_probe(struct rpmsg_device *rpdev)
{
	struct client *client;

	client = devm_kzalloc(&rpdev->dev, sizeof(*client), GFP_KERNEL);
	if (!client)
		return -ENOMEM;

	mutex_init(&client->lock);
	dev_set_drvdata(&rpdev->dev, client);

	return 0;
}

static const struct of_device_id client_of_table[] = {
	{ .compatible = "linux-amp,sample-client" },
	{ }
};
MODULE_DEVICE_TABLE(of, client_of_table);

static struct rpmsg_driver client_driver = {
	.drv.name = "amp_channel_client",
	.drv.of_match_table = client_of_table,
	.drv.dev_groups = client_groups,
	.probe = client_probe,
	.callback = client_receive,
};
module_rpmsg_driver(client_driver);

MODULE_DESCRIPTION("Sample client of an rpmsg channel");
MODULE_LICENSE("GPL");
