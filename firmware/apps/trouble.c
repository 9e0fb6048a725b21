// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Does what firmware should not do, on request: the channel amp-trouble takes one command
 * in each message and answers "ok" before it obeys, or "what?". The commands are in the
 * table at the end. The channel rpmsg-echo echoes. For an Armv7-M core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp.h"
#include "armv7m_regs.h"
#include "cpu.h"
#include "platform.h"
#include "reg.h"

#define LINUX_MEMORY	0x48000000	/* the MPU refuses it */
#define HOLE		0x20100000	/* nothing is there */
#define TRAP_SIZE	1024		/* what NXP's firmware takes the table for */
#define RAW_TIMEOUT_MS	5000

static struct rpmsg_endpoint trouble, echo;

/* A message to be sent later, or a command to be obeyed then. */
static struct {
	bool wanted;
	bool command;
	uint32_t due;
	char text[64];
} later;

/* Since the start of the firmware. */
static unsigned long obeyed;

static void do_mem(const char *arg)
{
	reg_write(*arg ? strtoul(arg, NULL, 16) : LINUX_MEMORY, 0x74726f75);
}

static void do_bus(const char *arg)
{
	(void)arg;
	/* Or it would be the MPU that refuses. */
	reg_write(MPU_CTRL, 0);
	cpu_dsb();
	cpu_isb();
	reg_read(HOLE);
}

static void do_usage(const char *arg)
{
	(void)arg;
	__asm__ volatile("udf #0");
}

static void do_hardfault(const char *arg)
{
	/* A fault whose own handler is off. */
	reg_write(SCB_SHCSR, 0);
	cpu_dsb();
	do_usage(arg);
}

static void do_heartbeat(const char *arg)
{
	amp_heartbeat(strtoul(arg, NULL, 10));
}

static void do_mute(const char *arg)
{
	(void)arg;
	reg_write(SYST_CSR, 0);
}

static void do_hang(const char *arg)
{
	(void)arg;
	cpu_irq_disable();
	for (;;)
		;
}

static int hear_nothing(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src,
			void *priv)
{
	(void)ept, (void)data, (void)len, (void)src, (void)priv;
	return 0;
}

static void do_deaf(const char *arg)
{
	struct rpmsg_endpoint *ept;

	(void)arg;
	for (ept = amp_rpmsg.endpoints; ept; ept = ept->next)
		if (!strcmp(ept->name, AMP_CONTROL_CHANNEL))
			ept->cb = hear_nothing;
}

static void do_ring(const char *arg)
{
	(void)arg;
	vring_put(&amp_rpmsg.tx, UINT16_MAX, sizeof(struct rpmsg_hdr));
	platform_kick(0, amp_rpmsg.notifyid[0]);
}

static void do_index(const char *arg)
{
	(void)arg;
	amp_rpmsg.tx.used->idx = (uint16_t)(amp_rpmsg.tx.used_idx + amp_rpmsg.tx.num + 1u);
	platform_kick(0, amp_rpmsg.notifyid[0]);
}

/* Takes the buffer at @va for a message, and sends it as it is told to. */
static void put_raw(uint8_t *va, uint16_t head, uint32_t used, uint16_t len, uint32_t dst)
{
	struct rpmsg_hdr hdr = { .src = trouble.addr, .dst = dst, .len = len };

	memcpy(va, &hdr, sizeof(hdr));
	vring_put(&amp_rpmsg.tx, head, used);
	if (vring_wants_kick(&amp_rpmsg.tx))
		platform_kick(0, amp_rpmsg.notifyid[0]);
}

static void do_raw(const char *arg)
{
	uint32_t n, used, len, dst, since;
	struct vring_buf buf;
	char *end;

	n = strtoul(arg, &end, 10);
	used = strtoul(end, &end, 10);
	len = strtoul(end, &end, 10);
	dst = strtoul(end, &end, 10);
	platform_timer_start();
	while (n) {
		since = platform_time_ms();
		while (vring_get(&amp_rpmsg.tx, &buf) != VRING_OK) {
			/* Linux gives back what it has read, unless it has lost it. */
			if (platform_time_ms() - since > RAW_TIMEOUT_MS) {
				amp_log("trouble: no buffer for %lu", (unsigned long)n);
				return;
			}
		}
		put_raw(platform_da_to_va(buf.addr, buf.len), buf.head, used, len, dst);
		n--;
	}
}

static void do_watchdog(const char *arg)
{
	platform_watchdog_start(*arg ? strtoul(arg, NULL, 10) : 1);
}

static void do_announce(const char *arg)
{
	(void)arg;
	platform_announce();
}

static void do_log(const char *arg)
{
	unsigned long i, n = strtoul(arg, NULL, 10);

	for (i = 0; i < n; i++)
		amp_log("trouble: line %lu", i);
}

static void put_off(const char *arg, bool command)
{
	char *text;
	uint32_t ms = strtoul(arg, &text, 10);

	if (*text == ' ')
		text++;
	memset(later.text, 0, sizeof(later.text));
	strncpy(later.text, text, sizeof(later.text) - 1);
	platform_timer_start();
	later.due = platform_time_ms() + ms;
	later.command = command;
	later.wanted = true;
}

static void do_later(const char *arg)
{
	put_off(arg, false);
}

static void do_after(const char *arg)
{
	put_off(arg, true);
}

static void do_count(const char *arg)
{
	char text[32];

	(void)arg;
	rpmsg_send(&trouble, text, snprintf(text, sizeof(text), "%lu", obeyed));
}

static void do_trap(const char *arg)
{
	const volatile uint32_t *from = (const volatile uint32_t *)&amp_rsc_table;
	volatile uint32_t *to = (volatile uint32_t *)(uintptr_t)amp_rpmsg.tx.desc;
	unsigned int i;

	(void)arg;
	for (i = 0; i < TRAP_SIZE / sizeof(*to); i++)
		to[i] = from[i];
	amp_log("trouble: trapped");
}

static void do_quit(const char *arg)
{
	(void)arg;
	platform_halt();
}

static const struct command {
	const char *name;
	void (*run)(const char *arg);
} commands[] = {
	{ "mem", do_mem },		/* [ADDRESS]: write there, to Linux' memory if not said */
	{ "bus", do_bus },		/* read where nothing is */
	{ "usage", do_usage },		/* an undefined instruction */
	{ "hardfault", do_hardfault },	/* a fault that has no handler */
	{ "panic", amp_panic },		/* TEXT: give up, and say why */
	{ "heartbeat", do_heartbeat },	/* MS: send heartbeats; 0 ends them */
	{ "mute", do_mute },		/* end them without a word */
	{ "hang", do_hang },		/* loop for ever, with interrupts off */
	{ "deaf", do_deaf },		/* ignore the control channel from now on */
	{ "ring", do_ring },		/* use a buffer that doesn't exist */
	{ "index", do_index },		/* say that more buffers are used than there are */
	{ "raw", do_raw },		/* N USED LEN DST: N messages to DST, of USED bytes with their
					   header, which says LEN bytes, whether that is true or not */
	{ "watchdog", do_watchdog },	/* [SECONDS]: start the watchdog, of one second if not said */
	{ "announce", do_announce },	/* say that the core has just started */
	{ "log", do_log },		/* N: write as many lines into the log */
	{ "later", do_later },		/* MS TEXT: send a message in so many ms, come what may */
	{ "after", do_after },		/* MS COMMAND: obey it in so many ms, come what may */
	{ "count", do_count },		/* send the number of commands obeyed so far */
	{ "trap", do_trap },		/* copy the resource table over ring 0, as NXP's do */
	{ "quit", do_quit },		/* sleep for ever */
};

/* Splits "name argument" in place. */
static const struct command *parse(char *line, const char **arg)
{
	char *end = line + strcspn(line, " \n");
	unsigned int i;

	line[strcspn(line, "\n")] = '\0';
	*arg = *end ? end + 1 : end;
	*end = '\0';
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++)
		if (!strcmp(commands[i].name, line))
			return &commands[i];
	return NULL;
}

static void obey(const struct command *command, const char *arg)
{
	obeyed++;
	amp_log("trouble: %s %s", command->name, arg);
	platform_flush();
	command->run(arg);
}

static int on_command(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src,
		      void *priv)
{
	const struct command *command;
	const char *reply, *arg;
	char line[256];
	int ret;

	(void)priv;
	len = len < sizeof(line) - 1 ? len : sizeof(line) - 1;
	memcpy(line, data, len);
	line[len] = '\0';
	command = parse(line, &arg);
	reply = command ? "ok" : "what?";
	ret = rpmsg_sendto(ept, reply, strlen(reply), src);
	if (command && ret != RPMSG_ERR_NO_BUFF)
		obey(command, arg);
	return ret;
}

static int on_echo(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_sendto(ept, data, len, src);
}

static void do_what_was_put_off(void)
{
	const struct command *command;
	const char *arg;

	if (!later.wanted || (int32_t)(platform_time_ms() - later.due) < 0)
		return;
	if (!later.command) {
		later.wanted = rpmsg_send(&trouble, later.text, strlen(later.text)) ==
			       RPMSG_ERR_NO_BUFF;
		return;
	}
	later.wanted = false;
	command = parse(later.text, &arg);
	if (command)
		obey(command, arg);
}

int main(void)
{
	amp_log("trouble: started");
	amp_control_start(NULL);
	rpmsg_create_ept(&echo, &amp_rpmsg, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_echo,
			 NULL);
	rpmsg_create_ept(&trouble, &amp_rpmsg, "amp-trouble", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
			 on_command, NULL);
	for (;;) {
		amp_poll();
		do_what_was_put_off();
		amp_wait();
	}
}
