/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Register layouts of the NXP Messaging Unit: data, and pure functions; they also
 * compile on a host.
 *
 * Sources: i.MX 8M Plus reference manual, chapter "Messaging Unit", and mainline
 * drivers/mailbox/imx-mailbox.c.
 */
#ifndef AMP_IMX_MU_LAYOUT_H
#define AMP_IMX_MU_LAYOUT_H

#include <linux/bits.h>
#include <linux/types.h>

#define AMP_MU_NUM_REGS		4	/* registers, and doorbells, of each kind */

/* Channel types: the first cell of the fsl,mu binding */
enum amp_mu_type {
	AMP_MU_TX,	/* transmit register */
	AMP_MU_RX,	/* receive register */
	AMP_MU_TXDB,	/* outgoing doorbell, no payload */
	AMP_MU_RXDB,	/* incoming doorbell, no payload */
	AMP_MU_NUM_TYPES,
};

/**
 * struct amp_mu_field - four flags, one per register or doorbell
 * @reg: offset of the register that holds them, in bytes
 * @bit0: bit of flag 0
 * @step: distance from one flag to the next, in bits; version 1 counts down
 */
struct amp_mu_field {
	u16 reg;
	u8 bit0;
	s8 step;
};

/**
 * struct amp_mu_cfg - register layout of an MU
 * @tr: offset of transmit register 0; the others follow, 4 bytes apart
 * @rr: offset of receive register 0; likewise
 * @status: flag that raises the interrupt of a channel of each type
 * @enable: flag that enables that interrupt; none for an outgoing doorbell
 * @request: flag that rings the other side's doorbell. Hardware clears it.
 */
struct amp_mu_cfg {
	u16 tr;
	u16 rr;
	struct amp_mu_field status[AMP_MU_NUM_TYPES];
	struct amp_mu_field enable[AMP_MU_NUM_TYPES];
	struct amp_mu_field request;
};

/* i.MX 6SX, 7D, 8M: status in SR, enables and requests in CR, counting down */
static const struct amp_mu_cfg amp_mu_imx6sx = {
	.tr = 0x0,
	.rr = 0x10,
	.status = {
		[AMP_MU_TX] = { .reg = 0x20, .bit0 = 23, .step = -1 },
		[AMP_MU_RX] = { .reg = 0x20, .bit0 = 27, .step = -1 },
		[AMP_MU_RXDB] = { .reg = 0x20, .bit0 = 31, .step = -1 },
	},
	.enable = {
		[AMP_MU_TX] = { .reg = 0x24, .bit0 = 23, .step = -1 },
		[AMP_MU_RX] = { .reg = 0x24, .bit0 = 27, .step = -1 },
		[AMP_MU_RXDB] = { .reg = 0x24, .bit0 = 31, .step = -1 },
	},
	.request = { .reg = 0x24, .bit0 = 19, .step = -1 },
};

/* i.MX 7ULP: the same flags at other offsets */
static const struct amp_mu_cfg amp_mu_imx7ulp = {
	.tr = 0x20,
	.rr = 0x40,
	.status = {
		[AMP_MU_TX] = { .reg = 0x60, .bit0 = 23, .step = -1 },
		[AMP_MU_RX] = { .reg = 0x60, .bit0 = 27, .step = -1 },
		[AMP_MU_RXDB] = { .reg = 0x60, .bit0 = 31, .step = -1 },
	},
	.enable = {
		[AMP_MU_TX] = { .reg = 0x64, .bit0 = 23, .step = -1 },
		[AMP_MU_RX] = { .reg = 0x64, .bit0 = 27, .step = -1 },
		[AMP_MU_RXDB] = { .reg = 0x64, .bit0 = 31, .step = -1 },
	},
	.request = { .reg = 0x64, .bit0 = 19, .step = -1 },
};

/* i.MX 8ULP, 93: version 2, TSR/RSR/GSR, TCR/RCR/GIER and GCR */
static const struct amp_mu_cfg amp_mu_imx8ulp = {
	.tr = 0x200,
	.rr = 0x280,
	.status = {
		[AMP_MU_TX] = { .reg = 0x124, .bit0 = 0, .step = 1 },
		[AMP_MU_RX] = { .reg = 0x12c, .bit0 = 0, .step = 1 },
		[AMP_MU_RXDB] = { .reg = 0x118, .bit0 = 0, .step = 1 },
	},
	.enable = {
		[AMP_MU_TX] = { .reg = 0x120, .bit0 = 0, .step = 1 },
		[AMP_MU_RX] = { .reg = 0x128, .bit0 = 0, .step = 1 },
		[AMP_MU_RXDB] = { .reg = 0x110, .bit0 = 0, .step = 1 },
	},
	.request = { .reg = 0x114, .bit0 = 0, .step = 1 },
};

static inline u32 amp_mu_flag(const struct amp_mu_field *field, unsigned int index)
{
	return BIT(field->bit0 + field->step * (int)index);
}

static inline u32 amp_mu_flags(const struct amp_mu_field *field,
			       unsigned int indices)
{
	unsigned int i;
	u32 mask = 0;

	for (i = 0; i < AMP_MU_NUM_REGS; i++)
		if (indices & BIT(i))
			mask |= amp_mu_flag(field, i);

	return mask;
}

#endif /* AMP_IMX_MU_LAYOUT_H */
