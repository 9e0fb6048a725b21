/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of amp_remoteproc: one remote processor and the parts
 * that it is made of.
 */
#ifndef AMP_REMOTEPROC_H
#define AMP_REMOTEPROC_H

#include <linux/mailbox_client.h>
#include <linux/remoteproc.h>
#include <linux/types.h>

struct amp_rproc;
struct clk;
struct regmap;

/**
 * struct amp_rproc_att - one range of the core's address map
 * @da: where the core sees it, a device address
 * @pa: where Linux sees it, a physical address
 * @size: in bytes
 * @owned: the memory belongs to the core alone (TCM), no device-tree region is
 *         needed to use it
 * @name: for messages
 */
struct amp_rproc_att {
	u32 da;
	u32 pa;
	u32 size;
	bool owned;
	const char *name;
};

/**
 * struct amp_rproc_soc - what differs from one SoC to the next
 * @att: the core's address map. Where ranges overlap in @pa, the first one is
 *       how a physical address is told to the core.
 * @num_att: number of entries in @att
 * @init: get what @start and @stop need from the device tree, and leave the
 *        core stopped
 * @start: release the core, which begins at its reset vector
 * @stop: hold the core in reset
 * @data: of the SoC family's file
 *
 * The operations are called in process context and return 0 or an errno.
 */
struct amp_rproc_soc {
	const struct amp_rproc_att *att;
	unsigned int num_att;
	int (*init)(struct amp_rproc *amp);
	int (*start)(struct amp_rproc *amp);
	int (*stop)(struct amp_rproc *amp);
	const void *data;
};

/**
 * struct amp_rproc_mem - memory that both sides can reach, mapped for Linux
 * @pa: physical address
 * @size: in bytes
 * @va: write-combining mapping. Unlike a device mapping it allows unaligned
 *      accesses, which the remoteproc core makes when it copies a resource
 *      table.
 */
struct amp_rproc_mem {
	phys_addr_t pa;
	size_t size;
	void __iomem *va;
};

/**
 * struct amp_rproc_kick - the pending notification of one virtqueue
 * @pending: 0 none, 1 handed to the mailbox, more: asked for again since then
 * @word: what the mailbox sends, the notify id in the upper half. The mailbox
 *        framework keeps a pointer to it.
 */
struct amp_rproc_kick {
	atomic_t pending;
	u32 word;
};

/* Notify ids are given out from 0 by the core: two for each virtio device. */
#define AMP_RPROC_MAX_NOTIFYID	16

/**
 * struct amp_rproc - a remote processor
 * @dev: the platform device
 * @rproc: what the remoteproc core knows of it
 * @soc: its SoC
 * @clk: the core's clock, may be NULL
 * @src: registers that hold the reset of the core
 * @gpr: registers that hold its wait bit, NULL where there is none
 * @mem: memory that is mapped all the time
 * @num_mem: number of entries in @mem
 * @subdev: stopped first of all subdevices, see amp_notify.c
 * @cl_tx: mailbox client that kicks the remote
 * @cl_rx: mailbox client that hears its kicks
 * @tx: channel of @cl_tx
 * @rx: channel of @cl_rx
 * @kicks: what is pending on @tx, by notify id
 * @listening: kicks of the remote are passed on; read under RCU
 */
struct amp_rproc {
	struct device *dev;
	struct rproc *rproc;
	const struct amp_rproc_soc *soc;
	struct clk *clk;
	struct regmap *src;
	struct regmap *gpr;

	struct amp_rproc_mem *mem;
	unsigned int num_mem;

	struct rproc_subdev subdev;
	struct mbox_client cl_tx;
	struct mbox_client cl_rx;
	struct mbox_chan *tx;
	struct mbox_chan *rx;
	struct amp_rproc_kick kicks[AMP_RPROC_MAX_NOTIFYID];
	bool listening;
};

/* amp_memory.c */
int amp_memory_init(struct amp_rproc *amp);
int amp_memory_add_carveouts(struct amp_rproc *amp);
void *amp_memory_da_to_va(struct rproc *rproc, u64 da, size_t len,
			  bool *is_iomem);

/* amp_notify.c */
int amp_notify_init(struct amp_rproc *amp);
void amp_notify_listen(struct amp_rproc *amp);
void amp_notify_add_subdev(struct amp_rproc *amp);
void amp_notify_remove_subdev(struct amp_rproc *amp);
void amp_notify_kick(struct rproc *rproc, int notifyid);

/* amp_imx.c */
extern const struct amp_rproc_soc amp_imx8mp_mmio;

#endif /* AMP_REMOTEPROC_H */
