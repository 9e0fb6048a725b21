/*
 * i.MX 8M Plus: start, stop and reset of the Cortex-M7
 *
 * Owns the two register blocks that decide whether the M7 runs: the System
 * Reset Controller with M7RCR, and the IOMUXC general purpose registers with
 * the CPUWAIT input of the core in GPR22. Their other registers are storage.
 *
 * The core is in reset while M7RCR has ENABLE_M7 clear or SW_M7C_NON_SCLR_RST
 * set. SW_M7C_RST and the core's own SYSRESETREQ reset it once. Coming out of
 * reset it waits for as long as CPUWAIT is set, and then fetches its vectors;
 * CPUWAIT does nothing to a core that has got so far.
 *
 * The boot firmware's call that starts and stops the core writes these same
 * registers. The core's watchdog, WDOG3, resets what M7RCR says.
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/arm/imx8mp_m7ctl.h"
#include "hw/irq.h"
#include "hw/qdev-properties.h"
#include "hw/registerfields.h"
#include "migration/vmstate.h"
#include "qapi/error.h"
#include "qemu/log.h"
#include "qemu/main-loop.h"
#include "system/tcg.h"
#include "system/watchdog.h"
#include "target/arm/cpu.h"
#include "trace.h"

REG32(M7RCR, 0x0c)
    FIELD(M7RCR, SW_M7C_NON_SCLR_RST, 0, 1)
    FIELD(M7RCR, SW_M7C_RST, 1, 1)
    FIELD(M7RCR, ENABLE_M7, 3, 1)
    FIELD(M7RCR, MASK_WDOG3_RST, 4, 4)
    FIELD(M7RCR, WDOG3_RST_OPTION_M7, 8, 1)
    FIELD(M7RCR, WDOG3_RST_OPTION, 9, 1)
    FIELD(M7RCR, DOMAIN, 24, 4)
    FIELD(M7RCR, LOCK, 30, 1)
    FIELD(M7RCR, DOM_EN, 31, 1)

REG32(GPR22, 0x58)
    FIELD(GPR22, M7_CPUWAIT, 0, 1)
    FIELD(GPR22, M7_HCLK_AUTO_GATE_EN, 2, 1)
    FIELD(GPR22, M7_HCLK_GATE_EN, 3, 1)

#define M7RCR_VALID (R_M7RCR_SW_M7C_NON_SCLR_RST_MASK | \
                     R_M7RCR_SW_M7C_RST_MASK | R_M7RCR_ENABLE_M7_MASK | \
                     R_M7RCR_MASK_WDOG3_RST_MASK | \
                     R_M7RCR_WDOG3_RST_OPTION_M7_MASK | \
                     R_M7RCR_WDOG3_RST_OPTION_MASK | \
                     R_M7RCR_DOMAIN_MASK | R_M7RCR_LOCK_MASK | \
                     R_M7RCR_DOM_EN_MASK)
/* What LOCK locks */
#define M7RCR_LOCKED (R_M7RCR_DOMAIN_MASK | R_M7RCR_DOM_EN_MASK | \
                      R_M7RCR_LOCK_MASK)
#define GPR22_VALID (R_GPR22_M7_CPUWAIT_MASK | \
                     R_GPR22_M7_HCLK_AUTO_GATE_EN_MASK | \
                     R_GPR22_M7_HCLK_GATE_EN_MASK)

/*
 * The M7 as boot firmware hands the machine to Linux: enabled, not in reset,
 * the watchdog's reset not masked, held by CPUWAIT.
 */
#define M7RCR_RESET 0xa8
#define GPR22_RESET R_GPR22_M7_CPUWAIT_MASK

/* MASK_WDOG3_RST */
#define WDOG3_MASKED 5

/* NXP's firmware call for the core: the function, and what is in x1 */
#define SIP_M7 0xc2000005
enum { SIP_M7_START, SIP_M7_STARTED, SIP_M7_STOP };
/* The firmware's ETIMEDOUT: the core didn't go to sleep before it was stopped */
#define SIP_ETIMEDOUT (-60)
#define SMCCC_NOT_SUPPORTED (-1)

typedef enum { ACC_RESERVED, ACC_RO, ACC_RW } Access;

static Access src_access(hwaddr offset)
{
    switch (offset) {
    case 0x00 ... 0x0c:         /* SCR, A53RCR0, A53RCR1, M7RCR */
    case 0x18 ... 0x54:         /* SUPERMIX_RCR ... NOC_RCR */
    case 0x5c:                  /* SRSR */
    case 0x6c:                  /* SIMR */
    case 0x74 ... 0x98:         /* GPR1 ... GPR10 */
    case 0x1000:                /* DDRC_RCR */
    case 0x1008 ... 0x1018:     /* HDMIPHY_RCR ... MEDIAISPDWP_RCR */
        return ACC_RW;
    case 0x58:                  /* SBMR1 */
    case 0x68:                  /* SISR */
    case 0x70:                  /* SBMR2 */
        return ACC_RO;
    default:
        return ACC_RESERVED;
    }
}

static Access gpr_access(hwaddr offset)
{
    switch (offset / 4) {
    case 1 ... 2:
    case 4 ... 6:
    case 10 ... 16:
    case 20 ... 22:
        return ACC_RW;
    case 19:
    case 24:
        return ACC_RO;
    default:
        return ACC_RESERVED;
    }
}

static const char *const m7_state_names[] = {
    [IMX8MP_M7_RESET] = "reset",
    [IMX8MP_M7_WAIT] = "wait",
    [IMX8MP_M7_RUNNING] = "running",
    [IMX8MP_M7_LOCKUP] = "lockup",
};

static void m7_set_state(IMX8MPM7CtlState *s, IMX8MPM7State state)
{
    if (s->state != state) {
        trace_imx8mp_m7_state(m7_state_names[s->state], m7_state_names[state]);
        s->state = state;
    }
}

/*
 * The NVIC forgets on reset which of its inputs are high, but their sources
 * go on driving them.
 */
static void m7_drive_irqs(IMX8MPM7CtlState *s)
{
    for (int n = 0; n < IMX8MP_M7_NUM_IRQS; n++) {
        if (s->irq_level[n]) {
            qemu_irq_raise(qdev_get_gpio_in(DEVICE(s->armv7m), n));
        }
    }
}

static void m7_core_reset(IMX8MPM7CtlState *s)
{
    trace_imx8mp_m7_reset();
    /* It starts powered off, so this halts it as well. */
    cpu_reset(CPU(s->armv7m->cpu));
    device_cold_reset(DEVICE(&s->armv7m->nvic));
    device_cold_reset(DEVICE(&s->armv7m->systick[M_REG_NS]));
    m7_drive_irqs(s);
}

static void m7_release(IMX8MPM7CtlState *s)
{
    ARMCPU *cpu = s->armv7m->cpu;
    CPUState *cs = CPU(cpu);
    CPUARMState *env = &cpu->env;
    uint32_t vectors, sp, pc;

    cpu_reset(cs);
    /*
     * The CPU's reset prefers an image from the command line to what is in
     * memory by now.
     */
    vectors = env->v7m.vecbase[M_REG_NS];
    sp = address_space_ldl_le(cs->as, vectors, MEMTXATTRS_UNSPECIFIED, NULL);
    pc = address_space_ldl_le(cs->as, vectors + 4, MEMTXATTRS_UNSPECIFIED,
                              NULL);
    env->regs[13] = sp & ~3;
    env->regs[15] = pc & ~1;
    env->thumb = pc & 1;
    if (tcg_enabled()) {
        arm_rebuild_hflags(env);
    }
    trace_imx8mp_m7_release(sp, pc);

    cs->halted = 0;
    cpu->power_state = PSCI_ON;
    qemu_cpu_kick(cs);
}

/*
 * Brings the core to what the registers say. The core doesn't execute
 * anything while this runs, and the BQL is held.
 */
static void m7_sync(IMX8MPM7CtlState *s)
{
    bool reset = !FIELD_EX32(s->src[R_M7RCR], M7RCR, ENABLE_M7) ||
                 FIELD_EX32(s->src[R_M7RCR], M7RCR, SW_M7C_NON_SCLR_RST);
    bool wait = FIELD_EX32(s->gpr[R_GPR22], GPR22, M7_CPUWAIT);

    if (s->reset_pending || (reset && s->state != IMX8MP_M7_RESET)) {
        m7_core_reset(s);
        m7_set_state(s, IMX8MP_M7_RESET);
        s->reset_pending = false;
        s->src[R_M7RCR] &= ~R_M7RCR_SW_M7C_RST_MASK;
    }
    if (s->state == IMX8MP_M7_RESET && !reset) {
        m7_set_state(s, IMX8MP_M7_WAIT);
    }
    if (s->state == IMX8MP_M7_WAIT && !wait) {
        m7_set_state(s, IMX8MP_M7_RUNNING);
        m7_release(s);
    }
}

static void m7_sync_work(CPUState *cs, run_on_cpu_data data)
{
    BQL_LOCK_GUARD();
    m7_sync(data.host_ptr);
}

/*
 * A core that is reset doesn't execute another instruction, so it has to be
 * out of its translated code when that happens, and the CPU that writes the
 * register must not go on before it has. Exclusive work queued on the writer
 * does both: translated code ends behind an access to a device.
 */
static void m7_update(IMX8MPM7CtlState *s)
{
    if (!tcg_enabled()) {
        m7_sync(s);
    } else {
        CPUState *cs = current_cpu ?: CPU(s->armv7m->cpu);

        async_safe_run_on_cpu(cs, m7_sync_work, RUN_ON_CPU_HOST_PTR(s));
    }
}

/* A core that isn't there to wake up counts as asleep. */
static bool m7_asleep(IMX8MPM7CtlState *s)
{
    switch (s->state) {
    case IMX8MP_M7_RUNNING:
        return CPU(s->armv7m->cpu)->halted;
    case IMX8MP_M7_LOCKUP:
        return false;
    default:
        return true;
    }
}

bool imx8mp_m7ctl_firmware_call(void *opaque, uint64_t regs[4])
{
    IMX8MPM7CtlState *s = opaque;
    uint64_t what = regs[1];

    if (regs[0] != SIP_M7) {
        return false;
    }

    switch (what) {
    case SIP_M7_START:
        s->gpr[R_GPR22] &= ~R_GPR22_M7_CPUWAIT_MASK;
        m7_update(s);
        regs[0] = 0;
        break;
    case SIP_M7_STARTED:
        regs[0] = !FIELD_EX32(s->gpr[R_GPR22], GPR22, M7_CPUWAIT);
        break;
    case SIP_M7_STOP:
        regs[0] = 0;
        regs[1] = m7_asleep(s) ? 0 : SIP_ETIMEDOUT;
        /* That the reset took place: it has before the caller goes on. */
        regs[2] = 0;
        s->gpr[R_GPR22] |= R_GPR22_M7_CPUWAIT_MASK;
        s->src[R_M7RCR] |= R_M7RCR_ENABLE_M7_MASK | R_M7RCR_SW_M7C_RST_MASK;
        s->reset_pending = true;
        m7_update(s);
        break;
    default:
        regs[0] = SMCCC_NOT_SUPPORTED;
        break;
    }
    trace_imx8mp_firmware_call(what, regs[0]);

    return true;
}

static uint64_t src_read(void *opaque, hwaddr offset, unsigned size)
{
    IMX8MPM7CtlState *s = opaque;
    uint32_t value = 0;

    if (src_access(offset) == ACC_RESERVED) {
        qemu_log_mask(LOG_GUEST_ERROR, "imx8mp.m7ctl: read at reserved offset "
                      "0x%" HWADDR_PRIx " of SRC\n", offset);
    } else {
        value = s->src[offset / 4];
    }
    trace_imx8mp_src_read(offset, value);

    return value;
}

static void src_write_m7rcr(IMX8MPM7CtlState *s, uint32_t value)
{
    if (value & ~M7RCR_VALID) {
        qemu_log_mask(LOG_GUEST_ERROR, "imx8mp.m7ctl: write of 0x%08x to "
                      "SRC_M7RCR: reserved bits\n", value);
        value &= M7RCR_VALID;
    }
    if (FIELD_EX32(s->src[R_M7RCR], M7RCR, LOCK)) {
        value = (value & ~M7RCR_LOCKED) | (s->src[R_M7RCR] & M7RCR_LOCKED);
    }
    if (FIELD_EX32(value, M7RCR, SW_M7C_RST)) {
        s->reset_pending = true;
    }
    s->src[R_M7RCR] = value;
    m7_update(s);
}

static void src_write(void *opaque, hwaddr offset, uint64_t value,
                      unsigned size)
{
    IMX8MPM7CtlState *s = opaque;

    trace_imx8mp_src_write(offset, value);

    switch (src_access(offset)) {
    case ACC_RESERVED:
    case ACC_RO:
        qemu_log_mask(LOG_GUEST_ERROR, "imx8mp.m7ctl: write of 0x%08x to %s "
                      "register at offset 0x%" HWADDR_PRIx " of SRC\n",
                      (uint32_t)value, src_access(offset) == ACC_RO ?
                      "read-only" : "reserved", offset);
        break;
    case ACC_RW:
        if (offset == A_M7RCR) {
            src_write_m7rcr(s, value);
        } else {
            s->src[offset / 4] = value;
            qemu_log_mask(LOG_UNIMP, "imx8mp.m7ctl: write of 0x%08x at offset "
                          "0x%" HWADDR_PRIx " of SRC has no effect\n",
                          (uint32_t)value, offset);
        }
        break;
    }
}

static uint64_t gpr_read(void *opaque, hwaddr offset, unsigned size)
{
    IMX8MPM7CtlState *s = opaque;
    uint32_t value = 0;

    if (gpr_access(offset) == ACC_RESERVED) {
        qemu_log_mask(LOG_GUEST_ERROR, "imx8mp.m7ctl: read at reserved offset "
                      "0x%" HWADDR_PRIx " of IOMUXC_GPR\n", offset);
    } else {
        value = s->gpr[offset / 4];
    }
    trace_imx8mp_gpr_read(offset, value);

    return value;
}

static void gpr_write(void *opaque, hwaddr offset, uint64_t value,
                      unsigned size)
{
    IMX8MPM7CtlState *s = opaque;

    trace_imx8mp_gpr_write(offset, value);

    switch (gpr_access(offset)) {
    case ACC_RESERVED:
    case ACC_RO:
        qemu_log_mask(LOG_GUEST_ERROR, "imx8mp.m7ctl: write of 0x%08x to %s "
                      "register at offset 0x%" HWADDR_PRIx " of IOMUXC_GPR\n",
                      (uint32_t)value, gpr_access(offset) == ACC_RO ?
                      "read-only" : "reserved", offset);
        break;
    case ACC_RW:
        if (offset != A_GPR22) {
            s->gpr[offset / 4] = value;
            break;
        }
        if (value & ~GPR22_VALID) {
            qemu_log_mask(LOG_GUEST_ERROR, "imx8mp.m7ctl: write of 0x%08x to "
                          "IOMUXC_GPR22: reserved bits\n", (uint32_t)value);
        }
        s->gpr[R_GPR22] = value & GPR22_VALID;
        m7_update(s);
        break;
    }
}

static const MemoryRegionOps src_ops = {
    .read = src_read,
    .write = src_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
        .unaligned = false,
    },
};

static const MemoryRegionOps gpr_ops = {
    .read = gpr_read,
    .write = gpr_write,
    .endianness = DEVICE_LITTLE_ENDIAN,
    .valid = {
        .min_access_size = 4,
        .max_access_size = 4,
        .unaligned = false,
    },
};

static void m7_irq(void *opaque, int n, int level)
{
    IMX8MPM7CtlState *s = opaque;

    s->irq_level[n] = level;
    qemu_set_irq(qdev_get_gpio_in(DEVICE(s->armv7m), n), level);
}

static void m7_sysresetreq(void *opaque, int n, int level)
{
    IMX8MPM7CtlState *s = opaque;

    if (level) {
        s->reset_pending = true;
        m7_update(s);
    }
}

static void m7_wdog3(void *opaque, int n, int level)
{
    IMX8MPM7CtlState *s = opaque;
    uint32_t m7rcr = s->src[R_M7RCR];

    if (!level || FIELD_EX32(m7rcr, M7RCR, MASK_WDOG3_RST) == WDOG3_MASKED) {
        return;
    }
    if (FIELD_EX32(m7rcr, M7RCR, WDOG3_RST_OPTION)) {
        watchdog_perform_action();
    } else {
        s->reset_pending = true;
        m7_update(s);
    }
}

/* Called by the core's own thread, which then halts it */
static void m7_lockup(void *opaque, int n, int level)
{
    IMX8MPM7CtlState *s = opaque;
    ARMCPU *cpu = s->armv7m->cpu;

    if (level) {
        qemu_log_mask(LOG_GUEST_ERROR, "imx8mp.m7ctl: the Cortex-M7 has locked "
                      "up: pc 0x%08x, lr 0x%08x, exception %u\n",
                      cpu->env.regs[15], cpu->env.regs[14],
                      cpu->env.v7m.exception);
        /* No interrupt gets it out of there. */
        cpu->power_state = PSCI_OFF;
        m7_set_state(s, IMX8MP_M7_LOCKUP);
    }
}

static void imx8mp_m7ctl_reset_hold(Object *obj, ResetType type)
{
    IMX8MPM7CtlState *s = IMX8MP_M7CTL(obj);

    memset(s->src, 0, sizeof(s->src));
    memset(s->gpr, 0, sizeof(s->gpr));
    s->src[R_M7RCR] = M7RCR_RESET;
    s->gpr[R_GPR22] = s->boot ? 0 : GPR22_RESET;
    s->reset_pending = false;
    m7_set_state(s, IMX8MP_M7_RESET);
    cpu_reset(CPU(s->armv7m->cpu));
}

/* By now the interrupt sources are reset, and images are in memory. */
static void imx8mp_m7ctl_reset_exit(Object *obj, ResetType type)
{
    IMX8MPM7CtlState *s = IMX8MP_M7CTL(obj);

    m7_drive_irqs(s);
    m7_sync(s);
}

static char *imx8mp_m7ctl_get_state(Object *obj, Error **errp)
{
    return g_strdup(m7_state_names[IMX8MP_M7CTL(obj)->state]);
}

static const VMStateDescription vmstate_imx8mp_m7ctl = {
    .name = TYPE_IMX8MP_M7CTL,
    .version_id = 1,
    .minimum_version_id = 1,
    .fields = (const VMStateField[]) {
        VMSTATE_UINT32_ARRAY(src, IMX8MPM7CtlState, IMX8MP_SRC_NUM_REGS),
        VMSTATE_UINT32_ARRAY(gpr, IMX8MPM7CtlState, IMX8MP_GPR_NUM_REGS),
        VMSTATE_UINT32(state, IMX8MPM7CtlState),
        VMSTATE_BOOL(reset_pending, IMX8MPM7CtlState),
        VMSTATE_BOOL_ARRAY(irq_level, IMX8MPM7CtlState, IMX8MP_M7_NUM_IRQS),
        VMSTATE_END_OF_LIST()
    },
};

static void imx8mp_m7ctl_init(Object *obj)
{
    IMX8MPM7CtlState *s = IMX8MP_M7CTL(obj);
    SysBusDevice *sbd = SYS_BUS_DEVICE(obj);
    DeviceState *dev = DEVICE(obj);

    memory_region_init_io(&s->src_iomem, obj, &src_ops, s, "imx8mp.src",
                          0x10000);
    memory_region_init_io(&s->gpr_iomem, obj, &gpr_ops, s, "imx8mp.iomuxc-gpr",
                          0x10000);
    sysbus_init_mmio(sbd, &s->src_iomem);
    sysbus_init_mmio(sbd, &s->gpr_iomem);
    qdev_init_gpio_in(dev, m7_irq, IMX8MP_M7_NUM_IRQS);
    qdev_init_gpio_in_named(dev, m7_sysresetreq, "sysresetreq", 1);
    qdev_init_gpio_in_named(dev, m7_lockup, "lockup", 1);
    qdev_init_gpio_in_named(dev, m7_wdog3, "wdog3", 1);
}

static void imx8mp_m7ctl_realize(DeviceState *dev, Error **errp)
{
    IMX8MPM7CtlState *s = IMX8MP_M7CTL(dev);

    if (!s->armv7m) {
        error_setg(errp, "armv7m property was not set");
    }
}

static const Property imx8mp_m7ctl_properties[] = {
    DEFINE_PROP_LINK("armv7m", IMX8MPM7CtlState, armv7m, TYPE_ARMV7M,
                     ARMv7MState *),
    DEFINE_PROP_BOOL("boot", IMX8MPM7CtlState, boot, false),
};

static void imx8mp_m7ctl_class_init(ObjectClass *klass, void *data)
{
    DeviceClass *dc = DEVICE_CLASS(klass);
    ResettableClass *rc = RESETTABLE_CLASS(klass);

    dc->desc = "i.MX 8M Plus Cortex-M7 control (SRC, IOMUXC GPR)";
    dc->realize = imx8mp_m7ctl_realize;
    dc->vmsd = &vmstate_imx8mp_m7ctl;
    device_class_set_props(dc, imx8mp_m7ctl_properties);
    rc->phases.hold = imx8mp_m7ctl_reset_hold;
    rc->phases.exit = imx8mp_m7ctl_reset_exit;
    object_class_property_add_str(klass, "state", imx8mp_m7ctl_get_state, NULL);
}

static const TypeInfo imx8mp_m7ctl_types[] = {
    {
        .name = TYPE_IMX8MP_M7CTL,
        .parent = TYPE_SYS_BUS_DEVICE,
        .instance_size = sizeof(IMX8MPM7CtlState),
        .instance_init = imx8mp_m7ctl_init,
        .class_init = imx8mp_m7ctl_class_init,
    },
};

DEFINE_TYPES(imx8mp_m7ctl_types)
