// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/amp-bulkN: bulk data without copies, over a channel named amp-bulk
 *
 * Buffers are allocated from memory that the device tree reserves for the remote
 * processor, and are dma-bufs. Only their addresses are sent. A part of a buffer
 * that the remote has keeps the buffer's memory, whatever becomes of the program
 * and of the channel, until the remote gives it back or has been stopped: before
 * that it may still write to it; see amp_bulk.h.
 *
 * What the device tree reserves is mapped by Linux as any memory is: through that
 * mapping the DMA API can maintain the caches for a processor's mappings.
 */

#include <linux/dma-buf.h>
#include <linux/dma-mapping.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/genalloc.h>
#include <linux/idr.h>
#include <linux/io.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/poll.h>
#include <linux/rpmsg.h>
#include <linux/rwsem.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>

#include "amp_bulk.h"
#include "amp_compat.h"
#include "amp_rproc.h"

/* Each takes a minor number, of which a system may have 128 for all its drivers. */
#define AMP_BULK_MAX_NODES	16U

/**
 * struct amp_bulk_pool - one region of memory
 * @entry: in amp_bulk_pools
 * @ref: held by nodes and buffers
 * @region: where it is
 * @va: Linux' own, cached mapping
 * @free: what of it is free
 * @owned: number of transfers that the remote has
 */
struct amp_bulk_pool {
	struct list_head entry;
	struct kref ref;
	struct amp_rproc_region region;
	void *va;
	struct gen_pool *free;
	unsigned int owned;
};

/**
 * struct amp_bulk_buf - memory of a dma-buf
 * @pool: where it is from
 * @pa: physical address
 * @size: in bytes, whole pages
 * @dma: its mapping for the remote processor
 * @write_combine: how processors map it
 */
struct amp_bulk_buf {
	struct amp_bulk_pool *pool;
	phys_addr_t pa;
	size_t size;
	dma_addr_t dma;
	bool write_combine;
};

/**
 * struct amp_bulk_node - a node
 * @misc: /dev/amp-bulkN
 * @index: N
 * @name: of the node
 * @ref: held by the channel and by those who have it open
 * @pool: its memory
 * @lock: held for reading while @rpdev is used, for writing to change it
 * @rpdev: the channel, NULL when it has gone
 * @wait: woken when a transfer has come back, or @rpdev has gone
 */
struct amp_bulk_node {
	struct miscdevice misc;
	int index;
	char name[24];
	struct kref ref;
	struct amp_bulk_pool *pool;
	struct rw_semaphore lock;	/* rpdev */
	struct rpmsg_device *rpdev;
	wait_queue_head_t wait;
};

/**
 * struct amp_bulk_file - one that has a node open
 * @node: the node
 * @done: transfers that are to be read
 * @pending: number of transfers that are under way or to be read
 */
struct amp_bulk_file {
	struct amp_bulk_node *node;
	struct list_head done;
	unsigned int pending;
};

/**
 * struct amp_bulk_transfer - a part of a buffer that the remote has
 * @entry: in amp_bulk_owned, then in &amp_bulk_file.done
 * @file: who has sent it, NULL if that has gone
 * @dmabuf: a reference, until the remote has given it back
 * @msg: what was sent
 * @sending: it may not have been sent yet
 * @answered: the remote has given it back, while @sending
 * @record: what is to be read
 */
struct amp_bulk_transfer {
	struct list_head entry;
	struct amp_bulk_file *file;
	struct dma_buf *dmabuf;
	struct amp_bulk_msg msg;
	bool sending;
	bool answered;
	struct amp_bulk_record record;
};

static DEFINE_MUTEX(amp_bulk_pools_lock);
static LIST_HEAD(amp_bulk_pools);
static DEFINE_IDA(amp_bulk_ida);

/* Protects all transfers, lists and counts of them, and channels' driver data. */
static DEFINE_SPINLOCK(amp_bulk_lock);

/* What the remotes have */
static LIST_HEAD(amp_bulk_owned);

/* Of a transfer. A remote may give back what it got through an earlier channel. */
static u32 amp_bulk_last_id;

static void amp_bulk_pool_release(struct kref *ref)
{
	struct amp_bulk_pool *pool = container_of(ref, struct amp_bulk_pool, ref);

	list_del(&pool->entry);
	mutex_unlock(&amp_bulk_pools_lock);
	gen_pool_destroy(pool->free);
	memunmap(pool->va);
	put_device(pool->region.dev);
	kfree(pool);
}

static void amp_bulk_pool_put(struct amp_bulk_pool *pool)
{
	kref_put_mutex(&pool->ref, amp_bulk_pool_release, &amp_bulk_pools_lock);
}

/* Caller holds the lock. */
static struct amp_bulk_pool *
amp_bulk_pool_create(const struct amp_rproc_region *region)
{
	struct amp_bulk_pool *pool;
	int ret = -ENOMEM;

	pool = kzalloc(sizeof(*pool), GFP_KERNEL);
	if (!pool)
		return ERR_PTR(-ENOMEM);

	kref_init(&pool->ref);
	pool->region = *region;
	pool->va = memremap(region->pa, region->size, MEMREMAP_WB);
	if (!pool->va)
		goto free_pool;
	pool->free = gen_pool_create(PAGE_SHIFT, NUMA_NO_NODE);
	if (!pool->free)
		goto unmap;
	ret = gen_pool_add(pool->free, region->pa, region->size, NUMA_NO_NODE);
	if (ret)
		goto destroy;
	get_device(region->dev);
	list_add(&pool->entry, &amp_bulk_pools);

	return pool;

destroy:
	gen_pool_destroy(pool->free);
unmap:
	memunmap(pool->va);
free_pool:
	kfree(pool);

	return ERR_PTR(ret);
}

/* One for each region, also if buffers have outlived an earlier channel. */
static struct amp_bulk_pool *amp_bulk_pool_get(struct device *dev)
{
	struct amp_rproc_region region;
	struct amp_bulk_pool *pool;
	int ret;

	ret = amp_rproc_bulk_region(dev, &region);
	if (ret)
		return ERR_PTR(ret);

	mutex_lock(&amp_bulk_pools_lock);
	list_for_each_entry(pool, &amp_bulk_pools, entry) {
		if (pool->region.pa == region.pa && pool->region.dev == region.dev) {
			kref_get(&pool->ref);
			goto unlock;
		}
	}
	pool = amp_bulk_pool_create(&region);
unlock:
	mutex_unlock(&amp_bulk_pools_lock);

	return pool;
}

static struct sg_table *amp_bulk_buf_map(struct dma_buf_attachment *attach,
					 enum dma_data_direction dir)
{
	struct amp_bulk_buf *buf = attach->dmabuf->priv;
	struct sg_table *sgt;
	int ret;

	sgt = kzalloc(sizeof(*sgt), GFP_KERNEL);
	if (!sgt)
		return ERR_PTR(-ENOMEM);

	ret = sg_alloc_table(sgt, 1, GFP_KERNEL);
	if (ret)
		goto free_sgt;
	sg_set_page(sgt->sgl, pfn_to_page(PHYS_PFN(buf->pa)), buf->size, 0);
	ret = dma_map_sgtable(attach->dev, sgt, dir, 0);
	if (ret)
		goto free_table;

	return sgt;

free_table:
	sg_free_table(sgt);
free_sgt:
	kfree(sgt);

	return ERR_PTR(ret);
}

static void amp_bulk_buf_unmap(struct dma_buf_attachment *attach,
			       struct sg_table *sgt, enum dma_data_direction dir)
{
	dma_unmap_sgtable(attach->dev, sgt, dir, 0);
	sg_free_table(sgt);
	kfree(sgt);
}

static int amp_bulk_buf_begin_access(struct dma_buf *dmabuf,
				     enum dma_data_direction dir)
{
	struct amp_bulk_buf *buf = dmabuf->priv;

	if (!buf->write_combine)
		dma_sync_single_for_cpu(buf->pool->region.dev, buf->dma,
					buf->size, dir);

	return 0;
}

static int amp_bulk_buf_end_access(struct dma_buf *dmabuf,
				   enum dma_data_direction dir)
{
	struct amp_bulk_buf *buf = dmabuf->priv;

	if (!buf->write_combine)
		dma_sync_single_for_device(buf->pool->region.dev, buf->dma,
					   buf->size, dir);

	return 0;
}

static int amp_bulk_buf_mmap(struct dma_buf *dmabuf, struct vm_area_struct *vma)
{
	struct amp_bulk_buf *buf = dmabuf->priv;

	/* A private copy would share nothing. */
	if (!(vma->vm_flags & VM_SHARED))
		return -EINVAL;
	if (buf->write_combine)
		vma->vm_page_prot = pgprot_writecombine(vma->vm_page_prot);

	return remap_pfn_range(vma, vma->vm_start,
			       PHYS_PFN(buf->pa) + vma->vm_pgoff,
			       vma->vm_end - vma->vm_start, vma->vm_page_prot);
}

static void amp_bulk_buf_free(struct amp_bulk_buf *buf)
{
	struct amp_bulk_pool *pool = buf->pool;

	gen_pool_free(pool->free, buf->pa, buf->size);
	amp_bulk_pool_put(pool);
	kfree(buf);
}

static void amp_bulk_buf_release(struct dma_buf *dmabuf)
{
	struct amp_bulk_buf *buf = dmabuf->priv;

	dma_unmap_page(buf->pool->region.dev, buf->dma, buf->size,
		       DMA_BIDIRECTIONAL);
	amp_bulk_buf_free(buf);
}

static const struct dma_buf_ops amp_bulk_buf_ops = {
	.map_dma_buf = amp_bulk_buf_map,
	.unmap_dma_buf = amp_bulk_buf_unmap,
	.begin_cpu_access = amp_bulk_buf_begin_access,
	.end_cpu_access = amp_bulk_buf_end_access,
	.mmap = amp_bulk_buf_mmap,
	.release = amp_bulk_buf_release,
};

static struct dma_buf *amp_bulk_buf_create(struct amp_bulk_pool *pool, u64 size,
					   bool write_combine)
{
	struct device *dev = pool->region.dev;
	DEFINE_DMA_BUF_EXPORT_INFO(info);
	struct amp_bulk_buf *buf;
	struct dma_buf *dmabuf;
	int ret = -ENOMEM;

	if (size > pool->region.size)
		return ERR_PTR(-ENOMEM);

	buf = kzalloc(sizeof(*buf), GFP_KERNEL);
	if (!buf)
		return ERR_PTR(-ENOMEM);
	buf->size = PAGE_ALIGN(size);
	buf->write_combine = write_combine;
	buf->pa = gen_pool_alloc(pool->free, buf->size);
	if (!buf->pa) {
		kfree(buf);
		return ERR_PTR(-ENOMEM);
	}
	kref_get(&pool->ref);
	buf->pool = pool;

	/* Neither dirty lines, nor old ones where no access would be cached. */
	memset(pool->va + (buf->pa - pool->region.pa), 0, buf->size);
	buf->dma = dma_map_page(dev, pfn_to_page(PHYS_PFN(buf->pa)), 0, buf->size,
				DMA_BIDIRECTIONAL);
	if (dma_mapping_error(dev, buf->dma))
		goto free;
	dma_sync_single_for_cpu(dev, buf->dma, buf->size, DMA_BIDIRECTIONAL);

	info.ops = &amp_bulk_buf_ops;
	info.size = buf->size;
	info.flags = O_RDWR;
	info.priv = buf;
	dmabuf = dma_buf_export(&info);
	if (IS_ERR(dmabuf)) {
		ret = PTR_ERR(dmabuf);
		goto unmap;
	}

	return dmabuf;

unmap:
	dma_unmap_page(dev, buf->dma, buf->size, DMA_BIDIRECTIONAL);
free:
	amp_bulk_buf_free(buf);

	return ERR_PTR(ret);
}

static bool amp_bulk_gone(struct amp_bulk_node *node)
{
	return !READ_ONCE(node->rpdev);
}

static void amp_bulk_node_release(struct kref *ref)
{
	struct amp_bulk_node *node = container_of(ref, struct amp_bulk_node, ref);

	amp_bulk_pool_put(node->pool);
	kfree(node);
}

static int amp_bulk_open(struct inode *inode, struct file *filp)
{
	struct amp_bulk_node *node = container_of(filp->private_data,
						  struct amp_bulk_node, misc);
	struct amp_bulk_file *file;

	file = kzalloc(sizeof(*file), GFP_KERNEL);
	if (!file)
		return -ENOMEM;
	INIT_LIST_HEAD(&file->done);
	kref_get(&node->ref);
	file->node = node;
	filp->private_data = file;

	return stream_open(inode, filp);
}

static int amp_bulk_release(struct inode *inode, struct file *filp)
{
	struct amp_bulk_file *file = filp->private_data;
	struct amp_bulk_transfer *t, *next;

	spin_lock_irq(&amp_bulk_lock);
	list_for_each_entry(t, &amp_bulk_owned, entry)
		if (t->file == file)
			t->file = NULL;
	spin_unlock_irq(&amp_bulk_lock);

	list_for_each_entry_safe(t, next, &file->done, entry)
		kfree(t);
	kref_put(&file->node->ref, amp_bulk_node_release);
	kfree(file);

	return 0;
}

static struct amp_bulk_pool *amp_bulk_pool_of(const struct amp_bulk_transfer *t)
{
	struct amp_bulk_buf *buf = t->dmabuf->priv;

	return buf->pool;
}

/* Caller holds the lock. The remote has the part no more, or never had it. */
static void amp_bulk_take_back(struct amp_bulk_transfer *t)
{
	list_del(&t->entry);
	amp_bulk_pool_of(t)->owned--;
	dma_buf_put(t->dmabuf);
}

/* Caller holds the lock. */
static void amp_bulk_drop(struct amp_bulk_transfer *t)
{
	amp_bulk_take_back(t);
	if (t->file)
		t->file->pending--;
	kfree(t);
}

/* Caller holds the lock. */
static void amp_bulk_complete(struct amp_bulk_transfer *t)
{
	if (!t->file) {
		amp_bulk_drop(t);
		return;
	}
	amp_bulk_take_back(t);
	list_add_tail(&t->entry, &t->file->done);
	wake_up_interruptible_poll(&t->file->node->wait, EPOLLIN | EPOLLRDNORM);
}

/* The remote isn't trusted: it gives back what it has, once, and no more of it. */
static int amp_bulk_answer(struct rpmsg_device *rpdev, void *data, int len,
			   void *priv, u32 src)
{
	struct amp_bulk_transfer *t;
	struct amp_bulk_answer answer;
	struct amp_bulk_node *node;
	const char *wrong = "its length is wrong";
	unsigned long flags;

	if (len != sizeof(answer))
		goto refuse;
	memcpy(&answer, data, sizeof(answer));

	wrong = "nothing of that id has been sent";
	spin_lock_irqsave(&amp_bulk_lock, flags);
	node = dev_get_drvdata(&rpdev->dev);
	list_for_each_entry(t, &amp_bulk_owned, entry) {
		if (!node || amp_bulk_pool_of(t) != node->pool ||
		    t->msg.id != answer.id || t->answered)
			continue;
		if (le32_to_cpu(answer.length) > le32_to_cpu(t->msg.length)) {
			wrong = "more than has been sent is said to be valid";
			break;
		}
		t->record.length = le32_to_cpu(answer.length);
		t->record.status = le32_to_cpu(answer.status);
		t->answered = true;
		if (!t->sending)
			amp_bulk_complete(t);
		wrong = NULL;
		break;
	}
	spin_unlock_irqrestore(&amp_bulk_lock, flags);

refuse:
	if (wrong)
		dev_warn_ratelimited(&rpdev->dev, "answer passed over: %s\n", wrong);

	return 0;
}

/* What could not be copied to whoever reads is for the next one who does. */
static void amp_bulk_put_back(struct amp_bulk_transfer *t)
{
	spin_lock_irq(&amp_bulk_lock);
	list_add(&t->entry, &t->file->done);
	t->file->pending++;
	spin_unlock_irq(&amp_bulk_lock);
	wake_up_interruptible_poll(&t->file->node->wait, EPOLLIN | EPOLLRDNORM);
}

static ssize_t amp_bulk_read(struct file *filp, char __user *to, size_t count,
			     loff_t *pos)
{
	struct amp_bulk_file *file = filp->private_data;
	struct amp_bulk_transfer *t;
	ssize_t done = 0;
	int ret;

	if (count < sizeof(t->record))
		return -EINVAL;

	while (count - done >= sizeof(t->record)) {
		spin_lock_irq(&amp_bulk_lock);
		t = list_first_entry_or_null(&file->done, struct amp_bulk_transfer,
					     entry);
		if (t) {
			list_del(&t->entry);
			file->pending--;
		}
		spin_unlock_irq(&amp_bulk_lock);

		if (t) {
			if (copy_to_user(to + done, &t->record, sizeof(t->record))) {
				amp_bulk_put_back(t);
				return done ? done : -EFAULT;
			}
			kfree(t);
			done += sizeof(t->record);
			continue;
		}
		if (done)
			break;
		if (amp_bulk_gone(file->node))
			return -EPIPE;
		if (filp->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(file->node->wait,
					       !list_empty_careful(&file->done) ||
					       amp_bulk_gone(file->node));
		if (ret)
			return ret;
	}

	return done;
}

static __poll_t amp_bulk_poll(struct file *filp, poll_table *wait)
{
	struct amp_bulk_file *file = filp->private_data;
	__poll_t mask = 0;

	poll_wait(filp, &file->node->wait, wait);
	if (!list_empty_careful(&file->done))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (amp_bulk_gone(file->node))
		mask |= EPOLLHUP | EPOLLERR;

	return mask;
}

static int amp_bulk_ioctl_alloc(struct amp_bulk_node *node, void __user *arg)
{
	struct amp_bulk_alloc alloc;
	struct dma_buf *dmabuf;
	int fd;

	if (copy_from_user(&alloc, arg, sizeof(alloc)))
		return -EFAULT;
	if (!alloc.size || alloc.flags & ~AMP_BULK_WRITE_COMBINE)
		return -EINVAL;
	if (amp_bulk_gone(node))
		return -EPIPE;

	fd = get_unused_fd_flags(O_CLOEXEC);
	if (fd < 0)
		return fd;
	dmabuf = amp_bulk_buf_create(node->pool, alloc.size,
				     alloc.flags & AMP_BULK_WRITE_COMBINE);
	if (IS_ERR(dmabuf)) {
		put_unused_fd(fd);
		return PTR_ERR(dmabuf);
	}
	alloc.fd = fd;
	if (copy_to_user(arg, &alloc, sizeof(alloc))) {
		put_unused_fd(fd);
		dma_buf_put(dmabuf);
		return -EFAULT;
	}
	fd_install(fd, dmabuf->file);

	return 0;
}

/* Whether the remote has any of it. Caller holds the lock. */
static bool amp_bulk_is_owned(const struct amp_bulk_transfer *part)
{
	u64 start = le32_to_cpu(part->msg.da);
	u64 end = start + le32_to_cpu(part->msg.length);
	struct amp_bulk_transfer *t;

	list_for_each_entry(t, &amp_bulk_owned, entry) {
		u64 da = le32_to_cpu(t->msg.da);

		if (t->dmabuf == part->dmabuf && da < end &&
		    start < da + le32_to_cpu(t->msg.length))
			return true;
	}

	return false;
}

/* To be done before it is sent: the answer may be there before the sender is. */
static int amp_bulk_hand_over(struct amp_bulk_transfer *t)
{
	struct amp_bulk_pool *pool = amp_bulk_pool_of(t);
	int ret = 0;

	spin_lock_irq(&amp_bulk_lock);
	if (pool->owned >= AMP_BULK_MAX_TRANSFERS ||
	    t->file->pending >= AMP_BULK_MAX_TRANSFERS) {
		ret = -ENOBUFS;
	} else if (amp_bulk_is_owned(t)) {
		ret = -EBUSY;
	} else {
		t->msg.id = cpu_to_le32(++amp_bulk_last_id);
		list_add_tail(&t->entry, &amp_bulk_owned);
		pool->owned++;
		t->file->pending++;
	}
	spin_unlock_irq(&amp_bulk_lock);

	return ret;
}

/* Caller holds the node's lock: what is being sent outlives the channel's driver. */
static int amp_bulk_send_msg(struct rpmsg_device *rpdev,
			     struct amp_bulk_transfer *t, bool nonblock)
{
	int ret;

	if (!rpdev)
		return -EPIPE;
	ret = amp_bulk_hand_over(t);
	if (ret)
		return ret;
	get_dma_buf(t->dmabuf);

	ret = nonblock ? rpmsg_trysend(rpdev->ept, &t->msg, sizeof(t->msg)) :
			 rpmsg_send(rpdev->ept, &t->msg, sizeof(t->msg));

	spin_lock_irq(&amp_bulk_lock);
	t->sending = false;
	if (ret) {
		amp_bulk_take_back(t);
		t->file->pending--;
	} else if (t->answered) {
		amp_bulk_complete(t);
	}
	spin_unlock_irq(&amp_bulk_lock);

	return ret == -ENOMEM ? -EAGAIN : ret;
}

static int amp_bulk_send(struct file *filp, struct dma_buf *dmabuf,
			 const struct amp_bulk_send *send)
{
	struct amp_bulk_file *file = filp->private_data;
	struct amp_bulk_node *node = file->node;
	struct amp_bulk_transfer *t;
	struct amp_bulk_buf *buf;
	int ret;

	if (dmabuf->ops != &amp_bulk_buf_ops)
		return -EINVAL;
	buf = dmabuf->priv;
	if (buf->pool != node->pool || !send->length || send->offset >= buf->size ||
	    send->length > buf->size - send->offset)
		return -EINVAL;

	t = kzalloc(sizeof(*t), GFP_KERNEL);
	if (!t)
		return -ENOMEM;
	t->file = file;
	t->dmabuf = dmabuf;
	t->record.cookie = send->cookie;
	t->msg.op = cpu_to_le32(send->op);
	t->msg.da = cpu_to_le32(buf->pool->region.da +
				(buf->pa - buf->pool->region.pa) + send->offset);
	t->msg.length = cpu_to_le32(send->length);
	t->msg.cookie = cpu_to_le64(send->cookie);

	/* The bus wakes us, but gives up at times: so a channel can be unbound. */
	do {
		t->sending = true;
		t->answered = false;
		down_read(&node->lock);
		ret = amp_bulk_send_msg(node->rpdev, t,
					filp->f_flags & O_NONBLOCK);
		up_read(&node->lock);
	} while (ret == -ETIMEDOUT);
	if (ret)
		kfree(t);

	return ret;
}

static int amp_bulk_ioctl_send(struct file *filp, const void __user *arg)
{
	struct amp_bulk_send send;
	struct dma_buf *dmabuf;
	int ret;

	if (copy_from_user(&send, arg, sizeof(send)))
		return -EFAULT;
	dmabuf = dma_buf_get(send.fd);
	if (IS_ERR(dmabuf))
		return -EINVAL;
	ret = amp_bulk_send(filp, dmabuf, &send);
	dma_buf_put(dmabuf);

	return ret;
}

static long amp_bulk_ioctl(struct file *filp, unsigned int cmd, unsigned long arg)
{
	struct amp_bulk_file *file = filp->private_data;

	if (!(filp->f_mode & FMODE_WRITE))
		return -EBADF;

	switch (cmd) {
	case AMP_BULK_ALLOC:
		return amp_bulk_ioctl_alloc(file->node, (void __user *)arg);
	case AMP_BULK_SEND:
		return amp_bulk_ioctl_send(filp, (void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations amp_bulk_fops = {
	.owner = THIS_MODULE,
	.open = amp_bulk_open,
	.release = amp_bulk_release,
	.read = amp_bulk_read,
	.poll = amp_bulk_poll,
	.unlocked_ioctl = amp_bulk_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

/*
 * A channel that is of no use stays bound: when probing fails, the rpmsg core and the
 * driver core say so each time, and the remote can announce it as often as it likes.
 */
static int amp_bulk_probe(struct rpmsg_device *rpdev)
{
	struct amp_bulk_pool *pool;
	struct amp_bulk_node *node;
	int ret;

	pool = amp_bulk_pool_get(&rpdev->dev);
	if (IS_ERR(pool)) {
		dev_err_ratelimited(&rpdev->dev,
				    "no memory-region named bulk that can be used: %ld\n",
				    PTR_ERR(pool));
		return 0;
	}

	node = kzalloc(sizeof(*node), GFP_KERNEL);
	if (!node) {
		amp_bulk_pool_put(pool);
		return -ENOMEM;
	}
	kref_init(&node->ref);
	init_rwsem(&node->lock);
	init_waitqueue_head(&node->wait);
	node->pool = pool;
	node->rpdev = rpdev;
	node->index = ida_alloc_max(&amp_bulk_ida, AMP_BULK_MAX_NODES - 1,
				    GFP_KERNEL);
	if (node->index < 0) {
		ret = node->index;
		if (ret == -ENOSPC) {
			dev_err_ratelimited(&rpdev->dev, "no node: there are %u already\n",
					    AMP_BULK_MAX_NODES);
			ret = 0;
		}
		goto put_node;
	}
	snprintf(node->name, sizeof(node->name), "amp-bulk%d", node->index);
	node->misc.minor = MISC_DYNAMIC_MINOR;
	node->misc.name = node->name;
	node->misc.fops = &amp_bulk_fops;
	node->misc.parent = &rpdev->dev;
	dev_set_drvdata(&rpdev->dev, node);
	ret = misc_register(&node->misc);
	if (ret)
		goto free_index;

	return 0;

free_index:
	dev_set_drvdata(&rpdev->dev, NULL);
	ida_free(&amp_bulk_ida, node->index);
put_node:
	kref_put(&node->ref, amp_bulk_node_release);

	return ret;
}

static void amp_bulk_remove(struct rpmsg_device *rpdev)
{
	struct amp_bulk_node *node = dev_get_drvdata(&rpdev->dev);

	if (!node)
		return;

	misc_deregister(&node->misc);
	ida_free(&amp_bulk_ida, node->index);

	down_write(&node->lock);
	WRITE_ONCE(node->rpdev, NULL);
	up_write(&node->lock);

	spin_lock_irq(&amp_bulk_lock);
	dev_set_drvdata(&rpdev->dev, NULL);
	spin_unlock_irq(&amp_bulk_lock);
	wake_up_interruptible_poll(&node->wait, EPOLLHUP | EPOLLERR);
	kref_put(&node->ref, amp_bulk_node_release);
}

static const struct rpmsg_device_id amp_bulk_id_table[] = {
	{ .name = AMP_BULK_CHANNEL },
	{ }
};
MODULE_DEVICE_TABLE(rpmsg, amp_bulk_id_table);

static struct rpmsg_driver amp_bulk_driver = {
	.drv.name = "amp_bulk",
	.id_table = amp_bulk_id_table,
	.probe = amp_bulk_probe,
	.remove = amp_bulk_remove,
	.callback = amp_bulk_answer,
};

/* By now all of its channels have gone, and with them those who send. */
static int amp_bulk_core_is_off(struct notifier_block *nb, unsigned long action,
				void *dev)
{
	struct amp_bulk_transfer *t, *next;

	spin_lock_irq(&amp_bulk_lock);
	list_for_each_entry_safe(t, next, &amp_bulk_owned, entry)
		if (amp_bulk_pool_of(t)->region.dev == dev)
			amp_bulk_drop(t);
	spin_unlock_irq(&amp_bulk_lock);

	return NOTIFY_DONE;
}

static struct notifier_block amp_bulk_off = {
	.notifier_call = amp_bulk_core_is_off,
};

static int __init amp_bulk_init(void)
{
	int ret;

	ret = amp_rproc_register_off(&amp_bulk_off);
	if (ret)
		return ret;

	ret = register_rpmsg_driver(&amp_bulk_driver);
	if (ret)
		amp_rproc_unregister_off(&amp_bulk_off);

	return ret;
}
module_init(amp_bulk_init);

/* What a remote has would have kept the module. */
static void __exit amp_bulk_exit(void)
{
	unregister_rpmsg_driver(&amp_bulk_driver);
	amp_rproc_unregister_off(&amp_bulk_off);
}
module_exit(amp_bulk_exit);

MODULE_IMPORT_NS(AMP_DMA_BUF_NS);
MODULE_DESCRIPTION("Bulk data for remote processors, without copies");
MODULE_LICENSE("GPL");
