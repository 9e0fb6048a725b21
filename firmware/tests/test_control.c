// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The control channel against a Linux that is played here: what is answered, and when what
 * is sent without being asked for.
 */
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "ktap.h"

#include "../lib/control.c"

#define LINUX	1030u
#define OWN	1024u

struct rpmsg_device amp_rpmsg;
volatile struct amp_fault_record amp_fault;

/* ---- the machine ---- */

static struct {
	struct amp_control_msg msg;
	char text[AMP_CONTROL_MAX_TEXT + 1];
	size_t text_len;
	uint32_t dst;
} sent[16];
static unsigned int num_sent, buffers;
static bool flushed, timer, in_interrupt, is_up, faulted, asked, answered;
static uint32_t now, held_until;
static jmp_buf halt;

int rpmsg_create_ept(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev, const char *name,
		     uint32_t src, uint32_t dest, rpmsg_ept_cb cb, rpmsg_ns_unbind_cb unbind_cb)
{
	(void)unbind_cb;
	EXPECT(!strcmp(name, "amp-control"));
	EXPECT_EQ(src, RPMSG_ADDR_ANY);
	EXPECT(dest != RPMSG_ADDR_ANY);
	ept->rdev = rdev;
	ept->addr = OWN;
	ept->dest_addr = ept->fixed_dest = dest;
	ept->cb = cb;
	return 0;
}

int rpmsg_sendto(struct rpmsg_endpoint *ept, const void *data, size_t len, uint32_t dst)
{
	EXPECT_EQ(ept->addr, OWN);
	EXPECT(num_sent < 16 && len >= sizeof(struct amp_control_msg));
	if (!buffers)
		return RPMSG_ERR_NO_BUFF;
	buffers--;
	memset(&sent[num_sent], 0, sizeof(sent[0]));
	memcpy(&sent[num_sent].msg, data, sizeof(struct amp_control_msg));
	sent[num_sent].text_len = len - sizeof(struct amp_control_msg);
	EXPECT_EQ(sent[num_sent].text_len, sent[num_sent].msg.text_len);
	memcpy(sent[num_sent].text, (const char *)data + sizeof(struct amp_control_msg),
	       sent[num_sent].text_len);
	sent[num_sent++].dst = dst;
	flushed = false;
	return (int)len;
}

void rpmsg_hold(struct rpmsg_device *rdev, uint32_t until)
{
	EXPECT(rdev == &amp_rpmsg);
	held_until = until;
}

bool rpmsg_is_up(const struct rpmsg_device *rdev)
{
	(void)rdev;
	return is_up;
}

void platform_flush(void)
{
	flushed = true;
}

void platform_fault(const struct amp_fault_record *record)
{
	EXPECT_EQ(record->kind, AMP_FAULT_OTHER);
	faulted = true;
}

bool platform_shutdown_asked(void)
{
	return asked;
}

void platform_shutdown_answer(void)
{
	EXPECT(flushed);
	answered = true;
}

void platform_halt(void)
{
	longjmp(halt, 1);
}

bool platform_in_interrupt(void)
{
	return in_interrupt;
}

void platform_timer_start(void)
{
	timer = true;
}

uint32_t platform_time_ms(void)
{
	return now;
}

void amp_wake(void)
{
}

void amp_log(const char *fmt, ...)
{
	(void)fmt;
}

/* ---- the application ---- */

static unsigned int shutdowns, suspends, resumes, sent_before;

static void on_hook_shutdown(void)
{
	shutdowns++;
	sent_before = num_sent;
}

static void on_hook_suspend(void)
{
	suspends++;
	sent_before = num_sent;
}

static void on_hook_resume(void)
{
	resumes++;
}

static const struct amp_control_hooks hooks = {
	.shutdown = on_hook_shutdown,
	.suspend = on_hook_suspend,
	.resume = on_hook_resume,
};

/* ---- Linux ---- */

static int deliver(uint16_t type, uint32_t value)
{
	struct amp_control_msg msg = { .type = type, .value = value };

	return on_request(&control.ept, &msg, sizeof(msg), LINUX, NULL);
}

static void restart(void)
{
	memset(&control, 0, sizeof(control));
	num_sent = shutdowns = suspends = resumes = 0;
	held_until = 0;
	flushed = timer = in_interrupt = faulted = false;
	is_up = true;
	buffers = 16;
	now = 0xffffff00;
	amp_control_start(&hooks);
}

static void start(void)
{
	restart();
	EXPECT_EQ(deliver(AMP_CONTROL_HELLO, AMP_CONTROL_VERSION), 0);
	EXPECT_EQ(num_sent, 0);
}

static void expect_sent(unsigned int i, uint16_t type, uint32_t value)
{
	EXPECT(i < num_sent);
	EXPECT_EQ(sent[i].msg.type, type);
	EXPECT_EQ(sent[i].msg.value, value);
	EXPECT_EQ(sent[i].dst, LINUX);
}

/* Lets time pass, tick by tick. */
static void pass(uint32_t ms)
{
	for (; ms; ms -= PLATFORM_TICK_MS) {
		now += PLATFORM_TICK_MS;
		amp_control_poll();
	}
}

/* ---- cases ---- */

static void test_shutdown(void)
{
	volatile bool halted = false;

	start();
	if (setjmp(halt))
		halted = true;
	else
		deliver(AMP_CONTROL_SHUTDOWN, 0x12345678);
	EXPECT(halted);
	EXPECT_EQ(shutdowns, 1);
	EXPECT_EQ(sent_before, 0);
	EXPECT_EQ(num_sent, 1);
	expect_sent(0, AMP_CONTROL_ACK, 0x12345678);
	EXPECT(flushed);
}

static void test_no_buffer(void)
{
	volatile bool halted = false;

	start();
	buffers = 0;
	EXPECT_EQ(deliver(AMP_CONTROL_SUSPEND, 7), RPMSG_ERR_NO_BUFF);
	EXPECT_EQ(held_until, 0);
	buffers = 1;
	EXPECT_EQ(deliver(AMP_CONTROL_SUSPEND, 7), 0);
	EXPECT_EQ(suspends, 1);
	expect_sent(0, AMP_CONTROL_ACK, 7);

	EXPECT_EQ(deliver(AMP_CONTROL_SHUTDOWN, 8), RPMSG_ERR_NO_BUFF);
	buffers = 1;
	if (setjmp(halt))
		halted = true;
	else
		deliver(AMP_CONTROL_SHUTDOWN, 8);
	EXPECT(halted);
	EXPECT_EQ(shutdowns, 1);
	expect_sent(1, AMP_CONTROL_ACK, 8);
}

static void test_suspend(void)
{
	start();
	EXPECT_EQ(deliver(AMP_CONTROL_RESUME, 0), 0);
	EXPECT_EQ(resumes, 0);
	EXPECT_EQ(deliver(AMP_CONTROL_SUSPEND, 3), 0);
	EXPECT_EQ(suspends, 1);
	EXPECT_EQ(sent_before, 0);
	EXPECT_EQ(num_sent, 1);
	expect_sent(0, AMP_CONTROL_ACK, 3);
	EXPECT_EQ(held_until, OWN);

	/* Asked again, it answers again. */
	EXPECT_EQ(deliver(AMP_CONTROL_SUSPEND, 4), 0);
	EXPECT_EQ(suspends, 1);
	expect_sent(1, AMP_CONTROL_ACK, 4);

	EXPECT_EQ(deliver(AMP_CONTROL_RESUME, 0), 0);
	EXPECT_EQ(deliver(AMP_CONTROL_RESUME, 0), 0);
	EXPECT_EQ(resumes, 1);
	EXPECT_EQ(num_sent, 2);
}

static void test_heartbeat(void)
{
	unsigned int i;

	start();
	pass(1000);
	EXPECT(!timer);
	EXPECT_EQ(num_sent, 0);

	amp_heartbeat(100);
	EXPECT(timer);
	amp_control_poll();
	EXPECT_EQ(num_sent, 1);
	pass(1000);
	EXPECT_EQ(num_sent, 11);
	for (i = 0; i < num_sent; i++)
		expect_sent(i, AMP_CONTROL_HEARTBEAT, 100);

	/* The promised time is kept where ticks don't fit it, and a lack of buffers made up for. */
	start();
	amp_heartbeat(25);
	pass(110);
	EXPECT_EQ(num_sent, 6);
	buffers = 0;
	pass(100);
	buffers = 1;
	amp_control_poll();
	EXPECT_EQ(num_sent, 7);

	/* The end is said, once. */
	buffers = 9;
	amp_heartbeat(0);
	pass(1000);
	EXPECT_EQ(num_sent, 8);
	expect_sent(7, AMP_CONTROL_HEARTBEAT, 0);

	start();
	amp_heartbeat(1);
	amp_control_poll();
	expect_sent(0, AMP_CONTROL_HEARTBEAT, PLATFORM_TICK_MS);
}

static void test_heartbeat_needs_linux(void)
{
	restart();
	amp_heartbeat(100);
	pass(1000);
	EXPECT_EQ(num_sent, 0);
	deliver(AMP_CONTROL_HELLO, AMP_CONTROL_VERSION);
	amp_control_poll();
	EXPECT_EQ(num_sent, 1);

	/* The link goes down: rpmsg forgets the address. */
	is_up = false;
	control.ept.dest_addr = control.ept.fixed_dest;
	pass(1000);
	is_up = true;
	pass(1000);
	EXPECT_EQ(num_sent, 1);
	deliver(AMP_CONTROL_HELLO, AMP_CONTROL_VERSION);
	amp_control_poll();
	EXPECT_EQ(num_sent, 2);
}

static void test_heartbeat_sleeps(void)
{
	start();
	amp_heartbeat(100);
	amp_control_poll();
	buffers = 1;
	EXPECT_EQ(deliver(AMP_CONTROL_SUSPEND, 5), RPMSG_ERR_NO_BUFF);
	buffers = 16;
	EXPECT_EQ(deliver(AMP_CONTROL_SUSPEND, 5), 0);
	EXPECT_EQ(suspends, 1);
	expect_sent(1, AMP_CONTROL_HEARTBEAT, 0);
	EXPECT_EQ(sent[num_sent - 1].msg.type, AMP_CONTROL_ACK);
	num_sent = 0;
	pass(1000);
	EXPECT_EQ(num_sent, 0);
	deliver(AMP_CONTROL_RESUME, 0);
	amp_control_poll();
	EXPECT_EQ(num_sent, 1);
	expect_sent(0, AMP_CONTROL_HEARTBEAT, 100);

	/* A new HELLO ends a suspend as well. */
	deliver(AMP_CONTROL_SUSPEND, 6);
	num_sent = 0;
	deliver(AMP_CONTROL_HELLO, AMP_CONTROL_VERSION);
	amp_control_poll();
	EXPECT_EQ(num_sent, 1);
}

static bool panics(const char *reason)
{
	if (setjmp(halt))
		return true;
	amp_panic(reason);
}

static void test_panic(void)
{
	char text[AMP_CONTROL_MAX_TEXT + 50];

	start();
	EXPECT(panics("it burns"));
	EXPECT_EQ(num_sent, 1);
	expect_sent(0, AMP_CONTROL_PANIC, 0);
	EXPECT(!strcmp(sent[0].text, "it burns"));
	EXPECT(flushed && !faulted);

	start();
	memset(text, 'x', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	EXPECT(panics(text));
	EXPECT_EQ(sent[0].text_len, AMP_CONTROL_MAX_TEXT);
}

static void test_panic_by_fault(void)
{
	start();
	in_interrupt = true;
	EXPECT(panics("x"));
	EXPECT(faulted && !num_sent);

	start();
	buffers = 0;
	EXPECT(panics("x"));
	EXPECT(faulted);

	restart();
	EXPECT(panics("x"));
	EXPECT(faulted && !num_sent);

	start();
	is_up = false;
	EXPECT(panics("x"));
	EXPECT(faulted && !num_sent);
}

static void test_nonsense(void)
{
	struct amp_control_msg msg = { .type = AMP_CONTROL_SHUTDOWN };
	unsigned int type;

	start();
	/* Too short, and in memory of just that size. */
	for (size_t len = 0; len < sizeof(msg); len++) {
		void *data = malloc(len ? len : 1);

		memcpy(data, &msg, len);
		EXPECT_EQ(on_request(&control.ept, data, len, LINUX, NULL), 0);
		free(data);
	}
	for (type = 0; type < 20; type++)
		if (type < AMP_CONTROL_HELLO || type > AMP_CONTROL_RESUME)
			EXPECT_EQ(deliver(type, 1), 0);
	EXPECT_EQ(num_sent, 0);
	EXPECT_EQ(shutdowns + suspends + resumes, 0);
	EXPECT_EQ(control.ept.dest_addr, LINUX);

	/* No hooks. */
	start();
	amp_control_start(NULL);
	EXPECT_EQ(deliver(AMP_CONTROL_SUSPEND, 1), 0);
	EXPECT_EQ(deliver(AMP_CONTROL_RESUME, 1), 0);
}

static void test_mailbox(void)
{
	start();
	asked = true;
	answered = false;
	if (!setjmp(halt)) {
		amp_control_poll();
		EXPECT(!"still running");
	}
	EXPECT_EQ(shutdowns, 1);
	EXPECT(answered && !num_sent);

	/* Without the channel, too. */
	restart();
	control.hooks = NULL;
	answered = false;
	if (!setjmp(halt)) {
		amp_control_poll();
		EXPECT(!"still running");
	}
	EXPECT(answered);
	asked = false;
}

static const struct ktap_case cases[] = {
	{ "control: SHUTDOWN runs the hook, is answered, and halts", test_shutdown },
	{ "control: an answer waits for a buffer, and the hook runs once", test_no_buffer },
	{ "control: so does a shutdown by mailbox", test_mailbox },
	{ "control: SUSPEND holds messages back until RESUME", test_suspend },
	{ "control: heartbeats come in time, and end", test_heartbeat },
	{ "control: heartbeats need a HELLO", test_heartbeat_needs_linux },
	{ "control: heartbeats end for a suspend, and begin again", test_heartbeat_sleeps },
	{ "control: a panic says why", test_panic },
	{ "control: a panic that can't be sent is a fault", test_panic_by_fault },
	{ "control: short and unknown messages are passed over", test_nonsense },
};

KTAP_MAIN(cases)
