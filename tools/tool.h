/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Shared by the files of the command amp: how it reads its command line, says what
 * is wrong, and prints JSON.
 */
#ifndef TOOL_H
#define TOOL_H

#include <stdbool.h>

/* As of ping */
enum status {
	STATUS_OK,
	STATUS_NO_ANSWER,
	STATUS_ERROR,
};

/* Firmware announces its channels some milliseconds after it was started. */
#define ANNOUNCE_MS	1000

/* -j was given. */
extern bool json;

/* Says what is wrong, and what to do about it; returns STATUS_ERROR. */
int __attribute__((format(printf, 1, 2))) error(const char *format, ...);

/* Says where to find help; returns STATUS_ERROR. */
int usage(void);

/* Says that there is no remote processor @which; returns STATUS_ERROR. */
int no_core(const char *which, int err);

/* Seconds, as a user gives them, in milliseconds; says so if it is no time */
bool parse_seconds(const char *text, int *ms);

long long now_ns(void);

void print_json_member(const char *name, const char *text);

/* bulk.c */
int do_bulk(int argc, char **argv);

#endif
