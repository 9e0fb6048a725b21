// SPDX-License-Identifier: GPL-2.0
/*
 * Creates an endpoint and prints its node, or destroys one:
 *   rpmsg-ept /dev/rpmsg_ctrlN NAME SRC DST	SRC -1: any free address
 *   rpmsg-ept -d /dev/rpmsgN
 */
#include <err.h>
#include <fcntl.h>
#include <linux/rpmsg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>

/* The node that was created with this descriptor; mainline's drivers don't tell. */
static void print_node(int fd)
{
	char path[64], line[128], node[32];
	FILE *info;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	info = fopen(path, "r");
	if (!info)
		err(1, "cannot open %s", path);
	while (fgets(line, sizeof(line), info))
		if (sscanf(line, "rpmsg-created: %31s", node) == 1)
			printf("/dev/%s\n", node);
	fclose(info);
}

int main(int argc, char **argv)
{
	struct rpmsg_endpoint_info ept = { .name = "" };
	int fd;

	if (argc != 5 && (argc != 3 || strcmp(argv[1], "-d")))
		errx(2, "usage: %s /dev/rpmsg_ctrlN NAME SRC DST | -d /dev/rpmsgN",
		     argv[0]);
	fd = open(argv[argc == 5 ? 1 : 2], O_RDWR);
	if (fd < 0)
		err(1, "cannot open %s", argv[argc == 5 ? 1 : 2]);
	if (argc == 3) {
		if (ioctl(fd, RPMSG_DESTROY_EPT_IOCTL))
			err(1, "cannot destroy %s", argv[2]);
		return 0;
	}
	strncpy(ept.name, argv[2], sizeof(ept.name) - 1);
	ept.src = strtol(argv[3], NULL, 0);
	ept.dst = strtol(argv[4], NULL, 0);
	if (ioctl(fd, RPMSG_CREATE_EPT_IOCTL, &ept))
		err(1, "cannot create an endpoint");
	print_node(fd);
	return 0;
}
