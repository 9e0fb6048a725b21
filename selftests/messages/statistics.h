/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Folders "statistics" in sysfs, and the command of the firmware "trouble" that makes
 * some of them count. As those of ../lib, functions return a negative errno.
 */
#ifndef SELFTESTS_MESSAGES_STATISTICS_H
#define SELFTESTS_MESSAGES_STATISTICS_H

#include "node.h"

/* Of the bus as a whole */
static inline long stat_bus(const char *name)
{
	char path[64], value[32];
	int ret;

	snprintf(path, sizeof(path), "statistics/%s", name);
	ret = amp_bus_get(path, value, sizeof(value));
	return ret < 0 ? ret : atol(value);
}

/* Of the node of the channel or endpoint named @channel */
static inline long stat_node(const char *channel, const char *name)
{
	char attr[64];

	snprintf(attr, sizeof(attr), "statistics/%s", name);
	return node_attr(channel, attr);
}

/* The device of the channel named @channel on the rpmsg bus, as a path in sysfs */
static inline int stat_channel_path(const char *channel, char *path, size_t size)
{
	static const char bus[] = "/sys/bus/rpmsg/devices";
	struct dirent *d;
	char name[64];
	int ret = -ENOENT;
	DIR *dir;

	dir = opendir(bus);
	if (!dir)
		return -errno;
	while (ret && (d = readdir(dir))) {
		if (amp_attr_read(name, sizeof(name), "%s/%s/name", bus,
				  d->d_name) <= 0 || strcmp(name, channel))
			continue;
		snprintf(path, size, "%s/%.200s", bus, d->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

/* A number of that device, such as src or statistics/rx_messages */
static inline long stat_channel(const char *channel, const char *name)
{
	char path[300], value[32];
	int ret = stat_channel_path(channel, path, sizeof(path));

	if (!ret)
		ret = amp_attr_read(value, sizeof(value), "%s/%s", path, name);
	return ret < 0 ? ret : strtol(value, NULL, 0);
}

/*
 * Has the firmware send @n messages to @dst, each of @used bytes with its header, which
 * says that there are @len behind it. @fd: its channel amp-trouble
 */
static inline int stat_raw(int fd, unsigned int n, unsigned int used,
			   unsigned int len, unsigned int dst)
{
	char command[80];

	snprintf(command, sizeof(command), "raw %u %u %u %u", n, used, len, dst);
	return amp_trouble(fd, command);
}

#endif /* SELFTESTS_MESSAGES_STATISTICS_H */
