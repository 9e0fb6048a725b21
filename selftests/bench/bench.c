// SPDX-License-Identifier: GPL-2.0
/*
 * The benchmark: the emulated machine's first and only program. Loads the modules that
 * /modules names, in that order, measures through /dev/rpmsgN, prints figures and powers off.
 * It doesn't know whose drivers these are: what not all have is measured where it is found.
 *
 * Output, one line each; times are in nanoseconds of virtual time, totals rather than quotients:
 *	bench value KEY NUMBER
 *	bench histogram KEY NANOSECONDS:COUNT...
 *	bench region NUMBER KEY MESSAGES	register accesses: see mark()
 *	bench symbol ADDRESS NAME MODULE	with bench=profile
 * pace=N has the processors take turns after N/2 ticks of 62.5 ns at the latest, 0 as they like.
 */
#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <termios.h>
#include <unistd.h>
#include <linux/dma-buf.h>

#include "amp_bulk.h"
#include "bulk_ops.h"
#include "uapi/linux/amp_rpmsg.h"

#define MTU		496
#define RPROC		"/sys/class/remoteproc/remoteproc0/"
#define MAX_SAMPLES	4096
#define NUM_CHANNELS	64

/* firmware/apps/bench.c */
#define ADDR_ECHO	0x500
#define ADDR_SOURCE	0x600
#define ADDR_SINK	0x601
#define FOR_EVER	UINT32_MAX

/* A messaging unit that nobody uses: what is written to its status register has no effect. */
#define MARK_BASE	0x30e60000
#define MARK_OFFSET	0x20

/*
 * A timer that nobody uses either. The emulator has the processors take turns: the other one
 * runs when one waits, and when a timer expires. Without this timer, the remote would sleep
 * on until Linux has nothing left to do, and so neither would ever find the other at work.
 */
#define PACE_BASE	0x306e0000
#define PACE_CR		(0x00 / 4)
#define PACE_IR		(0x0c / 4)
#define PACE_OCR1	(0x10 / 4)
#define PACE_CR_START	(1 << 0 | 1 << 1 | 5 << 6)	/* at 16 MHz from 0 to OCR1, and again */
#define PACE_TICKS	4				/* 0.25 us */

static volatile uint32_t *pace_reg;
static uint32_t pace_ticks = PACE_TICKS;
static volatile uint32_t *mark_reg;
static char buf[4096];

/* Messages of one request, and where each of them is */
#define BATCH		64
#define MAX_BATCH	256

static struct amp_rpmsg_mmsg mmsg[MAX_BATCH];
static char mmsg_data[MAX_BATCH][MTU];

static void finish(int verdict)
{
	fflush(stdout);
	printf("\n@amp verdict %d\n", verdict);
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	reboot(RB_POWER_OFF);
	_exit(verdict);
}

static void __attribute__((noreturn, format(printf, 1, 2))) die(const char *format, ...)
{
	int error = errno;
	va_list args;

	fflush(stdout);
	printf("\nbench error ");
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf(": %s\n", strerror(error));
	finish(1);
	for (;;)
		pause();
}

/* Nanoseconds; see user_clock.c */
static inline uint64_t now(void)
{
	uint64_t t;

	__asm__ volatile("isb\n\tmrs %0, pmccntr_el0" : "=r"(t) :: "memory");
	return t;
}

static int load_module(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return -1;
	if (syscall(SYS_finit_module, fd, "", 0))
		return -1;
	return close(fd);
}

static void load_modules(void)
{
	char line[128];
	FILE *list = fopen("/modules", "r");

	if (!list)
		die("/modules");
	while (fgets(line, sizeof(line), list)) {
		line[strcspn(line, "\n")] = 0;
		if (load_module(line))
			die("cannot load %s", line);
	}
	fclose(list);
}

static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0 || write(fd, text, strlen(text)) != (ssize_t)strlen(text))
		die("cannot write %s to %s", text, path);
	close(fd);
}

static bool read_file(const char *path, char *text, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = 0, n;

	if (fd < 0)
		return false;
	while (len < (ssize_t)size - 1 && (n = read(fd, text + len, size - 1 - len)) > 0)
		len += n;
	close(fd);
	text[len] = 0;
	if (len && text[len - 1] == '\n')
		text[len - 1] = 0;
	return true;
}

/* The node of the channel rpmsg-raw whose address at the remote is dst, or any if that is 0 */
static bool find_node(uint32_t dst, char *path, size_t size)
{
	struct dirent *entry;
	bool found = false;
	DIR *dir = opendir("/sys/class/rpmsg");

	while (dir && !found && (entry = readdir(dir))) {
		char file[300], text[64];
		int number;

		if (sscanf(entry->d_name, "rpmsg%d", &number) != 1)
			continue;
		snprintf(file, sizeof(file), "/sys/class/rpmsg/%s/name", entry->d_name);
		if (!read_file(file, text, sizeof(text)) || strcmp(text, "rpmsg-raw"))
			continue;
		snprintf(file, sizeof(file), "/sys/class/rpmsg/%s/dst", entry->d_name);
		if (dst && (!read_file(file, text, sizeof(text)) || strtoul(text, NULL, 0) != dst))
			continue;
		snprintf(path, size, "/dev/%s", entry->d_name);
		found = !access(path, R_OK | W_OK);
	}
	if (dir)
		closedir(dir);
	return found;
}

static int open_channel(uint32_t dst)
{
	char path[300];
	int tries, fd;

	for (tries = 0; tries < 500; tries++) {
		if (find_node(dst, path, sizeof(path))) {
			fd = open(path, O_RDWR | O_CLOEXEC);
			if (fd >= 0)
				return fd;
			die("cannot open %s", path);
		}
		usleep(10000);
	}
	errno = ETIMEDOUT;
	die("no node for rpmsg-raw at address %#x of the remote", dst);
}

static void start(const char *firmware)
{
	write_file(RPROC "firmware", firmware);
	write_file(RPROC "state", "start");
}

static void stop(void)
{
	write_file(RPROC "state", "stop");
}

/* How many interrupts the CPUs have had from the messaging unit */
static uint64_t interrupts(void)
{
	static char text[16384];
	uint64_t sum = 0;
	char *line, *p;

	if (!read_file("/proc/interrupts", text, sizeof(text)))
		die("/proc/interrupts");
	for (line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
		if (!strstr(line, "30aa0000.mailbox"))
			continue;
		p = strchr(line, ':') + 1;
		for (;;) {
			char *end;
			uint64_t n;

			while (*p == ' ')
				p++;
			if (!isdigit(*p))
				break;
			n = strtoull(p, &end, 10);
			if (*end != ' ')
				break;
			sum += n;
			p = end;
		}
		return sum;
	}
	errno = ENOENT;
	die("the messaging unit has no line in /proc/interrupts");
}

/*
 * Puts a number among the register accesses that the emulator records: accesses between an even
 * number and the odd one that follows belong to a region.
 */
static void mark(unsigned int number)
{
	*mark_reg = number;
}

static void pace(bool on)
{
	pace_reg[PACE_OCR1] = pace_ticks;
	pace_reg[PACE_IR] = 1;
	pace_reg[PACE_CR] = on && pace_ticks ? PACE_CR_START : 0;
}

static unsigned int regions;
static uint64_t region_interrupts;

/* What was printed is gone, and so are its interrupts. */
static void quiet(void)
{
	fflush(stdout);
	tcdrain(STDOUT_FILENO);
	usleep(20000);
}

static void region_begin(void)
{
	quiet();
	region_interrupts = interrupts();
	pace(true);
	mark(2 * regions);
}

static void region_end(const char *key, unsigned int messages)
{
	mark(2 * regions + 1);
	pace(false);
	region_interrupts = interrupts() - region_interrupts;
	printf("bench region %u %s %u\n", regions, key, messages);
	printf("bench value %s.interrupts %llu\n", key, (unsigned long long)region_interrupts);
	printf("bench value %s.messages %u\n", key, messages);
	regions++;
}

static uint64_t samples[MAX_SAMPLES];

static int compare(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return x < y ? -1 : x > y;
}

static void print_samples(const char *key, unsigned int n)
{
	unsigned int i, same;

	qsort(samples, n, sizeof(samples[0]), compare);
	printf("bench value %s.median %llu\n", key, (unsigned long long)samples[n / 2]);
	printf("bench value %s.p99 %llu\n", key, (unsigned long long)samples[n * 99 / 100]);
	printf("bench value %s.max %llu\n", key, (unsigned long long)samples[n - 1]);
	printf("bench histogram %s", key);
	for (i = 0; i < n; i += same) {
		for (same = 1; i + same < n && samples[i + same] == samples[i]; same++)
			;
		printf(" %llu:%u", (unsigned long long)samples[i], same);
	}
	printf("\n");
}

static void send(int fd, const void *data, size_t len)
{
	ssize_t n = write(fd, data, len);

	if (n != (ssize_t)len)
		die("sending %zu bytes returned %zd", len, n);
}

static void receive(int fd, void *data, size_t len)
{
	ssize_t n = read(fd, data, MTU);

	if (n != (ssize_t)len)
		die("expected a message of %zu bytes, read returned %zd", len, n);
}

/* Does this node take several messages with one call? */
static bool has_batches(int fd)
{
	return ioctl(fd, AMP_RPMSG_SEND, NULL) && errno == EFAULT;
}

static struct amp_rpmsg_batch batch_of(unsigned int count, size_t len)
{
	unsigned int i;

	for (i = 0; i < count; i++)
		mmsg[i] = (struct amp_rpmsg_mmsg) {
			.data = (uintptr_t)mmsg_data[i],
			.len = len,
			.addr = AMP_RPMSG_ADDR_DEFAULT,
		};
	return (struct amp_rpmsg_batch) { .msgs = (uintptr_t)mmsg, .count = count };
}

static void send_batch(int fd, struct amp_rpmsg_batch *batch)
{
	int n = ioctl(fd, AMP_RPMSG_SEND, batch);

	if (n != (int)batch->count)
		die("sending %u messages returned %d", batch->count, n);
}

/* As many as there are, at least one; as recvmmsg(). */
static int receive_batch(int fd, unsigned int count)
{
	struct amp_rpmsg_batch batch = batch_of(count, MTU);

	return ioctl(fd, AMP_RPMSG_RECV, &batch);
}

static void exchange(int fd, size_t len)
{
	send(fd, buf, len);
	receive(fd, buf, len);
}

static void exchanges(int fd, size_t len, unsigned int n)
{
	unsigned int i;

	for (i = 0; i < n; i++) {
		uint64_t t = now();

		exchange(fd, len);
		samples[i] = now() - t;
	}
}

static void round_trips(void)
{
	static const unsigned int lengths[] = { 0, 1, 4, 16, 64, 128, 256, 496 };
	const unsigned int n = 1000;
	unsigned int i;
	char key[32];
	int fd;

	fd = open_channel(0);
	for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
		exchanges(fd, lengths[i], 100);
		snprintf(key, sizeof(key), "rtt.%u", lengths[i]);
		region_begin();
		exchanges(fd, lengths[i], n);
		region_end(key, n);
		print_samples(key, n);
	}
	/* As the emulator does it by itself: the answer finds Linux asleep. */
	exchanges(fd, 64, n);
	print_samples("asleep.64", n);
	close(fd);
}

/* All written, then all read back. */
static void burst(int fd, unsigned int depth)
{
	unsigned int i;
	uint32_t seq;

	for (i = 0; i < depth; i++) {
		memcpy(buf, &i, sizeof(i));
		send(fd, buf, MTU);
	}
	for (i = 0; i < depth; i++) {
		receive(fd, buf, MTU);
		memcpy(&seq, buf, sizeof(seq));
		if (seq != i) {
			errno = EILSEQ;
			die("message %u of %u came back as %u", i, depth, seq);
		}
	}
}

/* The same with one call for each direction, or as many as it takes. */
static void burst_batched(int fd, unsigned int depth)
{
	struct amp_rpmsg_batch batch = batch_of(depth, MTU);
	unsigned int i, done;
	uint32_t seq;
	int n;

	for (i = 0; i < depth; i++)
		memcpy(mmsg_data[i], &i, sizeof(i));
	send_batch(fd, &batch);
	for (done = 0; done < depth; done += n) {
		n = receive_batch(fd, depth - done);
		if (n <= 0)
			die("receiving %u messages returned %d", depth - done, n);
		for (i = 0; i < (unsigned int)n; i++) {
			memcpy(&seq, mmsg_data[i], sizeof(seq));
			if (mmsg[i].len != MTU || seq != done + i) {
				errno = EILSEQ;
				die("message %u of %u came back as %u", done + i, depth, seq);
			}
		}
	}
}

static void measure_bursts(int fd, const char *name, void (*run)(int, unsigned int))
{
	unsigned int depth, i, n;
	char key[32];
	uint64_t t;

	for (depth = 8; depth <= MAX_BATCH; depth *= 2) {
		n = 2048 / depth;
		run(fd, depth);
		snprintf(key, sizeof(key), "%s.%u", name, depth);
		region_begin();
		t = now();
		for (i = 0; i < n; i++)
			run(fd, depth);
		t = now() - t;
		region_end(key, n * depth);
		printf("bench value %s.total %llu\n", key, (unsigned long long)t);
	}
}

static void bursts(void)
{
	int fd = open_channel(0);

	measure_bursts(fd, "burst", burst);
	if (has_batches(fd))
		measure_bursts(fd, "burst-batched", burst_batched);
	close(fd);
}

static void source_command(int fd, uint32_t number, uint32_t len)
{
	uint32_t command[2] = { number, len };

	send(fd, command, sizeof(command));
}

static void on_alarm(int signal)
{
	(void)signal;
}

/* While it is on, what blocks for long returns EINTR. */
static void set_alarm(bool on)
{
	struct itimerval timer = { .it_interval.tv_usec = 20000, .it_value.tv_usec = 20000 };
	struct itimerval off = { 0 };
	struct sigaction action = { .sa_handler = on_alarm };

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, on ? &timer : &off, NULL);
}

/* Returns how many messages of that length it has read. The last of all has another one. */
static int take(int fd, size_t len, bool batched, bool *last)
{
	int n;

	if (batched) {
		n = receive_batch(fd, BATCH);
	} else {
		mmsg[0].len = read(fd, buf, MTU);
		n = (int)mmsg[0].len < 0 ? -1 : 1;
	}
	if (n <= 0)
		return n;
	*last = mmsg[n - 1].len != len;
	return n - *last;
}

/* Returns the number of messages that were lost. */
static unsigned int from_remote(int fd, size_t len, unsigned int n, bool batched, uint64_t *end)
{
	unsigned int received = 0, before = UINT32_MAX;
	bool last = false;
	int got;

	source_command(fd, n, len);
	*end = 0;
	set_alarm(true);
	while (!last) {
		got = take(fd, len, batched, &last);
		if (got > 0) {
			received += got;
			*end = now();
		} else if (got < 0) {
			if (errno != EINTR)
				die("reading returned %d", got);
			if (received == before)
				break;
			before = received;
		}
	}
	set_alarm(false);
	return n - received;
}

static unsigned int to_remote(int fd, size_t len, unsigned int n, bool batched, uint64_t *end)
{
	struct amp_rpmsg_batch batch;
	uint32_t arrived;
	unsigned int i;

	if (batched) {
		batch = batch_of(BATCH, len);
		for (i = 0; i < n; i += BATCH) {
			if (batch.count > n - i)
				batch.count = n - i;
			send_batch(fd, &batch);
		}
	} else {
		for (i = 0; i < n; i++)
			send(fd, buf, len);
	}
	send(fd, buf, sizeof(arrived));
	receive(fd, buf, sizeof(arrived));
	*end = now();
	memcpy(&arrived, buf, sizeof(arrived));
	return n - arrived;
}

static const struct direction {
	const char *name;
	uint32_t dst;
	unsigned int (*run)(int fd, size_t len, unsigned int n, bool batched, uint64_t *end);
} directions[] = {
	{ "send", ADDR_SINK, to_remote },
	{ "receive", ADDR_SOURCE, from_remote },
};

static void stream(const struct direction *direction, size_t len, bool batched)
{
	const unsigned int n = 2000;
	unsigned int lost;
	uint64_t t, end;
	char key[32];
	int fd;

	fd = open_channel(direction->dst);
	if (batched && !has_batches(fd)) {
		close(fd);
		return;
	}
	snprintf(key, sizeof(key), "%s%s.%zu", direction->name, batched ? "-batched" : "", len);
	direction->run(fd, len, 300, batched, &end);
	region_begin();
	t = now();
	lost = direction->run(fd, len, n, batched, &end);
	region_end(key, n - lost);
	printf("bench value %s.total %llu\n", key, (unsigned long long)(end - t));
	printf("bench value %s.lost %u\n", key, lost);
	close(fd);
}

static void streams(void)
{
	static const unsigned int lengths[] = { 16, 64, 496 };
	unsigned int i, k;

	for (k = 0; k < 2; k++)
		for (i = 0; i < sizeof(lengths) / sizeof(lengths[0]); i++) {
			stream(&directions[0], lengths[i], k);
			stream(&directions[1], lengths[i], k);
		}
}

/* As many messages on their way each time, over that many endpoints. */
static void endpoints(unsigned int num)
{
	const unsigned int rounds = 32, len = 64;
	int fd[NUM_CHANNELS];
	unsigned int i, k;
	char key[32];
	uint64_t t = 0;

	for (i = 0; i < num; i++)
		fd[i] = open_channel(ADDR_ECHO + i);
	snprintf(key, sizeof(key), "endpoints.%u", num);
	for (k = 0; k < rounds + 2; k++) {
		if (k == 2) {
			region_begin();
			t = now();
		}
		for (i = 0; i < NUM_CHANNELS; i++)
			send(fd[i % num], buf, len);
		for (i = 0; i < NUM_CHANNELS; i++)
			receive(fd[i % num], buf, len);
	}
	t = now() - t;
	region_end(key, rounds * NUM_CHANNELS);
	printf("bench value %s.total %llu\n", key, (unsigned long long)t);
	for (i = 0; i < num; i++)
		close(fd[i]);
}

static pid_t child(void)
{
	pid_t pid = fork();

	if (pid < 0)
		die("fork");
	return pid;
}

static void end_child(pid_t pid)
{
	kill(pid, SIGKILL);
	if (waitpid(pid, NULL, 0) != pid)
		die("waitpid");
}

static void set_policy(int policy)
{
	struct sched_param param = { .sched_priority = policy == SCHED_FIFO };

	if (sched_setscheduler(0, policy, &param))
		die("sched_setscheduler");
}

/* Round trips while another process receives, or sends, as fast as the remote and the CPU let it */
static void loaded_round_trips(int fd, const char *key, bool from_remote, int policy)
{
	const unsigned int n = 1000, len = 64;
	ssize_t got;
	pid_t pid;
	int other;

	other = open_channel(from_remote ? ADDR_SOURCE : ADDR_SINK);
	quiet();
	if (from_remote)
		source_command(other, FOR_EVER, len);
	pid = child();
	if (!pid)
		for (;;) {
			if (from_remote)
				receive(other, buf, len);
			else
				send(other, buf, len);
		}
	set_policy(policy);
	pace(true);
	exchanges(fd, len, n);
	pace(false);
	set_policy(SCHED_OTHER);
	end_child(pid);
	if (from_remote) {
		source_command(other, 0, 0);
		/* The message that tells the end may be among those that are dropped. */
		set_alarm(true);
		do
			got = read(other, buf, MTU);
		while (got == len);
		set_alarm(false);
	}
	close(other);
	print_samples(key, n);
}

static void all_loaded_round_trips(void)
{
	int fd = open_channel(ADDR_ECHO);

	exchanges(fd, 64, 100);
	pace(true);
	exchanges(fd, 64, 1000);
	pace(false);
	print_samples("unloaded", 1000);
	loaded_round_trips(fd, "loaded-receive", true, SCHED_OTHER);
	loaded_round_trips(fd, "loaded-send", false, SCHED_OTHER);
	loaded_round_trips(fd, "loaded-receive-fifo", true, SCHED_FIFO);
	loaded_round_trips(fd, "loaded-send-fifo", false, SCHED_FIFO);
	close(fd);
}

static void pipe_round_trips(void)
{
	const unsigned int n = 1000;
	int there[2], back[2];
	unsigned int i;
	pid_t pid;

	if (pipe(there) || pipe(back))
		die("pipe");
	pid = child();
	if (!pid)
		for (;;) {
			if (read(there[0], buf, MTU) != MTU || write(back[1], buf, MTU) != MTU)
				_exit(1);
		}
	quiet();
	for (i = 0; i < n + 100; i++) {
		uint64_t t = now();

		if (write(there[1], buf, MTU) != MTU || read(back[0], buf, MTU) != MTU)
			die("pipe");
		samples[i < 100 ? i : i - 100] = now() - t;
	}
	end_child(pid);
	print_samples("pipe", n);
}

static void memory(void)
{
	const size_t size = 1 << 20;
	char *from = malloc(size), *to = malloc(size);
	unsigned int i;
	uint64_t t;

	if (!from || !to)
		die("malloc");
	memset(from, 1, size);
	memset(to, 2, size);
	quiet();
	t = now();
	for (i = 0; i < 16; i++) {
		memcpy(to, from, size);
		__asm__ volatile("" :: "r"(to) : "memory");
	}
	printf("bench value memcpy.total %llu\n", (unsigned long long)(now() - t));
	printf("bench value memcpy.bytes %zu\n", 16 * size);
	free(from);
	free(to);
}

/* A program that has a use for each byte */
static void touch(uint64_t *data, size_t size)
{
	volatile uint64_t *word = data;
	size_t i;

	for (i = 0; i < size / sizeof(*word); i++)
		word[i]++;
}

/* To the remote and back in messages, as many on their way as the remote has buffers for */
static void pass_in_messages(int fd, char *data, size_t size, bool touched)
{
	size_t sent = 0, received = 0;

	if (touched)
		touch((uint64_t *)data, size);
	while (received < size) {
		size_t end = size - sent > BATCH * MTU ? sent + BATCH * MTU : size;

		for (; sent < end; sent += MTU)
			send(fd, data + sent, end - sent < MTU ? end - sent : MTU);
		for (; received < end; received += MTU)
			receive(fd, data + received, end - received < MTU ? end - received : MTU);
		sent = received = end;
	}
	if (touched)
		touch((uint64_t *)data, size);
}

static void sync_buffer(int fd, uint64_t flags)
{
	struct dma_buf_sync sync = { .flags = flags | DMA_BUF_SYNC_RW };

	if (ioctl(fd, DMA_BUF_IOCTL_SYNC, &sync))
		die("DMA_BUF_IOCTL_SYNC");
}

static void pass_buffer(int node, int fd, char *data, size_t size, bool touched)
{
	struct amp_bulk_send arg = {
		.fd = fd, .op = touched ? BULK_INVERT : BULK_RELEASE, .length = size,
	};
	struct amp_bulk_record record;

	if (touched) {
		sync_buffer(fd, DMA_BUF_SYNC_START);
		touch((uint64_t *)data, size);
		sync_buffer(fd, DMA_BUF_SYNC_END);
	}
	if (ioctl(node, AMP_BULK_SEND, &arg))
		die("AMP_BULK_SEND");
	if (read(node, &record, sizeof(record)) != sizeof(record) || record.length != size)
		die("%zu bytes did not come back", size);
	if (touched) {
		sync_buffer(fd, DMA_BUF_SYNC_START);
		touch((uint64_t *)data, size);
		sync_buffer(fd, DMA_BUF_SYNC_END);
	}
}

/* Bulk data: in messages if there is no node for that */
static void bulk(int node)
{
	static const struct {
		size_t size;
		unsigned int n;
	} parts[] = { { 4 << 10, 32 }, { 64 << 10, 16 }, { 1 << 20, 2 }, { 16 << 20, 1 } };
	int channel = node < 0 ? open_channel(0) : -1, touched;
	char *data, key[32];
	unsigned int i, k;

	for (i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
		for (touched = 0; touched <= 1; touched++) {
			const size_t size = parts[i].size;
			/* Of its own: caches are maintained for all of a buffer. */
			struct amp_bulk_alloc alloc = { .size = size, .flags = AMP_BULK_CACHED };
			uint64_t t;

			if (node < 0)
				data = mmap(NULL, size, PROT_READ | PROT_WRITE,
					    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			else if (ioctl(node, AMP_BULK_ALLOC, &alloc))
				die("AMP_BULK_ALLOC");
			else
				data = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED,
					    alloc.fd, 0);
			if (data == MAP_FAILED)
				die("mmap");
			memset(data, 1, size);
			quiet();
			pace(true);
			t = now();
			for (k = 0; k < parts[i].n; k++) {
				if (node < 0)
					pass_in_messages(channel, data, size, touched);
				else
					pass_buffer(node, alloc.fd, data, size, touched);
			}
			t = now() - t;
			pace(false);
			munmap(data, size);
			if (node >= 0)
				close(alloc.fd);
			snprintf(key, sizeof(key), "bulk%s.%zu", touched ? "-touched" : "", size);
			printf("bench value %s.total %llu\n", key, (unsigned long long)t);
			printf("bench value %s.messages %u\n", key, parts[i].n);
		}
	close(node < 0 ? channel : node);
}

static int open_bulk(void)
{
	int tries, fd;

	for (tries = 0; tries < 500; tries++) {
		fd = open("/dev/amp-bulk0", O_RDWR | O_CLOEXEC);
		if (fd >= 0)
			return fd;
		usleep(10000);
	}
	die("/dev/amp-bulk0");
}

/* Where the profiler stops the machine */
static void __attribute__((noipa)) profile_begin(void)
{
	__asm__ volatile("// begin" ::: "memory");
}

static void __attribute__((noipa)) profile_end(void)
{
	__asm__ volatile("// end" ::: "memory");
}

static void print_symbols(void)
{
	unsigned long long address;
	char name[128], module[64], line[256];
	FILE *symbols = fopen("/proc/kallsyms", "r");

	if (!symbols)
		die("/proc/kallsyms");
	while (fgets(line, sizeof(line), symbols))
		if (sscanf(line, "%llx %*c %127s [%63[^]]]", &address, name, module) == 3)
			printf("bench symbol %llx %s %s\n", address, name, module);
	fclose(symbols);
}

/* What is profiled: n messages */
static void profiled_round_trips(int fd, unsigned int n)
{
	while (n--)
		exchange(fd, 64);
}

static void profiled_stream_to(int fd, unsigned int n)
{
	uint64_t end;

	to_remote(fd, 64, n, false, &end);
}

static void profiled_stream_to_batched(int fd, unsigned int n)
{
	uint64_t end;

	to_remote(fd, 64, n, true, &end);
}

static void profiled_stream_from(int fd, unsigned int n)
{
	uint64_t end;

	from_remote(fd, 64, n, false, &end);
}

static void profiled_stream_from_batched(int fd, unsigned int n)
{
	uint64_t end;

	from_remote(fd, 64, n, true, &end);
}

static void profile(const char *key, uint32_t dst, void (*run)(int, unsigned int), unsigned int n)
{
	int fd = open_channel(dst);

	if (strstr(key, "batched") && !has_batches(fd)) {
		close(fd);
		return;
	}
	run(fd, n);
	quiet();
	pace(true);
	profile_begin();
	run(fd, n);
	profile_end();
	pace(false);
	printf("bench value profile.%s.messages %u\n", key, n);
	close(fd);
}

static void profiles(void)
{
	print_symbols();
	start("amp/echo.elf");
	profile("round-trip", 0, profiled_round_trips, 64);
	profile("burst", 0, burst, 64);
	profile("burst-batched", 0, burst_batched, 64);
	stop();
	start("amp/bench.elf");
	profile("send", ADDR_SINK, profiled_stream_to, 1024);
	profile("send-batched", ADDR_SINK, profiled_stream_to_batched, 1024);
	profile("receive", ADDR_SOURCE, profiled_stream_from, 1024);
	profile("receive-batched", ADDR_SOURCE, profiled_stream_from_batched, 1024);
	stop();
}

static void figures(void)
{
	start("amp/echo.elf");
	round_trips();
	bursts();
	bulk(-1);
	stop();
	start("amp/bench.elf");
	streams();
	endpoints(1);
	endpoints(8);
	endpoints(64);
	all_loaded_round_trips();
	stop();
	pipe_round_trips();
	memory();
}

static volatile uint32_t *map_registers(int fd, off_t base)
{
	void *map = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, base);

	if (map == MAP_FAILED)
		die("cannot map registers");
	return map;
}

static void setup(void)
{
	const char *ticks = getenv("pace");
	int fd;

	mount("proc", "/proc", "proc", 0, NULL);
	mount("sysfs", "/sys", "sysfs", 0, NULL);
	if (mount("devtmpfs", "/dev", "devtmpfs", 0, NULL) && errno != EBUSY)
		die("cannot mount /dev");
	load_modules();
	fd = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
	if (fd < 0)
		die("/dev/mem");
	mark_reg = map_registers(fd, MARK_BASE) + MARK_OFFSET / 4;
	pace_reg = map_registers(fd, PACE_BASE);
	if (ticks)
		pace_ticks = atoi(ticks);
	/* What is left of booting settles. */
	sleep(1);
}

int main(void)
{
	const char *what = getenv("bench");

	if (getpid() != 1 || !what) {
		fprintf(stderr, "this is for the machine that `make bench` boots\n");
		return 2;
	}
	setup();
	if (!strcmp(what, "profile")) {
		profiles();
	} else if (!strcmp(what, "bulk")) {
		start("amp/bulk.elf");
		bulk(open_bulk());
		stop();
	} else {
		figures();
	}
	finish(0);
}
