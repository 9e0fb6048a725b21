/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * A serial port that repeats the log, if the firmware is built with CONSOLE=1.
 */
#ifndef AMP_CONSOLE_H
#define AMP_CONSOLE_H

#include <stddef.h>

#ifdef AMP_CONSOLE

/**
 * console_init() - set up clock, pins and port
 *
 * From start-up code, with access to all peripherals.
 */
void console_init(void);

/**
 * console_write() - queue text for the port
 * @text: text; "\n" is sent as "\r\n"
 * @len: its length in bytes
 *
 * Never waits: what doesn't fit into the queue is lost. Interrupts must be off.
 */
void console_write(const char *text, size_t len);

/**
 * console_flush() - send what is queued, without interrupts
 *
 * For the fault handler; gives up on a port that doesn't move.
 */
void console_flush(void);

/* Interrupt handler. */
void console_isr(void);

#else

static inline void console_init(void) {}
static inline void console_write(const char *text, size_t len)
{
	(void)text;
	(void)len;
}
static inline void console_flush(void) {}

#endif
#endif /* AMP_CONSOLE_H */
