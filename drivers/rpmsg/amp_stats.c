// SPDX-License-Identifier: GPL-2.0
/*
 * Statistics of the bus, files of the virtio device, and of its channels, files of the
 * devices on the rpmsg bus
 */

#include <linux/virtio.h>

#include "amp_compat.h"
#include "amp_rpmsg.h"

static ssize_t amp_bus_show(struct device *dev, struct device_attribute *attr,
			    char *buf)
{
	return amp_statistic_emit(attr, dev_to_virtio(dev)->priv, buf);
}

#define AMP_BUS_STATISTIC(_name, _member) \
	AMP_STATISTIC(amp_bus, _name, struct amp_rpmsg, _member)

AMP_BUS_STATISTIC(rx_messages, stats.all.rx_messages);
AMP_BUS_STATISTIC(rx_bytes, stats.all.rx_bytes);
AMP_BUS_STATISTIC(rx_refused, stats.all.rx_refused);
AMP_BUS_STATISTIC(rx_length_errors, stats.rx_length_errors);
AMP_BUS_STATISTIC(rx_nohandler, stats.rx_nohandler);
AMP_BUS_STATISTIC(rx_dropped, stats.rx_dropped);
AMP_BUS_STATISTIC(rx_interrupts, stats.rx_interrupts);
AMP_BUS_STATISTIC(rx_kicks, rx_ring.kicks);
AMP_BUS_STATISTIC(tx_messages, stats.all.tx_messages);
AMP_BUS_STATISTIC(tx_bytes, stats.all.tx_bytes);
AMP_BUS_STATISTIC(tx_interrupts, stats.tx_interrupts);
AMP_BUS_STATISTIC(tx_kicks, tx_ring.kicks);

static struct attribute *amp_bus_attrs[] = {
	&amp_bus_rx_messages.attr.attr,
	&amp_bus_rx_bytes.attr.attr,
	&amp_bus_rx_refused.attr.attr,
	&amp_bus_rx_length_errors.attr.attr,
	&amp_bus_rx_nohandler.attr.attr,
	&amp_bus_rx_dropped.attr.attr,
	&amp_bus_rx_interrupts.attr.attr,
	&amp_bus_rx_kicks.attr.attr,
	&amp_bus_tx_messages.attr.attr,
	&amp_bus_tx_bytes.attr.attr,
	&amp_bus_tx_interrupts.attr.attr,
	&amp_bus_tx_kicks.attr.attr,
	NULL
};

const struct attribute_group amp_rpmsg_statistics_group = {
	.name = "statistics",
	.attrs = amp_bus_attrs,
};

static ssize_t amp_channel_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct rpmsg_device *rpdev = container_of(dev, struct rpmsg_device, dev);

	return amp_statistic_emit(attr, amp_channel_stats(rpdev), buf);
}

AMP_STATISTIC(amp_channel, rx_messages, struct amp_rpmsg_stats, rx_messages);
AMP_STATISTIC(amp_channel, rx_bytes, struct amp_rpmsg_stats, rx_bytes);
AMP_STATISTIC(amp_channel, rx_refused, struct amp_rpmsg_stats, rx_refused);
AMP_STATISTIC(amp_channel, tx_messages, struct amp_rpmsg_stats, tx_messages);
AMP_STATISTIC(amp_channel, tx_bytes, struct amp_rpmsg_stats, tx_bytes);

static struct attribute *amp_channel_attrs[] = {
	&amp_channel_rx_messages.attr.attr,
	&amp_channel_rx_bytes.attr.attr,
	&amp_channel_rx_refused.attr.attr,
	&amp_channel_tx_messages.attr.attr,
	&amp_channel_tx_bytes.attr.attr,
	NULL
};

static const struct attribute_group amp_channel_statistics_group = {
	.name = "statistics",
	.attrs = amp_channel_attrs,
};

const struct attribute_group *amp_channel_groups[] = {
	&amp_channel_statistics_group,
	NULL
};
