// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/rpmsgN: an rpmsg channel as a character device
 *
 * One message for each read and write. A channel that no other driver wants is
 * bound to this one, whatever its name, unless the device tree says what it is. The
 * node outlives the channel as long as it is open: reads then return what had been
 * received, and after that EPIPE.
 *
 * A message is copied once each way, between its buffer in the ring and user
 * space; see amp_direct.h.
 *
 * Nodes of endpoints that user space creates (amp_ctrl.c) are like that, but for
 * the endpoint: it is there while the node is open, so that who has died with the
 * node open, or leaves it behind, holds no address.
 *
 * An endpoint without a node is one of these whose device is never added: it is
 * made with its only open file, and ends with that.
 */

#include <linux/anon_inodes.h>
#include <linux/cdev.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/of.h>
#include <linux/poll.h>
#include <linux/rwsem.h>
#include <linux/sched/clock.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <asm/ioctls.h>
#include <uapi/linux/rpmsg.h>
#include <uapi/linux/amp_rpmsg.h>

#include "amp_bulk.h"
#include "amp_char.h"
#include "amp_compat.h"
#include "amp_direct.h"
#include "amp_stats.h"

#define AMP_CHAR_MAX_NODES	(MINORMASK + 1)

/* Received and not yet read; more are dropped and counted. */
#define AMP_CHAR_MAX_QUEUED	1024
#define AMP_CHAR_MAX_BYTES	SZ_4M
/* The remote alone decides how many nodes there are that nobody has opened. */
#define AMP_CHAR_MAX_BACKLOG	SZ_256K

/* How long a writer waits for the remote to free a buffer, in seconds */
#define AMP_CHAR_TX_TIMEOUT	15

/* How often it looks for one by itself: the remote may forget to interrupt. */
#define AMP_CHAR_TX_POLL_MSECS	100

/* How often a page of user space may go away while a message is copied from it */
#define AMP_CHAR_MAX_FAULTS	8

/* Mainline's name: tools bind channels to it. */
#define AMP_CHAR_DRIVER		"rpmsg_chrdev"

static bool default_client = true;
module_param(default_client, bool, 0444);
MODULE_PARM_DESC(default_client,
		 "Take channels that no other driver matches (default: true)");

static dev_t amp_char_major;
static DEFINE_IDA(amp_char_ida);

/*
 * Taken to add and delete nodes of created endpoints: none may be half gone when
 * the control device, their parent, is deleted.
 */
static DEFINE_MUTEX(amp_char_created_lock);

/* Endpoints without a node that haven't gone; amp_char_created_lock */
static LIST_HEAD(amp_char_anonymous);

/**
 * struct amp_char_queue - messages that were received and not yet read
 * @list: struct amp_rpmsg_msg
 * @len: how many
 * @bytes: their payload
 * @overflowed: some were dropped since it was empty, and that has been said
 */
struct amp_char_queue {
	struct list_head list;
	unsigned int len;
	size_t bytes;
	bool overflowed;
};

/**
 * struct amp_char - a node
 * @dev: of class rpmsg; /dev/rpmsgN
 * @cdev: its operations
 * @info: name, local address that is asked for, address at the remote
 * @created: by user space, see above
 * @anonymous: an endpoint without a node: @cdev isn't used, nor is @dev added
 * @list: in amp_char_anonymous, or empty
 * @src: local address of @ept; the one asked for while there is none
 * @mtu: longest message, in bytes
 * @own_stats: of a created node's endpoints
 * @stats: those, or the channel's, which go after the files in sysfs
 * @lock: held for reading while @ept or a message that it holds is used, for
 *        writing to change @ept or @rpdev. Nothing sleeps for the remote, or for
 *        user space, while it holds it.
 * @rpdev: the channel, or the control device, that @ept is created with; NULL
 *         when that has gone
 * @direct: the short way to its bus
 * @ept: endpoint, NULL when @rpdev has gone, or if it is for an open node only
 * @open_lock: taken to open and close, and to change @shared
 * @shared: several may have it open, and each gets every message
 * @queue_lock: protects @files, all queues and what was dropped; taken in interrupts
 * @files: who has it open
 * @backlog: what comes while nobody has
 * @rx_queue_full: messages that a queue had no room for, for each file that missed them
 * @rx_no_memory: likewise, for which there was no memory
 * @wait: woken when a message was queued, a transmit buffer is free, or @ept has
 *        gone. Files wait here only, as it lives as long as they may.
 * @tx_head: where the bus tells of free transmit buffers
 * @tx_entry: passes that on to @wait
 */
struct amp_char {
	struct device dev;
	struct cdev cdev;
	struct rpmsg_channel_info info;
	bool created;
	bool anonymous;
	struct list_head list;
	u32 src;
	size_t mtu;
	struct amp_rpmsg_stats own_stats;
	struct amp_rpmsg_stats *stats;
	struct rw_semaphore lock;	/* ept, rpdev */
	struct rpmsg_device *rpdev;
	const struct amp_direct *direct;
	struct rpmsg_endpoint *ept;
	struct mutex open_lock;		/* open, release, shared */
	bool shared;
	spinlock_t queue_lock;		/* from here to rx_no_memory */
	struct list_head files;
	struct amp_char_queue backlog;
	unsigned long rx_queue_full;
	unsigned long rx_no_memory;
	wait_queue_head_t wait;
	wait_queue_head_t *tx_head;
	wait_queue_entry_t tx_entry;
};

/**
 * struct amp_char_file - an open node
 * @node: the node
 * @entry: of its files
 * @queue: messages to be read
 * @rx_dropped: messages that it missed: @queue was full, or there was no memory
 * @busy: the last answer came so soon that sleeping wasn't worth it
 */
struct amp_char_file {
	struct amp_char *node;
	struct list_head entry;
	struct amp_char_queue queue;
	unsigned long rx_dropped;
	bool busy;
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

static void amp_char_queue_init(struct amp_char_queue *queue)
{
	INIT_LIST_HEAD(&queue->list);
	queue->len = 0;
	queue->bytes = 0;
	queue->overflowed = false;
}

static void amp_char_queue_count(struct amp_char_queue *queue,
				 const struct amp_rpmsg_msg *msg)
{
	queue->len++;
	queue->bytes += msg->len;
}

static void amp_char_queue_discount(struct amp_char_queue *queue,
				    const struct amp_rpmsg_msg *msg)
{
	queue->len--;
	queue->bytes -= msg->len;
}

/* Caller holds queue_lock. Return: whether it has been queued. */
static bool amp_char_enqueue(struct amp_char *node, struct amp_char_queue *queue,
			     struct amp_rpmsg_msg *msg, bool hold)
{
	size_t max_bytes = queue == &node->backlog ? AMP_CHAR_MAX_BACKLOG :
						     AMP_CHAR_MAX_BYTES;
	bool full = queue->len >= AMP_CHAR_MAX_QUEUED ||
		    queue->bytes + msg->len > max_bytes;
	struct amp_rpmsg_msg *kept = NULL;

	if (!full)
		kept = node->direct->keep(node->rpdev, msg, hold);
	if (!kept) {
		if (full)
			node->rx_queue_full++;
		else
			node->rx_no_memory++;
		if (!queue->overflowed)
			dev_warn_ratelimited(&node->dev, "nobody reads: messages dropped\n");
		queue->overflowed = true;
		return false;
	}
	list_add_tail(&kept->node, &queue->list);
	amp_char_queue_count(queue, kept);

	return true;
}

static bool amp_char_receive(void *priv, struct amp_rpmsg_msg *msg)
{
	struct amp_char *node = priv;
	struct amp_char_file *file;
	unsigned long flags;
	bool all = true;

	spin_lock_irqsave(&node->queue_lock, flags);
	if (list_empty(&node->files))
		all = amp_char_enqueue(node, &node->backlog, msg, false);
	list_for_each_entry(file, &node->files, entry)
		if (!amp_char_enqueue(node, &file->queue, msg, true)) {
			file->rx_dropped++;
			all = false;
		}
	spin_unlock_irqrestore(&node->queue_lock, flags);

	return all;
}

static void amp_char_wake(void *priv)
{
	struct amp_char *node = priv;

	if (wq_has_sleeper(&node->wait))
		wake_up_interruptible_poll(&node->wait, EPOLLIN | EPOLLRDNORM);
}

static const struct amp_direct_client amp_char_client = {
	.receive = amp_char_receive,
	.wake = amp_char_wake,
};

static struct amp_rpmsg_msg *amp_char_dequeue(struct amp_char_file *file)
{
	struct amp_rpmsg_msg *msg;

	spin_lock_irq(&file->node->queue_lock);
	msg = list_first_entry_or_null(&file->queue.list, struct amp_rpmsg_msg,
				       node);
	if (msg) {
		list_del(&msg->node);
		amp_char_queue_discount(&file->queue, msg);
	} else {
		file->queue.overflowed = false;
	}
	spin_unlock_irq(&file->node->queue_lock);

	return msg;
}

static void amp_char_requeue(struct amp_char_file *file,
			     struct amp_rpmsg_msg *msg)
{
	spin_lock_irq(&file->node->queue_lock);
	list_add(&msg->node, &file->queue.list);
	amp_char_queue_count(&file->queue, msg);
	spin_unlock_irq(&file->node->queue_lock);
}

static bool amp_char_is_empty(struct amp_char_file *file)
{
	return !READ_ONCE(file->queue.len);
}

/* Only copies are kept without the bus, which the caller holds. */
static void amp_char_release_msg(struct amp_char *node,
				 struct amp_rpmsg_msg *msg)
{
	if (msg->held)
		node->direct->release(node->rpdev, msg);
	else
		kfree(msg);
}

static void amp_char_purge(struct amp_char *node, struct list_head *list)
{
	struct amp_rpmsg_msg *msg, *next;

	list_for_each_entry_safe(msg, next, list, node)
		amp_char_release_msg(node, msg);
	INIT_LIST_HEAD(list);
}

/*
 * The buffers go with the bus: what is in them and wasn't read is copied. Caller
 * holds the lock for writing, and nothing is received any more.
 */
static void amp_char_unhold(struct amp_char *node, struct amp_char_file *file)
{
	struct amp_rpmsg_msg *msg, *next, *copy;
	unsigned int lost = 0;
	size_t lost_bytes = 0;
	LIST_HEAD(kept);
	LIST_HEAD(all);

	spin_lock_irq(&node->queue_lock);
	list_splice_init(&file->queue.list, &all);
	spin_unlock_irq(&node->queue_lock);

	list_for_each_entry_safe(msg, next, &all, node) {
		list_del(&msg->node);
		copy = msg->held ? amp_rpmsg_msg_copy(msg, GFP_KERNEL) : msg;
		if (copy)
			list_add_tail(&copy->node, &kept);
		if (!copy) {
			lost++;
			lost_bytes += msg->len;
		}
		if (copy != msg)
			node->direct->release(node->rpdev, msg);
	}

	/* A reader whose memory was bad may have put back its message meanwhile. */
	spin_lock_irq(&node->queue_lock);
	list_splice_tail(&kept, &file->queue.list);
	file->queue.len -= lost;
	file->queue.bytes -= lost_bytes;
	file->rx_dropped += lost;
	node->rx_no_memory += lost;
	spin_unlock_irq(&node->queue_lock);
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

	node->tx_head = NULL;
	init_waitqueue_func_entry(&node->tx_entry, amp_char_tx_wake);
	init_poll_funcptr(&pt.table, amp_char_tx_hook);
	rpmsg_poll(node->ept, NULL, &pt.table);
}

static void amp_char_tx_unwatch(struct amp_char *node)
{
	if (node->tx_head)
		remove_wait_queue(node->tx_head, &node->tx_entry);
}

/* Caller holds the lock for writing, or is alone. */
static int amp_char_create(struct amp_char *node)
{
	struct rpmsg_endpoint *ept;

	ept = node->direct->create_ept(node->rpdev, &amp_char_client, node,
				       node->info, node->stats);
	if (!ept)
		return -EINVAL;
	WRITE_ONCE(node->src, ept->addr);
	WRITE_ONCE(node->ept, ept);
	amp_char_tx_watch(node);

	return 0;
}

/* Caller holds the lock for writing, or is alone. */
static void amp_char_destroy(struct amp_char *node)
{
	struct rpmsg_endpoint *ept = node->ept;
	struct amp_char_file *file;

	if (!ept)
		return;

	amp_char_tx_unwatch(node);
	rpmsg_destroy_ept(ept);
	list_for_each_entry(file, &node->files, entry)
		amp_char_unhold(node, file);
	WRITE_ONCE(node->ept, NULL);
	WRITE_ONCE(node->src, node->info.src);
}

/* Caller holds open_lock and the lock for writing. */
static int amp_char_add_file(struct amp_char *node, struct amp_char_file *file)
{
	bool first = list_empty(&node->files);
	int ret;

	if (!first && !node->shared)
		return -EBUSY;
	if (!node->rpdev)
		return -EPIPE;
	if (node->created && first) {
		ret = amp_char_create(node);
		if (ret)
			return ret;
	}

	spin_lock_irq(&node->queue_lock);
	list_add_tail(&file->entry, &node->files);
	if (first) {
		file->queue.len = node->backlog.len;
		file->queue.bytes = node->backlog.bytes;
		list_splice(&node->backlog.list, &file->queue.list);
		amp_char_queue_init(&node->backlog);
	}
	spin_unlock_irq(&node->queue_lock);

	return 0;
}

static struct amp_char_file *amp_char_open_file(struct amp_char *node)
{
	struct amp_char_file *file;
	int ret;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return ERR_PTR(-ENOMEM);
	file->node = node;
	amp_char_queue_init(&file->queue);

	mutex_lock(&node->open_lock);
	down_write(&node->lock);
	ret = amp_char_add_file(node, file);
	up_write(&node->lock);
	mutex_unlock(&node->open_lock);
	if (ret) {
		kfree(file);
		return ERR_PTR(ret);
	}

	return file;
}

static int amp_char_open(struct inode *inode, struct file *filp)
{
	struct amp_char *node = container_of(inode->i_cdev, struct amp_char,
					     cdev);
	struct amp_char_file *file = amp_char_open_file(node);

	if (IS_ERR(file))
		return PTR_ERR(file);
	filp->private_data = file;

	/* RWF_NOWAIT is heeded, see amp_char_nonblock(). */
	filp->f_mode |= FMODE_NOWAIT;

	return stream_open(inode, filp);
}

static void amp_char_close_file(struct amp_char_file *file)
{
	struct amp_char *node = file->node;

	mutex_lock(&node->open_lock);
	down_write(&node->lock);
	spin_lock_irq(&node->queue_lock);
	list_del(&file->entry);
	spin_unlock_irq(&node->queue_lock);
	amp_char_purge(node, &file->queue.list);
	if (list_empty(&node->files) && node->ept)
		node->direct->disarm(node->ept);
	if (node->created && list_empty(&node->files)) {
		amp_char_destroy(node);
		/* Nobody is to read what came in between. */
		amp_char_purge(node, &node->backlog.list);
		amp_char_queue_init(&node->backlog);
	}
	up_write(&node->lock);
	mutex_unlock(&node->open_lock);
	kfree(file);
}

static int amp_char_release(struct inode *inode, struct file *filp)
{
	struct amp_char_file *file = filp->private_data;
	struct amp_char *node = file->node;

	amp_char_close_file(file);
	if (node->anonymous) {
		mutex_lock(&amp_char_created_lock);
		list_del_init(&node->list);
		mutex_unlock(&amp_char_created_lock);
		put_device(&node->dev);
	}

	return 0;
}

/*
 * Copies a message to user space. If a page there is missing, the message is
 * copied out of the ring first: no page fault holds up the bus. Caller holds the
 * lock for reading, and has it no more when this returns.
 */
static ssize_t amp_char_read_msg(struct amp_char_file *file,
				 struct amp_rpmsg_msg *msg, struct iov_iter *to)
{
	size_t len = min_t(size_t, iov_iter_count(to), msg->len);
	struct amp_char *node = file->node;
	struct amp_rpmsg_msg *copy = msg;
	size_t copied;

	pagefault_disable();
	copied = copy_to_iter(msg->data, len, to);
	pagefault_enable();
	if (copied == len) {
		if (msg->held)
			node->direct->done(node->rpdev, msg);
		else
			kfree(msg);
		up_read(&node->lock);
		return len;
	}
	iov_iter_revert(to, copied);

	if (msg->held)
		copy = amp_rpmsg_msg_copy(msg, GFP_KERNEL);
	if (copy && copy != msg)
		node->direct->release(node->rpdev, msg);
	if (!copy)
		amp_char_requeue(file, msg);
	up_read(&node->lock);
	if (!copy)
		return -ENOMEM;

	if (copy_to_iter(copy->data, len, to) != len) {
		amp_char_requeue(file, copy);
		return -EFAULT;
	}
	kfree(copy);

	return len;
}

/* Caller holds the lock for reading. */
static struct amp_rpmsg_msg *amp_char_next(struct amp_char_file *file)
{
	struct amp_char *node = file->node;

	if (amp_char_is_empty(file) && node->ept)
		node->direct->poll(node->ept);

	return amp_char_dequeue(file);
}

/* Is there anything to read now? */
static bool amp_char_has_next(struct amp_char_file *file)
{
	struct amp_char *node = file->node;

	if (!amp_char_is_empty(file))
		return true;

	down_read(&node->lock);
	if (node->ept)
		node->direct->poll(node->ept);
	up_read(&node->lock);

	return !amp_char_is_empty(file);
}

/*
 * Is there anything to read, or will there be nothing any more? If not, the next
 * message interrupts.
 */
static bool amp_char_can_read(struct amp_char_file *file)
{
	struct amp_char *node = file->node;

	down_read(&node->lock);
	if (amp_char_is_empty(file) && node->ept)
		node->direct->arm(node->ept);
	up_read(&node->lock);

	return !amp_char_is_empty(file) || amp_char_gone(node);
}

/* Looks for an answer for a short time, if the last one came in that. */
static bool amp_char_busy_wait(struct amp_char_file *file, u64 usecs)
{
	struct amp_char *node = file->node;
	u64 end = local_clock() + usecs * NSEC_PER_USEC;
	bool found = false;

	if (!READ_ONCE(file->busy))
		return false;

	down_read(&node->lock);
	while (node->ept && !found && !need_resched() &&
	       !signal_pending(current) && local_clock() < end) {
		cpu_relax();
		node->direct->poll(node->ept);
		found = !amp_char_is_empty(file);
	}
	up_read(&node->lock);

	return found;
}

static unsigned int amp_char_busy_usecs(struct amp_char *node)
{
	unsigned int usecs = 0;

	down_read(&node->lock);
	if (node->ept)
		usecs = node->direct->busy_usecs(node->rpdev);
	up_read(&node->lock);

	return usecs;
}

static int amp_char_wait(struct amp_char_file *file)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	struct amp_char *node = file->node;
	u64 usecs = amp_char_busy_usecs(node);
	u64 begin = local_clock();
	int ret = 0;

	if (amp_char_busy_wait(file, usecs))
		return 0;

	add_wait_queue(&node->wait, &wait);
	while (!amp_char_can_read(file)) {
		if (signal_pending(current)) {
			ret = -ERESTARTSYS;
			break;
		}
		wait_woken(&wait, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	}
	remove_wait_queue(&node->wait, &wait);
	WRITE_ONCE(file->busy, local_clock() - begin < usecs * NSEC_PER_USEC);

	return ret;
}

/* @src and @len, if not NULL, are set to the sender and the message's length. */
static ssize_t amp_char_read(struct amp_char_file *file, struct iov_iter *to,
			     bool nonblock, u32 *src, u32 *len)
{
	struct amp_char *node = file->node;
	struct amp_rpmsg_msg *msg;
	int ret;

	for (;;) {
		down_read(&node->lock);
		msg = amp_char_next(file);
		if (msg) {
			if (src)
				*src = msg->src;
			if (len)
				*len = msg->len;
			return amp_char_read_msg(file, msg, to);
		}
		up_read(&node->lock);

		if (amp_char_gone(node))
			return -EPIPE;
		if (nonblock) {
			if (!amp_char_can_read(file))
				return -EAGAIN;
			continue;
		}
		ret = amp_char_wait(file);
		if (ret)
			return ret;
	}
}

static bool amp_char_nonblock(struct kiocb *iocb)
{
	return (iocb->ki_filp->f_flags & O_NONBLOCK) ||
	       (iocb->ki_flags & IOCB_NOWAIT);
}

static ssize_t amp_char_read_iter(struct kiocb *iocb, struct iov_iter *to)
{
	return amp_char_read(iocb->ki_filp->private_data, to,
			     amp_char_nonblock(iocb), NULL, NULL);
}

/* -EAGAIN if there is no buffer; the bus then tells when there is one. */
static int amp_char_try_send(struct amp_char *node, u32 dst,
			     struct iov_iter *from, size_t len, bool more)
{
	unsigned int tries = AMP_CHAR_MAX_FAULTS;
	int ret;

	for (;;) {
		down_read(&node->lock);
		ret = node->ept ? node->direct->send(node->ept, dst, from, len,
						     more) : -EPIPE;
		up_read(&node->lock);
		if (ret != -EFAULT || !tries--)
			return ret;
		if (fault_in_iov_iter_readable(from, len))
			return -EFAULT;
	}
}

/* Can a message be sent? If not, the bus tells when that has changed. */
static bool amp_char_can_send(struct amp_char *node)
{
	bool ready = true;

	down_read(&node->lock);
	if (node->ept)
		ready = rpmsg_poll(node->ept, NULL, NULL) & EPOLLOUT;
	up_read(&node->lock);

	return ready;
}

static int amp_char_send_wait(struct amp_char *node, u32 dst,
			      struct iov_iter *from, size_t len, bool more)
{
	DEFINE_WAIT_FUNC(wait, woken_wake_function);
	long left = AMP_CHAR_TX_TIMEOUT * HZ;
	long once = msecs_to_jiffies(AMP_CHAR_TX_POLL_MSECS);
	int ret;

	add_wait_queue(&node->wait, &wait);
	for (;;) {
		ret = amp_char_try_send(node, dst, from, len, more);
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
		if (amp_char_can_send(node))
			continue;
		left -= once - wait_woken(&wait, TASK_INTERRUPTIBLE, once);
	}
	remove_wait_queue(&node->wait, &wait);

	return ret;
}

static int amp_char_send(struct amp_char *node, u32 dst, struct iov_iter *from,
			 size_t len, bool nonblock, bool more)
{
	int ret = amp_char_try_send(node, dst, from, len, more);

	if (ret == -EAGAIN && !nonblock)
		ret = amp_char_send_wait(node, dst, from, len, more);

	return ret;
}

static ssize_t amp_char_write_iter(struct kiocb *iocb, struct iov_iter *from)
{
	struct amp_char_file *file = iocb->ki_filp->private_data;
	struct amp_char *node = file->node;
	size_t len = iov_iter_count(from);
	int ret;

	ret = amp_char_send(node, node->info.dst, from, len,
			    amp_char_nonblock(iocb), false);

	return ret ? ret : len;
}

static int amp_char_recv_one(struct amp_char_file *file,
			     struct amp_rpmsg_mmsg __user *arg, bool nonblock)
{
	struct amp_rpmsg_mmsg mmsg;
	struct iov_iter iter;
	ssize_t ret;

	if (copy_from_user(&mmsg, arg, sizeof(mmsg)))
		return -EFAULT;
	iov_iter_ubuf(&iter, READ, u64_to_user_ptr(mmsg.data), mmsg.len);
	ret = amp_char_read(file, &iter, nonblock, &mmsg.addr, &mmsg.len);
	if (ret < 0)
		return ret;

	return copy_to_user(arg, &mmsg, sizeof(mmsg)) ? -EFAULT : 0;
}

static int amp_char_send_one(struct amp_char_file *file,
			     struct amp_rpmsg_mmsg __user *arg, bool nonblock,
			     bool more)
{
	struct amp_char *node = file->node;
	struct amp_rpmsg_mmsg mmsg;
	struct iov_iter iter;

	if (copy_from_user(&mmsg, arg, sizeof(mmsg)))
		return -EFAULT;
	/* The length of the message is what the bus refuses. */
	iov_iter_ubuf(&iter, WRITE, u64_to_user_ptr(mmsg.data), mmsg.len);
	if (mmsg.addr == AMP_RPMSG_ADDR_DEFAULT)
		mmsg.addr = node->info.dst;

	return amp_char_send(node, mmsg.addr, &iter, mmsg.len, nonblock, more);
}

/* The remote is told of what it was not told of because more was to follow. */
static void amp_char_flush(struct amp_char *node)
{
	down_read(&node->lock);
	if (node->ept)
		node->direct->flush(node->ept);
	up_read(&node->lock);
}

static long amp_char_batch(struct file *filp, unsigned int cmd,
			   struct amp_rpmsg_batch __user *arg)
{
	fmode_t mode = cmd == AMP_RPMSG_RECV ? FMODE_READ : FMODE_WRITE;
	struct amp_char_file *file = filp->private_data;
	struct amp_rpmsg_mmsg __user *mmsg;
	struct amp_rpmsg_batch batch;
	bool nonblock;
	u32 i;
	int ret = 0;

	if (!(filp->f_mode & mode))
		return -EBADF;
	if (copy_from_user(&batch, arg, sizeof(batch)))
		return -EFAULT;
	if (!batch.count || batch.count > AMP_RPMSG_BATCH_MAX ||
	    (batch.flags & ~AMP_RPMSG_DONTWAIT))
		return -EINVAL;
	nonblock = (filp->f_flags & O_NONBLOCK) ||
		   (batch.flags & AMP_RPMSG_DONTWAIT);

	mmsg = u64_to_user_ptr(batch.msgs);
	for (i = 0; i < batch.count; i++, mmsg++) {
		/* Only the first one is waited for. */
		if (cmd == AMP_RPMSG_RECV && i && !amp_char_has_next(file))
			break;
		if (cmd == AMP_RPMSG_RECV)
			ret = amp_char_recv_one(file, mmsg, nonblock || i);
		else
			ret = amp_char_send_one(file, mmsg, nonblock,
						i + 1 < batch.count);
		if (ret)
			break;
	}
	if (cmd == AMP_RPMSG_SEND && i && i < batch.count)
		amp_char_flush(file->node);

	return i ? i : ret;
}

static __poll_t amp_char_poll(struct file *filp, poll_table *wait)
{
	struct amp_char_file *file = filp->private_data;
	struct amp_char *node = file->node;
	__poll_t mask = 0;

	poll_wait(filp, &node->wait, wait);

	amp_char_can_read(file);
	if (!amp_char_is_empty(file))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (amp_char_gone(node))
		mask |= EPOLLHUP | EPOLLERR;
	else if (amp_char_can_send(node))
		mask |= EPOLLOUT | EPOLLWRNORM;

	return mask;
}

/* Whoever has the node open finds it so. */
static void amp_char_hang_up(struct amp_char *node)
{
	down_write(&node->lock);
	amp_char_destroy(node);
	node->rpdev = NULL;
	up_write(&node->lock);

	wake_up_interruptible_all(&node->wait);
}

/* The node goes as if its channel went. */
static void amp_char_delete(struct amp_char *node)
{
	cdev_device_del(&node->cdev, &node->dev);
	amp_char_hang_up(node);
	put_device(&node->dev);
}

/* Caller holds amp_char_created_lock. What is left is its file's. */
static void amp_char_delete_anonymous(struct amp_char *node)
{
	list_del_init(&node->list);
	amp_char_hang_up(node);
}

static int amp_char_destroy_ept(struct amp_char *node)
{
	if (!node->created)
		return -EINVAL;

	mutex_lock(&amp_char_created_lock);
	if (node->anonymous)
		amp_char_delete_anonymous(node);
	else if (node->rpdev)
		amp_char_delete(node);
	mutex_unlock(&amp_char_created_lock);

	return 0;
}

#ifdef AMP_HAVE_RPMSG_SET_FLOW_CONTROL
static int amp_char_set_flow_control(struct amp_char *node, unsigned long pause)
{
	int ret = -EPIPE;

	if (pause > 1)
		return -EINVAL;

	down_read(&node->lock);
	if (node->ept)
		ret = rpmsg_set_flow_control(node->ept, pause, node->info.dst);
	up_read(&node->lock);

	return ret;
}
#endif

/* As for a datagram socket: the length of the next message, 0 if there is none */
static int amp_char_next_len(struct amp_char_file *file, int __user *arg)
{
	struct amp_rpmsg_msg *msg;
	int len = 0;

	amp_char_can_read(file);
	spin_lock_irq(&file->node->queue_lock);
	msg = list_first_entry_or_null(&file->queue.list, struct amp_rpmsg_msg,
				       node);
	if (msg)
		len = msg->len;
	spin_unlock_irq(&file->node->queue_lock);

	return put_user(len, arg);
}

static void amp_char_show_fdinfo(struct seq_file *m, struct file *filp)
{
	struct amp_char_file *file = filp->private_data;

	seq_printf(m, "rpmsg-dropped:\t%lu\n", READ_ONCE(file->rx_dropped));
}

static long amp_char_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct amp_char_file *file = filp->private_data;
	struct amp_char *node = file->node;

	switch (cmd) {
	case FIONREAD:
		return amp_char_next_len(file, (int __user *)arg);
	case AMP_RPMSG_RECV:
	case AMP_RPMSG_SEND:
		return amp_char_batch(filp, cmd,
				      (struct amp_rpmsg_batch __user *)arg);
	case RPMSG_DESTROY_EPT_IOCTL:
		return amp_char_destroy_ept(node);
#ifdef AMP_HAVE_RPMSG_SET_FLOW_CONTROL
	case RPMSG_GET_OUTGOING_FLOWCONTROL:
		/* The wire protocol has no means to ask for a pause. */
		return put_user(0, (int __user *)arg);
	case RPMSG_SET_INCOMING_FLOWCONTROL:
		return amp_char_set_flow_control(node, arg);
#endif
	}

	return -ENOTTY;
}

static const struct file_operations amp_char_fops = {
	.owner = THIS_MODULE,
	.open = amp_char_open,
	.release = amp_char_release,
	.read_iter = amp_char_read_iter,
	.write_iter = amp_char_write_iter,
	.poll = amp_char_poll,
	.unlocked_ioctl = amp_char_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = amp_char_show_fdinfo,
};

static ssize_t name_show(struct device *dev, struct device_attribute *attr,
			 char *buf)
{
	return sysfs_emit(buf, "%s\n",
			  container_of(dev, struct amp_char, dev)->info.name);
}
static DEVICE_ATTR_RO(name);

static ssize_t src_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(node->src));
}
static DEVICE_ATTR_RO(src);

static ssize_t dst_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%d\n",
			  container_of(dev, struct amp_char, dev)->info.dst);
}
static DEVICE_ATTR_RO(dst);

static ssize_t mtu_show(struct device *dev, struct device_attribute *attr,
			char *buf)
{
	return sysfs_emit(buf, "%zu\n",
			  container_of(dev, struct amp_char, dev)->mtu);
}
static DEVICE_ATTR_RO(mtu);

static ssize_t rx_dropped_show(struct device *dev,
			       struct device_attribute *attr, char *buf)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);

	return sysfs_emit(buf, "%lu\n", READ_ONCE(node->rx_queue_full) +
			  READ_ONCE(node->rx_no_memory));
}
static DEVICE_ATTR_RO(rx_dropped);

static ssize_t shared_show(struct device *dev, struct device_attribute *attr,
			   char *buf)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);

	return sysfs_emit(buf, "%d\n", READ_ONCE(node->shared));
}

static ssize_t shared_store(struct device *dev, struct device_attribute *attr,
			    const char *buf, size_t count)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);
	ssize_t ret = count;
	u8 value;

	if (kstrtou8(buf, 0, &value) || value > 1)
		return -EINVAL;

	mutex_lock(&node->open_lock);
	if (!value && !list_empty(&node->files) &&
	    !list_is_singular(&node->files))
		ret = -EBUSY;
	else
		WRITE_ONCE(node->shared, value);
	mutex_unlock(&node->open_lock);

	return ret;
}
static DEVICE_ATTR_RW(shared);

/* What the device tree calls the channel, NULL if that says nothing of it */
static const char *amp_char_label(struct device *dev)
{
	const char *label;

	/* An endpoint that was created is below the control device. */
	if (of_property_read_string(dev->parent->of_node, "label", &label))
		return NULL;

	return label;
}

static ssize_t label_show(struct device *dev, struct device_attribute *attr,
			  char *buf)
{
	return sysfs_emit(buf, "%s\n", amp_char_label(dev));
}
static DEVICE_ATTR_RO(label);

static struct attribute *amp_char_attrs[] = {
	&dev_attr_label.attr,
	&dev_attr_name.attr,
	&dev_attr_src.attr,
	&dev_attr_dst.attr,
	&dev_attr_mtu.attr,
	&dev_attr_rx_dropped.attr,
	&dev_attr_shared.attr,
	NULL
};

static umode_t amp_char_attr_is_visible(struct kobject *kobj,
					struct attribute *attr, int index)
{
	if (attr == &dev_attr_label.attr && !amp_char_label(kobj_to_dev(kobj)))
		return 0;

	return attr->mode;
}

static const struct attribute_group amp_char_group = {
	.is_visible = amp_char_attr_is_visible,
	.attrs = amp_char_attrs,
};

static ssize_t amp_char_stats_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);

	return amp_statistic_emit(attr, node->stats, buf);
}

static ssize_t amp_char_drops_show(struct device *dev,
				   struct device_attribute *attr, char *buf)
{
	return amp_statistic_emit(attr, container_of(dev, struct amp_char, dev),
				  buf);
}

AMP_STATISTIC(amp_char_stats, rx_messages, struct amp_rpmsg_stats, rx_messages);
AMP_STATISTIC(amp_char_stats, rx_bytes, struct amp_rpmsg_stats, rx_bytes);
AMP_STATISTIC(amp_char_stats, tx_messages, struct amp_rpmsg_stats, tx_messages);
AMP_STATISTIC(amp_char_stats, tx_bytes, struct amp_rpmsg_stats, tx_bytes);
AMP_STATISTIC(amp_char_drops, rx_queue_full, struct amp_char, rx_queue_full);
AMP_STATISTIC(amp_char_drops, rx_no_memory, struct amp_char, rx_no_memory);

static struct attribute *amp_char_statistics_attrs[] = {
	&amp_char_stats_rx_messages.attr.attr,
	&amp_char_stats_rx_bytes.attr.attr,
	&amp_char_stats_tx_messages.attr.attr,
	&amp_char_stats_tx_bytes.attr.attr,
	&dev_attr_rx_dropped.attr,
	&amp_char_drops_rx_queue_full.attr.attr,
	&amp_char_drops_rx_no_memory.attr.attr,
	NULL
};

static const struct attribute_group amp_char_statistics_group = {
	.name = "statistics",
	.attrs = amp_char_statistics_attrs,
};

static const struct attribute_group *amp_char_groups[] = {
	&amp_char_group,
	&amp_char_statistics_group,
	NULL
};

static void amp_char_free(struct device *dev)
{
	struct amp_char *node = container_of(dev, struct amp_char, dev);

	amp_char_purge(node, &node->backlog.list);
	if (dev->devt)
		ida_free(&amp_char_ida, MINOR(dev->devt));
	kfree(node);
}

static struct amp_char *amp_char_alloc(struct rpmsg_device *rpdev,
				       struct device *parent,
				       const struct rpmsg_channel_info *info)
{
	const struct amp_direct *direct = amp_direct_of(rpdev);
	struct amp_char *node;

	if (!direct) {
		dev_err(&rpdev->dev, "not a channel of amp_rpmsg\n");
		return ERR_PTR(-ENODEV);
	}

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node)
		return ERR_PTR(-ENOMEM);

	device_initialize(&node->dev);
	node->dev.class = amp_rpmsg_class;
	node->dev.parent = parent;
	node->dev.groups = amp_char_groups;
	node->dev.release = amp_char_free;
	init_rwsem(&node->lock);
	mutex_init(&node->open_lock);
	spin_lock_init(&node->queue_lock);
	INIT_LIST_HEAD(&node->files);
	amp_char_queue_init(&node->backlog);
	init_waitqueue_head(&node->wait);
	node->rpdev = rpdev;
	node->direct = direct;
	node->stats = direct->channel_stats(rpdev);
	node->mtu = direct->mtu(rpdev);
	node->info = *info;
	node->src = info->src;
	INIT_LIST_HEAD(&node->list);

	return node;
}

static struct amp_char *amp_char_alloc_node(struct rpmsg_device *rpdev,
					    struct device *parent,
					    const struct rpmsg_channel_info *info)
{
	struct amp_char *node = amp_char_alloc(rpdev, parent, info);
	int ret;

	if (IS_ERR(node))
		return node;

	cdev_init(&node->cdev, &amp_char_fops);
	node->cdev.owner = THIS_MODULE;

	ret = ida_alloc_max(&amp_char_ida, AMP_CHAR_MAX_NODES - 1, GFP_KERNEL);
	if (ret < 0) {
		dev_err(parent, "no free /dev/rpmsgN: %d\n", ret);
		goto put;
	}
	node->dev.devt = MKDEV(MAJOR(amp_char_major), ret);
	ret = dev_set_name(&node->dev, "rpmsg%d", ret);
	if (ret)
		goto put;

	return node;

put:
	put_device(&node->dev);

	return ERR_PTR(ret);
}

static int amp_char_add(struct amp_char *node)
{
	int ret = cdev_device_add(&node->cdev, &node->dev);

	if (ret)
		dev_err(node->dev.parent, "cannot add /dev/%s: %d\n",
			dev_name(&node->dev), ret);

	return ret;
}

static int amp_char_probe(struct rpmsg_device *rpdev)
{
	struct rpmsg_channel_info info = { .src = rpdev->src, .dst = rpdev->dst };
	struct amp_char *node;
	int ret;

	strscpy(info.name, rpdev->id.name, sizeof(info.name));
	node = amp_char_alloc_node(rpdev, &rpdev->dev, &info);
	if (IS_ERR(node))
		return PTR_ERR(node);

	/*
	 * Not the endpoint that the rpmsg core would make: that one outlives
	 * amp_char_remove(). But it is known to the core and to sysfs like that.
	 */
	ret = amp_char_create(node);
	if (ret)
		goto put;
	rpdev->ept = node->ept;
	rpdev->src = node->src;

	ret = amp_char_add(node);
	if (ret)
		goto destroy;
	dev_set_drvdata(&rpdev->dev, node);

	if (rpdev->ops->announce_create) {
		ret = rpdev->ops->announce_create(rpdev);
		if (ret) {
			dev_err(&rpdev->dev, "cannot be announced: %d\n", ret);
			goto delete;
		}
	}

	return 0;

delete:
	cdev_device_del(&node->cdev, &node->dev);
destroy:
	rpdev->ept = NULL;
	rpdev->src = info.src;
	down_write(&node->lock);
	amp_char_destroy(node);
	node->rpdev = NULL;
	up_write(&node->lock);
	wake_up_interruptible_all(&node->wait);
put:
	put_device(&node->dev);

	return ret;
}

static void amp_char_remove(struct rpmsg_device *rpdev)
{
	struct amp_char *node = dev_get_drvdata(&rpdev->dev);

	/* The next driver needn't get the same address. */
	rpdev->ept = NULL;
	rpdev->src = node->info.src;
	amp_char_delete(node);
}

/**
 * amp_char_create_ept() - add the node of an endpoint that user space creates
 * @rpdev: control device
 * @parent: its device of class rpmsg
 * @info: name and addresses
 *
 * Caller sees to it that @rpdev and @parent don't go meanwhile.
 *
 * Return: the N of /dev/rpmsgN, or an errno.
 */
int amp_char_create_ept(struct rpmsg_device *rpdev, struct device *parent,
			const struct rpmsg_channel_info *info)
{
	struct amp_char *node;
	int ret;

	node = amp_char_alloc_node(rpdev, parent, info);
	if (IS_ERR(node))
		return PTR_ERR(node);
	node->created = true;
	node->stats = &node->own_stats;

	mutex_lock(&amp_char_created_lock);
	ret = amp_char_add(node);
	if (ret)
		put_device(&node->dev);
	else
		ret = MINOR(node->dev.devt);
	mutex_unlock(&amp_char_created_lock);

	return ret;
}

/**
 * amp_char_create_file() - create an endpoint without a node, as an open file
 * @rpdev: control device
 * @parent: its device of class rpmsg
 * @info: name and addresses
 * @flags: of open()
 *
 * Caller sees to it that @rpdev and @parent don't go meanwhile.
 *
 * Return: the file, or an errno as a pointer.
 */
struct file *amp_char_create_file(struct rpmsg_device *rpdev,
				  struct device *parent,
				  const struct rpmsg_channel_info *info,
				  unsigned int flags)
{
	struct amp_char_file *file;
	struct amp_char *node;
	struct file *filp;
	int ret;

	node = amp_char_alloc(rpdev, parent, info);
	if (IS_ERR(node))
		return ERR_CAST(node);
	node->created = true;
	node->stats = &node->own_stats;
	node->anonymous = true;
	ret = dev_set_name(&node->dev, "%s.anonymous", dev_name(parent));
	if (ret)
		goto put;
	file = amp_char_open_file(node);
	if (IS_ERR(file)) {
		ret = PTR_ERR(file);
		goto put;
	}

	filp = anon_inode_getfile("[rpmsg]", &amp_char_fops, file, flags);
	if (IS_ERR(filp)) {
		ret = PTR_ERR(filp);
		goto close;
	}
	stream_open(NULL, filp);
	filp->f_mode |= FMODE_NOWAIT;

	mutex_lock(&amp_char_created_lock);
	list_add_tail(&node->list, &amp_char_anonymous);
	mutex_unlock(&amp_char_created_lock);

	return filp;

close:
	amp_char_close_file(file);
put:
	put_device(&node->dev);

	return ERR_PTR(ret);
}

static int amp_char_delete_child(struct device *dev, void *data)
{
	amp_char_delete(container_of(dev, struct amp_char, dev));

	return 0;
}

/**
 * amp_char_destroy_epts() - delete the endpoints that were created below a device
 * @parent: as given to amp_char_create_ept() and amp_char_create_file(), which
 *	    aren't called for it any more
 */
void amp_char_destroy_epts(struct device *parent)
{
	struct amp_char *node, *next;

	mutex_lock(&amp_char_created_lock);
	device_for_each_child(parent, NULL, amp_char_delete_child);
	list_for_each_entry_safe(node, next, &amp_char_anonymous, list) {
		if (node->dev.parent == parent)
			amp_char_delete_anonymous(node);
	}
	mutex_unlock(&amp_char_created_lock);
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

	/* Bulk data, and what the device tree describes, may have its driver later. */
	if (!amp_direct_of(rpdev) || amp_rpmsg_has_driver_override(rpdev) ||
	    !strcmp(rpdev->id.name, AMP_BULK_CHANNEL) ||
	    of_find_property(dev->of_node, "compatible", NULL) ||
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

	ret = amp_ctrl_register();
	if (ret)
		goto unregister_driver;

	if (default_client) {
		ret = bus_register_notifier(amp_char_driver.drv.bus, &amp_char_nb);
		if (ret)
			goto unregister_ctrl;
		bus_for_each_dev(amp_char_driver.drv.bus, NULL, NULL,
				 amp_char_take_unbound);
	}

	return 0;

unregister_ctrl:
	amp_ctrl_unregister();
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
	amp_ctrl_unregister();
	unregister_rpmsg_driver(&amp_char_driver);
	unregister_chrdev_region(amp_char_major, AMP_CHAR_MAX_NODES);
	ida_destroy(&amp_char_ida);
}
module_exit(amp_char_exit);

MODULE_ALIAS("rpmsg:rpmsg_chrdev");
MODULE_DESCRIPTION("Character devices for rpmsg channels");
MODULE_LICENSE("GPL");
