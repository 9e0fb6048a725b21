// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/rpmsgN: an rpmsg channel as a character device
 *
 * One message for each read and write. A channel that no other driver wants is
 * bound to this one, whatever its name. The node outlives the channel as long as
 * it is open: reads then return what had been received, and after that EPIPE.
 */

#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/rwsem.h>
#include <linux/skbuff.h>
#include <linux/slab.h>
#include <linux/uio.h>

#include "amp_compat.h"

#define AMP_CHAR_MAX_NODES	256

/* Received and not yet read; more are dropped and counted. */
#define AMP_CHAR_MAX_QUEUED	1024

/* How long a writer waits for the remote to free a buffer, in seconds */
#define AMP_CHAR_TX_TIMEOUT	15

/* How often it looks, on a bus that can't tell, in milliseconds */
#define AMP_CHAR_TX_RETRY	10

/* Mainline's name: tools bind channels to it. */
#define AMP_CHAR_DRIVER		"rpmsg_chrdev"

static bool default_client = true;
module_param(default_client, bool, 0444);
MODULE_PARM_DESC(default_client,
		 "Take channels that no other driver matches (default: true)");

static dev_t amp_char_major;
static DEFINE_IDA(amp_char_ida);

/**
 * struct amp_char - a node
 * @dev: of class rpmsg; /dev/rpmsgN
 * @cdev: its operations
 * @name: of the channel
 * @src: local address
 * @dst: address at the remote
 * @mtu: longest message, in bytes
 * @lock: held for reading while @ept is used, for writing to change it. Nothing
 *        sleeps for the remote, or for user space, while it holds it.
 * @ept: endpoint of the channel, NULL when that has gone
 * @open: somebody has the node open
 * @queue: received messages; its lock is taken in the endpoint's callback
 * @rx_dropped: messages that were dropped because @queue was full
 * @wait: woken when a message was queued, a transmit buffer is free, or @ept has
 *        gone. Files wait here only, as it lives as long as they may.
 * @tx_head: where the bus tells of free transmit buffers, NULL if it doesn't
 * @tx_entry: passes that on to @wait
 */
struct amp_char {
	struct device dev;
	struct cdev cdev;
	char name[RPMSG_NAME_SIZE];
	u32 src;
	u32 dst;
	size_t mtu;
	struct rw_semaphore lock;	/* ept */
	struct rpmsg_endpoint *ept;
	atomic_t open;
	struct sk_buff_head queue;
	atomic_long_t rx_dropped;
	wait_queue_head_t wait;
	wait_queue_head_t *tx_head;
	wait_queue_entry_t tx_entry;
};

/* To learn the wait queue that rpmsg_poll() would have a file wait on */
struct amp_char_poll_table {
	poll_table table;
	struct amp_char *node;
};

static bool amp_char_gone(struct amp_char *node)
{
	return !READ_ONCE(node->ept);
}

static int amp_char_receive(struct rpmsg_device *rpdev, void *data, int len,
			    void *priv, u32 src)
{
	struct amp_char *node = priv;
	struct sk_buff *skb;

	if (skb_queue_len_lockless(&node->queue) >= AMP_CHAR_MAX_QUEUED) {
		atomic_long_inc(&node->rx_dropped);
		dev_warn_ratelimited(&node->dev, "nobody reads: message dropped\n");
		return -ENOBUFS;
	}

	skb = alloc_skb(len, GFP_ATOMIC);
	if (!skb) {
		atomic_long_inc(&node->rx_dropped);
		return -ENOMEM;
	}
	skb_put_data(skb, data, len);
	skb_queue_tail(&node->queue, skb);

	wake_up_interruptible_poll(&node->wait, EPOLLIN | EPOLLRDNORM);

	return 0;
}

/* Called with the lock of tx_head; the one of wait is only taken inside it. */
static int amp_char_tx_wake(wait_queue_entry_t *entry, unsigned int mode,
			    int sync, void *key)
{
	struct amp_char *node = container_of(entry, struct amp_char, tx_entry);

	wake_up_interruptible_poll(&node->wait, EPOLLOUT | EPOLLWRNORM);

	return 0;
}

static void amp_char_tx_hook(struct file *filp, wait_queue_head_t *head,
			     poll_table *table)
{
	struct amp_char *node = container_of(table, struct amp_char_poll_table,
					     table)->node;

	if (!node->tx_head) {
		node->tx_head = head;
		add_wait_queue(head, &node->tx_entry);
	}
}

static void amp_char_tx_watch(struct amp_char *node)
{
	struct amp_char_poll_table pt = { .node = node };

	init_waitqueue_func_entry(&node->tx_entry, amp_char_tx_wake);
	init_poll_funcptr(&pt.table, amp_char_tx_hook);
	rpmsg_poll(node->ept, NULL, &pt.table);
}

static void amp_char_tx_unwatch(struct amp_char *node)
{
	if (node->tx_head)
		remove_wait_queue(node->tx_head, &node->tx_entry);
}

static int amp_char_open(struct inode *inode, struct file *filp)
{
	struct amp_char *node = container_of(inode->i_cdev, struct amp_char,
					     cdev);

	if (atomic_cmpxchg(&node->open, 0, 1))
		return -EBUSY;
	if (amp_char_gone(node)) {
		atomic_set(&node->open, 0);
		return -EPIPE;
	}
	filp->private_data = node;

	return stream_open(inode, filp);
}

static int amp_char_release(struct inode *inode, struct file *filp)
{
	struct amp_char *node = filp->private_data;

	skb_queue_purge(&node->queue);
	atomic_set(&node->open, 0);

	return 0;
}

static ssize_t amp_char_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	struct amp_char *node = iocb->ki_filp->private_data;
	struct sk_buff *skb;
	ssize_t ret;

	while (!(skb = skb_dequeue(&node->queue))) {
		if (amp_char_gone(node))
			return -EPIPE;
		if ((iocb->ki_filp->f_flags & O_NONBLOCK) ||
		    (iocb->ki_flags & IOCB_NOWAIT))
			return -EAGAIN;
		ret = wait_event_interruptible(node->wait,
					       !skb_queue_empty(&node->queue) ||
					       amp_char_gone(node));
		if (ret)
			return ret;
	}

	ret = min_t(size_t, iov_iter_count(to), skb->len);
	if (copy_to_iter(skb->data, ret, to) != ret)
		ret = -EFAULT;
	kfree_skb(skb);

	return ret;
}

/* -EAGAIN if there is no buffer; the bus then tells when there is one. */
static int amp_char_try_send(struct amp_char *node, void *data, size_t len)
{
	int ret;

	down_read(&node->lock);
	if (!node->ept) {
		ret = -EPIPE;
	} else {
		ret = rpmsg_trysendto(node->ept, data, len, node->dst);
		if (ret == -ENOMEM)
			ret = -EAGAIN;
	}
	up_read(&node->lock);

	return ret;
}

/* Can a message be sent? If not, the bus tells when that has changed. */
static bool amp_char_can_send(struct amp_char *node)
{
	bool ready = true;

	down_read(&node->lock);
	if (node->ept && node->tx_head)
		ready = rpmsg_poll(node->ept, NULL, NULL) & EPOLLOUT;
	up_read(&node->lock);

	return ready;
}

static int amp_char_send_wait(struct amp_char *node, void *data, size_t len)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long left = AMP_CHAR_TX_TIMEOUT * HZ;
	long slice;
	int ret;

	add_wait_queue(&node->wait, &wait);
	for (;;) {
		ret = amp_char_try_send(node, data, len);
		if (ret != -EAGAIN)
			break;
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		if (left <= 0) {
			ret = -ETIMEDOUT;
			break;
		}
		if (node->tx_head && amp_char_can_send(node))
			continue;

		slice = left;
		if (!node->tx_head)
			slice = min_t(long, left, msecs_to_jiffies(AMP_CHAR_TX_RETRY));
		left -= slice - wait_woken(&wait, TASK_INTERRUPTIBLE, slice);
	}
	remove_wait_queue(&node->wait, &wait);

	return ret;
}

static ssize_t amp_char_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct amp_char *node = iocb->ki_filp->private_data;
	size_t len = iov_iter_count(from);
	void *data;
	int ret;

	/* Before memory is allocated for what user space says. */
	if (len > node->mtu)
		return -EMSGSIZE;

	data = kmalloc(max_t(size_t, len, 1), GFP_KERNEL);
	if (!data)
		return -ENOMEM;

	if (!copy_from_iter_full(data, len, from))
		ret = -EFAULT;
	else if ((iocb->ki_filp->f_flags & O_NONBLOCK) ||
		 (iocb->ki_flags & IOCB_NOWAIT))
		ret = amp_char_try_send(node, data, len);
	else
		ret = amp_char_send_wait(node, data, len);
	kfree(data);

	return ret ? ret : len;
}

static __poll_t amp_char_poll(struct file *filp, poll_table *wait)
{
	struct amp_char *node = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &node->wait, wait);

	if (!skb_queue_empty(&node->queue))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (amp_char_gone(node))
		mask |= EPOLLHUP | EPOLLERR;
	else if (amp_char_can_send(node))
		mask |= EPOLLOUT | EPOLLWRNORM;

	return mask;
}

static const struct file_operations amp_char_fops = {
	.owner = THIS_MODULE,
	.open = amp_char_open,
	.release = amp_char_release,
	.read_iter = amp_char_read_iter,
	.write_iter = amp_char_write_iter,
	.poll = amp_char_poll,
};

static ssize_t name_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  container_of(dev, struct amp_char, dev)->name);
}
static DEVICE_ATTR_RO(name);

static ssize_t src_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  container_of(dev, struct amp_char, dev)->src);
}
static DEVICE_ATTR_RO(src);

static ssize_t dst_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  container_of(dev, struct amp_char, dev)->dst);
}
static DEVICE_ATTR_RO(dst);

static ssize_t rx_dropped_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);

	return sysfs_emit(buf, "%ld\n", atomic_long_read(&node->rx_dropped));
}
static DEVICE_ATTR_RO(rx_dropped);

static struct attribute *amp_char_attrs[] = {
	&dev_attr_name.attr,
	&dev_attr_src.attr,
	&dev_attr_dst.attr,
	&dev_attr_rx_dropped.attr,
	NULL
};
ATTRIBUTE_GROUPS(amp_char);

static void amp_char_free(struct device *dev)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);

	skb_queue_purge(&node->queue);
	if (dev->devt)
		ida_free(&amp_char_ida, MINOR(dev->devt));
	kfree(node);
}

static int amp_char_probe(struct rpmsg_device *rpdev)
{
	struct rpmsg_channel_info info = {};
	struct rpmsg_endpoint *ept;
	struct amp_char *node;
	int ret;

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return -ENOMEM;

	device_initialize(&node->dev);
	node->dev.class = amp_rpmsg_class;
	node->dev.parent = &rpdev->dev;
	node->dev.groups = amp_char_groups;
	node->dev.release = amp_char_free;
	init_rwsem(&node->lock);
	skb_queue_head_init(&node->queue);
	init_waitqueue_head(&node->wait);
	strscpy(node->name, rpdev->id.name, sizeof(node->name));

	ret = ida_alloc_max(&amp_char_ida, AMP_CHAR_MAX_NODES - 1, GFP_KERNEL);
	if (ret < 0) {
		dev_err(&rpdev->dev, "no free /dev/rpmsgN: %d\n", ret);
		goto put;
	}
	node->dev.devt = MKDEV(MAJOR(amp_char_major), ret);
	ret = dev_set_name(&node->dev, "rpmsg%d", ret);
	if (ret)
		goto put;

	/*
	 * Not the endpoint that the rpmsg core would make: that one outlives
	 * amp_char_remove().
	 */
	strscpy(info.name, rpdev->id.name, sizeof(info.name));
	info.src = rpdev->src;
	info.dst = rpdev->dst;
	ept = rpmsg_create_ept(rpdev, amp_char_receive, node, info);
	if (!ept) {
		ret = -ENOMEM;
		goto put;
	}
	node->src = ept->addr;
	node->dst = rpdev->dst;
	node->ept = ept;
	ret = rpmsg_get_mtu(ept);
	if (ret < 0) {
		dev_err(&rpdev->dev, "the bus doesn't tell how long a message may be: %d\n",
			ret);
		goto destroy_ept;
	}
	node->mtu = ret;
	amp_char_tx_watch(node);

	cdev_init(&node->cdev, &amp_char_fops);
	node->cdev.owner = THIS_MODULE;
	ret = cdev_device_add(&node->cdev, &node->dev);
	if (ret) {
		dev_err(&rpdev->dev, "cannot add /dev/%s: %d\n",
			dev_name(&node->dev), ret);
		goto unwatch;
	}
	dev_set_drvdata(&rpdev->dev, node);

	return 0;

unwatch:
	amp_char_tx_unwatch(node);
destroy_ept:
	rpmsg_destroy_ept(ept);
put:
	put_device(&node->dev);

	return ret;
}

static void amp_char_remove(struct rpmsg_device *rpdev)
{
	struct amp_char *node = dev_get_drvdata(&rpdev->dev);
	struct rpmsg_endpoint *ept = node->ept;

	cdev_device_del(&node->cdev, &node->dev);

	down_write(&node->lock);
	WRITE_ONCE(node->ept, NULL);
	up_write(&node->lock);

	amp_char_tx_unwatch(node);
	rpmsg_destroy_ept(ept);
	wake_up_interruptible_all(&node->wait);
	put_device(&node->dev);
}

static const struct rpmsg_device_id amp_char_id_table[] = {
	{ .name = "rpmsg-raw" },
	{ .name = "rpmsg_chrdev" },
	{ }
};
MODULE_DEVICE_TABLE(rpmsg, amp_char_id_table);

static struct rpmsg_driver amp_char_driver = {
	.drv.name = AMP_CHAR_DRIVER,
	.id_table = amp_char_id_table,
	.probe = amp_char_probe,
	.remove = amp_char_remove,
};

static int amp_char_driver_matches(struct device_driver *drv, void *dev)
{
	return drv->bus->match(dev, drv);
}

/* Called for a device that is new on the rpmsg bus, before drivers are tried. */
static void amp_char_take(struct device *dev)
{
	struct rpmsg_device *rpdev = container_of(dev, struct rpmsg_device, dev);

	if (amp_rpmsg_has_driver_override(rpdev) ||
	    bus_for_each_drv(dev->bus, NULL, dev, amp_char_driver_matches))
		return;

	if (amp_rpmsg_set_driver_override(rpdev, AMP_CHAR_DRIVER))
		dev_warn(dev, "no memory to make it a character device\n");
}

static int amp_char_notify(struct notifier_block *nb, unsigned long action,
			   void *dev)
{
	if (action == BUS_NOTIFY_ADD_DEVICE)
		amp_char_take(dev);

	return NOTIFY_DONE;
}

static struct notifier_block amp_char_nb = {
	.notifier_call = amp_char_notify,
};

/* Channels that are older than this module */
static int amp_char_take_unbound(struct device *dev, void *data)
{
	if (!dev->driver) {
		amp_char_take(dev);
		if (device_attach(dev) < 0)
			dev_warn(dev, "cannot be bound to a driver\n");
	}

	return 0;
}

static int __init amp_char_init(void)
{
	int ret;

	ret = alloc_chrdev_region(&amp_char_major, 0, AMP_CHAR_MAX_NODES,
				  "rpmsg_char");
	if (ret)
		return ret;

	ret = register_rpmsg_driver(&amp_char_driver);
	if (ret) {
		pr_err("amp_rpmsg_char: cannot register driver %s: %d\n",
		       AMP_CHAR_DRIVER, ret);
		goto unregister_region;
	}

	if (default_client) {
		ret = bus_register_notifier(amp_char_driver.drv.bus, &amp_char_nb);
		if (ret)
			goto unregister_driver;
		bus_for_each_dev(amp_char_driver.drv.bus, NULL, NULL,
				 amp_char_take_unbound);
	}

	return 0;

unregister_driver:
	unregister_rpmsg_driver(&amp_char_driver);
unregister_region:
	unregister_chrdev_region(amp_char_major, AMP_CHAR_MAX_NODES);

	return ret;
}
module_init(amp_char_init);

static void __exit amp_char_exit(void)
{
	if (default_client)
		bus_unregister_notifier(amp_char_driver.drv.bus, &amp_char_nb);
	unregister_rpmsg_driver(&amp_char_driver);
	unregister_chrdev_region(amp_char_major, AMP_CHAR_MAX_NODES);
	ida_destroy(&amp_char_ida);
}
module_exit(amp_char_exit);

MODULE_ALIAS("rpmsg:rpmsg_chrdev");
MODULE_DESCRIPTION("Character devices for rpmsg channels");
MODULE_LICENSE("GPL");
