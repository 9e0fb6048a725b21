// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Announces the channel my_service, logs each message and answers "ACK".
 */
#include <string.h>

#include "amp.h"

static struct rpmsg_endpoint service;

static int on_message(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src,
		      void *priv)
{
	char text[97];
	size_t shown = len < sizeof(text) - 1 ? len : sizeof(text) - 1;
	size_t i;
	int ret;

	(void)priv;
	ret = rpmsg_sendto(ept, "ACK", 3, src);
	if (ret == RPMSG_ERR_NO_BUFF)
		return ret;

	memcpy(text, data, shown);
	/* What `echo hello >` sends ends with a newline. */
	if (shown && shown == len && text[shown - 1] == '\n')
		shown--;
	for (i = 0; i < shown; i++)
		if (text[i] < ' ' || text[i] > '~')
			text[i] = '.';
	text[shown] = '\0';
	amp_log("my_service: received %u bytes: %s", (unsigned int)len, text);
	return ret;
}

int main(void)
{
	amp_log("hello: started");
	amp_control_start(NULL);
	rpmsg_create_ept(&service, &amp_rpmsg, "my_service", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
			 on_message, NULL);
	amp_run();
}
