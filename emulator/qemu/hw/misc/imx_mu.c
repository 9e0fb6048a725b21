/*
 * NXP i.MX Messaging Unit, register layouts of the i.MX 6SoloX and 8M, and of
 * version 2 in the i.MX 8ULP, 93 and 95
 *
 * Two register blocks, one for each of two processors. What one side writes
 * to a transmit register appears in the other side's receive register of the
 * same number; each side has flags, interrupts and interrupt enables for it,
 * three flag bits that the other side can read, and four general-purpose
 * interrupts that it can raise at the other side.
 *
 * Everything is immediate here, so the status bits that tell that something
 * is still under way between the two clock domains (EP, FUP, MURS, the other
 * side's reset state and power mode) always read as idle.
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

#define CR_STORED_A (R_CR_BHR_MASK | R_CR_BRDIE_MASK)
#define CR_STORED_B R_CR_HRM_MASK
#define CR_VALID (R_CR_F_MASK | R_CR_GIR_MASK | R_CR_TIE_MASK | \
                  R_CR_RIE_MASK | R_CR_GIE_MASK)
#define CR_VALID_A (CR_VALID | CR_STORED_A | R_CR_MUR_MASK)
#define CR_VALID_B (CR_VALID | CR_STORED_B)

/* A channel's bit in each of the four-bit fields of SR and CR */
#define CHANNEL(n) (8u >> (n))

REG32(V2_VER, 0x000)
REG32(V2_PAR, 0x004)
    FIELD(V2_PAR, TR_NUM, 0, 8)
    FIELD(V2_PAR, RR_NUM, 8, 8)
    FIELD(V2_PAR, GIR_NUM, 16, 8)
    FIELD(V2_PAR, FLAG_WIDTH, 24, 8)
REG32(V2_CR, 0x008)
    FIELD(V2_CR, MUR, 0, 1)
    FIELD(V2_CR, MURIE, 1, 1)
REG32(V2_SR, 0x00c)
    FIELD(V2_SR, MURIP, 1, 1)
    FIELD(V2_SR, GIRP, 4, 1)
    FIELD(V2_SR, TEP, 5, 1)
    FIELD(V2_SR, RFP, 6, 1)
REG32(V2_CCR0, 0x010)
REG32(V2_CSR0, 0x01c)
REG32(V2_FCR, 0x100)
REG32(V2_FSR, 0x104)
REG32(V2_GIER, 0x110)
REG32(V2_GCR, 0x114)
REG32(V2_GSR, 0x118)
REG32(V2_TCR, 0x120)
REG32(V2_TSR, 0x124)
REG32(V2_RCR, 0x128)
REG32(V2_RSR, 0x12c)
REG32(V2_TR0, 0x200)
REG32(V2_TR3, 0x20c)
REG32(V2_RR0, 0x280)
REG32(V2_RR3, 0x28c)

#define V2_FLAG_WIDTH 3
#define V2_FLAGS ((1u << V2_FLAG_WIDTH) - 1)
#define V2_CHANNELS ((1u << IMX_MU_NUM_CHANNELS) - 1)
#define V2_CHANNEL(n) (1u << (n))

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

static const char *imx_mu_v2_reg_name(hwaddr offset)
{
    static const char *const names[] = {
        [R_V2_VER] = "VER", [R_V2_PAR] = "PAR",
        [R_V2_CR] = "CR", [R_V2_SR] = "SR",
        [R_V2_CCR0] = "CCR0", "CIER0", "CSSR0", "CSR0",
        [R_V2_FCR] = "FCR", [R_V2_FSR] = "FSR",
        [R_V2_GIER] = "GIER", [R_V2_GCR] = "GCR", [R_V2_GSR] = "GSR",
        [R_V2_TCR] = "TCR", [R_V2_TSR] = "TSR",
        [R_V2_RCR] = "RCR", [R_V2_RSR] = "RSR",
        [R_V2_TR0] = "TR0", "TR1", "TR2", "TR3",
        [R_V2_RR0] = "RR0", "RR1", "RR2", "RR3",
    };
    const char *name = NULL;

    if (offset / 4 < ARRAY_SIZE(names)) {
        name = names[offset / 4];
    }

    return name ?: "reserved";
}

static void imx_mu_update_irq(IMXMUSide *side)
{
    bool level = (side->te & side->tie) || (side->rf & side->rie) ||
                 (side->gip & side->gie) ||
                 (side->murip && (side->cr & R_V2_CR_MURIE_MASK));

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
        side->te = 0xf;
        side->rf = 0;
        side->gip = 0;
        side->tie = 0;
        side->rie = 0;
        side->gie = 0;
        side->flags = 0;
        side->cr = 0;
        side->murip = false;
    }
}

static uint32_t imx_mu_receive(IMXMUSide *side, int n, uint32_t channel)
{
    /* A register that was read already keeps its value and its flags. */
    if (side->rf & channel) {
        side->rf &= ~channel;
        side->peer->te |= channel;
    }

    return side->rr[n];
}

static void imx_mu_send(IMXMUSide *side, int n, uint32_t channel,
                        uint32_t value)
{
    if (!(side->te & channel)) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: write of 0x%08x to TR%d, which is "
                      "not empty: 0x%08x is lost\n",
                      side->mu->index, imx_mu_letter(side),
                      value, n, side->peer->rr[n]);
    }
    side->te &= ~channel;
    side->peer->rr[n] = value;
    side->peer->rf |= channel;
}

static void imx_mu_bad_read(IMXMUSide *side, hwaddr offset, const char *reg)
{
    if (!strcmp(reg, "reserved")) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: read at reserved offset 0x%"
                      HWADDR_PRIx "\n",
                      side->mu->index, imx_mu_letter(side), offset);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: read of write-only register %s\n",
                      side->mu->index, imx_mu_letter(side), reg);
    }
}

static void imx_mu_bad_write(IMXMUSide *side, hwaddr offset, const char *reg,
                             uint32_t value)
{
    if (!strcmp(reg, "reserved")) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: write of 0x%08x at reserved offset 0x%"
                      HWADDR_PRIx "\n", side->mu->index, imx_mu_letter(side),
                      value, offset);
    } else {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: write of 0x%08x to read-only register "
                      "%s\n", side->mu->index, imx_mu_letter(side), value, reg);
    }
}

static void imx_mu_check_reserved(IMXMUSide *side, const char *reg,
                                  uint32_t value, uint32_t valid)
{
    if (value & ~valid) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.mu: MU%u%c: write of 0x%08x to %s: reserved bits\n",
                      side->mu->index, imx_mu_letter(side), value, reg);
    }
}

static uint64_t imx_mu_read(void *opaque, hwaddr offset, unsigned size)
{
    IMXMUSide *side = opaque;
    const char *reg = imx_mu_reg_name(offset);
    uint32_t value = 0;
    int n;

    switch (offset) {
    case A_RR0 ... A_RR3:
        n = (offset - A_RR0) / 4;
        value = imx_mu_receive(side, n, CHANNEL(n));
        break;
    case A_SR:
        value = FIELD_DP32(value, SR, F, side->peer->flags);
        value = FIELD_DP32(value, SR, TE, side->te);
        value = FIELD_DP32(value, SR, RF, side->rf);
        value = FIELD_DP32(value, SR, GIP, side->gip);
        break;
    case A_CR:
        value = side->cr;
        value = FIELD_DP32(value, CR, F, side->flags);
        /* A request stands until the other side has cleared its GIP. */
        value = FIELD_DP32(value, CR, GIR, side->peer->gip);
        value = FIELD_DP32(value, CR, TIE, side->tie);
        value = FIELD_DP32(value, CR, RIE, side->rie);
        value = FIELD_DP32(value, CR, GIE, side->gie);
        break;
    default:
        imx_mu_bad_read(side, offset, reg);
        break;
    }

    trace_imx_mu_read(side->mu->index, imx_mu_letter(side), reg, value);
    imx_mu_update_irqs(side->mu);

    return value;
}

static void imx_mu_write_cr(IMXMUSide *side, uint32_t value)
{
    bool is_a = imx_mu_is_a(side);

    imx_mu_check_reserved(side, "CR", value, is_a ? CR_VALID_A : CR_VALID_B);
    if (is_a && (value & R_CR_MUR_MASK)) {
        trace_imx_mu_reset(side->mu->index);
        imx_mu_reset_registers(side->mu);
        return;
    }
    if (is_a && (value & R_CR_BHR_MASK)) {
        qemu_log_mask(LOG_UNIMP, "imx.mu: MU%uA: reset of processor B (BHR)\n",
                      side->mu->index);
    }

    side->cr = value & (is_a ? CR_STORED_A : CR_STORED_B);
    side->flags = FIELD_EX32(value, CR, F);
    side->tie = FIELD_EX32(value, CR, TIE);
    side->rie = FIELD_EX32(value, CR, RIE);
    side->gie = FIELD_EX32(value, CR, GIE);
    /* Zeroes written to GIR take no request back. */
    side->peer->gip |= FIELD_EX32(value, CR, GIR);
}

static void imx_mu_write(void *opaque, hwaddr offset, uint64_t value,
                         unsigned size)
{
    IMXMUSide *side = opaque;
    const char *reg = imx_mu_reg_name(offset);
    int n;

    trace_imx_mu_write(side->mu->index, imx_mu_letter(side), reg, value);

    switch (offset) {
    case A_TR0 ... A_TR3:
        n = (offset - A_TR0) / 4;
        imx_mu_send(side, n, CHANNEL(n), value);
        break;
    case A_SR:
        /* Drivers write back what they read: only GIP takes any notice. */
        side->gip &= ~FIELD_EX32(value, SR, GIP);
        break;
    case A_CR:
        imx_mu_write_cr(side, value);
        break;
    default:
        imx_mu_bad_write(side, offset, reg, value);
        break;
    }

    imx_mu_update_irqs(side->mu);
}

static uint32_t imx_mu_v2_sr(IMXMUSide *side)
{
    uint32_t value = 0;

    value = FIELD_DP32(value, V2_SR, MURIP, side->murip);
    value = FIELD_DP32(value, V2_SR, GIRP, side->gip != 0);
    value = FIELD_DP32(value, V2_SR, TEP, side->te != 0);
    value = FIELD_DP32(value, V2_SR, RFP, side->rf != 0);

    return value;
}

static uint64_t imx_mu_v2_read(void *opaque, hwaddr offset, unsigned size)
{
    IMXMUSide *side = opaque;
    const char *reg = imx_mu_v2_reg_name(offset);
    uint32_t value = 0;
    int n;

    switch (offset) {
    case A_V2_PAR:
        value = FIELD_DP32(value, V2_PAR, TR_NUM, IMX_MU_NUM_CHANNELS);
        value = FIELD_DP32(value, V2_PAR, RR_NUM, IMX_MU_NUM_CHANNELS);
        value = FIELD_DP32(value, V2_PAR, GIR_NUM, IMX_MU_NUM_CHANNELS);
        value = FIELD_DP32(value, V2_PAR, FLAG_WIDTH, V2_FLAG_WIDTH);
        break;
    case A_V2_CR:
        value = side->cr;
        break;
    case A_V2_SR:
        value = imx_mu_v2_sr(side);
        break;
    case A_V2_VER:
    case A_V2_CCR0 ... A_V2_CSR0:
        qemu_log_mask(LOG_UNIMP, "imx.mu: MU%u%c: read of %s\n",
                      side->mu->index, imx_mu_letter(side), reg);
        break;
    case A_V2_FCR:
        value = side->flags;
        break;
    case A_V2_FSR:
        value = side->peer->flags;
        break;
    case A_V2_GIER:
        value = side->gie;
        break;
    case A_V2_GCR:
        value = side->peer->gip;
        break;
    case A_V2_GSR:
        value = side->gip;
        break;
    case A_V2_TCR:
        value = side->tie;
        break;
    case A_V2_TSR:
        value = side->te;
        break;
    case A_V2_RCR:
        value = side->rie;
        break;
    case A_V2_RSR:
        value = side->rf;
        break;
    case A_V2_RR0 ... A_V2_RR3:
        n = (offset - A_V2_RR0) / 4;
        value = imx_mu_receive(side, n, V2_CHANNEL(n));
        break;
    default:
        imx_mu_bad_read(side, offset, reg);
        break;
    }

    trace_imx_mu_read(side->mu->index, imx_mu_letter(side), reg, value);
    imx_mu_update_irqs(side->mu);

    return value;
}

static void imx_mu_v2_reset(IMXMUSide *side)
{
    uint32_t cr = side->peer->cr;

    trace_imx_mu_reset(side->mu->index);
    imx_mu_reset_registers(side->mu);
    /* Or the other side couldn't be interrupted by it. */
    side->peer->cr = cr;
    side->peer->murip = true;
}

static void imx_mu_v2_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    IMXMUSide *side = opaque;
    const char *reg = imx_mu_v2_reg_name(offset);
    int n;

    trace_imx_mu_write(side->mu->index, imx_mu_letter(side), reg, value);

    switch (offset) {
    case A_V2_CR:
        imx_mu_check_reserved(side, reg, value,
                              R_V2_CR_MUR_MASK | R_V2_CR_MURIE_MASK);
        if (value & R_V2_CR_MUR_MASK) {
            imx_mu_v2_reset(side);
        }
        side->cr = value & R_V2_CR_MURIE_MASK;
        break;
    case A_V2_SR:
        if (value & R_V2_SR_MURIP_MASK) {
            side->murip = false;
        }
        break;
    case A_V2_CCR0 ... A_V2_CSR0 - 4:
        qemu_log_mask(LOG_UNIMP, "imx.mu: MU%u%c: write of 0x%08x to %s\n",
                      side->mu->index, imx_mu_letter(side), (uint32_t)value,
                      reg);
        break;
    case A_V2_FCR:
        imx_mu_check_reserved(side, reg, value, V2_FLAGS);
        side->flags = value & V2_FLAGS;
        break;
    case A_V2_GIER:
        imx_mu_check_reserved(side, reg, value, V2_CHANNELS);
        side->gie = value & V2_CHANNELS;
        break;
    case A_V2_GCR:
        imx_mu_check_reserved(side, reg, value, V2_CHANNELS);
        /* As in version 1, zeroes take no request back. */
        side->peer->gip |= value & V2_CHANNELS;
        break;
    case A_V2_GSR:
        side->gip &= ~value;
        break;
    case A_V2_TCR:
        imx_mu_check_reserved(side, reg, value, V2_CHANNELS);
        side->tie = value & V2_CHANNELS;
        break;
    case A_V2_RCR:
        imx_mu_check_reserved(side, reg, value, V2_CHANNELS);
        side->rie = value & V2_CHANNELS;
        break;
    case A_V2_TR0 ... A_V2_TR3:
        n = (offset - A_V2_TR0) / 4;
        imx_mu_send(side, n, V2_CHANNEL(n), value);
        break;
    default:
        imx_mu_bad_write(side, offset, reg, value);
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

static const MemoryRegionOps imx_mu_v2_ops = {
    .read = imx_mu_v2_read,
    .write = imx_mu_v2_write,
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
    .version_id = 2,
    .minimum_version_id = 2,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(rr, IMXMUSide, IMX_MU_NUM_CHANNELS),
        VMSTATE_UINT32(te, IMXMUSide),
        VMSTATE_UINT32(rf, IMXMUSide),
        VMSTATE_UINT32(gip, IMXMUSide),
        VMSTATE_UINT32(tie, IMXMUSide),
        VMSTATE_UINT32(rie, IMXMUSide),
        VMSTATE_UINT32(gie, IMXMUSide),
        VMSTATE_UINT32(flags, IMXMUSide),
        VMSTATE_UINT32(cr, IMXMUSide),
        VMSTATE_BOOL(murip, IMXMUSide),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_imx_mu = {
    .name = TYPE_IMX_MU,
    .version_id = 2,
    .minimum_version_id = 2,
    .post_load = imx_mu_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(side, IMXMUState, 2, 2, vmstate_imx_mu_side,
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
        memory_region_init_io(&side->iomem, obj, IMX_MU_GET_CLASS(s)->ops, side,
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
    IMX_MU_CLASS(klass)->ops = &imx_mu_ops;
}

static void imx_mu_v2_class_init(ObjectClass *klass, void *data)
{
    DEVICE_CLASS(klass)->desc = "i.MX Messaging Unit, version 2";
    IMX_MU_CLASS(klass)->ops = &imx_mu_v2_ops;
}

static const TypeInfo imx_mu_types[] = {
    {
        .name = TYPE_IMX_MU,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(IMXMUState),
        .instance_init = imx_mu_init,
        .class_size = sizeof(IMXMUClass),
        .class_init = imx_mu_class_init,
    },
    {
        .name = TYPE_IMX_MU_V2,
        .parent = TYPE_IMX_MU,
        .class_init = imx_mu_v2_class_init,
    },
};

DEFINE_TYPES(imx_mu_types)
