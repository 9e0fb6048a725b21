// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio device's entry in the resource table, which the remote can write
 *
 * The remoteproc core reads it there each time. But the virtio core takes the status for
 * its own, and warns when it isn't what it has written; and the core finds the config
 * space by a number of rings and a length that it doesn't check again. So the status is
 * kept here, and only written there, and the config space is looked for where it was
 * when the table was checked.
 */

#include <linux/mutex.h>
#include <linux/remoteproc.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>

#include "amp_rpmsg.h"

/* The remoteproc core's operations are the same for all its devices. */
static const struct virtio_config_ops *amp_table_theirs;
static struct virtio_config_ops amp_table_ops;
static DEFINE_MUTEX(amp_table_lock);

static u8 amp_table_get_status(struct virtio_device *vdev)
{
	struct amp_rpmsg *amp;
	u8 status;

	/* Also called for sysfs, at any time. */
	rcu_read_lock();
	amp = READ_ONCE(vdev->priv);
	status = amp ? READ_ONCE(amp->status) : 0;
	rcu_read_unlock();

	return status;
}

static void amp_table_set_status(struct virtio_device *vdev, u8 status)
{
	struct amp_rpmsg *amp = vdev->priv;

	/* The virtio core's last word after remove() */
	if (!amp)
		vdev->config = amp_table_theirs;
	else
		WRITE_ONCE(amp->status, status);
	amp_table_theirs->set_status(vdev, status);
}

static void amp_table_reset(struct virtio_device *vdev)
{
	struct amp_rpmsg *amp = vdev->priv;

	WRITE_ONCE(amp->status, 0);
	amp_table_theirs->reset(vdev);
}

/**
 * amp_table_guard() - keep the device's status here from now on
 * @amp: the bus, which its device knows
 *
 * Without a bus, the device's status is 0; setting it then ends this.
 */
void amp_table_guard(struct amp_rpmsg *amp)
{
	struct virtio_device *vdev = amp->vdev;

	mutex_lock(&amp_table_lock);
	if (!amp_table_theirs) {
		amp_table_ops = *vdev->config;
		amp_table_ops.get_status = amp_table_get_status;
		amp_table_ops.set_status = amp_table_set_status;
		amp_table_ops.reset = amp_table_reset;
		amp_table_theirs = vdev->config;
	}
	mutex_unlock(&amp_table_lock);

	/* What it is when a driver is probed */
	amp->status = VIRTIO_CONFIG_S_ACKNOWLEDGE | VIRTIO_CONFIG_S_DRIVER;
	vdev->config = &amp_table_ops;
}

/**
 * amp_table_unguard() - undo amp_table_guard(), when probing fails
 * @amp: the bus
 */
void amp_table_unguard(struct amp_rpmsg *amp)
{
	amp->vdev->config = amp_table_theirs;
}

/**
 * amp_table_config() - read the device's config space
 * @amp: the bus, with its rings
 * @config: filled in; left alone if there is no room for it in the table
 */
void amp_table_config(struct amp_rpmsg *amp, struct amp_rpmsg_config *config)
{
	const struct rproc_vring *rvring = amp->rx_ring.vq->priv;
	const struct rproc_vdev *rvdev = rvring->rvdev;
	const struct rproc *rproc = rvdev->rproc;
	const struct fw_rsc_vdev *rsc = (void *)rproc->table_ptr + rvdev->rsc_offset;
	size_t at = rvdev->rsc_offset +
		    offsetof(struct fw_rsc_vdev, vring[ARRAY_SIZE(rvdev->vring)]);

	if (READ_ONCE(rsc->config_len) >= sizeof(*config) &&
	    at + sizeof(*config) <= rproc->table_sz)
		memcpy(config, (void *)rproc->table_ptr + at, sizeof(*config));
}
