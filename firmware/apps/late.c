// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Takes a tenth of a second before it uses its virtio device. Then it echoes on the channel
 * rpmsg-echo.
 */
#include "amp.h"
#include "platform.h"

static struct rpmsg_endpoint echo;

static int on_message(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src,
		      void *priv)
{
	(void)priv;
	return rpmsg_sendto(ept, data, len, src);
}

int main(void)
{
	platform_timer_start();
	while (platform_time_ms() < 100)
		amp_wait();
	amp_log("late: ready");
	amp_control_start(NULL);
	rpmsg_create_ept(&echo, &amp_rpmsg, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
			 on_message, NULL);
	amp_run();
}
