/*
 * NXP i.MX hardware semaphores (SEMA4), as in the i.MX 8M
 *
 * Sixteen gates of a byte each. A processor locks a gate by writing its own
 * number plus one, which only works while the gate is free, and unlocks it by
 * writing zero, which only works for the processor that has locked it. All
 * other writes change nothing; reading tells who has it.
 *
 * A processor that has failed to lock a gate can be told when it is free.
 *
 * The block knows who accesses it from the bus. Here each processor has a
 * memory region of its own.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "hw/irq.h"
#include "hw/misc/imx_sema4.h"
#include "hw/registerfields.h"
#include "migration/vmstate.h"
#include "qemu/log.h"
#include "trace.h"

REG8(GATE0, 0x00)
    FIELD(GATE0, GTFSM, 0, 2)
REG8(GATE15, 0x0f)
REG16(CP0INE, 0x40)
REG16(CP1INE, 0x48)
REG16(CP0NTF, 0x80)
REG16(CP1NTF, 0x88)
REG16(RSTGT, 0x100)
REG16(RSTNTF, 0x104)
    FIELD(RST, DATA, 0, 8)      /* written */
    FIELD(RST, STATE, 4, 2)     /* read: 1 between the two writes */
    FIELD(RST, NUMBER, 8, 8)

/* A write of this to a gate is "no operation". */
#define GTFSM_RESERVED 3

#define RSTGT_DATA1 0xe2
#define RSTGT_DATA2 0x1d
#define RSTNTF_DATA1 0x47
#define RSTNTF_DATA2 0xb8
/* From this number on, all of them are reset */
#define RST_ALL 64

/*
 * The states of a gate's notification: nobody is to be told; a processor has
 * failed to lock the gate; it is free again, and that processor is told so.
 */
enum {
    NOTIFY_NOBODY,
    NOTIFY_FAILED,
    NOTIFY_PENDING = NOTIFY_FAILED + IMX_SEMA4_NUM_CPUS,
};

/* Gate 0 is the highest bit of the lower byte, gate 8 of the higher one. */
static uint16_t imx_sema4_gate_bit(unsigned gate)
{
    return 1u << (gate ^ 7);
}

static uint16_t imx_sema4_pending(IMXSema4State *s, unsigned cpu)
{
    uint16_t pending = 0;

    for (unsigned i = 0; i < IMX_SEMA4_NUM_GATES; i++) {
        if (s->notification[i] == NOTIFY_PENDING + cpu) {
            pending |= imx_sema4_gate_bit(i);
        }
    }

    return pending;
}

static void imx_sema4_update_irqs(IMXSema4State *s)
{
    for (unsigned i = 0; i < IMX_SEMA4_NUM_CPUS; i++) {
        IMXSema4Side *side = &s->side[i];

        qemu_set_irq(side->irq, !!(imx_sema4_pending(s, i) & side->enabled));
    }
}

static void imx_sema4_set_gate(IMXSema4State *s, unsigned gate, uint8_t owner)
{
    uint8_t *state = &s->notification[gate];

    s->gate[gate] = owner;
    if (!owner) {
        if (*state >= NOTIFY_FAILED && *state < NOTIFY_PENDING) {
            *state += NOTIFY_PENDING - NOTIFY_FAILED;
        }
    } else if (*state >= NOTIFY_PENDING) {
        /* It has it now, or was too late and is told the next time. */
        *state = *state == NOTIFY_PENDING + owner - 1 ?
                 NOTIFY_NOBODY : *state - (NOTIFY_PENDING - NOTIFY_FAILED);
    }
}

static void imx_sema4_write_gate(IMXSema4Side *side, unsigned gate,
                                 uint8_t value)
{
    IMXSema4State *s = side->sema4;
    uint8_t me = side->cpu + 1;

    if (value & ~R_GATE0_GTFSM_MASK) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.sema4: CP%u: write of 0x%02x to gate %u: reserved "
                      "bits\n", side->cpu, value, gate);
        value &= R_GATE0_GTFSM_MASK;
    }

    if (value == GTFSM_RESERVED) {
        return;
    } else if (!value) {
        if (s->gate[gate] == me) {
            imx_sema4_set_gate(s, gate, 0);
        } else if (s->gate[gate]) {
            qemu_log_mask(LOG_GUEST_ERROR,
                          "imx.sema4: CP%u: unlock of gate %u, which CP%u has "
                          "locked\n", side->cpu, gate, s->gate[gate] - 1);
        }
    } else if (value != me) {
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.sema4: CP%u: lock of gate %u for CP%u\n",
                      side->cpu, gate, value - 1);
    } else if (!s->gate[gate]) {
        imx_sema4_set_gate(s, gate, me);
    } else if (s->gate[gate] != me && s->notification[gate] == NOTIFY_NOBODY) {
        s->notification[gate] = NOTIFY_FAILED + side->cpu;
    }
}

/* The second of the right two writes, by the same processor: what to reset */
static bool imx_sema4_reset_sequence(IMXSema4Side *side, IMXSema4Reset *reset,
                                     uint16_t value, uint8_t data1,
                                     uint8_t data2, const char *reg)
{
    uint8_t data = FIELD_EX16(value, RST, DATA);
    uint8_t number = FIELD_EX16(value, RST, NUMBER);
    bool second = reset->started && reset->cpu == side->cpu;

    reset->started = false;
    if (second && data == data2 &&
        (number < IMX_SEMA4_NUM_GATES || number >= RST_ALL)) {
        reset->number = number;
        return true;
    }
    if (!second && data == data1) {
        reset->started = true;
        reset->cpu = side->cpu;
        return false;
    }
    qemu_log_mask(LOG_GUEST_ERROR,
                  "imx.sema4: CP%u: write of 0x%04x to %s: not the %s of a "
                  "reset\n", side->cpu, value, reg,
                  second ? "second" : "first");
    return false;
}

static void imx_sema4_write_rstgt(IMXSema4Side *side, uint16_t value)
{
    IMXSema4State *s = side->sema4;

    if (!imx_sema4_reset_sequence(side, &s->reset_gate, value, RSTGT_DATA1,
                                  RSTGT_DATA2, "RSTGT")) {
        return;
    }
    trace_imx_sema4_reset(side->cpu, "gate", s->reset_gate.number);
    for (unsigned i = 0; i < IMX_SEMA4_NUM_GATES; i++) {
        if (s->reset_gate.number == i || s->reset_gate.number >= RST_ALL) {
            imx_sema4_set_gate(s, i, 0);
        }
    }
}

static void imx_sema4_write_rstntf(IMXSema4Side *side, uint16_t value)
{
    IMXSema4State *s = side->sema4;

    if (!imx_sema4_reset_sequence(side, &s->reset_notification, value,
                                  RSTNTF_DATA1, RSTNTF_DATA2, "RSTNTF")) {
        return;
    }
    trace_imx_sema4_reset(side->cpu, "notification",
                          s->reset_notification.number);
    for (unsigned i = 0; i < IMX_SEMA4_NUM_GATES; i++) {
        if (s->reset_notification.number == i ||
            s->reset_notification.number >= RST_ALL) {
            s->notification[i] = NOTIFY_NOBODY;
        }
    }
}

static uint16_t imx_sema4_read_reset(const IMXSema4Reset *reset)
{
    uint16_t value = 0;

    value = FIELD_DP16(value, RST, STATE, reset->started);
    value = FIELD_DP16(value, RST, NUMBER, reset->number);

    return value;
}

static uint64_t imx_sema4_read(void *opaque, hwaddr offset, unsigned size)
{
    IMXSema4Side *side = opaque;
    IMXSema4State *s = side->sema4;
    uint16_t value = 0;

    switch (offset) {
    case A_GATE0 ... A_GATE15:
        value = s->gate[offset];
        break;
    case A_CP0INE:
        value = s->side[0].enabled;
        break;
    case A_CP1INE:
        value = s->side[1].enabled;
        break;
    case A_CP0NTF:
        value = imx_sema4_pending(s, 0);
        break;
    case A_CP1NTF:
        value = imx_sema4_pending(s, 1);
        break;
    case A_RSTGT:
        value = imx_sema4_read_reset(&s->reset_gate);
        break;
    case A_RSTNTF:
        value = imx_sema4_read_reset(&s->reset_notification);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.sema4: CP%u: read at reserved offset 0x%"
                      HWADDR_PRIx "\n", side->cpu, offset);
        break;
    }

    trace_imx_sema4_read(side->cpu, offset, value);

    return value;
}

static void imx_sema4_write(void *opaque, hwaddr offset, uint64_t value,
                            unsigned size)
{
    IMXSema4Side *side = opaque;
    IMXSema4State *s = side->sema4;

    trace_imx_sema4_write(side->cpu, offset, value);

    switch (offset) {
    case A_GATE0 ... A_GATE15:
        imx_sema4_write_gate(side, offset, value);
        break;
    case A_CP0INE:
        s->side[0].enabled = value;
        break;
    case A_CP1INE:
        s->side[1].enabled = value;
        break;
    case A_RSTGT:
        imx_sema4_write_rstgt(side, value);
        break;
    case A_RSTNTF:
        imx_sema4_write_rstntf(side, value);
        break;
    default:
        qemu_log_mask(LOG_GUEST_ERROR,
                      "imx.sema4: CP%u: write of 0x%04x at %s offset 0x%"
                      HWADDR_PRIx "\n", side->cpu, (unsigned)value,
                      offset == A_CP0NTF || offset == A_CP1NTF ?
                      "read-only" : "reserved", offset);
        break;
    }

    imx_sema4_update_irqs(s);
}

static bool imx_sema4_accepts(void *opaque, hwaddr offset, unsigned size,
                              bool is_write, MemTxAttrs attrs)
{
    return size == (offset <= A_GATE15 ? 1 : 2);
}

static const MemoryRegionOps imx_sema4_ops = {
    .read = imx_sema4_read,
    .write = imx_sema4_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 1,
        .max_access_size = 2,
        .accepts = imx_sema4_accepts,
    },
    .impl = {
        .min_access_size = 1,
        .max_access_size = 2,
    },
};

static void imx_sema4_reset_hold(Object *obj, ResetType type)
{
    IMXSema4State *s = IMX_SEMA4(obj);

    memset(s->gate, 0, sizeof(s->gate));
    memset(s->notification, NOTIFY_NOBODY, sizeof(s->notification));
    memset(&s->reset_gate, 0, sizeof(s->reset_gate));
    memset(&s->reset_notification, 0, sizeof(s->reset_notification));
    for (unsigned i = 0; i < IMX_SEMA4_NUM_CPUS; i++) {
        s->side[i].enabled = 0;
    }
    imx_sema4_update_irqs(s);
}

static int imx_sema4_post_load(void *opaque, int version_id)
{
    IMXSema4State *s = opaque;

    for (unsigned i = 0; i < IMX_SEMA4_NUM_GATES; i++) {
        if (s->gate[i] > IMX_SEMA4_NUM_CPUS ||
            s->notification[i] >= NOTIFY_PENDING + IMX_SEMA4_NUM_CPUS) {
            return -EINVAL;
        }
    }

    return 0;
}

static const VMStateDescription vmstate_imx_sema4_side = {
    .name = "imx.sema4-side",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT16(enabled, IMXSema4Side),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_imx_sema4_reset = {
    .name = "imx.sema4-reset",
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_BOOL(started, IMXSema4Reset),
        VMSTATE_UINT8(cpu, IMXSema4Reset),
        VMSTATE_UINT8(number, IMXSema4Reset),
        VMSTATE_END_OF_LIST()
    },
};

static const VMStateDescription vmstate_imx_sema4 = {
    .name = TYPE_IMX_SEMA4,
    .version_id = 1,
    .minimum_version_id = 1,
    .post_load = imx_sema4_post_load,
    .fields = (const VMStateField[]) {
        VMSTATE_STRUCT_ARRAY(side, IMXSema4State, IMX_SEMA4_NUM_CPUS, 1,
                             vmstate_imx_sema4_side, IMXSema4Side),
        VMSTATE_UINT8_ARRAY(gate, IMXSema4State, IMX_SEMA4_NUM_GATES),
        VMSTATE_UINT8_ARRAY(notification, IMXSema4State, IMX_SEMA4_NUM_GATES),
        VMSTATE_STRUCT(reset_gate, IMXSema4State, 1, vmstate_imx_sema4_reset,
                       IMXSema4Reset),
        VMSTATE_STRUCT(reset_notification, IMXSema4State, 1,
                       vmstate_imx_sema4_reset, IMXSema4Reset),
        VMSTATE_END_OF_LIST()
    },
};

static void imx_sema4_init(Object *obj)
{
    IMXSema4State *s = IMX_SEMA4(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);

    for (unsigned i = 0; i < IMX_SEMA4_NUM_CPUS; i++) {
        IMXSema4Side *side = &s->side[i];

        side->sema4 = s;
        side->cpu = i;
        memory_region_init_io(&side->iomem, obj, &imx_sema4_ops, side,
                              i ? "imx.sema4-cp1" : "imx.sema4-cp0",
                              IMX_SEMA4_MMIO_SIZE);
        sysbus_init_mmio(sbd, &side->iomem);
        sysbus_init_irq(sbd, &side->irq);
    }
}

static void imx_sema4_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "i.MX hardware semaphores";
    dc->vmsd = &vmstate_imx_sema4;
    rc->phases.hold = imx_sema4_reset_hold;
}

static const TypeInfo imx_sema4_types[] = {
    {
        .name = TYPE_IMX_SEMA4,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(IMXSema4State),
        .instance_init = imx_sema4_init,
        .class_init = imx_sema4_class_init,
    },
};

DEFINE_TYPES(imx_sema4_types)
