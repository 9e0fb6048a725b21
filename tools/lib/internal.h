/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of libamp
 */
#ifndef INTERNAL_H
#define INTERNAL_H

/* The descriptor, which doesn't block, of /dev/@node; a negative errno */
int amp_open_node(const char *node);

#endif
