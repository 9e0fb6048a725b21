/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * Access to device registers.
 */
#ifndef AMP_REG_H
#define AMP_REG_H

#include <stdint.h>

struct reg_setup {
	uint32_t addr;
	uint32_t value;
};

static inline uint32_t reg_read(uintptr_t addr)
{
	return *(volatile uint32_t *)addr;
}

static inline void reg_write(uintptr_t addr, uint32_t value)
{
	*(volatile uint32_t *)addr = value;
}

static inline uint16_t reg_read16(uintptr_t addr)
{
	return *(volatile uint16_t *)addr;
}

static inline void reg_write16(uintptr_t addr, uint16_t value)
{
	*(volatile uint16_t *)addr = value;
}

static inline uint8_t reg_read8(uintptr_t addr)
{
	return *(volatile uint8_t *)addr;
}

static inline void reg_write8(uintptr_t addr, uint8_t value)
{
	*(volatile uint8_t *)addr = value;
}

#endif /* AMP_REG_H */
