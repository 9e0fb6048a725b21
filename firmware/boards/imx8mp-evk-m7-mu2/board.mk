# SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
# The board that this one is but for its message unit.

include $(here)/boards/imx8mp-evk-m7/board.mk
