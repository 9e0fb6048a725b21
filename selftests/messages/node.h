/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Nodes of channels and endpoints in sysfs, and /dev/rpmsg_ctrlN, for the tests
 * of this folder. As those of ../lib, functions return a negative errno.
 */
#ifndef SELFTESTS_MESSAGES_NODE_H
#define SELFTESTS_MESSAGES_NODE_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

#include <linux/amp_rpmsg.h>

#include "amp.h"

#define NODE_ADDR_ANY	0xffffffffU
#define NODE_CLASS	"/sys/class/rpmsg"

/* Messages of 1, 2, 3... up to @most bytes, each of which has to come back. */
static inline int node_echoes(int fd, int most)
{
	int i, ret = 0;

	for (i = 1; i <= most && !ret; i++)
		ret = amp_echo(fd, i, i);
	return ret;
}

/* The path of /dev/rpmsg_ctrlN, opened */
static inline int node_ctrl_open(void)
{
	char path[300] = "";
	struct dirent *d;
	int fd = -ENODEV;
	DIR *dir;

	dir = opendir("/dev");
	if (!dir)
		return -errno;
	while ((d = readdir(dir)))
		if (!strncmp(d->d_name, "rpmsg_ctrl", 10))
			snprintf(path, sizeof(path), "/dev/%s", d->d_name);
	closedir(dir);
	if (*path) {
		fd = open(path, O_RDWR | O_CLOEXEC);
		if (fd < 0)
			fd = -errno;
	}
	return fd;
}

/* A number in sysfs: of the channel named @name, its attribute @attr */
static inline long node_attr(const char *name, const char *attr)
{
	char node[64], buf[64];
	int ret = amp_channel_wait(name, node, sizeof(node));

	if (!ret)
		ret = amp_attr_read(buf, sizeof(buf), NODE_CLASS "/%s/%s", node, attr);
	return ret < 0 ? ret : ret ? atol(buf) : -ENODATA;
}

static inline int node_attr_write(const char *name, const char *attr,
				  const char *value)
{
	char node[64];
	int ret = amp_channel_wait(name, node, sizeof(node));

	return ret ? ret : amp_attr_write(value, NODE_CLASS "/%s/%s", node, attr);
}

static inline int node_create_fd(int ctrl, const char *name, unsigned int src,
				 unsigned int dst, unsigned int flags)
{
	struct rpmsg_endpoint_fd_info info = {
		.src = src, .dst = dst, .flags = flags, .fd = -1,
	};

	strncpy(info.name, name, sizeof(info.name) - 1);
	if (ioctl(ctrl, RPMSG_CREATE_EPT_FD_IOCTL, &info))
		return -errno;
	return info.fd;
}

/* Messages that this open file has lost, or -ENODATA if it isn't told */
static inline long node_file_dropped(int fd)
{
	char buf[1024], *at;
	long n;

	if (amp_attr_read(buf, sizeof(buf), "/proc/self/fdinfo/%d", fd) <= 0)
		return -ENOENT;
	at = strstr(buf, "rpmsg-dropped:");
	return at && sscanf(at, "rpmsg-dropped: %ld", &n) == 1 ? n : -ENODATA;
}

static inline short node_events(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };

	return poll(&pfd, 1, 0) < 0 ? -1 : pfd.revents;
}

/* Open descriptors of this process */
static inline int node_open_files(void)
{
	struct dirent *d;
	int count = 0;
	DIR *dir = opendir("/proc/self/fd");

	if (!dir)
		return -errno;
	while ((d = readdir(dir)))
		count += d->d_name[0] != '.';
	closedir(dir);
	return count;
}

#endif /* SELFTESTS_MESSAGES_NODE_H */
