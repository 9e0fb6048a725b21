// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Platform for a core that shares Linux' addresses and kicks through a message unit.
 */
#include <stddef.h>

#include "amp.h"
#include "board.h"
#include "cpu.h"
#include "mu.h"
#include "platform.h"
#include "startup.h"

#define NUM_RINGS 2

/* A fraction of a second: Linux' interrupt handler empties the register. */
#define MAX_SPINS 1000000u

volatile struct amp_fault_record amp_fault;

static const struct {
	uint32_t base;
	uint32_t size;
} shared[] = BOARD_SHARED_REGIONS;

static const struct mu mu = { .base = BOARD_MU_BASE, .layout = &BOARD_MU_LAYOUT };

/* Interrupts are off, or this is the handler, whenever these are touched. */
static struct {
	bool wanted;
	uint16_t notifyid;
} kicks[NUM_RINGS];
static bool waiting;
static uint32_t last_word = UINT32_MAX;
static volatile bool shutdown_asked;
static bool bulk_open;

static bool within(uint64_t da, uint32_t len, uint32_t base, uint32_t size)
{
	uint64_t offset = da - base;

	return offset < size && len <= size - offset;
}

void *platform_da_to_va(uint64_t da, uint32_t len)
{
	size_t i;

	for (i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (within(da, len, shared[i].base, shared[i].size))
			return (void *)(uintptr_t)da;
	if (bulk_open && within(da, len, BOARD_BULK_BASE, BOARD_BULK_SIZE))
		return (void *)(uintptr_t)da;
	return NULL;
}

bool platform_open_bulk(void)
{
	bulk_open = mpu_open_bulk();
	return bulk_open;
}

static void send(uint16_t notifyid)
{
	last_word = (uint32_t)notifyid << 16;
	mu_send(&mu, BOARD_MU_KICK_REG, last_word);
}

void platform_kick(unsigned int ring, uint16_t notifyid)
{
	uint32_t flags;

	/* The ring's content must be in memory before Linux can take note of the kick. */
	cpu_dsb();
	flags = cpu_irq_save();
	if (mu_can_send(&mu, BOARD_MU_KICK_REG)) {
		send(notifyid);
	} else if (last_word != (uint32_t)notifyid << 16) {
		kicks[ring].wanted = true;
		kicks[ring].notifyid = notifyid;
		waiting = true;
		mu_tx_irq(&mu, BOARD_MU_KICK_REG, true);
	}
	/* Otherwise Linux has yet to read the same kick, and looks at the ring after that. */
	cpu_irq_restore(flags);
}

/* Linux has read the last kick: send another that waits. */
static void kick_next(void)
{
	unsigned int i;

	for (i = 0; i < NUM_RINGS; i++) {
		if (kicks[i].wanted && mu_can_send(&mu, BOARD_MU_KICK_REG)) {
			kicks[i].wanted = false;
			send(kicks[i].notifyid);
		}
	}
	for (i = 0; i < NUM_RINGS; i++)
		if (kicks[i].wanted)
			return;
	waiting = false;
	mu_tx_irq(&mu, BOARD_MU_KICK_REG, false);
}

void platform_flush(void)
{
	unsigned int spins = 0;
	uint32_t flags = cpu_irq_save();

	while (waiting && spins++ < MAX_SPINS)
		kick_next();
	cpu_irq_restore(flags);
}

void platform_fault(const struct amp_fault_record *record)
{
	unsigned int spins = 0;
	uint32_t flags = cpu_irq_save();

	amp_fault = *record;
	cpu_dsb();
	amp_fault.magic = AMP_FAULT_MAGIC;
	cpu_dsb();
	/* A kick that Linux leaves unread for that long is no loss. */
	while (!mu_can_send(&mu, BOARD_MU_KICK_REG) && spins++ < MAX_SPINS)
		;
	mu_send(&mu, BOARD_MU_KICK_REG, AMP_FAULT_WORD);
	cpu_irq_restore(flags);
}

void mu_isr(void)
{
	uint32_t word;

	/* Which ring it names doesn't matter: the main loop looks at both. */
	if (mu_receive(&mu, BOARD_MU_KICK_REG, &word))
		amp_wake();
	if (waiting)
		kick_next();
	/* It stays there until all is done: that it has been read is the answer. */
	if (!shutdown_asked && mu_can_receive(&mu, BOARD_MU_SHUTDOWN_REG)) {
		mu_rx_irq(&mu, BOARD_MU_SHUTDOWN_REG, false);
		shutdown_asked = true;
		amp_wake();
	}
	/* The interrupt must be gone before the handler returns, or it comes again. */
	cpu_dsb();
}

void platform_announce(void)
{
	uint32_t flags = cpu_irq_save();

	mu_ring(&mu, BOARD_MU_DOORBELL);
	cpu_irq_restore(flags);
}

bool platform_shutdown_asked(void)
{
	return shutdown_asked;
}

void platform_shutdown_answer(void)
{
	uint32_t word;

	mu_receive(&mu, BOARD_MU_SHUTDOWN_REG, &word);
}

void platform_init(void)
{
	mu_reset_irqs(&mu);
	/* One that an earlier life didn't answer is not for this one. */
	platform_shutdown_answer();
	mu_rx_irq(&mu, BOARD_MU_KICK_REG, true);
	mu_rx_irq(&mu, BOARD_MU_SHUTDOWN_REG, true);
}
