/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The log: text that Linux shows as remoteprocN/trace0 in debugfs. It is also written into
 * a ring that Linux' side of linux-amp can follow.
 */
#ifndef AMP_LOG_H
#define AMP_LOG_H

#include "board.h"
#include "protocol.h"

/**
 * struct log_ring - the ring, as Linux sees it
 * @header: where it is
 * @text: the last bytes that were written
 */
struct log_ring {
	struct amp_log_header header;
	char text[BOARD_LOG_SIZE];
};

/* Both are named in the resource table. */
extern char amp_trace[];
extern volatile struct log_ring amp_log_ring;

/* For start-up code. */
void log_init(void);

/**
 * amp_log() - add a line to the log
 * @fmt: printf format without a newline; no floating point
 *
 * A line is cut at 159 characters. When a buffer is full, the oldest lines go. Any
 * context, interrupt handlers included. Takes microseconds, with the interrupts off: not
 * for each message on a fast path.
 */
void amp_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* AMP_LOG_H */
