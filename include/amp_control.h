/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What linux-amp adds to the standard protocols between Linux and a remote core
 *
 * Shared by the drivers and the firmware library. The firmware offers each part;
 * firmware that knows none of this works, and firmware that does works with
 * other hosts, which pass over it.
 *
 * All fields are little endian and naturally aligned, all lengths in bytes.
 */
#ifndef AMP_CONTROL_H
#define AMP_CONTROL_H

/* Firmware defines __le16 and __le32 itself, as its own 16 and 32 bits. */
#ifdef __KERNEL__
#include <linux/types.h>
#endif

/* Control channel: announced by the firmware through the name service */
#define AMP_CONTROL_CHANNEL	"amp-control"

/* What Linux says in AMP_CONTROL_HELLO */
#define AMP_CONTROL_VERSION	1

/* Longest text of an AMP_CONTROL_PANIC, without a terminator */
#define AMP_CONTROL_MAX_TEXT	200

/**
 * enum amp_control_type - messages of the control channel
 * @AMP_CONTROL_HELLO: from Linux, before anything else, once for each channel.
 *	Tells the remote the address to send to. The value is
 *	AMP_CONTROL_VERSION.
 * @AMP_CONTROL_SHUTDOWN: from Linux. The remote finishes what it does, answers
 *	with AMP_CONTROL_ACK and then waits for the end in WFI: it sends nothing
 *	more and takes no interrupt. The value is a cookie.
 * @AMP_CONTROL_SUSPEND: from Linux. Linux is about to sleep; the remote answers
 *	with AMP_CONTROL_ACK and sends nothing more until AMP_CONTROL_RESUME,
 *	unless it wants to wake Linux up. The value is a cookie.
 * @AMP_CONTROL_RESUME: from Linux. It is awake. No answer; the value is 0.
 * @AMP_CONTROL_ACK: from the remote, to a message that asks for it. The value is
 *	that message's cookie.
 * @AMP_CONTROL_HEARTBEAT: from the remote. The value is the time within which
 *	the next one comes, in milliseconds; 0 ends the supervision that the
 *	first one has begun.
 * @AMP_CONTROL_PANIC: from the remote, its last message. The text, of at most
 *	AMP_CONTROL_MAX_TEXT bytes, says why it can't go on; the value is free.
 */
enum amp_control_type {
	AMP_CONTROL_HELLO = 1,
	AMP_CONTROL_SHUTDOWN = 2,
	AMP_CONTROL_SUSPEND = 3,
	AMP_CONTROL_RESUME = 4,
	AMP_CONTROL_ACK = 5,
	AMP_CONTROL_HEARTBEAT = 6,
	AMP_CONTROL_PANIC = 7,
};

/**
 * struct amp_control_msg - a message of the control channel
 * @type: enum amp_control_type. Unknown types are passed over.
 * @text_len: length of the text behind this structure; 0 where there is none
 * @value: see @type
 */
struct amp_control_msg {
	__le16 type;
	__le16 text_len;
	__le32 value;
};

/*
 * Fault: a kick with this in place of a notify id, the whole word being
 * AMP_FAULT_WORD. The remote has written its fault record and has halted.
 * Other hosts take it for a kick without meaning.
 */
#define AMP_FAULT_NOTIFYID	0xffff
#define AMP_FAULT_WORD		0xffff0000

/* Types of entries in the resource table, in the range that vendors have */
#define AMP_RSC_FAULT		160
#define AMP_RSC_LOG		161

/**
 * struct amp_rsc_area - body of AMP_RSC_FAULT and of AMP_RSC_LOG
 * @da: device address of the area, a multiple of 4
 * @len: of the area
 * @reserved: zero
 *
 * The area begins with struct amp_fault_record or struct amp_log_header.
 */
struct amp_rsc_area {
	__le32 da;
	__le32 len;
	__le32 reserved;
};

#define AMP_FAULT_MAGIC		0x544c4146	/* "FALT" */

/**
 * enum amp_fault_kind - what happened
 * @AMP_FAULT_HARD: HardFault
 * @AMP_FAULT_MEM: MemManage, an access that the MPU refused
 * @AMP_FAULT_BUS: BusFault
 * @AMP_FAULT_USAGE: UsageFault
 * @AMP_FAULT_OTHER: an exception that nobody handles
 */
enum amp_fault_kind {
	AMP_FAULT_HARD = 1,
	AMP_FAULT_MEM = 2,
	AMP_FAULT_BUS = 3,
	AMP_FAULT_USAGE = 4,
	AMP_FAULT_OTHER = 5,
};

/**
 * struct amp_fault_record - what the remote's fault handler leaves behind
 * @magic: AMP_FAULT_MAGIC, written last
 * @kind: enum amp_fault_kind
 * @pc: of the instruction that faulted
 * @lr: its return address
 * @psr: program status
 * @status: fault status register of the core (ARMv7-M: CFSR)
 * @address: that was accessed, if @address_valid
 * @address_valid: 1 or 0
 */
struct amp_fault_record {
	__le32 magic;
	__le32 kind;
	__le32 pc;
	__le32 lr;
	__le32 psr;
	__le32 status;
	__le32 address;
	__le32 address_valid;
};

#define AMP_LOG_MAGIC		0x474f4c41	/* "ALOG" */

/**
 * struct amp_log_header - ring log in shared memory, one writer: the remote
 * @magic: AMP_LOG_MAGIC, written when all else is set up
 * @size: of the ring that follows, a power of two
 * @head: bytes written since the start, modulo 2^32. The ring holds the last
 *	@size of them; byte n is at n modulo @size. Written after the bytes
 *	that it counts.
 * @reserved: zero
 *
 * Readers keep their own position. A reader that is more than @size behind has
 * lost the difference.
 */
struct amp_log_header {
	__le32 magic;
	__le32 size;
	__le32 head;
	__le32 reserved;
};

#endif /* AMP_CONTROL_H */
