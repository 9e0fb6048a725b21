// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Sends each message back to where it came from, on channels that drivers of the Linux kernel
 * take: rpmsg-client-sample and rpmsg-tty. Also on rpmsg-echo, which is left to user space.
 */
#include "amp.h"

static struct rpmsg_endpoint ept[3];

static int on_message(struct rpmsg_endpoint *e, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_sendto(e, data, len, src);
}

int main(void)
{
	static const char * const name[] = { "rpmsg-client-sample", "rpmsg-tty", "rpmsg-echo" };
	unsigned int i;

	amp_log("clients: started");
	amp_control_start(NULL);
	for (i = 0; i < 3; i++)
		rpmsg_create_ept(&ept[i], &amp_rpmsg, name[i], RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
				 on_message, NULL);
	amp_run();
}
