/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the kernel logs while a test goes on, and whether it complains.
 */
#ifndef SELFTESTS_COMPLAINTS_H
#define SELFTESTS_COMPLAINTS_H

#include <stddef.h>

int complaints_begin(void);
unsigned int complaints_look(char *why, size_t size);
void complaints_end(void);

#endif /* SELFTESTS_COMPLAINTS_H */
