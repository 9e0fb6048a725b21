// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * NXP hardware semaphores.
 */
#include "board.h"
#include "cpu.h"
#include "hwlock_imx.h"
#include "reg.h"

#define SELF (BOARD_SEMA4_CPU + 1)	/* how a gate says that this core has it */

static uintptr_t gate(unsigned int n)
{
	return BOARD_SEMA4_BASE + n;
}

static bool is_mine(unsigned int n)
{
	return reg_read8(gate(n)) == SELF;
}

bool hwlock_try_lock(unsigned int n)
{
	/* It would be granted a second time. */
	if (n >= HWLOCK_NUM || is_mine(n))
		return false;
	reg_write8(gate(n), SELF);
	if (!is_mine(n))
		return false;
	cpu_dsb();
	return true;
}

bool hwlock_lock(unsigned int n, unsigned int tries)
{
	while (tries--)
		if (hwlock_try_lock(n))
			return true;
	return false;
}

void hwlock_unlock(unsigned int n)
{
	if (n >= HWLOCK_NUM || !is_mine(n))
		return;
	cpu_dsb();
	reg_write8(gate(n), 0);
}

void hwlock_init(void)
{
	unsigned int n;

	for (n = 0; n < HWLOCK_NUM; n++)
		hwlock_unlock(n);
}
