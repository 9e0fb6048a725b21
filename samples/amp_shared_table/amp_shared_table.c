// SPDX-License-Identifier: GPL-2.0
/*
 * Sample: a table that Linux and the remote core update, under a hwspinlock
 *
 * The other side is firmware/apps/table.c. Device tree: a node with compatible
 * "linux-amp,shared-table", memory-region with the memory of the table, hwlocks
 * with the lock; see dts/imx8mp-evk-amp-table.dtso. In the device's directory:
 *
 *   update     write N: make N updates. ETIMEDOUT if the lock can't be had,
 *              EBADMSG if the table is damaged.
 *   total      updates by both sides, from the table
 *   own        updates by Linux
 *   contended  how often the lock was not free at once
 *   torn       how often the table was found half written
 *   reset      write anything: make a new table
 *   bust       write a processor's number: free the lock if that one has it
 */

#include <linux/atomic.h>
#include <linux/hwspinlock.h>
#include <linux/io.h>
#include <linux/ioport.h>
#include <linux/kstrtox.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/of_address.h>
#include <linux/platform_device.h>
#include <linux/preempt.h>
#include <linux/sched.h>
#include <linux/sched/signal.h>
#include <linux/sysfs.h>

#include "amp_compat.h"
#include "shared_table.h"

static bool nolock;
module_param(nolock, bool, 0644);
MODULE_PARM_DESC(nolock, "update without the lock, to see what becomes of the table");

static bool atomic;
module_param(atomic, bool, 0644);
MODULE_PARM_DESC(atomic, "take the lock as an interrupt handler would");

static unsigned int timeout_ms = 1000;
module_param(timeout_ms, uint, 0644);
MODULE_PARM_DESC(timeout_ms, "how long to try to get the lock");

/**
 * struct table_device - Linux' side of it
 * @table: in memory that isn't cached
 * @lock: the lock that the remote takes as well
 * @own: updates made since the last reset
 * @contended: times that the lock was not free at once
 * @torn: times that the checksum was wrong
 */
struct table_device {
	struct shared_table *table;
	struct hwspinlock *lock;
	atomic_t own;
	atomic_t contended;
	atomic_t torn;
};

/* How the lock is taken: the parameters may change meanwhile. */
enum table_mode {
	TABLE_LOCK,
	TABLE_LOCK_IN_ATOMIC,
	TABLE_NO_LOCK,
};

static enum table_mode table_mode(void)
{
	if (READ_ONCE(nolock))
		return TABLE_NO_LOCK;

	return READ_ONCE(atomic) ? TABLE_LOCK_IN_ATOMIC : TABLE_LOCK;
}

static int table_lock_in_atomic(struct table_device *t)
{
	int ret;

	preempt_disable();
	ret = hwspin_trylock_in_atomic(t->lock);
	if (ret == -EBUSY) {
		atomic_inc(&t->contended);
		ret = hwspin_lock_timeout_in_atomic(t->lock, timeout_ms);
	}
	if (ret)
		preempt_enable();

	return ret;
}

static int table_lock(struct table_device *t, enum table_mode mode)
{
	int ret;

	if (mode == TABLE_NO_LOCK)
		return 0;
	if (mode == TABLE_LOCK_IN_ATOMIC)
		return table_lock_in_atomic(t);

	ret = hwspin_trylock(t->lock);
	if (ret == -EBUSY) {
		atomic_inc(&t->contended);
		ret = hwspin_lock_timeout(t->lock, timeout_ms);
	}

	return ret;
}

static void table_unlock(struct table_device *t, enum table_mode mode)
{
	if (mode == TABLE_LOCK_IN_ATOMIC) {
		hwspin_unlock_in_atomic(t->lock);
		preempt_enable();
	} else if (mode == TABLE_LOCK) {
		hwspin_unlock(t->lock);
	}
}

/* Returns whether the checksum is right. */
static bool table_read(struct table_device *t, u32 *cell)
{
	u32 checksum = READ_ONCE(t->table->checksum);
	unsigned int i;

	for (i = 0; i < SHARED_TABLE_CELLS; i++)
		cell[i] = READ_ONCE(t->table->cell[i]);
	if (checksum == shared_table_checksum(cell))
		return true;

	atomic_inc(&t->torn);
	return false;
}

static void table_write(struct table_device *t, const u32 *cell)
{
	unsigned int i;

	WRITE_ONCE(t->table->checksum, shared_table_checksum(cell));
	for (i = 0; i < SHARED_TABLE_CELLS; i++)
		WRITE_ONCE(t->table->cell[i], cell[i]);
}

static int table_update(struct table_device *t)
{
	enum table_mode mode = table_mode();
	u32 cell[SHARED_TABLE_CELLS];
	int ret;

	ret = table_lock(t, mode);
	if (ret)
		return ret;

	if (table_read(t, cell) || mode == TABLE_NO_LOCK) {
		cell[atomic_inc_return(&t->own) % SHARED_TABLE_CELLS]++;
		table_write(t, cell);
	} else {
		ret = -EBADMSG;
	}
	table_unlock(t, mode);

	return ret;
}

static int table_reset(struct table_device *t)
{
	static const u32 cell[SHARED_TABLE_CELLS];
	int ret;

	ret = table_lock(t, TABLE_LOCK);
	if (ret)
		return ret;

	table_write(t, cell);
	WRITE_ONCE(t->table->magic, SHARED_TABLE_MAGIC);
	atomic_set(&t->own, 0);
	atomic_set(&t->contended, 0);
	atomic_set(&t->torn, 0);
	table_unlock(t, TABLE_LOCK);

	return 0;
}

static ssize_t update_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct table_device *t = dev_get_drvdata(dev);
	unsigned int n;
	int ret;

	ret = kstrtouint(buf, 0, &n);
	while (!ret && n--) {
		ret = table_update(t);
		if (signal_pending(current))
			return -EINTR;
		cond_resched();
	}

	return ret ?: count;
}
static DEVICE_ATTR_WO(update);

static ssize_t reset_store(struct device *dev, struct device_attribute *attr,
			   const char *buf, size_t count)
{
	return table_reset(dev_get_drvdata(dev)) ?: count;
}
static DEVICE_ATTR_WO(reset);

static ssize_t bust_store(struct device *dev, struct device_attribute *attr,
			  const char *buf, size_t count)
{
	struct table_device *t = dev_get_drvdata(dev);
	unsigned int owner;
	int ret;

	ret = kstrtouint(buf, 0, &owner);
	if (!ret)
		ret = amp_hwspin_lock_bust(t->lock, owner);

	return ret ?: count;
}
static DEVICE_ATTR_WO(bust);

static ssize_t total_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	struct table_device *t = dev_get_drvdata(dev);
	enum table_mode mode = table_mode();
	u32 cell[SHARED_TABLE_CELLS];
	u32 total = 0;
	unsigned int i;
	int ret;

	ret = table_lock(t, mode);
	if (ret)
		return ret;

	table_read(t, cell);
	table_unlock(t, mode);
	for (i = 0; i < SHARED_TABLE_CELLS; i++)
		total += cell[i];

	return sysfs_emit(buf, "%u\n", total);
}
static DEVICE_ATTR_RO(total);

static ssize_t own_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	struct table_device *t = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", atomic_read(&t->own));
}
static DEVICE_ATTR_RO(own);

static ssize_t contended_show(struct device *dev,
			      struct device_attribute *attr, char *buf)
{
	struct table_device *t = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", atomic_read(&t->contended));
}
static DEVICE_ATTR_RO(contended);

static ssize_t torn_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	struct table_device *t = dev_get_drvdata(dev);

	return sysfs_emit(buf, "%u\n", atomic_read(&t->torn));
}
static DEVICE_ATTR_RO(torn);

static struct attribute *table_attrs[] = {
	&dev_attr_update.attr,
	&dev_attr_total.attr,
	&dev_attr_own.attr,
	&dev_attr_contended.attr,
	&dev_attr_torn.attr,
	&dev_attr_reset.attr,
	&dev_attr_bust.attr,
	NULL
};
ATTRIBUTE_GROUPS(table);

static int table_map(struct device *dev, struct table_device *t)
{
	struct device_node *np;
	struct resource res;
	int ret;

	np = of_parse_phandle(dev->of_node, "memory-region", 0);
	if (!np)
		return dev_err_probe(dev, -EINVAL, "no memory-region\n");
	ret = of_address_to_resource(np, 0, &res);
	of_node_put(np);
	if (ret)
		return dev_err_probe(dev, ret, "memory-region has no address\n");
	if (resource_size(&res) < sizeof(*t->table))
		return dev_err_probe(dev, -EINVAL, "%pR is too small\n", &res);

	t->table = devm_memremap(dev, res.start, resource_size(&res),
				 MEMREMAP_WC);
	if (IS_ERR(t->table))
		return dev_err_probe(dev, PTR_ERR(t->table),
				     "cannot map %pR\n", &res);

	return 0;
}

static int table_probe(struct platform_device *pdev)
{
	struct device *dev = &pdev->dev;
	struct table_device *t;
	int ret;

	t = devm_kzalloc(dev, sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	platform_set_drvdata(pdev, t);

	ret = table_map(dev, t);
	if (ret)
		return ret;

	ret = of_hwspin_lock_get_id(dev->of_node, 0);
	if (ret < 0)
		return dev_err_probe(dev, ret, "no lock\n");
	t->lock = devm_hwspin_lock_request_specific(dev, ret);
	if (!t->lock)
		return dev_err_probe(dev, -EBUSY, "lock %d is in use\n", ret);

	/* A remote that runs already may have counted in it. */
	if (READ_ONCE(t->table->magic) == SHARED_TABLE_MAGIC)
		return 0;

	return table_reset(t);
}

static const struct of_device_id table_of_match[] = {
	{ .compatible = "linux-amp,shared-table" },
	{ }
};
MODULE_DEVICE_TABLE(of, table_of_match);

static struct platform_driver table_driver = {
	.probe = table_probe,
	.driver = {
		.name = "amp-shared-table",
		.of_match_table = table_of_match,
		.dev_groups = table_groups,
	},
};
module_platform_driver(table_driver);

MODULE_DESCRIPTION("Sample: a table shared with the remote core under a hwspinlock");
MODULE_LICENSE("GPL");
