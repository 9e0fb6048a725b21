// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * NXP message unit.
 */
#include "mu.h"
#include "reg.h"

/* i.MX 6SX, 7D, 8M family: one status and one control register, register 0 the highest bit. */
const struct mu_layout mu_imx6sx = {
	.tr = 0x00,
	.rr = 0x10,
	.tsr = 0x20,
	.rsr = 0x20,
	.tcr = 0x24,
	.rcr = 0x24,
	.gcr = 0x24,
	.gier = 0x24,
	.te = 23,
	.rf = 27,
	.gir = 19,
	.step = -1,
};

/* i.MX 8ULP, 93, 95: version 2, a register for each kind of flag and enable. */
const struct mu_layout mu_imx8ulp = {
	.tr = 0x200,
	.rr = 0x280,
	.tsr = 0x124,
	.rsr = 0x12c,
	.tcr = 0x120,
	.rcr = 0x128,
	.gcr = 0x114,
	.gier = 0x110,
	.te = 0,
	.rf = 0,
	.gir = 0,
	.step = 1,
};

static uint32_t te(const struct mu *mu, unsigned int n)
{
	return 1u << (mu->layout->te + mu->layout->step * (int)n);
}

static uint32_t rf(const struct mu *mu, unsigned int n)
{
	return 1u << (mu->layout->rf + mu->layout->step * (int)n);
}

static void irq_set(const struct mu *mu, unsigned int reg, uint32_t bit, bool on)
{
	uint32_t value = reg_read(mu->base + reg);

	reg_write(mu->base + reg, on ? value | bit : value & ~bit);
}

void mu_reset_irqs(const struct mu *mu)
{
	reg_write(mu->base + mu->layout->tcr, 0);
	reg_write(mu->base + mu->layout->rcr, 0);
	reg_write(mu->base + mu->layout->gier, 0);
}

bool mu_can_send(const struct mu *mu, unsigned int n)
{
	return reg_read(mu->base + mu->layout->tsr) & te(mu, n);
}

void mu_send(const struct mu *mu, unsigned int n, uint32_t word)
{
	reg_write(mu->base + mu->layout->tr + 4 * n, word);
}

bool mu_can_receive(const struct mu *mu, unsigned int n)
{
	return reg_read(mu->base + mu->layout->rsr) & rf(mu, n);
}

bool mu_receive(const struct mu *mu, unsigned int n, uint32_t *word)
{
	if (!mu_can_receive(mu, n))
		return false;
	*word = reg_read(mu->base + mu->layout->rr + 4 * n);
	return true;
}

void mu_rx_irq(const struct mu *mu, unsigned int n, bool on)
{
	irq_set(mu, mu->layout->rcr, rf(mu, n), on);
}

void mu_tx_irq(const struct mu *mu, unsigned int n, bool on)
{
	irq_set(mu, mu->layout->tcr, te(mu, n), on);
}

void mu_ring(const struct mu *mu, unsigned int n)
{
	irq_set(mu, mu->layout->gcr, 1u << (mu->layout->gir + mu->layout->step * (int)n), true);
}
