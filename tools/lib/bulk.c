// SPDX-License-Identifier: GPL-2.0
/*
 * libamp: bulk data, in buffers that are shared with a remote processor
 */
#include <errno.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "amp.h"
#include "internal.h"

static int sync_buffer(const struct amp_bulk_buffer *buffer,
		       unsigned long long flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_RW };

	return ioctl(buffer->fd, DMA_BUF_IOCTL_SYNC, &sync) ? -errno : 0;
}

int amp_open_bulk(const struct amp_core *core)
{
	return core->bulk[0] ? amp_open_node(core->bulk) : -ENOENT;
}

int amp_bulk_alloc(int fd, size_t size, struct amp_bulk_buffer *buffer)
{
	struct amp_bulk_alloc alloc = { .size = size, .flags = AMP_BULK_CACHED };
	int ret;

	if (ioctl(fd, AMP_BULK_ALLOC, &alloc))
		return -errno;
	buffer->fd = alloc.fd;
	buffer->size = size;
	buffer->data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
			    buffer->fd, 0);
	if (buffer->data == MAP_FAILED) {
		ret = -errno;
		close(buffer->fd);
		return ret;
	}
	ret = amp_bulk_take(buffer);
	if (ret)
		amp_bulk_free(buffer);

	return ret;
}

void amp_bulk_free(struct amp_bulk_buffer *buffer)
{
	munmap(buffer->data, buffer->size);
	close(buffer->fd);
}

int amp_bulk_send(int fd, const struct amp_bulk_buffer *buffer, size_t len,
		  unsigned int op, uint64_t cookie)
{
	struct amp_bulk_send send = {
		.fd = buffer->fd, .op = op, .length = len, .cookie = cookie
	};
	int ret = sync_buffer(buffer, DMA_BUF_SYNC_END);

	if (ret)
		return ret;

	return ioctl(fd, AMP_BULK_SEND, &send) ? -errno : 0;
}

int amp_bulk_take(const struct amp_bulk_buffer *buffer)
{
	return sync_buffer(buffer, DMA_BUF_SYNC_START);
}

int amp_bulk_receive(int fd, struct amp_bulk_record *record, int timeout_ms)
{
	ssize_t len = amp_receive(fd, record, sizeof(*record), timeout_ms);

	return len < 0 ? len : 0;
}
