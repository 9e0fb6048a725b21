// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The firmware's resource table: one rpmsg virtio device with its two rings, the trace
 * buffer, the fault record and the ring log. Compiled again, with AMP_BUFFER_SIZE and
 * perhaps AMP_VRING_NUM, for applications that want buffers of another size than 512.
 */
#include <stddef.h>

#include "board.h"
#include "log.h"
#include "platform.h"
#include "rsc_table.h"

_Static_assert(sizeof(struct fw_rsc_vdev) == 28 + 2 * 20, "wire format");
_Static_assert(sizeof(struct virtio_rpmsg_config) == 11, "wire format");
_Static_assert(offsetof(struct amp_resource_table, config) ==
		       offsetof(struct amp_resource_table, vdev) + sizeof(struct fw_rsc_vdev),
	       "right behind the entry");
_Static_assert(sizeof(struct fw_rsc_trace) == 48, "wire format");
_Static_assert(sizeof(struct fw_rsc_area) == 16, "wire format");
_Static_assert(sizeof(struct amp_resource_table) <= BOARD_RSC_TABLE_SIZE, "does not fit");

#ifndef AMP_VRING_NUM
#define AMP_VRING_NUM BOARD_VRING_NUM
#endif

#ifdef AMP_BUFFER_SIZE
#define FEATURES (1u << VIRTIO_RPMSG_F_NS | 1u << VIRTIO_RPMSG_F_BUFSZ)
#define CONFIG_LEN sizeof(struct virtio_rpmsg_config)
_Static_assert(2 * AMP_VRING_NUM * AMP_BUFFER_SIZE <= BOARD_SHM_BUFS_SIZE, "does not fit");
#else
#define FEATURES (1u << VIRTIO_RPMSG_F_NS)
#define CONFIG_LEN 0
#endif

volatile struct amp_resource_table amp_rsc_table = {
	.ver = RSC_TABLE_VERSION,
	.num = 4,
	.offset = {
		offsetof(struct amp_resource_table, vdev),
		offsetof(struct amp_resource_table, trace),
		offsetof(struct amp_resource_table, fault),
		offsetof(struct amp_resource_table, log),
	},
	.vdev = {
		.type = RSC_VDEV,
		.id = VIRTIO_ID_RPMSG,
		.dfeatures = FEATURES,
		.config_len = CONFIG_LEN,
		.num_of_vrings = 2,
		.vring = {
			{
				.da = RSC_ADDR_ANY,
				.align = BOARD_VRING_ALIGN,
				.num = AMP_VRING_NUM,
				.notifyid = 0,
			},
			{
				.da = RSC_ADDR_ANY,
				.align = BOARD_VRING_ALIGN,
				.num = AMP_VRING_NUM,
				.notifyid = 1,
			},
		},
	},
#ifdef AMP_BUFFER_SIZE
	.config = {
		.version = VIRTIO_RPMSG_CONFIG_V1,
		.size = sizeof(struct virtio_rpmsg_config),
		.txbuf_size = AMP_BUFFER_SIZE,
		.rxbuf_size = AMP_BUFFER_SIZE,
	},
#endif
	.trace = {
		.type = RSC_TRACE,
		.da = (uintptr_t)amp_trace,
		.len = BOARD_TRACE_SIZE,
		.name = "trace:" BOARD_NAME,
	},
	.fault = {
		.type = AMP_RSC_FAULT,
		.area = { .da = (uintptr_t)&amp_fault, .len = sizeof(amp_fault) },
	},
	.log = {
		.type = AMP_RSC_LOG,
		.area = { .da = (uintptr_t)&amp_log_ring, .len = sizeof(amp_log_ring) },
	},
};
