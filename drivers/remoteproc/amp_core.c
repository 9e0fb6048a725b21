// SPDX-License-Identifier: GPL-2.0
/*
 * Platform remoteproc driver for the Cortex-M cores of ARM SoCs
 *
 * Owns the binding to the device-tree node and the life cycle as the remoteproc
 * core drives it. Each other concern has a file of its own: memory in
 * amp_memory.c, kicks in amp_notify.c, crashes in amp_crash.c, the control
 * channel in amp_control.c, the firmware's log in amp_log.c, and what differs
 * between SoCs in one file for each family.
 */

#include <linux/clk.h>
#include <linux/module.h>
#include <linux/notifier.h>
#include <linux/of.h>
#include <linux/platform_device.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include <linux/rpmsg.h>

#include "amp_compat.h"
#include "amp_control.h"
#include "amp_remoteproc.h"
#include "amp_rproc.h"

/* Default of the setting in sysfs */
#define AMP_SHUTDOWN_TIMEOUT_MS	1000

/* How long firmware may take until it uses its virtio device */
#define AMP_READY_TIMEOUT_MS	500

/* How long it may take to get ready for the system's suspend */
#define AMP_SUSPEND_TIMEOUT_MS	1000

/* Bit of a virtio device's status: its driver is ready */
#define AMP_STATUS_DRIVER_OK	4

static BLOCKING_NOTIFIER_HEAD(amp_rproc_off_chain);

/**
 * amp_rproc_register_off() - be told when a core has been stopped
 * @nb: called with &amp_rproc_region.dev of the core, which does nothing any more
 *
 * Its channels have gone by then. A core that has crashed is stopped before it is
 * started again. Context: sleeps, as the call does.
 *
 * Return: 0.
 */
int amp_rproc_register_off(struct notifier_block *nb)
{
	return blocking_notifier_chain_register(&amp_rproc_off_chain, nb);
}
EXPORT_SYMBOL_GPL(amp_rproc_register_off);

/**
 * amp_rproc_unregister_off() - the reverse of amp_rproc_register_off()
 * @nb: not called any more on return
 *
 * Return: 0, or -ENOENT if it isn't registered.
 */
int amp_rproc_unregister_off(struct notifier_block *nb)
{
	return blocking_notifier_chain_unregister(&amp_rproc_off_chain, nb);
}
EXPORT_SYMBOL_GPL(amp_rproc_unregister_off);

static void amp_rproc_state_changed(struct amp_rproc *amp)
{
	schedule_work(&amp->state_work);
}

static void amp_rproc_state_work(struct work_struct *work)
{
	struct amp_rproc *amp = container_of(work, struct amp_rproc, state_work);
	struct rproc *rproc = amp->rproc;
	unsigned int state;

	/* Held while the core changes it */
	mutex_lock(&rproc->lock);
	state = rproc->state;
	mutex_unlock(&rproc->lock);

	if (state == amp->state)
		return;
	amp->state = state;
	sysfs_notify(&rproc->dev.kobj, NULL, "state");
	kobject_uevent(&rproc->dev.kobj, KOBJ_CHANGE);
}

static bool amp_rproc_is_up(struct amp_rproc *amp)
{
	unsigned int state = READ_ONCE(amp->rproc->state);

	return state == RPROC_RUNNING || state == RPROC_ATTACHED ||
	       state == RPROC_CRASHED;
}

/* Does Linux have a driver for a virtio device of the firmware? */
static bool amp_rproc_has_driver(struct rproc *rproc)
{
	const struct fw_rsc_vdev *rsc;
	struct rproc_vdev *rvdev;

	list_for_each_entry(rvdev, &rproc->rvdevs, node) {
		rsc = (void *)rproc->table_ptr + rvdev->rsc_offset;
		if (READ_ONCE(rsc->status) & AMP_STATUS_DRIVER_OK)
			return true;
	}

	return false;
}

/* The other subdevices, the virtio devices, have been started. */
static int amp_rproc_wait_ready(struct rproc_subdev *subdev)
{
	struct amp_rproc *amp = container_of(subdev, struct amp_rproc, subdev);

	if (!amp->crash.stay_down && amp_rproc_has_driver(amp->rproc) &&
	    !wait_for_completion_timeout(&amp->ready,
					 msecs_to_jiffies(AMP_READY_TIMEOUT_MS)) &&
	    !amp_crash_missed(amp))
		dev_warn(&amp->rproc->dev, "no sign of the firmware within %u ms\n",
			 AMP_READY_TIMEOUT_MS);

	if (!amp->crash.stay_down)
		amp_crash_watch(amp, true);
	amp_rproc_state_changed(amp);

	return 0;
}

/*
 * In a work item, because rproc_shutdown() can be interrupted: by a signal to
 * whoever removes the module, say, which must not leave the core running.
 */
static void amp_rproc_off_work(struct work_struct *work)
{
	struct amp_rproc *amp = container_of(work, struct amp_rproc, off_work);
	struct rproc *rproc = amp->rproc;

	/* A recovery that is under way, or only pretends to be, is to end first. */
	mutex_lock(&rproc->lock);
	/*
	 * One that failed, because there is no firmware any more, say, has left
	 * the core off and counted as started: no start would do anything.
	 */
	if (rproc->state == RPROC_OFFLINE && atomic_read(&rproc->power)) {
		dev_err(&rproc->dev, "recovery failed, staying down; write \"start\" to state to try again\n");
		amp->crash.stay_down = true;
		rproc->state = RPROC_RUNNING;
	}
	mutex_unlock(&rproc->lock);

	/* The core counts starts; each of them has to be undone, and no more. */
	while (amp_rproc_is_up(amp) && atomic_read(&rproc->power) > 0 &&
	       (READ_ONCE(amp->going) || amp->crash.stay_down))
		if (rproc_shutdown(rproc))
			break;
}

static void amp_rproc_off(struct amp_rproc *amp)
{
	WRITE_ONCE(amp->going, true);
	queue_work(system_long_wq, &amp->off_work);
	flush_work(&amp->off_work);
}

static void amp_rproc_ask_shutdown(struct amp_rproc *amp)
{
	unsigned int timeout_ms = READ_ONCE(amp->shutdown_timeout_ms);
	int ret;

	/* It may end its heartbeats before it answers. */
	amp_control_supervise(amp, false);

	ret = amp_control_request(amp, AMP_CONTROL_SHUTDOWN, timeout_ms);
	if (ret == -ENOTCONN)
		ret = amp_notify_shutdown(amp);
	if (ret && ret != -ENOTCONN)
		dev_warn(&amp->rproc->dev,
			 "no answer to the shutdown request within %u ms (%d), stopping the core anyway\n",
			 timeout_ms, ret);
}

/* The other subdevices are about to be stopped. */
static void amp_rproc_quiesce(struct rproc_subdev *subdev, bool crashed)
{
	struct amp_rproc *amp = container_of(subdev, struct amp_rproc, subdev);
	unsigned int state = amp->rproc->state;

	/* An attached core may be about to be detached, unless it is us who ask. */
	if (crashed)
		amp_crash_count(amp);
	else if (!amp->crash.stay_down &&
		 (state == RPROC_RUNNING || READ_ONCE(amp->going)))
		amp_rproc_ask_shutdown(amp);

	amp_crash_watch(amp, false);
	amp_notify_silence(amp);
}

/*
 * Subdevices are started in order and stopped in reverse. As the last one, ours
 * sees the virtio devices at work at both ends: it waits for the remote to use
 * them, and silences it before the virtqueues that it could notify are gone.
 * The core has added the virtio devices by the time this is called.
 */
static void amp_rproc_add_subdev(struct amp_rproc *amp)
{
	if (list_empty(&amp->subdev.node))
		rproc_add_subdev(amp->rproc, &amp->subdev);
}

static int amp_rproc_sanity_check(struct rproc *rproc,
				  const struct firmware *fw)
{
	struct amp_rproc *amp = rproc->priv;
	size_t table_size;
	int ret;

	ret = amp_memory_check(rproc, fw, &table_size, &amp->table_crc);
	if (ret)
		return ret;
	amp->checked = fw;

	return rproc_elf_sanity_check(rproc, fw);
}

static int amp_rproc_prepare(struct rproc *rproc)
{
	struct amp_rproc *amp = rproc->priv;
	int ret;

	/* Whoever looks after the core may start it again. */
	if (READ_ONCE(amp->going))
		return -ESHUTDOWN;

	amp->crash.stay_down = false;
	amp_log_set(amp, NULL);
	ret = amp_memory_add_carveouts(amp);
	if (ret)
		rproc_resource_cleanup(rproc);

	return ret;
}

/*
 * The core takes a virtio device for added when its platform device is. If that could
 * not be probed, for want of memory, the core comes up without it, and forgets it.
 */
static int amp_rproc_check_vdevs(struct rproc *rproc)
{
	struct rproc_vdev *rvdev;
	int missing = rproc->nb_vdev;

	list_for_each_entry(rvdev, &rproc->rvdevs, node)
		missing--;
	if (missing > 0) {
		dev_err(&rproc->dev, "%d of %d virtio devices could not be added\n",
			missing, rproc->nb_vdev);
		return -ENOMEM;
	}

	return 0;
}

static int amp_rproc_drop_vdev(struct device *dev, void *data)
{
	if (dev_is_platform(dev) && !dev->driver)
		platform_device_unregister(to_platform_device(dev));

	return 0;
}

static int amp_rproc_unprepare(struct rproc *rproc)
{
	struct amp_rproc *amp = rproc->priv;

	if (!list_empty(&amp->subdev.node)) {
		rproc_remove_subdev(rproc, &amp->subdev);
		INIT_LIST_HEAD(&amp->subdev.node);
	}
	amp_crash_set_record(amp, NULL);
	amp_memory_drop_table(amp);
	amp->checked = NULL;
	/* The core forgets the carve-outs when parsing the firmware fails. */
	rproc_resource_cleanup(rproc);
	device_for_each_child(&rproc->dev, NULL, amp_rproc_drop_vdev);

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

static int amp_rproc_handle_rsc(struct rproc *rproc, u32 type, void *rsc,
				int offset, int avail)
{
	struct amp_rsc_area area;
	int ret;

	if (type != AMP_RSC_FAULT && type != AMP_RSC_LOG)
		return RSC_IGNORED;
	if (avail < (int)sizeof(area))
		return -EINVAL;

	memcpy(&area, rsc, sizeof(area));
	ret = type == AMP_RSC_FAULT ? amp_crash_set_record(rproc->priv, &area) :
				      amp_log_set(rproc->priv, &area);

	return ret ? ret : RSC_HANDLED;
}

/*
 * Recovery loads whatever file it finds now, without the checks of a first
 * start, and keeps the resource table of that one.
 */
static bool amp_rproc_may_recover(struct rproc *rproc,
				  const struct firmware *fw)
{
	struct amp_rproc *amp = rproc->priv;
	size_t size = rproc->cached_table ? rproc->table_sz : 0;
	size_t table_size;
	u32 table_crc;

	if (amp_memory_check(rproc, fw, &table_size, &table_crc))
		return false;

	if (table_size != size ||
	    (amp->table_crc && table_crc != amp->table_crc)) {
		dev_err(&rproc->dev, "%s refused: its resource table is not that of the first start; stop and start\n",
			rproc->firmware);
		return false;
	}

	return true;
}

static int amp_rproc_load(struct rproc *rproc, const struct firmware *fw)
{
	struct amp_rproc *amp = rproc->priv;
	int ret;

	if (amp->checked == fw) {
		ret = amp_rproc_check_vdevs(rproc);
		if (ret)
			return ret;
	} else if (!amp_rproc_may_recover(rproc, fw)) {
		amp->crash.stay_down = true;
	}
	amp->checked = NULL;
	amp_rproc_add_subdev(amp);
	if (amp->crash.stay_down)
		return 0;
	amp_memory_restore_table(amp);

	return rproc_elf_load_segments(rproc, fw);
}

static struct resource_table *
amp_rproc_find_loaded_table(struct rproc *rproc, const struct firmware *fw)
{
	struct amp_rproc *amp = rproc->priv;

	/* A core that was attached to has no table to be copied there. */
	if (amp->crash.stay_down || !rproc->cached_table)
		return NULL;

	return rproc_elf_find_loaded_rsc_table(rproc, fw);
}

static int amp_rproc_start(struct rproc *rproc)
{
	struct amp_rproc *amp = rproc->priv;
	int ret;

	/*
	 * Recovery "starts" a core that is to stay down, only to have it stopped
	 * in an orderly way: one that failed would leave it neither on nor off.
	 */
	if (amp->crash.stay_down) {
		queue_work(system_long_wq, &amp->off_work);
		return 0;
	}

	amp_crash_begin(amp);
	amp_log_begin(amp);
	amp_notify_listen(amp, false);

	ret = amp->soc->start(amp);
	if (ret)
		amp_notify_silence(amp);

	return ret;
}

static int amp_rproc_stop(struct rproc *rproc)
{
	struct amp_rproc *amp = rproc->priv;
	int ret;

	/* Once more: if the start has failed, subdevices aren't stopped. */
	amp_notify_silence(amp);
	/* It was attaching that has failed: the core stays as it was. */
	if (rproc->state == RPROC_DETACHED)
		return 0;
	amp_rproc_state_changed(amp);
	if (rproc->state == RPROC_CRASHED)
		queue_work(system_long_wq, &amp->off_work);

	ret = amp->soc->stop(amp);
	if (ret)
		return ret;
	blocking_notifier_call_chain(&amp_rproc_off_chain, 0, amp->dev);

	return 0;
}

static int amp_rproc_attach(struct rproc *rproc)
{
	struct amp_rproc *amp = rproc->priv;
	int ret = amp_rproc_check_vdevs(rproc);

	if (ret)
		return ret;

	/* The core has filled in its table, so that it isn't that of the file. */
	amp->table_crc = 0;
	amp_memory_switch_table(amp);
	amp_rproc_add_subdev(amp);
	atomic_set(&amp->crash.reported, 0);
	amp_notify_listen(amp, true);

	return 0;
}

static int amp_rproc_detach(struct rproc *rproc)
{
	/*
	 * It has crashed just now. The core would try to recover what is no longer
	 * attached; so it stays that until then.
	 */
	if (work_busy(&rproc->crash_handler))
		return -EIO;

	amp_rproc_state_changed(rproc->priv);

	return 0;
}

static const struct rproc_ops amp_rproc_ops = {
	.prepare = amp_rproc_prepare,
	.unprepare = amp_rproc_unprepare,
	.start = amp_rproc_start,
	.stop = amp_rproc_stop,
	.attach = amp_rproc_attach,
	.detach = amp_rproc_detach,
	.kick = amp_notify_kick,
	.da_to_va = amp_memory_da_to_va,
	.load = amp_rproc_load,
	.parse_fw = amp_rproc_parse_fw,
	.handle_rsc = amp_rproc_handle_rsc,
	.find_loaded_rsc_table = amp_rproc_find_loaded_table,
	.get_loaded_rsc_table = amp_memory_loaded_table,
	.sanity_check = amp_rproc_sanity_check,
	.get_boot_addr = rproc_elf_get_boot_addr,
};

/**
 * amp_rproc_of_child() - the remote processor that a device belongs to
 * @dev: a device below it
 *
 * Return: NULL if it belongs to none, or to one of another driver.
 */
struct amp_rproc *amp_rproc_of_child(struct device *dev)
{
	struct rproc *rproc = rproc_get_by_child(dev);

	return rproc && rproc->ops->start == amp_rproc_start ? rproc->priv : NULL;
}

static void amp_rproc_disable_clk(void *clk)
{
	clk_disable_unprepare(clk);
}

/* Before the remoteproc core forgets it, which would leave it running. */
static void amp_rproc_release(void *data)
{
	amp_rproc_off(data);
}

/* The remoteproc core has forgotten it, and nothing queues them any more. */
static void amp_rproc_cancel_works(void *data)
{
	struct amp_rproc *amp = data;

	cancel_work_sync(&amp->off_work);
	cancel_work_sync(&amp->state_work);
}

/*
 * Reboot, power-off and kexec: no core runs on in memory that isn't its own. This
 * is before devices are shut down: then its virtio devices would go first, and
 * the control channel with them.
 */
static int amp_rproc_reboot(struct notifier_block *nb, unsigned long action,
			    void *data)
{
	amp_rproc_off(container_of(nb, struct amp_rproc, reboot));

	return NOTIFY_DONE;
}

/*
 * If the device can't be added, and only then, the core drops the reference that
 * we release as well. Another one takes its place.
 */
static int amp_rproc_add(struct device *dev, struct rproc *rproc)
{
	struct kref *ref = &rproc->dev.kobj.kref;
	unsigned int before;
	int ret;

	get_device(&rproc->dev);
	before = kref_read(ref);
	ret = devm_rproc_add(dev, rproc);
	if (!ret || kref_read(ref) >= before)
		put_device(&rproc->dev);

	return ret;
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
	if (!amp->soc)
		return -ENODEV;
	amp->shutdown_timeout_ms = AMP_SHUTDOWN_TIMEOUT_MS;
	INIT_LIST_HEAD(&amp->subdev.node);
	amp->subdev.start = amp_rproc_wait_ready;
	amp->subdev.stop = amp_rproc_quiesce;
	init_completion(&amp->ready);
	INIT_WORK(&amp->state_work, amp_rproc_state_work);
	INIT_WORK(&amp->off_work, amp_rproc_off_work);
	amp->reboot.notifier_call = amp_rproc_reboot;
	amp_control_init(amp);
	platform_set_drvdata(pdev, amp);
	rproc->auto_boot = of_property_read_bool(dev->of_node, "fsl,auto-boot");
	/* TCM and reserved regions; the core's memory isn't behind an IOMMU. */
	rproc->has_iommu = false;
	rproc->dev.groups = amp_sysfs_groups;

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

	ret = amp_crash_init(amp, pdev);
	if (ret)
		return ret;

	ret = amp->soc->init(amp);
	if (ret < 0)
		return ret;
	if (ret) {
		dev_info(dev, "the core is running already\n");
		rproc->state = RPROC_DETACHED;
	}
	amp->state = rproc->state;

	ret = amp_log_init(amp);
	if (ret)
		return ret;

	ret = devm_add_action(dev, amp_rproc_cancel_works, amp);
	if (ret)
		return ret;

	ret = amp_rproc_add(dev, rproc);
	if (ret)
		return dev_err_probe(dev, ret, "cannot register with the remoteproc core\n");

	ret = devm_add_action_or_reset(dev, amp_rproc_release, amp);
	if (ret)
		return ret;

	return devm_register_reboot_notifier(dev, &amp->reboot);
}

static int amp_rproc_suspend(struct device *dev)
{
	struct amp_rproc *amp = dev_get_drvdata(dev);
	int ret;

	if (!amp_rproc_is_up(amp))
		return 0;

	ret = amp_control_request(amp, AMP_CONTROL_SUSPEND,
				  AMP_SUSPEND_TIMEOUT_MS);
	amp_control_supervise(amp, false);
	if (ret && ret != -ENOTCONN)
		dev_warn(&amp->rproc->dev,
			 "no answer to the suspend request within %u ms (%d)\n",
			 AMP_SUSPEND_TIMEOUT_MS, ret);

	return 0;
}

static int amp_rproc_resume(struct device *dev)
{
	struct amp_rproc *amp = dev_get_drvdata(dev);

	if (amp_rproc_is_up(amp)) {
		amp_control_supervise(amp, true);
		amp_control_notify(amp, AMP_CONTROL_RESUME);
	}

	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(amp_rproc_pm_ops, amp_rproc_suspend,
				amp_rproc_resume);

static const struct of_device_id amp_rproc_of_match[] = {
	{ .compatible = "fsl,imx8mp-cm7-mmio", .data = &amp_imx8mn_mmio },
	{ .compatible = "fsl,imx8mp-cm7", .data = &amp_imx8mn_smc },
	{ .compatible = "fsl,imx8mn-cm7-mmio", .data = &amp_imx8mn_mmio },
	{ .compatible = "fsl,imx8mn-cm7", .data = &amp_imx8mn_smc },
	{ .compatible = "fsl,imx8mm-cm4", .data = &amp_imx8mq },
	{ .compatible = "fsl,imx8mq-cm4", .data = &amp_imx8mq },
	{ .compatible = "fsl,imx7d-cm4", .data = &amp_imx7d },
	{ .compatible = "fsl,imx93-cm33", .data = &amp_imx93 },
	{ }
};
MODULE_DEVICE_TABLE(of, amp_rproc_of_match);

static struct platform_driver amp_rproc_driver = {
	.probe = amp_rproc_probe,
	.driver = {
		.name = "amp-remoteproc",
		.of_match_table = amp_rproc_of_match,
		.pm = pm_sleep_ptr(&amp_rproc_pm_ops),
	},
};

static int __init amp_rproc_init(void)
{
	int ret;

	ret = amp_log_register();
	if (ret)
		return ret;

	ret = register_rpmsg_driver(&amp_control_driver);
	if (ret)
		goto unregister_log;

	ret = platform_driver_register(&amp_rproc_driver);
	if (ret)
		goto unregister_control;

	return 0;

unregister_control:
	unregister_rpmsg_driver(&amp_control_driver);
unregister_log:
	amp_log_unregister();

	return ret;
}
module_init(amp_rproc_init);

static void __exit amp_rproc_exit(void)
{
	/* Stops the cores, which is when the control channel is needed. */
	platform_driver_unregister(&amp_rproc_driver);
	unregister_rpmsg_driver(&amp_control_driver);
	amp_log_unregister();
}
module_exit(amp_rproc_exit);

MODULE_DESCRIPTION("Remote processor driver for asymmetric multiprocessing SoCs");
MODULE_LICENSE("GPL");
