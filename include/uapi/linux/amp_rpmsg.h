/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Requests of /dev/rpmsgN and /dev/rpmsg_ctrlN beyond those of <linux/rpmsg.h>,
 * and those of its newer versions for programs that are built with an older one.
 */
#ifndef _UAPI_LINUX_AMP_RPMSG_H
#define _UAPI_LINUX_AMP_RPMSG_H

#include <linux/ioctl.h>
#include <linux/rpmsg.h>
#include <linux/types.h>

#ifndef RPMSG_CREATE_EPT_FD_IOCTL
/**
 * struct rpmsg_endpoint_fd_info - an endpoint without a node
 * @name: for people
 * @src: local address, or 0xffffffff for a free one
 * @dst: address at the remote
 * @flags: O_RDONLY, O_WRONLY or O_RDWR, with O_NONBLOCK and O_CLOEXEC as wanted
 * @fd: set to the new file's descriptor
 */
struct rpmsg_endpoint_fd_info {
	char name[32];
	__u32 src;
	__u32 dst;
	__u32 flags;
	__s32 fd;
};

/*
 * On /dev/rpmsg_ctrlN: create an endpoint that lives as long as its file, or
 * until RPMSG_DESTROY_EPT_IOCTL on that. EINVAL for other flags, and for an
 * address that is taken.
 */
#define RPMSG_CREATE_EPT_FD_IOCTL \
	_IOWR(0xb5, 0x7, struct rpmsg_endpoint_fd_info)
#endif

/* The default destination of the file that a message is sent with */
#define AMP_RPMSG_ADDR_DEFAULT	0xffffffffU

/* Most messages of one request */
#define AMP_RPMSG_BATCH_MAX	1024

/* A flag of struct amp_rpmsg_batch: as if the file had O_NONBLOCK */
#define AMP_RPMSG_DONTWAIT	(1U << 0)

/**
 * struct amp_rpmsg_mmsg - one message of a batch
 * @data: pointer to its payload, or to room for that
 * @len: its length in bytes. To receive: the room there is; set to the length of
 *	 the message, also if that is more: the rest of it is lost then, as with
 *	 read().
 * @addr: to receive: set to the sender's address. To send: destination, or
 *	  AMP_RPMSG_ADDR_DEFAULT.
 */
struct amp_rpmsg_mmsg {
	__u64 data;
	__u32 len;
	__u32 addr;
};

/**
 * struct amp_rpmsg_batch - several messages with one system call
 * @msgs: pointer to an array of struct amp_rpmsg_mmsg
 * @count: how many there are in it, 1 to AMP_RPMSG_BATCH_MAX
 * @flags: 0 or AMP_RPMSG_DONTWAIT
 */
struct amp_rpmsg_batch {
	__u64 msgs;
	__u32 count;
	__u32 flags;
};

/*
 * On /dev/rpmsgN and files of RPMSG_CREATE_EPT_FD_IOCTL, like recvmmsg() and
 * sendmmsg(): they return how many messages were done, from the first of the
 * array on, and an error only if none was. AMP_RPMSG_RECV waits for the first
 * message only; AMP_RPMSG_SEND waits for room for each.
 */
#define AMP_RPMSG_RECV		_IOWR(0xb5, 0x40, struct amp_rpmsg_batch)
#define AMP_RPMSG_SEND		_IOWR(0xb5, 0x41, struct amp_rpmsg_batch)

#endif /* _UAPI_LINUX_AMP_RPMSG_H */
