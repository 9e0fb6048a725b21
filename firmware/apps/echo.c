// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Sends each message back to where it came from, on the channels rpmsg-echo and rpmsg-raw.
 */
#include "amp.h"

static struct rpmsg_endpoint echo, raw;

static int on_message(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_sendto(ept, data, len, src);
}

int main(void)
{
	amp_log("echo: started");
	amp_control_start(NULL);
	rpmsg_create_ept(&echo, &amp_rpmsg, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
			 on_message, NULL);
	rpmsg_create_ept(&raw, &amp_rpmsg, "rpmsg-raw", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
			 on_message, NULL);
	amp_run();
}
