// SPDX-License-Identifier: GPL-2.0
/* Sends one message to the firmware and prints the answer: rpmsg-hello /dev/rpmsg0 TEXT */
#include <err.h>
#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	struct pollfd node = { .events = POLLIN };
	char answer[512];
	ssize_t len;

	if (argc != 3)
		errx(2, "usage: %s /dev/rpmsgN TEXT", argv[0]);
	node.fd = open(argv[1], O_RDWR);
	if (node.fd < 0)
		err(1, "cannot open %s", argv[1]);
	if (write(node.fd, argv[2], strlen(argv[2])) < 0)
		err(1, "cannot send to %s", argv[1]);
	if (poll(&node, 1, 5000) == 0)
		errx(1, "no answer from %s in 5 seconds", argv[1]);
	len = read(node.fd, answer, sizeof(answer));
	if (len < 0)
		err(1, "cannot read from %s", argv[1]);
	printf("received: %.*s\n", (int)len, answer);
	return 0;
}
