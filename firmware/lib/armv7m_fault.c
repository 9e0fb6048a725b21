// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Faults and exceptions that nobody handles: written into the log and the fault record,
 * reported to Linux, then the core sleeps until it is reset.
 */
#include <stdbool.h>

#include "amp.h"
#include "armv7m_regs.h"
#include "board.h"
#include "console.h"
#include "cpu.h"
#include "platform.h"
#include "reg.h"
#include "startup.h"

#define EXC_RETURN_BASIC_FRAME (1u << 4)

void platform_halt(void)
{
	unsigned int i;

	cpu_irq_disable();
	console_flush();
	/* A pending interrupt would end each WFI at once. */
	reg_write(SYST_CSR, 0);
	reg_write(SCB_ICSR, SCB_ICSR_PENDSTCLR);
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

static uint32_t exception_number(void)
{
	uint32_t number;

	/* clang-format off */
	__asm__ volatile("mrs %0, ipsr" : "=r"(number));
	/* clang-format on */
	return number;
}

bool platform_in_interrupt(void)
{
	return exception_number();
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

static enum amp_fault_kind fault_kind(uint32_t number)
{
	switch (number) {
	case 3:
		return AMP_FAULT_HARD;
	case 4:
		return AMP_FAULT_MEM;
	case 5:
		return AMP_FAULT_BUS;
	case 6:
		return AMP_FAULT_USAGE;
	default:
		return AMP_FAULT_OTHER;
	}
}

static __attribute__((used, noreturn)) void
fault_report(const struct exception_frame *frame, const uint32_t *r4, uint32_t exc_return)
{
	uint32_t cfsr = reg_read(SCB_CFSR);
	uint32_t number = exception_number();
	struct amp_fault_record record = { .kind = fault_kind(number), .status = cfsr };

	amp_log("FAULT: %s (%lu), cfsr %08lx hfsr %08lx exc_return %08lx",
		exception_name(number), number, cfsr, reg_read(SCB_HFSR), exc_return);
	if (cfsr & SCB_CFSR_MMARVALID) {
		record.address = reg_read(SCB_MMFAR);
		record.address_valid = 1;
		amp_log("FAULT: memory protection, address %08lx", record.address);
	}
	if (cfsr & SCB_CFSR_BFARVALID) {
		record.address = reg_read(SCB_BFAR);
		record.address_valid = 1;
		amp_log("FAULT: bus error, address %08lx", record.address);
	}
	if (frame_ok(frame)) {
		record.pc = frame->pc;
		record.lr = frame->lr;
		record.psr = frame->xpsr;
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
	platform_fault(&record);
	platform_halt();
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
