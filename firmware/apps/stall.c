// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Takes no message: Linux' transmit ring fills up. Announces the channels rpmsg-stall,
 * rpmsg-echo and rpmsg-raw.
 */
#include "amp.h"

static struct rpmsg_endpoint ept[3];

static int on_message(struct rpmsg_endpoint *e, void *data, size_t len, uint32_t src, void *priv)
{
	(void)e, (void)data, (void)len, (void)src, (void)priv;
	return 0;
}

int main(void)
{
	static const char * const name[] = { "rpmsg-stall", "rpmsg-echo", "rpmsg-raw" };
	unsigned int i;

	amp_log("stall: started");
	rpmsg_hold(&amp_rpmsg, RPMSG_ADDR_ANY);
	for (i = 0; i < 3; i++)
		rpmsg_create_ept(&ept[i], &amp_rpmsg, name[i], RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
				 on_message, NULL);
	amp_run();
}
