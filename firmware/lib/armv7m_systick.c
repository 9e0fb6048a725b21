// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The core's own timer: coarse time, and a main loop that is woken up as it passes.
 */
#include "amp.h"
#include "armv7m_regs.h"
#include "board.h"
#include "platform.h"
#include "reg.h"
#include "startup.h"

#define TICK_CYCLES (BOARD_CORE_CLOCK_HZ / 1000 * PLATFORM_TICK_MS)

_Static_assert(TICK_CYCLES <= 0x1000000, "the counter has 24 bits");

static volatile uint32_t time_ms;

void systick_isr(void)
{
	time_ms += PLATFORM_TICK_MS;
	amp_wake();
}

uint32_t platform_time_ms(void)
{
	return time_ms;
}

void platform_timer_start(void)
{
	if (reg_read(SYST_CSR) & SYST_CSR_ENABLE)
		return;
	reg_write(SYST_RVR, TICK_CYCLES - 1);
	reg_write(SYST_CVR, 0);
	reg_write(SYST_CSR, SYST_CSR_CLKSOURCE | SYST_CSR_TICKINT | SYST_CSR_ENABLE);
}
