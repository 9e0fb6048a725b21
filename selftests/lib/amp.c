// SPDX-License-Identifier: GPL-2.0
/*
 * The remote processor as user space sees it: sysfs, /dev/rpmsgN and the
 * module system calls. See amp.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>

#include "amp.h"

#define ARRAY_LEN(a)	(sizeof(a) / sizeof((a)[0]))

/* In the order in which they are loaded. */
static const char * const modules[] = {
	"amp_imx_mu", "amp_remoteproc", "amp_rpmsg", "amp_rpmsg_char",
};

static pid_t owner;
static char firmware_before[PATH_MAX];

static const char *env(const char *name, const char *fallback)
{
	const char *value = getenv(name);

	return value && *value ? value : fallback;
}

const char *amp_fw_echo(void)
{
	return env("AMP_FW_ECHO", "amp/echo.elf");
}

const char *amp_fw_hello(void)
{
	return env("AMP_FW_HELLO", "amp/hello.elf");
}

const char *amp_fw_ddr(void)
{
	return env("AMP_FW_DDR", "amp/echo-ddr.elf");
}

const char *amp_fw_stall(void)
{
	return env("AMP_FW_STALL", "amp/stall.elf");
}

const char *amp_fw_bulk(void)
{
	return env("AMP_FW_BULK", "amp/bulk.elf");
}

const char *amp_fw_trouble(void)
{
	return env("AMP_FW_TROUBLE", "amp/trouble.elf");
}

long long amp_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * 1000LL + ts.tv_nsec / 1000000;
}

int amp_timeout_ms(void)
{
	int seconds = atoi(env("AMP_TIMEOUT", "10"));

	return 1000 * (seconds > 0 ? seconds : 10);
}

/* How often to do what is done many times to look for leaks. */
int amp_cycles(int usual)
{
	int wanted = atoi(env("AMP_CYCLES", "0"));

	return wanted > 0 ? wanted : usual;
}

unsigned int amp_env_number(const char *name, unsigned int usual)
{
	const char *value = env(name, "");

	return *value ? strtoul(value, NULL, 0) : usual;
}

/* Reads an attribute without its newline. */
int amp_attr_read(char *buf, size_t size, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	ssize_t n;
	int fd;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);

	buf[0] = '\0';
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	n = read(fd, buf, size - 1);
	if (n < 0)
		n = -errno;
	close(fd);
	if (n < 0)
		return n;
	while (n > 0 && buf[n - 1] == '\n')
		n--;
	buf[n] = '\0';
	return n;
}

/* Writes an attribute; for an empty value its terminator, so that there is a write. */
int amp_attr_write(const char *val, const char *fmt, ...)
{
	char path[PATH_MAX];
	va_list args;
	int fd, ret = 0;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);

	fd = open(path, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (write(fd, val, *val ? strlen(val) : 1) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

/*
 * The sysfs directory of the remote processor, or NULL. Looked up at each call,
 * because reloading the driver makes it a new device.
 */
const char *amp_rproc(void)
{
	static const char class[] = "/sys/class/remoteproc";
	static char path[PATH_MAX];
	const char *want = env("AMP_RPROC", "");
	struct dirent *d;
	int n, best = INT_MAX;
	DIR *dir;

	if (*want) {
		if (*want == '/')
			snprintf(path, sizeof(path), "%s", want);
		else
			snprintf(path, sizeof(path), "%s/%s", class, want);
		return access(path, F_OK) ? NULL : path;
	}

	dir = opendir(class);
	if (!dir)
		return NULL;
	while ((d = readdir(dir)))
		if (sscanf(d->d_name, "remoteproc%d", &n) == 1 && n < best)
			best = n;
	closedir(dir);
	if (best == INT_MAX)
		return NULL;
	snprintf(path, sizeof(path), "%s/remoteproc%d", class, best);
	return path;
}

bool amp_state_is(const char *state)
{
	const char *rproc = amp_rproc();
	char buf[32];

	return rproc && amp_attr_read(buf, sizeof(buf), "%s/state", rproc) > 0 &&
	       !strcmp(buf, state);
}

int amp_set_firmware(const char *fw)
{
	const char *rproc = amp_rproc();

	return rproc ? amp_attr_write(fw, "%s/firmware", rproc) : -ENODEV;
}

int amp_command(const char *command)
{
	const char *rproc = amp_rproc();

	return rproc ? amp_attr_write(command, "%s/state", rproc) : -ENODEV;
}

int amp_stop(void)
{
	int ret, i;

	/* more than once, if it has been started more than once */
	for (i = 0; i < 8 && !amp_state_is("offline"); i++) {
		ret = amp_command("stop");
		if (ret)
			return ret;
	}
	return amp_state_is("offline") ? 0 : -EIO;
}

int amp_start(const char *fw)
{
	int ret = amp_stop();

	if (!ret)
		ret = amp_set_firmware(fw);
	if (!ret)
		ret = amp_command("start");
	if (!ret && !amp_state_is("running"))
		ret = -EIO;
	return ret;
}

/* Where the kernel would find @fw, as far as it is not compressed. */
int amp_fw_path(const char *fw, char *path, size_t size)
{
	char dirs[3][PATH_MAX / 2] = { "", "/lib/firmware/updates",
				       "/lib/firmware" };
	unsigned int i;

	amp_attr_read(dirs[0], sizeof(dirs[0]),
		      "/sys/module/firmware_class/parameters/path");
	for (i = 0; i < ARRAY_LEN(dirs); i++) {
		if (!dirs[i][0])
			continue;
		snprintf(path, size, "%s/%s", dirs[i], fw);
		if (!access(path, R_OK))
			return 0;
	}
	return -ENOENT;
}

bool amp_fw_exists(const char *fw)
{
	char path[PATH_MAX];

	return !amp_fw_path(fw, path, sizeof(path));
}

/*
 * Changes the first @what in the file of the firmware into @by, which is as long.
 * Then nobody has it open any more: the kernel reads no file that may be written to.
 * Returns a negative errno; -ENOENT also if there is no @what.
 */
int amp_fw_replace(const char *fw, const char *what, const char *by)
{
	char path[PATH_MAX], *image = MAP_FAILED, *at = NULL;
	struct stat st;
	int fd, ret;

	ret = amp_fw_path(fw, path, sizeof(path));
	if (ret)
		return ret;
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (!fstat(fd, &st))
		image = mmap(NULL, st.st_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (image != MAP_FAILED) {
		at = memmem(image, st.st_size, what, strlen(what));
		if (at)
			memcpy(at, by, strlen(by));
		munmap(image, st.st_size);
	}
	close(fd);
	return at ? 0 : -ENOENT;
}

/* The virtio device that our bus is on */
static int amp_bus(char *path, size_t size)
{
	static const char driver[] = "/sys/bus/virtio/drivers/amp_rpmsg";
	DIR *dir = opendir(driver);
	struct dirent *entry;
	int ret = -ENODEV;

	while (dir && ret && (entry = readdir(dir))) {
		if (strncmp(entry->d_name, "virtio", 6))
			continue;
		snprintf(path, size, "%s/%.60s", driver, entry->d_name);
		ret = 0;
	}
	if (dir)
		closedir(dir);
	return ret;
}

/* A setting of the bus, such as rx_coalesce_usecs */
int amp_bus_get(const char *name, char *value, size_t size)
{
	char bus[128];
	int ret = amp_bus(bus, sizeof(bus));

	return ret ? ret : amp_attr_read(value, size, "%s/%s", bus, name);
}

int amp_bus_set(const char *name, const char *value)
{
	char bus[128];
	int ret = amp_bus(bus, sizeof(bus));

	return ret ? ret : amp_attr_write(value, "%s/%s", bus, name);
}

/* Finds the class device of a channel: @node becomes "rpmsgN". */
int amp_channel_find(const char *name, char *node, size_t size)
{
	char value[64];
	struct dirent *d;
	int ret = -ENOENT;
	DIR *dir;

	dir = opendir("/sys/class/rpmsg");
	if (!dir)
		return -errno;
	while (ret && (d = readdir(dir))) {
		if (strncmp(d->d_name, "rpmsg", 5))
			continue;
		if (amp_attr_read(value, sizeof(value), "/sys/class/rpmsg/%s/name",
				  d->d_name) < 0 || strcmp(value, name))
			continue;
		snprintf(node, size, "%s", d->d_name);
		ret = 0;
	}
	closedir(dir);
	return ret;
}

static bool channel_ready(const char *name, char *node, size_t size)
{
	char path[PATH_MAX];
	struct stat st;

	if (amp_channel_find(name, node, size))
		return false;
	snprintf(path, sizeof(path), "/dev/%s", node);
	return !stat(path, &st) && S_ISCHR(st.st_mode);
}

int amp_channel_wait(const char *name, char *node, size_t size)
{
	return amp_wait_for(channel_ready(name, node, size)) ? 0 : -ETIMEDOUT;
}

/* Waits for the channel's node and opens it. */
int amp_open(const char *name, int flags)
{
	char node[64], path[80];
	int fd, ret;

	ret = amp_channel_wait(name, node, sizeof(node));
	if (ret)
		return ret;
	snprintf(path, sizeof(path), "/dev/%s", node);
	fd = open(path, flags | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

/* The number of channels that have a node. */
int amp_nodes(void)
{
	struct dirent *d;
	int count = 0, n;
	DIR *dir;

	dir = opendir("/dev");
	if (!dir)
		return -errno;
	while ((d = readdir(dir)))
		if (sscanf(d->d_name, "rpmsg%d", &n) == 1)
			count++;
	closedir(dir);
	return count;
}

/* Fills @buf so that neither a shifted nor an older message looks the same. */
void amp_fill(void *buf, size_t len, unsigned int seed)
{
	uint32_t x = (seed + 1) * 2654435761u ^ (uint32_t)len << 16;
	uint8_t *p = buf;

	if (!x)
		x = 1;
	while (len--) {
		x ^= x << 13;
		x ^= x >> 17;
		x ^= x << 5;
		*p++ = x;
	}
}

static int wait_events(int fd, short events)
{
	struct pollfd pfd = { .fd = fd, .events = events };
	int n = poll(&pfd, 1, amp_timeout_ms());

	if (n < 0)
		return -errno;
	return n ? 0 : -ETIMEDOUT;
}

/* Writes one message, whether or not the descriptor blocks. */
int amp_send(int fd, const void *buf, size_t len)
{
	ssize_t n;
	int ret;

	while ((n = write(fd, buf, len)) < 0 && errno == EAGAIN) {
		ret = wait_events(fd, POLLOUT);
		if (ret)
			return ret;
	}
	if (n < 0)
		return -errno;
	return (size_t)n == len ? 0 : -EIO;
}

/* Reads one message and returns its length. */
int amp_receive(int fd, void *buf, size_t size)
{
	int ret = wait_events(fd, POLLIN);
	ssize_t n;

	if (ret)
		return ret;
	n = read(fd, buf, size);
	return n < 0 ? -errno : n;
}

static int exchange(int fd, const void *out, size_t len)
{
	char in[4096];
	int ret;

	ret = amp_send(fd, out, len);
	if (ret)
		return ret;
	ret = amp_receive(fd, in, sizeof(in));
	if (ret < 0)
		return ret;
	return (size_t)ret == len && !memcmp(in, out, len) ? 0 : -EPROTO;
}

/* Sends @len bytes; -EPROTO unless exactly those come back. */
int amp_echo(int fd, size_t len, unsigned int seed)
{
	char out[4096];

	if (len > sizeof(out))
		return -EINVAL;
	amp_fill(out, len, seed);
	return exchange(fd, out, len);
}

int amp_echo_text(int fd, const char *text)
{
	return exchange(fd, text, strlen(text));
}

/* Opens the echo channel and has one message come back. */
int amp_echo_works(unsigned int seed)
{
	int fd, ret;

	fd = amp_open(AMP_ECHO, O_RDWR);
	if (fd < 0)
		return fd;
	ret = amp_echo(fd, seed % (AMP_MTU + 1), seed);
	close(fd);
	return ret;
}

/* The same with @count messages, of lengths up to the longest. */
int amp_echoes_work(int count)
{
	int fd, ret = 0, i;

	fd = amp_open(AMP_ECHO, O_RDWR);
	if (fd < 0)
		return fd;
	for (i = 1; !ret && i <= count; i++)
		ret = amp_echo(fd, i * AMP_MTU / count, i);
	close(fd);
	return ret;
}

/*
 * What the firmware has logged since the last time: @log is AMP_LOG, opened not
 * to block. Valid until the next call.
 */
const char *amp_log_read(int log)
{
	static char text[1 << 16];
	ssize_t n, len = 0;

	while (len < (ssize_t)sizeof(text) - 1 &&
	       (n = read(log, text + len, sizeof(text) - 1 - len)) > 0)
		len += n;
	text[len] = '\0';
	return text;
}

/* Sends a command to the trouble firmware and waits for its "ok". */
int amp_trouble(int fd, const char *command)
{
	char in[AMP_MTU];
	int ret;

	ret = amp_send(fd, command, strlen(command));
	if (ret)
		return ret;
	ret = amp_receive(fd, in, sizeof(in));
	if (ret < 0)
		return ret;
	return ret == 2 && !memcmp(in, "ok", 2) ? 0 : -EPROTO;
}

/*
 * Waits until a node that is open has lost its channel: hangup, and EPIPE both
 * ways, from reading once what had come before is read.
 */
int amp_wait_gone(int fd)
{
	struct pollfd pfd = { .fd = fd };
	char in[4096];
	int n;

	n = poll(&pfd, 1, amp_timeout_ms());
	if (n <= 0)
		return n ? -errno : -ETIMEDOUT;
	if (!(pfd.revents & POLLHUP))
		return -EPROTO;
	while ((n = read(fd, in, sizeof(in))) >= 0)
		;
	if (errno != EPIPE)
		return -errno;
	if (write(fd, "x", 1) >= 0)
		return -EPROTO;
	return errno == EPIPE ? 0 : -errno;
}

static char kmsg[256 * 1024];
static size_t kmsg_len;
static int kmsg_fd = -1;

/* What the kernel logs from now on is what amp_kmsg_count() looks at. */
int amp_kmsg_begin(void)
{
	if (kmsg_fd < 0)
		kmsg_fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (kmsg_fd < 0 || lseek(kmsg_fd, 0, SEEK_END) < 0)
		return -errno;
	kmsg_len = 0;
	kmsg[0] = '\0';
	return 0;
}

/* The number of lines in the kernel log that contain @text. */
int amp_kmsg_count(const char *text)
{
	const char *pos = kmsg;
	char record[8192];
	int count = 0;
	ssize_t n;

	while ((n = read(kmsg_fd, record, sizeof(record))) > 0 ||
	       errno == EPIPE || errno == EINTR) {
		if (n <= 0)
			continue;
		if (kmsg_len + n >= sizeof(kmsg))
			return -ENOSPC;
		memcpy(kmsg + kmsg_len, record, n);
		kmsg_len += n;
		kmsg[kmsg_len] = '\0';
	}
	while ((pos = strstr(pos, text))) {
		count++;
		pos = strchr(pos, '\n');
		if (!pos)
			break;
	}
	return count;
}

static bool blocked_in(pid_t pid, long nr)
{
	char buf[256];

	/* "running", or the number of the system call that it sleeps in */
	if (amp_attr_read(buf, sizeof(buf), "/proc/%d/syscall", pid) > 0)
		return buf[0] != 'r' && strtol(buf, NULL, 0) == nr;
	if (amp_attr_read(buf, sizeof(buf), "/proc/%d/stat", pid) > 0) {
		char *state = strrchr(buf, ')');

		return state && (state[2] == 'S' || state[2] == 'D');
	}
	return false;
}

/* Waits until process @pid sleeps in system call @nr. */
int amp_wait_blocked(pid_t pid, long nr)
{
	return amp_wait_for(blocked_in(pid, nr)) ? 0 : -ETIMEDOUT;
}

/* A child that sleeps in read(), and exits with 0 or with read()'s errno */
pid_t amp_blocked_reader(int fd)
{
	pid_t pid = fork();

	if (!pid) {
		char in[512];

		_exit(read(fd, in, sizeof(in)) < 0 ? errno : 0);
	}
	if (pid > 0 && amp_wait_blocked(pid, SYS_read))
		return -1;
	return pid;
}

/*
 * Waits for a child and returns its exit status, or 128 and its signal. One
 * that does not end is killed and gives -ETIMEDOUT; one that was waited for
 * before, -ECHILD.
 */
int amp_wait_child(pid_t pid)
{
	int status, ret;

	if (!amp_wait_for((ret = waitpid(pid, &status, WNOHANG)))) {
		kill(pid, SIGKILL);
		amp_wait_for(waitpid(pid, &status, WNOHANG));
		return -ETIMEDOUT;
	}
	if (ret < 0)
		return -errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

bool amp_module_loaded(const char *name)
{
	char buf[16];

	return amp_attr_read(buf, sizeof(buf), "/sys/module/%s/initstate", name) > 0;
}

static const char *wanted;
static char found[PATH_MAX];

static int is_wanted(const char *path, const struct stat *st, int type,
		     struct FTW *ftw)
{
	(void)st;
	if (type != FTW_F && type != FTW_SL)
		return 0;
	if (strcmp(path + ftw->base, wanted))
		return 0;
	snprintf(found, sizeof(found), "%s", path);
	return 1;
}

static const char *module_file(const char *name)
{
	const char *dir = env("AMP_MODULES_DIR", "");
	char file[128], tree[PATH_MAX];
	struct utsname u;

	snprintf(file, sizeof(file), "%s.ko", name);
	wanted = file;
	if (*dir)
		return nftw(dir, is_wanted, 8, FTW_PHYS) > 0 ? found : NULL;
	uname(&u);
	snprintf(tree, sizeof(tree), "/lib/modules/%s/updates", u.release);
	if (nftw(tree, is_wanted, 8, FTW_PHYS) > 0)
		return found;
	snprintf(tree, sizeof(tree), "/lib/modules/%s", u.release);
	return nftw(tree, is_wanted, 8, FTW_PHYS) > 0 ? found : NULL;
}

int amp_module_load(const char *name)
{
	const char *file = module_file(name);
	char command[256];
	int fd, ret = 0;

	if (amp_module_loaded(name))
		return 0;
	if (!file) {
		snprintf(command, sizeof(command),
			 "modprobe -q %s >/dev/null 2>&1", name);
		return system(command) ? -ENOENT : 0;
	}
	fd = open(file, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	if (syscall(SYS_finit_module, fd, "", 0))
		ret = -errno;
	close(fd);
	return ret;
}

int amp_module_unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

int amp_modules_load(void)
{
	unsigned int i;
	int ret;

	amp_module_load("rpmsg_core");
	for (i = 0; i < ARRAY_LEN(modules); i++) {
		ret = amp_module_load(modules[i]);
		if (ret)
			return ret;
	}
	return 0;
}

/* Says what the device with this sysfs path is bound to. */
int amp_bound(struct amp_binding *b, const char *fmt, ...)
{
	char path[PATH_MAX], real[PATH_MAX], link[PATH_MAX + 8];
	va_list args;

	va_start(args, fmt);
	vsnprintf(path, sizeof(path), fmt, args);
	va_end(args);

	if (!realpath(path, real))
		return -errno;
	snprintf(b->device, sizeof(b->device), "%s", strrchr(real, '/') + 1);
	snprintf(link, sizeof(link), "%s/driver", real);
	if (!realpath(link, path))
		return -errno;
	snprintf(b->driver, sizeof(b->driver), "%s", path);
	return 0;
}

int amp_unbind(const struct amp_binding *b)
{
	return amp_attr_write(b->device, "%s/unbind", b->driver);
}

int amp_bind(const struct amp_binding *b)
{
	return amp_attr_write(b->device, "%s/bind", b->driver);
}

int amp_bound_rproc(struct amp_binding *b)
{
	const char *rproc = amp_rproc();

	return rproc ? amp_bound(b, "%s/device", rproc) : -ENODEV;
}

/* The virtio device that the channels come from: id 7. */
int amp_bound_virtio(struct amp_binding *b)
{
	static const char bus[] = "/sys/bus/virtio/devices";
	struct dirent *d;
	char id[16];
	int ret = -ENODEV;
	DIR *dir;

	dir = opendir(bus);
	if (!dir)
		return -errno;
	while (ret && (d = readdir(dir))) {
		if (amp_attr_read(id, sizeof(id), "%s/%s/device", bus,
				  d->d_name) > 0 && strtol(id, NULL, 0) == 7)
			ret = amp_bound(b, "%s/%s", bus, d->d_name);
	}
	closedir(dir);
	return ret;
}

int amp_bound_channel(struct amp_binding *b, const char *name)
{
	char node[64];
	int ret;

	ret = amp_channel_find(name, node, sizeof(node));
	return ret ? ret : amp_bound(b, "/sys/class/rpmsg/%s/device", node);
}

/* The mailbox controller that the remote processor depends on. */
int amp_bound_mailbox(struct amp_binding *b)
{
	static const char prefix[] = "supplier:platform:";
	const char *rproc = amp_rproc();
	char path[PATH_MAX];
	struct dirent *d;
	int ret = -ENODEV;
	DIR *dir;

	if (!rproc)
		return -ENODEV;
	snprintf(path, sizeof(path), "%s/device", rproc);
	dir = opendir(path);
	if (!dir)
		return -errno;
	while (ret && (d = readdir(dir))) {
		if (strncmp(d->d_name, prefix, strlen(prefix)))
			continue;
		if (!amp_bound(b, "/sys/bus/platform/devices/%s",
			       d->d_name + strlen(prefix)) &&
		    strstr(b->driver, "mu"))
			ret = 0;
	}
	closedir(dir);
	return ret;
}

/* Leaves the core stopped and its firmware name as it was. */
static void amp_end(void)
{
	if (getpid() != owner)
		return;
	if (!amp_rproc())
		amp_modules_load();
	if (!amp_wait_for(amp_rproc()))
		return;
	amp_stop();
	if (firmware_before[0])
		amp_set_firmware(firmware_before);
}

/*
 * Prepares the target for a test program that needs firmware @fw: modules
 * loaded, core stopped, both restored at exit. Returns the reason for which
 * the program has to be skipped, or NULL.
 */
const char *amp_begin(const char *fw)
{
	static char why[PATH_MAX + 64];
	bool ours = !amp_rproc();
	unsigned int i;
	int ret = 0;

	if (geteuid())
		return "needs root";
	for (i = 0; i < ARRAY_LEN(modules); i++)
		ours |= amp_module_loaded(modules[i]);
	if (ours)
		ret = amp_modules_load();
	if (ret == -ENOENT && !amp_rproc())
		return "no remote processor, and no amp modules for this kernel";
	if (!amp_wait_for(amp_rproc()))
		return "no remote processor in /sys/class/remoteproc";
	if (!amp_fw_exists(fw)) {
		snprintf(why, sizeof(why), "firmware %s is not installed", fw);
		return why;
	}
	amp_attr_read(firmware_before, sizeof(firmware_before), "%s/firmware",
		      amp_rproc());
	owner = getpid();
	atexit(amp_end);
	amp_stop();
	return NULL;
}

/* Messages that the traffic has got back; shared with the process that makes it. */
static volatile unsigned long *echoed;

unsigned long amp_echoed(void)
{
	return echoed ? *echoed : 0;
}

/* As many messages as go, both ways, until the channel is gone. */
static int flood(int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN | POLLOUT };
	char buf[AMP_MTU];
	ssize_t n;

	amp_fill(buf, sizeof(buf), 1);
	for (;;) {
		/* suspended along with the system, that may take longer */
		if (poll(&pfd, 1, 6 * amp_timeout_ms()) <= 0)
			return 1;
		while ((n = write(fd, buf, sizeof(buf))) > 0)
			;
		if (errno != EAGAIN)
			return errno == EPIPE ? 0 : 2;
		while ((n = read(fd, buf, sizeof(buf))) > 0) {
			if (n != sizeof(buf))
				return 3;
			++*echoed;
		}
		if (errno != EAGAIN)
			return errno == EPIPE ? 0 : 4;
	}
}

/*
 * Echoes in a process of its own, which ends with 0 when the channel goes: its
 * pid, when there have been some.
 */
pid_t amp_traffic(void)
{
	pid_t pid;
	int fd;

	if (!echoed) {
		echoed = mmap(NULL, sizeof(*echoed), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
		if (echoed == MAP_FAILED) {
			echoed = NULL;
			return -errno;
		}
	}
	*echoed = 0;
	pid = fork();
	if (!pid) {
		fd = amp_open(AMP_ECHO, O_RDWR | O_NONBLOCK);
		_exit(fd < 0 ? 5 : flood(fd));
	}
	if (pid > 0 && !amp_traffic_flows(0)) {
		kill(pid, SIGKILL);
		amp_wait_child(pid);
		return -ETIMEDOUT;
	}
	return pid;
}

/* Whether a hundred more come back than @since. */
bool amp_traffic_flows(unsigned long since)
{
	return amp_wait_for(*echoed > since + 100);
}
