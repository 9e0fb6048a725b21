// SPDX-License-Identifier: GPL-2.0
/*
 * The kernel's log, looked at while a test goes on. See complaints.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

#include "complaints.h"

/* Lines that were lost because they were very many count as so many. */
#define OVERRUN		250

static const char * const complaints[] = {
	"WARNING:", "BUG", "Oops", "Call trace", "Internal error", "Unable to handle",
	"KASAN", "UBSAN", "KCSAN", "refcount_t", "circular locking", "lock held",
	"suspicious RCU", "cannot create duplicate", "blocked for more than", "lockup",
	"stall", "corruption", "scheduling while atomic",
};

static int kmsg = -1;

int complaints_begin(void)
{
	kmsg = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg < 0)
		return -errno;
	lseek(kmsg, 0, SEEK_END);
	return 0;
}

/* Counts the lines since, and keeps the first complaint, unless @why says something. */
unsigned int complaints_look(char *why, size_t size)
{
	unsigned int lines = 0, i;
	char record[8192];
	ssize_t n;

	while ((n = read(kmsg, record, sizeof(record) - 1)) > 0 || errno == EPIPE) {
		if (n <= 0) {
			lines += OVERRUN;
			continue;
		}
		record[n] = '\0';
		lines++;
		for (i = 0; i < sizeof(complaints) / sizeof(complaints[0]); i++)
			if (!why[0] && strstr(record, complaints[i]) &&
			    !strstr(record, "remote core:"))
				snprintf(why, size, "the kernel says %.*s",
					 (int)strcspn(record, "\n"), record);
	}
	return lines;
}

void complaints_end(void)
{
	close(kmsg);
	kmsg = -1;
}
