/* SPDX-License-Identifier: (GPL-2.0 WITH Linux-syscall-note) OR BSD-3-Clause */
/*
 * Bulk data without copies: the requests of /dev/amp-bulkN and what travels on
 * the channel amp-bulk. Shared by the driver, programs and the firmware library.
 *
 * A buffer is always somebody's: whoever has sent it leaves it alone until the
 * other side has given it back. All lengths and offsets are in bytes.
 */
#ifndef AMP_BULK_H
#define AMP_BULK_H

/* Firmware defines the types itself. */
#if defined(__KERNEL__) || defined(__linux__)
#include <linux/ioctl.h>
#include <linux/types.h>
#endif

/* Announced by the firmware through the name service */
#define AMP_BULK_CHANNEL	"amp-bulk"

/**
 * struct amp_bulk_msg - from Linux: a buffer is the remote's from now on
 * @id: of this transfer, to be given back with it
 * @op: what to do with the buffer; the firmware and the program know the meaning
 * @da: its device address, as the remote sees it
 * @length: of the buffer, never 0
 * @cookie: the program's own, as given to AMP_BULK_SEND
 *
 * Little endian on the wire.
 */
struct amp_bulk_msg {
	__le32 id;
	__le32 op;
	__le32 da;
	__le32 length;
	__le64 cookie;
};

/**
 * struct amp_bulk_answer - from the remote: the buffer is Linux' again
 * @id: of the transfer
 * @status: for the program; the firmware knows the meaning
 * @length: of what is valid in the buffer, at most that of the transfer
 * @reserved: zero
 *
 * Little endian on the wire. Linux passes over answers to what the remote doesn't
 * have, or whose length is too large: the buffer then stays the remote's.
 */
struct amp_bulk_answer {
	__le32 id;
	__le32 status;
	__le32 length;
	__le32 reserved;
};

#if defined(__KERNEL__) || defined(__linux__)

/* Transfers that a remote has not given back, and of one opener that have not been
 * read; no more can be sent then.
 */
#define AMP_BULK_MAX_TRANSFERS	256

/* How the processor maps it: cached, which needs DMA_BUF_IOCTL_SYNC around each
 * access, or uncached with writes that are combined, which needs nothing.
 */
#define AMP_BULK_CACHED		0
#define AMP_BULK_WRITE_COMBINE	1

/**
 * struct amp_bulk_alloc - argument of AMP_BULK_ALLOC
 * @size: in: of the buffer, rounded up to whole pages
 * @flags: in: AMP_BULK_CACHED or AMP_BULK_WRITE_COMBINE
 * @fd: out: a dma-buf, zeroed, with close-on-exec set
 *
 * Errors: EINVAL: unknown flags, or no size. ENOMEM: the region has no room.
 * EPIPE: the channel has gone; open the new node.
 */
struct amp_bulk_alloc {
	__u64 size;
	__u32 flags;
	__s32 fd;
};

/**
 * struct amp_bulk_send - argument of AMP_BULK_SEND
 * @fd: in: a dma-buf that AMP_BULK_ALLOC gave for the same remote processor
 * @op: in: see struct amp_bulk_msg
 * @offset: in: where the part begins that is passed on
 * @length: in: of that part, not 0
 * @cookie: in: comes back with the part, see struct amp_bulk_record
 *
 * Errors: EINVAL: not such a dma-buf, or not inside of it. EBUSY: the remote has
 * some of it. ENOBUFS: AMP_BULK_MAX_TRANSFERS are under way. EAGAIN: no message
 * can be sent now and the node is nonblocking; otherwise it waits, until a signal
 * comes. EPIPE: the channel has gone.
 */
struct amp_bulk_send {
	__s32 fd;
	__u32 op;
	__u64 offset;
	__u64 length;
	__u64 cookie;
};

/* Both need a node that is open for writing, or are EBADF. */
#define AMP_BULK_ALLOC	_IOWR(0xba, 0, struct amp_bulk_alloc)
#define AMP_BULK_SEND	_IOW(0xba, 1, struct amp_bulk_send)

/**
 * struct amp_bulk_record - what read() returns, one or more of them
 * @cookie: as sent
 * @length: of what is valid, as the remote says; at most what was sent
 * @status: as the remote says
 * @reserved: zero
 *
 * An opener reads what has come back of what it has sent. Errors: EINVAL: less
 * than one record asked for. EAGAIN: none yet and the node is nonblocking. EPIPE:
 * the channel has gone. What the remote had it has until it is stopped, or gives it
 * back through a new channel.
 */
struct amp_bulk_record {
	__u64 cookie;
	__u64 length;
	__u32 status;
	__u32 reserved;
};

#endif /* __KERNEL__ || __linux__ */

#endif /* AMP_BULK_H */
