// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The virtio device side against a driver as Linux' virtio_rpmsg is: in step, and with
 * each side in a thread of its own.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "ktap.h"
#include "barrier.h"
#include "platform.h"
#include "rpmsg.h"

#define SHM_DA		0x55000000u
#define SHM_SIZE	0x00100000u
#define RING0_DA	SHM_DA
#define RING1_DA	(SHM_DA + 0x8000)
#define BUFS_DA		(SHM_DA + 0x20000)
#define BUF_SIZE	512
#define MAX_PAYLOAD	(BUF_SIZE - 16)
#define ALIGN		4096

/* ---- the machine ---- */

static uint8_t shm[SHM_SIZE] __attribute__((aligned(4096)));
static volatile struct fw_rsc_vdev vdev;
static struct rpmsg_device rdev;
static unsigned int kicks[2];
static char last_log[256];
static unsigned int num_logs;
static void (*on_kick)(unsigned int ring);

void *platform_da_to_va(uint64_t da, uint32_t len)
{
	uint64_t offset = da - SHM_DA;

	return offset < SHM_SIZE && len <= SHM_SIZE - offset ? shm + offset : NULL;
}

void platform_kick(unsigned int ring, uint16_t notifyid)
{
	EXPECT_EQ(notifyid, vdev.vring[ring].notifyid);
	kicks[ring]++;
	if (on_kick)
		on_kick(ring);
}

void amp_log(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	vsnprintf(last_log, sizeof(last_log), fmt, args);
	va_end(args);
	num_logs++;
}

/* ---- the driver ---- */

struct driver_ring {
	volatile struct vring_desc *desc;
	volatile struct vring_avail *avail;
	volatile struct vring_used *used;
	uint32_t bufs_da;
	uint16_t num, avail_idx, last_used;
	uint16_t free[VRING_MAX_NUM];
	unsigned int num_free;
};

static struct driver_ring rxq, txq;	/* Linux' names: it receives on vring 0 */

static void ring_create(struct driver_ring *r, uint32_t da, uint16_t num, uint32_t bufs_da,
			uint16_t start)
{
	uint8_t *mem = shm + (da - SHM_DA);
	int i;

	memset(mem, 0, vring_size(num, ALIGN));
	r->desc = (void *)mem;
	r->avail = (void *)(mem + 16 * num);
	r->used = (void *)(mem + ((16 * num + 6 + 2 * num + ALIGN - 1) & ~(ALIGN - 1)));
	r->num = num;
	r->bufs_da = bufs_da;
	r->avail_idx = start;
	r->last_used = start;
	r->avail->idx = start;
	r->used->idx = start;
	r->num_free = 0;
	for (i = num - 1; i >= 0; i--)
		r->free[r->num_free++] = i;
}

static uint8_t *buf_of(struct driver_ring *r, uint16_t head)
{
	return shm + (r->bufs_da - SHM_DA) + head * BUF_SIZE;
}

static void make_available(struct driver_ring *r, uint16_t head)
{
	r->avail->ring[r->avail_idx & (r->num - 1)] = head;
	amp_mb();
	r->avail->idx = ++r->avail_idx;
}

static void add_buf(struct driver_ring *r, uint16_t head, uint32_t len, uint16_t flags)
{
	r->desc[head].addr = r->bufs_da + head * BUF_SIZE;
	r->desc[head].len = len;
	r->desc[head].flags = flags;
	make_available(r, head);
}

static bool device_wants_notify(struct driver_ring *r)
{
	amp_mb();
	return !(r->used->flags & VRING_USED_F_NO_NOTIFY);
}

/* Posts up to n receive buffers. */
static void post(unsigned int n)
{
	while (n-- && rxq.num_free)
		add_buf(&rxq, rxq.free[--rxq.num_free], BUF_SIZE, VRING_DESC_F_WRITE);
}

static bool drv_send(uint32_t src, uint32_t dst, const void *data, uint16_t len)
{
	struct rpmsg_hdr hdr = { .src = src, .dst = dst, .len = len };
	uint16_t head;

	if (!txq.num_free)
		return false;
	head = txq.free[--txq.num_free];
	memcpy(buf_of(&txq, head), &hdr, sizeof(hdr));
	memcpy(buf_of(&txq, head) + sizeof(hdr), data, len);
	add_buf(&txq, head, sizeof(hdr) + len, 0);
	return true;
}

/* Takes back what the device has consumed. */
static unsigned int reclaim(void)
{
	unsigned int n = 0;

	while (txq.used->idx != txq.last_used) {
		uint32_t id;

		amp_mb();
		id = txq.used->ring[txq.last_used++ & (txq.num - 1)].id;
		EXPECT(id < txq.num);
		txq.free[txq.num_free++] = id;
		n++;
	}
	return n;
}

/* Takes one message; its buffer is free, but not posted again. */
static bool recv_msg(struct rpmsg_hdr *hdr, uint8_t *data)
{
	uint32_t id, len;

	if (rxq.used->idx == rxq.last_used)
		return false;
	amp_mb();
	id = rxq.used->ring[rxq.last_used & (rxq.num - 1)].id;
	len = rxq.used->ring[rxq.last_used & (rxq.num - 1)].len;
	rxq.last_used++;
	EXPECT(id < rxq.num);
	memcpy(hdr, buf_of(&rxq, id), sizeof(*hdr));
	EXPECT_EQ(len, sizeof(*hdr) + hdr->len);
	EXPECT_EQ(hdr->reserved, 0);
	EXPECT_EQ(hdr->flags, 0);
	if (hdr->len <= MAX_PAYLOAD)
		memcpy(data, buf_of(&rxq, id) + sizeof(*hdr), hdr->len);
	rxq.free[rxq.num_free++] = id;
	return true;
}

static void create_rings(uint16_t num, uint16_t start)
{
	ring_create(&rxq, RING0_DA, num, BUFS_DA, start);
	ring_create(&txq, RING1_DA, num, BUFS_DA + num * BUF_SIZE, start);
	vdev.vring[0].da = RING0_DA;
	vdev.vring[1].da = RING1_DA;
	vdev.vring[0].num = vdev.vring[1].num = num;
	vdev.vring[0].align = vdev.vring[1].align = ALIGN;
	vdev.vring[0].notifyid = 4;
	vdev.vring[1].notifyid = 5;
	vdev.gfeatures = 1;
}

static void machine_reset(uint16_t num, uint16_t start)
{
	memset(&rdev, 0, sizeof(rdev));
	memset((void *)&vdev, 0, sizeof(vdev));
	memset(kicks, 0, sizeof(kicks));
	on_kick = NULL;
	num_logs = 0;
	create_rings(num, start);
	rpmsg_init(&rdev, &vdev);
}

/* ---- applications ---- */

static struct rpmsg_endpoint echo, raw;
static unsigned int calls;

static int echo_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)priv;
	calls++;
	return rpmsg_sendto(ept, data, len, src);
}

static int nocopy_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src,
		     void *priv)
{
	size_t room;
	void *reply = rpmsg_get_tx_payload_buffer(ept, &room);

	(void)priv;
	if (!reply)
		return RPMSG_ERR_NO_BUFF;
	memcpy(reply, data, len);
	return rpmsg_sendto_nocopy(ept, reply, len, src);
}

/* An echo endpoint at 1024, the link up, its announcement received, 8 entries. */
static void start_echo_at(uint16_t start)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];

	machine_reset(8, start);
	EXPECT_EQ(rpmsg_create_ept(&echo, &rdev, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY,
				   echo_cb, NULL),
		  0);
	post(8);
	vdev.status = 0xf;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(recv_msg(&hdr, data));
	post(1);
	kicks[0] = kicks[1] = 0;
	calls = 0;
}

static void start_echo(void)
{
	start_echo_at(0);
}

static void expect_echo(const char *text)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];

	EXPECT(drv_send(1030, 1024, text, strlen(text)));
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(recv_msg(&hdr, data));
	EXPECT_EQ(hdr.src, 1024);
	EXPECT_EQ(hdr.dst, 1030);
	EXPECT_EQ(hdr.len, strlen(text));
	EXPECT(!memcmp(data, text, strlen(text)));
	EXPECT(reclaim());
	post(1);
}

/* ---- cases ---- */

static void test_announce(void)
{
	struct rpmsg_hdr hdr;
	struct rpmsg_ns_msg ns;

	machine_reset(256, 0);
	rpmsg_create_ept(&echo, &rdev, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb,
			 NULL);
	post(256);
	vdev.status = 3;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(rxq.used->idx, 0);
	EXPECT(!rpmsg_is_up(&rdev));
	EXPECT_EQ(rpmsg_sendto(&echo, "x", 1, 1), RPMSG_ERR_DEV_STATE);

	vdev.status = 7;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(rpmsg_is_up(&rdev));
	EXPECT(recv_msg(&hdr, (uint8_t *)&ns));
	EXPECT_EQ(hdr.src, 1024);
	EXPECT_EQ(hdr.dst, 53);
	EXPECT_EQ(hdr.len, 40);
	EXPECT(!strcmp(ns.name, "rpmsg-echo"));
	EXPECT_EQ(ns.addr, 1024);
	EXPECT_EQ(ns.flags, 0);
	EXPECT_EQ(kicks[0], 1);

	/* One that comes later is announced at once. */
	rpmsg_create_ept(&raw, &rdev, "rpmsg-raw", 30, RPMSG_ADDR_ANY, echo_cb, NULL);
	EXPECT(recv_msg(&hdr, (uint8_t *)&ns));
	EXPECT(!strcmp(ns.name, "rpmsg-raw"));
	EXPECT_EQ(ns.addr, 30);
	EXPECT(!recv_msg(&hdr, (uint8_t *)&ns));
}

static void test_no_ns(void)
{
	machine_reset(8, 0);
	vdev.gfeatures = 0;
	rpmsg_create_ept(&echo, &rdev, "rpmsg-echo", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb,
			 NULL);
	post(8);
	vdev.status = 7;
	rpmsg_poll(&rdev);
	EXPECT_EQ(rxq.used->idx, 0);
	expect_echo("still answers");
}

static void test_announce_later(void)
{
	struct rpmsg_hdr hdr;
	struct rpmsg_ns_msg ns;

	machine_reset(8, 0);
	rpmsg_create_ept(&echo, &rdev, "a", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb, NULL);
	rpmsg_create_ept(&raw, &rdev, "b", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb, NULL);
	post(1);
	vdev.status = 7;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(recv_msg(&hdr, (uint8_t *)&ns));
	EXPECT(!strcmp(ns.name, "a"));
	EXPECT(device_wants_notify(&rxq));
	post(1);
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(recv_msg(&hdr, (uint8_t *)&ns));
	EXPECT(!strcmp(ns.name, "b"));
	EXPECT(!device_wants_notify(&rxq));
}

static void test_sizes(void)
{
	static const unsigned int sizes[] = { 0, 1, 2, 3, 15, 16, 17, 495, 496 };
	uint8_t out[MAX_PAYLOAD], in[MAX_PAYLOAD];
	struct rpmsg_hdr hdr;
	unsigned int i, j;

	start_echo();
	for (j = 0; j < 2; j++) {
		echo.cb = j ? nocopy_cb : echo_cb;
		for (i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
			unsigned int n;

			for (n = 0; n < sizes[i]; n++)
				out[n] = rand();
			EXPECT(drv_send(2000 + i, 1024, out, sizes[i]));
			EXPECT(!rpmsg_poll(&rdev));
			EXPECT(recv_msg(&hdr, in));
			EXPECT_EQ(hdr.dst, 2000 + i);
			EXPECT_EQ(hdr.len, sizes[i]);
			EXPECT(!memcmp(in, out, sizes[i]));
			EXPECT_EQ(reclaim(), 1);
			post(1);
		}
	}
}

static void test_too_long(void)
{
	static uint8_t data[MAX_PAYLOAD + 1];
	unsigned int i;

	start_echo();
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(rpmsg_sendto(&echo, data, sizeof(data), 1), RPMSG_ERR_BUFF_SIZE);
		EXPECT_EQ(rxq.used->idx, rxq.last_used);
	}
	EXPECT_EQ(rpmsg_sendto(&echo, data, MAX_PAYLOAD, 1), MAX_PAYLOAD);
}

static void test_wrap(void)
{
	char text[16];
	int i;

	start_echo_at(65000);
	for (i = 0; i < 140000 && !ktap_failed_here; i++) {
		snprintf(text, sizeof(text), "%d", i);
		expect_echo(text);
	}
	EXPECT_EQ(calls, 140000);
}

static void test_no_buffer(void)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];
	uint8_t i, next = 0;

	start_echo();
	/* Let the device use up its 8 buffers, and more messages wait. */
	for (i = 0; i < 8; i++)
		EXPECT(drv_send(1030, 1024, &i, 1));
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(reclaim(), 8);
	EXPECT(!device_wants_notify(&rxq));
	for (; i < 12; i++)
		EXPECT(drv_send(1030, 1024, &i, 1));
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(reclaim(), 0);
	EXPECT_EQ(rdev.stats.rx, 8);
	EXPECT(device_wants_notify(&rxq));
	EXPECT(!device_wants_notify(&txq));

	/* A wake-up for another reason doesn't deliver it again. */
	calls = 0;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(calls, 0);

	/* Buffers come one at a time. */
	while (recv_msg(&hdr, data)) {
		EXPECT_EQ(data[0], next++);
		EXPECT(next > 4 || device_wants_notify(&rxq));
		post(1);
		rpmsg_poll(&rdev);
	}
	EXPECT_EQ(next, 12);
	EXPECT_EQ(reclaim(), 4);
	EXPECT_EQ(rdev.stats.rx, 12);
	EXPECT(device_wants_notify(&txq));
	expect_echo("goes on");
}

static void test_no_interrupt(void)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];

	start_echo();
	expect_echo("both");
	EXPECT_EQ(kicks[0], 1);
	EXPECT_EQ(kicks[1], 1);

	txq.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	expect_echo("as mainline's");
	EXPECT_EQ(kicks[0], 2);
	EXPECT_EQ(kicks[1], 1);

	rxq.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	expect_echo("quiet");
	EXPECT_EQ(kicks[0], 2);
	EXPECT_EQ(kicks[1], 1);

	txq.avail->flags = 0;
	drv_send(1030, 1024, "y", 1);
	rpmsg_poll(&rdev);
	EXPECT(recv_msg(&hdr, data));
	EXPECT_EQ(kicks[0], 2);
	EXPECT_EQ(kicks[1], 2);
}

static bool notify_in_cb;

static int look_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)ept, (void)data, (void)len, (void)src, (void)priv;
	notify_in_cb = device_wants_notify(&txq);
	/* A message that arrives unannounced while the ring is being emptied. */
	if (!calls++)
		drv_send(1, 1024, "late", 4);
	return 0;
}

static void test_no_notify(void)
{
	start_echo();
	EXPECT(!device_wants_notify(&rxq));
	EXPECT(device_wants_notify(&txq));
	echo.cb = look_cb;
	notify_in_cb = true;
	EXPECT(drv_send(1, 1024, "x", 1));
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(!notify_in_cb);
	EXPECT_EQ(calls, 2);
	EXPECT(device_wants_notify(&txq));
}

static void test_hold(void)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];
	uint8_t i;

	start_echo();
	EXPECT_EQ(rpmsg_create_ept(&raw, &rdev, NULL, 30, RPMSG_ADDR_ANY, look_cb, NULL), 0);
	/* Old entries that would end it lie behind the new ones. */
	calls = 1;
	for (i = 0; i < 8; i++)
		EXPECT(drv_send(1030, 30, &i, 1));
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(reclaim(), 8);
	raw.cb = echo_cb;
	calls = 0;

	rpmsg_hold(&rdev, 30);
	for (i = 0; i < 3; i++) {
		EXPECT(drv_send(1030, 1024, &i, 1));
		EXPECT(!rpmsg_poll(&rdev));
		EXPECT(device_wants_notify(&txq));
	}
	EXPECT_EQ(calls, 0);
	EXPECT_EQ(reclaim(), 0);
	/* What can't be a message doesn't end it, nor harm: its buffer would still fit. */
	txq.desc[txq.free[txq.num_free - 1]].len = 3;
	make_available(&txq, txq.free[--txq.num_free]);
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(calls, 0);

	/* All come in their order when that one has come. */
	EXPECT(drv_send(1030, 30, &i, 1));
	EXPECT(!rpmsg_poll(&rdev));
	for (i = 0; i < 4; i++) {
		EXPECT(recv_msg(&hdr, data));
		EXPECT_EQ(data[0], i);
		EXPECT_EQ(hdr.src, i < 3 ? 1024 : 30);
		post(1);
	}
	EXPECT_EQ(reclaim(), 5);
	expect_echo("goes on");
	EXPECT_EQ(rpmsg_destroy_ept(&raw), 0);
}

static int hold_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data, (void)len, (void)src, (void)priv;
	calls++;
	rpmsg_hold(ept->rdev, RPMSG_ADDR_ANY);
	return 0;
}

static void test_hold_in_callback(void)
{
	uint8_t i;

	start_echo();
	echo.cb = hold_cb;
	for (i = 0; i < 8; i++)
		EXPECT(drv_send(1030, 1024, &i, 1));
	while (rpmsg_poll(&rdev))
		;
	EXPECT_EQ(calls, 1);
	EXPECT_EQ(reclaim(), 1);
	EXPECT(device_wants_notify(&txq));

	/* A reset doesn't end it, and channels are announced. */
	vdev.status = 0;
	EXPECT(!rpmsg_poll(&rdev));
	create_rings(8, 0);
	post(8);
	vdev.status = 7;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(rxq.used->idx, 1);
	EXPECT(drv_send(1030, 1024, &i, 1));
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(calls, 1);

	txq.avail->idx += 100;
	while (rpmsg_poll(&rdev))
		;
	EXPECT(!rpmsg_is_up(&rdev));
}

/* One crafted descriptor, then a good message. */
static void bad_rx(uint64_t addr, uint32_t len, uint16_t flags, uint16_t hdr_len)
{
	struct rpmsg_hdr hdr = { .src = 1, .dst = 1024, .len = hdr_len };
	uint32_t bad = rdev.stats.bad;
	uint16_t head = txq.free[--txq.num_free];

	memcpy(buf_of(&txq, head), &hdr, sizeof(hdr));
	txq.desc[head].addr = addr ? addr : txq.bufs_da + head * BUF_SIZE;
	txq.desc[head].len = len;
	txq.desc[head].flags = flags;
	make_available(&txq, head);
	calls = 0;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(calls, 0);
	EXPECT_EQ(rdev.stats.bad, bad + 1);
	EXPECT_EQ(reclaim(), 1);
	expect_echo("fine");
}

static void test_bad_rx(void)
{
	start_echo();
	bad_rx(0x1000, 32, 0, 16);
	bad_rx(SHM_DA + SHM_SIZE - 16, 32, 0, 16);
	bad_rx(SHM_DA - 16, 32, 0, 16);
	bad_rx(0xfffffffffffffff0, 64, 0, 16);
	bad_rx(0x100000000ull + SHM_DA, 64, 0, 16);
	bad_rx(0, 0xffffffff, 0, 16);
	bad_rx(0, 15, 0, 0);
	bad_rx(0, 0, 0, 0);
	bad_rx(0, 32, 0, 17);
	bad_rx(0, 32, 0, 0xffff);
	bad_rx(0, 32, VRING_DESC_F_NEXT, 16);
	bad_rx(0, 32, VRING_DESC_F_WRITE, 16);
	bad_rx(0, 32, VRING_DESC_F_INDIRECT, 16);
	/* Not one line each. */
	EXPECT(num_logs < 10);

	/* No descriptor at all. */
	make_available(&txq, txq.num);
	make_available(&txq, 0xffff);
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(reclaim(), 0);
	expect_echo("fine");
}

static void bad_tx(uint64_t addr, uint32_t len, uint16_t flags)
{
	static uint8_t before[SHM_SIZE];
	uint32_t bad = rdev.stats.bad;
	uint16_t head = rxq.free[--rxq.num_free];

	rxq.desc[head].addr = addr ? addr : rxq.bufs_da + head * BUF_SIZE;
	rxq.desc[head].len = len;
	rxq.desc[head].flags = flags;
	make_available(&rxq, head);
	memcpy(before, buf_of(&rxq, 0), 2 * rxq.num * BUF_SIZE);
	EXPECT_EQ(rpmsg_sendto(&echo, "x", 1, 1), RPMSG_ERR_NO_BUFF);
	EXPECT(!memcmp(before, buf_of(&rxq, 0), 2 * rxq.num * BUF_SIZE));
	EXPECT_EQ(rdev.stats.bad, bad + 1);
	EXPECT_EQ(rxq.used->idx, rxq.last_used);
	rxq.free[rxq.num_free++] = head;
}

static void test_bad_tx(void)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];

	start_echo();
	while (rpmsg_sendto(&echo, "x", 1, 1) == 1)
		EXPECT(recv_msg(&hdr, data));
	bad_tx(0x1000, BUF_SIZE, VRING_DESC_F_WRITE);
	bad_tx(SHM_DA + SHM_SIZE - 16, BUF_SIZE, VRING_DESC_F_WRITE);
	bad_tx(0xfffffffffffffff0, 64, VRING_DESC_F_WRITE);
	bad_tx(0, 0xffffffff, VRING_DESC_F_WRITE);
	bad_tx(0, 15, VRING_DESC_F_WRITE);
	bad_tx(0, BUF_SIZE, 0);
	bad_tx(0, BUF_SIZE, VRING_DESC_F_WRITE | VRING_DESC_F_NEXT);
	bad_tx(0, BUF_SIZE, VRING_DESC_F_WRITE | VRING_DESC_F_INDIRECT);
	make_available(&rxq, 0x8000);
	EXPECT_EQ(rpmsg_sendto(&echo, "x", 1, 1), RPMSG_ERR_NO_BUFF);
	post(8);
	expect_echo("fine");
}

static void reset_rings(void)
{
	create_rings(8, 0);
	post(8);
}

static void expect_announced(void)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];

	EXPECT(recv_msg(&hdr, data));
	EXPECT_EQ(hdr.dst, 53);
	post(1);
}

static void test_broken_index(void)
{
	unsigned int logs;

	start_echo();
	txq.avail->idx += 9;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(!rpmsg_is_up(&rdev));
	EXPECT_EQ(calls, 0);
	logs = num_logs;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(rpmsg_sendto(&echo, "x", 1, 1), RPMSG_ERR_DEV_STATE);
	EXPECT_EQ(num_logs, logs);

	/* Linux' driver bound again. */
	vdev.status = 0;
	reset_rings();
	vdev.status = 7;
	EXPECT(!rpmsg_poll(&rdev));
	expect_announced();
	expect_echo("works again");
}

static void test_reset(void)
{
	static uint8_t before[SHM_SIZE];
	unsigned int i;

	start_echo();
	for (i = 0; i < 100; i++) {
		expect_echo("up");
		vdev.status = 0;
		drv_send(1, 1024, "too late", 8);
		memcpy(before, shm, sizeof(before));
		EXPECT_EQ(rpmsg_sendto(&echo, "x", 1, 1), RPMSG_ERR_DEV_STATE);
		if (i & 1)
			EXPECT(!rpmsg_poll(&rdev));
		EXPECT(!memcmp(before, shm, sizeof(before)));
		reset_rings();
		vdev.status = 7;
		rpmsg_poll(&rdev);
		expect_announced();
		EXPECT_EQ(txq.used->idx, 0);
	}
}

static void test_silent_reset(void)
{
	unsigned int i;

	start_echo();
	for (i = 0; i < 100; i++) {
		expect_echo("up");
		/* All over before the firmware looks. */
		reset_rings();
		while (rpmsg_poll(&rdev))
			;
		expect_announced();
	}
}

static int reset_cb(struct rpmsg_endpoint *ept, void *data, size_t len, uint32_t src, void *priv)
{
	(void)data, (void)len, (void)priv;
	if (!calls++) {
		reset_rings();
		/* Finds out that the link is not the one it was. */
		EXPECT_EQ(rpmsg_sendto(ept, "x", 1, src), RPMSG_ERR_DEV_STATE);
	}
	return 0;
}

static void test_reset_in_callback(void)
{
	start_echo();
	echo.cb = reset_cb;
	drv_send(1, 1024, "x", 1);
	EXPECT(rpmsg_poll(&rdev));
	EXPECT_EQ(txq.used->idx, 0);
	EXPECT_EQ(rxq.used->idx, 0);
	echo.cb = echo_cb;
	EXPECT(!rpmsg_poll(&rdev));
	expect_announced();
	expect_echo("up");
}

static void reset_on_kick(unsigned int ring)
{
	if (ring == 0 && !calls++)
		reset_rings();
}

static void test_reset_after_reply(void)
{
	start_echo();
	/* Linux takes the reply and resets; the message itself isn't given back yet. */
	echo.cb = nocopy_cb;
	on_kick = reset_on_kick;
	drv_send(1, 1024, "x", 1);
	EXPECT(rpmsg_poll(&rdev));
	EXPECT_EQ(calls, 1);
	EXPECT_EQ(txq.used->idx, 0);
	EXPECT(!rpmsg_poll(&rdev));
	expect_announced();
	expect_echo("up");
	EXPECT_EQ(rdev.stats.bad, 0);
}

static void test_late_write(void)
{
	start_echo();
	vdev.status = 0;
	rpmsg_poll(&rdev);
	reset_rings();
	txq.used->idx = 1;
	vdev.status = 7;
	EXPECT(!rpmsg_poll(&rdev));
	expect_announced();
	expect_echo("up");
}

static void refused(void)
{
	unsigned int logs = num_logs;

	vdev.status = 7;
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT(!rpmsg_is_up(&rdev));
	EXPECT_EQ(num_logs, logs + 1);
	EXPECT(strstr(last_log, "refused"));
	vdev.status = 0;
	rpmsg_poll(&rdev);
	create_rings(8, 0);
}

static void test_refused(void)
{
	machine_reset(8, 0);
	rpmsg_create_ept(&echo, &rdev, "a", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb, NULL);
	vdev.vring[0].num = 0;
	refused();
	vdev.vring[0].num = 7;
	refused();
	vdev.vring[1].num = 512;
	refused();
	vdev.vring[1].num = 0x10008;
	refused();
	vdev.vring[0].align = 0;
	refused();
	vdev.vring[0].align = 4095;
	refused();
	vdev.vring[0].align = 0x80000000;
	refused();
	vdev.vring[0].da = 0;
	refused();
	vdev.vring[0].da = 0xffffffff;
	refused();
	vdev.vring[1].da += 16;
	refused();
	vdev.vring[1].da = SHM_DA + SHM_SIZE - 4096;
	refused();
	vdev.vring[1].notifyid = 0x10000;
	refused();

	post(8);
	vdev.status = 7;
	EXPECT(!rpmsg_poll(&rdev));
	expect_announced();
	expect_echo("fine");
}

static void test_join(void)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];

	/* The firmware starts anew; Linux keeps its rings as they are. */
	start_echo();
	expect_echo("one");
	expect_echo("two");
	drv_send(1030, 1024, "waiting", 7);
	memset(&rdev, 0, sizeof(rdev));
	rpmsg_init(&rdev, &vdev);
	rpmsg_create_ept(&echo, &rdev, "a", RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb, NULL);
	EXPECT(!rpmsg_poll(&rdev));
	expect_announced();
	EXPECT(recv_msg(&hdr, data));
	EXPECT_EQ(hdr.len, 7);
	post(1);
	EXPECT_EQ(reclaim(), 1);
	expect_echo("three");
}

static void test_tx_buffers(void)
{
	void *buf[8], *p;
	size_t room;
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];
	int i;

	machine_reset(16, 0);
	rpmsg_create_ept(&echo, &rdev, NULL, RPMSG_ADDR_ANY, RPMSG_ADDR_ANY, echo_cb, NULL);
	EXPECT(!rpmsg_get_tx_payload_buffer(&echo, &room));
	post(16);
	vdev.status = 7;
	rpmsg_poll(&rdev);
	for (i = 0; i < 8; i++) {
		buf[i] = rpmsg_get_tx_payload_buffer(&echo, &room);
		EXPECT(buf[i]);
		EXPECT_EQ(room, MAX_PAYLOAD);
	}
	EXPECT(!rpmsg_get_tx_payload_buffer(&echo, &room));
	EXPECT_EQ(rpmsg_release_tx_buffer(&echo, buf[3]), 0);
	EXPECT_EQ(rpmsg_release_tx_buffer(&echo, buf[3]), RPMSG_ERR_PARAM);
	EXPECT_EQ(rpmsg_sendto_nocopy(&echo, buf[3], 1, 1), RPMSG_ERR_PARAM);
	p = rpmsg_get_tx_payload_buffer(&echo, &room);
	EXPECT(p == buf[3]);
	EXPECT_EQ(rpmsg_sendto_nocopy(&echo, buf[5], MAX_PAYLOAD + 1, 1), RPMSG_ERR_BUFF_SIZE);
	for (i = 7; i >= 0; i--) {
		memcpy(buf[i], &i, sizeof(i));
		EXPECT_EQ(rpmsg_sendto_nocopy(&echo, buf[i], sizeof(i), 99), sizeof(i));
	}
	for (i = 7; i >= 0; i--) {
		EXPECT(recv_msg(&hdr, data));
		EXPECT(!memcmp(data, &i, sizeof(i)));
	}
	EXPECT_EQ(rpmsg_sendto_nocopy(&echo, buf[0], 1, 1), RPMSG_ERR_PARAM);
}

static unsigned int unbinds;

static void unbind_cb(struct rpmsg_endpoint *ept)
{
	(void)ept;
	unbinds++;
}

static void test_endpoints(void)
{
	static struct rpmsg_endpoint other;
	struct rpmsg_hdr hdr;
	struct rpmsg_ns_msg ns = { .name = "rpmsg-echo", .addr = 1500 };

	start_echo();
	EXPECT_EQ(rpmsg_create_ept(&other, &rdev, "x", 1024, 0, echo_cb, NULL), RPMSG_ERR_ADDR);
	EXPECT_EQ(rpmsg_create_ept(&other, &rdev, "x", 53, 0, echo_cb, NULL), RPMSG_ERR_PARAM);
	EXPECT_EQ(rpmsg_create_ept(&other, &rdev, "x", 1, 0, NULL, NULL), RPMSG_ERR_PARAM);
	EXPECT_EQ(rpmsg_create_ept(&other, &rdev, "01234567890123456789012345678901", 1, 0,
				   echo_cb, NULL),
		  RPMSG_ERR_PARAM);

	/* The destination is learned, or told by the name service. */
	echo.ns_unbind_cb = unbind_cb;
	EXPECT_EQ(rpmsg_send(&echo, "x", 1), RPMSG_ERR_ADDR);
	drv_send(1500, 53, &ns, sizeof(ns));
	rpmsg_poll(&rdev);
	EXPECT_EQ(echo.dest_addr, 1500);
	EXPECT_EQ(rpmsg_send(&echo, "x", 1), 1);
	EXPECT(recv_msg(&hdr, (uint8_t *)&ns));
	EXPECT_EQ(hdr.dst, 1500);
	memset(&ns, 0, sizeof(ns));
	strcpy(ns.name, "rpmsg-echo");
	ns.addr = 1500;
	ns.flags = RPMSG_NS_DESTROY;
	drv_send(1500, 53, &ns, sizeof(ns));
	rpmsg_poll(&rdev);
	EXPECT_EQ(unbinds, 1);
	EXPECT_EQ(rpmsg_send(&echo, "x", 1), RPMSG_ERR_ADDR);
	drv_send(1500, 53, &ns, sizeof(ns) - 1);
	rpmsg_poll(&rdev);
	EXPECT_EQ(rdev.stats.bad, 1);
	EXPECT_EQ(reclaim(), 3);
	post(8);
	expect_echo("from 1030");
	EXPECT_EQ(echo.dest_addr, 1030);

	EXPECT_EQ(rpmsg_destroy_ept(&echo), 0);
	EXPECT(recv_msg(&hdr, (uint8_t *)&ns));
	EXPECT_EQ(hdr.dst, 53);
	EXPECT_EQ(ns.flags, RPMSG_NS_DESTROY);
	EXPECT_EQ(ns.addr, 1024);
	drv_send(1030, 1024, "nobody", 6);
	EXPECT(!rpmsg_poll(&rdev));
	EXPECT_EQ(rdev.stats.no_endpoint, 1);
	EXPECT_EQ(reclaim(), 1);
	EXPECT(!recv_msg(&hdr, (uint8_t *)&ns));
}

static void test_destroy_no_buffer(void)
{
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];

	start_echo();
	while (rpmsg_sendto(&echo, "x", 1, 1) == 1)
		EXPECT(recv_msg(&hdr, data));
	EXPECT_EQ(rpmsg_destroy_ept(&echo), RPMSG_ERR_NO_BUFF);
	post(8);
	expect_echo("still there");
	EXPECT_EQ(rpmsg_destroy_ept(&echo), 0);
}

/* ---- both sides at once ---- */

#define STRESS_MESSAGES	300000u

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
static bool to_device, to_driver, stop, timed_out;

static void signal_kick(bool *flag)
{
	pthread_mutex_lock(&lock);
	*flag = true;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
}

/* A lost kick shows as a wait that ends here. */
static void wait_kick(bool *flag)
{
	struct timespec end;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += 10;
	pthread_mutex_lock(&lock);
	while (!*flag && !stop && !timed_out)
		if (pthread_cond_timedwait(&cond, &lock, &end)) {
			timed_out = true;
			pthread_cond_broadcast(&cond);
		}
	*flag = false;
	pthread_mutex_unlock(&lock);
}

static void stress_kick(unsigned int ring)
{
	(void)ring;
	signal_kick(&to_driver);
}

static void *device_thread(void *arg)
{
	(void)arg;
	while (!__atomic_load_n(&stop, __ATOMIC_RELAXED) && !timed_out)
		if (!rpmsg_poll(&rdev))
			wait_kick(&to_device);
	return NULL;
}

/* As a driver does: off while it works, on and look again before it sleeps. */
static bool interrupts_on(void)
{
	rxq.avail->flags = 0;
	txq.avail->flags = 0;
	amp_mb();
	return rxq.used->idx != rxq.last_used ||
	       (!txq.num_free && txq.used->idx != txq.last_used);
}

static void interrupts_off(void)
{
	rxq.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
	txq.avail->flags = VRING_AVAIL_F_NO_INTERRUPT;
}

static void test_stress(void)
{
	uint32_t sent = 0, received = 0, seed = 1;
	struct rpmsg_hdr hdr;
	uint8_t data[MAX_PAYLOAD];
	pthread_t thread;

	start_echo();
	echo.cb = nocopy_cb;
	on_kick = stress_kick;
	pthread_create(&thread, NULL, device_thread, NULL);
	interrupts_off();
	while (received < STRESS_MESSAGES && !timed_out && !ktap_failed_here) {
		bool progress = false;

		seed = seed * 1103515245 + 12345;
		reclaim();
		/* Bursts and pauses of random length, so that both rings run full and empty. */
		while (sent < STRESS_MESSAGES && (seed >> 16) % 11 &&
		       drv_send(1030, 1024, &sent, sizeof(sent))) {
			seed = seed * 1103515245 + 12345;
			sent++;
			progress = true;
			if (device_wants_notify(&txq))
				signal_kick(&to_device);
		}
		while (recv_msg(&hdr, data)) {
			uint32_t n;

			memcpy(&n, data, sizeof(n));
			EXPECT_EQ(n, received);
			received++;
			progress = true;
			/* Keeps some back, so that the device has to wait for them. */
			if (rxq.num_free > (seed >> 20) % 8) {
				post(8);
				if (device_wants_notify(&rxq))
					signal_kick(&to_device);
			}
		}
		if (rxq.num_free) {
			post(8);
			if (device_wants_notify(&rxq))
				signal_kick(&to_device);
		}
		if (!progress && (sent == STRESS_MESSAGES || !txq.num_free) && sent != received) {
			if (!interrupts_on())
				wait_kick(&to_driver);
			interrupts_off();
		}
	}
	EXPECT(!timed_out);
	EXPECT_EQ(received, STRESS_MESSAGES);
	pthread_mutex_lock(&lock);
	stop = true;
	pthread_cond_broadcast(&cond);
	pthread_mutex_unlock(&lock);
	pthread_join(thread, NULL);
	EXPECT_EQ(rdev.stats.bad, 0);
	on_kick = NULL;
}

static const struct ktap_case cases[] = {
	{ "rpmsg: channels are announced when the driver is ready", test_announce },
	{ "rpmsg: without the name service nothing is announced", test_no_ns },
	{ "rpmsg: announcements wait for a buffer", test_announce_later },
	{ "rpmsg: payloads of 0 to 496 bytes", test_sizes },
	{ "rpmsg: too long a message is refused and costs no buffer", test_too_long },
	{ "rpmsg: indices wrap", test_wrap },
	{ "rpmsg: without a free buffer messages wait, in order", test_no_buffer },
	{ "rpmsg: a hold leaves messages where they are, in order", test_hold },
	{ "rpmsg: a hold begins with the next message, and outlives a reset",
	  test_hold_in_callback },
	{ "rpmsg: NO_INTERRUPT suppresses kicks, ring by ring", test_no_interrupt },
	{ "rpmsg: NO_NOTIFY is set while draining, and the ring checked again", test_no_notify },
	{ "rpmsg: bad transmit descriptors are refused and given back", test_bad_rx },
	{ "rpmsg: bad receive descriptors are not written to", test_bad_tx },
	{ "rpmsg: an impossible index stops the link until a reset", test_broken_index },
	{ "rpmsg: reset and ready again", test_reset },
	{ "rpmsg: a reset between two looks is noticed", test_silent_reset },
	{ "rpmsg: a reset during a callback is noticed", test_reset_in_callback },
	{ "rpmsg: a reset between a reply and the buffer's return is noticed",
	  test_reset_after_reply },
	{ "rpmsg: an index left by a late write is no obstacle", test_late_write },
	{ "rpmsg: bad ring addresses and sizes are refused", test_refused },
	{ "rpmsg: rings in use are joined where they are", test_join },
	{ "rpmsg: transmit buffers, without copying", test_tx_buffers },
	{ "rpmsg: endpoints and name service", test_endpoints },
	{ "rpmsg: destroying an endpoint waits for a buffer", test_destroy_no_buffer },
	{ "rpmsg: both sides at once, no message or kick lost", test_stress },
};

KTAP_MAIN(cases)
