// SPDX-License-Identifier: GPL-2.0
/*
 * Each call makes its arguments out of numbers, valid ones mostly, and looks at what
 * comes of them. What is looked at holds whatever becomes of the nodes meanwhile: what
 * must be refused is, nothing is said to have been done that hasn't, and no more is
 * returned than there was room for.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <linux/amp_rpmsg.h>
#include <linux/dma-buf.h>

#include "amp.h"
#include "amp_bulk.h"
#include "args.h"
#include "bulk_ops.h"
#include "grammar.h"

#ifndef RPMSG_GET_OUTGOING_FLOWCONTROL
#define RPMSG_GET_OUTGOING_FLOWCONTROL _IOR(0xb5, 0x5, int)
#define RPMSG_SET_INCOMING_FLOWCONTROL _IOR(0xb5, 0x6, int)
#endif

#define RPMSG_TYPE	0xb5
#define BULK_TYPE	0xba
#define PAGE		4096UL

#define MAX_SLOTS	24

/* Nodes and channels that are created until the core is stopped: its patience has limits */
#define MAX_CREATED	64

/* How long a child goes on with what it has inherited */
#define CHILD_MS	200

/* A descriptor; several threads may use it, and only one of them closes it. */
struct slot {
	int fd;
	enum kind kind;
};

/* What a call is done on; @sure: nobody else can make it something else meanwhile */
struct handle {
	int fd;
	int duplicate;
	bool sure;
};

static const char rpmsg_class[] = "/sys/class/rpmsg";
static const char rpmsg_devices[] = "/sys/bus/rpmsg/devices";
static const char virtio_devices[] = "/sys/bus/virtio/devices";

static struct grammar_shared *shared;
static struct slot slots[MAX_SLOTS];
static bool alone;
static char rproc[PATH_MAX];

/* The N of the last /dev/rpmsgN that this process has created */
static unsigned int created;

static void broken(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

static void broken(const char *fmt, ...)
{
	va_list args;

	if (__atomic_exchange_n(&shared->broken, 1, __ATOMIC_RELAXED))
		return;
	va_start(args, fmt);
	vsnprintf(shared->why, sizeof(shared->why), fmt, args);
	va_end(args);
	/* the programs are to be seen as they were */
	shared->stop = true;
}

/* Calls for which one of these rules doesn't hold have been answered wrongly. */
#define must(rule, fmt, ...) ({						\
	if (!(rule))							\
		broken("%s: " fmt " (errno %d)", __func__, ##__VA_ARGS__, errno); \
})

static bool has_gone(int error)
{
	return error == EPIPE || error == ENODEV || error == EBADF || error == EINTR;
}

/* It fails, and if it is known what it was done on, with this errno. */
static void must_be_refused(const char *what, bool sure, long ret, int error)
{
	if (ret >= 0 || (sure && errno != error && !has_gone(errno)))
		broken("%s gives %ld and errno %d in place of %d", what, ret, errno, error);
}

static int slot_take(struct slot *slot)
{
	return __atomic_exchange_n(&slot->fd, -1, __ATOMIC_RELAXED);
}

static struct slot *slot_put(int fd, enum kind kind, uint32_t random)
{
	struct slot *slot = &slots[random % MAX_SLOTS];
	unsigned int i;
	int old;

	for (i = 0; alone && i < MAX_SLOTS && slots[i].fd >= 0; i++)
		;
	if (alone && i < MAX_SLOTS)
		slot = &slots[i];
	__atomic_store_n(&slot->kind, kind, __ATOMIC_RELAXED);
	old = __atomic_exchange_n(&slot->fd, fd, __ATOMIC_RELAXED);
	if (old >= 0)
		close(old);
	return slot;
}

static enum kind kind_of(int fd)
{
	static const struct {
		const char *path;
		enum kind kind;
	} known[] = {
		{ "/dev/rpmsg_ctrl", KIND_CTRL }, { "/dev/rpmsg", KIND_RPMSG },
		{ "anon_inode:[rpmsg]", KIND_RPMSG }, { "/dev/amp-bulk", KIND_BULK },
		{ "/dmabuf:", KIND_DMABUF }, { "/dev/amp-log", KIND_LOG },
	};
	char link[64], path[128];
	unsigned int i;
	ssize_t n;

	snprintf(link, sizeof(link), "/proc/thread-self/fd/%d", fd);
	n = readlink(link, path, sizeof(path) - 1);
	path[n < 0 ? 0 : n] = '\0';
	for (i = 0; i < ARRAY_LEN(known); i++)
		if (!strncmp(path, known[i].path, strlen(known[i].path)))
			return known[i].kind;
	return KIND_OTHER;
}

static struct slot *slot_find(enum kind kind, uint32_t random)
{
	unsigned int i;

	for (i = 0; i < MAX_SLOTS; i++) {
		struct slot *slot = &slots[(random + i) % MAX_SLOTS];

		if (__atomic_load_n(&slot->fd, __ATOMIC_RELAXED) >= 0 &&
		    (kind == KIND_NONE || slot->kind == kind))
			return slot;
	}
	return NULL;
}

/*
 * A descriptor of the kind, mostly. Where threads may close it and open another, it
 * is kept by a duplicate at times; what that is of is certain.
 */
static struct handle get(enum kind what, uint32_t random)
{
	static const int others[] = { -1, 0, 63, 1 << 20, -100 };
	struct slot *slot = slot_find(random % 16 ? what : KIND_NONE, random >> 8);
	struct handle h = { .fd = -1, .duplicate = -1 };

	if (random % 64 == 1) {
		h.fd = others[(random >> 8) % ARRAY_LEN(others)];
		return h;
	}
	if (!slot)
		return h;
	h.fd = __atomic_load_n(&slot->fd, __ATOMIC_RELAXED);
	h.sure = alone && slot->kind == what;
	if (!alone && random & 1 << 30) {
		h.duplicate = fcntl(h.fd, F_DUPFD_CLOEXEC, 3);
		h.fd = h.duplicate;
		h.sure = h.fd >= 0 && kind_of(h.fd) == what;
	}
	return h;
}

static void put(struct handle h)
{
	if (h.duplicate >= 0)
		close(h.duplicate);
}

/* Opening */
static long open_node(const uint32_t *arg)
{
	static const char * const names[] = {
		[KIND_RPMSG] = "/dev/rpmsg%u", [KIND_CTRL] = "/dev/rpmsg_ctrl%u",
		[KIND_BULK] = "/dev/amp-bulk%u", [KIND_LOG] = "/dev/amp-log%u",
	};
	static const int modes[] = { O_RDWR, O_RDWR, O_RDWR, O_RDWR, O_RDONLY, O_WRONLY, O_ACCMODE };
	static const int more[] = { O_APPEND, O_SYNC, O_DIRECT, O_TRUNC, O_PATH };
	int flags = modes[arg[1] % ARRAY_LEN(modes)];
	enum kind kind = arg[0] % KINDS;
	unsigned int n = 0;
	char path[64];
	int fd;

	if (kind == KIND_DMABUF)
		kind = KIND_BULK;
	if (kind == KIND_RPMSG)
		n = arg[2] % 4 ? arg[3] % 3 : __atomic_load_n(&created, __ATOMIC_RELAXED);
	else if (arg[2] % 16 == 0)
		n = 1;
	if ((arg[1] >> 8) % 4)
		flags |= O_NONBLOCK;
	if ((arg[1] >> 16) % 16 == 0)
		flags |= more[(arg[1] >> 20) % ARRAY_LEN(more)];
	snprintf(path, sizeof(path), names[kind], n);
	fd = open(path, flags | O_CLOEXEC);
	if (fd < 0 && errno == EBUSY && arg[5] % 2) {
		amp_attr_write("1", "%s/rpmsg%u/shared", rpmsg_class, n);
		fd = open(path, flags | O_CLOEXEC);
	}
	if (fd >= 0)
		slot_put(fd, flags & O_PATH ? KIND_OTHER : kind, arg[4]);
	return fd;
}

static long close_one(const uint32_t *arg)
{
	int fd = slot_take(&slots[arg[0] % MAX_SLOTS]);

	return fd < 0 ? -1 : close(fd);
}

static long dup_one(const uint32_t *arg)
{
	struct slot *from = slot_find(KIND_NONE, arg[0]), *to = &slots[arg[1] % MAX_SLOTS];
	int fd, over;

	if (!from)
		return -1;
	if (arg[2] % 2) {
		fd = dup(from->fd);
		if (fd >= 0)
			slot_put(fd, alone ? kind_of(fd) : from->kind, arg[1]);
		return fd;
	}
	/* in place of another one, which somebody may be using */
	over = slot_take(to);
	if (over < 0)
		return -1;
	fd = dup2(from->fd, over);
	if (fd < 0)
		close(over);
	else
		slot_put(fd, alone ? kind_of(fd) : from->kind, arg[1]);
	return fd;
}

/* Reading and writing */
static enum kind any_kind(uint32_t random)
{
	static const enum kind kinds[] = {
		KIND_RPMSG, KIND_RPMSG, KIND_RPMSG, KIND_BULK, KIND_BULK, KIND_LOG, KIND_LOG,
		KIND_CTRL, KIND_DMABUF, KIND_NONE,
	};

	return kinds[random % ARRAY_LEN(kinds)];
}

static void check_records(const struct amp_bulk_record *record, size_t n)
{
	for (; n; n--, record++)
		if (record->length > record->cookie >> 32)
			broken("read: %llu bytes have come back of %llu",
			       (unsigned long long)record->length,
			       (unsigned long long)record->cookie >> 32);
}

static void check_read(enum kind kind, bool sure, struct area area, size_t len, long ret)
{
	if (ret > 0 && ((size_t)ret > len || (size_t)ret > area.writable))
		broken("read: %ld bytes into %zu, of which %zu can be written", ret, len,
		       area.writable);
	if (!sure || ret < 0)
		return;
	if (kind == KIND_RPMSG)
		must(ret <= AMP_MTU, "%ld bytes are no message", ret);
	else if (kind == KIND_LOG)
		must(ret || !len, "a log has no end");
	else if (kind == KIND_BULK)
		must(ret && ret % sizeof(struct amp_bulk_record) == 0,
		     "%ld bytes are no records", ret);
	else
		broken("read: gives %ld, where nothing can be read", ret);
	if (kind == KIND_BULK && ret > 0 && area.writable != ARGS_UNKNOWN)
		check_records(area.addr, ret / sizeof(struct amp_bulk_record));
}

static long read_one(const uint32_t *arg)
{
	enum kind kind = any_kind(arg[5]);
	struct handle h = get(kind, arg[0]);
	struct area area = args_area(arg[1]);
	size_t len = args_length(arg[2]);
	long ret = read(h.fd, area.addr, len);

	check_read(kind, h.sure, area, len, ret);
	put(h);
	return ret;
}

/* A short one of two areas and flags */
static long read_vector(const uint32_t *arg)
{
	static const int flags[] = { 0, 0, RWF_NOWAIT, RWF_HIPRI, RWF_SYNC, 1 << 20, -1 };
	enum kind kind = any_kind(arg[5]);
	struct handle h = get(kind, arg[0]);
	struct area area[2] = { args_area(arg[1]), args_area(arg[2]) };
	struct iovec iov[2] = {
		{ area[0].addr, args_length(arg[3]) }, { area[1].addr, args_length(arg[4]) },
	};
	size_t room = iov[0].iov_len + iov[1].iov_len;
	long ret;

	ret = preadv2(h.fd, iov, 2, -1, flags[(arg[5] >> 8) % ARRAY_LEN(flags)]);
	must(ret < 0 || room < iov[0].iov_len || (size_t)ret <= room,
	     "%ld bytes into %zu", ret, room);
	if (ret > 0 && (size_t)ret <= iov[0].iov_len)
		must((size_t)ret <= area[0].writable, "%ld bytes where nothing is", ret);
	put(h);
	return ret;
}

static void check_write(const char *what, enum kind kind, bool sure, size_t readable,
			size_t len, long ret)
{
	if (ret > 0 && (size_t)ret > len)
		broken("%s: %ld bytes of %zu", what, ret, len);
	if (!sure)
		return;
	if (kind != KIND_RPMSG) {
		must_be_refused(what, false, ret, EINVAL);
		return;
	}
	if (ret >= 0 && (size_t)ret != len)
		broken("%s: %ld of %zu bytes are no message", what, ret, len);
	if (ret >= 0 && len > readable)
		broken("%s: %zu bytes were sent, of which %zu are there", what, len, readable);
	/* With no destination, or memory that no program can have, it is that. */
	if (len > AMP_MTU)
		must_be_refused(what, errno != EINVAL && errno != EFAULT, ret, EMSGSIZE);
}

static long write_one(const uint32_t *arg)
{
	enum kind kind = arg[5] % 16 ? KIND_RPMSG : any_kind(arg[5] >> 4);
	struct handle h = get(kind, arg[0]);
	struct area area = args_area(arg[1]);
	size_t len = args_length(arg[2]);
	long ret = write(h.fd, area.addr, len);

	check_write(__func__, kind, h.sure, area.readable, len, ret);
	put(h);
	return ret;
}

static long write_vector(const uint32_t *arg)
{
	static const int flags[] = { 0, 0, RWF_NOWAIT, RWF_APPEND, 1 << 20, -1 };
	struct handle h = get(KIND_RPMSG, arg[0]);
	struct area area[2] = { args_area(arg[1]), args_area(arg[2]) };
	struct iovec iov[2] = {
		{ area[0].addr, args_length(arg[3]) }, { area[1].addr, args_length(arg[4]) },
	};
	size_t len = iov[0].iov_len + iov[1].iov_len, readable = len;
	long ret;

	ret = pwritev2(h.fd, iov, 2, -1, flags[arg[5] % ARRAY_LEN(flags)]);
	if (iov[0].iov_len > area[0].readable || iov[1].iov_len > area[1].readable)
		readable = len ? len - 1 : 0;
	/* the flags come before the length */
	if (len >= iov[0].iov_len && (ret >= 0 || errno == EMSGSIZE))
		check_write(__func__, KIND_RPMSG, h.sure, readable, len, ret);
	put(h);
	return ret;
}

static long send_file(const uint32_t *arg)
{
	struct handle in = get(any_kind(arg[4]), arg[0]), out = get(any_kind(arg[5]), arg[1]);
	long ret = sendfile(out.fd, in.fd, NULL, args_length(arg[2]));

	put(in);
	put(out);
	return ret;
}

/* Waiting */
static long poll_some(const uint32_t *arg)
{
	struct pollfd pfd[3];
	struct handle h[3];
	unsigned int i;
	long ret;

	for (i = 0; i < 3; i++) {
		h[i] = get(any_kind(arg[4] >> 8 * i), arg[i]);
		pfd[i].fd = h[i].fd;
		pfd[i].events = arg[5] >> 8 * i;
	}
	ret = poll(pfd, 1 + arg[3] % 3, (arg[3] >> 8) % 4 ? 0 : (arg[3] >> 16) % 16);
	for (i = 0; i < 3; i++)
		put(h[i]);
	return ret;
}

static long watch(const uint32_t *arg)
{
	struct epoll_event event = { .events = arg[2] };
	struct handle h = get(any_kind(arg[5]), arg[0]);
	struct slot *slot = slot_find(KIND_OTHER, arg[1]);
	long ret = -1;
	int fd;

	if (!slot || arg[3] % 8 == 0) {
		fd = epoll_create1(EPOLL_CLOEXEC);
		if (fd >= 0)
			slot = slot_put(fd, KIND_OTHER, arg[1]);
	}
	if (slot) {
		ret = epoll_ctl(slot->fd, 1 + arg[3] % 3, h.fd, &event);
		epoll_wait(slot->fd, &event, 1, (arg[4] >> 8) % 4 ? 0 : (arg[4] >> 16) % 16);
	}
	put(h);
	return ret;
}

/* Requests of /dev/rpmsgN */
#define MAX_MESSAGES	8

static void check_messages(unsigned int cmd, const struct amp_rpmsg_mmsg *asked,
			   const struct area *area, const struct amp_rpmsg_mmsg *mmsg, long ret)
{
	long i;

	for (i = 0; i < ret && i < MAX_MESSAGES; i++) {
		size_t len = asked[i].len, room = area[i].writable;

		if (cmd == AMP_RPMSG_SEND) {
			if (len > AMP_MTU || len > area[i].readable)
				broken("AMP_RPMSG_SEND: has sent %zu bytes, of which %zu are there",
				       len, area[i].readable);
			continue;
		}
		if (mmsg[i].len > AMP_MTU)
			broken("AMP_RPMSG_RECV: a message of %u bytes", mmsg[i].len);
		if (len > mmsg[i].len)
			len = mmsg[i].len;
		if (len > room)
			broken("AMP_RPMSG_RECV: %zu bytes where %zu can be written", len, room);
	}
}

static long batch(const uint32_t *arg)
{
	unsigned int cmd = arg[5] % 2 ? AMP_RPMSG_SEND : AMP_RPMSG_RECV, i;
	struct amp_rpmsg_mmsg asked[MAX_MESSAGES], *mmsg;
	struct handle h = get(KIND_RPMSG, arg[0]);
	struct amp_rpmsg_batch batch = { .count = 1 + arg[2] % MAX_MESSAGES };
	struct area area[MAX_MESSAGES], at;
	uint64_t random = (uint64_t)arg[3] << 32 | arg[4] | 1;
	bool bad_array = false;
	size_t room;
	long ret;

	mmsg = args_array(sizeof(asked), &room);
	for (i = 0; i < MAX_MESSAGES; i++) {
		area[i] = args_area(random_next(&random));
		asked[i].data = (uintptr_t)area[i].addr;
		asked[i].len = args_length(random_next(&random));
		asked[i].addr = random_next(&random) % 4 ? AMP_RPMSG_ADDR_DEFAULT :
				args_address(random_next(&random));
	}
	memcpy(mmsg, asked, sizeof(asked));
	batch.msgs = (uintptr_t)mmsg;
	if ((arg[2] >> 8) % 8 == 0)
		batch.count = args_number(arg[2] >> 12);
	if ((arg[5] >> 1) % 8 == 0)
		batch.flags = args_number(arg[5] >> 4);
	else
		batch.flags = (arg[5] >> 1) % 4 ? AMP_RPMSG_DONTWAIT : 0;
	if ((arg[5] >> 16) % 16 == 0) {
		bad_array = true;
		batch.msgs = (uintptr_t)args_bad_area(arg[4]).addr;
	}
	/* beyond what is known of them there are zeros, or nothing */
	if (batch.count > MAX_MESSAGES)
		memset(mmsg + MAX_MESSAGES, 0, room - sizeof(asked));

	at = args_struct(&batch, sizeof(batch), arg[1]);
	ret = ioctl(h.fd, cmd, at.addr);
	if (at.readable < sizeof(batch))
		must_be_refused("a batch at a bad address", h.sure, ret, EFAULT);
	else if (batch.flags & ~AMP_RPMSG_DONTWAIT)
		must_be_refused("unknown flags of a batch", h.sure, ret, EINVAL);
	else if (!batch.count || batch.count > AMP_RPMSG_BATCH_MAX)
		must_be_refused("a batch of that many messages", h.sure, ret, EINVAL);
	else if (bad_array)
		must_be_refused("messages at a bad address", false, ret, EFAULT);
	else if (ret >= 0 && (!ret || ret > batch.count))
		broken("%s: %ld messages of %u", __func__, ret, batch.count);
	else
		check_messages(cmd, asked, area, mmsg, ret);
	put(h);
	return ret;
}

static long next_length(const uint32_t *arg)
{
	enum kind kind = any_kind(arg[5]);
	struct handle h = get(kind, arg[0]);
	int value = -1;
	struct area at = args_struct(&value, sizeof(value), arg[1]);
	long ret = ioctl(h.fd, FIONREAD, at.addr);

	if (at.writable < sizeof(value))
		must_be_refused("FIONREAD to a bad address", false, ret, EFAULT);
	else if (!ret && at.writable != ARGS_UNKNOWN)
		memcpy(&value, at.addr, sizeof(value));
	if (!ret && h.sure && at.writable != ARGS_UNKNOWN && kind == KIND_RPMSG)
		must(value >= 0 && value <= AMP_MTU, "a message of %d bytes", value);
	put(h);
	return ret;
}

static long destroy_ept(const uint32_t *arg)
{
	struct handle h = get(arg[5] % 8 ? KIND_RPMSG : any_kind(arg[5] >> 3), arg[0]);
	long ret = ioctl(h.fd, RPMSG_DESTROY_EPT_IOCTL, args_number(arg[1]));

	put(h);
	return ret;
}

static long flow_control(const uint32_t *arg)
{
	struct handle h = get(KIND_RPMSG, arg[0]);
	uint64_t pause = args_number(arg[1]);
	int value = 0;
	struct area at = args_struct(&value, sizeof(value), arg[1]);
	long ret;

	if (arg[5] % 2) {
		ret = ioctl(h.fd, RPMSG_GET_OUTGOING_FLOWCONTROL, at.addr);
		if (at.writable < sizeof(value))
			must_be_refused("flow control to a bad address", false, ret, EFAULT);
	} else {
		ret = ioctl(h.fd, RPMSG_SET_INCOMING_FLOWCONTROL, pause);
		if (pause > 1)
			must_be_refused("flow control other than on and off", false, ret, EINVAL);
	}
	put(h);
	return ret;
}

/* Requests of /dev/rpmsg_ctrlN */
static bool may_create(void)
{
	return __atomic_fetch_add(&shared->created, 1, __ATOMIC_RELAXED) < MAX_CREATED;
}

static void remember_created(int fd)
{
	char path[64], text[512], *at;
	unsigned int n;

	snprintf(path, sizeof(path), "/proc/thread-self/fdinfo/%d", fd);
	if (amp_attr_read(text, sizeof(text), "%s", path) <= 0)
		return;
	at = strstr(text, "rpmsg-created:");
	if (at && sscanf(at, "rpmsg-created: rpmsg%u", &n) == 1)
		__atomic_store_n(&created, n, __ATOMIC_RELAXED);
}

/* Not terminated, if it is long */
static void set_name(char name[32], uint32_t random)
{
	const char *text = args_text(random);

	memcpy(name, text, strnlen(text, 32));
}

static long create(const uint32_t *arg)
{
	static const unsigned int cmds[] = {
		RPMSG_CREATE_EPT_IOCTL, RPMSG_CREATE_EPT_IOCTL, RPMSG_CREATE_DEV_IOCTL,
		RPMSG_RELEASE_DEV_IOCTL,
	};
	unsigned int cmd = cmds[arg[5] % ARRAY_LEN(cmds)];
	struct handle h = get(KIND_CTRL, arg[0]);
	struct rpmsg_endpoint_info info = {
		.src = args_number(arg[2]), .dst = args_address(arg[3]),
	};
	struct area at;
	long ret = -1;

	set_name(info.name, arg[4]);
	at = args_struct(&info, sizeof(info), arg[1]);
	if (at.readable < sizeof(info)) {
		ret = ioctl(h.fd, cmd, at.addr);
		must_be_refused("an endpoint at a bad address", h.sure, ret, EFAULT);
	} else if (cmd == RPMSG_RELEASE_DEV_IOCTL || may_create()) {
		ret = ioctl(h.fd, cmd, at.addr);
	}
	if (!ret && cmd == RPMSG_CREATE_EPT_IOCTL)
		remember_created(h.fd);
	put(h);
	return ret;
}

static long create_file(const uint32_t *arg)
{
	static const unsigned int flags[] = {
		O_RDWR, O_RDWR | O_NONBLOCK, O_RDWR | O_NONBLOCK | O_CLOEXEC, O_RDONLY | O_NONBLOCK,
		O_WRONLY | O_NONBLOCK, O_RDWR | O_NONBLOCK, O_ACCMODE, O_APPEND, O_PATH, O_DIRECT,
	};
	struct handle h = get(KIND_CTRL, arg[0]);
	struct rpmsg_endpoint_fd_info info = {
		.src = args_number(arg[2]), .dst = args_address(arg[3]), .fd = -1,
		.flags = arg[5] % 16 ? flags[(arg[5] >> 4) % ARRAY_LEN(flags)] : arg[5],
	};
	struct area at;
	long ret;

	set_name(info.name, arg[4]);
	if (arg[2] % 4)
		info.src = RPMSG_ADDR_ANY;
	at = args_struct(&info, sizeof(info), arg[1]);
	ret = ioctl(h.fd, RPMSG_CREATE_EPT_FD_IOCTL, at.addr);
	if (at.readable < sizeof(info))
		must_be_refused("an endpoint at a bad address", h.sure, ret, EFAULT);
	else if ((info.flags & ~(O_ACCMODE | O_NONBLOCK | O_CLOEXEC)) ||
		 (info.flags & O_ACCMODE) == O_ACCMODE)
		must_be_refused("unknown flags of an endpoint", h.sure, ret, EINVAL);
	else if (at.writable < sizeof(info))
		must_be_refused("an endpoint that can't be told of", false, ret, EFAULT);
	if (!ret && at.writable != ARGS_UNKNOWN) {
		memcpy(&info, at.addr, sizeof(info));
		must(info.fd >= 0 && (!h.sure || !alone || kind_of(info.fd) == KIND_RPMSG),
		     "%d is no endpoint", info.fd);
		slot_put(info.fd, KIND_RPMSG, arg[5]);
	}
	put(h);
	return ret;
}

/* Bulk data */
static long bulk_alloc(const uint32_t *arg)
{
	struct handle h = get(KIND_BULK, arg[0]);
	struct amp_bulk_alloc alloc = {
		.size = args_length(arg[2]), .flags = arg[3] % 8 ? arg[4] % 2 : args_number(arg[4]),
		.fd = -1,
	};
	struct area at = args_struct(&alloc, sizeof(alloc), arg[1]);
	long ret = ioctl(h.fd, AMP_BULK_ALLOC, at.addr);

	if (at.readable < sizeof(alloc))
		must_be_refused("a buffer at a bad address", h.sure, ret, EFAULT);
	else if (!alloc.size || alloc.flags & ~AMP_BULK_WRITE_COMBINE)
		must_be_refused("no size, or unknown flags of a buffer", h.sure, ret, EINVAL);
	else if (at.writable < sizeof(alloc))
		must_be_refused("a buffer that can't be told of", false, ret, EFAULT);
	if (!ret && at.writable != ARGS_UNKNOWN) {
		uint64_t size = (alloc.size + PAGE - 1) & ~(PAGE - 1);

		memcpy(&alloc, at.addr, sizeof(alloc));
		must(alloc.fd >= 0, "%d is no buffer", alloc.fd);
		if (h.sure && alone)
			must(lseek(alloc.fd, 0, SEEK_END) == (off_t)size,
			     "a buffer that is not of %llu bytes", (unsigned long long)size);
		slot_put(alloc.fd, KIND_DMABUF, arg[5]);
	}
	put(h);
	return ret;
}

/* The cookie's upper half is the length, for who reads it. */
static long bulk_send(const uint32_t *arg)
{
	struct handle h = get(KIND_BULK, arg[0]), buffer = get(KIND_DMABUF, arg[5]);
	off_t size = buffer.sure ? lseek(buffer.fd, 0, SEEK_END) : -1;
	struct amp_bulk_send send = {
		.fd = buffer.fd,
		.op = arg[4] % 4 ? (arg[4] >> 8) % 11 : args_number(arg[4] >> 8),
		.offset = arg[2] % 2 ? 0 : args_length(arg[2] >> 1),
		.length = arg[3] % 4 ? 4 * (1 + arg[3] % 1024) : args_length(arg[3] >> 2),
	};
	struct area at;
	long ret;

	/* the core waits for something that nobody writes: at times only */
	if (send.op == BULK_PAUSE && arg[4] % 32)
		send.op = BULK_HOLD;
	if (send.op == BULK_CRASH && arg[4] % 16)
		send.op = BULK_RELEASE;
	send.cookie = send.length << 32;
	at = args_struct(&send, sizeof(send), arg[1]);
	ret = ioctl(h.fd, AMP_BULK_SEND, at.addr);
	if (at.readable < sizeof(send))
		must_be_refused("a transfer at a bad address", h.sure, ret, EFAULT);
	else if (!send.length)
		must_be_refused("a transfer of nothing", h.sure, ret, EINVAL);
	else if (size >= 0 && (send.offset >= (uint64_t)size ||
			       send.length > (uint64_t)size - send.offset))
		must_be_refused("a transfer of what isn't in the buffer", h.sure, ret, EINVAL);
	put(h);
	put(buffer);
	return ret;
}

static long sync_buffer(const uint32_t *arg)
{
	struct handle h = get(KIND_DMABUF, arg[0]);
	struct dma_buf_sync sync = {
		.flags = arg[2] % 4 ? arg[2] >> 2 & 7 : args_number(arg[2] >> 2),
	};
	struct area at = args_struct(&sync, sizeof(sync), arg[1]);
	long ret = ioctl(h.fd, DMA_BUF_IOCTL_SYNC, at.addr);

	if (at.readable < sizeof(sync))
		must_be_refused("a buffer's access at a bad address", h.sure, ret, EFAULT);
	else if (sync.flags & ~(uint64_t)DMA_BUF_SYNC_VALID_FLAGS_MASK)
		must_be_refused("unknown flags of a buffer's access", h.sure, ret, EINVAL);
	put(h);
	return ret;
}

static long name_buffer(const uint32_t *arg)
{
	struct handle h = get(KIND_DMABUF, arg[0]);
	struct area at = args_area(arg[1]);
	long ret = ioctl(h.fd, DMA_BUF_SET_NAME, arg[2] % 2 ? at.addr : args_text(arg[2]));

	put(h);
	return ret;
}

/* Requests that there aren't */
static long unknown_request(const uint32_t *arg)
{
	static const unsigned int known[] = {
		RPMSG_CREATE_EPT_IOCTL, RPMSG_DESTROY_EPT_IOCTL, RPMSG_CREATE_DEV_IOCTL,
		RPMSG_RELEASE_DEV_IOCTL, RPMSG_GET_OUTGOING_FLOWCONTROL,
		RPMSG_SET_INCOMING_FLOWCONTROL, RPMSG_CREATE_EPT_FD_IOCTL, AMP_RPMSG_RECV,
		AMP_RPMSG_SEND, AMP_BULK_ALLOC, AMP_BULK_SEND,
	};
	enum kind kind = any_kind(arg[5]);
	struct handle h = get(kind, arg[0]);
	unsigned int type = arg[2] % 2 ? RPMSG_TYPE : BULK_TYPE, cmd, i;
	struct area at = args_area(arg[1]);
	long ret = -1;

	cmd = _IOC((arg[3] >> 8) % 4, type, arg[3] % 4 ? arg[3] >> 2 & 15 : arg[3] >> 2 & 255,
		   args_length(arg[4]) & _IOC_SIZEMASK);
	for (i = 0; i < ARRAY_LEN(known) && known[i] != cmd; i++)
		;
	if (i == ARRAY_LEN(known)) {
		ret = ioctl(h.fd, cmd, at.addr);
		must_be_refused("an unknown request", h.sure, ret, ENOTTY);
	}
	put(h);
	return ret;
}

/* Memory */
static long map_one(const uint32_t *arg)
{
	enum kind kind = arg[5] % 4 ? KIND_DMABUF : any_kind(arg[5] >> 2);
	struct handle h = get(kind, arg[0]);
	off_t size = h.sure && kind == KIND_DMABUF ? lseek(h.fd, 0, SEEK_END) : -1, offset;
	size_t length;
	int flags;

	length = args_map(h.fd, arg[1], arg[2], &offset, &flags);
	if (length && h.sure && kind != KIND_DMABUF && kind != KIND_NONE)
		broken("mmap: of what can't be mapped");
	if (length && size >= 0)
		must(flags == MAP_SHARED && offset + (off_t)length <= ((size + 4095) & ~4095L),
		     "%zu bytes at %lld of a buffer of %lld", length, (long long)offset,
		     (long long)size);
	put(h);
	return length ? 0 : -1;
}

static long unmap_one(const uint32_t *arg)
{
	args_unmap(arg[0]);
	return 0;
}

static long protect_one(const uint32_t *arg)
{
	args_protect(arg[0], arg[1]);
	return 0;
}

/* Files as such */
static long other_file_call(const uint32_t *arg)
{
	static const int more[] = { O_NONBLOCK, O_NONBLOCK, 0, O_APPEND, O_ASYNC, O_DIRECT };
	struct handle h = get(any_kind(arg[5]), arg[0]);
	struct stat st;
	char text[512];
	long ret;

	switch (arg[1] % 6) {
	case 0:
		ret = fcntl(h.fd, F_SETFL, more[arg[2] % ARRAY_LEN(more)]);
		break;
	case 1:
		ret = lseek(h.fd, args_number(arg[2]), arg[3] % 5);
		break;
	case 2:
		ret = fsync(h.fd);
		break;
	case 3:
		ret = fstat(h.fd, &st);
		break;
	case 4:
		ret = pread(h.fd, text, sizeof(text), args_number(arg[2]));
		break;
	default:
		ret = amp_attr_read(text, sizeof(text), "/proc/thread-self/fdinfo/%d", h.fd);
	}
	put(h);
	return ret;
}

/* A program that ends, by itself or by a signal, with what it has inherited */
static long inherit(const uint32_t *arg)
{
	struct itimerval limit = { .it_value.tv_usec = 1000 * CHILD_MS };
	uint64_t random = (uint64_t)arg[0] << 32 | arg[1] | 1;
	struct program p;
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGALRM, SIG_DFL);
	setitimer(ITIMER_REAL, &limit, NULL);
	program_random(&p, &random);
	p.length = 1 + p.length % 6;
	grammar_run(&p);
	_exit(0);
}

union post {
	struct cmsghdr header;
	char room[CMSG_SPACE(sizeof(int))];
};

static long hand_on(const uint32_t *arg)
{
	union post post = { .room = "" };
	struct iovec iov = { "x", 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &post,
		.msg_controllen = sizeof(post),
	};
	struct handle h = get(any_kind(arg[5]), arg[0]);
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(&msg);
	long ret;

	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(cmsg), &h.fd, sizeof(int));
	ret = sendmsg(shared->post[0], &msg, MSG_DONTWAIT);
	put(h);
	return ret;
}

static long take_over(const uint32_t *arg)
{
	union post post;
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = &post,
		.msg_controllen = sizeof(post),
	};
	long ret = recvmsg(shared->post[1], &msg, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
	struct cmsghdr *cmsg = ret > 0 ? CMSG_FIRSTHDR(&msg) : NULL;
	int fd;

	if (!cmsg || cmsg->cmsg_type != SCM_RIGHTS)
		return -1;
	memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	slot_put(fd, kind_of(fd), arg[0]);
	return 0;
}

/* sysfs, and the core */
static const char *entry_of(const char *folder, uint32_t random, char name[NAME_MAX + 1])
{
	DIR *dir = opendir(folder);
	struct dirent *d;
	unsigned int n;

	strcpy(name, "none");
	for (n = random % 8; dir && (d = readdir(dir)); n--) {
		if (d->d_name[0] != '.')
			snprintf(name, NAME_MAX + 1, "%s", d->d_name);
		if (!n)
			break;
	}
	if (dir)
		closedir(dir);
	return name;
}

static long use_attribute(const uint32_t *arg)
{
	static const char * const of_node[] = {
		"name", "src", "dst", "mtu", "rx_dropped", "shared", "uevent", "dev",
		"statistics/rx_messages", "statistics/tx_bytes", "statistics/rx_dropped",
		"statistics/rx_queue_full", "device/statistics/rx_refused", "device/announce",
	};
	static const char * const of_bus[] = {
		"rx_coalesce_usecs", "rx_coalesce_messages", "tx_coalesce_usecs",
		"tx_coalesce_messages", "busy_poll_usecs", "statistics/rx_interrupts",
		"statistics/tx_kicks",
	};
	static const char * const of_core[] = {
		"crash_limit", "crash_window_s", "crash_count", "state", "name", "firmware",
		"recovery", "coredump", "shutdown_timeout_ms",
	};
	const char *text = args_text(arg[2]);
	char value[512], name[NAME_MAX + 1], path[PATH_MAX + 32];

	switch (arg[0] % 4) {
	case 0:
		snprintf(path, sizeof(path), "%s/%s/%s", virtio_devices,
			 entry_of(virtio_devices, 0, name),
			 of_bus[arg[1] % ARRAY_LEN(of_bus)]);
		break;
	case 1:
		snprintf(path, sizeof(path), "%s/%s", rproc,
			 of_core[arg[1] % (ARRAY_LEN(of_core) - (arg[5] % 8 != 0))]);
		/* no longer than anybody waits; and no dumps, which take long */
		if (strlen(text) > 3 && strtoull(text, NULL, 0) <= 60000)
			text = "60001";
		break;
	default:
		snprintf(path, sizeof(path), "%s/%s/%s", rpmsg_class,
			 entry_of(rpmsg_class, arg[3], name),
			 of_node[arg[1] % ARRAY_LEN(of_node)]);
	}
	return arg[4] % 2 ? amp_attr_read(value, sizeof(value), "%s", path) :
	       amp_attr_write(text, "%s", path);
}

static long bind_device(const uint32_t *arg)
{
	static const char * const drivers[] = { "rpmsg_chrdev", "rpmsg_ctrl", "amp_bulk" };
	const char *driver = drivers[arg[0] % ARRAY_LEN(drivers)];
	char name[NAME_MAX + 1];

	entry_of(rpmsg_devices, arg[1], name);
	switch (arg[2] % 4) {
	case 0:
		return amp_attr_write(name, "/sys/bus/rpmsg/drivers/%s/unbind", driver);
	case 1:
		return amp_attr_write(name, "/sys/bus/rpmsg/drivers/%s/bind", driver);
	case 2:
		return amp_attr_write(arg[3] % 4 ? driver : args_text(arg[3] >> 2),
				      "%s/%s/driver_override", rpmsg_devices, name);
	default:
		return amp_attr_write(entry_of(virtio_devices, 0, name),
				      "/sys/bus/virtio/drivers/amp_rpmsg/%s",
				      arg[3] % 2 ? "bind" : "unbind");
	}
}

static long command_core(const uint32_t *arg)
{
	static const char * const commands[] = {
		"start", "start", "start", "stop", "stop", "detach", "", "x",
	};

	if (arg[0] % 8 == 0)
		return amp_attr_write(arg[1] % 2 ? "1" : "2",
				      "/sys/kernel/debug/remoteproc/remoteproc0/crash");
	if (arg[0] % 8 == 1)
		return amp_attr_write(shared->firmware, "%s/firmware", rproc);
	return amp_attr_write(commands[arg[1] % ARRAY_LEN(commands)], "%s/state", rproc);
}

/*
 * What there is, on what, and how often relative to the others. Those for KIND_NONE
 * are for any.
 */
static const struct op {
	const char *name;
	long (*run)(const uint32_t *arg);
	enum kind kind;
	unsigned int weight;
} ops[] = {
	{ "open_node", open_node, KIND_NONE, 60 },
	{ "close_one", close_one, KIND_NONE, 30 },
	{ "dup_one", dup_one, KIND_NONE, 15 },
	{ "read_one", read_one, KIND_NONE, 60 },
	{ "read_vector", read_vector, KIND_NONE, 30 },
	{ "send_file", send_file, KIND_NONE, 5 },
	{ "poll_some", poll_some, KIND_NONE, 25 },
	{ "watch", watch, KIND_NONE, 20 },
	{ "next_length", next_length, KIND_NONE, 15 },
	{ "unknown_request", unknown_request, KIND_NONE, 25 },
	{ "map_one", map_one, KIND_NONE, 20 },
	{ "unmap_one", unmap_one, KIND_NONE, 15 },
	{ "protect_one", protect_one, KIND_NONE, 10 },
	{ "other_file_call", other_file_call, KIND_NONE, 20 },
	{ "inherit", inherit, KIND_NONE, 4 },
	{ "hand_on", hand_on, KIND_NONE, 10 },
	{ "take_over", take_over, KIND_NONE, 10 },
	{ "use_attribute", use_attribute, KIND_NONE, 25 },
	{ "bind_device", bind_device, KIND_NONE, 2 },
	{ "command_core", command_core, KIND_NONE, 2 },
	{ "write_one", write_one, KIND_RPMSG, 80 },
	{ "write_vector", write_vector, KIND_RPMSG, 40 },
	{ "batch", batch, KIND_RPMSG, 80 },
	{ "flow_control", flow_control, KIND_RPMSG, 10 },
	{ "destroy_ept", destroy_ept, KIND_RPMSG, 10 },
	{ "create", create, KIND_CTRL, 60 },
	{ "create_file", create_file, KIND_CTRL, 80 },
	{ "bulk_alloc", bulk_alloc, KIND_BULK, 40 },
	{ "bulk_send", bulk_send, KIND_BULK, 80 },
	{ "bulk_alloc", bulk_alloc, KIND_DMABUF, 30 },
	{ "bulk_send", bulk_send, KIND_DMABUF, 30 },
	{ "sync_buffer", sync_buffer, KIND_DMABUF, 40 },
	{ "name_buffer", name_buffer, KIND_DMABUF, 10 },
};

_Static_assert(ARRAY_LEN(ops) <= MAX_OPS, "too many calls");

/* A call on that kind, or on any if it is KINDS */
uint32_t grammar_choose(enum kind kind, uint32_t random)
{
	unsigned int i, sum = 0;

	for (i = 0; i < ARRAY_LEN(ops); i++)
		if (kind == KINDS || ops[i].kind == kind || ops[i].kind == KIND_NONE)
			sum += ops[i].weight;
	random %= sum;
	for (i = 0; i < ARRAY_LEN(ops); i++) {
		if (kind != KINDS && ops[i].kind != kind && ops[i].kind != KIND_NONE)
			continue;
		if (random < ops[i].weight)
			break;
		random -= ops[i].weight;
	}
	return i;
}

/* What programs are to be for: of what the firmware has */
enum kind grammar_kind(uint32_t random)
{
	static const enum kind with[] = {
		KIND_BULK, KIND_DMABUF, KIND_BULK, KIND_DMABUF, KIND_RPMSG, KIND_CTRL, KIND_LOG,
	};
	static const enum kind without[] = {
		KIND_RPMSG, KIND_RPMSG, KIND_RPMSG, KIND_CTRL, KIND_LOG,
	};

	return shared->bulk ? with[random % ARRAY_LEN(with)] :
	       without[random % ARRAY_LEN(without)];
}

/* What makes one of that kind out of the node that open_node() opens for it */
uint32_t grammar_maker(enum kind kind)
{
	long (*run)(const uint32_t *arg) = kind == KIND_DMABUF ? bulk_alloc : create_file;
	unsigned int i;

	for (i = 0; i < ARRAY_LEN(ops) && ops[i].run != run; i++)
		;
	return i;
}

void grammar_init_process(struct grammar_shared *all, bool is_alone)
{
	unsigned int i;

	shared = all;
	alone = is_alone;
	snprintf(rproc, sizeof(rproc), "%s", amp_rproc());
	for (i = 0; i < MAX_SLOTS; i++)
		slots[i].fd = -1;
}

void grammar_run(const struct program *p)
{
	unsigned int i, op;
	long ret;

	for (i = 0; i < p->length && i < PROGRAM_CALLS && !shared->stop; i++) {
		op = p->call[i].op % ARRAY_LEN(ops);
		ret = ops[op].run(p->call[i].arg);
		__atomic_fetch_add(&shared->done[op], 1, __ATOMIC_RELAXED);
		if (ret >= 0)
			__atomic_fetch_add(&shared->succeeded[op], 1, __ATOMIC_RELAXED);
	}
}

/* What programs have left open. Others may be using it. */
void grammar_close_all(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < MAX_SLOTS; i++) {
		fd = slot_take(&slots[i]);
		if (fd >= 0)
			close(fd);
	}
	args_unmap_all();
}

const char *grammar_name(uint32_t op)
{
	return ops[op % ARRAY_LEN(ops)].name;
}
