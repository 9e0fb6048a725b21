/*
 * NXP i.MX hardware semaphores (SEMA4): sixteen gates between two processors
 *
 * QEMU interface:
 *  + sysbus MMIO region 0: the registers as processor 0 accesses them,
 *    1: as processor 1 does
 *  + sysbus IRQ 0: processor 0's notification interrupt, 1: processor 1's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IMX_SEMA4_H
#define HW_MISC_IMX_SEMA4_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_IMX_SEMA4 "imx.sema4"
OBJECT_DECLARE_SIMPLE_TYPE(IMXSema4State, IMX_SEMA4)

#define IMX_SEMA4_NUM_GATES 16
#define IMX_SEMA4_NUM_CPUS 2
#define IMX_SEMA4_MMIO_SIZE 0x10000

typedef struct IMXSema4Side {
    IMXSema4State *sema4;
    MemoryRegion iomem;
    qemu_irq irq;
    unsigned cpu;

    /* Gates whose notification interrupts this processor, a bit for each */
    uint16_t enabled;
} IMXSema4Side;

/* One of the two reset registers, which take a sequence of two writes */
typedef struct IMXSema4Reset {
    /* The first write has been made, by processor cpu */
    bool started;
    uint8_t cpu;
    /* What the last completed sequence has reset */
    uint8_t number;
} IMXSema4Reset;

struct IMXSema4State {
    SysBusDevice parent_obj;

    IMXSema4Side side[IMX_SEMA4_NUM_CPUS];
    /* 0, or the number of the processor that has locked it, plus one */
    uint8_t gate[IMX_SEMA4_NUM_GATES];
    /* See the states of the notification in imx_sema4.c */
    uint8_t notification[IMX_SEMA4_NUM_GATES];
    IMXSema4Reset reset_gate;
    IMXSema4Reset reset_notification;
};

#endif
