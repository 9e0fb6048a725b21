/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is lost by doing something many times: memory of the kernel, devices and
 * their nodes, links in sysfs, open files, interrupt handlers, module references.
 */
#ifndef SELFTESTS_LEAKS_H
#define SELFTESTS_LEAKS_H

int leaks_after(int cycles, int (*cycle)(void *data, int i), void *data);

#endif /* SELFTESTS_LEAKS_H */
