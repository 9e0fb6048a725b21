// SPDX-License-Identifier: GPL-2.0
/*
 * /dev/rpmsg_ctrlN: user space creates endpoints and channels of a bus
 *
 * The ioctls of <linux/rpmsg.h>. As they don't return the name of the node that
 * they have made, /proc/self/fdinfo does, for the file that they were done on.
 */

#include <linux/cdev.h>
#include <linux/fcntl.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/idr.h>
#include <linux/module.h>
#include <linux/seq_file.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <uapi/linux/rpmsg.h>
#include <uapi/linux/amp_rpmsg.h>

#include "amp_char.h"
#include "amp_compat.h"

#define AMP_CTRL_MAX_NODES	256

static dev_t amp_ctrl_major;
static DEFINE_IDA(amp_ctrl_ida);

/**
 * struct amp_ctrl - a control device
 * @dev: of class rpmsg; /dev/rpmsg_ctrlN
 * @cdev: its operations
 * @lock: held while @rpdev is used; taken to change it
 * @rpdev: the control device of a bus, NULL when that has gone
 */
struct amp_ctrl {
	struct device dev;
	struct cdev cdev;
	struct mutex lock;	/* rpdev */
	struct rpmsg_device *rpdev;
};

/**
 * struct amp_ctrl_file - an open control device
 * @ctrl: the device
 * @created: the N of the last /dev/rpmsgN that was created with it, or -1
 */
struct amp_ctrl_file {
	struct amp_ctrl *ctrl;
	int created;
};

static int amp_ctrl_open(struct inode *inode, struct file *filp)
{
	struct amp_ctrl_file *file = kmalloc(sizeof(*file), GFP_KERNEL);

	if (!file)
		return -ENOMEM;

	file->ctrl = container_of(inode->i_cdev, struct amp_ctrl, cdev);
	file->created = -1;
	filp->private_data = file;

	return nonseekable_open(inode, filp);
}

static int amp_ctrl_release(struct inode *inode, struct file *filp)
{
	kfree(filp->private_data);

	return 0;
}

/* A name that fills its field is cut, as it is by mainline. */
static void amp_ctrl_info(struct rpmsg_channel_info *info, const char *name,
			  u32 src, u32 dst)
{
	memset(info, 0, sizeof(*info));
	memcpy(info->name, name, sizeof(info->name) - 1);
	info->src = src;
	info->dst = dst;
}

static int amp_ctrl_create_ept(struct amp_ctrl_file *file,
			       const struct rpmsg_channel_info *info)
{
	struct amp_ctrl *ctrl = file->ctrl;
	int ret;

	ret = amp_char_create_ept(ctrl->rpdev, &ctrl->dev, info);
	if (ret < 0)
		return ret;
	WRITE_ONCE(file->created, ret);

	return 0;
}

/* Whatever it is, rpmsg_create_channel() doesn't tell; this is mainline's errno. */
static int amp_ctrl_create_dev(struct amp_ctrl *ctrl,
			       struct rpmsg_channel_info *info)
{
	return rpmsg_create_channel(ctrl->rpdev, info) ? 0 : -ENXIO;
}

static int amp_ctrl_create_ept_fd(struct amp_ctrl *ctrl,
				  struct rpmsg_endpoint_fd_info __user *arg)
{
	struct rpmsg_endpoint_fd_info asked;
	struct rpmsg_channel_info info;
	struct file *filp;
	int fd;

	if (copy_from_user(&asked, arg, sizeof(asked)))
		return -EFAULT;
	if ((asked.flags & ~(O_ACCMODE | O_NONBLOCK | O_CLOEXEC)) ||
	    (asked.flags & O_ACCMODE) == O_ACCMODE)
		return -EINVAL;
	amp_ctrl_info(&info, asked.name, asked.src, asked.dst);

	fd = get_unused_fd_flags(asked.flags);
	if (fd < 0)
		return fd;

	mutex_lock(&ctrl->lock);
	if (ctrl->rpdev)
		filp = amp_char_create_file(ctrl->rpdev, &ctrl->dev, &info,
					    asked.flags);
	else
		filp = ERR_PTR(-ENODEV);
	mutex_unlock(&ctrl->lock);
	if (IS_ERR(filp)) {
		put_unused_fd(fd);
		return PTR_ERR(filp);
	}

	/* No descriptor that user space doesn't know of. */
	if (put_user(fd, &arg->fd)) {
		put_unused_fd(fd);
		fput(filp);
		return -EFAULT;
	}
	fd_install(fd, filp);

	return 0;
}

static long amp_ctrl_ioctl(struct file *filp, unsigned int cmd,
			   unsigned long arg)
{
	struct amp_ctrl_file *file = filp->private_data;
	struct amp_ctrl *ctrl = file->ctrl;
	struct rpmsg_endpoint_info asked;
	struct rpmsg_channel_info info;
	int ret;

	switch (cmd) {
	case RPMSG_CREATE_EPT_IOCTL:
	case RPMSG_CREATE_DEV_IOCTL:
	case RPMSG_RELEASE_DEV_IOCTL:
		break;
	case RPMSG_CREATE_EPT_FD_IOCTL:
		return amp_ctrl_create_ept_fd(ctrl, (void __user *)arg);
	default:
		return -ENOTTY;
	}

	if (copy_from_user(&asked, (void __user *)arg, sizeof(asked)))
		return -EFAULT;
	amp_ctrl_info(&info, asked.name, asked.src, asked.dst);

	mutex_lock(&ctrl->lock);
	if (!ctrl->rpdev)
		ret = -ENODEV;
	else if (cmd == RPMSG_CREATE_EPT_IOCTL)
		ret = amp_ctrl_create_ept(file, &info);
	else if (cmd == RPMSG_CREATE_DEV_IOCTL)
		ret = amp_ctrl_create_dev(ctrl, &info);
	else
		ret = rpmsg_release_channel(ctrl->rpdev, &info);
	mutex_unlock(&ctrl->lock);

	return ret;
}

static void amp_ctrl_show_fdinfo(struct seq_file *m, struct file *filp)
{
	struct amp_ctrl_file *file = filp->private_data;
	int created = READ_ONCE(file->created);

	if (created >= 0)
		seq_printf(m, "rpmsg-created:\trpmsg%d\n", created);
}

static const struct file_operations amp_ctrl_fops = {
	.owner = THIS_MODULE,
	.open = amp_ctrl_open,
	.release = amp_ctrl_release,
	.unlocked_ioctl = amp_ctrl_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.show_fdinfo = amp_ctrl_show_fdinfo,
};

static void amp_ctrl_free(struct device *dev)
{
	if (dev->devt)
		ida_free(&amp_ctrl_ida, MINOR(dev->devt));
	kfree(container_of(dev, struct amp_ctrl, dev));
}

static int amp_ctrl_probe(struct rpmsg_device *rpdev)
{
	struct amp_ctrl *ctrl;
	int ret;

	ctrl = kzalloc(sizeof(*ctrl), GFP_KERNEL);
	if (!ctrl)
		return -ENOMEM;

	device_initialize(&ctrl->dev);
	ctrl->dev.class = amp_rpmsg_class;
	ctrl->dev.parent = &rpdev->dev;
	ctrl->dev.release = amp_ctrl_free;
	mutex_init(&ctrl->lock);
	ctrl->rpdev = rpdev;

	ret = ida_alloc_max(&amp_ctrl_ida, AMP_CTRL_MAX_NODES - 1, GFP_KERNEL);
	if (ret < 0) {
		dev_err(&rpdev->dev, "no free /dev/rpmsg_ctrlN: %d\n", ret);
		goto put;
	}
	ctrl->dev.devt = MKDEV(MAJOR(amp_ctrl_major), ret);
	ret = dev_set_name(&ctrl->dev, "rpmsg_ctrl%d", ret);
	if (ret)
		goto put;

	dev_set_drvdata(&rpdev->dev, ctrl);
	cdev_init(&ctrl->cdev, &amp_ctrl_fops);
	ctrl->cdev.owner = THIS_MODULE;
	ret = cdev_device_add(&ctrl->cdev, &ctrl->dev);
	if (ret) {
		dev_err(&rpdev->dev, "cannot add /dev/%s: %d\n",
			dev_name(&ctrl->dev), ret);
		goto put;
	}

	return 0;

put:
	put_device(&ctrl->dev);

	return ret;
}

static void amp_ctrl_remove(struct rpmsg_device *rpdev)
{
	struct amp_ctrl *ctrl = dev_get_drvdata(&rpdev->dev);

	mutex_lock(&ctrl->lock);
	ctrl->rpdev = NULL;
	mutex_unlock(&ctrl->lock);

	amp_char_destroy_epts(&ctrl->dev);
	cdev_device_del(&ctrl->cdev, &ctrl->dev);
	put_device(&ctrl->dev);
}

/* Without names: the bus's device asks for the driver. */
static struct rpmsg_driver amp_ctrl_driver = {
	.drv.name = "rpmsg_ctrl",
	.probe = amp_ctrl_probe,
	.remove = amp_ctrl_remove,
};

/**
 * amp_ctrl_register() - have the buses' control devices bound
 *
 * Return: 0 or an errno.
 */
int amp_ctrl_register(void)
{
	int ret;

	ret = alloc_chrdev_region(&amp_ctrl_major, 0, AMP_CTRL_MAX_NODES,
				  "rpmsg_ctrl");
	if (ret)
		return ret;

	ret = register_rpmsg_driver(&amp_ctrl_driver);
	if (ret) {
		pr_err("amp_rpmsg_char: cannot register driver rpmsg_ctrl: %d\n",
		       ret);
		unregister_chrdev_region(amp_ctrl_major, AMP_CTRL_MAX_NODES);
	}

	return ret;
}

/**
 * amp_ctrl_unregister() - the reverse of amp_ctrl_register()
 */
void amp_ctrl_unregister(void)
{
	unregister_rpmsg_driver(&amp_ctrl_driver);
	unregister_chrdev_region(amp_ctrl_major, AMP_CTRL_MAX_NODES);
	ida_destroy(&amp_ctrl_ida);
}

MODULE_ALIAS("rpmsg:rpmsg_ctrl");
