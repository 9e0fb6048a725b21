// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Vector table and start-up: from reset to main().
 *
 * The thread runs on the process stack, exceptions on the main stack, so that a stack
 * overflow can still be reported.
 */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "amp.h"
#include "armv7m_regs.h"
#include "board.h"
#include "console.h"
#include "cpu.h"
#include "reg.h"
#include "startup.h"

#define IRQ_PRIORITY 0x80808080u	/* below the fault handlers */

extern uint32_t __irq_stack_top[], __stack_top[];
extern uint32_t __bss_start[], __bss_end[];
extern const uint32_t amp_ddr_text_size;

void reset_handler(void);

struct vector_table {
	uint32_t *stack;
	void (*handler[15 + BOARD_NUM_IRQS])(void);
};

/* clang-format off */
#define EXCEPTION(n)	((n) - 1)
/* clang-format on */
#define IRQ(n)		((n) + 15)

/* Each entry starts as the catch-all. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Woverride-init"
extern const struct vector_table vectors;
const struct vector_table vectors __attribute__((section(".vectors"), used)) = {
	.stack = __irq_stack_top,
	.handler = {
		[0 ... 15 + BOARD_NUM_IRQS - 1] = fault_entry,
		[EXCEPTION(1)] = reset_handler,
		[EXCEPTION(15)] = systick_isr,
		[IRQ(BOARD_MU_IRQ)] = mu_isr,
#ifdef AMP_CONSOLE
		[IRQ(BOARD_UART_IRQ)] = console_isr,
#endif
	},
};
#pragma GCC diagnostic pop

static void irq_enable(unsigned int irq)
{
	reg_write(NVIC_ISER(irq / 32), 1u << irq % 32);
}

static void icache_enable(void)
{
	cpu_dsb();
	cpu_isb();
	reg_write(SCB_ICIALLU, 0);
	cpu_dsb();
	cpu_isb();
	reg_write(SCB_CCR, reg_read(SCB_CCR) | SCB_CCR_IC);
	cpu_dsb();
	cpu_isb();
}

static __attribute__((used, noreturn)) void start(void)
{
	static const struct reg_setup setup[] = BOARD_SETUP;
	unsigned int i;

	reg_write(SCB_VTOR, (uintptr_t)&vectors);
	reg_write(SCB_CPACR, reg_read(SCB_CPACR) | SCB_CPACR_FPU);
	cpu_dsb();
	cpu_isb();

	/* .data has been loaded in place; the trace buffer lies within .bss. */
	memset(__bss_start, 0, (uintptr_t)__bss_end - (uintptr_t)__bss_start);
	log_init();

	reg_write(SCB_SHCSR, SCB_SHCSR_MEMFAULTENA | SCB_SHCSR_BUSFAULTENA | SCB_SHCSR_USGFAULTENA);
	reg_write(SCB_CCR, reg_read(SCB_CCR) | SCB_CCR_DIV_0_TRP);
	mpu_init();
	if (amp_ddr_text_size)
		icache_enable();

	for (i = 0; i < (BOARD_NUM_IRQS + 31) / 32; i++)
		reg_write(NVIC_ICER(i), 0xffffffff);
	for (i = 0; i < (BOARD_NUM_IRQS + 3) / 4; i++)
		reg_write(NVIC_IPR(i), IRQ_PRIORITY);
	reg_write(SCB_SHPR3, IRQ_PRIORITY);

	mpu_open_peripherals();
	for (i = 0; i < sizeof(setup) / sizeof(setup[0]); i++)
		reg_write(setup[i].addr, setup[i].value);
	console_init();
	cpu_dsb();
	mpu_close_peripherals();

	platform_init();
	wdog_init();
	rpmsg_init(&amp_rpmsg, &amp_rsc_table.vdev);
	irq_enable(BOARD_MU_IRQ);
#ifdef AMP_CONSOLE
	irq_enable(BOARD_UART_IRQ);
#endif
	cpu_irq_enable();

	main();
	amp_log("main() has returned");
	amp_run();
}

__attribute__((naked, noreturn)) void reset_handler(void)
{
	__asm__ volatile("cpsid i\n\t"
			 "ldr r0, =__stack_top\n\t"
			 "msr psp, r0\n\t"
			 "movs r0, #2\n\t"	/* thread mode uses the process stack */
			 "msr control, r0\n\t"
			 "isb\n\t"
			 "b start\n\t");
}

/* There is no heap; newlib's printf asks for one in cases that we don't use. */
void *_sbrk(ptrdiff_t increment);
void *_sbrk(ptrdiff_t increment)
{
	(void)increment;
	errno = ENOMEM;
	return (void *)-1;
}
