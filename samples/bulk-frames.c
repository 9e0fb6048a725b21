// SPDX-License-Identifier: GPL-2.0
/*
 * Receives a stream of frames as from a camera: the firmware fills one buffer after
 * the other, and gets each back when it has been looked at. None is copied.
 *
 *	bulk-frames [/dev/amp-bulkN [FRAMES]]
 */
#include <err.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "amp_bulk.h"
#include "bulk_ops.h"

#define WIDTH	640
#define HEIGHT	480
#define SIZE	(WIDTH * HEIGHT)

/* One is being filled, one being looked at; the others bridge delays. */
#define BUFFERS	4

static int node, fd[BUFFERS];
static uint32_t *frame[BUFFERS];

static void hand_over(unsigned int i)
{
	struct amp_bulk_send send = {
		.fd = fd[i], .op = BULK_FRAME, .length = SIZE, .cookie = i
	};

	if (ioctl(node, AMP_BULK_SEND, &send))
		err(1, "cannot pass buffer %u on", i);
}

static void look_at(unsigned int i, unsigned int number)
{
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_READ };
	uint32_t word;

	if (ioctl(fd[i], DMA_BUF_IOCTL_SYNC, &sync))
		err(1, "cannot begin to read");
	for (word = 0; word < SIZE / 4; word++)
		if (frame[i][word] != bulk_pixels(number, word))
			errx(1, "frame %u is wrong at word %u", number, word);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_READ;
	if (ioctl(fd[i], DMA_BUF_IOCTL_SYNC, &sync))
		err(1, "cannot end reading");
}

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/dev/amp-bulk0";
	unsigned int i, first = 0, frames = argc > 2 ? strtoul(argv[2], NULL, 10) : 64;
	struct amp_bulk_record record;

	node = open(path, O_RDWR);
	if (node < 0)
		err(1, "cannot open %s", path);
	for (i = 0; i < BUFFERS; i++) {
		struct amp_bulk_alloc alloc = { .size = SIZE, .flags = AMP_BULK_CACHED };

		if (ioctl(node, AMP_BULK_ALLOC, &alloc))
			err(1, "cannot allocate a buffer");
		fd[i] = alloc.fd;
		frame[i] = mmap(NULL, SIZE, PROT_READ, MAP_SHARED, fd[i], 0);
		if (frame[i] == MAP_FAILED)
			err(1, "cannot map a buffer");
		hand_over(i);
	}
	for (i = 0; i < frames; i++) {
		if (read(node, &record, sizeof(record)) < 0)
			err(1, "no frame has come");
		if (!i)
			first = record.status;
		if (record.status != first + i || record.length != SIZE)
			errx(1, "frame %u of %llu bytes in place of frame %u",
			     record.status, (unsigned long long)record.length, first + i);
		look_at(record.cookie, record.status);
		hand_over(record.cookie);
	}
	printf("%u frames of %ux%u\n", frames, WIDTH, HEIGHT);
	return 0;
}
