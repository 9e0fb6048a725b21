// SPDX-License-Identifier: GPL-2.0
/*
 * How messages are coalesced: files of the virtio device, named as ethtool names
 * such settings
 */

#include <linux/device.h>
#include <linux/kstrtox.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>
#include <linux/virtio.h>

#include "amp_compat.h"
#include "amp_rpmsg.h"

/**
 * struct amp_setting - a file with a number
 * @attr: the file
 * @offset: of the number, an unsigned int in struct amp_rpmsg
 * @min: lowest value
 * @max: highest value; 0 for what is at @max_offset
 * @max_offset: of that number, likewise
 */
struct amp_setting {
	struct device_attribute attr;
	size_t offset;
	unsigned int min;
	unsigned int max;
	size_t max_offset;
};

static unsigned int *amp_setting_field(struct device *dev, size_t offset)
{
	return dev_to_virtio(dev)->priv + offset;
}

static ssize_t amp_setting_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct amp_setting *setting = container_of(attr, struct amp_setting,
						   attr);

	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(*amp_setting_field(dev, setting->offset)));
}

static ssize_t amp_setting_store(struct device *dev,
				 struct device_attribute *attr,
				 const char *buf, size_t count)
{
	struct amp_setting *setting = container_of(attr, struct amp_setting,
						   attr);
	unsigned int value, max;
	int ret;

	ret = kstrtouint(buf, 0, &value);
	if (ret)
		return ret;
	max = setting->max ? setting->max :
	      *amp_setting_field(dev, setting->max_offset);
	if (value < setting->min || value > max)
		return -ERANGE;
	WRITE_ONCE(*amp_setting_field(dev, setting->offset), value);

	return count;
}

static struct amp_setting amp_rx_usecs = {
	.attr = __ATTR(rx_coalesce_usecs, 0644, amp_setting_show,
		       amp_setting_store),
	.offset = offsetof(struct amp_rpmsg, rx_usecs),
	.max = AMP_RPMSG_MAX_USECS,
};

static struct amp_setting amp_rx_messages = {
	.attr = __ATTR(rx_coalesce_messages, 0644, amp_setting_show,
		       amp_setting_store),
	.offset = offsetof(struct amp_rpmsg, rx_messages),
	.min = 1,
	.max_offset = offsetof(struct amp_rpmsg, num_rx),
};

static struct amp_setting amp_tx_usecs = {
	.attr = __ATTR(tx_coalesce_usecs, 0644, amp_setting_show,
		       amp_setting_store),
	.offset = offsetof(struct amp_rpmsg, tx_usecs),
	.max = AMP_RPMSG_MAX_USECS,
};

static struct amp_setting amp_tx_messages = {
	.attr = __ATTR(tx_coalesce_messages, 0644, amp_setting_show,
		       amp_setting_store),
	.offset = offsetof(struct amp_rpmsg, tx_messages),
	.min = 1,
	.max_offset = offsetof(struct amp_rpmsg, num_tx),
};

static struct amp_setting amp_busy_usecs = {
	.attr = __ATTR(busy_poll_usecs, 0644, amp_setting_show,
		       amp_setting_store),
	.offset = offsetof(struct amp_rpmsg, busy_usecs),
	.max = AMP_RPMSG_MAX_USECS,
};

static struct attribute *amp_rpmsg_attrs[] = {
	&amp_rx_usecs.attr.attr,
	&amp_rx_messages.attr.attr,
	&amp_tx_usecs.attr.attr,
	&amp_tx_messages.attr.attr,
	&amp_busy_usecs.attr.attr,
	NULL
};

static const struct attribute_group amp_rpmsg_group = {
	.attrs = amp_rpmsg_attrs,
};

const struct attribute_group *amp_rpmsg_groups[] = {
	&amp_rpmsg_group,
	&amp_rpmsg_statistics_group,
	NULL
};
