/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What the portable part of the library (vring, rpmsg, control) asks of the machine it
 * runs on.
 */
#ifndef AMP_PLATFORM_H
#define AMP_PLATFORM_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol.h"

/* How finely platform_time_ms() counts. */
#define PLATFORM_TICK_MS 10

/* Named in the resource table; written by platform_fault(). */
extern volatile struct amp_fault_record amp_fault;

/**
 * platform_da_to_va() - make an address from Linux usable
 * @da: device address
 * @len: bytes that will be accessed there
 *
 * Return: a pointer, or NULL unless all of it lies in one region shared with Linux.
 */
void *platform_da_to_va(uint64_t da, uint32_t len);

/**
 * platform_open_bulk() - have the memory for bulk data shared as well
 *
 * Not before: where the device tree doesn't reserve it, it is Linux' own.
 *
 * Return: whether this core can reach it now.
 */
bool platform_open_bulk(void);

/**
 * platform_kick() - tell Linux to look at a ring
 * @ring: 0 or 1
 * @notifyid: the ring's notify id
 *
 * Never waits. Kicks of one ring that Linux has not yet taken note of are merged. Called
 * in the main loop; all that was written to the ring before is visible when Linux looks.
 */
void platform_kick(unsigned int ring, uint16_t notifyid);

/**
 * platform_flush() - get the kicks out that have been asked for
 *
 * Waits for Linux to take them, but not for long: before something after which no
 * interrupt is taken any more.
 */
void platform_flush(void);

/**
 * platform_fault() - leave a fault record behind and tell Linux
 * @record: all but the magic
 *
 * Any context, and without the rings. Waits, but not for long.
 */
void platform_fault(const struct amp_fault_record *record);

/**
 * platform_announce() - tell Linux that the core has started
 *
 * Optional: to be called once, before anything else. Linux takes a second time for a
 * restart that it didn't ask for.
 */
void platform_announce(void);

/**
 * platform_shutdown_asked() - has Linux asked by mailbox that the core shut down?
 *
 * Return: true if it has.
 */
bool platform_shutdown_asked(void);

/**
 * platform_shutdown_answer() - tell Linux that it has
 */
void platform_shutdown_answer(void);

/**
 * platform_halt() - sleep until the core is reset
 */
void platform_halt(void) __attribute__((noreturn));

/**
 * platform_in_interrupt() - is this an interrupt handler?
 *
 * Return: true if it is one.
 */
bool platform_in_interrupt(void);

/**
 * platform_timer_start() - from now on time passes, and wakes the main loop
 */
void platform_timer_start(void);

/**
 * platform_watchdog_start() - reset this core when its main loop hangs
 * @seconds: for so long, 1 to 128. Linux is told half a second before.
 *
 * amp_poll() then has to be called before that, for ever: the watchdog can't be stopped
 * again. What Linux starts next has to begin within @seconds as well.
 */
void platform_watchdog_start(unsigned int seconds);

/* Called by amp_poll(). */
void platform_watchdog_feed(void);

/**
 * platform_time_ms() - time that has passed, modulo 2^32
 *
 * Return: milliseconds.
 */
uint32_t platform_time_ms(void);

#endif /* AMP_PLATFORM_H */
