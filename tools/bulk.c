// SPDX-License-Identifier: GPL-2.0
/*
 * amp bulk: files to the remote and back, without copies by the kernel
 *
 * Each part of a file is in a buffer of its own that the firmware keeps; what it
 * does with them is in bulk_ops.h. It tells length and CRC of what it has, and
 * these are compared. The summary is as of dd, and as there it and the progress
 * are on standard error.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "amp.h"
#include "bulk_ops.h"
#include "tool.h"

#define PART		1048576u
#define MIN_PART	4096u

/* Of the buffer that is no part of the file */
#define STAT_COOKIE	ULLONG_MAX

/* Memory is free some time after the remote has given it back. */
#define ALLOC_MS	1000

#define BAR_WIDTH	40
#define BAR_NS		100000000

struct bulk {
	const char *name;
	int file;
	int timeout;
	bool quiet;

	struct amp_core core;
	int node;
	struct amp_bulk_buffer stat;

	bool bar;		/* shown */
	long long began, shown;
	unsigned long long total;		/* 0 if it isn't known */
	unsigned long long done;
	uint32_t crc;
};

static const char *human(char *text, size_t size, double bytes)
{
	static const char * const units[] = { "B", "KiB", "MiB", "GiB" };
	unsigned int unit = 0;

	while (bytes >= 1024 && unit < 3) {
		bytes /= 1024;
		unit++;
	}
	snprintf(text, size, "%.*f %s", unit && bytes < 100 ? 1 : 0, bytes,
		 units[unit]);

	return text;
}

static double seconds(const struct bulk *bulk)
{
	return (now_ns() - bulk->began) / 1e9;
}

static void progress(struct bulk *bulk, bool last)
{
	char done[24], rate[24], bar[BAR_WIDTH + 1];
	int width;

	if (!bulk->bar || (!last && now_ns() - bulk->shown < BAR_NS))
		return;
	bulk->shown = now_ns();
	human(done, sizeof(done), bulk->done);
	human(rate, sizeof(rate), bulk->done / seconds(bulk));
	if (bulk->total) {
		width = bulk->done * BAR_WIDTH / bulk->total;
		memset(bar, '#', width);
		bar[width] = '\0';
		fprintf(stderr, "\r%s %3u%% [%-*s] %s, %s/s \033[K", bulk->name,
			(unsigned int)(bulk->done * 100 / bulk->total), BAR_WIDTH,
			bar, done, rate);
	} else {
		fprintf(stderr, "\r%s %s, %s/s \033[K", bulk->name, done, rate);
	}
	if (last)
		fputc('\n', stderr);
}

static void summary(const struct bulk *bulk)
{
	double time = seconds(bulk);
	char done[24], rate[24];

	if (json) {
		putchar('{');
		print_json_member("file", bulk->name);
		putchar(',');
		print_json_member("core", bulk->core.id);
		printf(",\"bytes\":%llu,\"crc32\":\"%08x\",\"seconds\":%.6f}\n",
		       bulk->done, bulk->crc, time);
	} else if (!bulk->quiet) {
		fprintf(stderr, "%llu bytes (%s) copied, %.3g s, %s/s, crc32 %08x\n",
			bulk->done, human(done, sizeof(done), bulk->done), time,
			human(rate, sizeof(rate), bulk->done / time), bulk->crc);
	}
}

/* What is wrong begins on a line of its own. */
static int failed(struct bulk *bulk, const char *what, int err)
{
	if (bulk->bar && bulk->shown)
		fputc('\n', stderr);
	switch (err) {
	case -ETIMEDOUT:
	case -EAGAIN:
		error("no answer from %s in %g s; is it alive ('amp log')?",
		      bulk->core.id, bulk->timeout / 1000.0);
		return STATUS_NO_ANSWER;
	case -EPIPE:
		return error("%s was stopped, or has crashed; see 'amp list'",
			     bulk->core.id);
	case -ENOMEM:
		return error("no room for %s after %llu bytes: all of the region of %s for bulk data is in use",
			     bulk->name, bulk->done, bulk->core.id);
	case -EPROTO:
		return error("%s refuses to %s %s after %llu bytes: does its firmware keep files, as amp/bulk.elf, and so long ones?",
			     bulk->core.id, what, bulk->name, bulk->done);
	case -ESTALE:
		return error("%s has given back another buffer than the one that is due: was something else put meanwhile?",
			     bulk->core.id);
	}

	return error("cannot %s %s: %s", what, bulk->name, strerror(-err));
}

/* A buffer comes back; -EPROTO if it is refused, -ESTALE if it is the wrong one. */
static int come_back(const struct bulk *bulk, unsigned long long cookie, unsigned long long *len)
{
	struct amp_bulk_record record;
	int ret = amp_bulk_receive(bulk->node, &record, bulk->timeout);

	if (ret)
		return ret;
	if (record.status == BULK_REFUSED)
		return -EPROTO;
	if (record.cookie != cookie)
		return -ESTALE;
	if (len)
		*len = record.length;

	return 0;
}

static int send_stat(const struct bulk *bulk, enum bulk_op op)
{
	return amp_bulk_send(bulk->node, &bulk->stat, sizeof(struct bulk_stat),
			     op, STAT_COOKIE);
}

static int receive_stat(const struct bulk *bulk, struct bulk_stat *stat)
{
	unsigned long long len;
	int ret = come_back(bulk, STAT_COOKIE, &len);

	if (!ret)
		ret = amp_bulk_take(&bulk->stat);
	if (!ret && len < sizeof(*stat))
		ret = -EPROTO;
	if (!ret)
		memcpy(stat, bulk->stat.data, sizeof(*stat));

	return ret;
}

/* Does the firmware have what it was sent so far? Once it has gone through it. */
static int check_part(struct bulk *bulk, unsigned long long done, uint32_t crc)
{
	struct bulk_stat stat;
	int ret = receive_stat(bulk, &stat);

	if (ret)
		return failed(bulk, "send", ret);
	if (stat.length != done || stat.crc != crc)
		return error("%s has %u bytes with crc32 %08x in place of %llu with %08x: %s",
			     bulk->core.id, stat.length, stat.crc, done, crc,
			     "something else was put meanwhile, or memory is broken");
	bulk->done = done;
	bulk->crc = crc;
	progress(bulk, false);

	return STATUS_OK;
}

/* Reads until a part is full, as a pipe gives less. */
static ssize_t read_part(int file, void *data, size_t size)
{
	size_t len = 0;
	ssize_t ret;

	do {
		ret = read(file, (char *)data + len, size - len);
		if (ret > 0)
			len += ret;
	} while (len < size && (ret > 0 || (ret < 0 && errno == EINTR)));

	return ret < 0 ? -errno : (ssize_t)len;
}

static int alloc_part(const struct bulk *bulk, size_t size,
		      struct amp_bulk_buffer *part)
{
	long long end = now_ns() + ALLOC_MS * 1000000LL;
	int ret;

	while ((ret = amp_bulk_alloc(bulk->node, size, part)) == -ENOMEM &&
	       now_ns() < end)
		poll(NULL, 0, 10);

	return ret;
}

/* How much of the file it has, 0 at its end. There, no memory is needed. */
static ssize_t next_part(const struct bulk *bulk, unsigned long long sent,
			 struct amp_bulk_buffer *part)
{
	size_t size = PART;
	ssize_t len;
	int ret;
	char c;

	if (bulk->total && bulk->total <= sent)
		size = MIN_PART;
	else if (bulk->total && bulk->total - sent < PART)
		size = bulk->total - sent;
	ret = alloc_part(bulk, size, part);
	if (ret == -ENOMEM && read(bulk->file, &c, 1) == 0)
		return 0;
	if (ret)
		return ret;
	len = read_part(bulk->file, part->data, size);
	if (len <= 0)
		amp_bulk_free(part);

	return len;
}

/* One part is read while the firmware goes through the one before. */
static int put_parts(struct bulk *bulk)
{
	struct amp_bulk_buffer part;
	uint32_t crc = 0, next_crc = 0;
	unsigned long long sent = 0;
	ssize_t len;
	int ret;

	for (;;) {
		len = next_part(bulk, sent, &part);
		if (len > 0)
			next_crc = bulk_crc(crc, part.data, len);
		if (sent) {
			ret = check_part(bulk, sent, crc);
			if (ret)
				return ret;
		}
		if (len < 0)
			return failed(bulk, "read", len);
		if (!len)
			return STATUS_OK;

		ret = amp_bulk_send(bulk->node, &part, len, BULK_PUT, sent);
		amp_bulk_free(&part);
		if (!ret)
			ret = send_stat(bulk, BULK_STAT);
		if (ret)
			return failed(bulk, "send", ret);
		sent += len;
		crc = next_crc;
	}
}

static int put(struct bulk *bulk)
{
	struct stat file;
	int ret;

	bulk->file = STDIN_FILENO;
	if (strcmp(bulk->name, "-"))
		bulk->file = open(bulk->name, O_RDONLY | O_CLOEXEC);
	if (bulk->file < 0 || fstat(bulk->file, &file))
		return failed(bulk, "open", -errno);
	if (S_ISREG(file.st_mode))
		bulk->total = file.st_size;

	/* What was put before */
	ret = send_stat(bulk, BULK_RELEASE);
	if (!ret)
		ret = come_back(bulk, STAT_COOKIE, NULL);
	if (ret)
		return failed(bulk, "send", ret);
	ret = put_parts(bulk);
	/* Not half of it, if that can be helped */
	if (ret)
		send_stat(bulk, BULK_RELEASE);

	return ret;
}

static int write_part(int file, const void *data, size_t len)
{
	ssize_t ret;

	for (; len; len -= ret, data = (const char *)data + ret) {
		ret = write(file, data, len);
		if (ret < 0 && errno != EINTR)
			return -errno;
		if (ret < 0)
			ret = 0;
	}

	return 0;
}

/* As much of the file as there is from @offset on. */
static int ask_for(const struct bulk *bulk, const struct amp_bulk_buffer *part,
		   unsigned long long offset)
{
	size_t len = part->size;

	if (offset >= bulk->total)
		return 0;
	if (len > bulk->total - offset)
		len = bulk->total - offset;

	return amp_bulk_send(bulk->node, part, len, BULK_GET, offset);
}

/* The firmware fills one part while the other one is written. */
static int get_parts(struct bulk *bulk, struct amp_bulk_buffer part[2])
{
	unsigned long long asked = 0, len;
	int i, ret = 0;

	for (i = 0; i < 2 && !ret; i++, asked += part->size)
		ret = ask_for(bulk, &part[i], asked);
	for (i = 0; !ret && bulk->done < bulk->total; i = !i) {
		ret = come_back(bulk, bulk->done, &len);
		if (!ret && !len)
			ret = -EPROTO;
		if (!ret)
			ret = amp_bulk_take(&part[i]);
		if (ret)
			break;
		bulk->crc = bulk_crc(bulk->crc, part[i].data, len);
		ret = write_part(bulk->file, part[i].data, len);
		if (ret)
			return failed(bulk, "write", ret);
		bulk->done += len;
		progress(bulk, false);
		ret = ask_for(bulk, &part[i], asked);
		asked += part->size;
	}

	return ret ? failed(bulk, "receive", ret) : STATUS_OK;
}

/* What has been put may have left little room. */
static int alloc_two(const struct bulk *bulk, struct amp_bulk_buffer part[2])
{
	size_t size = PART;
	int ret;

	for (;; size /= 2) {
		ret = amp_bulk_alloc(bulk->node, size, &part[0]);
		if (!ret) {
			ret = amp_bulk_alloc(bulk->node, size, &part[1]);
			if (!ret)
				return 0;
			amp_bulk_free(&part[0]);
		}
		if (ret != -ENOMEM || size <= MIN_PART)
			return ret;
	}
}

static int get(struct bulk *bulk)
{
	struct amp_bulk_buffer part[2];
	struct bulk_stat stat;
	int ret;

	ret = send_stat(bulk, BULK_STAT);
	if (!ret)
		ret = receive_stat(bulk, &stat);
	if (ret)
		return failed(bulk, "receive", ret);
	if (!stat.length)
		return error("%s has no file: 'amp bulk put' gives it one",
			     bulk->core.id);
	bulk->total = stat.length;

	bulk->file = STDOUT_FILENO;
	if (strcmp(bulk->name, "-"))
		bulk->file = open(bulk->name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
				  0666);
	if (bulk->file < 0)
		return failed(bulk, "open", -errno);
	ret = alloc_two(bulk, part);
	if (ret)
		return failed(bulk, "receive", ret);
	ret = get_parts(bulk, part);
	amp_bulk_free(&part[0]);
	amp_bulk_free(&part[1]);
	if (!ret && bulk->crc != stat.crc)
		ret = error("%s has crc32 %08x for what has come with %08x: another file was put meanwhile, or memory is broken",
			    bulk->core.id, stat.crc, bulk->crc);

	return ret;
}

/* The channel comes a moment after the core has been started. */
static int open_core(struct bulk *bulk, const char *which)
{
	long long end = now_ns() + ANNOUNCE_MS * 1000000LL;
	int ret;

	for (;;) {
		ret = amp_find_core(which, &bulk->core);
		if (ret)
			return no_core(which, ret);
		bulk->node = amp_open_bulk(&bulk->core);
		if (bulk->node >= 0)
			return STATUS_OK;
		if (strcmp(bulk->core.state, "running") &&
		    strcmp(bulk->core.state, "attached"))
			return error("%s is %s: start it with 'amp start %s -f amp/bulk.elf'",
				     bulk->core.id, bulk->core.state, bulk->core.id);
		if (bulk->node != -ENOENT || now_ns() > end)
			break;
		poll(NULL, 0, 20);
	}
	if (bulk->node == -EACCES || bulk->node == -EPERM)
		return error("no permission for /dev/%s: try it as root",
			     bulk->core.bulk);
	if (bulk->node != -ENOENT)
		return error("cannot open /dev/%s: %s", bulk->core.bulk,
			     strerror(-bulk->node));

	return error("%s has no channel for bulk data: has its firmware announced it ('amp log'), is amp_rpmsg_bulk loaded, and does the device tree reserve memory for it?",
		     bulk->core.id);
}

int do_bulk(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "timeout", required_argument, NULL, 'W' },
		{ }
	};
	struct bulk bulk = { .timeout = 5000 };
	int option, ret;
	bool is_put;

	while ((option = getopt_long(argc, argv, "jqW:", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 'q':
			bulk.quiet = true;
			break;
		case 'W':
			if (!parse_seconds(optarg, &bulk.timeout))
				return usage();
			break;
		default:
			return usage();
		}
	}
	argc -= optind;
	argv += optind;
	is_put = argc && !strcmp(argv[0], "put");
	if (argc < 2 || argc > 3 || (!is_put && strcmp(argv[0], "get"))) {
		error("bulk needs 'put' or 'get', a file ('-' for standard input and output), and one core at most");
		return usage();
	}
	bulk.name = argv[1];
	if (json && !is_put && !strcmp(bulk.name, "-")) {
		error("JSON and the data cannot both go to standard output");
		return usage();
	}

	ret = open_core(&bulk, argv[2]);
	if (ret)
		return ret;
	bulk.began = now_ns();
	bulk.bar = isatty(STDERR_FILENO) && !bulk.quiet && !json;
	ret = amp_bulk_alloc(bulk.node, MIN_PART, &bulk.stat);
	if (ret)
		return failed(&bulk, is_put ? "send" : "receive", ret);
	ret = is_put ? put(&bulk) : get(&bulk);
	if (!ret) {
		progress(&bulk, true);
		summary(&bulk);
	}

	return ret;
}
