/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Differences between the supported kernels, all in this one place
 *
 * AMP_HAVE_* are found by compiling, see Kbuild. Version numbers serve only for
 * what no public header declares.
 */
#ifndef AMP_COMPAT_H
#define AMP_COMPAT_H

#include <linux/device.h>
#include <linux/firmware.h>
#include <linux/hrtimer.h>
#include <linux/hwspinlock.h>
#include <linux/poll.h>
#include <linux/remoteproc.h>
#include <linux/rpmsg.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/string.h>
#include <linux/version.h>
#include <linux/virtio_config.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 1, 0)
#error "linux-amp supports Linux 6.1 and later; this kernel is older"
#elif LINUX_VERSION_CODE >= KERNEL_VERSION(7, 4, 0)
#error "linux-amp has not been tested with kernels after 7.3; see its README"
#endif

#ifndef AMP_HAVE_PROBES
#error "linux-amp does not know what this kernel has; build it with its own Kbuild"
#endif

/*
 * Mailbox: values of mbox_chan.txdone_method, private to the framework until 7.3
 * (drivers/mailbox/mailbox.h)
 */
#define AMP_MBOX_TXDONE_BY_IRQ	BIT(0)
#define AMP_MBOX_TXDONE_BY_POLL	BIT(1)
#define AMP_MBOX_TXDONE_BY_ACK	BIT(2)

/*
 * Remoteproc: exported for platform drivers, but declared only in
 * drivers/remoteproc/remoteproc_internal.h
 */
int rproc_of_parse_firmware(struct device *dev, int index,
			    const char **fw_name);
u64 rproc_elf_get_boot_addr(struct rproc *rproc, const struct firmware *fw);
int rproc_elf_sanity_check(struct rproc *rproc, const struct firmware *fw);
int rproc_elf_load_segments(struct rproc *rproc, const struct firmware *fw);
int rproc_elf_load_rsc_table(struct rproc *rproc, const struct firmware *fw);
struct resource_table *
rproc_elf_find_loaded_rsc_table(struct rproc *rproc, const struct firmware *fw);

/* Virtio: two virtqueues with a callback and a name each */
static inline int amp_virtio_find_two_vqs(struct virtio_device *vdev,
					  struct virtqueue *vqs[2],
					  vq_callback_t *cb0, const char *name0,
					  vq_callback_t *cb1, const char *name1)
{
#ifdef AMP_HAVE_VIRTQUEUE_INFO
	struct virtqueue_info info[] = {
		{ .name = name0, .callback = cb0 },
		{ .name = name1, .callback = cb1 },
	};

	return virtio_find_vqs(vdev, ARRAY_SIZE(info), vqs, info, NULL);
#else
	vq_callback_t *callbacks[] = { cb0, cb1 };
	const char * const names[] = { name0, name1 };

	return virtio_find_vqs(vdev, ARRAY_SIZE(names), vqs, callbacks, names,
			       NULL);
#endif
}

/*
 * Rpmsg: what a bus has to implement is declared only in
 * drivers/rpmsg/rpmsg_internal.h. The order of the members is ABI.
 */
#ifdef AMP_HAVE_RPMSG_CONST_DATA
#define AMP_RPMSG_CONST	const
#else
#define AMP_RPMSG_CONST
#endif

struct rpmsg_device_ops {
	struct rpmsg_device *(*create_channel)(struct rpmsg_device *rpdev,
					       struct rpmsg_channel_info *info);
	int (*release_channel)(struct rpmsg_device *rpdev,
			       struct rpmsg_channel_info *info);
	struct rpmsg_endpoint *(*create_ept)(struct rpmsg_device *rpdev,
					     rpmsg_rx_cb_t cb, void *priv,
					     struct rpmsg_channel_info info);
	int (*announce_create)(struct rpmsg_device *rpdev);
	int (*announce_destroy)(struct rpmsg_device *rpdev);
};

struct rpmsg_endpoint_ops {
	void (*destroy_ept)(struct rpmsg_endpoint *ept);
	int (*send)(struct rpmsg_endpoint *ept, AMP_RPMSG_CONST void *data,
		    int len);
	int (*sendto)(struct rpmsg_endpoint *ept, AMP_RPMSG_CONST void *data,
		      int len, u32 dst);
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	int (*send_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst,
			       void *data, int len);
#endif
	int (*trysend)(struct rpmsg_endpoint *ept, AMP_RPMSG_CONST void *data,
		       int len);
	int (*trysendto)(struct rpmsg_endpoint *ept, AMP_RPMSG_CONST void *data,
			 int len, u32 dst);
#ifdef AMP_HAVE_RPMSG_OFFCHANNEL
	int (*trysend_offchannel)(struct rpmsg_endpoint *ept, u32 src, u32 dst,
				  void *data, int len);
#endif
	__poll_t (*poll)(struct rpmsg_endpoint *ept, struct file *filp,
			 struct poll_table_struct *wait);
#ifdef AMP_HAVE_RPMSG_SET_FLOW_CONTROL
	int (*set_flow_control)(struct rpmsg_endpoint *ept, bool pause,
				u32 dst);
#endif
	ssize_t (*get_mtu)(struct rpmsg_endpoint *ept);
};

struct device *rpmsg_find_device(struct device *parent,
				 struct rpmsg_channel_info *info);
struct rpmsg_device *rpmsg_create_channel(struct rpmsg_device *rpdev,
					  struct rpmsg_channel_info *info);
int rpmsg_release_channel(struct rpmsg_device *rpdev,
			  struct rpmsg_channel_info *info);

/* Tracing: the string is given once, in TP_STRUCT__entry(), from 6.10 */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 10, 0)
#define amp_assign_str(field, string)	__assign_str(field, string)
#else
#define amp_assign_str(field, string)	__assign_str(field)
#endif

/* hrtimer_setup() is of 6.13. */
#ifdef AMP_HAVE_HRTIMER_SETUP
#define amp_hrtimer_setup	hrtimer_setup
#else
static inline void
amp_hrtimer_setup(struct hrtimer *timer,
		  enum hrtimer_restart (*function)(struct hrtimer *timer),
		  clockid_t clock, enum hrtimer_mode mode)
{
	hrtimer_init(timer, clock, mode);
	timer->function = function;
}
#endif

/* The class of /dev/rpmsgN */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
extern struct class *rpmsg_class;
#define amp_rpmsg_class	rpmsg_class
#else
extern const struct class rpmsg_class;
#define amp_rpmsg_class	(&rpmsg_class)
#endif

/* The driver that a channel is to be bound to, whatever its name says */
#ifdef AMP_HAVE_RPMSG_DEVICE_DRIVER_OVERRIDE
/* The bus frees it with the device; later kernels do it themselves. */
static inline void amp_rpmsg_free_driver_override(struct rpmsg_device *rpdev)
{
	kfree(rpdev->driver_override);
}

static inline bool amp_rpmsg_has_driver_override(struct rpmsg_device *rpdev)
{
	return rpdev->driver_override;
}

static inline int amp_rpmsg_set_driver_override(struct rpmsg_device *rpdev,
						const char *name)
{
	return driver_set_override(&rpdev->dev, &rpdev->driver_override, name,
				   strlen(name));
}
#else
static inline void amp_rpmsg_free_driver_override(struct rpmsg_device *rpdev)
{
}

static inline bool amp_rpmsg_has_driver_override(struct rpmsg_device *rpdev)
{
	return device_has_driver_override(&rpdev->dev);
}

static inline int amp_rpmsg_set_driver_override(struct rpmsg_device *rpdev,
						const char *name)
{
	return device_set_driver_override(&rpdev->dev, name);
}
#endif

/* Dma-buf: the namespace of its symbols; a name until 6.12, then a string */
#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 13, 0)
#define AMP_DMA_BUF_NS	DMA_BUF
#else
#define AMP_DMA_BUF_NS	"DMA_BUF"
#endif

/*
 * Hwspinlock: what a driver has to provide is declared only in
 * drivers/hwspinlock/hwspinlock_internal.h. The order of the members is ABI.
 */
struct hwspinlock_ops {
	int (*trylock)(struct hwspinlock *lock);
	void (*unlock)(struct hwspinlock *lock);
#ifdef AMP_HAVE_HWSPIN_LOCK_BUST
	int (*bust)(struct hwspinlock *lock, unsigned int id);
#endif
	void (*relax)(struct hwspinlock *lock);
};

struct hwspinlock {
	struct hwspinlock_device *bank;
	spinlock_t lock;	/* the framework's own */
	void *priv;
};

struct hwspinlock_device {
	struct device *dev;
	const struct hwspinlock_ops *ops;
	int base_id;
	int num_locks;
	struct hwspinlock lock[];
};

static inline int amp_hwspin_lock_bust(struct hwspinlock *hwlock,
				       unsigned int id)
{
#ifdef AMP_HAVE_HWSPIN_LOCK_BUST
	return hwspin_lock_bust(hwlock, id);
#else
	return -EOPNOTSUPP;
#endif
}

#endif /* AMP_COMPAT_H */
