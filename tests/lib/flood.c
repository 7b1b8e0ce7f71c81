// SPDX-License-Identifier: MIT
/*
 * Every direction is flooded, while one of the three processes is stopped: what
 * was asked for and what has happened is known all the same, once it goes on.
 *
 * The command is this program itself: "flood count" counts signals, "flood
 * status N" tells N times what it does.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib.h"

#define MANY 100000
#define STATUS_LINES 10000
/* Fewer than the kernel queues for a process (RLIMIT_SIGPENDING). */
#define COUNTED 5000
#define REAL_TIME 40

static const enum jig_cage cages[] = { JIG_CAGE_CGROUP, JIG_CAGE_SUBREAPER,
				       JIG_CAGE_PIDNS, JIG_CAGE_PGROUP };

/* ------------------------------------------------------------- the commands */

static int count_signals(void)
{
	unsigned count = 0;
	sigset_t set;
	int signo;

	(void)sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)printf("ready\n");
	(void)fflush(stdout);
	while (sigwait(&set, &signo) == 0 && signo != 64) {
		count += signo == REAL_TIME;
		if (signo != REAL_TIME || count < COUNTED)
			continue;
		(void)printf("%u\n", count); /* Once, or there are more. */
		(void)fflush(stdout);
	}
	return 0;
}

static int tell_status(int lines, const char *last)
{
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	const char *name = getenv("NOTIFY_SOCKET");
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	size_t length = strlen(name);
	char text[64];

	memcpy(to.sun_path, name, length);
	to.sun_path[0] = *name == '@' ? '\0' : *name;
	for (int i = 0; i <= lines; i++) {
		if (i == lines && *last)
			(void)snprintf(text, sizeof(text), "%s", last);
		else
			(void)snprintf(text, sizeof(text), "STATUS=%d", i);
		if (sendto(fd, text, strlen(text), 0, (struct sockaddr *)&to,
			   (socklen_t)(offsetof(struct sockaddr_un, sun_path) +
				       length)) < 0)
			return 1;
	}
	(void)printf("told\n");
	(void)fflush(stdout);
	while (*last)
		(void)pause();
	return 3;
}

/* ----------------------------------------------------------------- the tests
 */

static const char *self(void)
{
	static char path[4096];
	ssize_t n = readlink("/proc/self/exe", path, sizeof(path) - 1);

	assert_true(n > 0);
	path[n] = '\0';
	return path;
}

/* NULL: this cage cannot be had here. */
static struct jig *start_in(enum jig_cage cage, const char *const *words,
			    const char *const *ready)
{
	const char *argv[5] = { self() };
	struct jig_command command = {
		.size = sizeof(command),
		.argv = argv,
		.ready = ready,
		.cage = cage,
		.out = { .kind = JIG_STDIO_PIPE },
		.steps = (struct jig_step[]){ { SIGRTMAX, 60000000 },
					      { SIGKILL, 5000000 } },
		.step_count = 2,
	};
	struct jig *fixture = NULL;
	int r;

	for (size_t i = 0; words[i]; i++)
		argv[i + 1] = words[i];
	r = jig_start(&command, &fixture);
	assert_true(r == 0 || r == -ENOTSUP);
	return fixture;
}

static int child_of(int pid)
{
	char path[64], text[64];

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid,
		       pid);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, text, sizeof(text) - 1);

	assert_true(n > 0);
	(void)close(fd);
	text[n] = '\0';
	return atoi(text);
}

/* The guard (0), or its supervisor (1). */
static pid_t other(int who)
{
	int guard = child_of(getpid());

	return who == 0 ? guard : child_of(guard);
}

/* Has nothing to say and does not wake: what else is a loop that spins? */
static void assert_quiet(struct jig *fixture)
{
	struct pollfd news = { .fd = jig_fd(fixture), .events = POLLIN };

	for (int i = 0; i < 1000 && jig_wait(fixture, 0, NULL) == -ETIMEDOUT;
	     i++)
		if (poll(&news, 1, 200) == 0)
			return;
	fail_msg("its descriptor is readable, and there is nothing new");
}

static void flood_signals(enum jig_cage cage, int who)
{
	struct jig *fixture =
		start_in(cage, (const char *[]){ "count", NULL }, NULL);
	char text[32];

	if (!fixture)
		return;
	int out = jig_take_pipe(fixture, 1);
	pid_t stopped = other(who);

	assert_string_equal(read_line(out, text, sizeof(text)), "ready");
	assert_int_equal(kill(stopped, SIGSTOP), 0);
	for (int i = 0; i < MANY; i++)
		assert_int_equal(jig_signal(fixture, SIGUSR1,
					    i % 2 ? JIG_TARGET_ALL
						  : JIG_TARGET_MAIN),
				 0);
	for (int i = 0; i < COUNTED; i++)
		assert_int_equal(jig_signal(fixture, REAL_TIME,
					    JIG_TARGET_MAIN),
				 0);
	assert_int_equal(kill(stopped, SIGCONT), 0);
	assert_int_equal(read_number(out), COUNTED);
	assert_quiet(fixture);
	assert_int_equal(jig_stop(fixture), 0);
	assert_int_equal(code_of(fixture), 0);
	assert_int_equal(read_all(out, text, sizeof(text)), 0);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_STOP);
	(void)close(out);
	jig_free(fixture);
}

static void a_stop_behind_many_signals_arrives(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cages); i++)
		for (int who = 0; who < 2; who++)
			flood_signals(cages[i], who);
}

static void a_stop_behind_a_stopped_guard_arrives_and_hurries(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cages); i++) {
		struct jig *fixture =
			start_in(cages[i], (const char *[]){ "deaf", NULL },
				 NULL);
		char text[32];

		if (!fixture)
			continue;
		int out = jig_take_pipe(fixture, 1);
		pid_t guard = other(0);

		assert_string_equal(read_line(out, text, sizeof(text)),
				    "ready");
		assert_int_equal(kill(guard, SIGSTOP), 0);
		for (int j = 0; j < MANY; j++)
			assert_int_equal(jig_signal(fixture, SIGURG,
						    JIG_TARGET_MAIN),
					 0);
		/* The second one is SIGKILL: the first waits a minute. */
		assert_int_equal(jig_stop(fixture), 0);
		assert_int_equal(jig_hurry(fixture), 0);
		assert_int_equal(kill(guard, SIGCONT), 0);
		assert_int_equal(code_of(fixture), 128 + SIGKILL);
		(void)close(out);
		jig_free(fixture);
	}
}

/* Nothing else continues it: a kill(-1, SIGSTOP) of the command, for instance.
 */
static void free_ends_a_fixture_whose_guard_was_stopped(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cages); i++) {
		struct jig *fixture =
			start_in(cages[i], (const char *[]){ "deaf", NULL },
				 NULL);
		char text[32];

		if (!fixture)
			continue;
		int out = jig_take_pipe(fixture, 1);
		pid_t guard = other(0);

		assert_string_equal(read_line(out, text, sizeof(text)),
				    "ready");
		assert_int_equal(kill(guard, SIGSTOP), 0);
		assert_int_equal(jig_stop(fixture), 0);
		assert_int_equal(jig_hurry(fixture), 0); /* SIGKILL */
		jig_free(fixture);
		(void)close(out);
		assert_int_equal(kill(guard, 0), -1);
		assert_int_equal(errno, ESRCH);
	}
}

static void one_stop_does_not_hurry(void **state)
{
	struct jig *fixture =
		start_in(JIG_CAGE_AUTO, (const char *[]){ "deaf", NULL }, NULL);
	char text[32];

	(void)state;
	int out = jig_take_pipe(fixture, 1);

	assert_string_equal(read_line(out, text, sizeof(text)), "ready");
	assert_int_equal(jig_stop(fixture), 0);
	for (int j = 0; j < 1000; j++)
		assert_int_equal(jig_signal(fixture, SIGURG, JIG_TARGET_MAIN),
				 0);
	assert_quiet(fixture);
	assert_int_equal(jig_wait(fixture, 0, NULL), -ETIMEDOUT);
	assert_int_equal(jig_hurry(fixture), 0);
	assert_int_equal(code_of(fixture), 128 + SIGKILL);
	(void)close(out);
	jig_free(fixture);
}

/* We do nothing until the command has told all: as a host that sleeps. */
static void flood_status(enum jig_cage cage, const char *last)
{
	char lines[16], text[32];

	(void)snprintf(lines, sizeof(lines), "%d", STATUS_LINES);
	struct jig *fixture =
		start_in(cage, (const char *[]){ "status", lines, last, NULL },
			 (const char *[]){ "notify", NULL });

	if (!fixture)
		return;
	int out = jig_take_pipe(fixture, 1);

	assert_string_equal(read_line(out, text, sizeof(text)), "told");
	if (*last) {
		assert_int_equal(jig_wait_ready(fixture, DEADLINE_MS), 0);
		assert_string_equal(jig_problem(fixture), "");
		assert_quiet(fixture);
	} else {
		assert_int_equal(code_of(fixture), 3);
		assert_int_equal(jig_wait_ready(fixture, 0), -ECHILD);
	}
	(void)close(out);
	jig_free(fixture);
}

static void ready_behind_many_status_lines_arrives(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cages); i++)
		flood_status(cages[i], "READY=1");
}

static void the_end_behind_many_status_lines_arrives(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(cages); i++)
		flood_status(cages[i], "");
}

static void the_report_outlives_a_guard_that_was_killed(void **state)
{
	struct jig *fixture = start_in(JIG_CAGE_SUBREAPER,
				       (const char *[]){ "count", NULL }, NULL);
	char text[32];

	(void)state;
	int out = jig_take_pipe(fixture, 1);
	pid_t guard = other(0), supervisor = other(1);
	int end = pin(supervisor);

	assert_string_equal(read_line(out, text, sizeof(text)), "ready");
	assert_int_equal(kill(guard, SIGSTOP), 0);
	assert_int_equal(kill(jig_pid(fixture), SIGKILL), 0);
	/* It has written all when it exits. */
	assert_true(has_ended(end, DEADLINE_MS));
	assert_int_equal(kill(guard, SIGKILL), 0);
	assert_int_equal(code_of(fixture), 128 + SIGKILL);
	assert_int_equal(jig_report_reason(jig_report(fixture)),
			 JIG_REASON_EXIT);
	(void)close(out);
	jig_free(fixture);
}

static _Noreturn void be_deaf(void)
{
	sigset_t set;

	(void)sigfillset(&set);
	(void)sigprocmask(SIG_BLOCK, &set, NULL);
	(void)printf("ready\n");
	(void)fflush(stdout);
	for (;;)
		(void)pause();
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_behind_many_signals_arrives),
		cmocka_unit_test(free_ends_a_fixture_whose_guard_was_stopped),
		cmocka_unit_test(
			a_stop_behind_a_stopped_guard_arrives_and_hurries),
		cmocka_unit_test(one_stop_does_not_hurry),
		cmocka_unit_test(ready_behind_many_status_lines_arrives),
		cmocka_unit_test(the_end_behind_many_status_lines_arrives),
		cmocka_unit_test(the_report_outlives_a_guard_that_was_killed),
	};

	if (argc == 2 && strcmp(argv[1], "count") == 0)
		return count_signals();
	if (argc == 2 && strcmp(argv[1], "deaf") == 0)
		be_deaf();
	if (argc == 4 && strcmp(argv[1], "status") == 0)
		return tell_status(atoi(argv[2]), argv[3]);
	return RUN(tests);
}
