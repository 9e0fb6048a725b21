// SPDX-License-Identifier: GPL-2.0 OR BSD-3-Clause
/*
 * Has a virtio device and never looks at it.
 */
#include "amp.h"
#include "platform.h"

int main(void)
{
	amp_log("silent: started");
	platform_halt();
}
