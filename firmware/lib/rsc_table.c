// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * The firmware's resource table: one rpmsg virtio device with its two rings, the trace
 * buffer, the fault record and the ring log.
 */
#include <stddef.h>

#include "board.h"
#include "log.h"
#include "platform.h"
#include "rsc_table.h"

_Static_assert(sizeof(struct fw_rsc_vdev) == 28 + 2 * 20, "wire format");
_Static_assert(sizeof(struct fw_rsc_trace) == 48, "wire format");
_Static_assert(sizeof(struct fw_rsc_area) == 16, "wire format");
_Static_assert(sizeof(struct amp_resource_table) <= BOARD_RSC_TABLE_SIZE, "does not fit");

volatile struct amp_resource_table amp_rsc_table
	__attribute__((section(".resource_table"), used)) = {
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
		.dfeatures = 1u << VIRTIO_RPMSG_F_NS,
		.num_of_vrings = 2,
		.vring = {
			{
				.da = RSC_ADDR_ANY,
				.align = BOARD_VRING_ALIGN,
				.num = BOARD_VRING_NUM,
				.notifyid = 0,
			},
			{
				.da = RSC_ADDR_ANY,
				.align = BOARD_VRING_ALIGN,
				.num = BOARD_VRING_NUM,
				.notifyid = 1,
			},
		},
	},
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
