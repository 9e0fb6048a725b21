// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Kicks through the message unit: merged while one is pending, never lost, never waited
 * for; faults; and the check of addresses from Linux. The registers are a model of side B.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "ktap.h"

#define AMP_CPU_H
static uint32_t cpu_irq_save(void)
{
	return 0;
}
static void cpu_irq_restore(uint32_t flags)
{
	(void)flags;
}
static void cpu_dsb(void) {}

#include "board.h"

#define AMP_REG_H
static struct {
	uint32_t tr[4], rr[4], sr, cr;
	unsigned int written;
	unsigned int looks;		/* so many until Linux reads; 0 for never */
	uint32_t read[8];
	unsigned int num_read;
	bool overwritten;
} unit;

static uint32_t reg_read(uintptr_t addr)
{
	uint32_t off = addr - BOARD_MU_BASE;

	switch (off) {
	case 0x10 ... 0x1c:
		unit.sr &= ~(1u << (27 - (off - 0x10) / 4));
		return unit.rr[(off - 0x10) / 4];
	case 0x20:
		if (unit.looks && !--unit.looks && !(unit.sr & (1u << 22))) {
			unit.read[unit.num_read++] = unit.tr[1];
			unit.sr |= 1u << 22;
			unit.looks = 5;
		}
		return unit.sr;
	case 0x24:
		return unit.cr;
	}
	EXPECT(!"read of this register");
	return 0;
}

static void reg_write(uintptr_t addr, uint32_t value)
{
	uint32_t off = addr - BOARD_MU_BASE;

	switch (off) {
	case 0x0 ... 0xc:
		if (!(unit.sr & (1u << (23 - off / 4))))
			unit.overwritten = true;
		unit.tr[off / 4] = value;
		unit.sr &= ~(1u << (23 - off / 4));
		unit.written++;
		return;
	case 0x24:
		unit.cr = value;
		return;
	}
	EXPECT(!"write to this register");
}

#include "../lib/mu.c"
#include "../lib/platform_mu.c"

static unsigned int wakes;

void amp_wake(void)
{
	wakes++;
}

#define TE1	(1u << 22)
#define RF1	(1u << 26)
#define RF2	(1u << 25)
#define NOTHING	0xdeadbeef

static void restart(void)
{
	memset(&unit, 0, sizeof(unit));
	memset(kicks, 0, sizeof(kicks));
	waiting = false;
	shutdown_asked = false;
	last_word = UINT32_MAX;
	unit.sr = 0x00f00000;
	platform_init();
	wakes = 0;
}

/* A full register must not be written. */
static void expect_no_loss(void)
{
	EXPECT(!unit.overwritten);
}

/* Linux' side reads its receive register, and the interrupt it causes here runs. */
static uint32_t linux_reads(void)
{
	uint32_t word;

	if (unit.sr & TE1)
		return NOTHING;
	expect_no_loss();
	word = unit.tr[1];
	unit.sr |= TE1;
	if (unit.cr & TE1)
		mu_isr();
	return word;
}

static void test_init(void)
{
	restart();
	EXPECT_EQ(unit.cr, RF1 | RF2);
}

static void test_kick(void)
{
	restart();
	platform_kick(1, 7);
	EXPECT_EQ(linux_reads(), 7 << 16);
	EXPECT_EQ(linux_reads(), NOTHING);
	EXPECT_EQ(unit.cr, RF1 | RF2);
}

static void test_merge(void)
{
	int i;

	restart();
	for (i = 0; i < 10; i++)
		platform_kick(0, 0);
	EXPECT_EQ(unit.written, 1);
	EXPECT_EQ(unit.cr, RF1 | RF2);
	EXPECT_EQ(linux_reads(), 0);
	EXPECT_EQ(linux_reads(), NOTHING);
	platform_kick(0, 0);
	EXPECT_EQ(linux_reads(), 0);
}

static void test_other_ring(void)
{
	restart();
	platform_kick(0, 3);
	platform_kick(1, 4);
	platform_kick(1, 4);
	platform_kick(0, 3);
	EXPECT_EQ(unit.cr, RF1 | RF2 | TE1);
	EXPECT_EQ(linux_reads(), 3 << 16);
	EXPECT_EQ(linux_reads(), 4 << 16);
	EXPECT_EQ(linux_reads(), NOTHING);
	EXPECT_EQ(unit.cr, RF1 | RF2);
}

static void test_stale(void)
{
	/* A word of the last run that Linux hasn't read says nothing of this run's rings. */
	restart();
	unit.tr[1] = 0;
	unit.sr &= ~TE1;
	platform_kick(0, 0);
	platform_kick(1, 1);
	EXPECT_EQ(linux_reads(), 0);
	EXPECT_EQ(linux_reads(), 0);
	EXPECT_EQ(linux_reads(), 1 << 16);
	EXPECT_EQ(linux_reads(), NOTHING);
}

static void test_receive(void)
{
	restart();
	mu_isr();
	EXPECT_EQ(wakes, 0);
	unit.rr[1] = 1 << 16;
	unit.sr |= RF1;
	mu_isr();
	EXPECT_EQ(wakes, 1);
	EXPECT(!(unit.sr & RF1));
}

static void test_flush(void)
{
	restart();
	platform_kick(0, 3);
	platform_kick(1, 4);
	unit.looks = 5;
	platform_flush();
	expect_no_loss();
	EXPECT_EQ(unit.num_read, 1);
	EXPECT_EQ(unit.read[0], 3 << 16);
	EXPECT_EQ(unit.tr[1], 4 << 16);

	/* With nothing to do, or nobody there, it ends as well. */
	unit.looks = 0;
	platform_flush();
	platform_kick(0, 3);
	platform_flush();
	expect_no_loss();
}

static void test_fault(void)
{
	const struct amp_fault_record record = {
		.kind = AMP_FAULT_MEM,
		.pc = 0x1234,
		.address = 0x48000000,
		.address_valid = 1,
	};

	restart();
	platform_kick(0, 3);
	unit.looks = 5;
	platform_fault(&record);
	expect_no_loss();
	EXPECT_EQ(unit.read[0], 3 << 16);
	EXPECT_EQ(unit.tr[1], AMP_FAULT_WORD);
	EXPECT_EQ(amp_fault.magic, AMP_FAULT_MAGIC);
	EXPECT_EQ(amp_fault.kind, AMP_FAULT_MEM);
	EXPECT_EQ(amp_fault.pc, 0x1234);
	EXPECT_EQ(amp_fault.address, 0x48000000);
	EXPECT_EQ(amp_fault.address_valid, 1);

	/* Linux reads nothing: the word replaces the kick. */
	restart();
	platform_kick(0, 3);
	platform_fault(&record);
	EXPECT_EQ(unit.tr[1], AMP_FAULT_WORD);
}

bool mpu_open_bulk(void)
{
	return true;
}

static void test_addresses(void)
{
	EXPECT(!platform_da_to_va(0x58000000, 4));
	EXPECT(platform_open_bulk());
	EXPECT(platform_da_to_va(0x58000000, 0x2000000));
	EXPECT(!platform_da_to_va(0x58000004, 0x2000000));
	EXPECT(!platform_da_to_va(0x5a000000, 0));
	EXPECT(platform_da_to_va(0x55000000, 0x100000));
	EXPECT(platform_da_to_va(0x554fff00, 0x100));
	EXPECT(!platform_da_to_va(0x554fff00, 0x101));
	EXPECT(!platform_da_to_va(0x55500000, 0));
	EXPECT(!platform_da_to_va(0x54ffffff, 2));
	EXPECT(!platform_da_to_va(0x55000000, 0x100001));
	EXPECT(!platform_da_to_va(0x550fff00, 0xffffffff));
	EXPECT(!platform_da_to_va(0x155000000, 16));
	EXPECT(!platform_da_to_va(0xfffffffffffffff0, 0x20));
	EXPECT(!platform_da_to_va(0, 0));
}

static void test_shutdown(void)
{
	restart();
	EXPECT(unit.cr & RF2 && !platform_shutdown_asked());
	unit.sr |= RF2;
	mu_isr();
	EXPECT(platform_shutdown_asked() && wakes == 1);
	/* Not read, and quiet, until it is answered. */
	EXPECT(unit.sr & RF2 && !(unit.cr & RF2));
	platform_shutdown_answer();
	EXPECT(!(unit.sr & RF2));

	/* Left from an earlier life */
	unit.sr |= RF2;
	shutdown_asked = false;
	platform_init();
	EXPECT(!(unit.sr & RF2));
	mu_isr();
	EXPECT(!platform_shutdown_asked());
}

static const struct ktap_case cases[] = {
	{ "mu: a shutdown by mailbox is heard, and answered when it is done", test_shutdown },
	{ "kick: start enables the receive interrupts alone", test_init },
	{ "kick: word is the notify id, shifted", test_kick },
	{ "kick: the same kick is merged while it is unread", test_merge },
	{ "kick: a kick for the other ring waits for the register", test_other_ring },
	{ "kick: a word left by an earlier run hides no kick", test_stale },
	{ "kick: a received word wakes the main loop", test_receive },
	{ "kick: a flush hands over what waits, without interrupts", test_flush },
	{ "kick: a fault has its record, and goes before a kick that nobody reads", test_fault },
	{ "kick: addresses outside the shared regions are refused", test_addresses },
};

KTAP_MAIN(cases)
