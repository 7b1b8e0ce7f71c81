// SPDX-License-Identifier: MIT
/*
 * Promise: the host stays as it is, and in whatever state it is a fixture
 * works. Each host is a process of its own, so that none disturbs the next.
 */
#include "lib.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>

static void *start_in_thread(void *ret)
{
	*(struct jig **)ret = start(SHELL("exec sleep 600"));
	return NULL;
}

/* Were PDEATHSIG used, the guard would die with the thread. */
static int thread_exits(void)
{
	struct jig *fixture = NULL;
	pthread_t thread;

	CHECK(pthread_create(&thread, NULL, start_in_thread, &fixture) == 0);
	CHECK(pthread_join(thread, NULL) == 0);
	CHECK(fixture);
	CHECK(jig_wait(fixture, 200, NULL) == -ETIMEDOUT);
	CHECK(jig_stop(fixture) == 0);
	CHECK(code_of(fixture) == 128 + SIGTERM);
	CHECK(jig_report_reason(jig_report(fixture)) == JIG_REASON_STOP);
	jig_free(fixture);
	return 1;
}

/* Mask and dispositions, as the kernel tells them. */
static bool signal_state(char *text, size_t size)
{
	char line[256];
	size_t used = 0;
	FILE *file = fopen("/proc/thread-self/status", "re");

	CHECK(file);
	while (fgets(line, sizeof(line), file))
		if (strncmp(line, "Sig", 3) == 0 &&
		    strncmp(line, "SigQ", 4) != 0 && used < size)
			used += (size_t)snprintf(text + used, size - used, "%s",
						 line);
	(void)fclose(file);
	return used > 0;
}

static int signals_blocked_and_ignored(void)
{
	char before[1024], after[1024];
	sigset_t all;

	(void)sigfillset(&all);
	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	CHECK(sigprocmask(SIG_SETMASK, &all, NULL) == 0);
	CHECK(signal_state(before, sizeof(before)));
	CHECK(says(SHELL("grep -E 'Sig(Blk|Ign)' /proc/self/status |"
			 "tr -d '\\n\\t'"),
		   "SigBlk:0000000000000000SigIgn:0000000000000000"));
	CHECK(run(SHELL("kill -TERM $$")) == 128 + SIGTERM);
	CHECK(signal_state(after, sizeof(after)));
	CHECK(strcmp(before, after) == 0);
	return 1;
}

static void do_nothing(int signo)
{
	(void)signo;
}

#define SHOW_IGNORED "grep SigIgn /proc/self/status | tr -d '\\t'"

static int ignored_signals_stay_ignored_on_request(void)
{
	const struct jig_step soon = { SIGTERM, 1000 };
	struct jig_command all = SHELL(SHOW_IGNORED), one = all, group = all;

	(void)signal(SIGCHLD, SIG_IGN);
	(void)signal(SIGHUP, SIG_IGN);
	(void)signal(SIGINT, SIG_DFL); /* a shell's & leaves them ignored */
	(void)signal(SIGQUIT, SIG_DFL);
	(void)signal(SIGTERM, SIG_IGN);
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGUSR1, do_nothing);
	all.keep_ignored = UINT64_MAX;
	CHECK(says(all, "SigIgn:0000000000005001\n"));
	one.keep_ignored = 1U << (SIGPIPE - 1);
	CHECK(says(one, "SigIgn:0000000000001000\n"));
	group.group = JIG_GROUP_INHERIT;
	CHECK(says(group, "SigIgn:0000000000000001\n"));
	all.shell = "exec sleep 600";
	all.steps = &soon;
	all.step_count = 1;

	struct jig *fixture = start(all);

	/* The guard stops it nevertheless. */
	CHECK(fixture && jig_stop(fixture) == 0);
	CHECK(code_of(fixture) == 128 + SIGKILL);
	jig_free(fixture);
	return 1;
}

static int open_count(void)
{
	int count = 0;

	for (int fd = 0; fd < 20000; fd++)
		count += fcntl(fd, F_GETFD) >= 0;
	return count;
}

static int ten_thousand_descriptors(void)
{
	struct rlimit limit;
	int opened = 0;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = limit.rlim_max;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	/* Without FD_CLOEXEC: only the library keeps them from the command. */
	while (opened < 10000 && open("/dev/null", O_RDONLY) >= 0)
		opened++;
	if (opened < 10000)
		(void)fprintf(stderr, "only %d of 10000 open\n", opened);
	CHECK(says(SHELL("i=3; while [ $i -lt 12000 ]; do"
			 " [ -e /proc/$$/fd/$i ] && echo $i;"
			 " i=$((i + 1)); done; :"),
		   ""));
	return 1;
}

/* 1024 descriptors at most: what a login on most systems has. */
static int a_usual_limit(void)
{
	struct rlimit limit = { 1024, 1024 };

	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK(run(SHELL("exit 4")) == 4);
	return 1;
}

static int a_soft_limit_is_the_commands(void)
{
	struct rlimit limit;

	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0);
	limit.rlim_cur = 512;
	CHECK(setrlimit(RLIMIT_NOFILE, &limit) == 0);
	CHECK(says(SHELL("ulimit -Sn"), "512\n"));
	CHECK(getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur == 512);
	return 1;
}

/* What the command has there is no descriptor of ours; and ours are above,
 * where no printf(3) of the host writes to them. */
static bool works_without(unsigned closed, enum jig_stdio_kind stdin_kind)
{
	struct jig_command command =
		SHELL("for n in 0 1 2; do case $(readlink /proc/$$/fd/$n) in"
		      " '' | socket:* | *memfd* | anon*) exit 8;; esac; done;"
		      " exit 9");
	struct jig *fixture;

	for (int fd = 0; fd < 3; fd++)
		if (closed & 1U << fd)
			(void)close(fd);
	command.in.kind = stdin_kind;
	fixture = start(command);
	if (!fixture || jig_fd(fixture) < 3 || jig_pidfd(fixture) < 3 ||
	    jig_wait(fixture, DEADLINE_MS, NULL) < 0 || code_of(fixture) != 9)
		return false;
	jig_free(fixture);
	for (int fd = 0; fd < 3; fd++)
		if (closed & 1U << fd && fcntl(fd, F_GETFD) >= 0)
			return false;
	return true;
}

static int closed_stdio(void)
{
	static const enum jig_stdio_kind kinds[] = { JIG_STDIO_INHERIT,
						     JIG_STDIO_NULL,
						     JIG_STDIO_PIPE };

	for (unsigned turn = 0; turn < 8 * 3; turn++) {
		pid_t pid = fork();
		int status;

		CHECK(pid >= 0);
		if (pid == 0)
			_exit(works_without(turn % 8, kinds[turn / 8]) ? 0 : 1);
		CHECK(waitpid(pid, &status, 0) == pid);
		CHECK(status == 0);
	}
	return 1;
}

static int empty_environment(void)
{
	static char program[4096];
	struct jig_command command = SHELL("echo it works");

	(void)snprintf(program, sizeof(program), "%s", getenv("JIG_PROGRAM"));
	(void)clearenv();
	command.program = program;
	CHECK(says(command, "it works\n"));
	return 1;
}

static void *reap_all(void *stop)
{
	while (!__atomic_load_n((bool *)stop, __ATOMIC_ACQUIRE))
		if (waitpid(-1, NULL, 0) < 0)
			(void)sched_yield();
	return NULL;
}

static int host_reaps_everything(void)
{
	pthread_t thread;
	bool stop = false;

	CHECK(pthread_create(&thread, NULL, reap_all, &stop) == 0);
	for (int i = 0; i < 20; i++)
		CHECK(run(SHELL("exit 8")) == 8);
	__atomic_store_n(&stop, true, __ATOMIC_RELEASE);
	CHECK(pthread_join(thread, NULL) == 0);
	return 1;
}

/* What the owner below tells its parent. */
struct told {
	pid_t main, heir;
};

/* Start a fixture, fork a child that keeps every descriptor, and wait. */
static void be_owner_with_heir(int tell)
{
	struct jig *fixture = start(SHELL("trap '' HUP; exec sleep 600"));
	struct told told = { fixture ? jig_pid(fixture) : -1, fork() };

	if (told.heir == 0)
		for (;;)
			pause();
	(void)!write(tell, &told, sizeof(told));
	for (;;)
		pause();
}

static int owner_dies_with_an_heir(void)
{
	struct told told = { 0 };
	int pair[2], main_process;
	pid_t owner;

	/* The heir comes to us when the owner dies. */
	CHECK(prctl(PR_SET_CHILD_SUBREAPER, 1) == 0);
	CHECK(pipe2(pair, O_CLOEXEC) == 0);
	owner = child_fork();
	if (owner == 0)
		be_owner_with_heir(pair[1]);
	CHECK(read(pair[0], &told, sizeof(told)) == sizeof(told));
	main_process = pin(told.main);
	CHECK(told.main > 0 && told.heir > 0 && main_process >= 0);
	child_end(owner);
	CHECK(has_ended(main_process, DEADLINE_MS));
	child_end(told.heir);
	while (waitpid(-1, NULL, 0) > 0)
		;
	return 1;
}

/* A forked child of the host frees nothing and holds nothing up. */
static int host_forks_meanwhile(void)
{
	struct jig *fixture = start(SHELL("exec sleep 600"));
	pid_t child = child_sleeper();

	CHECK(fixture && child > 0);
	CHECK(jig_stop(fixture) == 0);
	CHECK(code_of(fixture) == 128 + SIGTERM);
	jig_free(fixture);
	CHECK(kill(child, 0) == 0);
	child_end(child);
	return 1;
}

static void *use_fixtures(void *ret)
{
	bool good = true;

	for (int i = 0; i < 5; i++) {
		char line[32];

		(void)snprintf(line, sizeof(line), "exit %d", i + 40);
		good = good && run(SHELL(line)) == i + 40;
	}
	*(bool *)ret = good;
	return NULL;
}

static int many_threads(void)
{
	enum { THREADS = 16 };
	pthread_t threads[THREADS];
	bool good[THREADS] = { false };

	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_create(&threads[i], NULL, use_fixtures,
				     &good[i]) == 0);
	for (int i = 0; i < THREADS; i++)
		CHECK(pthread_join(threads[i], NULL) == 0 && good[i]);
	return 1;
}

#define GIB (1UL << 30)

static bool has_memory(void)
{
	return (unsigned long)sysconf(_SC_AVPHYS_PAGES) *
		       (unsigned long)sysconf(_SC_PAGESIZE) >
	       3 * GIB / 2;
}

static int one_gibibyte(void)
{
	char *memory = mmap(NULL, GIB, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	CHECK(memory != MAP_FAILED);
	for (size_t i = 0; i < GIB; i += 4096)
		memory[i] = 1;
	CHECK(run(SHELL("exit 5")) == 5);
	CHECK(munmap(memory, GIB) == 0);
	return 1;
}

static int no_subreaper(void)
{
	struct jig *fixture = start(SHELL("exec sleep 600"));
	int is_subreaper = 9;

	CHECK(fixture);
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0);
	CHECK(is_subreaper == 0);
	jig_free(fixture);
	CHECK(prctl(PR_GET_CHILD_SUBREAPER, &is_subreaper) == 0);
	CHECK(is_subreaper == 0);
	return 1;
}

static int two_hundred_leave_no_trace(void)
{
	int before = open_count();

	for (int i = 0; i < 200; i++) {
		struct jig_command command = SHELL("exit 0");
		struct jig *fixture;

		command.in.kind = command.out.kind = JIG_STDIO_PIPE;
		command.argv = (const char *[]){ "/nowhere", NULL };
		command.shell = i % 2 ? "exec sleep 600" : NULL;
		if (jig_start(&command, &fixture) == 0)
			jig_free(fixture);
	}
	CHECK(open_count() == before);
	/* Not even a zombie. */
	CHECK(waitpid(-1, NULL, WNOHANG) == -1 && errno == ECHILD);
	return 1;
}

static int every_descriptor_is_close_on_exec(void)
{
	struct jig_command command = SHELL("exec sleep 600");
	struct jig *fixture;

	for (int fd = 3; fd < 64; fd++)
		(void)close(fd);
	command.in.kind = command.out.kind = command.err.kind = JIG_STDIO_PIPE;
	fixture = start(command);
	CHECK(fixture);
	for (int fd = 3; fd < 64; fd++) {
		int flags = fcntl(fd, F_GETFD);

		CHECK(flags < 0 || flags == FD_CLOEXEC);
	}
	jig_free(fixture);
	return 1;
}

#define HOLDS(name, host)                                                      \
	static void name(void **state)                                         \
	{                                                                      \
		(void)state;                                                   \
		assert_true(child_says(host));                                 \
	}

HOLDS(edge_15_a_fixture_outlives_its_thread, thread_exits)
HOLDS(edge_16_signal_state_is_untouched_and_not_inherited,
      signals_blocked_and_ignored)
HOLDS(signals_that_a_host_ignores_stay_ignored_on_request,
      ignored_signals_stay_ignored_on_request)
HOLDS(edge_37_none_of_10000_descriptors_leaks, ten_thousand_descriptors)
HOLDS(a_limit_of_1024_descriptors_is_enough, a_usual_limit)
HOLDS(the_soft_limit_of_descriptors_is_inherited, a_soft_limit_is_the_commands)
HOLDS(a_host_without_stdio_works, closed_stdio)
HOLDS(edge_37_a_host_without_environment_works, empty_environment)
HOLDS(a_host_may_reap_every_child, host_reaps_everything)
HOLDS(edge_13_a_forked_child_of_a_dead_owner_keeps_nothing_alive,
      owner_dies_with_an_heir)
HOLDS(a_forked_child_of_the_host_does_no_harm, host_forks_meanwhile)
HOLDS(each_thread_has_fixtures_of_its_own, many_threads)
HOLDS(the_host_becomes_no_subreaper, no_subreaper)
HOLDS(two_hundred_fixtures_leave_no_trace, two_hundred_leave_no_trace)
HOLDS(what_the_library_opens_is_close_on_exec,
      every_descriptor_is_close_on_exec)

static void a_host_of_one_gibibyte_works(void **state)
{
	(void)state;
	if (!has_memory())
		skip();
	assert_true(child_says(one_gibibyte));
}

/* Its handler is called all the time: every wait of ours gets EINTR. */
static int interrupted_host(void)
{
	const struct sigaction action = { .sa_handler = do_nothing };
	const struct itimerval often = { { 0, 100 }, { 0, 100 } };
	const struct itimerval never = { 0 };

	CHECK(sigaction(SIGALRM, &action, NULL) == 0);
	CHECK(setitimer(ITIMER_REAL, &often, NULL) == 0);
	for (int i = 0; i < 50; i++) {
		struct jig_command command = { .size = sizeof(command),
					       .argv = (const char *[]){
						       "true", NULL } };
		struct jig *fixture = start(command);

		CHECK(fixture);
		jig_free(fixture);
		/* One that cannot be started. */
		command.argv = (const char *[]){ "/nowhere", NULL };
		CHECK(jig_start(&command, &fixture) == -ENOENT);
	}
	CHECK(setitimer(ITIMER_REAL, &never, NULL) == 0);
	CHECK(waitpid(-1, NULL, 0) == -1 && errno == ECHILD);
	return 1;
}

static void an_interrupted_host_has_no_zombies(void **state)
{
	(void)state;
	assert_true(child_says(interrupted_host));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_15_a_fixture_outlives_its_thread),
		cmocka_unit_test(
			edge_16_signal_state_is_untouched_and_not_inherited),
		cmocka_unit_test(
			signals_that_a_host_ignores_stay_ignored_on_request),
		cmocka_unit_test(edge_37_none_of_10000_descriptors_leaks),
		cmocka_unit_test(a_limit_of_1024_descriptors_is_enough),
		cmocka_unit_test(the_soft_limit_of_descriptors_is_inherited),
		cmocka_unit_test(a_host_without_stdio_works),
		cmocka_unit_test(edge_37_a_host_without_environment_works),
		cmocka_unit_test(a_host_may_reap_every_child),
		cmocka_unit_test(
			edge_13_a_forked_child_of_a_dead_owner_keeps_nothing_alive),
		cmocka_unit_test(a_forked_child_of_the_host_does_no_harm),
		cmocka_unit_test(each_thread_has_fixtures_of_its_own),
		cmocka_unit_test(a_host_of_one_gibibyte_works),
		cmocka_unit_test(an_interrupted_host_has_no_zombies),
		cmocka_unit_test(the_host_becomes_no_subreaper),
		cmocka_unit_test(two_hundred_fixtures_leave_no_trace),
		cmocka_unit_test(what_the_library_opens_is_close_on_exec),
	};

	return RUN(tests);
}
