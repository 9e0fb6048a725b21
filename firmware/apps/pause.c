// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Stops reading for a while: a message to rpmsg-pause with a number of milliseconds is answered
 * "ok", and for that long nothing is taken out of Linux' ring. Echoes on rpmsg-echo and
 * rpmsg-raw.
 */
#include <stdlib.h>
#include <string.h>

#include "amp.h"
#include "platform.h"

static struct rpmsg_endpoint control, echo, raw;

static int on_pause(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	uint32_t start, ms;
	char text[16] = "";
	int ret;

	(void)priv;
	memcpy(text, data, len < sizeof(text) ? len : sizeof(text) - 1);
	ms = strtoul(text, NULL, 10);
	ret = rpmsg_sendto(ept, "ok", 2, src);
	if (ret < 0)
		return ret;
	/* Here, and not in the main loop: what Linux sends after the answer stays where it is. */
	start = platform_time_ms();
	while (platform_time_ms() - start < ms)
		;
	return ret;
}

static int on_echo(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_sendto(ept, data, len, src);
}

int main(void)
{
	amp_log("pause: started");
	amp_control_start(NULL);
	rpmsg_create_ept(&control, &amp_rpmsg, "rpmsg-pause", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
			 on_pause, NULL);
	rpmsg_create_ept(&echo, &amp_rpmsg, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_echo,
			 NULL);
	rpmsg_create_ept(&raw, &amp_rpmsg, "rpmsg-raw", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_echo,
			 NULL);
	platform_timer_start();

	for (;;) {
		amp_poll();
		amp_wait();
	}
}
