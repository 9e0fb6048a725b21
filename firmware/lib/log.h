/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Trace log: the text that Linux shows as remoteprocN/trace0 in debugfs.
 */
#ifndef AMP_LOG_H
#define AMP_LOG_H

extern char amp_trace[];

/**
 * amp_log() - add a line to the trace log
 * @fmt: printf format without a newline; no floating point
 *
 * A line is cut at 159 characters. When the buffer is full, the oldest lines go. Any
 * context, interrupt handlers included. Takes microseconds, with the interrupts off: not
 * for each message on a fast path.
 */
void amp_log(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif /* AMP_LOG_H */
