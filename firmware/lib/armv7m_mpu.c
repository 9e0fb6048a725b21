// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Memory protection: what is listed here can be accessed, everything else faults. Code
 * can't be written, data can't be executed, what Linux shares is not cached.
 */
#include "armv7m_regs.h"
#include "board.h"
#include "cpu.h"
#include "reg.h"
#include "startup.h"

#define RASR_XN			(1u << 28)
#define RASR_AP_RW		(1u << 24)	/* privileged only */
#define RASR_AP_RO		(5u << 24)	/* privileged only */
#define RASR_NORMAL_UNCACHED	(1u << 19)
#define RASR_NORMAL_WT		(1u << 17)
#define RASR_DEVICE		(1u << 16)
#define RASR_SHAREABLE		(1u << 18)
#define RASR_ENABLE		1u

#define CODE	(RASR_AP_RO | RASR_NORMAL_UNCACHED)
#define CODE_WT	(RASR_AP_RO | RASR_NORMAL_WT)
#define DATA	(RASR_AP_RW | RASR_XN | RASR_NORMAL_UNCACHED)
#define SHARED	(DATA | RASR_SHAREABLE)
#define DEVICE	(RASR_AP_RW | RASR_XN | RASR_DEVICE | RASR_SHAREABLE)

/* Of the eighths of it, those that are in use are set in @eighths. */
/* clang-format off */
#define PARTS(base, size, eighths, attr)					\
	{ (base), (attr) | (~(uint32_t)(eighths) & 0xff) << 8 |			\
		  ((uint32_t)__builtin_ctz(size) - 1) << 1 | RASR_ENABLE }
/* clang-format on */
#define REGION(base, size, attr)	PARTS(base, size, 0xff, attr)

/* While it starts, the core may set up clocks and pins, and shares nothing yet. */
#define PERIPHERALS_BASE	0x30000000
#define PERIPHERALS_SIZE	0x01000000

#define MPU_REGIONS		8

struct region {
	uint32_t base;
	uint32_t rasr;
};

extern const uint32_t amp_ddr_text_size;

static const struct region fixed[] = {
	PARTS(BOARD_OCRAM_BASE, BOARD_OCRAM_SIZE, BOARD_OCRAM_EIGHTHS, SHARED),
	REGION(BOARD_ITCM_BASE, BOARD_ITCM_SIZE, CODE),
	REGION(BOARD_DTCM_BASE, BOARD_DTCM_SIZE, DATA),
	PARTS(BOARD_SHM_BASE, BOARD_SHM_SIZE, BOARD_SHM_EIGHTHS, SHARED),
	PARTS(BOARD_IPC_BASE, BOARD_IPC_SIZE, BOARD_IPC_EIGHTHS, DEVICE),
	REGION(BOARD_WDOG_BASE, BOARD_WDOG_SIZE, DEVICE),
#ifdef AMP_CONSOLE
	REGION(BOARD_UART_BASE, BOARD_UART_SIZE, DEVICE),
#endif
};

static const struct region ddr_text = REGION(BOARD_DDR_BASE, BOARD_DDR_SIZE, CODE_WT);
static const struct region bulk = REGION(BOARD_BULK_BASE, BOARD_BULK_SIZE, SHARED);
static const struct region peripherals = REGION(PERIPHERALS_BASE, PERIPHERALS_SIZE, DEVICE);

#define NUM_FIXED	(sizeof(fixed) / sizeof(fixed[0]))
#define DDR_REGION	NUM_FIXED
/* With the console the same: then there is one for either. */
#define BULK_REGION	(MPU_REGIONS - 1)
/* In place of OCRAM: there are no more. */
#define PERIPHERALS_REGION 0

_Static_assert(DDR_REGION < MPU_REGIONS, "too many regions");

/* clang-format off */
#define ASSERT_REGION(base, size)						\
	_Static_assert(!((size) & ((size) - 1)) && !((base) & ((size) - 1)), #base)
/* clang-format on */
ASSERT_REGION(BOARD_ITCM_BASE, BOARD_ITCM_SIZE);
ASSERT_REGION(BOARD_DTCM_BASE, BOARD_DTCM_SIZE);
ASSERT_REGION(BOARD_DDR_BASE, BOARD_DDR_SIZE);
ASSERT_REGION(BOARD_SHM_BASE, BOARD_SHM_SIZE);
ASSERT_REGION(BOARD_BULK_BASE, BOARD_BULK_SIZE);
ASSERT_REGION(BOARD_OCRAM_BASE, BOARD_OCRAM_SIZE);
ASSERT_REGION(BOARD_IPC_BASE, BOARD_IPC_SIZE);
ASSERT_REGION(BOARD_WDOG_BASE, BOARD_WDOG_SIZE);
ASSERT_REGION(BOARD_UART_BASE, BOARD_UART_SIZE);

/* All of it, and nothing else, is in the eighths that are in use. */
/* clang-format off */
#define EIGHTH(base)	(((base) - BOARD_IPC_BASE) / (BOARD_IPC_SIZE / 8))
_Static_assert(BOARD_MU_SIZE == BOARD_IPC_SIZE / 8 && BOARD_SEMA4_SIZE == BOARD_IPC_SIZE / 8 &&
	       BOARD_IPC_EIGHTHS == (1 << EIGHTH(BOARD_MU_BASE) | 1 << EIGHTH(BOARD_SEMA4_BASE)),
	       "message unit and semaphores are not what can be accessed");
/* clang-format on */

static void region_set(unsigned int n, const struct region *region)
{
	reg_write(MPU_RNR, n);
	reg_write(MPU_RBAR, region->base);
	reg_write(MPU_RASR, region->rasr);
}

static void region_clear(unsigned int n)
{
	reg_write(MPU_RNR, n);
	reg_write(MPU_RASR, 0);
}

void mpu_init(void)
{
	unsigned int i;

	cpu_dsb();
	reg_write(MPU_CTRL, 0);
	for (i = 0; i < MPU_REGIONS; i++)
		region_clear(i);
	for (i = 0; i < NUM_FIXED; i++)
		region_set(i, &fixed[i]);
	if (amp_ddr_text_size)
		region_set(DDR_REGION, &ddr_text);
	/* Off in the fault handlers: they must work even if a region is wrong. */
	reg_write(MPU_CTRL, MPU_CTRL_ENABLE);
	cpu_dsb();
	cpu_isb();
}

void mpu_open_peripherals(void)
{
	region_set(PERIPHERALS_REGION, &peripherals);
	cpu_dsb();
	cpu_isb();
}

void mpu_close_peripherals(void)
{
	region_set(PERIPHERALS_REGION, &fixed[PERIPHERALS_REGION]);
	cpu_dsb();
	cpu_isb();
}

bool mpu_open_bulk(void)
{
	if (BULK_REGION == DDR_REGION && amp_ddr_text_size)
		return false;
	region_set(BULK_REGION, &bulk);
	cpu_dsb();
	cpu_isb();
	return true;
}
