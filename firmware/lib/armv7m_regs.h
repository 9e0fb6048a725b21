/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * System control space of an Armv7-M core.
 */
#ifndef AMP_ARMV7M_REGS_H
#define AMP_ARMV7M_REGS_H

#define SYST_CSR		0xe000e010
#define SYST_CSR_ENABLE		(1u << 0)
#define SYST_CSR_TICKINT	(1u << 1)
#define SYST_CSR_CLKSOURCE	(1u << 2)	/* the core's clock */
#define SYST_RVR		0xe000e014
#define SYST_CVR		0xe000e018
#define NVIC_ISER(n)		(0xe000e100 + 4 * (n))
#define NVIC_ICER(n)		(0xe000e180 + 4 * (n))
#define NVIC_IPR(n)		(0xe000e400 + 4 * (n))

#define SCB_ICSR		0xe000ed04
#define SCB_ICSR_PENDSTCLR	(1u << 25)
#define SCB_VTOR		0xe000ed08
#define SCB_CCR			0xe000ed14
#define SCB_CCR_DIV_0_TRP	(1u << 4)
#define SCB_CCR_IC		(1u << 17)
#define SCB_SHPR3		0xe000ed20
#define SCB_SHCSR		0xe000ed24
#define SCB_SHCSR_MEMFAULTENA	(1u << 16)
#define SCB_SHCSR_BUSFAULTENA	(1u << 17)
#define SCB_SHCSR_USGFAULTENA	(1u << 18)
#define SCB_CFSR		0xe000ed28
#define SCB_CFSR_MMARVALID	(1u << 7)
#define SCB_CFSR_BFARVALID	(1u << 15)
#define SCB_HFSR		0xe000ed2c
#define SCB_MMFAR		0xe000ed34
#define SCB_BFAR		0xe000ed38
#define SCB_CPACR		0xe000ed88
#define SCB_CPACR_FPU		(0xfu << 20)
#define SCB_ICIALLU		0xe000ef50

#define MPU_CTRL		0xe000ed94
#define MPU_CTRL_ENABLE		(1u << 0)
#define MPU_RNR			0xe000ed98
#define MPU_RBAR		0xe000ed9c
#define MPU_RASR		0xe000eda0

#endif /* AMP_ARMV7M_REGS_H */
