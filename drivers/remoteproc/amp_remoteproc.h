/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of amp_remoteproc: one remote processor and the parts
 * that it is made of.
 */
#ifndef AMP_REMOTEPROC_H
#define AMP_REMOTEPROC_H

#include <linux/completion.h>
#include <linux/mailbox_client.h>
#include <linux/mutex.h>
#include <linux/notifier.h>
#include <linux/remoteproc.h>
#include <linux/types.h>
#include <linux/workqueue.h>

#include "amp_control.h"
#include "amp_map.h"

struct amp_log;
struct amp_rproc;
struct amp_rsc_area;
struct clk;
struct platform_device;
struct regmap;
struct rpmsg_device;

/**
 * struct amp_rproc_soc - what differs from one SoC to the next
 * @att: the core's address map
 * @num_att: number of entries in @att
 * @init: get what @start and @stop need from the device tree. Returns 1 if the
 *        core is running, else it is left stopped and the return value is 0.
 * @start: release the core, which begins at its reset vector
 * @stop: hold the core in reset
 * @data: of the SoC family's file
 *
 * The operations are called in process context; errors are errnos.
 */
struct amp_rproc_soc {
	const struct amp_att *att;
	unsigned int num_att;
	int (*init)(struct amp_rproc *amp);
	int (*start)(struct amp_rproc *amp);
	int (*stop)(struct amp_rproc *amp);
	const void *data;
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
 * struct amp_control - the control channel
 * @lock: protects @rpdev, and orders what is sent
 * @rpdev: the channel, NULL while the firmware has none
 * @cookie: of the last request
 * @acked: the remote has answered that one
 * @heartbeat: runs when too many of them have been missed
 * @heartbeat_ms: time between them, in milliseconds
 * @supervise: heartbeats are to be expected
 */
struct amp_control {
	struct mutex lock;	/* rpdev */
	struct rpmsg_device *rpdev;
	u32 cookie;
	struct completion acked;
	struct delayed_work heartbeat;
	unsigned int heartbeat_ms;
	bool supervise;
};

/**
 * struct amp_crash - crashes
 * @reported: one has been reported in this life of the remote
 * @record: where its fault handler writes, NULL if it doesn't
 * @limit: so many of them within @window_s are too many; 0 for any number
 * @window_s: in seconds
 * @first: when the first one of the present window was, in jiffies
 * @count: number of them in the present window
 * @total: number of them since the module was loaded
 * @stay_down: the core is not to be started again
 * @watchdog: interrupt of the remote's watchdog, 0 if the device tree has none
 * @watching: that is enabled: bit 0
 */
struct amp_crash {
	atomic_t reported;
	void *record;
	unsigned int limit;
	unsigned int window_s;
	unsigned long first;
	unsigned int count;
	unsigned int total;
	bool stay_down;
	int watchdog;
	unsigned long watching;
};

/**
 * struct amp_rproc - a remote processor
 * @dev: the platform device
 * @rproc: what the remoteproc core knows of it
 * @soc: its SoC
 * @clk: the core's clock, may be NULL
 * @src: registers that hold the reset of the core
 * @gpr: registers that hold its wait bit, NULL where there is none
 * @map: the core's view of memory
 * @checked: firmware that has been validated and not loaded yet
 * @table_crc: crc32() of the resource table in the file, which is that of any file
 *             that recovery may load; 0 if it isn't known
 * @table: resource table of a core that is attached to
 * @table_copy: checked copy of @table, with what the core has filled in
 * @subdev: stopped first of all subdevices, see amp_core.c
 * @ready: the remote has kicked for the first time in this life
 * @shutdown_timeout_ms: how long it may take to shut down, in milliseconds
 * @off_work: stops the core if @going, or if it is to stay down
 * @going: the driver, or the system, ends
 * @reboot: stops it before the system goes down
 * @state_work: tells user space that the state has changed
 * @state: that it has been told last
 * @control: the control channel
 * @crash: crashes
 * @log: the firmware's log
 * @cl_tx: mailbox client that kicks the remote
 * @cl_rx: mailbox client that hears its kicks
 * @cl_rxdb: mailbox client that hears that it has started
 * @cl_shutdown: mailbox client that tells the remote to shut down
 * @tx: channel of @cl_tx
 * @rx: channel of @cl_rx
 * @shutdown: channel of @cl_shutdown, NULL if the device tree has none
 * @kicks: what is pending on @tx, by notify id
 * @listening: kicks of the remote are passed on; read under RCU
 * @announced: the remote has said that it has started, in this life: bit 0
 */
struct amp_rproc {
	struct device *dev;
	struct rproc *rproc;
	const struct amp_rproc_soc *soc;
	struct clk *clk;
	struct regmap *src;
	struct regmap *gpr;

	struct amp_map map;
	const struct firmware *checked;
	u32 table_crc;
	void *table;
	void *table_copy;

	struct rproc_subdev subdev;
	struct completion ready;
	unsigned int shutdown_timeout_ms;
	struct work_struct off_work;
	bool going;
	struct notifier_block reboot;
	struct work_struct state_work;
	unsigned int state;

	struct amp_control control;
	struct amp_crash crash;
	struct amp_log *log;

	struct mbox_client cl_tx;
	struct mbox_client cl_rx;
	struct mbox_client cl_rxdb;
	struct mbox_client cl_shutdown;
	struct mbox_chan *tx;
	struct mbox_chan *rx;
	struct mbox_chan *shutdown;
	struct amp_rproc_kick kicks[AMP_RPROC_MAX_NOTIFYID];
	bool listening;
	unsigned long announced;
};

/* amp_core.c */
struct amp_rproc *amp_rproc_of_child(struct device *dev);

/* amp_memory.c */
int amp_memory_init(struct amp_rproc *amp);
int amp_memory_add_carveouts(struct amp_rproc *amp);
void *amp_memory_da_to_va(struct rproc *rproc, u64 da, size_t len,
			  bool *is_iomem);
int amp_memory_check(struct rproc *rproc, const struct firmware *fw,
		     size_t *table_size, u32 *table_crc);
struct resource_table *amp_memory_loaded_table(struct rproc *rproc,
					       size_t *size);
void amp_memory_switch_table(struct amp_rproc *amp);
void amp_memory_restore_table(struct amp_rproc *amp);
void amp_memory_drop_table(struct amp_rproc *amp);

/* amp_notify.c */
int amp_notify_init(struct amp_rproc *amp);
void amp_notify_listen(struct amp_rproc *amp, bool started);
void amp_notify_silence(struct amp_rproc *amp);
int amp_notify_shutdown(struct amp_rproc *amp);
void amp_notify_kick(struct rproc *rproc, int notifyid);

/* amp_control.c */
extern struct rpmsg_driver amp_control_driver;
void amp_control_init(struct amp_rproc *amp);
int amp_control_request(struct amp_rproc *amp, enum amp_control_type type,
			unsigned int timeout_ms);
void amp_control_notify(struct amp_rproc *amp, enum amp_control_type type);
void amp_control_supervise(struct amp_rproc *amp, bool on);

/* amp_crash.c */
int amp_crash_init(struct amp_rproc *amp, struct platform_device *pdev);
void amp_crash_watch(struct amp_rproc *amp, bool on);
void amp_crash_begin(struct amp_rproc *amp);
void amp_crash_count(struct amp_rproc *amp);
int amp_crash_set_record(struct amp_rproc *amp,
			 const struct amp_rsc_area *area);
void amp_crash_fault(struct amp_rproc *amp);
bool amp_crash_missed(struct amp_rproc *amp);
__printf(3, 4)
void amp_crash_report(struct amp_rproc *amp, enum rproc_crash_type type,
		      const char *fmt, ...);

/* amp_log.c */
int amp_log_register(void);
void amp_log_unregister(void);
int amp_log_init(struct amp_rproc *amp);
int amp_log_set(struct amp_rproc *amp, const struct amp_rsc_area *area);
void amp_log_begin(struct amp_rproc *amp);

/* amp_sysfs.c */
extern const struct attribute_group *amp_sysfs_groups[];

/* amp_imx.c */
extern const struct amp_rproc_soc amp_imx8mn_mmio;
extern const struct amp_rproc_soc amp_imx8mn_smc;
extern const struct amp_rproc_soc amp_imx8mq;
extern const struct amp_rproc_soc amp_imx7d;
extern const struct amp_rproc_soc amp_imx93;

#endif /* AMP_REMOTEPROC_H */
