// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/amp-logN: follows the ring log that the firmware keeps in shared memory
 *
 * The remote writes, and counts what it has written; see struct amp_log_header
 * in include/amp_control.h. It tells nobody, so readers look from time to time.
 * Each reader has its own position. What was overwritten before it was read is
 * counted, and shown in its place. The node is there as long as the driver is,
 * whatever becomes of the core; what an earlier life of it has written can be
 * read until the next one begins.
 */

#include <linux/cdev.h>
#include <linux/delay.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/timer.h>
#include <linux/uaccess.h>

#include "amp_compat.h"
#include "amp_control.h"
#include "amp_log_ring.h"
#include "amp_remoteproc.h"

#define AMP_LOG_MAX_NODES	16

/* How often readers that wait look, in milliseconds */
#define AMP_LOG_PERIOD_MS	50

/* Taken out of the ring at a time, in bytes */
#define AMP_LOG_CHUNK		512

static dev_t amp_log_major;
static DEFINE_IDA(amp_log_ida);

/**
 * struct amp_log - the log of a remote processor
 * @dev: /dev/amp-logN
 * @cdev: its operations
 * @lock: protects @header, @size and @life
 * @header: where the firmware keeps its log, NULL if it has none
 * @size: of the ring, in bytes, a power of two
 * @life: counts the starts of the core
 * @gone: the driver has gone
 * @wait: where those wait that poll
 * @timer: wakes @wait from time to time
 */
struct amp_log {
	struct device dev;
	struct cdev cdev;
	struct mutex lock;	/* header, size, life */
	struct amp_log_header *header;
	u32 size;
	unsigned int life;
	bool gone;
	wait_queue_head_t wait;
	struct timer_list timer;
};

/**
 * struct amp_log_reader - an open file
 * @log: what it reads
 * @lock: protects the rest
 * @life: of the core that @pos belongs to
 * @pos: bytes that it has read or lost of that life, modulo 2^32
 * @chunk: what has been taken out of the ring and not been returned
 * @start: where that begins in @chunk
 * @end: where it ends
 */
struct amp_log_reader {
	struct amp_log *log;
	struct mutex lock;	/* all below */
	unsigned int life;
	u32 pos;
	char chunk[AMP_LOG_CHUNK];
	size_t start;
	size_t end;
};

static u32 amp_log_head(const struct amp_log *log)
{
	return le32_to_cpu(READ_ONCE(log->header->head));
}

/* Caller holds both locks. */
static void amp_log_fill(struct amp_log_reader *reader)
{
	struct amp_log *log = reader->log;
	struct amp_log_part part;
	u32 head;

	if (!log->header ||
	    le32_to_cpu(READ_ONCE(log->header->magic)) != AMP_LOG_MAGIC)
		return;

	if (reader->life != log->life) {
		reader->life = log->life;
		reader->pos = 0;
	}

	/* The bytes that it counts were written before. */
	head = amp_log_head(log);
	dma_rmb();
	part = amp_log_next(log->size, head, reader->pos, AMP_LOG_CHUNK - 64);
	reader->pos += part.lost;
	reader->start = 0;
	reader->end = 0;
	if (part.lost)
		reader->end = scnprintf(reader->chunk, 64,
					"[%u bytes lost]\n", part.lost);
	memcpy(reader->chunk + reader->end,
	       (char *)(log->header + 1) + part.at, part.len);

	/* Overwritten while it was copied? The next one will see how much. */
	dma_rmb();
	if (amp_log_overwritten(log->size, amp_log_head(log), reader->pos))
		return;
	reader->pos += part.len;
	reader->end += part.len;
}

static bool amp_log_ready(struct amp_log_reader *reader)
{
	bool ready;

	mutex_lock(&reader->lock);
	if (reader->start == reader->end) {
		mutex_lock(&reader->log->lock);
		amp_log_fill(reader);
		mutex_unlock(&reader->log->lock);
	}
	ready = reader->start < reader->end;
	mutex_unlock(&reader->lock);

	return ready;
}

static int amp_log_open(struct inode *inode, struct file *filp)
{
	struct amp_log_reader *reader;

	reader = kzalloc(sizeof(*reader), GFP_KERNEL);
	if (!reader)
		return -ENOMEM;

	reader->log = container_of(inode->i_cdev, struct amp_log, cdev);
	mutex_init(&reader->lock);
	/* Begins with what the ring still holds. */
	mutex_lock(&reader->log->lock);
	reader->life = reader->log->life;
	mutex_unlock(&reader->log->lock);
	filp->private_data = reader;

	return stream_open(inode, filp);
}

static int amp_log_release(struct inode *inode, struct file *filp)
{
	kfree(filp->private_data);

	return 0;
}

/* Caller waits until there is something. */
static ssize_t amp_log_read_chunk(struct amp_log_reader *reader,
				  char __user *buf, size_t count)
{
	ssize_t ret;

	mutex_lock(&reader->lock);
	ret = min(count, reader->end - reader->start);
	if (copy_to_user(buf, reader->chunk + reader->start, ret))
		ret = -EFAULT;
	else
		reader->start += ret;
	mutex_unlock(&reader->lock);

	return ret;
}

static ssize_t amp_log_read(struct file *filp, char __user *buf, size_t count,
			    loff_t *ppos)
{
	struct amp_log_reader *reader = filp->private_data;
	ssize_t ret;

	/* What is ready, others who read the same file may take: a log has no end. */
	do {
		while (!amp_log_ready(reader)) {
			if (READ_ONCE(reader->log->gone))
				return -ENODEV;
			if (filp->f_flags & O_NONBLOCK)
				return -EAGAIN;
			msleep_interruptible(AMP_LOG_PERIOD_MS);
			if (signal_pending(current))
				return -ERESTARTSYS;
		}
		ret = amp_log_read_chunk(reader, buf, count);
	} while (!ret && count);

	return ret;
}

static __poll_t amp_log_poll(struct file *filp, poll_table *wait)
{
	struct amp_log_reader *reader = filp->private_data;
	struct amp_log *log = reader->log;

	poll_wait(filp, &log->wait, wait);
	if (amp_log_ready(reader))
		return EPOLLIN | EPOLLRDNORM;
	if (READ_ONCE(log->gone))
		return EPOLLHUP | EPOLLERR;

	/* Shut down for good when the driver goes: does nothing then. */
	mod_timer(&log->timer, jiffies + msecs_to_jiffies(AMP_LOG_PERIOD_MS));

	return 0;
}

static const struct file_operations amp_log_fops = {
	.owner = THIS_MODULE,
	.open = amp_log_open,
	.release = amp_log_release,
	.read = amp_log_read,
	.poll = amp_log_poll,
};

static void amp_log_timer(struct timer_list *timer)
{
	struct amp_log *log = container_of(timer, struct amp_log, timer);

	wake_up_interruptible(&log->wait);
}

/**
 * amp_log_set() - where the firmware keeps its log
 * @amp: the remote processor
 * @area: body of its AMP_RSC_LOG entry; NULL if it keeps none
 *
 * Return: 0, or -EINVAL if it makes no sense, which has been reported.
 */
int amp_log_set(struct amp_rproc *amp, const struct amp_rsc_area *area)
{
	struct amp_log *log = amp->log;
	struct amp_log_header *header = NULL;
	u32 size = 0;

	if (area) {
		u32 da = le32_to_cpu(area->da), len = le32_to_cpu(area->len);

		size = amp_log_ring_size(len);
		if (size)
			header = rproc_da_to_va(amp->rproc, da, len, NULL);
		if (!header) {
			dev_err(&amp->rproc->dev,
				"log: 0x%x bytes at 0x%x are of no use, expected a header and a power of two\n",
				len, da);
			return -EINVAL;
		}
	}

	mutex_lock(&log->lock);
	log->header = header;
	log->size = size;
	mutex_unlock(&log->lock);

	return 0;
}

/**
 * amp_log_begin() - a new life of the remote begins
 * @amp: the remote processor, not running yet
 */
void amp_log_begin(struct amp_rproc *amp)
{
	struct amp_log *log = amp->log;

	mutex_lock(&log->lock);
	/* Of the earlier life: the firmware sets it when the ring is ready. */
	if (log->header)
		WRITE_ONCE(log->header->magic, 0);
	log->life++;
	mutex_unlock(&log->lock);
}

static void amp_log_free(struct device *dev)
{
	struct amp_log *log = container_of(dev, struct amp_log, dev);

	if (dev->devt)
		ida_free(&amp_log_ida, MINOR(dev->devt));
	kfree(log);
}

static void amp_log_remove(void *data)
{
	struct amp_log *log = data;

	cdev_device_del(&log->cdev, &log->dev);

	/* Its memory goes with the driver. */
	mutex_lock(&log->lock);
	log->header = NULL;
	WRITE_ONCE(log->gone, true);
	mutex_unlock(&log->lock);

	timer_shutdown_sync(&log->timer);
	wake_up_interruptible_all(&log->wait);
	put_device(&log->dev);
}

/**
 * amp_log_init() - make the log's node
 * @amp: the remote processor
 *
 * It goes with the device.
 *
 * Return: 0, or an errno that has been reported.
 */
int amp_log_init(struct amp_rproc *amp)
{
	struct amp_log *log;
	int ret;

	log = kzalloc(sizeof(*log), GFP_KERNEL);
	if (!log)
		return -ENOMEM;

	mutex_init(&log->lock);
	init_waitqueue_head(&log->wait);
	timer_setup(&log->timer, amp_log_timer, 0);
	device_initialize(&log->dev);
	log->dev.parent = amp->dev;
	log->dev.release = amp_log_free;
	cdev_init(&log->cdev, &amp_log_fops);
	log->cdev.owner = THIS_MODULE;

	ret = ida_alloc_max(&amp_log_ida, AMP_LOG_MAX_NODES - 1, GFP_KERNEL);
	if (ret < 0)
		goto put;
	log->dev.devt = MKDEV(MAJOR(amp_log_major), ret);
	ret = dev_set_name(&log->dev, "amp-log%d", ret);
	if (ret)
		goto put;
	ret = cdev_device_add(&log->cdev, &log->dev);
	if (ret)
		goto put;
	amp->log = log;

	return devm_add_action_or_reset(amp->dev, amp_log_remove, log);

put:
	put_device(&log->dev);

	return dev_err_probe(amp->dev, ret, "cannot make a node for the log\n");
}

/**
 * amp_log_register() - prepare for logs, when the module is loaded
 *
 * Return: 0 or an errno.
 */
int amp_log_register(void)
{
	return alloc_chrdev_region(&amp_log_major, 0, AMP_LOG_MAX_NODES,
				   "amp-log");
}

/**
 * amp_log_unregister() - undo amp_log_register()
 */
void amp_log_unregister(void)
{
	unregister_chrdev_region(amp_log_major, AMP_LOG_MAX_NODES);
	ida_destroy(&amp_log_ida);
}
