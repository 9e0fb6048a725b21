/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The SoC's hardware semaphores as locks between this core and Linux, where they are
 * hwspinlocks. NXP's SEMA4.
 *
 * Only the main loop may take a lock, or only interrupt handlers that don't interrupt each
 * other: a gate can't tell who on this core has it. Hold it for microseconds: Linux spins
 * meanwhile.
 */
#ifndef AMP_HWLOCK_IMX_H
#define AMP_HWLOCK_IMX_H

#include <stdbool.h>

#define HWLOCK_NUM	16

/**
 * hwlock_init() - before any other of these
 *
 * Frees what an earlier life of this core had locked when it ended. What such a lock
 * protects may have been left half written.
 */
void hwlock_init(void);

/**
 * hwlock_try_lock() - take a lock if it is free
 * @n: 0 to HWLOCK_NUM - 1
 *
 * Memory accesses after it see what Linux wrote before it freed the lock.
 *
 * Return: true if this core has it now; false if it was locked, also if by this core.
 */
bool hwlock_try_lock(unsigned int n);

/**
 * hwlock_lock() - take a lock, but do not try for ever
 * @n: 0 to HWLOCK_NUM - 1
 * @tries: how often to try, each time with two or three accesses to the bus
 *
 * Return: as hwlock_try_lock(). Linux may be dead, or stopped by a debugger.
 */
bool hwlock_lock(unsigned int n, unsigned int tries);

/**
 * hwlock_unlock() - free a lock
 * @n: 0 to HWLOCK_NUM - 1; if it is not this core's, nothing happens
 *
 * What was written before is in memory before Linux can have the lock.
 */
void hwlock_unlock(unsigned int n);

#endif /* AMP_HWLOCK_IMX_H */
