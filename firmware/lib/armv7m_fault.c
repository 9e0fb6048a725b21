// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Faults and exceptions that nobody handles: written into the trace log, then the core
 * sleeps until it is reset.
 */
#include <stdbool.h>

#include "amp.h"
#include "armv7m_regs.h"
#include "board.h"
#include "console.h"
#include "cpu.h"
#include "reg.h"
#include "startup.h"

#define EXC_RETURN_BASIC_FRAME (1u << 4)

static __attribute__((noreturn)) void halt(void)
{
	unsigned int i;

	/* A pending interrupt would end each WFI at once. */
	cpu_irq_disable();
	reg_write(SYST_CSR, 0);
	for (i = 0; i < (BOARD_NUM_IRQS + 31) / 32; i++)
		reg_write(NVIC_ICER(i), 0xffffffff);
	cpu_dsb();
	cpu_isb();
	for (;;)
		cpu_wfi();
}

static bool frame_ok(const struct exception_frame *frame)
{
	uint32_t offset = (uint32_t)frame - BOARD_DTCM_BASE;

	return !((uint32_t)frame & 3) && offset <= BOARD_DTCM_SIZE - sizeof(*frame);
}

static const char *exception_name(uint32_t number)
{
	switch (number) {
	case 2:
		return "NMI";
	case 3:
		return "HardFault";
	case 4:
		return "MemManage fault";
	case 5:
		return "BusFault";
	case 6:
		return "UsageFault";
	default:
		return "unexpected exception";
	}
}

static __attribute__((used, noreturn)) void
fault_report(const struct exception_frame *frame, const uint32_t *r4, uint32_t exc_return)
{
	uint32_t cfsr = reg_read(SCB_CFSR);
	uint32_t number;

	__asm__ volatile("mrs %0, ipsr" : "=r"(number));

	amp_log("FAULT: %s (%lu), cfsr %08lx hfsr %08lx exc_return %08lx",
		exception_name(number), number, cfsr, reg_read(SCB_HFSR), exc_return);
	if (cfsr & SCB_CFSR_MMARVALID)
		amp_log("FAULT: memory protection, address %08lx", reg_read(SCB_MMFAR));
	if (cfsr & SCB_CFSR_BFARVALID)
		amp_log("FAULT: bus error, address %08lx", reg_read(SCB_BFAR));
	if (frame_ok(frame)) {
		amp_log("FAULT: pc %08lx lr %08lx xpsr %08lx sp %08lx", frame->pc, frame->lr,
			frame->xpsr,
			(uint32_t)frame + (exc_return & EXC_RETURN_BASIC_FRAME ? 32 : 104) +
				(frame->xpsr & (1u << 9) ? 4 : 0));
		amp_log("FAULT: r0-r3 %08lx %08lx %08lx %08lx r12 %08lx", frame->r0, frame->r1,
			frame->r2, frame->r3, frame->r12);
	} else {
		amp_log("FAULT: stack pointer %08lx is outside DTCM", (uint32_t)frame);
	}
	amp_log("FAULT: r4-r11 %08lx %08lx %08lx %08lx %08lx %08lx %08lx %08lx", r4[0], r4[1],
		r4[2], r4[3], r4[4], r4[5], r4[6], r4[7]);
	console_flush();
	halt();
}

__attribute__((naked)) void fault_entry(void)
{
	__asm__ volatile("cpsid i\n\t"
			 "tst lr, #4\n\t"	/* which stack has the frame? */
			 "ite eq\n\t"
			 "mrseq r0, msp\n\t"
			 "mrsne r0, psp\n\t"
			 "push {r4-r11}\n\t"
			 "mov r1, sp\n\t"
			 "mov r2, lr\n\t"
			 "b fault_report\n\t");
}
