/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The remote processor as user space sees it, for tests: find it, start and
 * stop it, wait for its channels, exchange messages, load and unload modules.
 *
 * Functions that return int return 0 (or a descriptor or length) on success
 * and a negative errno otherwise. Nothing here waits longer than AMP_TIMEOUT
 * seconds.
 */
#ifndef SELFTESTS_AMP_H
#define SELFTESTS_AMP_H

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>
#include <unistd.h>

/* The largest payload that a 512 byte buffer carries. */
#define AMP_MTU		496

#define AMP_ECHO	"rpmsg-echo"
#define AMP_RAW		"rpmsg-raw"
#define AMP_TROUBLE	"amp-trouble"

/* What the firmware logs. */
#define AMP_LOG		"/dev/amp-log0"

/* Evaluates @cond until it is true or time is up; says whether it was true. */
#define amp_wait_for(cond) ({						\
	long long __end = amp_now_ms() + amp_timeout_ms();		\
	bool __ok;							\
									\
	while (!(__ok = !!(cond)) && amp_now_ms() < __end)		\
		usleep(2000);						\
	__ok;								\
})

long long amp_now_ms(void);
int amp_timeout_ms(void);
int amp_cycles(int usual);
unsigned int amp_env_number(const char *name, unsigned int usual);

const char *amp_begin(const char *fw);

const char *amp_fw_echo(void);
const char *amp_fw_hello(void);
const char *amp_fw_ddr(void);
const char *amp_fw_stall(void);
const char *amp_fw_bulk(void);
const char *amp_fw_trouble(void);
int amp_fw_path(const char *fw, char *path, size_t size);
bool amp_fw_exists(const char *fw);
int amp_fw_replace(const char *fw, const char *what, const char *by);

int amp_attr_read(char *buf, size_t size, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
int amp_attr_write(const char *val, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));

const char *amp_rproc(void);
bool amp_state_is(const char *state);
int amp_set_firmware(const char *fw);
int amp_command(const char *command);
int amp_start(const char *fw);
int amp_stop(void);

int amp_bus_get(const char *name, char *value, size_t size);
int amp_bus_set(const char *name, const char *value);

int amp_channel_find(const char *name, char *node, size_t size);
int amp_channel_wait(const char *name, char *node, size_t size);
int amp_open(const char *name, int flags);
int amp_nodes(void);

void amp_fill(void *buf, size_t len, unsigned int seed);
int amp_send(int fd, const void *buf, size_t len);
int amp_receive(int fd, void *buf, size_t size);
int amp_echo(int fd, size_t len, unsigned int seed);
int amp_echo_text(int fd, const char *text);
int amp_echo_works(unsigned int seed);
int amp_echoes_work(int count);
const char *amp_log_read(int log);

int amp_trouble(int fd, const char *command);
int amp_wait_gone(int fd);

int amp_kmsg_begin(void);
int amp_kmsg_count(const char *text);

pid_t amp_traffic(void);
bool amp_traffic_flows(unsigned long since);
unsigned long amp_echoed(void);

int amp_wait_blocked(pid_t pid, long nr);
pid_t amp_blocked_reader(int fd);
int amp_wait_child(pid_t pid);

bool amp_module_loaded(const char *name);
int amp_module_load(const char *name);
int amp_module_unload(const char *name);
int amp_modules_load(void);

/* A device and the driver that it is bound to, as paths and names in sysfs. */
struct amp_binding {
	char driver[PATH_MAX];
	char device[128];
};

int amp_bound(struct amp_binding *b, const char *fmt, ...)
	__attribute__((format(printf, 2, 3)));
int amp_unbind(const struct amp_binding *b);
int amp_bind(const struct amp_binding *b);
int amp_bound_rproc(struct amp_binding *b);
int amp_bound_virtio(struct amp_binding *b);
int amp_bound_channel(struct amp_binding *b, const char *name);
int amp_bound_mailbox(struct amp_binding *b);

#endif /* SELFTESTS_AMP_H */
