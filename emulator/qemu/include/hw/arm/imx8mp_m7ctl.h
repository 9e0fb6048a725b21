/*
 * i.MX 8M Plus: start, stop and reset of the Cortex-M7
 *
 * QEMU interface:
 *  + link property "armv7m": the core (with its NVIC) to control
 *  + property "boot": come out of reset with the core released, as a boot
 *    loader that has started it leaves the registers
 *  + read-only property "state": "reset", "wait", "running" or "lockup"
 *  + sysbus MMIO region 0: SRC, region 1: IOMUXC GPR
 *  + unnamed GPIO inputs: the SoC's interrupts on their way to the NVIC
 *  + named GPIO input "sysresetreq", "lockup": from the NVIC
 *  + named GPIO input "wdog3": from the watchdog, whose reset this is
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_ARM_IMX8MP_M7CTL_H
#define HW_ARM_IMX8MP_M7CTL_H

#include "hw/arm/armv7m.h"
#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_IMX8MP_M7CTL "imx8mp.m7ctl"
OBJECT_DECLARE_SIMPLE_TYPE(IMX8MPM7CtlState, IMX8MP_M7CTL)

#define IMX8MP_M7_NUM_IRQS 160

#define IMX8MP_SRC_NUM_REGS (0x1020 / 4)
#define IMX8MP_GPR_NUM_REGS (0x64 / 4)

typedef enum IMX8MPM7State {
    IMX8MP_M7_RESET,
    IMX8MP_M7_WAIT,
    IMX8MP_M7_RUNNING,
    IMX8MP_M7_LOCKUP,
} IMX8MPM7State;

struct IMX8MPM7CtlState {
    SysBusDevice parent_obj;

    MemoryRegion src_iomem;
    MemoryRegion gpr_iomem;

    uint32_t src[IMX8MP_SRC_NUM_REGS];
    uint32_t gpr[IMX8MP_GPR_NUM_REGS];

    uint32_t state;
    bool reset_pending;
    bool irq_level[IMX8MP_M7_NUM_IRQS];

    ARMv7MState *armv7m;
    bool boot;
};

/* For the A53s' firmware_call: the function that starts and stops the core */
bool imx8mp_m7ctl_firmware_call(void *opaque, uint64_t regs[4]);

#endif
