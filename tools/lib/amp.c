// SPDX-License-Identifier: GPL-2.0
/*
 * libamp: remote processors and channels as sysfs and /dev have them, see amp.h
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "amp.h"
#include "internal.h"

#define CORES		"/sys/class/remoteproc"
#define CHANNELS	"/sys/class/rpmsg"
#define MISC		"/sys/class/misc"

static void copy_name(char *to, size_t size, const char *from)
{
	size_t len = strnlen(from, size - 1);

	memcpy(to, from, len);
	to[len] = '\0';
}

/* The first line of a file, without its end; "" and an errno if there is none */
static int read_line(const char *dir, const char *file, char *text, size_t size)
{
	char path[PATH_MAX];
	ssize_t len;
	int fd;

	text[0] = '\0';
	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	len = read(fd, text, size - 1);
	if (len < 0)
		len = -errno;
	close(fd);
	if (len < 0)
		return len;
	text[len] = '\0';
	text[strcspn(text, "\n")] = '\0';

	return 0;
}

static int write_text(const char *dir, const char *file, const char *text)
{
	char path[PATH_MAX];
	int fd, ret = 0;

	snprintf(path, sizeof(path), "%s/%s", dir, file);
	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);

	return ret;
}

/* Is it PREFIX and a number? */
static int is_numbered(const char *name, const char *prefix)
{
	size_t len = strlen(prefix);

	return !strncmp(name, prefix, len) && name[len] &&
	       strspn(name + len, "0123456789") == strlen(name + len);
}

static int by_number(const void *a, const void *b)
{
	const char *x = a, *y = b;
	unsigned long m = strtoul(x + strcspn(x, "0123456789"), NULL, 10);
	unsigned long n = strtoul(y + strcspn(y, "0123456789"), NULL, 10);

	return m < n ? -1 : m > n;
}

/*
 * Makes an array of what a class has, in the order of the numbers. Each element
 * begins with its name. One that has gone when it is read is left out.
 */
static int list_class(const char *class, const char *prefix, size_t size,
		      int (*fill)(const char *dir, const char *id, void *elem),
		      void **array)
{
	char path[PATH_MAX];
	struct dirent *entry;
	char *all = NULL, *more;
	size_t count = 0;
	int ret = 0;
	DIR *dir;

	*array = NULL;
	dir = opendir(class);
	if (!dir)
		/* The class comes with the first module that has it. */
		return errno == ENOENT ? 0 : -errno;
	while ((entry = readdir(dir))) {
		if (!is_numbered(entry->d_name, prefix))
			continue;
		more = realloc(all, (count + 1) * size);
		if (!more) {
			ret = -ENOMEM;
			break;
		}
		all = more;
		memset(all + count * size, 0, size);
		snprintf(path, sizeof(path), "%s/%s", class, entry->d_name);
		if (!fill(path, entry->d_name, all + count * size))
			count++;
	}
	closedir(dir);
	if (ret) {
		free(all);
		return ret;
	}
	if (count)
		qsort(all, count, size, by_number);
	*array = all;

	return count;
}

/* The remote processor that a device in sysfs is a descendant of, or "" */
static int find_ancestor(const char *dir, char *core, size_t size)
{
	char path[PATH_MAX], *part;

	core[0] = '\0';
	if (!realpath(dir, path))
		return -errno;
	for (part = strtok(path, "/"); part; part = strtok(NULL, "/"))
		if (is_numbered(part, "remoteproc"))
			copy_name(core, size, part);

	return 0;
}

static void find_bulk(struct amp_core *core)
{
	char path[PATH_MAX], id[AMP_NAME_SIZE];
	struct dirent *entry;
	DIR *dir;

	dir = opendir(MISC);
	if (!dir)
		return;
	while ((entry = readdir(dir))) {
		if (!is_numbered(entry->d_name, "amp-bulk"))
			continue;
		snprintf(path, sizeof(path), MISC "/%s", entry->d_name);
		if (!find_ancestor(path, id, sizeof(id)) && !strcmp(id, core->id))
			copy_name(core->bulk, sizeof(core->bulk), entry->d_name);
	}
	closedir(dir);
}

static int fill_core(const char *dir, const char *id, void *elem)
{
	struct amp_core *core = elem;
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *device;
	int ret;

	copy_name(core->id, sizeof(core->id), id);
	ret = read_line(dir, "state", core->state, sizeof(core->state));
	if (ret)
		return ret;
	read_line(dir, "name", core->name, sizeof(core->name));
	read_line(dir, "firmware", core->firmware, sizeof(core->firmware));
	find_bulk(core);

	/* The log is, as the core, a child of the platform device. */
	snprintf(path, sizeof(path), "%s/device", dir);
	device = opendir(path);
	if (!device)
		return 0;
	while ((entry = readdir(device)))
		if (is_numbered(entry->d_name, "amp-log"))
			copy_name(core->log, sizeof(core->log), entry->d_name);
	closedir(device);

	return 0;
}

static int read_number(const char *dir, const char *file, long long *value)
{
	char text[64], *end;
	int ret = read_line(dir, file, text, sizeof(text));

	if (ret)
		return ret;
	errno = 0;
	*value = strtoll(text, &end, 10);

	return errno || end == text || *end ? -EINVAL : 0;
}

static void add_stat(struct amp_channel *channel, const char *dir,
		     const char *file)
{
	struct amp_stat *stat = &channel->stats[channel->stats_count];

	if (channel->stats_count == AMP_MAX_STATS ||
	    read_number(dir, file, &stat->value))
		return;
	copy_name(stat->name, sizeof(stat->name), file);
	channel->stats_count++;
}

static int by_name(const void *a, const void *b)
{
	const struct amp_stat *x = a, *y = b;

	return strcmp(x->name, y->name);
}

/* Whatever is there: drivers differ in what they count. */
static void fill_stats(const char *dir, struct amp_channel *channel)
{
	char path[PATH_MAX];
	struct dirent *entry;
	DIR *files;

	snprintf(path, sizeof(path), "%s/statistics", dir);
	files = opendir(path);
	if (!files) {
		add_stat(channel, dir, "rx_dropped");
		return;
	}
	while ((entry = readdir(files)))
		if (entry->d_type == DT_REG)
			add_stat(channel, path, entry->d_name);
	closedir(files);
	qsort(channel->stats, channel->stats_count, sizeof(channel->stats[0]),
	      by_name);
}

static int fill_channel(const char *dir, const char *id, void *elem)
{
	struct amp_channel *channel = elem;
	int ret;

	copy_name(channel->node, sizeof(channel->node), id);
	ret = read_line(dir, "name", channel->name, sizeof(channel->name));
	if (ret)
		return ret;
	if (read_number(dir, "src", &channel->src) ||
	    read_number(dir, "dst", &channel->dst))
		return -EINVAL;
	fill_stats(dir, channel);

	return find_ancestor(dir, channel->core, sizeof(channel->core));
}

int amp_cores(struct amp_core **cores)
{
	void *array;
	int count = list_class(CORES, "remoteproc", sizeof(**cores), fill_core,
			       &array);

	*cores = array;

	return count;
}

int amp_channels(struct amp_channel **channels)
{
	void *array;
	int count = list_class(CHANNELS, "rpmsg", sizeof(**channels),
			       fill_channel, &array);

	*channels = array;

	return count;
}

int amp_find_core(const char *which, struct amp_core *core)
{
	struct amp_core *cores;
	int count = amp_cores(&cores);
	int i, found = 0;

	if (count < 0)
		return count;
	/* A name may be another's too, an id isn't. */
	for (i = 0; which && i < count; i++) {
		if (strcmp(cores[i].id, which))
			continue;
		*core = cores[i];
		free(cores);
		return 0;
	}
	for (i = 0; i < count; i++) {
		if (which && strcmp(cores[i].name, which))
			continue;
		*core = cores[i];
		found++;
	}
	free(cores);

	if (found == 1)
		return 0;

	return found ? -ENOTUNIQ : -ENODEV;
}

static int channel_is(const struct amp_channel *channel, const char *which)
{
	size_t len = strlen(channel->core);

	if (!strcmp(channel->name, which))
		return 1;

	return len && !strncmp(which, channel->core, len) && which[len] == '/' &&
	       !strcmp(channel->name, which + len + 1);
}

int amp_find_channel(const char *which, struct amp_channel *channel)
{
	struct amp_channel *channels;
	const char *node = which;
	int i, count, found = 0;
	char path[PATH_MAX];

	/* A link to the node will do as well. */
	if (which[0] == '/') {
		if (!realpath(which, path))
			return errno == ENOENT ? -ENODEV : -errno;
		node = strncmp(path, "/dev/", 5) ? "" : path + 5;
	}

	count = amp_channels(&channels);
	if (count < 0)
		return count;
	for (i = 0; i < count; i++) {
		if (strcmp(channels[i].node, node))
			continue;
		*channel = channels[i];
		free(channels);
		return 0;
	}
	for (i = 0; i < count; i++) {
		if (!channel_is(&channels[i], which))
			continue;
		*channel = channels[i];
		found++;
	}
	free(channels);

	if (found == 1)
		return 0;

	return found ? -ENOTUNIQ : -ENODEV;
}

static int open_node(const char *node, int flags)
{
	char path[PATH_MAX];
	int fd;

	snprintf(path, sizeof(path), "/dev/%s", node);
	fd = open(path, flags | O_NONBLOCK | O_CLOEXEC);

	return fd < 0 ? -errno : fd;
}

int amp_open_node(const char *node)
{
	return open_node(node, O_RDWR);
}

int amp_open(const struct amp_channel *channel)
{
	return amp_open_node(channel->node);
}

static long long now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);

	return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* Waits until @events have come; the end of the channel counts as that. */
static int wait_for(int fd, short events, int timeout_ms, long long since)
{
	struct pollfd p = { .fd = fd, .events = events };
	long long left = -1;
	int ret;

	if (timeout_ms >= 0) {
		left = since + timeout_ms - now_ms();
		if (left < 0)
			left = 0;
	}
	ret = poll(&p, 1, left);
	if (ret < 0)
		return -errno;

	return ret ? 0 : -ETIMEDOUT;
}

int amp_send(int fd, const void *data, size_t len, int timeout_ms)
{
	long long since = now_ms();
	int ret;

	while (write(fd, data, len) < 0) {
		if (errno != EAGAIN)
			return -errno;
		ret = wait_for(fd, POLLOUT, timeout_ms, since);
		if (ret)
			return ret;
	}

	return 0;
}

ssize_t amp_receive(int fd, void *data, size_t len, int timeout_ms)
{
	long long since = now_ms();
	ssize_t got;
	int ret;

	while ((got = read(fd, data, len)) < 0) {
		if (errno != EAGAIN)
			return -errno;
		ret = wait_for(fd, POLLIN, timeout_ms, since);
		if (ret)
			return ret;
	}

	return got;
}

static int write_core(const struct amp_core *core, const char *file,
		      const char *text)
{
	char dir[sizeof(CORES) + AMP_NAME_SIZE];

	snprintf(dir, sizeof(dir), CORES "/%s", core->id);

	return write_text(dir, file, text);
}

int amp_set_firmware(const struct amp_core *core, const char *firmware)
{
	return write_core(core, "firmware", firmware);
}

int amp_control(const struct amp_core *core, const char *command)
{
	/* The kernel has one word for both. */
	if (!strcmp(command, "attach"))
		command = "start";

	return write_core(core, "state", command);
}

int amp_open_log(const struct amp_core *core)
{
	return core->log[0] ? open_node(core->log, O_RDONLY) : -ENOENT;
}
