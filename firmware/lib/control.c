// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Control channel, the remote side.
 */
#include <stdbool.h>
#include <string.h>

#include "amp.h"
#include "control.h"
#include "platform.h"
#include "protocol.h"

_Static_assert(sizeof(struct amp_control_msg) == 8, "wire format");

/* The endpoint's destination as long as Linux hasn't said HELLO. */
#define NOBODY 0

static struct {
	struct rpmsg_endpoint ept;
	const struct amp_control_hooks *hooks;
	uint32_t period_ms;		/* of heartbeats; 0 for none */
	uint32_t last_beat;
	bool beat_due;
	bool suspended;
	bool ending;
} control;

static int send(uint32_t dst, enum amp_control_type type, uint32_t value, const char *text)
{
	struct {
		struct amp_control_msg msg;
		char text[AMP_CONTROL_MAX_TEXT];
	} out;
	size_t len = strnlen(text, sizeof(out.text));

	out.msg.type = type;
	out.msg.text_len = len;
	out.msg.value = value;
	memcpy(out.text, text, len);
	return rpmsg_sendto(&control.ept, &out, sizeof(out.msg) + len, dst);
}

static void call(void (*hook)(void))
{
	if (hook)
		hook();
}

static void on_hello(uint32_t src)
{
	control.ept.dest_addr = src;
	control.suspended = false;
	control.beat_due = control.period_ms;
}

/* Linux may have no buffer for an answer: then the same message comes once more. */
static int on_shutdown(uint32_t src, uint32_t cookie)
{
	if (!control.ending) {
		control.ending = true;
		call(control.hooks->shutdown);
	}
	if (send(src, AMP_CONTROL_ACK, cookie, "") == RPMSG_ERR_NO_BUFF)
		return RPMSG_ERR_NO_BUFF;
	amp_log("control: shut down");
	platform_flush();
	platform_halt();
}

static int on_suspend(uint32_t src, uint32_t cookie)
{
	/* Or Linux would miss the heartbeats, the sooner the longer it takes to sleep. */
	if (control.period_ms &&
	    send(src, AMP_CONTROL_HEARTBEAT, 0, "") == RPMSG_ERR_NO_BUFF)
		return RPMSG_ERR_NO_BUFF;
	if (!control.suspended) {
		control.suspended = true;
		call(control.hooks->suspend);
	}
	if (send(src, AMP_CONTROL_ACK, cookie, "") == RPMSG_ERR_NO_BUFF)
		return RPMSG_ERR_NO_BUFF;
	amp_log("control: suspended");
	/* No replies either. What ends it is a message for this endpoint: RESUME. */
	rpmsg_hold(control.ept.rdev, control.ept.addr);
	return 0;
}

static void on_resume(void)
{
	if (!control.suspended)
		return;
	control.suspended = false;
	control.beat_due = control.period_ms;
	call(control.hooks->resume);
}

static int on_request(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src,
		      void *priv)
{
	struct amp_control_msg msg;

	(void)ept;
	(void)priv;
	if (len < sizeof(msg))
		return 0;
	memcpy(&msg, data, sizeof(msg));

	switch (msg.type) {
	case AMP_CONTROL_HELLO:
		on_hello(src);
		break;
	case AMP_CONTROL_SHUTDOWN:
		return on_shutdown(src, msg.value);
	case AMP_CONTROL_SUSPEND:
		return on_suspend(src, msg.value);
	case AMP_CONTROL_RESUME:
		on_resume();
		break;
	}
	return 0;
}

void amp_control_start(const struct amp_control_hooks *hooks)
{
	static const struct amp_control_hooks none;

	control.hooks = hooks ? hooks : &none;
	rpmsg_create_ept(&control.ept, &amp_rpmsg, AMP_CONTROL_CHANNEL, RPMSG_ADDR_ANY, NOBODY,
			 on_request, NULL);
}

static bool linux_listens(void)
{
	return rpmsg_is_up(&amp_rpmsg) && control.ept.rdev && control.ept.dest_addr != NOBODY;
}

void amp_heartbeat(uint32_t ms)
{
	if (ms && ms < PLATFORM_TICK_MS)
		ms = PLATFORM_TICK_MS;
	if (ms)
		platform_timer_start();
	control.period_ms = ms;
	control.beat_due = true;
	amp_wake();
}

/* For hosts, and firmware, without the channel. */
static void shutdown_by_mailbox(void)
{
	if (control.hooks && !control.ending)
		call(control.hooks->shutdown);
	amp_log("control: shut down by mailbox");
	platform_flush();
	platform_shutdown_answer();
	platform_halt();
}

void amp_control_poll(void)
{
	uint32_t now = platform_time_ms();

	if (platform_shutdown_asked())
		shutdown_by_mailbox();
	if (!linux_listens() || control.suspended)
		return;
	/* Now, unless the next tick will still be in time. */
	if (!control.beat_due &&
	    (!control.period_ms || now - control.last_beat + PLATFORM_TICK_MS <= control.period_ms))
		return;
	/* When it can't be sent, it stays due. */
	control.beat_due = send(control.ept.dest_addr, AMP_CONTROL_HEARTBEAT,
				control.period_ms, "") < 0;
	control.last_beat = now;
}

void amp_panic(const char *reason)
{
	const struct amp_fault_record here = {
		.kind = AMP_FAULT_OTHER,
		.pc = (uint32_t)(uintptr_t)__builtin_return_address(0),
	};

	amp_log("PANIC: %s", reason);
	if (!platform_in_interrupt() && linux_listens() &&
	    send(control.ept.dest_addr, AMP_CONTROL_PANIC, 0, reason) >= 0)
		platform_flush();
	else
		platform_fault(&here);
	platform_halt();
}
