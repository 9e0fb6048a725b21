/*
 * NXP i.MX Messaging Unit, register layout of the i.MX 6SoloX and 8M
 *
 * Two register blocks, one for each of two processors. What one side writes
 * to a transmit register appears in the other side's receive register of the
 * same number; each side has flags, interrupts and interrupt enables for it,
 * three flag bits that the other side can read, and four general-purpose
 * interrupts that it can raise at the other side.
 *
 * Everything is immediate here, so the status bits that tell that something
 * is still under way between the two clock domains (EP, FUP, the other side's
 * reset state and power mode) always read as idle.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/misc/imx_mu.h"
#include "hw/qdev-properties.h"
#include "hw/registerfields.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "trace.h"

REG32(TR0, 0x00)
REG32(TR3, 0x0c)
REG32(RR0, 0x10)
REG32(RR3, 0x1c)
REG32(SR, 0x20)
    FIELD(SR, F, 0, 3)
    FIELD(SR, BRDIP, 9, 1)
    FIELD(SR, TE, 20, 4)
    FIELD(SR, RF, 24, 4)
    FIELD(SR, GIP, 28, 4)
REG32(CR, 0x24)
    FIELD(CR, F, 0, 3)
    FIELD(CR, BHR, 4, 1)        /* side A: resets processor B */
    FIELD(CR, HRM, 4, 1)        /* side B: masks BHR */
    FIELD(CR, MUR, 5, 1)        /* side A only */
    FIELD(CR, BRDIE, 6, 1)      /* side A only */
    FIELD(CR, GIR, 16, 4)
    FIELD(CR, TIE, 20, 4)
    FIELD(CR, RIE, 24, 4)
    FIELD(CR, GIE, 28, 4)

#define CR_STORED (R_CR_F_MASK | R_CR_TIE_MASK | R_CR_RIE_MASK | R_CR_GIE_MASK)
#define CR_STORED_A (CR_STORED | R_CR_BHR_MASK | R_CR_BRDIE_MASK)
#define CR_STORED_B (CR_STORED | R_CR_HRM_MASK)
#define CR_VALID_A (CR_STORED_A | R_CR_GIR_MASK | R_CR_MUR_MASK)
#define CR_VALID_B (CR_STORED_B | R_CR_GIR_MASK)

/* A channel's bit in each of the four-bit fields of SR and CR */
#define CHANNEL(n) (8u >> (n))

static bool imx_mu_is_a(IMXMUSide *side)
{
    return side == &side->mu->side[0];
}

static char imx_mu_letter(IMXMUSide *side)
{
    return imx_mu_is_a(side) ? 'A' : 'B';
}

static const char *imx_mu_reg_name(hwaddr offset)
{
    static const char *const names[] = {
        "TR0", "TR1", "TR2", "TR3", "RR0", "RR1", "RR2", "RR3", "SR", "CR",
    };

    return offset / 4 < ARRAY_SIZE(names) ? names[offset / 4] : "reserved";
}

static void imx_mu_update_irq(IMXMUSide *side)
{
    uint32_t pending = (side->te & FIELD_EX32(side->cr, CR, TIE)) |
                       (side->rf & FIELD_EX32(side->cr, CR, RIE)) |
                       (side->gip & FIELD_EX32(side->cr, CR, GIE));
    bool level = pending != 0;

    if (level != side->irq_level) {
        side->irq_level = level;
        trace_imx_mu_irq(side->mu->index, imx_mu_letter(side), level);
    }
    qemu_set_irq(side->irq, level);
}

static void imx_mu_update_irqs(IMXMUState *s)
{
    imx_mu_update_irq(&s->side[0]);
    imx_mu_update_irq(&s->side[1]);
}

static void imx_mu_reset_registers(IMXMUState *s)
{
    for (int i = 0; i < ARRAY_SIZE(s->side); i++) {
        IMXMUSide *side = &s->side[i];

        memset(side->rr, 0, sizeof(side->rr));
        side->cr = 0;
        side->te = 0xf;
        side->rf = 0;
        side->gip = 0;
    }
}

static uint64_t imx_mu_read(void *opaque, hwaddr offset, unsigned size)
{
    IMXMUSide *side = opaque;
    uint32_t value = 0;
    int n;

    switch (offset) {
    case A_TR0 ... A_TR3:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: read of write-only register %s\n",
                      side->mu->index, imx_mu_letter(side),
                      imx_mu_reg_name(offset));
        break;
    case A_RR0 ... A_RR3:
        n = (offset - A_RR0) / 4;
        value = side->rr[n];
        /* A register that was read already keeps its value and its flags. */
        if (side->rf & CHANNEL(n)) {
            side->rf &= ~CHANNEL(n);
            side->peer->te |= CHANNEL(n);
        }
        break;
    case A_SR:
        value = FIELD_DP32(value, SR, F, FIELD_EX32(side->peer->cr, CR, F));
        value = FIELD_DP32(value, SR, TE, side->te);
        value = FIELD_DP32(value, SR, RF, side->rf);
        value = FIELD_DP32(value, SR, GIP, side->gip);
        break;
    case A_CR:
        /* A request stands until the other side has cleared its GIP. */
        value = FIELD_DP32(side->cr, CR, GIR, side->peer->gip);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: read at reserved offset 0x%"
                      HWADDR_PRIx "\n",
                      side->mu->index, imx_mu_letter(side), offset);
        break;
    }

    trace_imx_mu_read(side->mu->index, imx_mu_letter(side),
                      imx_mu_reg_name(offset), value);
    imx_mu_update_irqs(side->mu);

    return value;
}

static void imx_mu_write_cr(IMXMUSide *side, uint32_t value)
{
    bool is_a = imx_mu_is_a(side);
    uint32_t valid = is_a ? CR_VALID_A : CR_VALID_B;
    uint32_t stored = is_a ? CR_STORED_A : CR_STORED_B;

    if (value & ~valid) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: write of 0x%08x to CR: reserved bits\n",
                      side->mu->index, imx_mu_letter(side), value);
    }
    if (is_a && (value & R_CR_MUR_MASK)) {
        trace_imx_mu_reset(side->mu->index);
        imx_mu_reset_registers(side->mu);
        return;
    }
    if (is_a && (value & R_CR_BHR_MASK)) {
        qemu_log_mask(LOG_UNIMP, "imx.mu: MU%uA: reset of processor B (BHR)\n",
                      side->mu->index);
    }

    side->cr = value & stored;
    /* Zeroes written to GIR take no request back. */
    side->peer->gip |= FIELD_EX32(value, CR, GIR);
}

static void imx_mu_write(void *opaque, hwaddr offset, uint64_t value,
                         unsigned size)
{
    IMXMUSide *side = opaque;
    int n;

    trace_imx_mu_write(side->mu->index, imx_mu_letter(side),
                       imx_mu_reg_name(offset), value);

    switch (offset) {
    case A_TR0 ... A_TR3:
        n = (offset - A_TR0) / 4;
        if (!(side->te & CHANNEL(n))) {
            qemu_log_mask(LOG_GUEST_ERROR,
                          "imx.mu: MU%u%c: write of 0x%08x to TR%d, which is "
                          "not empty: 0x%08x is lost\n",
                          side->mu->index, imx_mu_letter(side),
                          (uint32_t)value, n, side->peer->rr[n]);
        }
        side->te &= ~CHANNEL(n);
        side->peer->rr[n] = value;
        side->peer->rf |= CHANNEL(n);
        break;
    case A_RR0 ... A_RR3:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: write of 0x%08x to read-only register "
                      "%s\n", side->mu->index, imx_mu_letter(side),
                      (uint32_t)value, imx_mu_reg_name(offset));
        break;
    case A_SR:
        /* Drivers write back what they read: only GIP takes any notice. */
        side->gip &= ~FIELD_EX32(value, SR, GIP);
        break;
    case A_CR:
        imx_mu_write_cr(side, value);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: write of 0x%08x at reserved offset 0x%"
                      HWADDR_PRIx "\n", side->mu->index, imx_mu_letter(side),
                      (uint32_t)value, offset);
        break;
    }

    imx_mu_update_irqs(side->mu);
}

static const MemoryRegionOps imx_mu_ops = {
    .read = imx_mu_read,
    .write = imx_mu_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
        .unaligned = false,
    },
};

static void imx_mu_reset_hold(Object *obj, ResetType type)
{
    IMXMUState *s = IMX_MU(obj);

    imx_mu_reset_registers(s);
    imx_mu_update_irqs(s);
}

static int imx_mu_post_load(void *opaque, int version_id)
{
    imx_mu_update_irqs(opaque);
    return 0;
}

static const VMStateDescription vmstate_imx_mu_side = {
    .name = TYPE_IMX_MU "/side",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32(cr, IMXMUSide),
        VMSTATE_UINT32_ARRAY(rr, IMXMUSide, IMX_MU_NUM_CHANNELS),
        VMSTATE_UINT32(te, IMXMUSide),
        VMSTATE_UINT32(rf, IMXMUSide),
        VMSTATE_UINT32(gip, IMXMUSide),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_imx_mu = {
    .name = TYPE_IMX_MU,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = imx_mu_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(side, IMXMUState, 2, 1, vmstate_imx_mu_side,
                             IMXMUSide),
        VMSTATE_END_OF_LIST()
    },
};

static void imx_mu_init(Object *obj)
{
    IMXMUState *s = IMX_MU(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    for (int i = 0; i < ARRAY_SIZE(s->side); i++) {
        IMXMUSide *side = &s->side[i];

        side->mu = s;
        side->peer = &s->side[1 - i];
        memory_region_init_io(&side->iomem, obj, &imx_mu_ops, side,
                              i ? "imx.mu-b" : "imx.mu-a", IMX_MU_MMIO_SIZE);
        sysbus_init_mmio(sbd, &side->iomem);
        sysbus_init_irq(sbd, &side->irq);
    }
}

static const Property imx_mu_properties[] = {
    DEFINE_PROP_UINT32("index", IMXMUState, index, 1),
};

static void imx_mu_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "i.MX Messaging Unit";
    dc->vmsd = &vmstate_imx_mu;
    device_class_set_props(dc, imx_mu_properties);
    rc->phases.hold = imx_mu_reset_hold;
}

static const TypeInfo imx_mu_types[] = {
    {
        .name = TYPE_IMX_MU,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(IMXMUState),
        .instance_init = imx_mu_init,
        .class_init = imx_mu_class_init,
    },
};

DEFINE_TYPES(imx_mu_types)
