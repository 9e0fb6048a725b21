/* SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause */
/*
 * NXP message unit, as seen from one side: four registers each way.
 */
#ifndef AMP_MU_H
#define AMP_MU_H

#include <stdbool.h>
#include <stdint.h>

/**
 * struct mu_layout - where a version of the unit has its registers
 * @tr: transmit register 0
 * @rr: receive register 0
 * @tsr: register with the transmit-empty flags
 * @rsr: register with the receive-full flags
 * @tcr: register with the transmit-empty interrupt enables
 * @rcr: register with the receive-full interrupt enables
 * @gcr: register with the requests for a general-purpose interrupt
 * @gier: register with the general-purpose interrupts' enables
 * @te: bit of register 0 in @tsr and @tcr
 * @rf: bit of register 0 in @rsr and @rcr
 * @gir: bit of request 0 in @gcr
 * @step: what to add to the bit for each next register
 */
struct mu_layout {
	uint16_t tr, rr;
	uint16_t tsr, rsr;
	uint16_t tcr, rcr;
	uint16_t gcr, gier;
	int8_t te, rf;
	int8_t gir;
	int8_t step;
};

extern const struct mu_layout mu_imx6sx, mu_imx8ulp;

/**
 * struct mu - one side of a message unit
 * @base: address of its registers
 * @layout: their arrangement
 */
struct mu {
	uintptr_t base;
	const struct mu_layout *layout;
};

/**
 * mu_reset_irqs() - disable all its interrupts
 * @mu: unit
 */
void mu_reset_irqs(const struct mu *mu);

/**
 * mu_can_send() - is transmit register @n empty?
 * @mu: unit
 * @n: 0 to 3
 *
 * Return: true if it is.
 */
bool mu_can_send(const struct mu *mu, unsigned int n);

/**
 * mu_send() - write a word into transmit register @n
 * @mu: unit
 * @n: 0 to 3; it must be empty
 * @word: word
 */
void mu_send(const struct mu *mu, unsigned int n, uint32_t word);

/**
 * mu_can_receive() - is receive register @n full?
 * @mu: unit
 * @n: 0 to 3
 *
 * Return: true if it is.
 */
bool mu_can_receive(const struct mu *mu, unsigned int n);

/**
 * mu_receive() - read receive register @n if it is full
 * @mu: unit
 * @n: 0 to 3
 * @word: set to its content
 *
 * Return: false if it was empty.
 */
bool mu_receive(const struct mu *mu, unsigned int n, uint32_t *word);

/**
 * mu_rx_irq() - interrupt while receive register @n is full
 * @mu: unit
 * @n: 0 to 3
 * @on: enable or disable
 *
 * The enables share a register: interrupts must be off, or the caller the handler.
 */
void mu_rx_irq(const struct mu *mu, unsigned int n, bool on);

/**
 * mu_tx_irq() - interrupt while transmit register @n is empty
 * @mu: unit
 * @n: 0 to 3
 * @on: enable or disable
 *
 * As mu_rx_irq().
 */
void mu_tx_irq(const struct mu *mu, unsigned int n, bool on);

/**
 * mu_ring() - interrupt the other side, without a word
 * @mu: unit
 * @n: 0 to 3, which doorbell
 *
 * As mu_rx_irq(). One that the other side has not yet taken note of is not rung twice.
 */
void mu_ring(const struct mu *mu, unsigned int n);

#endif /* AMP_MU_H */
