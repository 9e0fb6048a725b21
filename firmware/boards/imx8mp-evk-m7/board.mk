# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
# Which compiler flags and device drivers the board needs; its facts are in board.h.

BOARD_CFLAGS := -mcpu=cortex-m7 -mthumb -mfloat-abi=hard -mfpu=fpv5-d16
BOARD_SRCS   := armv7m_startup.c armv7m_fault.c armv7m_mpu.c armv7m_systick.c \
		hwlock_imx.c mu.c platform_mu.c uart_imx.c wdog_imx.c
BOARD_LDS    := armv7m.lds.S
BOARD_APPS   := echo-ddr
