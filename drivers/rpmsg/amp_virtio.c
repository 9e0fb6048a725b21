// SPDX-License-Identifier: GPL-2.0
/*
 * The virtio side of the rpmsg bus: rings and buffers, sending and receiving
 *
 * Wire protocol as OpenAMP, rpmsg-lite and Zephyr speak it (virtio id 7): ring
 * 0 carries messages from the remote, ring 1 messages to it, each in a buffer of
 * fixed size that Linux allocates.
 *
 * The remote isn't trusted. The virtio core keeps its own copy of what it put
 * into the rings; lengths and headers are checked here, on a copy.
 */

#include <linux/dma-mapping.h>
#include <linux/module.h>
#include <linux/remoteproc.h>
#include <linux/rpmsg/ns.h>
#include <linux/scatterlist.h>
#include <linux/slab.h>
#include <linux/virtio.h>
#include <linux/virtio_config.h>
#include <linux/virtio_ids.h>
#include <linux/virtio_ring.h>

#include "amp_compat.h"
#include "amp_rpmsg.h"

/* Header included; what every remote expects that negotiates nothing else */
#define AMP_RPMSG_BUF_SIZE	512

/* More would only add memory: that many messages are in flight at once. */
#define AMP_RPMSG_MAX_BUFS	256U

/* Messages handed out before others get the CPU */
#define AMP_RPMSG_RX_BUDGET	64

/* How long a sender waits for the remote to free a buffer, in seconds */
#define AMP_RPMSG_TX_TIMEOUT	15

static void amp_rpmsg_sg_init(struct amp_rpmsg *amp, struct scatterlist *sg,
			      void *buf, size_t len)
{
	dma_addr_t dma = amp->bufs_dma + (buf - amp->bufs);

	/*
	 * The memory has no kernel mapping of its own. The ring wants its
	 * physical address, which is the bus address: there is no IOMMU.
	 */
	sg_init_table(sg, 1);
	sg_set_page(sg, pfn_to_page(PHYS_PFN(dma)), len, offset_in_page(dma));
}

/**
 * amp_rpmsg_mtu() - longest payload of a message
 * @amp: the bus
 *
 * Return: bytes.
 */
size_t amp_rpmsg_mtu(const struct amp_rpmsg *amp)
{
	return amp->buf_size - sizeof(struct amp_rpmsg_hdr);
}

/* Caller holds tx_lock. */
static bool amp_rpmsg_tx_reclaim(struct amp_rpmsg *amp)
{
	unsigned int len;
	void *buf;

	if (amp->num_tx_free)
		return true;

	buf = virtqueue_get_buf(amp->svq, &len);
	if (buf)
		amp->tx_free[amp->num_tx_free++] = buf;

	return buf;
}

/**
 * amp_rpmsg_can_send() - is a transmit buffer free?
 * @amp: the bus
 *
 * If there is none, @amp->tx_wait is woken when that has changed. A bus that has
 * stopped counts as ready: sending doesn't block, it fails.
 *
 * Context: any.
 */
bool amp_rpmsg_can_send(struct amp_rpmsg *amp)
{
	unsigned long flags;
	bool ready;

	spin_lock_irqsave(&amp->tx_lock, flags);
	ready = amp->stopped || amp_rpmsg_tx_reclaim(amp) ||
		(!virtqueue_enable_cb(amp->svq) && amp_rpmsg_tx_reclaim(amp));
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	return ready;
}

/* A transmit buffer, -EAGAIN if none is free, -EPIPE if none ever will be */
static void *amp_rpmsg_tx_get(struct amp_rpmsg *amp)
{
	unsigned long flags;
	void *buf;

	spin_lock_irqsave(&amp->tx_lock, flags);
	if (amp->stopped)
		buf = ERR_PTR(-EPIPE);
	else if (amp_rpmsg_tx_reclaim(amp))
		buf = amp->tx_free[--amp->num_tx_free];
	else
		buf = ERR_PTR(-EAGAIN);
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	return buf;
}

static void *amp_rpmsg_tx_get_wait(struct amp_rpmsg *amp)
{
	unsigned long left = AMP_RPMSG_TX_TIMEOUT * HZ;
	void *buf;
	long ret;

	for (;;) {
		buf = amp_rpmsg_tx_get(amp);
		if (buf != ERR_PTR(-EAGAIN))
			return buf;

		/* Others may be faster: what is left of the time counts on. */
		ret = wait_event_interruptible_timeout(amp->tx_wait,
						       amp_rpmsg_can_send(amp),
						       left);
		if (ret < 0)
			return ERR_PTR(ret);
		if (!ret)
			return ERR_PTR(-ETIMEDOUT);
		left = ret;
	}
}

static int amp_rpmsg_tx_put(struct amp_rpmsg *amp, void *buf, size_t len)
{
	struct scatterlist sg;
	unsigned long flags;
	int ret;

	amp_rpmsg_sg_init(amp, &sg, buf, len);

	spin_lock_irqsave(&amp->tx_lock, flags);
	ret = amp->stopped ? -EPIPE :
	      virtqueue_add_outbuf(amp->svq, &sg, 1, buf, GFP_ATOMIC);
	if (ret)
		amp->tx_free[amp->num_tx_free++] = buf;
	else
		virtqueue_kick(amp->svq);
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	return ret;
}

/**
 * amp_rpmsg_send() - send a message to the remote
 * @amp: the bus
 * @src: address of the sender
 * @dst: address at the remote
 * @data: payload
 * @len: of the payload, in bytes
 * @wait: sleep until a buffer is free, at most AMP_RPMSG_TX_TIMEOUT seconds
 *
 * Context: any if @wait is false.
 * Return: 0; -EINVAL for an address that isn't one, -EMSGSIZE if @len is more
 * than the MTU, -EAGAIN if no buffer is free, -ETIMEDOUT, -ERESTARTSYS on a
 * signal, -EPIPE if the remote has gone.
 */
int amp_rpmsg_send(struct amp_rpmsg *amp, u32 src, u32 dst, const void *data,
		   size_t len, bool wait)
{
	struct amp_rpmsg_hdr *hdr;

	if (src == RPMSG_ADDR_ANY || dst == RPMSG_ADDR_ANY)
		return -EINVAL;
	if (len > amp_rpmsg_mtu(amp))
		return -EMSGSIZE;

	hdr = wait ? amp_rpmsg_tx_get_wait(amp) : amp_rpmsg_tx_get(amp);
	if (IS_ERR(hdr))
		return PTR_ERR(hdr);

	hdr->src = __cpu_to_rpmsg32(amp->little_endian, src);
	hdr->dst = __cpu_to_rpmsg32(amp->little_endian, dst);
	hdr->reserved = 0;
	hdr->len = __cpu_to_rpmsg16(amp->little_endian, len);
	hdr->flags = 0;
	memcpy(hdr + 1, data, len);

	return amp_rpmsg_tx_put(amp, hdr, sizeof(*hdr) + len);
}

/* The remote has freed a buffer and somebody asked to be told, once. */
static void amp_rpmsg_tx_done(struct virtqueue *svq)
{
	struct amp_rpmsg *amp = svq->vdev->priv;
	unsigned long flags;

	spin_lock_irqsave(&amp->tx_lock, flags);
	virtqueue_disable_cb(svq);
	spin_unlock_irqrestore(&amp->tx_lock, flags);

	wake_up_all(&amp->tx_wait);
}

static void amp_rpmsg_rx_one(struct amp_rpmsg *amp, void *buf, size_t len)
{
	struct amp_rpmsg_hdr hdr;
	size_t payload;
	u32 src, dst;

	if (len < sizeof(hdr) || len > amp->buf_size) {
		dev_warn_ratelimited(&amp->vdev->dev,
				     "message dropped: %zu bytes in a buffer of %zu\n",
				     len, amp->buf_size);
		return;
	}

	memcpy(&hdr, buf, sizeof(hdr));
	src = __rpmsg32_to_cpu(amp->little_endian, hdr.src);
	dst = __rpmsg32_to_cpu(amp->little_endian, hdr.dst);
	payload = __rpmsg16_to_cpu(amp->little_endian, hdr.len);
	if (payload > len - sizeof(hdr)) {
		dev_warn_ratelimited(&amp->vdev->dev,
				     "message from 0x%x to 0x%x dropped: payload of %zu bytes in %zu\n",
				     src, dst, payload, len - sizeof(hdr));
		return;
	}

	if (dst == RPMSG_NS_ADDR)
		amp_ns_receive(amp, buf + sizeof(hdr), payload);
	else
		amp_rpmsg_deliver(amp, src, dst, buf + sizeof(hdr), payload);
}

static int amp_rpmsg_rx_add(struct amp_rpmsg *amp, void *buf)
{
	struct scatterlist sg;

	amp_rpmsg_sg_init(amp, &sg, buf, amp->buf_size);

	return virtqueue_add_inbuf(amp->rvq, &sg, 1, buf, GFP_KERNEL);
}

static void amp_rpmsg_rx_work(struct work_struct *work)
{
	struct amp_rpmsg *amp = container_of(work, struct amp_rpmsg, rx_work);
	unsigned int len, n = 0;
	void *buf;

	virtqueue_disable_cb(amp->rvq);
	do {
		while (n < AMP_RPMSG_RX_BUDGET &&
		       (buf = virtqueue_get_buf(amp->rvq, &len))) {
			amp_rpmsg_rx_one(amp, buf, len);
			/* There is room: it has just been taken out. */
			WARN_ON_ONCE(amp_rpmsg_rx_add(amp, buf));
			n++;
		}
		if (n == AMP_RPMSG_RX_BUDGET) {
			queue_work(amp->wq, &amp->rx_work);
			break;
		}
	} while (!virtqueue_enable_cb(amp->rvq));

	if (n)
		virtqueue_kick(amp->rvq);

	/* The virtio core has found nonsense in the ring, and has said so. */
	if (virtqueue_is_broken(amp->rvq) && !READ_ONCE(amp->stopped) &&
	    !amp->crash_reported) {
		amp->crash_reported = true;
		rproc_report_crash(rproc_get_by_child(&amp->vdev->dev),
				   RPROC_FATAL_ERROR);
	}
}

static void amp_rpmsg_rx_done(struct virtqueue *rvq)
{
	struct amp_rpmsg *amp = rvq->vdev->priv;

	if (READ_ONCE(amp->up))
		queue_work(amp->wq, &amp->rx_work);
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
	cancel_work_sync(&amp->rx_work);
}

static int amp_rpmsg_alloc_bufs(struct amp_rpmsg *amp)
{
	struct device *dev = &amp->vdev->dev;
	unsigned int i;

	amp->buf_size = AMP_RPMSG_BUF_SIZE;
	amp->num_rx = min(virtqueue_get_vring_size(amp->rvq), AMP_RPMSG_MAX_BUFS);
	amp->num_tx = min(virtqueue_get_vring_size(amp->svq), AMP_RPMSG_MAX_BUFS);
	amp->bufs_size = (amp->num_rx + amp->num_tx) * amp->buf_size;

	amp->tx_free = kcalloc(amp->num_tx, sizeof(*amp->tx_free), GFP_KERNEL);
	if (!amp->tx_free)
		return -ENOMEM;

	/* The parent has the region that the device tree gives for it. */
	amp->bufs = dma_alloc_coherent(dev->parent, amp->bufs_size,
				       &amp->bufs_dma, GFP_KERNEL);
	if (!amp->bufs) {
		kfree(amp->tx_free);
		dev_err(dev, "no %zu bytes for message buffers; is the vdev0buffer region too small?\n",
			amp->bufs_size);
		return -ENOMEM;
	}

	for (i = 0; i < amp->num_tx; i++)
		amp->tx_free[i] = amp->bufs +
				  (amp->num_rx + i) * amp->buf_size;
	amp->num_tx_free = amp->num_tx;

	return 0;
}

static void amp_rpmsg_free_bufs(struct amp_rpmsg *amp)
{
	dma_free_coherent(amp->vdev->dev.parent, amp->bufs_size, amp->bufs,
			  amp->bufs_dma);
	kfree(amp->tx_free);
}

static int amp_rpmsg_probe(struct virtio_device *vdev)
{
	struct virtqueue *vqs[2];
	struct amp_rpmsg *amp;
	unsigned int i;
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
	mutex_init(&amp->ept_lock);
	idr_init(&amp->epts);
	mutex_init(&amp->channel_lock);
	INIT_WORK(&amp->rx_work, amp_rpmsg_rx_work);
	vdev->priv = amp;

	amp->wq = alloc_workqueue("%s", WQ_HIGHPRI, 1, dev_name(&vdev->dev));
	if (!amp->wq) {
		ret = -ENOMEM;
		goto free;
	}

	ret = amp_virtio_find_two_vqs(vdev, vqs, amp_rpmsg_rx_done, "input",
				      amp_rpmsg_tx_done, "output");
	if (ret) {
		dev_err(&vdev->dev, "cannot set up the rings: %d\n", ret);
		goto destroy_wq;
	}
	amp->rvq = vqs[0];
	amp->svq = vqs[1];

	ret = amp_rpmsg_alloc_bufs(amp);
	if (ret)
		goto del_vqs;

	for (i = 0; i < amp->num_rx; i++) {
		ret = amp_rpmsg_rx_add(amp, amp->bufs + i * amp->buf_size);
		if (ret)
			goto free_bufs;
	}
	virtqueue_disable_cb(amp->svq);

	/* The remote waits for this, and is told by the first kick. */
	virtio_device_ready(vdev);
	virtqueue_kick(amp->rvq);

	/* Not everyone waits: what came before has been passed over. */
	WRITE_ONCE(amp->up, true);
	queue_work(amp->wq, &amp->rx_work);

	/* What is sent through it is for a remote that is ready. */
	ret = amp_rpmsg_create_ctrl(amp);
	if (ret)
		dev_err(&vdev->dev, "there will be no /dev/rpmsg_ctrlN: %d\n", ret);

	dev_info(&vdev->dev, "rpmsg bus is up: %u + %u buffers of %zu bytes\n",
		 amp->num_rx, amp->num_tx, amp->buf_size);

	return 0;

free_bufs:
	amp_rpmsg_silence(amp);
	amp_rpmsg_free_bufs(amp);
del_vqs:
	amp_rpmsg_silence(amp);
	vdev->config->del_vqs(vdev);
destroy_wq:
	destroy_workqueue(amp->wq);
free:
	kfree(amp);

	return ret;
}

static void amp_rpmsg_remove(struct virtio_device *vdev)
{
	struct amp_rpmsg *amp = vdev->priv;
	unsigned long flags;

	/* Sleeping senders first: clients wait for them when they are removed. */
	spin_lock_irqsave(&amp->tx_lock, flags);
	amp->stopped = true;
	spin_unlock_irqrestore(&amp->tx_lock, flags);
	wake_up_all(&amp->tx_wait);

	virtio_reset_device(vdev);
	amp_rpmsg_silence(amp);
	amp_rpmsg_remove_channels(amp);

	vdev->config->del_vqs(vdev);
	amp_rpmsg_free_bufs(amp);
	destroy_workqueue(amp->wq);
	idr_destroy(&amp->epts);
	kfree(amp);
}

static const struct virtio_device_id amp_rpmsg_id_table[] = {
	{ VIRTIO_ID_RPMSG, VIRTIO_DEV_ANY_ID },
	{ }
};
MODULE_DEVICE_TABLE(virtio, amp_rpmsg_id_table);

static const unsigned int amp_rpmsg_features[] = {
	AMP_RPMSG_F_NS,
};

static struct virtio_driver amp_rpmsg_driver = {
	.driver.name = "amp_rpmsg",
	.feature_table = amp_rpmsg_features,
	.feature_table_size = ARRAY_SIZE(amp_rpmsg_features),
	.id_table = amp_rpmsg_id_table,
	.probe = amp_rpmsg_probe,
	.remove = amp_rpmsg_remove,
};
module_virtio_driver(amp_rpmsg_driver);

MODULE_DESCRIPTION("Virtio rpmsg bus");
MODULE_LICENSE("GPL");
