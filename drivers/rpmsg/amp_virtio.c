// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio side of the rpmsg bus: its device, rings and buffers
 *
 * Wire protocol as OpenAMP, rpmsg-lite and Zephyr speak it (virtio id 7): ring
 * 0 carries messages from the remote, ring 1 messages to it, each in a buffer of
 * fixed size that Linux allocates.
 */

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/remoteproc.h>
#include <linux/rpmsg/ns.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "amp_compat.h"
#include "amp_rpmsg.h"

/* Header included; what every remote expects that negotiates nothing else */
#define AMP_RPMSG_BUF_SIZE	512

/* What it may ask for: the name service fits, and the header's length is 16 bits. */
#define AMP_RPMSG_MIN_BUF_SIZE	64
#define AMP_RPMSG_MAX_BUF_SIZE	65536

/* Buffers begin at multiples of this, whatever their size. */
#define AMP_RPMSG_BUF_ALIGN	8

/**
 * amp_rpmsg_dma() - where the remote finds a buffer
 * @amp: the bus
 * @buf: the buffer
 *
 * Return: its address.
 */
dma_addr_t amp_rpmsg_dma(const struct amp_rpmsg *amp, const void *buf)
{
	return amp->bufs_dma + (buf - amp->bufs);
}

/**
 * amp_rpmsg_check_ring() - have the remote recovered if it has broken a ring
 * @amp: the bus
 * @ring: the ring
 *
 * Context: any.
 */
void amp_rpmsg_check_ring(struct amp_rpmsg *amp, const struct amp_ring *ring)
{
	if (unlikely(ring->broken) && !READ_ONCE(amp->stopped) &&
	    !test_and_set_bit(0, &amp->crash_reported))
		rproc_report_crash(rproc_get_by_child(&amp->vdev->dev),
				   RPROC_FATAL_ERROR);
}

/**
 * amp_rpmsg_mtu() - longest payload of a message
 * @amp: the bus
 *
 * Return: bytes.
 */
size_t amp_rpmsg_mtu(const struct amp_rpmsg *amp)
{
	return amp->tx_size - sizeof(struct amp_rpmsg_hdr);
}

/*
 * Nothing calls back after this. Clearing the pointer that the remoteproc driver
 * follows is what del_vqs() does as well, but without waiting for an interrupt
 * that is under way.
 */
static void amp_rpmsg_silence(struct amp_rpmsg *amp)
{
	struct virtqueue *vq;

	virtio_device_for_each_vq(amp->vdev, vq) {
		struct rproc_vring *rvring = vq->priv;

		WRITE_ONCE(rvring->vq, NULL);
	}
	synchronize_rcu();
}

/**
 * amp_rpmsg_stride() - from one buffer to the next
 * @size: of a buffer, in bytes
 *
 * Return: bytes.
 */
size_t amp_rpmsg_stride(size_t size)
{
	return ALIGN(size, AMP_RPMSG_BUF_ALIGN);
}

static bool amp_rpmsg_size_is_valid(size_t size)
{
	return size >= AMP_RPMSG_MIN_BUF_SIZE && size <= AMP_RPMSG_MAX_BUF_SIZE;
}

static int amp_rpmsg_negotiate(struct amp_rpmsg *amp)
{
	struct virtio_device *vdev = amp->vdev;
	struct amp_rpmsg_config config = { };
	unsigned int size;

	amp->rx_size = AMP_RPMSG_BUF_SIZE;
	amp->tx_size = AMP_RPMSG_BUF_SIZE;
	if (!virtio_has_feature(vdev, AMP_RPMSG_F_BUFSZ))
		return 0;

	amp_table_config(amp, &config);
	size = virtio16_to_cpu(vdev, config.size);
	if (config.version != AMP_RPMSG_CONFIG_VERSION ||
	    size != sizeof(config)) {
		dev_err(&vdev->dev, "config space of version %u and %u bytes refused, expected version %u and %zu\n",
			config.version, size, AMP_RPMSG_CONFIG_VERSION,
			sizeof(config));
		return -EINVAL;
	}

	amp->rx_size = virtio32_to_cpu(vdev, config.txbuf_size);
	amp->tx_size = virtio32_to_cpu(vdev, config.rxbuf_size);
	if (!amp_rpmsg_size_is_valid(amp->rx_size) ||
	    !amp_rpmsg_size_is_valid(amp->tx_size)) {
		dev_err(&vdev->dev, "buffers of %zu and %zu bytes refused, expected %u to %u\n",
			amp->rx_size, amp->tx_size, AMP_RPMSG_MIN_BUF_SIZE,
			AMP_RPMSG_MAX_BUF_SIZE);
		return -EINVAL;
	}

	return 0;
}

static int amp_rpmsg_alloc_bufs(struct amp_rpmsg *amp)
{
	struct device *dev = &amp->vdev->dev;

	amp->num_rx = min(virtqueue_get_vring_size(amp->rx_ring.vq), AMP_RING_MAX_BUFS);
	amp->num_tx = min(virtqueue_get_vring_size(amp->tx_ring.vq), AMP_RING_MAX_BUFS);
	amp->bufs_size = amp->num_rx * amp_rpmsg_stride(amp->rx_size) +
			 amp->num_tx * amp_rpmsg_stride(amp->tx_size);

	/* The parent has the region that the device tree gives for it. */
	amp->bufs = dma_alloc_coherent(dev->parent, amp->bufs_size,
				       &amp->bufs_dma, GFP_KERNEL);
	return amp->bufs ? 0 : -ENOMEM;
}

static void amp_rpmsg_free_bufs(struct amp_rpmsg *amp)
{
	dma_free_coherent(amp->vdev->dev.parent, amp->bufs_size, amp->bufs,
			  amp->bufs_dma);
}

static int amp_rpmsg_probe(struct virtio_device *vdev)
{
	struct virtqueue *vqs[2];
	struct amp_rpmsg *amp;
	int ret;

	if (!rproc_get_by_child(&vdev->dev)) {
		dev_err(&vdev->dev, "not a virtio device of a remote processor\n");
		return -ENODEV;
	}

	amp = kzalloc(sizeof(*amp), GFP_KERNEL);
	if (!amp)
		return -ENOMEM;

	amp->vdev = vdev;
	amp->little_endian = virtio_is_little_endian(vdev);
	spin_lock_init(&amp->tx_lock);
	init_waitqueue_head(&amp->tx_wait);
	spin_lock_init(&amp->rx_lock);
	idr_init(&amp->epts);
	mutex_init(&amp->channel_lock);
	vdev->priv = amp;
	amp_table_guard(amp);

	amp->wq = alloc_ordered_workqueue("%s", 0, dev_name(&vdev->dev));
	if (!amp->wq) {
		ret = -ENOMEM;
		goto free;
	}

	ret = amp_virtio_find_two_vqs(vdev, vqs, amp_rx_interrupt, "input",
				      amp_tx_interrupt, "output");
	if (ret) {
		dev_err(&vdev->dev, "cannot set up the rings: %d\n", ret);
		goto destroy_wq;
	}
	amp_ring_init(&amp->rx_ring, vqs[0]);
	spin_lock_irq(&amp->tx_lock);
	amp_ring_init(&amp->tx_ring, vqs[1]);
	spin_unlock_irq(&amp->tx_lock);

	ret = amp_rpmsg_negotiate(amp);
	if (ret)
		goto del_vqs;

	ret = amp_rpmsg_alloc_bufs(amp);
	if (ret) {
		dev_err(&vdev->dev, "no %zu bytes for message buffers; is the vdev0buffer region too small?\n",
			amp->bufs_size);
		goto del_vqs;
	}

	ret = amp_tx_init(amp);
	if (ret)
		goto free_bufs;

	ret = amp_rx_init(amp);
	if (ret)
		goto exit_tx;

	/* The remote waits for this, and is told by the first kick. */
	virtio_device_ready(vdev);
	amp_ring_kick(&amp->rx_ring);
	amp_rx_start(amp);

	/* What is sent through it is for a remote that is ready. */
	ret = amp_rpmsg_create_ctrl(amp);
	if (ret)
		dev_err(&vdev->dev, "there will be no /dev/rpmsg_ctrlN: %d\n", ret);

	dev_info(&vdev->dev, "rpmsg bus is up: %u buffers of %zu bytes + %u of %zu\n",
		 amp->num_rx, amp->rx_size, amp->num_tx, amp->tx_size);

	return 0;

exit_tx:
	amp_tx_exit(amp);
free_bufs:
	amp_rpmsg_free_bufs(amp);
del_vqs:
	amp_rpmsg_silence(amp);
	vdev->config->del_vqs(vdev);
destroy_wq:
	destroy_workqueue(amp->wq);
free:
	amp_table_unguard(amp);
	WRITE_ONCE(vdev->priv, NULL);
	kfree_rcu(amp, rcu);

	return ret;
}

static void amp_rpmsg_remove(struct virtio_device *vdev)
{
	struct amp_rpmsg *amp = vdev->priv;

	/* Sleeping senders first: clients wait for them when they are removed. */
	amp_tx_stop(amp);
	virtio_reset_device(vdev);
	amp_rpmsg_silence(amp);
	amp_rx_stop(amp);
	amp_rpmsg_remove_channels(amp);

	vdev->config->del_vqs(vdev);
	amp_rx_exit(amp);
	amp_tx_exit(amp);
	amp_rpmsg_free_bufs(amp);
	destroy_workqueue(amp->wq);
	idr_destroy(&amp->epts);
	WRITE_ONCE(vdev->priv, NULL);
	kfree_rcu(amp, rcu);
}

static const struct virtio_device_id amp_rpmsg_id_table[] = {
	{ VIRTIO_ID_RPMSG, VIRTIO_DEV_ANY_ID },
	{ }
};
MODULE_DEVICE_TABLE(virtio, amp_rpmsg_id_table);

/* The virtio core takes these whenever a device has them; our rings don't. */
static int amp_rpmsg_validate(struct virtio_device *vdev)
{
	__virtio_clear_bit(vdev, VIRTIO_RING_F_INDIRECT_DESC);
	__virtio_clear_bit(vdev, VIRTIO_RING_F_EVENT_IDX);

	return 0;
}

static const unsigned int amp_rpmsg_features[] = {
	AMP_RPMSG_F_NS,
	AMP_RPMSG_F_BUFSZ,
};

static struct virtio_driver amp_rpmsg_driver = {
	.driver.name = AMP_RPMSG_DRIVER,
	.driver.dev_groups = amp_rpmsg_groups,
	.feature_table = amp_rpmsg_features,
	.feature_table_size = ARRAY_SIZE(amp_rpmsg_features),
	.id_table = amp_rpmsg_id_table,
	.validate = amp_rpmsg_validate,
	.probe = amp_rpmsg_probe,
	.remove = amp_rpmsg_remove,
};
module_virtio_driver(amp_rpmsg_driver);

MODULE_DESCRIPTION("Virtio rpmsg bus");
MODULE_LICENSE("GPL");
