// SPDX-License-Identifier: GPL-2.0
/*
 * amp: shows and controls remote processors, and talks to their channels
 *
 * Commands are words as those of ip, options those of ping where ping has them,
 * and so is the exit status: 0, 1 if nothing came in time, 2 for all else. An
 * error says what to do about it. See amp.8.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <math.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "amp.h"
#include "tool.h"

#define VERSION		"0.1"

/* The longest message with the largest buffers that there are */
#define MAX_MESSAGE	65536

/* Messages that wait in a node before the driver drops them, and some more */
#define MAX_QUEUED	4096

/* Of the histogram: each one is twice as wide as the one before */
#define BUCKETS		40
#define BAR_WIDTH	40

/* The word on the command line, once it is known */
static const char *command;

/* What is sent, what has come, what might have come */
static unsigned char out[MAX_MESSAGE], in[MAX_MESSAGE], expected[MAX_MESSAGE];

bool json;
static bool statistics;

int error(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("amp: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);

	return STATUS_ERROR;
}

static const char help[] =
	"usage: amp [-j] [-s] COMMAND ...\n"
	"\n"
	"  list [CORE]                 remote processors and their channels\n"
	"  stats [CHANNEL]             all that is counted for a channel, or each\n"
	"  start [CORE] [-f FIRMWARE]  start a core, or attach to it\n"
	"  attach [CORE]               attach to a core that runs by itself\n"
	"  stop [CORE]                 stop it\n"
	"  detach [CORE]               leave it running by itself\n"
	"  ping CHANNEL [-Hq] [-c count] [-i interval] [-s size] [-W timeout]\n"
	"                              time messages that the firmware sends back\n"
	"  send CHANNEL TEXT|- [-lrx] [-n count] [-W timeout]\n"
	"                              send a message, and receive count answers\n"
	"  recv CHANNEL [-rx] [-n count] [-W timeout]\n"
	"                              receive messages\n"
	"  log [-f] [CORE]             print the firmware's log, with -f follow it\n"
	"  bulk put|get FILE|- [CORE] [-q] [-W timeout]\n"
	"                              copy a file to the remote, or back from it\n"
	"\n"
	"  -j, --json        list, stats, ping and bulk print JSON\n"
	"  -s, --statistics  list prints all that is counted\n"
	"  -h, --help        print this\n"
	"  -V, --version     print the version\n"
	"\n"
	"CORE is remoteprocN, or its name; it may be left out if there is only one.\n"
	"CHANNEL is a name, CORE/NAME or /dev/rpmsgN.\n";

int usage(void)
{
	fputs("Try 'amp --help'.\n", stderr);

	return STATUS_ERROR;
}

long long now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000000000LL + now.tv_nsec;
}

static bool parse_count(const char *text, long max, long *count)
{
	char *end;

	errno = 0;
	*count = strtol(text, &end, 10);
	if (!errno && end != text && !*end && *count >= 0 && *count <= max)
		return true;
	error("'%s' is no number from 0 to %ld", text, max);

	return false;
}

bool parse_seconds(const char *text, int *ms)
{
	double seconds;
	char *end;

	seconds = strtod(text, &end);
	if (end != text && !*end && seconds >= 0 && seconds <= 1000000) {
		*ms = ceil(seconds * 1000);
		return true;
	}
	error("'%s' is no time in seconds, such as 0.5", text);

	return false;
}

/* Names are what the remote says: nothing of them may end a JSON string. */
static void print_json_string(const char *text)
{
	const unsigned char *c;

	putchar('"');
	for (c = (const unsigned char *)text; *c; c++) {
		if (*c == '"' || *c == '\\')
			printf("\\%c", *c);
		else if (*c < ' ' || *c >= 0x7f)
			printf("\\u%04x", *c);
		else
			putchar(*c);
	}
	putchar('"');
}

void print_json_member(const char *name, const char *text)
{
	print_json_string(name);
	putchar(':');
	print_json_string(text);
}

static const struct amp_stat *find_stat(const struct amp_channel *channel,
					const char *name)
{
	size_t i;

	for (i = 0; i < channel->stats_count; i++)
		if (!strcmp(channel->stats[i].name, name))
			return &channel->stats[i];

	return NULL;
}

/* ------------------------------------------------------------------ */
/* Cores and channels as they are named on the command line            */

int no_core(const char *which, int err)
{
	struct amp_core *cores;
	int i, count = amp_cores(&cores);

	if (err != -ENODEV && err != -ENOTUNIQ)
		return error("cannot look for remote processors: %s",
			     strerror(-err));
	if (count <= 0) {
		free(cores);
		return error("there is no remote processor: load amp_remoteproc, and see 'dmesg' if that didn't help");
	}
	fflush(stdout);
	if (err == -ENOTUNIQ)
		fprintf(stderr, "amp: several remote processors%s%s, say which:",
			which ? " are named " : "", which ? which : "");
	else
		fprintf(stderr, "amp: no remote processor '%s'; there is:", which);
	for (i = 0; i < count; i++)
		fprintf(stderr, " %s", cores[i].id);
	fputc('\n', stderr);
	free(cores);

	return STATUS_ERROR;
}

/* Is there a core whose channels may still come? Otherwise, one to start. */
static bool core_runs(struct amp_core *idle)
{
	struct amp_core *cores;
	int i, count = amp_cores(&cores);
	bool runs = false;

	idle->id[0] = '\0';
	for (i = 0; i < count; i++) {
		if (!strcmp(cores[i].state, "running") ||
		    !strcmp(cores[i].state, "attached") ||
		    !strcmp(cores[i].state, "crashed"))
			runs = true;
		else
			*idle = cores[i];
	}
	free(cores);

	return runs;
}

static int no_channel(const char *which, int err)
{
	struct amp_channel *channels;
	struct amp_core idle;
	int i, count;

	if (err == -ENODEV && !core_runs(&idle)) {
		if (!idle.id[0])
			return no_core(NULL, err);
		return error("no channel '%s': %s is %s; start it with 'amp start %s'",
			     which, idle.id, idle.state, idle.id);
	}
	if (err != -ENODEV && err != -ENOTUNIQ)
		return error("cannot look for channel '%s': %s", which,
			     strerror(-err));

	count = amp_channels(&channels);
	if (count <= 0) {
		free(channels);
		return error("no channel '%s', nor any other: has the firmware announced it ('amp log'), and is amp_rpmsg_char loaded?",
			     which);
	}
	fflush(stdout);
	if (err == -ENOTUNIQ)
		fprintf(stderr, "amp: several channels are '%s', name the node:",
			which);
	else
		fprintf(stderr, "amp: no channel '%s'; there is:", which);
	for (i = 0; i < count; i++)
		fprintf(stderr, " %s%s", err == -ENOTUNIQ ? "/dev/" : "",
			err == -ENOTUNIQ ? channels[i].node : channels[i].name);
	fputc('\n', stderr);
	free(channels);

	return STATUS_ERROR;
}

/* The channel's file descriptor; negative, and said why, if there is none */
static int open_channel(const char *which, struct amp_channel *channel)
{
	long long end = now_ns() + ANNOUNCE_MS * 1000000LL;
	struct amp_core idle;
	int fd;

	for (;;) {
		fd = amp_find_channel(which, channel);
		if (fd) {
			if (fd != -ENODEV || now_ns() > end || !core_runs(&idle)) {
				no_channel(which, fd);
				return fd;
			}
		} else {
			fd = amp_open(channel);
			if (fd >= 0)
				return fd;
			/* The node comes a moment after sysfs, and goes before it. */
			if ((fd != -ENOENT && fd != -ENXIO && fd != -EPIPE) ||
			    now_ns() > end)
				break;
		}
		poll(NULL, 0, 20);
	}
	if (fd == -EBUSY)
		error("/dev/%s (%s) is in use: end the other program first ('fuser -v /dev/%s' tells which)",
		      channel->node, channel->name, channel->node);
	else if (fd == -EACCES || fd == -EPERM)
		error("no permission for /dev/%s: try it as root", channel->node);
	else
		error("cannot open /dev/%s: %s", channel->node, strerror(-fd));

	return fd;
}

/* No more than any node keeps: the firmware may send without end. */
static void drain(int fd)
{
	int i;

	for (i = 0; i < MAX_QUEUED; i++)
		if (amp_receive(fd, in, sizeof(in), 0) < 0)
			break;
}

static int send_failed(const struct amp_channel *channel, size_t len, int err)
{
	switch (err) {
	case -ETIMEDOUT:
		error("%s takes no message: the firmware has all buffers; is it alive ('amp log')?",
		      channel->name);
		return STATUS_NO_ANSWER;
	case -EMSGSIZE:
		return error("%zu bytes are too long for a message on %s, and nothing was sent; 496 fit into most firmware's buffers",
			     len, channel->name);
	case -EPIPE:
		return error("%s has gone: its core was stopped, or has crashed; see 'amp list'",
			     channel->name);
	}

	return error("cannot send to %s: %s", channel->name, strerror(-err));
}

static int receive_failed(const struct amp_channel *channel, int timeout,
			  int err)
{
	switch (err) {
	case -ETIMEDOUT:
		error("nothing from %s in %g s", channel->name, timeout / 1000.0);
		return STATUS_NO_ANSWER;
	case -EPIPE:
		return error("%s has gone: its core was stopped, or has crashed; see 'amp list'",
			     channel->name);
	}

	return error("cannot receive from %s: %s", channel->name, strerror(-err));
}

/* ------------------------------------------------------------------ */
/* list                                                                */

static void list_channel_json(const struct amp_channel *channel)
{
	char node[AMP_NAME_SIZE + 5];
	size_t i;

	snprintf(node, sizeof(node), "/dev/%s", channel->node);
	putchar('{');
	print_json_member("node", node);
	putchar(',');
	print_json_member("name", channel->name);
	printf(",\"src\":%lld,\"dst\":%lld,\"statistics\":{", channel->src,
	       channel->dst);
	for (i = 0; i < channel->stats_count; i++) {
		if (i)
			putchar(',');
		print_json_string(channel->stats[i].name);
		printf(":%lld", channel->stats[i].value);
	}
	fputs("}}", stdout);
}

static void list_json(const char *id, const struct amp_core *core,
		      const struct amp_channel *channels, int count)
{
	const char *comma = "";
	int i;

	putchar('{');
	print_json_member("id", id);
	if (core) {
		putchar(',');
		print_json_member("name", core->name);
		putchar(',');
		print_json_member("state", core->state);
		putchar(',');
		print_json_member("firmware", core->firmware);
		putchar(',');
		print_json_member("log", core->log);
		putchar(',');
		print_json_member("bulk", core->bulk);
	}
	fputs(",\"channels\":[", stdout);
	for (i = 0; i < count; i++) {
		if (strcmp(channels[i].core, id))
			continue;
		fputs(comma, stdout);
		comma = ",";
		list_channel_json(&channels[i]);
	}
	fputs("]}", stdout);
}

static void list_channel_text(const struct amp_channel *channel)
{
	const struct amp_stat *dropped = find_stat(channel, "rx_dropped");
	char node[AMP_NAME_SIZE + 5], text[24] = "-";
	size_t i;

	snprintf(node, sizeof(node), "/dev/%s", channel->node);
	if (dropped)
		snprintf(text, sizeof(text), "%lld", dropped->value);
	printf("    %-13s %-24s %5lld %5lld %10s\n", node, channel->name,
	       channel->src, channel->dst, text);
	if (!statistics)
		return;
	for (i = 0; i < channel->stats_count; i++)
		printf("        %s %lld\n", channel->stats[i].name,
		       channel->stats[i].value);
}

static void list_text(const char *id, const struct amp_core *core,
		      const struct amp_channel *channels, int count)
{
	bool any = false;
	int i;

	if (core) {
		fputs(core->id, stdout);
		if (core->name[0])
			printf(" (%s)", core->name);
		printf(": %s, firmware %s", core->state,
		       core->firmware[0] ? core->firmware : "not set");
		if (core->log[0])
			printf(", log /dev/%s", core->log);
		if (core->bulk[0])
			printf(", bulk data /dev/%s", core->bulk);
		putchar('\n');
	} else {
		puts("of no remote processor:");
	}
	for (i = 0; i < count; i++) {
		if (strcmp(channels[i].core, id))
			continue;
		if (!any)
			printf("    %-13s %-24s %5s %5s %10s\n", "node", "name",
			       "src", "dst", "rx_dropped");
		any = true;
		list_channel_text(&channels[i]);
	}
}

static int do_list(int argc, char **argv)
{
	void (*list)(const char *id, const struct amp_core *core,
		     const struct amp_channel *channels, int count);
	struct amp_core *cores = NULL, one;
	struct amp_channel *channels = NULL;
	int i, ret, core_count, count, shown = 0;
	const char *which = argc ? argv[0] : NULL;

	list = json ? list_json : list_text;
	if (which) {
		ret = amp_find_core(which, &one);
		if (ret)
			return no_core(which, ret);
	}
	core_count = amp_cores(&cores);
	count = amp_channels(&channels);
	if (core_count < 0 || count < 0) {
		free(cores);
		free(channels);
		return error("cannot read sysfs: %s",
			     strerror(core_count < 0 ? -core_count : -count));
	}

	if (json)
		putchar('[');
	for (i = 0; i < core_count; i++) {
		if (which && strcmp(cores[i].id, one.id))
			continue;
		if (json && shown)
			putchar(',');
		list(cores[i].id, &cores[i], channels, count);
		shown++;
	}
	for (i = 0; i < count && !which; i++) {
		if (channels[i].core[0])
			continue;
		if (json && shown)
			putchar(',');
		list("", NULL, channels, count);
		shown++;
		break;
	}
	if (json)
		puts("]");
	free(cores);
	free(channels);

	return shown || json ? STATUS_OK : no_core(NULL, -ENODEV);
}

/* ------------------------------------------------------------------ */
/* stats                                                               */

static int stats_of(const struct amp_channel *channels, int count)
{
	const struct amp_channel *channel;
	size_t j;
	int i;

	if (json)
		putchar('[');
	for (i = 0; i < count; i++) {
		channel = &channels[i];
		if (json) {
			if (i)
				putchar(',');
			list_channel_json(channel);
			continue;
		}
		printf("%s (/dev/%s):\n", channel->name, channel->node);
		for (j = 0; j < channel->stats_count; j++)
			printf("     %s: %lld\n", channel->stats[j].name,
			       channel->stats[j].value);
	}
	if (json)
		puts("]");

	return STATUS_OK;
}

static int do_stats(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ }
	};
	struct amp_channel one, *channels;
	int option, count, ret;

	while ((option = getopt_long(argc, argv, "j", options, NULL)) != -1) {
		if (option != 'j')
			return usage();
		json = true;
	}
	if (argc - optind > 1) {
		error("stats takes one channel at most");
		return usage();
	}
	if (argv[optind]) {
		ret = amp_find_channel(argv[optind], &one);
		return ret ? no_channel(argv[optind], ret) : stats_of(&one, 1);
	}
	count = amp_channels(&channels);
	if (count < 0)
		return error("cannot read sysfs: %s", strerror(-count));
	ret = stats_of(channels, count);
	free(channels);

	return ret;
}

/* ------------------------------------------------------------------ */
/* start, attach, stop, detach                                         */

static int control_failed(const struct amp_core *core, int err)
{
	if (err == -EACCES || err == -EPERM)
		return error("no permission to %s %s: try it as root", command,
			     core->id);
	if (err == -ENOENT && !strcmp(command, "start"))
		return error("cannot start %s: there is no /lib/firmware/%s; install it, or give another one with -f",
			     core->id, core->firmware);

	return error("cannot %s %s, which is %s: %s; the kernel's log says more ('dmesg | tail')",
		     command, core->id, core->state, strerror(-err));
}

static int choose_firmware(struct amp_core *core, const char *firmware)
{
	int ret;

	if (!firmware || !strcmp(firmware, core->firmware))
		return STATUS_OK;
	if (strcmp(core->state, "offline"))
		return error("%s is %s with %s: stop it first, with 'amp stop %s'",
			     core->id, core->state, core->firmware, core->id);
	ret = amp_set_firmware(core, firmware);
	if (ret == -EACCES || ret == -EPERM)
		return error("no permission to set the firmware of %s: try it as root",
			     core->id);
	if (ret)
		return error("cannot set the firmware of %s to '%s': %s", core->id,
			     firmware, strerror(-ret));

	return STATUS_OK;
}

/* Is it in the state that the command leads to? */
static bool is_done(const struct amp_core *core)
{
	if (!strcmp(command, "start"))
		return !strcmp(core->state, "running") ||
		       !strcmp(core->state, "attached");
	if (!strcmp(command, "attach"))
		return !strcmp(core->state, "attached");
	if (!strcmp(command, "stop"))
		return !strcmp(core->state, "offline");

	return !strcmp(core->state, "detached");
}

static int control(const char *which, const char *firmware)
{
	struct amp_core core;
	int ret;

	ret = amp_find_core(which, &core);
	if (ret)
		return no_core(which, ret);
	ret = choose_firmware(&core, firmware);
	if (ret)
		return ret;
	if (is_done(&core)) {
		fprintf(stderr, "amp: %s is %s already\n", core.id, core.state);
		return STATUS_OK;
	}
	if (!strcmp(command, "attach") && strcmp(core.state, "detached"))
		return error("cannot attach to %s, which is %s: 'amp start %s' starts what is offline",
			     core.id, core.state, core.id);
	ret = amp_control(&core, command);
	if (ret) {
		if (firmware)
			snprintf(core.firmware, sizeof(core.firmware), "%s",
				 firmware);
		return control_failed(&core, ret);
	}

	/* The kernel counts the starts: one stop needn't be all. */
	ret = amp_find_core(core.id, &core);
	if (ret)
		return no_core(which, ret);
	if (!is_done(&core))
		return error("%s is %s: if something else has started it too, %s it again",
			     core.id, core.state, command);

	return STATUS_OK;
}

/* ------------------------------------------------------------------ */
/* ping                                                                */

static volatile sig_atomic_t interrupted;

static void on_signal(int signal)
{
	(void)signal;
	interrupted = 1;
}

struct ping {
	struct amp_channel channel;
	long count;
	long size;
	int interval;
	int timeout;
	bool quiet;
	bool histogram;

	long long began;
	unsigned int sent;
	unsigned int received;
	unsigned int late;
	unsigned int wrong;
	long long min, max;	/* ns */
	double sum, squares;	/* us */
	unsigned int bucket[BUCKETS];
};

/* The number of the message, as much of it as fits, and bytes that depend on it */
static void fill_message(unsigned char *data, size_t len, unsigned int seq)
{
	size_t i;

	for (i = 0; i < len; i++)
		data[i] = i < 4 ? seq >> (8 * i) : seq + i;
}

/* Does it answer an earlier message than @seq? */
static bool is_late(const struct ping *ping, size_t len, unsigned int seq)
{
	unsigned int mask = ~0u, number = 0, before;
	size_t i;

	if (len != (size_t)ping->size || !len)
		return false;
	for (i = 0; i < len && i < 4; i++)
		number |= (unsigned int)in[i] << (8 * i);
	if (len < 4)
		mask = (1u << (8 * len)) - 1;
	before = (seq - number) & mask;
	if (!before || before >= seq)
		return false;
	fill_message(expected, len, seq - before);

	return !memcmp(in, expected, len);
}

static void ping_answered(struct ping *ping, long long ns, unsigned int seq)
{
	unsigned long long us = ns / 1000;
	int bucket = 0;

	ping->received++;
	if (ping->received == 1 || ns < ping->min)
		ping->min = ns;
	if (ns > ping->max)
		ping->max = ns;
	ping->sum += ns / 1e3;
	ping->squares += ns / 1e3 * (ns / 1e3);
	while (us >>= 1)
		bucket++;
	ping->bucket[bucket < BUCKETS ? bucket : BUCKETS - 1]++;
	if (!ping->quiet) {
		printf("%ld bytes from %s: seq=%u time=%.3f ms\n", ping->size,
		       ping->channel.name, seq, ns / 1e6);
		fflush(stdout);
	}
}

/* One message and its answer. Fails only if there is no point in another one. */
static int ping_once(struct ping *ping, int fd, unsigned int seq)
{
	long long start, now, end;
	ssize_t len;
	int ret;

	fill_message(out, ping->size, seq);
	start = now_ns();
	end = start + ping->timeout * 1000000LL;
	ret = amp_send(fd, out, ping->size, ping->timeout);
	if (ret == -EINTR)
		return STATUS_OK;
	if (ret == -ETIMEDOUT) {
		ping->sent++;
		if (!ping->quiet)
			printf("no buffer for seq=%u\n", seq);
		return STATUS_OK;
	}
	if (ret)
		return send_failed(&ping->channel, ping->size, ret);
	ping->sent++;

	for (;;) {
		now = now_ns();
		len = amp_receive(fd, in, sizeof(in),
				  now < end ? (end - now + 999999) / 1000000 : 0);
		now = now_ns();
		if (len == -EINTR) {
			/* Interrupted, it can't be said to be lost. */
			ping->sent--;
			return STATUS_OK;
		}
		if (len == -ETIMEDOUT) {
			if (!ping->quiet) {
				printf("no answer yet for seq=%u\n", seq);
				fflush(stdout);
			}
			return STATUS_OK;
		}
		if (len < 0)
			return receive_failed(&ping->channel, ping->timeout, len);
		if (len == ping->size && !memcmp(in, out, len)) {
			ping_answered(ping, now - start, seq);
			return STATUS_OK;
		}
		if (is_late(ping, len, seq)) {
			ping->late++;
			if (!ping->quiet)
				printf("%zd bytes from %s: too late\n", len,
				       ping->channel.name);
			continue;
		}
		ping->wrong++;
		if (!ping->quiet)
			printf("%zd bytes from %s: seq=%u is not what was sent\n",
			       len, ping->channel.name, seq);
		return STATUS_OK;
	}
}

static double ping_mean(const struct ping *ping)
{
	return ping->received ? ping->sum / ping->received : 0;
}

static double ping_deviation(const struct ping *ping)
{
	double mean = ping_mean(ping), square;

	square = ping->received ? ping->squares / ping->received : 0;

	return square > mean * mean ? sqrt(square - mean * mean) : 0;
}

static double ping_loss(const struct ping *ping)
{
	return ping->sent ? 100.0 * (ping->sent - ping->received) / ping->sent : 0;
}

/* Microseconds at which a bucket begins */
static unsigned long long bucket_start(int bucket)
{
	return bucket ? 1ull << bucket : 0;
}

static void print_histogram(const struct ping *ping)
{
	unsigned int most = 0;
	int i, first = -1, last = 0;

	for (i = 0; i < BUCKETS; i++) {
		if (!ping->bucket[i])
			continue;
		if (first < 0)
			first = i;
		last = i;
		if (ping->bucket[i] > most)
			most = ping->bucket[i];
	}
	if (first < 0)
		return;
	printf("%12s    %-12s : %-8s distribution\n", "", "usecs", "count");
	for (i = first; i <= last; i++) {
		unsigned long long width = (unsigned long long)ping->bucket[i] *
					   BAR_WIDTH / most;
		char bar[BAR_WIDTH + 1];

		memset(bar, '*', width);
		bar[width] = '\0';
		printf("%12llu -> %-12llu : %-8u |%-*s|\n", bucket_start(i),
		       bucket_start(i + 1) - 1, ping->bucket[i], BAR_WIDTH, bar);
	}
}

static void ping_json(const struct ping *ping)
{
	const char *comma = "";
	int i;

	putchar('{');
	print_json_member("channel", ping->channel.name);
	putchar(',');
	print_json_member("node", ping->channel.node);
	printf(",\"size\":%ld,\"transmitted\":%u,\"received\":%u,\"late\":%u,\"wrong\":%u,\"loss_percent\":%.6g",
	       ping->size, ping->sent, ping->received, ping->late, ping->wrong,
	       ping_loss(ping));
	if (ping->received)
		printf(",\"rtt_us\":{\"min\":%.3f,\"avg\":%.3f,\"max\":%.3f,\"mdev\":%.3f}",
		       ping->min / 1e3, ping_mean(ping), ping->max / 1e3,
		       ping_deviation(ping));
	fputs(",\"histogram\":[", stdout);
	for (i = 0; i < BUCKETS; i++) {
		if (!ping->bucket[i])
			continue;
		printf("%s{\"from_us\":%llu,\"to_us\":%llu,\"count\":%u}", comma,
		       bucket_start(i), bucket_start(i + 1) - 1, ping->bucket[i]);
		comma = ",";
	}
	puts("]}");
}

static void ping_text(const struct ping *ping)
{
	printf("\n--- %s ping statistics ---\n", ping->channel.name);
	printf("%u packets transmitted, %u received", ping->sent, ping->received);
	if (ping->wrong)
		printf(", +%u wrong", ping->wrong);
	if (ping->late)
		printf(", +%u too late", ping->late);
	printf(", %.6g%% packet loss, time %lldms\n", ping_loss(ping),
	       (now_ns() - ping->began) / 1000000);
	if (ping->received)
		printf("rtt min/avg/max/mdev = %.3f/%.3f/%.3f/%.3f ms\n",
		       ping->min / 1e6, ping_mean(ping) / 1e3, ping->max / 1e6,
		       ping_deviation(ping) / 1e3);
	if (ping->histogram)
		print_histogram(ping);
}

static int run_ping(struct ping *ping, const char *which)
{
	struct sigaction action = { .sa_handler = on_signal,
				    .sa_flags = SA_RESETHAND };
	long long next, now;
	int fd, ret = STATUS_OK;
	unsigned int seq;

	fd = open_channel(which, &ping->channel);
	if (fd < 0)
		return STATUS_ERROR;
	/* What has come before is no answer to us. */
	drain(fd);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);

	if (json)
		ping->quiet = true;
	else
		printf("PING %s (/dev/%s, %lld to %lld) %ld bytes of data.\n",
		       ping->channel.name, ping->channel.node, ping->channel.src,
		       ping->channel.dst, ping->size);
	fflush(stdout);

	ping->began = now_ns();
	next = ping->began;
	for (seq = 1; !ret && !interrupted; seq++) {
		ret = ping_once(ping, fd, seq);
		if (ping->count && seq >= ping->count)
			break;
		next += ping->interval * 1000000LL;
		now = now_ns();
		if (next < now)
			next = now;
		else if (!ret && !interrupted)
			poll(NULL, 0, (next - now) / 1000000);
	}
	close(fd);

	if (json)
		ping_json(ping);
	else
		ping_text(ping);
	if (!ret && !ping->received && ping->wrong)
		return error("%s answers, but doesn't send back what it gets; 'amp send %s TEXT -n 1' shows an answer",
			     ping->channel.name, ping->channel.name);

	if (ret)
		return ret;

	return ping->received ? STATUS_OK : STATUS_NO_ANSWER;
}

static int do_ping(int argc, char **argv)
{
	static const struct option options[] = {
		{ "count", required_argument, NULL, 'c' },
		{ "histogram", no_argument, NULL, 'H' },
		{ "interval", required_argument, NULL, 'i' },
		{ "json", no_argument, NULL, 'j' },
		{ "quiet", no_argument, NULL, 'q' },
		{ "size", required_argument, NULL, 's' },
		{ "timeout", required_argument, NULL, 'W' },
		{}
	};
	struct ping ping = { .size = 56, .interval = 1000, .timeout = 1000 };
	int option;

	while ((option = getopt_long(argc, argv, "c:Hi:jqs:W:", options,
				     NULL)) != -1) {
		switch (option) {
		case 'c':
			if (!parse_count(optarg, 1000000000, &ping.count))
				return usage();
			break;
		case 'H':
			ping.histogram = true;
			break;
		case 'i':
			if (!parse_seconds(optarg, &ping.interval))
				return usage();
			break;
		case 'j':
			json = true;
			break;
		case 'q':
			ping.quiet = true;
			break;
		case 's':
			if (!parse_count(optarg, MAX_MESSAGE, &ping.size))
				return usage();
			break;
		case 'W':
			if (!parse_seconds(optarg, &ping.timeout))
				return usage();
			break;
		default:
			return usage();
		}
	}
	if (argc - optind != 1) {
		error("ping needs one channel; 'amp list' shows which there are");
		return usage();
	}

	return run_ping(&ping, argv[optind]);
}

/* ------------------------------------------------------------------ */
/* send, recv                                                          */

struct transfer {
	long count;		/* messages to receive */
	bool forever;
	int timeout;
	bool lines;
	bool raw;
	bool hex;
};

static int print_message(const struct transfer *transfer, size_t len)
{
	size_t i;

	if (transfer->hex) {
		for (i = 0; i < len; i++)
			printf("%s%02x", i ? " " : "", in[i]);
		putchar('\n');
	} else {
		fwrite(in, 1, len, stdout);
		if (!transfer->raw)
			putchar('\n');
	}
	if (fflush(stdout))
		return error("cannot write the message: %s", strerror(errno));

	return STATUS_OK;
}

static int receive_messages(const struct transfer *transfer, int fd,
			    const struct amp_channel *channel)
{
	ssize_t len;
	long i;
	int ret;

	for (i = 0; transfer->forever || i < transfer->count; i++) {
		len = amp_receive(fd, in, sizeof(in), transfer->timeout);
		if (len < 0)
			return receive_failed(channel, transfer->timeout, len);
		ret = print_message(transfer, len);
		if (ret)
			return ret;
	}

	return STATUS_OK;
}

static int send_message(const struct transfer *transfer, int fd,
			const struct amp_channel *channel, const void *data,
			size_t len)
{
	int ret = amp_send(fd, data, len, transfer->timeout);

	if (ret)
		return send_failed(channel, len, ret);

	return receive_messages(transfer, fd, channel);
}

static int send_lines(const struct transfer *transfer, int fd,
		      const struct amp_channel *channel)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;
	int ret = STATUS_OK;

	while (!ret && (len = getline(&line, &size, stdin)) >= 0) {
		if (len && line[len - 1] == '\n')
			len--;
		ret = send_message(transfer, fd, channel, line, len);
	}
	if (!ret && ferror(stdin))
		ret = error("cannot read standard input: %s", strerror(errno));
	free(line);

	return ret;
}

static int send_input(const struct transfer *transfer, int fd,
		      const struct amp_channel *channel)
{
	size_t len = fread(out, 1, sizeof(out), stdin);

	if (ferror(stdin))
		return error("cannot read standard input: %s", strerror(errno));
	if (len == sizeof(out) && getchar() != EOF)
		return error("standard input is longer than any message, and nothing was sent; with -l each line is one");

	return send_message(transfer, fd, channel, out, len);
}

static int parse_transfer(int argc, char **argv, const char *letters,
			  struct transfer *transfer)
{
	static const struct option options[] = {
		{ "lines", no_argument, NULL, 'l' },
		{ "count", required_argument, NULL, 'n' },
		{ "raw", no_argument, NULL, 'r' },
		{ "timeout", required_argument, NULL, 'W' },
		{ "hex", no_argument, NULL, 'x' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, letters, options, NULL)) != -1) {
		/* The long ones are not told apart by command. */
		if (option == '?' || !strchr(letters, option))
			return usage();
		switch (option) {
		case 'l':
			transfer->lines = true;
			break;
		case 'n':
			if (!parse_count(optarg, 1000000000, &transfer->count))
				return usage();
			transfer->forever = false;
			break;
		case 'r':
			transfer->raw = true;
			break;
		case 'W':
			if (!parse_seconds(optarg, &transfer->timeout))
				return usage();
			break;
		case 'x':
			transfer->hex = true;
			break;
		}
	}

	return STATUS_OK;
}

static int do_send(int argc, char **argv)
{
	struct transfer transfer = { .timeout = 5000 };
	struct amp_channel channel;
	const char *text;
	int fd, ret;

	ret = parse_transfer(argc, argv, "ln:rW:x", &transfer);
	if (ret)
		return ret;
	if (argc - optind != 2) {
		error("send needs a channel and a text ('-' for standard input); quote a text with spaces");
		return usage();
	}
	text = argv[optind + 1];
	if (transfer.lines && strcmp(text, "-")) {
		error("-l is for lines of standard input: give '-' as the text");
		return usage();
	}
	fd = open_channel(argv[optind], &channel);
	if (fd < 0)
		return STATUS_ERROR;
	/* What has come before is no answer to this. */
	drain(fd);
	if (strcmp(text, "-"))
		ret = send_message(&transfer, fd, &channel, text, strlen(text));
	else if (transfer.lines)
		ret = send_lines(&transfer, fd, &channel);
	else
		ret = send_input(&transfer, fd, &channel);
	close(fd);

	return ret;
}

static int do_recv(int argc, char **argv)
{
	struct transfer transfer = { .timeout = -1, .forever = true };
	struct amp_channel channel;
	int fd, ret;

	ret = parse_transfer(argc, argv, "n:rW:x", &transfer);
	if (ret)
		return ret;
	if (argc - optind != 1) {
		error("recv needs one channel; 'amp list' shows which there are");
		return usage();
	}
	fd = open_channel(argv[optind], &channel);
	if (fd < 0)
		return STATUS_ERROR;
	ret = receive_messages(&transfer, fd, &channel);
	close(fd);

	return ret;
}

/* ------------------------------------------------------------------ */
/* log                                                                 */

static int follow_log(const struct amp_core *core, int fd, bool follow)
{
	ssize_t len;

	for (;;) {
		len = amp_receive(fd, in, sizeof(in), follow ? -1 : 0);
		if (len == -ETIMEDOUT || !len)
			return STATUS_OK;
		if (len == -ENODEV)
			return error("the driver of %s was removed", core->id);
		if (len < 0)
			return error("cannot read /dev/%s: %s", core->log,
				     strerror(-len));
		fwrite(in, 1, len, stdout);
		if (fflush(stdout))
			return error("cannot write the log: %s", strerror(errno));
	}
}

static int do_log(int argc, char **argv)
{
	static const struct option options[] = {
		{ "follow", no_argument, NULL, 'f' },
		{}
	};
	bool follow = false;
	struct amp_core core;
	const char *which;
	int option, fd, ret;

	while ((option = getopt_long(argc, argv, "f", options, NULL)) != -1) {
		if (option != 'f')
			return usage();
		follow = true;
	}
	if (argc - optind > 1) {
		error("log takes one core at most");
		return usage();
	}
	which = argv[optind];
	ret = amp_find_core(which, &core);
	if (ret)
		return no_core(which, ret);
	fd = amp_open_log(&core);
	if (fd == -ENOENT)
		return error("the driver of %s keeps no log: it isn't amp_remoteproc; try /sys/kernel/debug/remoteproc/%s/trace0",
			     core.id, core.id);
	if (fd == -EACCES || fd == -EPERM)
		return error("no permission for /dev/%s: try it as root", core.log);
	if (fd < 0)
		return error("cannot open /dev/%s: %s", core.log, strerror(-fd));
	ret = follow_log(&core, fd, follow);
	close(fd);

	return ret;
}

/* ------------------------------------------------------------------ */
/* The command line                                                    */

static int do_control(int argc, char **argv)
{
	static const struct option options[] = {
		{ "firmware", required_argument, NULL, 'f' },
		{}
	};
	const char *firmware = NULL;
	int option;

	while ((option = getopt_long(argc, argv, "f:", options, NULL)) != -1) {
		if (option != 'f')
			return usage();
		firmware = optarg;
	}
	if (firmware && strcmp(command, "start")) {
		error("-f is for start");
		return usage();
	}
	if (argc - optind > 1) {
		error("%s takes one core at most", command);
		return usage();
	}

	return control(argv[optind], firmware);
}

static int do_list_command(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "statistics", no_argument, NULL, 's' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "js", options, NULL)) != -1) {
		if (option == 'j')
			json = true;
		else if (option == 's')
			statistics = true;
		else
			return usage();
	}
	if (argc - optind > 1) {
		error("list takes one core at most");
		return usage();
	}

	return do_list(argc - optind, argv + optind);
}

static const struct command {
	const char *name;
	int (*run)(int argc, char **argv);
	bool has_json;
} commands[] = {
	{ "list", do_list_command, true },
	{ "stats", do_stats, true },
	{ "start", do_control, false },
	{ "attach", do_control, false },
	{ "stop", do_control, false },
	{ "detach", do_control, false },
	{ "ping", do_ping, true },
	{ "send", do_send, false },
	{ "recv", do_recv, false },
	{ "log", do_log, false },
	{ "bulk", do_bulk, true },
};

int main(int argc, char **argv)
{
	static const struct option options[] = {
		{ "json", no_argument, NULL, 'j' },
		{ "statistics", no_argument, NULL, 's' },
		{ "help", no_argument, NULL, 'h' },
		{ "version", no_argument, NULL, 'V' },
		{}
	};
	int option, ret;
	char name[16];
	size_t i;

	/* Whatever the path it was called by, as getopt's messages begin with it */
	argv[0] = "amp";
	while ((option = getopt_long(argc, argv, "+jshV", options, NULL)) != -1) {
		switch (option) {
		case 'j':
			json = true;
			break;
		case 's':
			statistics = true;
			break;
		case 'h':
			fputs(help, stdout);
			return STATUS_OK;
		case 'V':
			puts("amp " VERSION);
			return STATUS_OK;
		default:
			return usage();
		}
	}
	argc -= optind;
	argv += optind;
	if (!argc) {
		fputs(help, stderr);
		return STATUS_ERROR;
	}
	if (!strcmp(argv[0], "help")) {
		fputs(help, stdout);
		return STATUS_OK;
	}
	for (i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(argv[0], commands[i].name))
			continue;
		if (json && !commands[i].has_json) {
			error("%s has no JSON output", argv[0]);
			return usage();
		}
		command = commands[i].name;
		snprintf(name, sizeof(name), "amp %s", command);
		argv[0] = name;
		/* From the start: the options of a command may follow its arguments. */
		optind = 0;
		ret = commands[i].run(argc, argv);
		if (fflush(stdout) || ferror(stdout))
			return error("cannot write the output");
		return ret;
	}
	error("unknown command '%s'", argv[0]);

	return usage();
}
