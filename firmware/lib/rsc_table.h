/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * The resource table: its wire format (that of Linux' remoteproc, version 1) and the one
 * table that the firmware carries. Linux changes it while the firmware runs, so that it
 * is read through volatile only.
 */
#ifndef AMP_RSC_TABLE_H
#define AMP_RSC_TABLE_H

#include <stdint.h>

#include "protocol.h"

#define RSC_TABLE_VERSION	1

#define RSC_TRACE		2
#define RSC_VDEV		3

/* An address that Linux is to fill in. */
#define RSC_ADDR_ANY		0xffffffffu

#define VIRTIO_ID_RPMSG		7
#define VIRTIO_RPMSG_F_NS	0
#define VIRTIO_RPMSG_F_BUFSZ	1

#define VIRTIO_RPMSG_CONFIG_V1	1

#define VIRTIO_STATUS_DRIVER_OK	0x04
#define VIRTIO_STATUS_FAILED	0x80

struct fw_rsc_vdev_vring {
	uint32_t da;
	uint32_t align;
	uint32_t num;
	uint32_t notifyid;
	uint32_t reserved;
};

struct fw_rsc_vdev {
	uint32_t type;
	uint32_t id;
	uint32_t notifyid;
	uint32_t dfeatures;
	uint32_t gfeatures;
	uint32_t config_len;
	uint8_t status;
	uint8_t num_of_vrings;
	uint8_t reserved[2];
	struct fw_rsc_vdev_vring vring[2];
};

/*
 * Behind the device's entry, with VIRTIO_RPMSG_F_BUFSZ: how long Linux is to make the
 * buffers that this core sends and receives in, in bytes, header included.
 */
struct virtio_rpmsg_config {
	uint8_t version;
	uint16_t size;			/* of this structure */
	uint32_t txbuf_size;
	uint32_t rxbuf_size;
} __attribute__((packed));

struct fw_rsc_trace {
	uint32_t type;
	uint32_t da;
	uint32_t len;
	uint32_t reserved;
	char name[32];
};

/* Of types that are linux-amp's own; others pass over them. */
struct fw_rsc_area {
	uint32_t type;
	struct amp_rsc_area area;
};

struct amp_resource_table {
	uint32_t ver;
	uint32_t num;
	uint32_t reserved[2];
	uint32_t offset[4];
	struct fw_rsc_vdev vdev;
	struct virtio_rpmsg_config config;
	struct fw_rsc_trace trace;
	struct fw_rsc_area fault;
	struct fw_rsc_area log;
};

extern volatile struct amp_resource_table amp_rsc_table
	__attribute__((section(".resource_table")));

#endif /* AMP_RSC_TABLE_H */
