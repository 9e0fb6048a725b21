// SPDX-License-Identifier: GPL-2.0
/*
 * Compares the MU's register layouts with what the manuals say, and mainline's
 * drivers/mailbox/imx-mailbox.c
 */

#include <linux/kernel.h>

#include <kunit/test.h>

#include "amp_imx_mu_layout.h"

/* Flags of version 1: the bit of number 3, which is the lowest; those of version 2 begin with bit 0. */
#define V1_TE	20
#define V1_RF	24
#define V1_GIP	28
#define V1_TIE	20
#define V1_RIE	24
#define V1_GIE	28
#define V1_GIR	16

/* As a manual's memory map has it: offsets of registers, and where they end */
struct layout {
	const char *name;
	const struct amp_mu_cfg *cfg;
	bool v2;
	u16 tr, rr;
	u16 te, rf, gip;
	u16 tie, rie, gie;
	u16 gir;
	u16 end;
};

static const struct layout layouts[] = {
	{
		.name = "imx6sx", .cfg = &amp_mu_imx6sx,
		.tr = 0x00, .rr = 0x10,
		.te = 0x20, .rf = 0x20, .gip = 0x20,
		.tie = 0x24, .rie = 0x24, .gie = 0x24, .gir = 0x24,
		.end = 0x28,
	}, {
		.name = "imx7ulp", .cfg = &amp_mu_imx7ulp,
		.tr = 0x20, .rr = 0x40,
		.te = 0x60, .rf = 0x60, .gip = 0x60,
		.tie = 0x64, .rie = 0x64, .gie = 0x64, .gir = 0x64,
		.end = 0x68,
	}, {
		.name = "imx8ulp", .cfg = &amp_mu_imx8ulp, .v2 = true,
		.tr = 0x200, .rr = 0x280,
		.te = 0x124, .rf = 0x12c, .gip = 0x118,
		.tie = 0x120, .rie = 0x128, .gie = 0x110, .gir = 0x114,
		.end = 0x290,
	},
};

static void layout_desc(const struct layout *layout, char *desc)
{
	snprintf(desc, KUNIT_PARAM_DESC_SIZE, "%s", layout->name);
}

KUNIT_ARRAY_PARAM(layout, layouts, layout_desc);

static void mu_data_registers(struct kunit *test)
{
	const struct layout *layout = test->param_value;

	KUNIT_EXPECT_EQ(test, layout->cfg->tr, layout->tr);
	KUNIT_EXPECT_EQ(test, layout->cfg->rr, layout->rr);
}

static void expect_flags(struct kunit *test, const struct amp_mu_field *field, u16 reg,
			 unsigned int lowest, const char *what)
{
	const struct layout *layout = test->param_value;
	unsigned int i;

	KUNIT_EXPECT_EQ_MSG(test, field->reg, reg, "%s", what);
	for (i = 0; i < 4; i++)
		KUNIT_EXPECT_EQ_MSG(test, amp_mu_flag(field, i),
				    BIT(layout->v2 ? i : lowest + 3 - i), "%s%u", what, i);
}

static void mu_flags(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	const struct amp_mu_cfg *cfg = layout->cfg;

	expect_flags(test, &cfg->status[AMP_MU_TX], layout->te, V1_TE, "TE");
	expect_flags(test, &cfg->status[AMP_MU_RX], layout->rf, V1_RF, "RF");
	expect_flags(test, &cfg->status[AMP_MU_RXDB], layout->gip, V1_GIP, "GIP");
	expect_flags(test, &cfg->enable[AMP_MU_TX], layout->tie, V1_TIE, "TIE");
	expect_flags(test, &cfg->enable[AMP_MU_RX], layout->rie, V1_RIE, "RIE");
	expect_flags(test, &cfg->enable[AMP_MU_RXDB], layout->gie, V1_GIE, "GIE");
	expect_flags(test, &cfg->request, layout->gir, V1_GIR, "GIR");
}

static bool overlap(u16 a, u16 a_size, u16 b, u16 b_size)
{
	return a < b + b_size && b < a + a_size;
}

/* All lies in the block, and nothing has two meanings. */
static void mu_no_overlap(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	const struct amp_mu_cfg *cfg = layout->cfg;
	const struct amp_mu_field *fields[] = {
		&cfg->status[AMP_MU_TX], &cfg->status[AMP_MU_RX], &cfg->status[AMP_MU_RXDB],
		&cfg->enable[AMP_MU_TX], &cfg->enable[AMP_MU_RX], &cfg->enable[AMP_MU_RXDB],
		&cfg->request,
	};
	unsigned int i, k;

	KUNIT_EXPECT_LE(test, cfg->tr + 4 * AMP_MU_NUM_REGS, layout->end);
	KUNIT_EXPECT_LE(test, cfg->rr + 4 * AMP_MU_NUM_REGS, layout->end);
	KUNIT_EXPECT_EQ(test, (cfg->tr | cfg->rr) % 4, 0);
	KUNIT_EXPECT_FALSE(test, overlap(cfg->tr, 4 * AMP_MU_NUM_REGS, cfg->rr,
					 4 * AMP_MU_NUM_REGS));
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		KUNIT_EXPECT_EQ(test, fields[i]->reg % 4, 0);
		KUNIT_EXPECT_LE(test, fields[i]->reg + 4, layout->end);
		KUNIT_EXPECT_FALSE(test, overlap(fields[i]->reg, 4, cfg->tr, 4 * AMP_MU_NUM_REGS));
		KUNIT_EXPECT_FALSE(test, overlap(fields[i]->reg, 4, cfg->rr, 4 * AMP_MU_NUM_REGS));
		for (k = 0; k < i; k++)
			if (fields[i]->reg == fields[k]->reg)
				KUNIT_EXPECT_EQ(test, amp_mu_flags(fields[i], 0xf) &
						amp_mu_flags(fields[k], 0xf), 0);
	}
}

static void mu_masks(struct kunit *test)
{
	const struct layout *layout = test->param_value;
	const struct amp_mu_field *field = &layout->cfg->status[AMP_MU_RX];
	unsigned int indices, i;

	for (indices = 0; indices < 16; indices++) {
		u32 mask = 0;

		for (i = 0; i < 4; i++)
			if (indices >> i & 1)
				mask |= BIT(layout->v2 ? i : V1_RF + 3 - i);
		KUNIT_EXPECT_EQ_MSG(test, amp_mu_flags(field, indices), mask, "of 0x%x", indices);
	}
	/* There is no number 4. */
	KUNIT_EXPECT_EQ(test, amp_mu_flags(field, 0xf0), 0);
}

static struct kunit_case mu_cases[] = {
	KUNIT_CASE_PARAM(mu_data_registers, layout_gen_params),
	KUNIT_CASE_PARAM(mu_flags, layout_gen_params),
	KUNIT_CASE_PARAM(mu_no_overlap, layout_gen_params),
	KUNIT_CASE_PARAM(mu_masks, layout_gen_params),
	{}
};

static struct kunit_suite mu_suite = {
	.name = "amp_mu",
	.test_cases = mu_cases,
};
kunit_test_suite(mu_suite);
