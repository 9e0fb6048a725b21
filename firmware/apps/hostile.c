// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * A broken, or malicious, core: does to Linux whatever this core can reach, as a seed says.
 *
 * The channel amp-hostile takes a command in each message:
 *
 *   run SEED	misbehave now; answered with "done SEED" afterwards, if there still is a way
 *   arm SEED	misbehave right after the next start, once; answered with "ok"
 *   ping	answered with "ok"
 *
 * The channel rpmsg-echo echoes; amp-bulk gives back what it has got, or something else.
 * What Linux hasn't reserved for this core is out of its own
 * reach here, as a firewall would have it. For an Armv7-M core.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "amp.h"
#include "amp_bulk.h"
#include "armv7m_regs.h"
#include "board.h"
#include "cpu.h"
#include "mu.h"
#include "platform.h"
#include "reg.h"

#define NAME		"amp-hostile"

/* The ring's used part ends with what the library marks it with. */
#define USED_SIZE(num)	(6 + 8 * (num))

#define ARMED		0x41524d44
#define MAX_ACTIONS	24
#define MAX_SPINS	20000

/* Reset leaves it alone, and so does start-up code: the far end of the stack. */
static volatile struct {
	uint32_t armed;
	uint32_t seed;
} *const kept = (void *)BOARD_DTCM_BASE;

static struct rpmsg_endpoint hostile, echo, bulk;
static const struct mu mu = { .base = BOARD_MU_BASE, .layout = &BOARD_MU_LAYOUT };

static struct {
	bool wanted;
	uint32_t seed;
} run;

static uint32_t random_state;

static uint32_t any(void)
{
	random_state ^= random_state << 13;
	random_state ^= random_state >> 17;
	random_state ^= random_state << 5;
	return random_state;
}

static uint32_t below(uint32_t n)
{
	return any() % n;
}

static bool one_in(uint32_t n)
{
	return !below(n);
}

/* Values at which checks begin and end */
static uint32_t evil(void)
{
	static const uint32_t values[] = {
		0, 1, 2, 7, 8, 15, 16, 17, 39, 40, 41, 52, 53, 54, 127, 128, 255, 256, 257, 480,
		495, 496, 497, 511, 512, 513, 1023, 1024, 1025, 4095, 4096, 8192, 0x7fff, 0x8000,
		0xffff, 0x10000, 0x7ffffffe, 0x7fffffff, 0x80000000, 0xffffff00, 0xfffffff0,
		0xfffffffe, 0xffffffff
	};

	return one_in(4) ? any() : values[below(sizeof(values) / sizeof(values[0]))];
}

static void spin(uint32_t n)
{
	volatile uint32_t i;

	for (i = 0; i < n; i++)
		;
}

/* In place of memory that isn't used here */
static void region_set(unsigned int n, uint32_t base, uint32_t size)
{
	reg_write(MPU_RNR, n);
	reg_write(MPU_RASR, 0);
	reg_write(MPU_RBAR, base);
	/* read and write, no execution, not cached, shareable */
	reg_write(MPU_RASR, 1u << 28 | 1u << 24 | 1u << 19 | 1u << 18 |
				    ((uint32_t)__builtin_ctz(size) - 1) << 1 | 1);
}

/* What the device tree reserves, and no more: the rest of that MiB is Linux'. */
static void confine(void)
{
	cpu_dsb();
	region_set(0, BOARD_SHM_RINGS_BASE, 0x10000);
	region_set(3, BOARD_SHM_BUFS_BASE, BOARD_SHM_BUFS_SIZE);
	region_set(5, BOARD_RSC_TABLE_BASE, BOARD_RSC_TABLE_SIZE);
	cpu_dsb();
	cpu_isb();
}

struct area {
	volatile uint8_t *at;
	uint32_t size;
};

static void scribble(struct area area, uint32_t times)
{
	while (times--) {
		uint32_t at = below(area.size) & ~3u, value = evil();

		if (at + 4 > area.size)
			at = 0;
		switch (below(3)) {
		case 0:
			area.at[at + below(4)] = value;
			break;
		case 1:
			*(volatile uint16_t *)(area.at + at + 2 * below(2)) = value;
			break;
		default:
			*(volatile uint32_t *)(area.at + at) = value;
			break;
		}
	}
}

static struct vring *some_ring(void)
{
	return one_in(2) ? &amp_rpmsg.tx : &amp_rpmsg.rx;
}

static void kick(void)
{
	platform_kick(0, amp_rpmsg.notifyid[0]);
}

/* A buffer of Linux', with this much room; NULL if there is none. */
static uint8_t *take(struct vring_buf *buf)
{
	uint32_t spins = 0;

	if (!rpmsg_is_up(&amp_rpmsg))
		return NULL;
	while (vring_get(&amp_rpmsg.tx, buf) != VRING_OK)
		if (spins++ > MAX_SPINS)
			return NULL;
	if (buf->len < sizeof(struct rpmsg_hdr))
		return NULL;
	return platform_da_to_va(buf->addr, buf->len);
}

static void give(const struct vring_buf *buf, uint32_t len)
{
	vring_put(&amp_rpmsg.tx, buf->head, len);
	kick();
}

static bool send(uint32_t dst, const void *data, uint32_t len)
{
	struct rpmsg_hdr hdr = { .src = 1024 + below(8), .dst = dst, .len = len };
	struct vring_buf buf;
	uint8_t *to = take(&buf);

	if (!to || len > buf.len - sizeof(hdr))
		return false;
	memcpy(to, &hdr, sizeof(hdr));
	memcpy(to + sizeof(hdr), data, len);
	give(&buf, sizeof(hdr) + len);
	return true;
}

/* Those that Linux gives out come one after the other. */
static uint32_t some_address(void)
{
	return one_in(4) ? evil() : 1024 + below(16);
}

static void do_used(void)
{
	struct vring *ring = some_ring();

	scribble((struct area){ (volatile uint8_t *)ring->used, USED_SIZE(ring->num) },
		 1 + below(8));
	if (one_in(2))
		ring->used->idx = ring->used_idx + evil();
	kick();
}

static void do_avail(void)
{
	struct vring *ring = some_ring();

	scribble((struct area){ (volatile uint8_t *)ring->avail, 4 + 2 * ring->num },
		 1 + below(32));
}

/* Flags and next of all of them: chains, also such as have no end */
static void do_descriptors(void)
{
	struct vring *ring = some_ring();
	volatile struct vring_desc *desc = (volatile struct vring_desc *)ring->desc;
	uint16_t flags = below(8), i, next = below(4);

	if (one_in(2)) {
		scribble((struct area){ (volatile uint8_t *)desc, 16 * ring->num }, 1 + below(64));
		return;
	}
	for (i = 0; i < ring->num; i++) {
		desc[i].flags = flags;
		desc[i].next = next == 3 ? evil() : (i + next) % ring->num;
	}
}

/* The same buffer twice, others' buffers, and lengths that are none */
static void do_lengths(void)
{
	uint32_t n = 1 + below(32);
	struct vring_buf buf;

	while (n-- && take(&buf)) {
		vring_put(&amp_rpmsg.tx, one_in(16) ? evil() : buf.head, evil());
		if (one_in(16))
			vring_put(&amp_rpmsg.tx, buf.head, 64);
	}
	if (one_in(4))
		vring_put(&amp_rpmsg.rx, evil(), evil());
	kick();
}

static void do_headers(void)
{
	uint32_t n = 1 + below(64);
	struct rpmsg_hdr hdr;
	struct vring_buf buf;
	uint8_t *to;

	while (n-- && (to = take(&buf))) {
		hdr = (struct rpmsg_hdr) {
			.src = evil(),
			.dst = some_address(),
			.reserved = evil(),
			.len = evil(),
			.flags = evil(),
		};
		memcpy(to, &hdr, sizeof(hdr));
		give(&buf, one_in(2) ? buf.len : below(buf.len + 1));
	}
}

/* Good when it is sent, and bad when it is looked at a second time */
static void do_double_fetch(void)
{
	struct rpmsg_hdr hdr = { .src = 1024, .dst = one_in(4) ? 53 : some_address(), .len = 40 };
	uint32_t n = 1 + below(8), i;
	struct vring_buf buf;
	volatile uint8_t *to;

	while (n-- && (to = take(&buf))) {
		volatile struct rpmsg_hdr *shared = (volatile struct rpmsg_hdr *)to;
		uint32_t times = below(2000);

		memcpy((void *)to, &hdr, sizeof(hdr));
		memset((void *)(to + sizeof(hdr)), 'd', 40);
		give(&buf, sizeof(hdr) + 40);
		for (i = 0; i < times; i++) {
			shared->len = i & 1 ? 40 : evil();
			shared->dst = i & 2 ? hdr.dst : evil();
			to[sizeof(hdr) + below(40)] = i;
		}
	}
}

static void some_name(char *name)
{
	static const char * const names[] = {
		"rpmsg-raw", "rpmsg-echo", "rpmsg_chrdev", "rpmsg_ctrl", "rpmsg_ns", "amp-control",
		"amp-bulk", "rpmsg-tty", "a/b", "a!b", "../../x", ".", "%s%n%p", "rpmsg-client-sample",
		"0123456789012345678901234567890", "with a space", "dev\\name", "amp.-1.1"
	};
	uint32_t i;

	memset(name, 0, RPMSG_NAME_SIZE);
	switch (below(4)) {
	case 0:
		/* often without an end, and hardly ever one that can be shown */
		for (i = 0; i < RPMSG_NAME_SIZE; i++)
			name[i] = any();
		break;
	case 1:
		for (i = 0; i < RPMSG_NAME_SIZE; i++)
			name[i] = 'a' + below(26);
		break;
	default:
		strcpy(name, names[below(sizeof(names) / sizeof(names[0]))]);
		break;
	}
}

static bool announce(const char *name, uint32_t addr, uint32_t flags)
{
	struct rpmsg_ns_msg msg = { .addr = addr, .flags = flags };

	memcpy(msg.name, name, sizeof(msg.name));
	return send(RPMSG_NS_EPT_ADDR, &msg, one_in(32) ? below(64) : sizeof(msg));
}

/* New ones, known ones, and the end of those that others have announced */
static void do_name_service(void)
{
	static const char * const ours[] = { "rpmsg-echo", "amp-control", "amp-bulk" };
	uint32_t n = 1 + below(48);
	char name[RPMSG_NAME_SIZE];

	while (n--) {
		some_name(name);
		if (one_in(8)) {
			struct rpmsg_endpoint *ept = amp_rpmsg.endpoints;

			while (ept->next && one_in(2))
				ept = ept->next;
			memset(name, 0, sizeof(name));
			strcpy(name, ours[below(3)]);
			if (!announce(name, ept->addr, RPMSG_NS_DESTROY))
				return;
		} else if (!announce(name, one_in(2) ? 0x400 + below(8) : evil(),
				     one_in(4) ? evil() : below(2))) {
			return;
		}
	}
}

static void do_storm(void)
{
	uint32_t n = one_in(16) ? 10000 : 300, i;
	bool same = one_in(2), numbered = one_in(2);
	char name[RPMSG_NAME_SIZE] = { 0 };

	some_name(name);
	for (i = 0; i < n; i++) {
		if (numbered)
			snprintf(name, sizeof(name), "storm-%lu", (unsigned long)i);
		if (!announce(name, same ? 0x500 : 0x10000 + i, same ? i & 1 : RPMSG_NS_CREATE))
			return;
	}
}

static void do_mailbox(void)
{
	uint32_t n = 1 + below(one_in(16) ? 20000 : 500), word = evil();
	bool same = one_in(2), bell = one_in(64);

	/* Not the word that tells of a fault */
	while (n--) {
		if (!same)
			word = one_in(2) ? below(20) << 16 : evil();
		if (word == AMP_FAULT_WORD)
			continue;
		if (mu_can_send(&mu, BOARD_MU_KICK_REG))
			mu_send(&mu, BOARD_MU_KICK_REG, word);
		if (bell && one_in(100))
			mu_ring(&mu, BOARD_MU_DOORBELL);
	}
}

static void do_control(void)
{
	struct {
		struct amp_control_msg msg;
		uint8_t text[300];
	} out;
	uint32_t n = 1 + below(16), i;

	while (n--) {
		for (i = 0; i < sizeof(out.text); i++)
			out.text[i] = any();
		out.msg.type = one_in(4) ? evil() : 5 + below(2);
		out.msg.text_len = evil();
		out.msg.value = one_in(2) ? below(4) : evil();
		send(some_address(), &out, one_in(4) ? below(sizeof(out)) : sizeof(out.msg));
	}
}

static void do_bulk(void)
{
	struct amp_bulk_answer answer;
	uint32_t n = 1 + below(16);

	while (n--) {
		answer.id = one_in(4) ? evil() : below(64);
		answer.status = evil();
		answer.length = evil();
		answer.reserved = evil();
		send(one_in(4) ? some_address() : bulk.dest_addr, &answer,
		     one_in(8) ? below(16) : sizeof(answer));
	}
}

/* As if it were good, mostly */
static int on_bulk(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	struct amp_bulk_answer answer = { .length = 0 };
	struct amp_bulk_msg msg;

	(void)ept;
	(void)priv;
	if (len != sizeof(msg))
		return 0;
	memcpy(&msg, data, sizeof(msg));
	answer.id = one_in(8) ? evil() : msg.id;
	if (one_in(4))
		answer.length = one_in(2) ? msg.length : evil();
	send(src, &answer, sizeof(answer));
	return 0;
}

/* What Linux has put there comes back: this library follows it as well. */
static void do_table(void)
{
	struct amp_resource_table was;
	volatile uint8_t *to = (volatile uint8_t *)&amp_rsc_table;
	const uint8_t *from = (const uint8_t *)&was;
	uint32_t n = 1 + below(200), i;

	memcpy(&was, (void *)to, sizeof(was));
	while (n--) {
		switch (below(6)) {
		case 0:
			amp_rsc_table.vdev.num_of_vrings = evil();
			amp_rsc_table.vdev.config_len = evil();
			break;
		case 1:
			amp_rsc_table.vdev.dfeatures = evil() | (1u << VIRTIO_RPMSG_F_BUFSZ);
			break;
		case 2:
			amp_rsc_table.vdev.status = evil();
			break;
		case 3:
			amp_rsc_table.vdev.status |= VIRTIO_STATUS_DRIVER_OK;
			break;
		default:
			scribble((struct area){ to, sizeof(was) }, 1);
			break;
		}
		spin(below(2000));
	}
	if (one_in(4))
		return;
	for (i = 0; i < sizeof(was); i++)
		to[i] = from[i];
}

static void do_log(void)
{
	static volatile struct log_ring *const ring = &amp_log_ring;
	uint32_t n = 1 + below(64);

	while (n--) {
		switch (below(4)) {
		case 0:
			ring->header.head = evil();
			break;
		case 1:
			ring->header.head += evil();
			break;
		case 2:
			ring->header.size = evil();
			break;
		default:
			ring->header.magic = one_in(2) ? AMP_LOG_MAGIC : evil();
			break;
		}
		spin(below(500));
	}
	ring->header.magic = AMP_LOG_MAGIC;
	memset(amp_trace, 'x', one_in(2) ? BOARD_TRACE_SIZE : below(BOARD_TRACE_SIZE));
}

/* Until this core is reset */
static void never_end(bool mailbox)
{
	cpu_irq_disable();
	for (;;) {
		if (!mailbox)
			amp_rsc_table.vdev.status = evil();
		else if (mu_can_send(&mu, BOARD_MU_KICK_REG))
			mu_send(&mu, BOARD_MU_KICK_REG, below(4) << 16);
	}
}

static void do_fault(void)
{
	struct amp_fault_record record;

	switch (below(16)) {
	case 0:
		__asm__ volatile("udf #0");
		break;
	case 1:
		scribble((struct area){ (volatile uint8_t *)&amp_fault, sizeof(amp_fault) }, 8);
		mu_send(&mu, BOARD_MU_KICK_REG, AMP_FAULT_WORD);
		break;
	case 2:
		record.kind = evil();
		platform_fault(&record);
		break;
	case 3:
		amp_panic("%s%n\x1b[2J\n<3>a line of its own");
	case 4:
		platform_halt();
	case 5:
		cpu_irq_disable();
		for (;;)
			;
	case 6:
		platform_announce();
		spin(1000);
		platform_announce();
		break;
	case 7:
		never_end(true);
		break;
	case 8:
		never_end(false);
		break;
	default:
		break;
	}
}

/* As fast as there are buffers, and longer than anyone reads */
static void do_flood(void)
{
	uint32_t n = 1 + below(one_in(8) ? 5000 : 300), dst = some_address(), len = below(480);
	static uint8_t data[480];

	while (n--)
		if (!send(one_in(50) ? some_address() : dst, data, len))
			return;
}

static void (*const actions[])(void) = {
	do_used, do_avail, do_descriptors, do_lengths, do_headers, do_headers, do_double_fetch,
	do_name_service, do_name_service, do_storm, do_mailbox, do_control, do_control, do_bulk,
	do_table, do_log, do_fault, do_flood
};

#define NUM_ACTIONS	(sizeof(actions) / sizeof(actions[0]))

/* Few kinds for each seed, so that what ends the core's life comes early in some only. */
static void misbehave(uint32_t seed)
{
	uint32_t n, kinds, kind[4], i;
	char text[32];

	random_state = seed * 2654435761u ^ 0x9e3779b9;
	if (!random_state)
		random_state = 1;
	for (i = 0; i < 8; i++)
		any();
	n = 1 + below(MAX_ACTIONS);
	kinds = 1 + below(4);
	for (i = 0; i < kinds; i++)
		kind[i] = below(NUM_ACTIONS);
	while (n--) {
		actions[kind[below(kinds)]]();
		if (one_in(4))
			spin(below(MAX_SPINS));
		if (one_in(2))
			amp_poll();
	}
	rpmsg_send(&hostile, text, snprintf(text, sizeof(text), "done %lu", (unsigned long)seed));
}

static int on_command(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	char line[32], *arg;

	(void)priv;
	len = len < sizeof(line) - 1 ? len : sizeof(line) - 1;
	memcpy(line, data, len);
	line[len] = '\0';
	arg = line + strcspn(line, " ");
	ept->dest_addr = src;
	if (!strncmp(line, "run", 3)) {
		run.seed = strtoul(arg, NULL, 10);
		run.wanted = true;
		return 0;
	}
	if (!strncmp(line, "arm", 3)) {
		kept->seed = strtoul(arg, NULL, 10);
		kept->armed = ARMED;
	}
	return rpmsg_sendto(ept, "ok", 2, src);
}

static int on_echo(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	return rpmsg_sendto(ept, data, len, src);
}

/* The chance to be there when Linux sets things up: it reads the table then. */
static void begin(void)
{
	uint32_t seed = kept->seed;

	if (kept->armed != ARMED)
		return;
	kept->armed = 0;
	while (!rpmsg_is_up(&amp_rpmsg)) {
		if (seed & 1)
			amp_rsc_table.vdev.status |= VIRTIO_STATUS_DRIVER_OK;
		if (seed & 2)
			amp_rsc_table.vdev.dfeatures |= 1u << VIRTIO_RPMSG_F_BUFSZ;
		if (seed & 4) {
			amp_rsc_table.vdev.num_of_vrings = 0xff;
			amp_rsc_table.vdev.config_len = 0xffff;
		}
		amp_poll();
	}
	misbehave(seed);
}

int main(void)
{
	random_state = 1;
	confine();
	amp_log("hostile: started");
	amp_control_start(NULL);
	rpmsg_create_ept(&echo, &amp_rpmsg, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_echo,
			 NULL);
	rpmsg_create_ept(&bulk, &amp_rpmsg, "amp-bulk", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_bulk,
			 NULL);
	rpmsg_create_ept(&hostile, &amp_rpmsg, NAME, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, on_command,
			 NULL);
	begin();
	for (;;) {
		amp_poll();
		if (run.wanted) {
			run.wanted = false;
			misbehave(run.seed);
		}
		amp_wait();
	}
}
