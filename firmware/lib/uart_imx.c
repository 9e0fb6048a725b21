// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Console on an i.MX UART: transmit only, fed by the transmitter-ready interrupt.
 */
#ifdef AMP_CONSOLE

#include <stdbool.h>
#include <stdint.h>

#include "board.h"
#include "console.h"
#include "cpu.h"
#include "reg.h"

#define UTXD		0x40
#define UCR1		0x80
#define UCR1_UARTEN	(1u << 0)
#define UCR1_TRDYEN	(1u << 13)
#define UCR2		0x84
#define UCR2_SRST	(1u << 0)	/* 0 resets */
#define UCR2_RXEN	(1u << 1)
#define UCR2_TXEN	(1u << 2)
#define UCR2_WS		(1u << 5)
#define UCR2_IRTS	(1u << 14)
#define UCR3		0x88
#define UCR3_RXDMUXSEL	(1u << 2)
#define UCR4		0x8c
#define UFCR		0x90
#define UFCR_RFDIV_1	(5u << 7)
#define UFCR_TXTL(n)	((n) << 10)
#define UFCR_RXTL(n)	(n)
#define UBIR		0xa4
#define UBMR		0xa8
#define UTS		0xb4
#define UTS_TXFULL	(1u << 4)

#define QUEUE_SIZE	1024u		/* a power of two */
#define FLUSH_SPINS	1000000u

static char queue[QUEUE_SIZE];
static unsigned int head, tail;
static bool ready;

static bool tx_full(void)
{
	return reg_read(BOARD_UART_BASE + UTS) & UTS_TXFULL;
}

static void feed(void)
{
	while (tail != head && !tx_full())
		reg_write(BOARD_UART_BASE + UTXD, queue[tail++ % QUEUE_SIZE]);
}

static void arm(void)
{
	reg_write(BOARD_UART_BASE + UCR1, UCR1_UARTEN | (tail != head ? UCR1_TRDYEN : 0));
}

void console_init(void)
{
	static const struct reg_setup setup[] = BOARD_UART_SETUP;
	unsigned int i;

	for (i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		reg_write(setup[i].addr, setup[i].value);

	reg_write(BOARD_UART_BASE + UCR1, 0);
	reg_write(BOARD_UART_BASE + UCR2, 0);
	for (i = 0; i < FLUSH_SPINS; i++)
		if (reg_read(BOARD_UART_BASE + UCR2) & UCR2_SRST)
			break;
	reg_write(BOARD_UART_BASE + UCR1, UCR1_UARTEN);
	reg_write(BOARD_UART_BASE + UFCR, UFCR_RFDIV_1 | UFCR_TXTL(2) | UFCR_RXTL(1));
	reg_write(BOARD_UART_BASE + UCR3, UCR3_RXDMUXSEL);
	reg_write(BOARD_UART_BASE + UCR4, 0);
	/* UBIR first: writing UBMR takes over both. */
	reg_write(BOARD_UART_BASE + UBIR, 15);
	reg_write(BOARD_UART_BASE + UBMR, BOARD_UART_CLOCK_HZ / BOARD_UART_BAUD - 1);
	reg_write(BOARD_UART_BASE + UCR2,
		  UCR2_SRST | UCR2_WS | UCR2_IRTS | UCR2_TXEN | UCR2_RXEN);
	ready = true;
}

static void put(char c)
{
	if (head - tail < QUEUE_SIZE)
		queue[head++ % QUEUE_SIZE] = c;
}

void console_write(const char *text, size_t len)
{
	if (!ready)
		return;
	while (len--) {
		if (*text == '\n')
			put('\r');
		put(*text++);
	}
	feed();
	arm();
}

void console_flush(void)
{
	unsigned int spins = 0;

	if (!ready)
		return;
	while (tail != head && spins++ < FLUSH_SPINS)
		feed();
}

void console_isr(void)
{
	feed();
	arm();
	cpu_dsb();
}

#endif /* AMP_CONSOLE */
