/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * What start-up code, fault handlers and drivers know of each other.
 */
#ifndef AMP_STARTUP_H
#define AMP_STARTUP_H

#include <stdbool.h>
#include <stdint.h>

/* Registers that the hardware puts onto the stack when an exception is taken. */
struct exception_frame {
	uint32_t r0, r1, r2, r3, r12, lr, pc, xpsr;
};

/* platform_mu.c: before interrupts are enabled. */
void platform_init(void);
void mu_isr(void);

/* armv7m_systick.c */
void systick_isr(void);

/* wdog_imx.c: before interrupts are enabled. */
void wdog_init(void);

/* armv7m_mpu.c */
void mpu_init(void);
void mpu_open_peripherals(void);
void mpu_close_peripherals(void);
bool mpu_open_bulk(void);

/* armv7m_fault.c: for every exception that nobody handles. */
void fault_entry(void);

int main(void);

#endif /* AMP_STARTUP_H */
