// SPDX-License-Identifier: GPL-2.0
/*
 * Programs that do with the nodes whatever a program can: processes and threads of them
 * at once, at random from a seed, while the core is stopped, started and crashes.
 * Whatever they do, Linux goes on, says what is true, and loses nothing. Where the
 * kernel tells which code was reached (KCOV), programs that reach new code are kept
 * and changed further.
 *
 * AMP_SEED is the first seed, AMP_SECONDS for how long to go on, and AMP_SEEDS, if
 * set, the number of seeds in place of that.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "amp_harness.h"
#include "args.h"
#include "complaints.h"
#include "cover.h"
#include "grammar.h"
#include "leaks.h"

#define BULK_MODULE	"amp_rpmsg_bulk"

#define SECONDS		60

/* Half of the processes are alone with their files, and the others have threads. */
#define PROCESSES	4
#define THREADS		3
#define ALL_THREADS	(PROCESSES / 2 * (1 + THREADS))

/* Of each thread, for one seed; and for one that is done again to look for leaks */
#define PROGRAMS	100
#define FEW_PROGRAMS	20

/* How long one seed may take; then what is left of it is left out. */
#define SEED_MS		20000

/* How often a thread that sleeps in a call is interrupted */
#define INTERRUPT_MS	50

/* How long the core may be off */
#define OFF_MS		100

/* Programs that have reached new code */
#define CORPUS		1024

static struct shared {
	struct grammar_shared grammar;
	struct cover cover;
	bool kcov;
	unsigned int programs;
	/* to begin with the same ones for the same seed */
	struct program at[ALL_THREADS];
	unsigned int kept;
	struct program corpus[CORPUS];
} *shared;

static struct {
	unsigned int seed;
	unsigned int programs;
	pid_t pids[PROCESSES];
	char why[256];
} now;

/* Interrupts calls that wait */
static void on_alarm(int signal)
{
	(void)signal;
}

static void interrupt_often(void)
{
	struct itimerspec often = {
		.it_value.tv_nsec = INTERRUPT_MS * 1000000,
		.it_interval.tv_nsec = INTERRUPT_MS * 1000000,
	};
	struct sigevent event = {
		.sigev_notify = SIGEV_THREAD_ID, .sigev_signo = SIGALRM,
	};
	timer_t timer;

	event._sigev_un._tid = syscall(SYS_gettid);
	if (timer_create(CLOCK_MONOTONIC, &event, &timer) ||
	    timer_settime(timer, 0, &often, NULL))
		abort();
}

static void next_program(struct program *p, uint64_t *random)
{
	unsigned int kept = __atomic_load_n(&shared->kept, __ATOMIC_RELAXED);

	if (kept > CORPUS)
		kept = CORPUS;
	if (!kept || random_next(random) % 3 == 0) {
		program_random(p, random);
		return;
	}
	*p = shared->corpus[random_next(random) % kept];
	program_mutate(p, &shared->corpus[random_next(random) % kept], random);
}

static void keep(const struct program *p)
{
	unsigned int i = __atomic_fetch_add(&shared->kept, 1, __ATOMIC_RELAXED);

	shared->corpus[i % CORPUS] = *p;
}

static void *run_programs(void *data)
{
	unsigned int thread = (uintptr_t)data, i;
	struct program *p = &shared->at[thread];
	uint64_t random = (now.seed + 1ULL) * 0x9e3779b97f4a7c15ULL ^ thread;
	bool alone = thread < PROCESSES / 2;

	for (i = 0; i < 8; i++)
		random_next(&random);
	args_init_thread();
	interrupt_often();
	if (cover_open())
		shared->kcov = true;
	for (i = 0; i < now.programs && !shared->grammar.stop; i++) {
		next_program(p, &random);
		cover_begin();
		grammar_run(p);
		if (cover_end(&shared->cover))
			keep(p);
		__atomic_fetch_add(&shared->programs, 1, __ATOMIC_RELAXED);
		if (alone || random_next(&random) % 4 == 0)
			grammar_close_all();
	}
	return NULL;
}

static void limit(int what, rlim_t to)
{
	struct rlimit limit = { to, to };

	setrlimit(what, &limit);
}

static pid_t start_process(unsigned int number)
{
	bool alone = number < PROCESSES / 2;
	unsigned int first = alone ? number : PROCESSES / 2 + (number - PROCESSES / 2) * THREADS;
	unsigned int i, count = alone ? 1 : THREADS;
	struct sigaction act = { .sa_handler = on_alarm };
	pthread_t threads[THREADS];
	pid_t pid = fork();

	if (pid)
		return pid;
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	sigaction(SIGALRM, &act, NULL);
	signal(SIGCHLD, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGIO, SIG_IGN);
	limit(RLIMIT_NOFILE, 128);
	limit(RLIMIT_AS, 512UL << 20);
	limit(RLIMIT_CORE, 0);
	grammar_init_process(&shared->grammar, alone);
	for (i = 0; i < count; i++)
		if (pthread_create(&threads[i], NULL, run_programs,
				   (void *)(uintptr_t)(first + i)))
			_exit(2);
	for (i = 0; i < count; i++)
		pthread_join(threads[i], NULL);
	_exit(0);
}

static int fail(int ret, const char *what)
{
	if (!now.why[0])
		snprintf(now.why, sizeof(now.why), "%s: %s", what, strerror(-ret));
	return ret ? ret : -EPROTO;
}

/* A core that crashes is started again, and then off only when it takes a firmware. */
static int stop(void)
{
	if (!amp_wait_for((amp_stop(), !amp_set_firmware(amp_fw_echo()))))
		return fail(-ETIMEDOUT, "stop");
	return 0;
}

/* What programs may have set otherwise */
static int set_up_core(void)
{
	int ret = stop();

	if (!ret)
		ret = amp_attr_write("0", "%s/crash_limit", amp_rproc());
	if (!ret)
		ret = amp_attr_write("50", "%s/shutdown_timeout_ms", amp_rproc());
	if (!ret)
		ret = amp_attr_write("disabled", "%s/coredump", amp_rproc());
	if (!ret)
		ret = amp_attr_write("enabled", "%s/recovery", amp_rproc());
	return ret ? fail(ret, "settings of the core") : 0;
}

static int good_firmware_works(void)
{
	int ret = amp_start(amp_fw_echo());

	if (ret)
		return fail(ret, "start of the firmware");
	ret = amp_echoes_work(10);
	return ret ? fail(ret, "echo") : stop();
}

static void say_where(pid_t pid)
{
	char stack[4096];

	if (amp_attr_read(stack, sizeof(stack), "/proc/%d/stack", pid) > 0)
		fprintf(stderr, "# process %d is in\n%s\n", pid, stack);
}

/* The processes that have ended by now, or, with @kill_them, are made to */
static int reap(unsigned int *left, bool kill_them)
{
	int status, ret = 0;
	unsigned int i;

	for (i = 0; i < PROCESSES; i++) {
		if (kill_them && now.pids[i])
			kill(-now.pids[i], SIGKILL);
		if (!now.pids[i] || waitpid(now.pids[i], &status, WNOHANG) != now.pids[i])
			continue;
		/* and the children that it has left */
		kill(-now.pids[i], SIGKILL);
		now.pids[i] = 0;
		--*left;
		if (!kill_them && status && !now.why[0]) {
			snprintf(now.why, sizeof(now.why), "a process has died: status 0x%x",
				 status);
			ret = -ECHILD;
		}
	}
	return ret;
}

/* A core that is off, or without its bus, shows little: not for long. */
static void keep_core_on(long long *missed)
{
	if (!access("/dev/rpmsg_ctrl0", F_OK)) {
		*missed = 0;
	} else if (!*missed) {
		*missed = amp_now_ms();
	} else if (amp_now_ms() - *missed > OFF_MS) {
		amp_stop();
		amp_set_firmware(shared->grammar.firmware);
		amp_command("start");
		*missed = 0;
	}
}

static int run_processes(void)
{
	long long end = amp_now_ms() + SEED_MS, missed = 0;
	unsigned int left = PROCESSES, i;
	int ret = 0;

	for (i = 0; i < PROCESSES; i++) {
		now.pids[i] = start_process(i);
		if (now.pids[i] < 0)
			return fail(-errno, "fork");
	}
	while (left && !ret && amp_now_ms() < end) {
		usleep(20000);
		keep_core_on(&missed);
		ret = reap(&left, false);
		complaints_look(now.why, sizeof(now.why));
		if (now.why[0] || shared->grammar.broken)
			break;
	}
	shared->grammar.stop = true;
	/* Each call is interrupted soon, and what can't be comes to its end. */
	if (amp_wait_for((reap(&left, false), !left)))
		return ret;
	for (i = 0; i < PROCESSES; i++)
		if (now.pids[i])
			say_where(now.pids[i]);
	amp_wait_for((reap(&left, true), !left));
	return fail(-ETIMEDOUT, left ? "a process can't be killed" : "a call doesn't end");
}

static int run_seed(void)
{
	int ret = set_up_core();

	shared->grammar.bulk = now.seed % 2;
	shared->grammar.firmware = shared->grammar.bulk ? amp_fw_bulk() : amp_fw_echo();
	if (!ret)
		ret = amp_start(shared->grammar.firmware);
	if (ret)
		return fail(ret, "start");
	shared->grammar.stop = false;
	shared->grammar.created = 0;
	if (socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0, shared->grammar.post))
		return fail(-errno, "socketpair");
	ret = run_processes();
	close(shared->grammar.post[0]);
	close(shared->grammar.post[1]);
	if (shared->grammar.broken && !now.why[0])
		snprintf(now.why, sizeof(now.why), "%s", shared->grammar.why);
	if (!ret)
		ret = set_up_core();
	if (!ret)
		ret = good_firmware_works();
	complaints_look(now.why, sizeof(now.why));
	return !ret && now.why[0] ? -EPROTO : ret;
}

static unsigned int calls(const unsigned int *of)
{
	unsigned int i, sum = 0;

	for (i = 0; i < MAX_OPS; i++)
		sum += of[i];
	return sum;
}

static int batch(void *data, int i)
{
	unsigned int first = now.seed;
	long long begin = amp_now_ms();
	int ret = 0;

	(void)i;
	for (; !ret && now.seed < first + *(unsigned int *)data; now.seed++) {
		/* the last word, should all else end */
		fprintf(stderr, "# at seed %u\n", now.seed);
		ret = run_seed();
		if (ret)
			break;
	}
	if (ret) {
		fprintf(stderr, "# seed %u fails: %s\n", now.seed, now.why);
		for (i = 0; i < ALL_THREADS; i++) {
			fprintf(stderr, "# the last program of thread %d:\n", i);
			program_print(&shared->at[i], stderr);
		}
		return ret;
	}
	fprintf(stderr, "# seeds %u to %u: %u programs, %u calls so far, %u blocks, %lld ms\n",
		first, now.seed - 1, shared->programs, calls(shared->grammar.done),
		shared->cover.reached, amp_now_ms() - begin);
	return 0;
}

FIXTURE(nodes)
{
	char limit[32];
	char timeout[32];
	char coredump[32];
	char recovery[32];
};

FIXTURE_SETUP(nodes)
{
	/* without a memory region for it there are no such nodes */
	amp_module_load(BULK_MODULE);
	ASSERT_LT(0, amp_attr_read(self->limit, sizeof(self->limit), "%s/crash_limit",
				   amp_rproc()));
	ASSERT_LT(0, amp_attr_read(self->timeout, sizeof(self->timeout),
				   "%s/shutdown_timeout_ms", amp_rproc()));
	ASSERT_LT(0, amp_attr_read(self->coredump, sizeof(self->coredump), "%s/coredump",
				   amp_rproc()));
	ASSERT_LT(0, amp_attr_read(self->recovery, sizeof(self->recovery), "%s/recovery",
				   amp_rproc()));
	/* A machine that is busy is no wedged one. */
	setenv("AMP_TIMEOUT", "60", 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
		      -1, 0);
	ASSERT_NE(MAP_FAILED, shared);
	ASSERT_EQ(0, complaints_begin());
	now.seed = amp_env_number("AMP_SEED", 1);
	now.programs = PROGRAMS;
}

FIXTURE_TEARDOWN(nodes)
{
	stop();
	complaints_end();
	munmap(shared, sizeof(*shared));
	EXPECT_EQ(0, amp_attr_write(self->recovery, "%s/recovery", amp_rproc()));
	EXPECT_EQ(0, amp_attr_write(self->coredump, "%s/coredump", amp_rproc()));
	EXPECT_EQ(0, amp_attr_write(self->limit, "%s/crash_limit", amp_rproc()));
	EXPECT_EQ(0, amp_attr_write(self->timeout, "%s/shutdown_timeout_ms", amp_rproc()));
}

TEST_F_TIMEOUT(nodes, linux_goes_on, 1000000)
{
	unsigned int seeds = amp_env_number("AMP_SEEDS", 0), one = 1, i;
	unsigned int seconds = amp_env_number("AMP_SECONDS", SECONDS), first = now.seed;
	long long begin = amp_now_ms();

	do {
		ASSERT_EQ(0, batch(&one, 0)) {
			TH_LOG("again: make fuzz-nodes SEED=%u", now.seed);
		}
	} while (seeds ? now.seed - first < seeds : amp_now_ms() - begin < 1000LL * seconds);
	TH_LOG("%u seeds, %u programs, %u calls, %u of them without an error, in %lld s",
	       now.seed - first, shared->programs, calls(shared->grammar.done),
	       calls(shared->grammar.succeeded), (amp_now_ms() - begin) / 1000);
	if (shared->kcov)
		TH_LOG("%u blocks of code reached, by %u programs that were kept",
		       shared->cover.reached, shared->kept);
	else
		TH_LOG("no KCOV: which code was reached isn't known");
	for (i = 0; i < MAX_OPS && shared->grammar.done[i]; i++)
		TH_LOG("%-16s %6u calls, %6u without an error", grammar_name(i),
		       shared->grammar.done[i], shared->grammar.succeeded[i]);
}

static int same_seeds(void *data, int i)
{
	now.seed = 1;
	return batch(data, i);
}

/* Once more the same ones: what there is to be allocated once has been. */
TEST_F_TIMEOUT(nodes, nothing_is_lost, 3000)
{
	unsigned int two = 2;

	if (getenv("AMP_SEED"))
		SKIP(return, "certain seeds are asked for");
	now.programs = FEW_PROGRAMS;
	ASSERT_EQ(0, same_seeds(&two, 0));
	EXPECT_EQ(0, leaks_after(6, same_seeds, &two));
}

AMP_HARNESS_MAIN(amp_fw_bulk())
