/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of amp_rpmsg_char: nodes, and the device that creates some.
 */
#ifndef AMP_CHAR_H
#define AMP_CHAR_H

#include <linux/rpmsg.h>

struct file;

/* amp_char.c */
int amp_char_create_ept(struct rpmsg_device *rpdev, struct device *parent,
			const struct rpmsg_channel_info *info);
struct file *amp_char_create_file(struct rpmsg_device *rpdev,
				  struct device *parent,
				  const struct rpmsg_channel_info *info,
				  unsigned int flags);
void amp_char_destroy_epts(struct device *parent);

/* amp_ctrl.c */
int amp_ctrl_register(void);
void amp_ctrl_unregister(void);

#endif /* AMP_CHAR_H */
