/*
 * NXP i.MX 8M Plus Evaluation Kit with the Cortex-M7 of the SoC
 *
 * The imx8mp-evk machine, and what Linux and the M7 share: the M7 with its
 * tightly coupled memories and its view of the SoC, OCRAM_S, the messaging
 * units, the hardware semaphores, and the registers that start and stop the M7.
 *
 * With "mu=v2" this is no real board: MU1 is the messaging unit of the
 * i.MX 93 then, so that drivers for that can be run.
 *
 * The M7 is one CPU more than -smp has: "-smp 2,maxcpus=3" is two Cortex-A53
 * and the M7.
 *
 * Based on hw/arm/imx8mp-evk.c
 * Copyright (c) 2024, Bernhard Beschow <shentey@gmail.com>
 *
 * SPDX-License-Identifier: GPL-2.0-or-later
 */

#include "qemu/osdep.h"
#include "exec/address-spaces.h"
#include "hw/arm/armv7m.h"
#include "hw/arm/boot.h"
#include "hw/arm/fsl-imx8mp.h"
#include "hw/arm/imx8mp_m7ctl.h"
#include "hw/boards.h"
#include "hw/core/split-irq.h"
#include "hw/cpu/cluster.h"
#include "hw/misc/imx_mu.h"
#include "hw/misc/imx_sema4.h"
#include "hw/qdev-clock.h"
#include "hw/qdev-properties.h"
#include "qapi/error.h"
#include "qemu/error-report.h"
#include "qemu/units.h"
#include "system/qtest.h"
#include "system/tcg.h"
#include <libfdt.h>

#define TYPE_IMX8MP_AMP MACHINE_TYPE_NAME("imx8mp-amp")
OBJECT_DECLARE_SIMPLE_TYPE(IMX8MPAMPState, IMX8MP_AMP)

#define IMX8MP_NUM_MUS 3

/* Interrupts that both the GIC (as SPI) and the NVIC have by this number */
#define NUM_SHARED_IRQS 9

#define M7_CLOCK_HZ 800000000

enum {
    M7_MAP_ITCM,
    M7_MAP_DTCM,
    M7_MAP_OCRAM_S_CODE,
    M7_MAP_OCRAM_S_DATA,
    M7_MAP_OCRAM_CODE,
    M7_MAP_OCRAM_DATA,
    M7_MAP_DDR_CODE,
    M7_MAP_DDR_DATA,
    M7_MAP_AIPS1235,
    M7_MAP_AIPS4,
    M7_MAP_NUM,
};

/*
 * What the M7 sees of the SoC, and where that is for the A53s. The rest is
 * not there: an access is a bus fault.
 */
static const struct {
    const char *name;
    hwaddr m7;
    hwaddr a53;
    uint64_t size;
} m7_map[M7_MAP_NUM] = {
    [M7_MAP_ITCM] = { "m7.itcm", 0x00000000, 0x007e0000, 128 * KiB },
    [M7_MAP_DTCM] = { "m7.dtcm", 0x20000000, 0x00800000, 128 * KiB },
    [M7_MAP_OCRAM_S_CODE] = { "m7.ocram-s-code", 0x00180000, 0x00180000,
                              36 * KiB },
    [M7_MAP_OCRAM_S_DATA] = { "m7.ocram-s-data", 0x20180000, 0x00180000,
                              36 * KiB },
    [M7_MAP_OCRAM_CODE] = { "m7.ocram-code", 0x00900000, 0x00900000,
                            576 * KiB },
    [M7_MAP_OCRAM_DATA] = { "m7.ocram-data", 0x20200000, 0x00900000,
                            576 * KiB },
    [M7_MAP_DDR_CODE] = { "m7.ddr-code", 0x10000000, 0x40000000, 0x0ffe0000 },
    [M7_MAP_DDR_DATA] = { "m7.ddr-data", 0x40000000, 0x40000000, 2 * GiB },
    [M7_MAP_AIPS1235] = { "m7.aips1235", 0x30000000, 0x30000000, 16 * MiB },
    [M7_MAP_AIPS4] = { "m7.aips4", 0x32c00000, 0x32c00000, 4 * MiB },
};

#define SRC_ADDR 0x30390000
#define IOMUXC_GPR_ADDR 0x30340000
#define SEMA4_ADDR 0x30ac0000

/* Processor A is an A53 on MU1 and MU2 and the M7 on MU3; the DSP isn't here */
static const struct {
    hwaddr addr[2];
    int gic_irq[2];
    int m7_irq[2];
} mu_map[IMX8MP_NUM_MUS] = {
    { { 0x30aa0000, 0x30ab0000 }, { 88, -1 }, { -1, 97 } },
    { { 0x30e60000, 0x30e70000 }, { 136, -1 }, { -1, -1 } },
    { { 0x30e80000, 0x30e90000 }, { -1, -1 }, { 138, -1 } },
};

struct IMX8MPAMPState {
    MachineState parent_obj;

    CPUClusterState a53_cluster;
    CPUClusterState m7_cluster;
    FslImx8mpState *soc;
    ARMv7MState m7;
    Clock *m7_clock;
    MemoryRegion m7_memory;
    MemoryRegion m7_view[M7_MAP_NUM];
    MemoryRegion itcm;
    MemoryRegion dtcm;
    MemoryRegion ocram_s;
    IMX8MPM7CtlState m7ctl;
    IMXMUState mu[IMX8MP_NUM_MUS];
    IMXSema4State sema4;
    SplitIRQ split[NUM_SHARED_IRQS];
    int num_splits;

    bool m7_boot;
    bool mu1_v2;
};

static void imx8mp_amp_modify_dtb(const struct arm_boot_info *info, void *fdt)
{
    int i, offset;

    /* Not emulated by the SoC model */
    const char *nodes_to_remove[] = {
        "nxp,imx8mp-fspi",
    };

    for (i = 0; i < ARRAY_SIZE(nodes_to_remove); i++) {
        const char *dev_str = nodes_to_remove[i];

        offset = fdt_node_offset_by_compatible(fdt, -1, dev_str);
        while (offset >= 0) {
            fdt_nop_node(fdt, offset);
            offset = fdt_node_offset_by_compatible(fdt, offset, dev_str);
        }
    }

    /* Remove cpu-idle-states property from CPU nodes */
    offset = fdt_node_offset_by_compatible(fdt, -1, "arm,cortex-a53");
    while (offset >= 0) {
        fdt_nop_property(fdt, offset, "cpu-idle-states");
        offset = fdt_node_offset_by_compatible(fdt, offset, "arm,cortex-a53");
    }
}

static void imx8mp_amp_add_ram(MemoryRegion *mr, const char *name, int entry)
{
    memory_region_init_ram(mr, NULL, name, m7_map[entry].size, &error_fatal);
    memory_region_add_subregion_overlap(get_system_memory(),
                                        m7_map[entry].a53, mr, 1);
}

static void imx8mp_amp_create_memories(IMX8MPAMPState *s)
{
    imx8mp_amp_add_ram(&s->itcm, "imx8mp.itcm", M7_MAP_ITCM);
    imx8mp_amp_add_ram(&s->dtcm, "imx8mp.dtcm", M7_MAP_DTCM);
    imx8mp_amp_add_ram(&s->ocram_s, "imx8mp.ocram_s", M7_MAP_OCRAM_S_CODE);

    memory_region_init(&s->m7_memory, OBJECT(s), "m7-memory", 4 * GiB);
    for (int i = 0; i < M7_MAP_NUM; i++) {
        memory_region_init_alias(&s->m7_view[i], OBJECT(s), m7_map[i].name,
                                 get_system_memory(), m7_map[i].a53,
                                 m7_map[i].size);
        memory_region_add_subregion(&s->m7_memory, m7_map[i].m7,
                                    &s->m7_view[i]);
    }
}

static void imx8mp_amp_create_m7(IMX8MPAMPState *s)
{
    DeviceState *m7, *ctl;

    object_initialize_child(OBJECT(s), "m7-cluster", &s->m7_cluster,
                            TYPE_CPU_CLUSTER);
    qdev_prop_set_uint32(DEVICE(&s->m7_cluster), "cluster-id", 1);

    s->m7_clock = clock_new(OBJECT(s), "m7-clock");
    clock_set_hz(s->m7_clock, M7_CLOCK_HZ);

    object_initialize_child(OBJECT(&s->m7_cluster), "m7", &s->m7, TYPE_ARMV7M);
    m7 = DEVICE(&s->m7);
    qdev_prop_set_string(m7, "cpu-type", ARM_CPU_TYPE_NAME("cortex-m7"));
    qdev_prop_set_uint32(m7, "num-irq", IMX8MP_M7_NUM_IRQS);
    qdev_prop_set_uint8(m7, "num-prio-bits", 4);
    qdev_prop_set_bit(m7, "start-powered-off", true);
    object_property_set_link(OBJECT(m7), "memory", OBJECT(&s->m7_memory),
                             &error_abort);
    qdev_connect_clock_in(m7, "cpuclk", s->m7_clock);
    sysbus_realize(SYS_BUS_DEVICE(m7), &error_fatal);
    /* Its CPU exists only now. */
    qdev_realize(DEVICE(&s->m7_cluster), NULL, &error_fatal);
    /* By default this would be the next A53's, for which PSCI may be asked. */
    s->m7.cpu->mp_affinity = UINT64_MAX;

    object_initialize_child(OBJECT(s), "m7ctl", &s->m7ctl, TYPE_IMX8MP_M7CTL);
    ctl = DEVICE(&s->m7ctl);
    object_property_set_link(OBJECT(ctl), "armv7m", OBJECT(m7), &error_abort);
    qdev_prop_set_bit(ctl, "boot", s->m7_boot);
    sysbus_realize(SYS_BUS_DEVICE(ctl), &error_fatal);
    sysbus_mmio_map(SYS_BUS_DEVICE(ctl), 0, SRC_ADDR);
    sysbus_mmio_map(SYS_BUS_DEVICE(ctl), 1, IOMUXC_GPR_ADDR);
    qdev_connect_gpio_out_named(m7, "SYSRESETREQ", 0,
                                qdev_get_gpio_in_named(ctl, "sysresetreq", 0));
    qdev_connect_gpio_out_named(DEVICE(&s->m7.nvic), "LOCKUP", 0,
                                qdev_get_gpio_in_named(ctl, "lockup", 0));
}

static void imx8mp_amp_create_mus(IMX8MPAMPState *s)
{
    DeviceState *gic = DEVICE(&s->soc->gic);

    for (int i = 0; i < IMX8MP_NUM_MUS; i++) {
        g_autofree char *name = g_strdup_printf("mu%d", i + 1);
        SysBusDevice *mu;

        object_initialize_child(OBJECT(s), name, &s->mu[i],
                                i == 0 && s->mu1_v2 ? TYPE_IMX_MU_V2
                                                    : TYPE_IMX_MU);
        mu = SYS_BUS_DEVICE(&s->mu[i]);
        qdev_prop_set_uint32(DEVICE(mu), "index", i + 1);
        sysbus_realize(mu, &error_fatal);
        for (int side = 0; side < 2; side++) {
            int gic_irq = mu_map[i].gic_irq[side];
            int m7_irq = mu_map[i].m7_irq[side];

            sysbus_mmio_map(mu, side, mu_map[i].addr[side]);
            if (gic_irq >= 0) {
                sysbus_connect_irq(mu, side, qdev_get_gpio_in(gic, gic_irq));
            }
            if (m7_irq >= 0) {
                sysbus_connect_irq(mu, side, qdev_get_gpio_in(
                                       DEVICE(&s->m7ctl), m7_irq));
            }
        }
    }
}

/* Processor 0 are the A53s. The M7 accesses the same addresses as processor 1. */
static void imx8mp_amp_create_sema4(IMX8MPAMPState *s)
{
    SysBusDevice *sema4;

    object_initialize_child(OBJECT(s), "sema4", &s->sema4, TYPE_IMX_SEMA4);
    sema4 = SYS_BUS_DEVICE(&s->sema4);
    sysbus_realize(sema4, &error_fatal);
    sysbus_mmio_map(sema4, 0, SEMA4_ADDR);
    memory_region_add_subregion_overlap(&s->m7_memory, SEMA4_ADDR,
                                        sysbus_mmio_get_region(sema4, 1), 1);
}

/* Routes to the M7, too, what the SoC has connected to the GIC alone. */
static void imx8mp_amp_share_irq(IMX8MPAMPState *s, void *source, int irq)
{
    SplitIRQ *split = &s->split[s->num_splits++];

    object_initialize_child(OBJECT(s), "split[*]", split, TYPE_SPLIT_IRQ);
    qdev_prop_set_uint16(DEVICE(split), "num-lines", 2);
    qdev_realize(DEVICE(split), NULL, &error_fatal);
    qdev_connect_gpio_out(DEVICE(split), 0,
                          qdev_get_gpio_in(DEVICE(&s->soc->gic), irq));
    qdev_connect_gpio_out(DEVICE(split), 1,
                          qdev_get_gpio_in(DEVICE(&s->m7ctl), irq));
    sysbus_connect_irq(SYS_BUS_DEVICE(source), 0,
                       qdev_get_gpio_in(DEVICE(split), 0));
}

static void imx8mp_amp_init(MachineState *machine)
{
    static struct arm_boot_info boot_info;
    IMX8MPAMPState *s = IMX8MP_AMP(machine);
    FslImx8mpState *soc;
    IMX2WdtState *wdog3;

    if (machine->ram_size > FSL_IMX8MP_RAM_SIZE_MAX) {
        error_report("RAM size " RAM_ADDR_FMT " above max supported (%08" PRIx64
                     ")", machine->ram_size, FSL_IMX8MP_RAM_SIZE_MAX);
        exit(1);
    }
    /* TCG has made room for as many CPUs as this says. */
    if (tcg_enabled() && machine->smp.max_cpus <= machine->smp.cpus) {
        error_report("the Cortex-M7 needs a CPU beyond the %u Cortex-A53: "
                     "use -smp %u,maxcpus=%u", machine->smp.cpus,
                     machine->smp.cpus, machine->smp.cpus + 1);
        exit(1);
    }

    boot_info = (struct arm_boot_info) {
        .loader_start = FSL_IMX8MP_RAM_START,
        .board_id = -1,
        .ram_size = machine->ram_size,
        .psci_conduit = QEMU_PSCI_CONDUIT_SMC,
        .modify_dtb = imx8mp_amp_modify_dtb,
    };

    /* Code translated for the one kind of core must not run on the other. */
    object_initialize_child(OBJECT(machine), "a53-cluster", &s->a53_cluster,
                            TYPE_CPU_CLUSTER);
    qdev_prop_set_uint32(DEVICE(&s->a53_cluster), "cluster-id", 0);
    soc = s->soc = FSL_IMX8MP(object_new(TYPE_FSL_IMX8MP));
    object_property_add_child(OBJECT(&s->a53_cluster), "soc", OBJECT(soc));
    qdev_realize(DEVICE(&s->a53_cluster), NULL, &error_fatal);
    object_property_set_uint(OBJECT(soc), "fec1-phy-num", 1, &error_fatal);
    sysbus_realize_and_unref(SYS_BUS_DEVICE(soc), &error_fatal);

    memory_region_add_subregion(get_system_memory(), FSL_IMX8MP_RAM_START,
                                machine->ram);

    for (int i = 0; i < FSL_IMX8MP_NUM_USDHCS; i++) {
        BusState *bus;
        DeviceState *carddev;
        BlockBackend *blk;
        DriveInfo *di = drive_get(IF_SD, i, 0);

        if (!di) {
            continue;
        }

        blk = blk_by_legacy_dinfo(di);
        bus = qdev_get_child_bus(DEVICE(&soc->usdhc[i]), "sd-bus");
        carddev = qdev_new(TYPE_SD_CARD);
        qdev_prop_set_drive_err(carddev, "drive", blk, &error_fatal);
        qdev_realize_and_unref(carddev, bus, &error_fatal);
    }

    /* Before there is an M7: it would take that for one of its own CPUs. */
    if (!qtest_enabled()) {
        arm_load_kernel(&soc->cpu[0], machine, &boot_info);
    }

    imx8mp_amp_create_memories(s);
    imx8mp_amp_create_m7(s);
    imx8mp_amp_create_mus(s);
    imx8mp_amp_create_sema4(s);
    imx8mp_amp_share_irq(s, &soc->uart[0], FSL_IMX8MP_UART1_IRQ);
    imx8mp_amp_share_irq(s, &soc->uart[1], FSL_IMX8MP_UART2_IRQ);
    imx8mp_amp_share_irq(s, &soc->uart[2], FSL_IMX8MP_UART3_IRQ);
    imx8mp_amp_share_irq(s, &soc->uart[3], FSL_IMX8MP_UART4_IRQ);
    imx8mp_amp_share_irq(s, &soc->gpt[0], FSL_IMX8MP_GPT1_IRQ);
    imx8mp_amp_share_irq(s, &soc->gpt[1], FSL_IMX8MP_GPT2_IRQ);
    imx8mp_amp_share_irq(s, &soc->gpt[2], FSL_IMX8MP_GPT3_IRQ);
    imx8mp_amp_share_irq(s, &soc->gpt[3], FSL_IMX8MP_GPT4_IRQ);

    wdog3 = &soc->wdt[2];
    imx8mp_amp_share_irq(s, wdog3, FSL_IMX8MP_WDOG3_IRQ);
    qdev_connect_gpio_out_named(DEVICE(wdog3), "reset", 0,
                                qdev_get_gpio_in_named(DEVICE(&s->m7ctl),
                                                       "wdog3", 0));

    for (int i = 0; i < machine->smp.cpus; i++) {
        soc->cpu[i].firmware_call = imx8mp_m7ctl_firmware_call;
        soc->cpu[i].firmware_call_opaque = &s->m7ctl;
    }
}

static bool imx8mp_amp_get_m7_boot(Object *obj, Error **errp)
{
    return IMX8MP_AMP(obj)->m7_boot;
}

static void imx8mp_amp_set_m7_boot(Object *obj, bool value, Error **errp)
{
    IMX8MP_AMP(obj)->m7_boot = value;
}

static char *imx8mp_amp_get_mu(Object *obj, Error **errp)
{
    return g_strdup(IMX8MP_AMP(obj)->mu1_v2 ? "v2" : "v1");
}

static void imx8mp_amp_set_mu(Object *obj, const char *value, Error **errp)
{
    if (strcmp(value, "v1") && strcmp(value, "v2")) {
        error_setg(errp, "mu is v1 or v2, not '%s'", value);
        return;
    }
    IMX8MP_AMP(obj)->mu1_v2 = !strcmp(value, "v2");
}

static void imx8mp_amp_class_init(ObjectClass *oc, void *data)
{
    MachineClass *mc = MACHINE_CLASS(oc);

    mc->desc = "NXP i.MX 8M Plus EVK Board with the Cortex-M7";
    mc->init = imx8mp_amp_init;
    mc->max_cpus = FSL_IMX8MP_NUM_CPUS + 1;
    mc->default_ram_id = "imx8mp-amp.ram";
    mc->default_ram_size = 2 * GiB;

    object_class_property_add_bool(oc, "m7-boot", imx8mp_amp_get_m7_boot,
                                   imx8mp_amp_set_m7_boot);
    object_class_property_set_description(oc, "m7-boot",
        "The Cortex-M7 comes out of reset running, as a boot loader leaves it");
    object_class_property_add_str(oc, "mu", imx8mp_amp_get_mu,
                                  imx8mp_amp_set_mu);
    object_class_property_set_description(oc, "mu",
        "v2: the messaging unit of the i.MX 93 in MU1's place, which no real "
        "board has");
}

static const TypeInfo imx8mp_amp_types[] = {
    {
        .name = TYPE_IMX8MP_AMP,
        .parent = TYPE_MACHINE,
        .instance_size = sizeof(IMX8MPAMPState),
        .class_init = imx8mp_amp_class_init,
    },
};

DEFINE_TYPES(imx8mp_amp_types)
