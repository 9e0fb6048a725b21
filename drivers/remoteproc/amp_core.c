// SPDX-License-Identifier: GPL-2.0
/*
 * Platform remoteproc driver for the Cortex-M cores of ARM SoCs
 *
 * Owns the binding to the device-tree node and the life cycle as the remoteproc
 * core drives it. Each other concern has a file of its own: memory in
 * amp_memory.c, kicks in amp_notify.c, and what differs between SoCs in one
 * file for each family.
 */

#include <linux/clk.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/platform_device.h>

#include "amp_compat.h"
#include "amp_remoteproc.h"

static int amp_rproc_prepare(struct rproc *rproc)
{
	return amp_memory_add_carveouts(rproc->priv);
}

static int amp_rproc_unprepare(struct rproc *rproc)
{
	amp_notify_remove_subdev(rproc->priv);

	return 0;
}

/* A resource table is optional: firmware may want nothing of Linux. */
static int amp_rproc_parse_fw(struct rproc *rproc, const struct firmware *fw)
{
	int ret = rproc_elf_load_rsc_table(rproc, fw);

	if (ret == -EINVAL) {
		dev_info(&rproc->dev, "firmware has no resource table\n");
		ret = 0;
	}

	return ret;
}

static int amp_rproc_load(struct rproc *rproc, const struct firmware *fw)
{
	/* By now the core has added the virtio devices. */
	amp_notify_add_subdev(rproc->priv);

	return rproc_elf_load_segments(rproc, fw);
}

static int amp_rproc_start(struct rproc *rproc)
{
	struct amp_rproc *amp = rproc->priv;

	amp_notify_listen(amp);

	return amp->soc->start(amp);
}

static int amp_rproc_stop(struct rproc *rproc)
{
	struct amp_rproc *amp = rproc->priv;

	return amp->soc->stop(amp);
}

static const struct rproc_ops amp_rproc_ops = {
	.prepare = amp_rproc_prepare,
	.unprepare = amp_rproc_unprepare,
	.start = amp_rproc_start,
	.stop = amp_rproc_stop,
	.kick = amp_notify_kick,
	.da_to_va = amp_memory_da_to_va,
	.load = amp_rproc_load,
	.parse_fw = amp_rproc_parse_fw,
	.find_loaded_rsc_table = rproc_elf_find_loaded_rsc_table,
	.sanity_check = rproc_elf_sanity_check,
	.get_boot_addr = rproc_elf_get_boot_addr,
};

static void amp_rproc_disable_clk(void *clk)
{
	clk_disable_unprepare(clk);
}

static int amp_rproc_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	const char *fw_name = NULL;
	struct amp_rproc *amp;
	struct rproc *rproc;
	int ret;

	ret = rproc_of_parse_firmware(dev, 0, &fw_name);
	if (ret && ret != -EINVAL)
		return dev_err_probe(dev, ret, "firmware-name is not a string\n");

	rproc = devm_rproc_alloc(dev, "amp", &amp_rproc_ops, fw_name,
				 sizeof(*amp));
	if (!rproc)
		return -ENOMEM;

	amp = rproc->priv;
	amp->dev = dev;
	amp->rproc = rproc;
	amp->soc = of_device_get_match_data(dev);
	platform_set_drvdata(pdev, amp);
	rproc->auto_boot = of_property_read_bool(dev->of_node, "fsl,auto-boot");
	/* TCM and reserved regions; the core's memory isn't behind an IOMMU. */
	rproc->has_iommu = false;

	amp->clk = devm_clk_get_optional(dev, NULL);
	if (IS_ERR(amp->clk))
		return dev_err_probe(dev, PTR_ERR(amp->clk), "no clock\n");

	ret = clk_prepare_enable(amp->clk);
	if (ret)
		return dev_err_probe(dev, ret, "cannot enable the clock\n");
	ret = devm_add_action_or_reset(dev, amp_rproc_disable_clk, amp->clk);
	if (ret)
		return ret;

	ret = amp_memory_init(amp);
	if (ret)
		return ret;

	ret = amp_notify_init(amp);
	if (ret)
		return ret;

	ret = amp->soc->init(amp);
	if (ret)
		return ret;

	ret = devm_rproc_add(dev, rproc);
	if (ret)
		return dev_err_probe(dev, ret, "cannot register with the remoteproc core\n");

	return 0;
}

static const struct of_device_id amp_rproc_of_match[] = {
	{ .compatible = "fsl,imx8mp-cm7-mmio", .data = &amp_imx8mp_mmio },
	{ }
};
MODULE_DEVICE_TABLE(of, amp_rproc_of_match);

static struct platform_driver amp_rproc_driver = {
	.probe = amp_rproc_probe,
	.driver = {
		.name = "amp-remoteproc",
		.of_match_table = amp_rproc_of_match,
	},
};
module_platform_driver(amp_rproc_driver);

MODULE_DESCRIPTION("Remote processor driver for asymmetric multiprocessing SoCs");
MODULE_LICENSE("GPL");
