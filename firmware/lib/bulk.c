// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Bulk data: buffers that Linux passes on by address.
 */
#include <string.h>

#include "amp.h"
#include "barrier.h"
#include "bulk.h"
#include "log.h"
#include "platform.h"
#include "protocol.h"

#include "amp_bulk.h"

_Static_assert(sizeof(struct amp_bulk_msg) == 24, "wire format");
_Static_assert(sizeof(struct amp_bulk_answer) == 16, "wire format");

static struct rpmsg_endpoint ept;
static bulk_cb callback;

static int on_message(struct rpmsg_endpoint *e, void *data, size_t len, uint32_t src, void *priv)
{
	struct amp_bulk_msg msg;
	struct bulk_buf buf;

	(void)e;
	(void)priv;
	if (len != sizeof(msg)) {
		amp_log("bulk: a message of %lu bytes", (unsigned long)len);
		return 0;
	}
	memcpy(&msg, data, sizeof(msg));
	buf = (struct bulk_buf){
		.id = msg.id,
		.src = src,
		.op = msg.op,
		.data = platform_da_to_va(msg.da, msg.length),
		.length = msg.length,
		.cookie = msg.cookie,
	};
	if (!buf.data) {
		amp_log("bulk: %lu bytes at %#lx are not shared memory",
			(unsigned long)msg.length, (unsigned long)msg.da);
		return bulk_return(&buf, UINT32_MAX, 0);
	}
	amp_mb();
	return callback(&buf);
}

int bulk_return(const struct bulk_buf *buf, uint32_t status, uint32_t length)
{
	struct amp_bulk_answer answer = { .id = buf->id, .status = status, .length = length };

	/* What was written must be there before Linux learns of it. */
	amp_mb();
	return rpmsg_sendto(&ept, &answer, sizeof(answer), buf->src);
}

void bulk_start(bulk_cb cb)
{
	callback = cb;
	if (!platform_open_bulk()) {
		amp_log("bulk: no MPU region is left");
		return;
	}
	rpmsg_create_ept(&ept, &amp_rpmsg, AMP_BULK_CHANNEL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
			 on_message, NULL);
}
