/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * rpmsg over virtio, device side: endpoints, messages and the name service. The names are
 * OpenAMP's where the meaning is.
 *
 * All functions are for the main loop (and the callbacks, which run there), none for
 * interrupt handlers. None of them waits.
 */
#ifndef AMP_RPMSG_H
#define AMP_RPMSG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rsc_table.h"
#include "vring.h"

#define RPMSG_NAME_SIZE		32
#define RPMSG_ADDR_ANY		0xffffffffu
#define RPMSG_NS_EPT_ADDR	53u
/* Addresses below are never given out for RPMSG_ADDR_ANY. */
#define RPMSG_RESERVED_ADDRESSES 1024u

#define RPMSG_NS_CREATE		0u
#define RPMSG_NS_DESTROY	1u

#define RPMSG_SUCCESS		0
#define RPMSG_ERR_BASE		(-2000)
#define RPMSG_ERR_NO_BUFF	(RPMSG_ERR_BASE - 2)	/* Linux has given no free buffer */
#define RPMSG_ERR_PARAM		(RPMSG_ERR_BASE - 3)	/* an argument is wrong */
#define RPMSG_ERR_DEV_STATE	(RPMSG_ERR_BASE - 4)	/* Linux' driver is not there */
#define RPMSG_ERR_BUFF_SIZE	(RPMSG_ERR_BASE - 5)	/* message longer than a buffer */
#define RPMSG_ERR_ADDR		(RPMSG_ERR_BASE - 7)	/* address or name in use, or unknown */

/* How many buffers an application can hold between "get" and "send". */
#define RPMSG_MAX_TX_BUFFERS	8

struct rpmsg_hdr {
	uint32_t src;
	uint32_t dst;
	uint32_t reserved;
	uint16_t len;
	uint16_t flags;
};

struct rpmsg_ns_msg {
	char name[RPMSG_NAME_SIZE];
	uint32_t addr;
	uint32_t flags;
};

struct rpmsg_device;
struct rpmsg_endpoint;

/**
 * typedef rpmsg_ept_cb - a message has arrived
 * @ept: endpoint it is for
 * @data: payload, in the shared buffer; valid until the callback returns. Linux should not,
 *	but could, change it meanwhile: copy what is checked first and used later.
 * @len: its length in bytes, may be 0
 * @src: sender's address
 * @priv: &struct rpmsg_endpoint.priv
 *
 * Return: RPMSG_ERR_NO_BUFF to have the same message delivered again when Linux has given
 * a buffer (no other message overtakes it); anything else is done with it, so that the
 * result of a send can be returned as it is.
 */
typedef int (*rpmsg_ept_cb)(struct rpmsg_endpoint *ept, void *data, size_t len,
			    uint32_t src, void *priv);

/**
 * typedef rpmsg_ns_unbind_cb - Linux has withdrawn the channel's other end
 * @ept: endpoint
 */
typedef void (*rpmsg_ns_unbind_cb)(struct rpmsg_endpoint *ept);

/**
 * struct rpmsg_endpoint - an address that messages can be sent to
 * @name: channel name, empty if it is not announced
 * @rdev: device it belongs to
 * @addr: its own address
 * @dest_addr: where rpmsg_send() sends to; RPMSG_ADDR_ANY until it is known
 * @fixed_dest: @dest_addr as given at creation
 * @cb: called for each message
 * @ns_unbind_cb: may be NULL
 * @priv: the application's own
 * @announced: Linux has been told of the channel
 * @next: list of the device's endpoints
 *
 * The application provides the memory, the library fills it in.
 */
struct rpmsg_endpoint {
	char name[RPMSG_NAME_SIZE];
	struct rpmsg_device *rdev;
	uint32_t addr;
	uint32_t dest_addr;
	uint32_t fixed_dest;
	rpmsg_ept_cb cb;
	rpmsg_ns_unbind_cb ns_unbind_cb;
	void *priv;
	bool announced;
	struct rpmsg_endpoint *next;
};

/**
 * struct rpmsg_stats - counters since the firmware was started
 * @rx: messages delivered
 * @tx: messages sent, announcements included
 * @no_endpoint: messages dropped because nobody has that address
 * @bad: buffers or ring entries refused
 */
struct rpmsg_stats {
	uint32_t rx;
	uint32_t tx;
	uint32_t no_endpoint;
	uint32_t bad;
};

/* One buffer that has been taken from Linux' receive ring and not yet filled. Private. */
struct rpmsg_tx_buf {
	enum {
		RPMSG_TX_NONE,
		RPMSG_TX_SPARE,
		RPMSG_TX_OUT,
	} state;
	uint8_t *va;
	uint32_t len;
	uint16_t head;
};

/**
 * struct rpmsg_device - the virtio rpmsg device
 * @vdev: its entry in the resource table
 * @stats: counters, to be read at any time
 *
 * The rest is private.
 */
struct rpmsg_device {
	volatile struct fw_rsc_vdev *vdev;
	struct rpmsg_stats stats;
	/* private: */
	struct vring tx;		/* vring 0: Linux receives */
	struct vring rx;		/* vring 1: Linux transmits */
	uint16_t notifyid[2];
	bool up;
	bool broken;
	bool refused;
	bool ns;
	bool holding;			/* nothing is delivered, see rpmsg_hold() */
	bool all_announced;		/* nothing is left to tell Linux of */
	bool stalled;			/* @pending has to be delivered again */
	struct vring_buf pending;
	struct rpmsg_tx_buf tx_buf[RPMSG_MAX_TX_BUFFERS];
	uint32_t hold_until;
	uint32_t next_addr;
	struct rpmsg_endpoint *endpoints;
};

/**
 * rpmsg_init() - set up the device
 * @rdev: device, zeroed
 * @vdev: its entry in the resource table
 */
void rpmsg_init(struct rpmsg_device *rdev, volatile struct fw_rsc_vdev *vdev);

/**
 * rpmsg_poll() - follow what Linux has done, deliver messages, send announcements
 * @rdev: device
 *
 * Calls the endpoints' callbacks, for at most one ring's worth of messages. Not to be
 * called from a callback.
 *
 * Return: true if there is more to do at once; false if the next event comes with a kick.
 */
bool rpmsg_poll(struct rpmsg_device *rdev);

/**
 * rpmsg_is_up() - is Linux' driver there?
 * @rdev: device
 *
 * Return: true if it is.
 */
bool rpmsg_is_up(const struct rpmsg_device *rdev);

/**
 * rpmsg_hold() - leave messages where they are until one comes for a certain endpoint
 * @rdev: device
 * @until: that endpoint's address; RPMSG_ADDR_ANY for never
 *
 * They stay in Linux' ring, and all of them are then delivered in their order. In a
 * callback: from the next message on. Channels are still announced.
 */
void rpmsg_hold(struct rpmsg_device *rdev, uint32_t until);

/**
 * rpmsg_create_ept() - create an endpoint and announce its channel
 * @ept: its memory, which must live as long as the endpoint; @ept->priv is left alone
 * @rdev: device
 * @name: channel to announce, shorter than RPMSG_NAME_SIZE; NULL or empty for none
 * @src: own address, or RPMSG_ADDR_ANY for a free one
 * @dest: default destination; RPMSG_ADDR_ANY for the first one that a message comes from
 * @cb: message callback
 * @unbind_cb: may be NULL
 *
 * May be called at any time: the announcement is made when Linux' driver is there, and
 * again each time it comes back.
 *
 * Return: 0, RPMSG_ERR_PARAM, or RPMSG_ERR_ADDR if @src is taken.
 */
int rpmsg_create_ept(struct rpmsg_endpoint *ept, struct rpmsg_device *rdev, const char *name,
		     uint32_t src, uint32_t dest, rpmsg_ept_cb cb, rpmsg_ns_unbind_cb unbind_cb);

/**
 * rpmsg_destroy_ept() - withdraw the channel and forget the endpoint
 * @ept: endpoint
 *
 * Return: 0, or RPMSG_ERR_NO_BUFF if Linux can't be told just now: the endpoint then is as
 * it was.
 */
int rpmsg_destroy_ept(struct rpmsg_endpoint *ept);

/**
 * rpmsg_sendto() - send a message
 * @ept: endpoint it comes from
 * @data: payload
 * @len: its length in bytes, up to the buffer's size less 16 (usually 512 - 16)
 * @dst: receiver's address
 *
 * Return: @len, RPMSG_ERR_NO_BUFF, RPMSG_ERR_BUFF_SIZE or RPMSG_ERR_DEV_STATE.
 * After RPMSG_ERR_NO_BUFF the main loop is woken up when there is a buffer.
 */
int rpmsg_sendto(struct rpmsg_endpoint *ept, const void *data, size_t len, uint32_t dst);

/**
 * rpmsg_send() - send a message to the endpoint's default destination
 * @ept: endpoint
 * @data: payload
 * @len: its length in bytes
 *
 * Return: as rpmsg_sendto(); RPMSG_ERR_ADDR while the destination is not known.
 */
int rpmsg_send(struct rpmsg_endpoint *ept, const void *data, size_t len);

/**
 * rpmsg_get_tx_payload_buffer() - get a shared buffer to write a message into
 * @ept: endpoint
 * @len: set to the bytes that fit
 *
 * It must be given to rpmsg_sendto_nocopy() or rpmsg_release_tx_buffer() before the next
 * rpmsg_poll() (a callback: before it returns).
 *
 * Return: the payload's place, aligned to 8 bytes if Linux' buffers are; NULL if there is
 * none (then as after RPMSG_ERR_NO_BUFF), if RPMSG_MAX_TX_BUFFERS are out, or if Linux'
 * driver is not there.
 */
void *rpmsg_get_tx_payload_buffer(struct rpmsg_endpoint *ept, size_t *len);

/**
 * rpmsg_sendto_nocopy() - send what has been written into a shared buffer
 * @ept: endpoint
 * @data: from rpmsg_get_tx_payload_buffer()
 * @len: length of the message in bytes
 * @dst: receiver's address
 *
 * Return: @len; RPMSG_ERR_BUFF_SIZE, and then the buffer is still the caller's;
 * RPMSG_ERR_PARAM if it is none; RPMSG_ERR_DEV_STATE if Linux' driver has gone, and the
 * buffer with it.
 */
int rpmsg_sendto_nocopy(struct rpmsg_endpoint *ept, const void *data, size_t len, uint32_t dst);

/**
 * rpmsg_release_tx_buffer() - don't send it after all
 * @ept: endpoint
 * @data: from rpmsg_get_tx_payload_buffer()
 *
 * Return: 0 or RPMSG_ERR_PARAM.
 */
int rpmsg_release_tx_buffer(struct rpmsg_endpoint *ept, void *data);

#endif /* AMP_RPMSG_H */
