/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What the portable part of the library (vring, rpmsg) asks of the machine it runs on.
 */
#ifndef AMP_PLATFORM_H
#define AMP_PLATFORM_H

#include <stdint.h>

/**
 * platform_da_to_va() - make an address from Linux usable
 * @da: device address
 * @len: bytes that will be accessed there
 *
 * Return: a pointer, or NULL unless all of it lies in one region shared with Linux.
 */
void *platform_da_to_va(uint64_t da, uint32_t len);

/**
 * platform_kick() - tell Linux to look at a ring
 * @ring: 0 or 1
 * @notifyid: the ring's notify id
 *
 * Never waits. Kicks of one ring that Linux has not yet taken note of are merged. Called
 * in the main loop; all that was written to the ring before is visible when Linux looks.
 */
void platform_kick(unsigned int ring, uint16_t notifyid);

#endif /* AMP_PLATFORM_H */
