/*
 * NXP i.MX Messaging Unit, register layout of the i.MX 6SoloX and 8M
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
OBJECT_DECLARE_SIMPLE_TYPE(IMXMUState, IMX_MU)

#define IMX_MU_NUM_CHANNELS 4
#define IMX_MU_MMIO_SIZE 0x10000

typedef struct IMXMUSide {
    IMXMUState *mu;
    struct IMXMUSide *peer;
    MemoryRegion iomem;
    qemu_irq irq;
    bool irq_level;

    /* The bits of CR that are plain storage */
    uint32_t cr;
    /* The last word received on each channel, read or not */
    uint32_t rr[IMX_MU_NUM_CHANNELS];
    /* The flag fields of SR, as they stand there: channel 0 is bit 3 */
    uint32_t te;
    uint32_t rf;
    uint32_t gip;
} IMXMUSide;

struct IMXMUState {
    SysBusDevice parent_obj;

    IMXMUSide side[2];
    uint32_t index;
};

#endif
