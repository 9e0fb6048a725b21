// SPDX-License-Identifier: GPL-2.0
/*
 * Settings and figures beside the remoteproc core's own, in
 * /sys/class/remoteproc/remoteprocN; see
 * Documentation/ABI/testing/sysfs-class-remoteproc-amp.
 */

#include <linux/kstrtox.h>
#include <linux/sysfs.h>

#include "amp_remoteproc.h"

#define AMP_MAX_TIMEOUT_MS	60000
#define AMP_MAX_LIMIT		1000000

static struct amp_rproc *to_amp(struct device *dev)
{
	return container_of(dev, struct rproc, dev)->priv;
}

/**
 * struct amp_setting - a number that can be set
 * @attr: its file
 * @offset: of the unsigned int in struct amp_rproc, in bytes
 * @min: smallest value that is accepted
 * @max: largest value that is accepted
 */
struct amp_setting {
	struct device_attribute attr;
	size_t offset;
	unsigned int min;
	unsigned int max;
};

static unsigned int *amp_setting_value(struct device *dev,
				       const struct amp_setting *setting)
{
	return (void *)to_amp(dev) + setting->offset;
}

static ssize_t amp_setting_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	struct amp_setting *setting = container_of(attr, struct amp_setting,
						   attr);

	return sysfs_emit(buf, "%u\n",
			  READ_ONCE(*amp_setting_value(dev, setting)));
}

static ssize_t amp_setting_store(struct device *dev,
				 struct device_attribute *attr, const char *buf,
				 size_t count)
{
	struct amp_setting *setting = container_of(attr, struct amp_setting,
						   attr);
	unsigned int value;
	int ret;

	ret = kstrtouint(buf, 0, &value);
	if (ret)
		return ret;
	if (value < setting->min || value > setting->max)
		return -ERANGE;
	WRITE_ONCE(*amp_setting_value(dev, setting), value);

	return count;
}

static struct amp_setting amp_shutdown_timeout_ms = {
	.attr = __ATTR(shutdown_timeout_ms, 0644, amp_setting_show,
		       amp_setting_store),
	.offset = offsetof(struct amp_rproc, shutdown_timeout_ms),
	.max = AMP_MAX_TIMEOUT_MS,
};

static struct amp_setting amp_crash_limit = {
	.attr = __ATTR(crash_limit, 0644, amp_setting_show, amp_setting_store),
	.offset = offsetof(struct amp_rproc, crash.limit),
	.max = AMP_MAX_LIMIT,
};

static struct amp_setting amp_crash_window_s = {
	.attr = __ATTR(crash_window_s, 0644, amp_setting_show,
		       amp_setting_store),
	.offset = offsetof(struct amp_rproc, crash.window_s),
	.min = 1,
	.max = AMP_MAX_LIMIT,
};

static ssize_t crash_count_show(struct device *dev,
				struct device_attribute *attr, char *buf)
{
	return sysfs_emit(buf, "%u\n", READ_ONCE(to_amp(dev)->crash.total));
}
static DEVICE_ATTR_RO(crash_count);

static struct attribute *amp_sysfs_attrs[] = {
	&amp_shutdown_timeout_ms.attr.attr,
	&amp_crash_limit.attr.attr,
	&amp_crash_window_s.attr.attr,
	&dev_attr_crash_count.attr,
	NULL
};

static const struct attribute_group amp_sysfs_group = {
	.attrs = amp_sysfs_attrs,
};

const struct attribute_group *amp_sysfs_groups[] = {
	&amp_sysfs_group,
	NULL
};
