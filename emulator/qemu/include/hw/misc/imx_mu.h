/*
 * NXP i.MX Messaging Unit: "imx.mu" with the register layout of the
 * i.MX 6SoloX and 8M, "imx.mu-v2" with that of the i.MX 8ULP, 93 and 95
 *
 * QEMU interface:
 *  + property "index": the unit's number on its SoC, for traces and logs
 *  + sysbus MMIO region 0: side A's registers, 1: side B's
 *  + sysbus IRQ 0: side A's interrupt, 1: side B's
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#ifndef HW_MISC_IMX_MU_H
#define HW_MISC_IMX_MU_H

#include "hw/sysbus.h"
#include "qom/object.h"

#define TYPE_IMX_MU "imx.mu"
#define TYPE_IMX_MU_V2 TYPE_IMX_MU "-v2"
OBJECT_DECLARE_TYPE(IMXMUState, IMXMUClass, IMX_MU)

#define IMX_MU_NUM_CHANNELS 4
#define IMX_MU_MMIO_SIZE 0x10000

typedef struct IMXMUSide {
    IMXMUState *mu;
    struct IMXMUSide *peer;
    MemoryRegion iomem;
    qemu_irq irq;
    bool irq_level;

    /* The last word received on each channel, read or not */
    uint32_t rr[IMX_MU_NUM_CHANNELS];
    /*
     * Flags, and interrupt enables, of the channels, in the layout's order:
     * channel 0 is the highest bit, or the lowest in version 2
     */
    uint32_t te;
    uint32_t rf;
    uint32_t gip;
    uint32_t tie;
    uint32_t rie;
    uint32_t gie;
    /* For the other side to read */
    uint32_t flags;
    /* What else is plain storage in CR */
    uint32_t cr;
    /* Version 2: the other side has reset the unit */
    bool murip;
} IMXMUSide;

struct IMXMUState {
    SysBusDevice parent_obj;

    IMXMUSide side[2];
    uint32_t index;
};

struct IMXMUClass {
    SysBusDeviceClass parent_class;

    const MemoryRegionOps *ops;
};

#endif
