/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is counted of messages, and how sysfs shows it: folders "statistics", named
 * as those of network devices
 */
#ifndef AMP_STATS_H
#define AMP_STATS_H

#include <linux/device.h>
#include <linux/stddef.h>
#include <linux/sysfs.h>

/**
 * struct amp_rpmsg_stats - counted for each channel, endpoint and bus
 * @rx_messages: valid messages from the remote
 * @rx_bytes: their payloads
 * @rx_refused: of those, what a callback returned an error for
 * @tx_messages: messages that were put into the ring
 * @tx_bytes: their payloads
 *
 * Changed by the bus: @rx_messages and @rx_bytes with its rx_lock held, @rx_refused in
 * its work item only, the others with its tx_lock held.
 */
struct amp_rpmsg_stats {
	unsigned long rx_messages;
	unsigned long rx_bytes;
	unsigned long rx_refused;
	unsigned long tx_messages;
	unsigned long tx_bytes;
};

/**
 * struct amp_statistic - a file with such a number
 * @attr: the file
 * @offset: of the number, an unsigned long, in what is counted together
 */
struct amp_statistic {
	struct device_attribute attr;
	size_t offset;
};

/* Of the file @_name, whose show function is @_set_show: the number @_member */
#define AMP_STATISTIC(_set, _name, _type, _member)			\
	static struct amp_statistic _set##_##_name = {			\
		.attr = __ATTR(_name, 0444, _set##_show, NULL),		\
		.offset = offsetof(_type, _member),			\
	}

static inline ssize_t amp_statistic_emit(struct device_attribute *attr,
					 const void *stats, char *buf)
{
	size_t offset = container_of(attr, struct amp_statistic, attr)->offset;

	return sysfs_emit(buf, "%lu\n",
			  READ_ONCE(*(const unsigned long *)(stats + offset)));
}

#endif /* AMP_STATS_H */
