// SPDX-License-Identifier: MIT
#include "spawn.h"

#include <sys/resource.h>

#include "base/sys.h"

static char *const true_argv[] = { "/bin/true", NULL };

/* Run a shell line to its end and read what it says on stdout. */
static int run_line(const char *line, struct spawn *spawn, char *out,
		    size_t size)
{
	char *argv[] = { "/bin/sh", "-c", (char *)line, NULL };
	struct spawn_fd fds[8];
	struct spawned child;
	size_t used = 0;
	ssize_t n;
	int pair[2];

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	memcpy(fds, spawn->fds, spawn->fd_count * sizeof(fds[0]));
	fds[spawn->fd_count] = (struct spawn_fd){ pair[1], 1 };
	spawn->argv = argv;
	spawn->fds = fds;
	spawn->fd_count++;
	assert_int_equal(start_program(spawn, &child, NULL, NULL), 0);
	assert_int_equal(close(pair[1]), 0);
	while ((n = read(pair[0], out + used, size - 1 - used)) > 0)
		used += (size_t)n;
	out[used] = '\0';
	assert_int_equal(close(pair[0]), 0);
	cleanup_close(&child.pidfd);
	return child_wait(child.pid);
}

static void assert_says(const char *line, struct spawn spawn,
			const char *expected)
{
	char out[4096];

	assert_int_equal(run_line(line, &spawn, out, sizeof(out)), 0);
	assert_string_equal(out, expected);
}

static int holding(const char *text)
{
	int fd = open("/tmp", O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	return fd;
}

static void edge_37_descriptors_may_change_places(void **state)
{
	int a = fd_dup_above(holding("a"), 30),
	    b = fd_dup_above(holding("b"), 31);
	/* Each is the other's target, and the third is moved onto itself. */
	struct spawn_fd fds[] = { { a, 7 }, { b, 8 }, { a, 0 } };

	(void)state;
	assert_int_equal(dup2(a, 7), 7);
	assert_int_equal(dup2(b, 8), 8);
	fds[0].from = 8;
	fds[1].from = 7;
	assert_says("cat <&7; cat <&8",
		    (struct spawn){ .fds = fds, .fd_count = 3 }, "ba");
	for (int fd = 3; fd < 40; fd++)
		(void)close(fd);
}

static void edge_37_close_others_leaves_the_named_only(void **state)
{
	int open_too = holding("x");
	struct spawn_fd fds[] = { { 0, 0 }, { open_too, 9 } };

	(void)state;
	assert_int_equal(fd_cloexec(open_too, false), 0);
	assert_says("i=0; while [ $i -lt 99 ]; do"
		    " [ -e /proc/$$/fd/$i ] && echo -n \"$i \";"
		    " i=$((i + 1)); done",
		    (struct spawn){
			    .fds = fds, .fd_count = 2, .close_others = true },
		    "0 1 2 9 ");
	(void)close(open_too);
}

static void edge_16_mask_and_dispositions_are_reset_for_the_child(void **state)
{
	char out[256];
	struct spawn spawn = { 0 };
	uint64_t mask =
		SYS_SIGNAL(SIGTERM) | SYS_SIGNAL(SIGUSR1) | SYS_SIGNAL(40);
	void (*pipe_before)(int) = signal(SIGPIPE, SIG_IGN);
	uint64_t before = sys_signal_mask(mask);

	(void)state;
	assert_int_equal(
		run_line("cat /proc/self/status | grep -E 'Sig(Blk|Ign|Cgt)'"
			 " | tr -d '\\n\\t'",
			 &spawn, out, sizeof(out)),
		0);
	assert_string_equal(out, "SigBlk:0000000000000000"
				 "SigIgn:0000000000000000"
				 "SigCgt:0000000000000000");
	/* And the caller's are as they were. */
	assert_true(sys_signal_mask(before) == mask);
	assert_ptr_equal(signal(SIGPIPE, pipe_before), SIG_IGN);
}

static void assert_ignores(const char *expected, const struct spawn *given)
{
	struct spawn spawn = *given;
	char out[64];

	assert_int_equal(run_line("grep SigIgn /proc/self/status"
				  " | tr -d '\\n\\t'",
				  &spawn, out, sizeof(out)),
			 0);
	assert_string_equal(out, expected);
}

static void edge_16_what_the_caller_ignores_may_be_known(void **state)
{
	uint64_t ignored =
		SYS_SIGNAL(SIGHUP) | SYS_SIGNAL(SIGPIPE) | SYS_SIGNAL(40);
	uint64_t before = sys_signal_mask(SYS_ALL_SIGNALS);

	(void)state;
	for (int signo = 1; signo <= 40; signo++)
		if (ignored & SYS_SIGNAL(signo))
			(void)signal(signo, SIG_IGN);
	assert_ignores("SigIgn:0000000000000000",
		       &(struct spawn){ .ignored = &ignored,
					.blocks_all = true });
	assert_ignores("SigIgn:0000000000000001",
		       &(struct spawn){ .ignored = &ignored,
					.blocks_all = true,
					.keep_ignored = SYS_SIGNAL(SIGHUP) |
							SYS_SIGNAL(SIGINT) });
	for (int signo = 1; signo <= 40; signo++)
		if (ignored & SYS_SIGNAL(signo))
			sys_signal_default(signo);
	assert_true((sys_signal_mask(before) | SYS_SIGNAL(SIGKILL) |
		     SYS_SIGNAL(SIGSTOP)) == SYS_ALL_SIGNALS);
}

static void a_failed_spawn_leaves_the_callers_mask_alone(void **state)
{
	char *argv[] = { "/nowhere/program", NULL };
	struct spawn spawn = { .argv = argv };
	struct spawned child;
	uint64_t mask = SYS_SIGNAL(SIGUSR2);
	uint64_t before = sys_signal_mask(mask);

	(void)state;
	assert_int_equal(start_program(&spawn, &child, NULL, NULL), -ENOENT);
	assert_true(sys_signal_mask(before) == mask);
}

#define CROWDED 65531

/* Of that user, so that one more is too many. */
static pid_t one_of_the_user(void)
{
	int ready[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid = child_fork();
	if (pid == 0) {
		/* A change of user takes what child_fork() has asked for. */
		if (setresuid(CROWDED, CROWDED, CROWDED) == 0 &&
		    prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
			(void)!write(ready[1], "x", 1);
		for (;;)
			pause();
	}
	(void)close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	(void)close(ready[0]);
	return pid;
}

/* EAGAIN is execve's own word here, see its manual; and no "not known yet". */
static void a_user_with_too_many_processes_fails(void **state)
{
	static const struct spawn_limit none = { RLIMIT_NPROC, 0, 0 };
	const struct spawn_user user = { .uid = CROWDED, .gid = CROWDED };
	struct spawn spawn = { .argv = true_argv,
			       .user = &user,
			       .limits = &none,
			       .limit_count = 1 };
	struct spawned child = { .pidfd = -1 };
	enum spawn_stage stage = SPAWN_CLONE;
	struct fault fault = { "" };
	pid_t other;
	int r;

	(void)state;
	if (geteuid() != 0)
		skip();
	other = one_of_the_user();
	r = start_program(&spawn, &child, &stage, &fault);
	child_end(other);
	assert_int_equal(r, -EAGAIN);
	assert_int_equal(stage, SPAWN_EXEC);
	assert_no_child();
}

/* See setpriority(2). */
#define NICE_MAX 19

static void umask_nice_and_limits_are_the_childs_only(void **state)
{
	struct spawn_limit limit = { RLIMIT_NOFILE, 77, 88 };
	mode_t before = umask(022);
	int nice = getpriority(PRIO_PROCESS, 0) + 3;
	char expected[64];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "0035 %d 77 88\n",
		       nice < NICE_MAX ? nice : NICE_MAX);
	assert_says("echo $(umask) $(nice) $(ulimit -Sn) $(ulimit -Hn)",
		    (struct spawn){ .set_umask = true,
				    .umask = 035,
				    .nice = 3,
				    .limits = &limit,
				    .limit_count = 1 },
		    expected);
	assert_int_equal(umask(before), 022);
}

static void the_group_is_as_asked(void **state)
{
	static const char line[] =
		"set -- $(cut -d' ' -f5,6 /proc/$$/stat);"
		"[ $1 = $$ ] && echo -n own; [ $2 = $$ ] && echo -n session; :";

	(void)state;
	assert_says(line, (struct spawn){ .group = SPAWN_GROUP_CALLER }, "");
	assert_says(line, (struct spawn){ .group = SPAWN_GROUP_OWN }, "own");
	assert_says(line, (struct spawn){ .group = SPAWN_GROUP_SESSION },
		    "ownsession");
}

static void the_user_has_the_given_groups_only(void **state)
{
	static const gid_t groups[] = { 3, 4 };
	struct spawn_user user = {
		.uid = 65534, .gid = 65533, .groups = groups, .group_count = 2
	};

	(void)state;
	if (geteuid() != 0)
		skip();
	assert_says("echo $(id -u) $(id -ru) $(id -g) $(id -G)",
		    (struct spawn){ .user = &user },
		    "65534 65534 65533 65533 3 4\n");
	user.group_count = 0;
	assert_says("echo $(id -G)", (struct spawn){ .user = &user },
		    "65533\n");
}

static void the_environment_is_as_given(void **state)
{
	char *envp[] = { "PATH=/usr/bin:/bin", "ONLY=this", NULL };

	(void)state;
	assert_says("echo $ONLY; env | grep -c HOME; :",
		    (struct spawn){ .envp = envp }, "this\n0\n");
}

/* Its number is the next free one: the pipe's two ends, then the target. */
static void a_target_may_have_the_number_of_the_report(void **state)
{
	int text = fd_dup_above(holding("x"), 30);
	int next = fd_dup_above(text, 3);

	(void)state;
	for (int to = next; to < next + 4; to++) {
		struct spawn_fd fds[] = { { text, to } };
		char line[64];

		(void)snprintf(line, sizeof(line),
			       "[ $(readlink /proc/self/fd/%d | cut -c -5) = "
			       "/tmp/ ]",
			       to);
		(void)close(next);
		assert_says(line,
			    (struct spawn){ .fds = fds,
					    .fd_count = 1,
					    .close_others = true },
			    "");
	}
	for (int fd = 3; fd < 40; fd++)
		(void)close(fd);
}

static void an_abandoned_child_is_dead(void **state)
{
	char *argv[] = { "/bin/sleep", "1000", NULL };
	struct spawn spawn = { .argv = argv };
	struct spawning spawning = SPAWNING_NONE;
	pid_t pid;

	(void)state;
	spawn_abandon(&spawning);
	assert_int_equal(spawn_begin(&spawn, &spawning, NULL, NULL), 0);
	pid = spawning.pid;
	spawn_abandon(&spawning);
	assert_int_equal(spawning.pid, 0);
	assert_int_equal(spawning.fd, -1);
	assert_int_equal(child_wait(pid), SIGKILL);
}

static void a_child_that_was_killed_counts_as_started(void **state)
{
	char *argv[] = { "/bin/sleep", "1000", NULL };
	struct spawn spawn = { .argv = argv };
	struct spawning spawning;
	struct spawned child;

	(void)state;
	assert_int_equal(spawn_begin(&spawn, &spawning, NULL, NULL), 0);
	assert_int_equal(kill(spawning.pid, SIGKILL), 0);
	child_await_zombie(spawning.pid);
	assert_int_equal(spawn_poll(&spawning, &child, NULL, NULL), 1);
	cleanup_close(&child.pidfd);
	assert_int_equal(child_wait(child.pid), SIGKILL);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_37_descriptors_may_change_places),
		cmocka_unit_test(edge_37_close_others_leaves_the_named_only),
		cmocka_unit_test(
			edge_16_mask_and_dispositions_are_reset_for_the_child),
		cmocka_unit_test(edge_16_what_the_caller_ignores_may_be_known),
		cmocka_unit_test(a_failed_spawn_leaves_the_callers_mask_alone),
		cmocka_unit_test(a_user_with_too_many_processes_fails),
		cmocka_unit_test(umask_nice_and_limits_are_the_childs_only),
		cmocka_unit_test(the_group_is_as_asked),
		cmocka_unit_test(the_user_has_the_given_groups_only),
		cmocka_unit_test(the_environment_is_as_given),
		cmocka_unit_test(a_target_may_have_the_number_of_the_report),
		cmocka_unit_test(an_abandoned_child_is_dead),
		cmocka_unit_test(a_child_that_was_killed_counts_as_started),
	};

	/* Ours may name directories that we may not enter: EACCES then. */
	(void)setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	if (is_under_valgrind())
		return EXIT_SKIP;
	int failed = RUN(tests);

	beside = true;
	return failed + RUN(tests);
}
