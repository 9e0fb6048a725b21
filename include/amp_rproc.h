/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What amp_remoteproc does for drivers of a remote processor's channels
 */
#ifndef AMP_RPROC_H
#define AMP_RPROC_H

#include <linux/types.h>

struct device;
struct notifier_block;

/* Name of the rpmsg bus's driver, by which its devices are known */
#define AMP_RPMSG_DRIVER	"amp_rpmsg"

/**
 * struct amp_rproc_region - memory that both sides can reach
 * @dev: the device that Linux knows the remote processor's accesses by
 * @pa: physical address
 * @da: device address, as the remote processor sees it
 * @size: in bytes
 */
struct amp_rproc_region {
	struct device *dev;
	phys_addr_t pa;
	u32 da;
	size_t size;
};

int amp_rproc_bulk_region(struct device *child, struct amp_rproc_region *region);
int amp_rproc_register_off(struct notifier_block *nb);
int amp_rproc_unregister_off(struct notifier_block *nb);

#endif /* AMP_RPROC_H */
