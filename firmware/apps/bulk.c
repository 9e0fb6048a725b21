// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Works on bulk data: sums it up, inverts it, keeps a file, or fills buffers with frames as a
 * camera does.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "amp.h"
#include "bulk.h"
#include "bulk_ops.h"
#include "platform.h"

/* Time between two frames, in milliseconds */
#define FRAME_MS PLATFORM_TICK_MS

/* Buffers in the order in which they came */
struct queue {
	struct bulk_buf buf[BULK_MAX_KEPT];
	unsigned int count;
};

static struct queue frames, held, file;
static struct bulk_stat stat;
static uint32_t frame, due;

static int keep(struct queue *queue, const struct bulk_buf *buf)
{
	if (queue->count == BULK_MAX_KEPT)
		return bulk_return(buf, BULK_REFUSED, 0);
	queue->buf[queue->count++] = *buf;
	return 0;
}

static void drop_first(struct queue *queue)
{
	unsigned int i;

	for (i = 1; i < queue->count; i++)
		queue->buf[i - 1] = queue->buf[i];
	queue->count--;
}

static void invert(volatile uint32_t *word, uint32_t length)
{
	for (length /= 4; length; length--, word++)
		*word = ~*word;
}

static int give_back(struct queue *queue)
{
	while (queue->count) {
		int ret = bulk_return(&queue->buf[0], 0, queue->buf[0].length);

		if (ret < 0)
			return ret;
		drop_first(queue);
	}
	return 0;
}

static int release(const struct bulk_buf *buf)
{
	int ret = give_back(&held);

	if (ret == 0)
		ret = give_back(&file);
	if (ret < 0)
		return ret;
	stat = (struct bulk_stat) { 0 };
	return bulk_return(buf, 0, buf->length);
}

static int put_part(const struct bulk_buf *buf)
{
	if (buf->cookie != stat.length || file.count == BULK_MAX_KEPT)
		return bulk_return(buf, BULK_REFUSED, 0);
	stat.crc = bulk_crc(stat.crc, buf->data, buf->length);
	stat.length += buf->length;
	return keep(&file, buf);
}

static int get_part(const struct bulk_buf *buf)
{
	uint64_t offset = buf->cookie;
	uint32_t done = 0;
	unsigned int i;

	for (i = 0; i < file.count && done < buf->length; i++) {
		const struct bulk_buf *part = &file.buf[i];
		uint32_t length;

		if (offset >= part->length) {
			offset -= part->length;
			continue;
		}
		length = part->length - (uint32_t)offset;
		if (length > buf->length - done)
			length = buf->length - done;
		memcpy((char *)buf->data + done, (char *)part->data + offset, length);
		done += length;
		offset = 0;
	}
	return bulk_return(buf, 0, done);
}

static int tell_stat(const struct bulk_buf *buf)
{
	if (buf->length < sizeof(stat))
		return bulk_return(buf, BULK_REFUSED, 0);
	memcpy(buf->data, &stat, sizeof(stat));
	return bulk_return(buf, 0, sizeof(stat));
}

static int pause(const struct bulk_buf *buf)
{
	while (!*(volatile uint32_t *)buf->data)
		amp_wait();
	return bulk_return(buf, 0, buf->length);
}

static int lie(const struct bulk_buf *buf)
{
	struct bulk_buf wrong = *buf;
	int ret;

	ret = bulk_return(buf, 0, buf->length + 1);
	if (ret == RPMSG_ERR_NO_BUFF)
		return ret;
	bulk_return(buf, 0, UINT32_MAX);
	wrong.id++;
	bulk_return(&wrong, 0, buf->length);
	wrong.id = buf->id - 1;
	bulk_return(&wrong, 0, 0);
	ret = bulk_return(buf, BULK_LIES, buf->length);
	/* Not more than once is it Linux' again. */
	bulk_return(buf, 0, 0);
	return ret;
}

static int on_words(const struct bulk_buf *buf)
{
	if ((uintptr_t)buf->data % 4 || buf->length % 4)
		return bulk_return(buf, BULK_REFUSED, 0);

	switch (buf->op & 0xff) {
	case BULK_CHECKSUM:
		return bulk_return(buf, bulk_checksum(buf->data, buf->length), buf->length);
	case BULK_INVERT:
		invert(buf->data, buf->length);
		return bulk_return(buf, bulk_checksum(buf->data, buf->length), buf->length);
	case BULK_FRAME:
		if (buf->op >> 8)
			frame = buf->op >> 8;
		return keep(&frames, buf);
	case BULK_CRASH:
		*(volatile uint32_t *)buf->data = buf->length;
		amp_panic("with a buffer of Linux");
	case BULK_PAUSE:
		return pause(buf);
	default:
		return bulk_return(buf, BULK_REFUSED, 0);
	}
}

static int on_buffer(const struct bulk_buf *buf)
{
	switch (buf->op & 0xff) {
	case BULK_HOLD:
		return keep(&held, buf);
	case BULK_RELEASE:
		return release(buf);
	case BULK_LIE:
		return lie(buf);
	case BULK_PUT:
		return put_part(buf);
	case BULK_STAT:
		return tell_stat(buf);
	case BULK_GET:
		return get_part(buf);
	default:
		return on_words(buf);
	}
}

static void take_picture(void)
{
	const struct bulk_buf *buf = &frames.buf[0];
	volatile uint32_t *word = buf->data;
	uint32_t i;

	if (!frames.count || (int32_t)(platform_time_ms() - due) < 0)
		return;
	for (i = 0; i < buf->length / 4; i++)
		word[i] = bulk_pixels(frame, i);
	if (bulk_return(buf, frame, buf->length) == RPMSG_ERR_NO_BUFF)
		return;
	frame++;
	due = platform_time_ms() + FRAME_MS;
	drop_first(&frames);
}

int main(void)
{
	amp_log("bulk: started");
	amp_control_start(NULL);
	bulk_start(on_buffer);
	platform_timer_start();
	for (;;) {
		amp_poll();
		take_picture();
		amp_wait();
	}
}
