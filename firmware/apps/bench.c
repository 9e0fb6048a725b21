// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The other end of what echo.c can't measure: many channels at once, and messages in one direction.
 *
 * All channels are named rpmsg-raw, the one name that mainline makes a character device of, and
 * are told apart by their addresses:
 *
 *   0x500 + n	echo, n < 64
 *   0x600	source: {number, length} has it send that many messages, whose first word counts up;
 *		a number of 0 stops it. The end is told by a message of 4 bytes, the number sent.
 *   0x601	sink: counts messages; one of 4 bytes is answered with their number, as 4 bytes.
 */
#include <string.h>

#include "amp.h"

#define NUM_ECHOES	64
#define ADDR_ECHO	0x500
#define ADDR_SOURCE	0x600
#define ADDR_SINK	0x601

static struct rpmsg_endpoint echo[NUM_ECHOES], source, sink;

static struct {
	bool running;
	uint32_t to;
	uint32_t wanted;
	uint32_t sent;
	uint32_t len;
} stream;

static uint32_t sunk;

static int on_echo(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_sendto(ept, data, len, src);
}

static int on_source(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	uint32_t command[2];

	(void)ept, (void)priv;
	if (len != sizeof(command))
		return RPMSG_ERR_PARAM;
	memcpy(command, data, sizeof(command));
	if (command[0]) {
		stream.sent = 0;
		stream.len = command[1];
		stream.to = src;
		stream.running = true;
	}
	stream.wanted = command[0];
	return 0;
}

/* Sends until Linux has no buffer left; the main loop is then woken up when it has one. */
static void stream_poll(void)
{
	size_t room;
	uint32_t *payload;

	while (stream.running) {
		bool last = stream.sent >= stream.wanted;
		size_t len = last ? sizeof(uint32_t) : stream.len;

		payload = rpmsg_get_tx_payload_buffer(&source, &room);
		if (!payload) {
			if (!rpmsg_is_up(&amp_rpmsg))
				stream.running = false;
			return;
		}
		*payload = stream.sent;
		if (rpmsg_sendto_nocopy(&source, payload, len, stream.to) < 0) {
			rpmsg_release_tx_buffer(&source, payload);
			stream.running = false;
			return;
		}
		if (last)
			stream.running = false;
		stream.sent++;
		/* There may be a command to stop. */
		if (!(stream.sent % 16))
			amp_poll();
	}
}

static int on_sink(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	int ret = 0;

	(void)data, (void)priv;
	if (len != sizeof(sunk)) {
		sunk++;
		return 0;
	}
	ret = rpmsg_sendto(ept, &sunk, sizeof(sunk), src);
	if (ret != RPMSG_ERR_NO_BUFF)
		sunk = 0;
	return ret;
}

int main(void)
{
	unsigned int i;

	amp_log("bench: started");
	amp_control_start(NULL);
	/* Endpoints are looked for in this order: what is measured isn't how long that takes. */
	rpmsg_create_ept(&sink, &amp_rpmsg, "rpmsg-raw", ADDR_SINK, RPMSG_ADDR_ANY, on_sink, NULL);
	rpmsg_create_ept(&source, &amp_rpmsg, "rpmsg-raw", ADDR_SOURCE, RPMSG_ADDR_ANY, on_source,
			 NULL);
	for (i = 0; i < NUM_ECHOES; i++)
		rpmsg_create_ept(&echo[i], &amp_rpmsg, "rpmsg-raw", ADDR_ECHO + i, RPMSG_ADDR_ANY,
				 on_echo, NULL);

	for (;;) {
		amp_poll();
		stream_poll();
		amp_wait();
	}
}
