// SPDX-License-Identifier: GPL-2.0
/*
 * i.MX: address maps and how the core is held and released
 *
 * Sources: i.MX 8M Plus reference manual, chapters "System Reset Controller"
 * and "IOMUXC"; mainline drivers/remoteproc/imx_rproc.c.
 */

#include <linux/bits.h>
#include <linux/mfd/syscon.h>
#include <linux/of.h>
#include <linux/regmap.h>

#include "amp_remoteproc.h"

/* SRC_M7RCR, the reset of the core */
#define IMX8M_SRC_M7RCR			0x0c
#define IMX8M_M7RCR_ENABLE		BIT(3)
#define IMX8M_M7RCR_PLATFORM_RST	BIT(2)	/* clears itself */
#define IMX8M_M7RCR_CORE_RST		BIT(1)	/* clears itself */
#define IMX8M_M7RCR_HOLD		BIT(0)	/* non-self-clearing reset */
#define IMX8M_M7RCR_MASK		(IMX8M_M7RCR_ENABLE | \
					 IMX8M_M7RCR_PLATFORM_RST | \
					 IMX8M_M7RCR_CORE_RST | \
					 IMX8M_M7RCR_HOLD)

/* IOMUXC_GPR22 */
#define IMX8M_GPR22			0x58
#define IMX8M_GPR22_M7_CPUWAIT		BIT(0)

/**
 * struct amp_imx_mmio - registers that hold and release the core
 * @src_reg: offset of its reset register in the "syscon"
 * @src_mask: its bits there
 * @src_stop: their value that stops it
 * @gpr_reg: offset of its wait register in the "fsl,iomuxc-gpr"
 * @gpr_wait: the bit there that makes it wait before its first instruction
 */
struct amp_imx_mmio {
	u16 src_reg;
	u32 src_mask;
	u32 src_stop;
	u16 gpr_reg;
	u32 gpr_wait;
};

static int amp_imx_mmio_start(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;

	return regmap_clear_bits(amp->gpr, regs->gpr_reg, regs->gpr_wait);
}

static int amp_imx_mmio_stop(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;
	int ret;

	/* First, so that the core waits when the reset has restarted it. */
	ret = regmap_set_bits(amp->gpr, regs->gpr_reg, regs->gpr_wait);
	if (ret)
		return ret;

	return regmap_update_bits(amp->src, regs->src_reg, regs->src_mask,
				  regs->src_stop);
}

static struct regmap *amp_imx_syscon(struct amp_rproc *amp, const char *name)
{
	struct regmap *map;

	map = syscon_regmap_lookup_by_phandle(amp->dev->of_node, name);
	if (IS_ERR(map))
		dev_err_probe(amp->dev, PTR_ERR(map), "no registers \"%s\"\n",
			      name);

	return map;
}

static int amp_imx_mmio_init(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;
	unsigned int val;
	int ret;

	amp->src = amp_imx_syscon(amp, "syscon");
	if (IS_ERR(amp->src))
		return PTR_ERR(amp->src);

	amp->gpr = amp_imx_syscon(amp, "fsl,iomuxc-gpr");
	if (IS_ERR(amp->gpr))
		return PTR_ERR(amp->gpr);

	ret = regmap_read(amp->gpr, regs->gpr_reg, &val);
	if (ret)
		return dev_err_probe(amp->dev, ret, "cannot read the core's state\n");
	if (!(val & regs->gpr_wait))
		return 1;

	/* After a cold boot it waits, but its memory isn't accessible yet. */
	return amp_imx_mmio_stop(amp);
}

static const struct amp_imx_mmio amp_imx8mp_mmio_regs = {
	.src_reg = IMX8M_SRC_M7RCR,
	.src_mask = IMX8M_M7RCR_MASK,
	.src_stop = IMX8M_M7RCR_ENABLE | IMX8M_M7RCR_CORE_RST,
	.gpr_reg = IMX8M_GPR22,
	.gpr_wait = IMX8M_GPR22_M7_CPUWAIT,
};

/*
 * OCRAM is not owned: the boot loader's secure firmware and Linux use parts of
 * it. A device-tree region makes it usable, at either of its addresses.
 */
static const struct amp_att amp_imx8mp_att[] = {
	{ .da = 0x00000000, .pa = 0x007e0000, .size = 0x00020000,
	  .owned = true, .name = "ITCM" },
	{ .da = 0x20000000, .pa = 0x00800000, .size = 0x00020000,
	  .owned = true, .name = "DTCM" },
	{ .da = 0x00180000, .pa = 0x00180000, .size = 0x00009000,
	  .name = "OCRAM_S" },
	{ .da = 0x20180000, .pa = 0x00180000, .size = 0x00009000,
	  .name = "OCRAM_S (alias)" },
	{ .da = 0x00900000, .pa = 0x00900000, .size = 0x00090000,
	  .name = "OCRAM" },
	{ .da = 0x20200000, .pa = 0x00900000, .size = 0x00090000,
	  .name = "OCRAM (alias)" },
	{ .da = 0x40000000, .pa = 0x40000000, .size = 0x80000000,
	  .name = "DDR" },
	{ .da = 0x10000000, .pa = 0x40000000, .size = 0x0ffe0000,
	  .name = "DDR (code alias)" },
};

const struct amp_rproc_soc amp_imx8mp_mmio = {
	.att = amp_imx8mp_att,
	.num_att = ARRAY_SIZE(amp_imx8mp_att),
	.init = amp_imx_mmio_init,
	.start = amp_imx_mmio_start,
	.stop = amp_imx_mmio_stop,
	.data = &amp_imx8mp_mmio_regs,
};
