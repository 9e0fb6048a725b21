// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * NXP watchdog. It bites when it isn't fed, and tells Linux by its interrupt half a second
 * before, if the device tree gives Linux that. Fed by the main loop.
 *
 * Once it is on only a reset of the whole system ends it: what runs next has to feed it.
 */
#include <stdbool.h>

#include "board.h"
#include "platform.h"
#include "reg.h"
#include "startup.h"

#define WDOG_WCR	(BOARD_WDOG_BASE + 0)
#define WDOG_WSR	(BOARD_WDOG_BASE + 2)
#define WDOG_WICR	(BOARD_WDOG_BASE + 6)

#define WCR_WT(halves)	((halves) << 8)		/* that many half seconds, and another */
#define WCR_WDA		(1u << 5)		/* these two do nothing when set */
#define WCR_SRS		(1u << 4)
#define WCR_WDE		(1u << 2)

#define WICR_WIE	(1u << 15)
#define WICR_WTIS	(1u << 14)		/* write 1 to clear */
#define WICR_WICT(halves) (halves)

#define FEED_MS		100

static bool on;
static uint32_t fed;

static void feed(void)
{
	reg_write16(WDOG_WSR, 0x5555);
	reg_write16(WDOG_WSR, 0xaaaa);
	fed = platform_time_ms();
}

static void keep_fed(void)
{
	on = true;
	feed();
	platform_timer_start();
}

void wdog_init(void)
{
	if (!(reg_read16(WDOG_WCR) & WCR_WDE))
		return;
	keep_fed();
	reg_write16(WDOG_WICR, reg_read16(WDOG_WICR) | WICR_WTIS);
}

void platform_watchdog_start(unsigned int seconds)
{
	if (on)
		return;
	reg_write16(WDOG_WICR, WICR_WIE | WICR_WTIS | WICR_WICT(1));
	reg_write16(WDOG_WCR, WCR_WT(2 * seconds - 1) | WCR_WDA | WCR_SRS | WCR_WDE);
	keep_fed();
}

void platform_watchdog_feed(void)
{
	if (on && platform_time_ms() - fed >= FEED_MS)
		feed();
}
