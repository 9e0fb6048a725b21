/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Bulk data: buffers that Linux passes on by address, over the channel amp-bulk.
 *
 * All functions are for the main loop and callbacks.
 */
#ifndef AMP_BULK_LIB_H
#define AMP_BULK_LIB_H

#include <stddef.h>
#include <stdint.h>

#include "rpmsg.h"

/**
 * struct bulk_buf - a buffer that this core has until it gives it back
 * @id: of the transfer
 * @src: who it goes back to
 * @op: what Linux' program wants done with it, as both have agreed
 * @data: not cached; Linux doesn't touch it meanwhile
 * @length: in bytes
 * @cookie: Linux' program's own
 */
struct bulk_buf {
	uint32_t id;
	uint32_t src;
	uint32_t op;
	void *data;
	uint32_t length;
	uint64_t cookie;
};

/**
 * typedef bulk_cb - a buffer has come
 * @buf: the buffer; to be copied if it isn't given back at once
 *
 * Return: as a callback of an endpoint, so that the result of bulk_return() can be.
 */
typedef int (*bulk_cb)(const struct bulk_buf *buf);

/**
 * bulk_start() - announce the channel
 * @cb: called for each buffer
 *
 * Needs the memory that the board's device tree reserves for it. Without an MPU region to
 * reach it by, it is not announced, and that is logged.
 */
void bulk_start(bulk_cb cb);

/**
 * bulk_return() - give a buffer back
 * @buf: the buffer
 * @status: for Linux' program
 * @length: of what is valid in it, in bytes; at most @buf->length
 *
 * Return: as rpmsg_sendto(). After RPMSG_ERR_NO_BUFF the buffer is still this core's.
 */
int bulk_return(const struct bulk_buf *buf, uint32_t status, uint32_t length);

#endif /* AMP_BULK_LIB_H */
