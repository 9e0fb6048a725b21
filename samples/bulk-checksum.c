// SPDX-License-Identifier: GPL-2.0
/*
 * Fills a buffer, passes it on to the firmware without a copy, and compares the
 * checksum that this works out: bulk-checksum [/dev/amp-bulkN [MIB]]
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

int main(int argc, char **argv)
{
	const char *path = argc > 1 ? argv[1] : "/dev/amp-bulk0";
	size_t i, size = (argc > 2 ? strtoul(argv[2], NULL, 10) : 16) << 20;
	struct amp_bulk_alloc alloc = { .size = size, .flags = AMP_BULK_CACHED };
	struct dma_buf_sync sync = { .flags = DMA_BUF_SYNC_START | DMA_BUF_SYNC_WRITE };
	struct amp_bulk_send send = { .op = BULK_CHECKSUM, .length = size };
	struct amp_bulk_record record;
	uint32_t *word, sum;
	int node;

	node = open(path, O_RDWR);
	if (node < 0)
		err(1, "cannot open %s", path);
	if (ioctl(node, AMP_BULK_ALLOC, &alloc))
		err(1, "cannot allocate %zu bytes", size);
	word = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, alloc.fd, 0);
	if (word == MAP_FAILED)
		err(1, "cannot map the buffer");

	/* Between the two it is ours to write to. */
	if (ioctl(alloc.fd, DMA_BUF_IOCTL_SYNC, &sync))
		err(1, "cannot begin to write");
	for (i = 0; i < size / 4; i++)
		word[i] = i * 0x9e3779b1u;
	sum = bulk_checksum(word, size);
	sync.flags = DMA_BUF_SYNC_END | DMA_BUF_SYNC_WRITE;
	if (ioctl(alloc.fd, DMA_BUF_IOCTL_SYNC, &sync))
		err(1, "cannot end writing");

	/* From here on it is the firmware's, until that gives it back. */
	send.fd = alloc.fd;
	if (ioctl(node, AMP_BULK_SEND, &send))
		err(1, "cannot pass the buffer on");
	if (read(node, &record, sizeof(record)) < 0)
		err(1, "the buffer has not come back");
	if (record.status != sum || record.length != size)
		errx(1, "the firmware's sum of %llu bytes is %08x, not %08x",
		     (unsigned long long)record.length, record.status, sum);
	printf("%zu bytes, checksum %08x on both sides\n", size, sum);
	return 0;
}
