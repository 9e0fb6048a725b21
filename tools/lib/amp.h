/* SPDX-License-Identifier: GPL-2.0 */
/*
 * libamp: remote processors and their channels, for programs on Linux
 *
 * What there is, is read from sysfs at each call; nothing is kept. Functions
 * return a negative errno when they fail. It works with any kernel's remoteproc
 * and rpmsg_char; only logs, and some statistics, are of linux-amp's drivers.
 */
#ifndef AMP_H
#define AMP_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "amp_bulk.h"

/* Names in sysfs and in announcements, with the final zero */
#define AMP_NAME_SIZE	32

/* Statistics of one channel */
#define AMP_MAX_STATS	16

/**
 * struct amp_core - a remote processor
 * @id: "remoteprocN"
 * @name: the driver's name for it, or ""
 * @state: "offline", "running", "crashed", "attached", "detached" ...
 * @firmware: file below /lib/firmware
 * @log: "amp-logN", or "" if its driver keeps no log
 * @bulk: "amp-bulkN", or "" if its firmware has no channel for bulk data
 */
struct amp_core {
	char id[AMP_NAME_SIZE];
	char name[64];
	char state[AMP_NAME_SIZE];
	char firmware[256];
	char log[AMP_NAME_SIZE];
	char bulk[AMP_NAME_SIZE];
};

/**
 * struct amp_stat - one number that the driver counts
 * @name: of its file in sysfs
 * @value: as of when it was read
 */
struct amp_stat {
	char name[AMP_NAME_SIZE];
	long long value;
};

/**
 * struct amp_channel - a channel or endpoint that has a node
 * @node: "rpmsgN"; /dev/rpmsgN is the node
 * @core: @id of its remote processor, or "" if its bus belongs to none
 * @name: as the firmware has announced it; several may have the same
 * @src: address here, -1 if it has none at present
 * @dst: address at the remote
 * @stats: what its driver counts, such as "rx_dropped"
 * @stats_count: how many of them there are
 */
struct amp_channel {
	char node[AMP_NAME_SIZE];
	char core[AMP_NAME_SIZE];
	char name[AMP_NAME_SIZE];
	long long src;
	long long dst;
	struct amp_stat stats[AMP_MAX_STATS];
	size_t stats_count;
};

/**
 * amp_cores() - list the remote processors
 * @cores: set to an array, for the caller to free()
 *
 * Return: how many there are.
 */
int amp_cores(struct amp_core **cores);

/**
 * amp_channels() - list the channels
 * @channels: set to an array, for the caller to free()
 *
 * Return: how many there are.
 */
int amp_channels(struct amp_channel **channels);

/**
 * amp_find_core() - find a remote processor
 * @which: its id or name; NULL for the only one
 * @core: filled in
 *
 * Return: 0; -ENODEV if there is none such; -ENOTUNIQ if there are several.
 */
int amp_find_core(const char *which, struct amp_core *core);

/**
 * amp_find_channel() - find a channel
 * @which: its name, CORE/NAME, its node, or the path of that
 * @channel: filled in
 *
 * Return: 0; -ENODEV if there is none such; -ENOTUNIQ if there are several.
 */
int amp_find_channel(const char *which, struct amp_channel *channel);

/**
 * amp_open() - open a channel
 * @channel: as it was found
 *
 * Return: a file descriptor that doesn't block; -EBUSY if somebody else has it.
 */
int amp_open(const struct amp_channel *channel);

/**
 * amp_send() - send one message
 * @fd: of amp_open()
 * @data: the message
 * @len: its length in bytes
 * @timeout_ms: how long to wait for a free buffer; -1 for as long as it takes
 *
 * Return: 0; -ETIMEDOUT; -EMSGSIZE if it is too long, with nothing sent; -EPIPE
 * if the channel has gone; -EINTR if a signal came.
 */
int amp_send(int fd, const void *data, size_t len, int timeout_ms);

/**
 * amp_receive() - receive one message
 * @fd: of amp_open()
 * @data: where to put it; what doesn't fit is lost
 * @len: room there, in bytes
 * @timeout_ms: how long to wait for one; -1 for as long as it takes
 *
 * Return: its length, which may be 0; -ETIMEDOUT; -EPIPE if the channel has gone
 * and everything was read; -EINTR if a signal came.
 */
ssize_t amp_receive(int fd, void *data, size_t len, int timeout_ms);

/**
 * amp_set_firmware() - choose what is started next
 * @core: a remote processor that is offline, else -EBUSY
 * @firmware: file below /lib/firmware
 *
 * Return: 0, or the kernel's errno.
 */
int amp_set_firmware(const struct amp_core *core, const char *firmware);

/**
 * amp_control() - start, attach to, stop or detach a remote processor
 * @core: as it was found
 * @command: "start" or "attach" (either does what its state allows), "stop",
 *	     "detach"
 *
 * Return: 0, or the kernel's errno; its log may say more.
 */
int amp_control(const struct amp_core *core, const char *command);

/**
 * amp_open_log() - open the log of a remote processor's firmware
 * @core: as it was found
 *
 * Return: a file descriptor that doesn't block; -ENOENT if no log is kept.
 */
int amp_open_log(const struct amp_core *core);

/**
 * struct amp_bulk_buffer - memory that is shared with a remote processor
 * @fd: dma-buf, which can be passed on
 * @data: where it is mapped, cached
 * @size: in bytes
 */
struct amp_bulk_buffer {
	int fd;
	void *data;
	size_t size;
};

/**
 * amp_open_bulk() - open the node for bulk data
 * @core: as it was found
 *
 * Return: a file descriptor; -ENOENT if the firmware has announced no such channel.
 */
int amp_open_bulk(const struct amp_core *core);

/**
 * amp_bulk_alloc() - get a buffer, which the program then has
 * @fd: of amp_open_bulk()
 * @size: in bytes
 * @buffer: filled in
 *
 * Return: 0; -ENOMEM if there is no room in the region that the device tree
 * reserves; -EPIPE if the channel has gone.
 */
int amp_bulk_alloc(int fd, size_t size, struct amp_bulk_buffer *buffer);

/**
 * amp_bulk_free() - let go of a buffer
 * @buffer: the buffer; its memory is free when the remote has let go too
 */
void amp_bulk_free(struct amp_bulk_buffer *buffer);

/**
 * amp_bulk_send() - pass a buffer on to the remote, which then has it
 * @fd: of amp_open_bulk()
 * @buffer: the buffer
 * @len: how much of it, in bytes
 * @op: what to do with it, as firmware and program have agreed
 * @cookie: comes back with it
 *
 * Return: 0; -EAGAIN if the remote takes no message at present; -EBUSY if it has
 * the buffer; -ENOBUFS if it has too many; -EPIPE if the channel has gone.
 */
int amp_bulk_send(int fd, const struct amp_bulk_buffer *buffer, size_t len,
		  unsigned int op, uint64_t cookie);

/**
 * amp_bulk_receive() - wait for a buffer that the remote has given back
 * @fd: of amp_open_bulk()
 * @record: says which, and what is valid in it
 * @timeout_ms: how long to wait for one; -1 for as long as it takes
 *
 * Return: as amp_receive(), but 0 on success.
 */
int amp_bulk_receive(int fd, struct amp_bulk_record *record, int timeout_ms);

/**
 * amp_bulk_take() - look at what the remote has written to a buffer, or write to it
 * @buffer: the buffer, received
 *
 * Return: 0 or a negative errno.
 */
int amp_bulk_take(const struct amp_bulk_buffer *buffer);

#endif
