// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The log, in the two buffers that the resource table names. The trace buffer is flat text:
 * Linux reads it with strnlen() at any moment, so the byte behind the text is 0 at all
 * times. The ring is described in include/amp_control.h.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "barrier.h"
#include "board.h"
#include "console.h"
#include "cpu.h"
#include "log.h"

#define LINE_MAX 160

_Static_assert(BOARD_TRACE_SIZE >= 4 * LINE_MAX, "trace buffer too small");
_Static_assert(BOARD_LOG_SIZE >= 4 * LINE_MAX, "ring too small");
_Static_assert(!(BOARD_LOG_SIZE & (BOARD_LOG_SIZE - 1)), "not a power of two");

/* Start-up code clears it. */
char amp_trace[BOARD_TRACE_SIZE] __attribute__((section(".trace"), aligned(8)));

volatile struct log_ring amp_log_ring;

static size_t used;

void log_init(void)
{
	amp_log_ring.header.size = BOARD_LOG_SIZE;
	amp_mb();
	amp_log_ring.header.magic = AMP_LOG_MAGIC;
}

static void ring_write(const char *line, size_t len)
{
	uint32_t head = amp_log_ring.header.head;

	while (len--)
		amp_log_ring.text[head++ % BOARD_LOG_SIZE] = *line++;
	amp_mb();
	amp_log_ring.header.head = head;
}

/* Drops the oldest lines until half of the buffer is free. */
static void make_room(void)
{
	const char *from = amp_trace + sizeof(amp_trace) / 2;
	const char *newline = memchr(from, '\n', amp_trace + used - from);
	size_t keep;

	if (newline)
		from = newline + 1;
	keep = amp_trace + used - from;
	memmove(amp_trace, from, keep);
	memset(amp_trace + keep, 0, used - keep);
	used = keep;
}

void amp_log(const char *fmt, ...)
{
	char line[LINE_MAX];
	uint32_t flags;
	va_list args;
	int len;

	va_start(args, fmt);
	len = vsnprintf(line, sizeof(line), fmt, args);
	va_end(args);
	if (len < 0)
		return;
	if (len > LINE_MAX - 1)
		len = LINE_MAX - 1;
	line[len++] = '\n';

	flags = cpu_irq_save();
	if (used + len >= sizeof(amp_trace))
		make_room();
	memcpy(amp_trace + used, line, len);
	used += len;
	ring_write(line, len);
	console_write(line, len);
	cpu_irq_restore(flags);
}
