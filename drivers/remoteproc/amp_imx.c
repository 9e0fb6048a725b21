// SPDX-License-Identifier: GPL-2.0
/*
 * i.MX: address maps and how the core is held and released
 *
 * Sources: the SoCs' reference manuals, chapters "System Reset Controller" and
 * "IOMUXC"; mainline drivers/remoteproc/imx_rproc.c; TF-A's plat/imx for the
 * firmware call.
 */

#include <linux/arm-smccc.h>
#include <linux/bits.h>
#include <linux/mfd/syscon.h>
#include <linux/of.h>
#include <linux/regmap.h>

#include "amp_remoteproc.h"

/* SRC_M4RCR or SRC_M7RCR, the reset of the core */
#define IMX_SRC_RCR			0x0c
#define IMX_RCR_ENABLE			BIT(3)
#define IMX_RCR_PLATFORM_RST		BIT(2)	/* clears itself */
#define IMX_RCR_CORE_RST		BIT(1)	/* clears itself */
#define IMX_RCR_HOLD			BIT(0)	/* non-self-clearing reset */
#define IMX_RCR_MASK			(IMX_RCR_ENABLE | \
					 IMX_RCR_PLATFORM_RST | \
					 IMX_RCR_CORE_RST | IMX_RCR_HOLD)

/* IOMUXC_GPR22 of the i.MX 8M Nano and Plus */
#define IMX8MN_GPR22			0x58
#define IMX8MN_GPR22_M7_CPUWAIT		BIT(0)

/* The firmware call for boards whose secure world has those registers */
#define IMX_SIP_RPROC			0xc2000005
#define IMX_SIP_RPROC_START		0
#define IMX_SIP_RPROC_STARTED		1
#define IMX_SIP_RPROC_STOP		2

/**
 * struct amp_imx_mmio - registers that hold and release the core
 * @src_reg: offset of its reset register in the "syscon"
 * @src_mask: its bits there
 * @src_start: their value that starts it
 * @src_stop: their value that stops it
 * @src_hold: the bit there that is set while it is held in reset
 * @gpr_reg: offset of its wait register in the "fsl,iomuxc-gpr"
 * @gpr_wait: the bit there that makes it wait before its first instruction
 */
struct amp_imx_mmio {
	u16 src_reg;
	u32 src_mask;
	u32 src_start;
	u32 src_stop;
	u32 src_hold;
	u16 gpr_reg;
	u32 gpr_wait;
};

static struct regmap *amp_imx_syscon(struct amp_rproc *amp, const char *name)
{
	struct regmap *map;

	map = syscon_regmap_lookup_by_phandle(amp->dev->of_node, name);
	if (IS_ERR(map))
		dev_err_probe(amp->dev, PTR_ERR(map), "no registers \"%s\"\n",
			      name);

	return map;
}

/* Cores that are held in reset */

static int amp_imx_reset_start(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;

	return regmap_update_bits(amp->src, regs->src_reg, regs->src_mask,
				  regs->src_start);
}

static int amp_imx_reset_stop(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;

	return regmap_update_bits(amp->src, regs->src_reg, regs->src_mask,
				  regs->src_stop);
}

static int amp_imx_reset_init(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;
	unsigned int val;
	int ret;

	amp->src = amp_imx_syscon(amp, "syscon");
	if (IS_ERR(amp->src))
		return PTR_ERR(amp->src);

	ret = regmap_read(amp->src, regs->src_reg, &val);
	if (ret)
		return dev_err_probe(amp->dev, ret, "cannot read the core's state\n");

	return !(val & regs->src_hold);
}

/* Cores that wait when they come out of reset */

static int amp_imx_wait_start(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;

	return regmap_clear_bits(amp->gpr, regs->gpr_reg, regs->gpr_wait);
}

static int amp_imx_wait_stop(struct amp_rproc *amp)
{
	const struct amp_imx_mmio *regs = amp->soc->data;
	int ret;

	/* First, so that the core waits when the reset has restarted it. */
	ret = regmap_set_bits(amp->gpr, regs->gpr_reg, regs->gpr_wait);
	if (ret)
		return ret;

	return amp_imx_reset_stop(amp);
}

static int amp_imx_wait_init(struct amp_rproc *amp)
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
	return amp_imx_wait_stop(amp);
}

/* Cores that the secure world holds and releases */

static int amp_imx_smc(struct amp_rproc *amp, unsigned long function)
{
	struct arm_smccc_res res;

	arm_smccc_smc(IMX_SIP_RPROC, function, 0, 0, 0, 0, 0, 0, &res);
	if ((int)res.a0 >= 0)
		return res.a0;

	dev_err(amp->dev, "the firmware refuses call 0x%x, function %lu: %d\n",
		IMX_SIP_RPROC, function, (int)res.a0);

	return (int)res.a0 == SMCCC_RET_NOT_SUPPORTED ? -EOPNOTSUPP : -EIO;
}

static int amp_imx_smc_start(struct amp_rproc *amp)
{
	return amp_imx_smc(amp, IMX_SIP_RPROC_START) ? -EIO : 0;
}

static int amp_imx_smc_stop(struct amp_rproc *amp)
{
	return amp_imx_smc(amp, IMX_SIP_RPROC_STOP) ? -EIO : 0;
}

static int amp_imx_smc_init(struct amp_rproc *amp)
{
	int ret = amp_imx_smc(amp, IMX_SIP_RPROC_STARTED);

	return ret > 0 ? 1 : ret;
}

/*
 * Address maps. OCRAM is not owned: the boot loader's secure firmware and Linux
 * use parts of it. A device-tree region makes it usable, at any of its addresses.
 */

static const struct amp_att amp_imx8mn_att[] = {
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

/* i.MX 8M Mini and 8M Quad */
static const struct amp_att amp_imx8mq_att[] = {
	{ .da = 0x1ffe0000, .pa = 0x007e0000, .size = 0x00040000,
	  .owned = true, .name = "TCM" },
	{ .da = 0x00000000, .pa = 0x007e0000, .size = 0x00020000,
	  .name = "TCML (alias)" },
	{ .da = 0x00180000, .pa = 0x00180000, .size = 0x00008000,
	  .name = "OCRAM_S" },
	{ .da = 0x20180000, .pa = 0x00180000, .size = 0x00008000,
	  .name = "OCRAM_S (alias)" },
	{ .da = 0x00900000, .pa = 0x00900000, .size = 0x00040000,
	  .name = "OCRAM" },
	{ .da = 0x20200000, .pa = 0x00900000, .size = 0x00040000,
	  .name = "OCRAM (alias)" },
	{ .da = 0x40000000, .pa = 0x40000000, .size = 0x80000000,
	  .name = "DDR" },
	{ .da = 0x10000000, .pa = 0x40000000, .size = 0x0ffe0000,
	  .name = "DDR (code alias)" },
};

/* Its OCRAM_S is where the core boots from. */
static const struct amp_att amp_imx7d_att[] = {
	{ .da = 0x00180000, .pa = 0x00180000, .size = 0x00008000,
	  .owned = true, .name = "OCRAM_S" },
	{ .da = 0x00000000, .pa = 0x00180000, .size = 0x00008000,
	  .name = "OCRAM_S (boot alias)" },
	{ .da = 0x1fff8000, .pa = 0x007f8000, .size = 0x00008000,
	  .owned = true, .name = "TCML" },
	{ .da = 0x20000000, .pa = 0x00800000, .size = 0x00008000,
	  .owned = true, .name = "TCMU" },
	{ .da = 0x00900000, .pa = 0x00900000, .size = 0x00048000,
	  .name = "OCRAM" },
	{ .da = 0x20200000, .pa = 0x00900000, .size = 0x00048000,
	  .name = "OCRAM (alias)" },
	{ .da = 0x80000000, .pa = 0x80000000, .size = 0x60000000,
	  .name = "DDR" },
	{ .da = 0x10000000, .pa = 0x80000000, .size = 0x0fff0000,
	  .name = "DDR (code alias)" },
};

static const struct amp_att amp_imx93_att[] = {
	{ .da = 0x0ffc0000, .pa = 0x201c0000, .size = 0x00040000,
	  .owned = true, .name = "code TCM" },
	{ .da = 0x1ffc0000, .pa = 0x201c0000, .size = 0x00040000,
	  .name = "code TCM (secure)" },
	{ .da = 0x20000000, .pa = 0x20200000, .size = 0x00040000,
	  .owned = true, .name = "system TCM" },
	{ .da = 0x30000000, .pa = 0x20200000, .size = 0x00040000,
	  .name = "system TCM (secure)" },
	{ .da = 0x80000000, .pa = 0x80000000, .size = 0x10000000,
	  .name = "DDR" },
	{ .da = 0x90000000, .pa = 0x80000000, .size = 0x10000000,
	  .name = "DDR (secure)" },
	{ .da = 0xc0000000, .pa = 0xc0000000, .size = 0x10000000,
	  .name = "DDR, upper part" },
	{ .da = 0xd0000000, .pa = 0xc0000000, .size = 0x10000000,
	  .name = "DDR, upper part (secure)" },
};

static const struct amp_imx_mmio amp_imx8mn_regs = {
	.src_reg = IMX_SRC_RCR,
	.src_mask = IMX_RCR_MASK,
	.src_stop = IMX_RCR_ENABLE | IMX_RCR_CORE_RST,
	.gpr_reg = IMX8MN_GPR22,
	.gpr_wait = IMX8MN_GPR22_M7_CPUWAIT,
};

static const struct amp_imx_mmio amp_imx7d_regs = {
	.src_reg = IMX_SRC_RCR,
	.src_mask = IMX_RCR_MASK,
	.src_start = IMX_RCR_ENABLE | IMX_RCR_PLATFORM_RST | IMX_RCR_CORE_RST,
	.src_stop = IMX_RCR_ENABLE | IMX_RCR_CORE_RST | IMX_RCR_HOLD,
	.src_hold = IMX_RCR_HOLD,
};

/* i.MX 8M Nano and Plus */
const struct amp_rproc_soc amp_imx8mn_mmio = {
	.att = amp_imx8mn_att,
	.num_att = ARRAY_SIZE(amp_imx8mn_att),
	.init = amp_imx_wait_init,
	.start = amp_imx_wait_start,
	.stop = amp_imx_wait_stop,
	.data = &amp_imx8mn_regs,
};

const struct amp_rproc_soc amp_imx8mn_smc = {
	.att = amp_imx8mn_att,
	.num_att = ARRAY_SIZE(amp_imx8mn_att),
	.init = amp_imx_smc_init,
	.start = amp_imx_smc_start,
	.stop = amp_imx_smc_stop,
};

/* i.MX 8M Mini and Quad */
const struct amp_rproc_soc amp_imx8mq = {
	.att = amp_imx8mq_att,
	.num_att = ARRAY_SIZE(amp_imx8mq_att),
	.init = amp_imx_reset_init,
	.start = amp_imx_reset_start,
	.stop = amp_imx_reset_stop,
	.data = &amp_imx7d_regs,
};

const struct amp_rproc_soc amp_imx7d = {
	.att = amp_imx7d_att,
	.num_att = ARRAY_SIZE(amp_imx7d_att),
	.init = amp_imx_reset_init,
	.start = amp_imx_reset_start,
	.stop = amp_imx_reset_stop,
	.data = &amp_imx7d_regs,
};

const struct amp_rproc_soc amp_imx93 = {
	.att = amp_imx93_att,
	.num_att = ARRAY_SIZE(amp_imx93_att),
	.init = amp_imx_smc_init,
	.start = amp_imx_smc_start,
	.stop = amp_imx_smc_stop,
};
