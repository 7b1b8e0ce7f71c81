// SPDX-License-Identifier: MIT
#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/sys.h"
#include "child.h"
#include "proc/spawn.h"

/* A directory with files of every kind that cannot be executed. */
struct place {
	char path[64];
};

static const char *inside(const struct place *place, const char *name)
{
	static _Thread_local char buffers[4][128];
	static _Thread_local unsigned next;
	char *buffer = buffers[next++ % 4];

	(void)snprintf(buffer, sizeof(buffers[0]), "%s/%s", place->path, name);
	return buffer;
}

static void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(close(fd), 0);
}

static int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	(void)strcpy(place->path, "/tmp/jig-unit-spawn-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	*state = place;
	write_file(inside(place, "plain"), "text", 0644);
	write_file(inside(place, "noexec"), "neither ELF nor script", 0755);
	write_file(inside(place, "lost"), "#!/nowhere/interpreter\n", 0755);
	write_file(inside(place, "seven"), "#!/bin/sh\nexit 7\n", 0755);
	return mkdir(inside(place, "folder"), 0755);
}

static int tear_down(void **state)
{
	static const char *const files[] = { "plain", "noexec", "lost", "seven",
					     "pwd" };
	struct place *place = *state;

	for (size_t i = 0; i < COUNT(files); i++)
		(void)unlink(inside(place, files[i]));
	(void)rmdir(inside(place, "folder"));
	(void)rmdir(place->path);
	free(place);
	return 0;
}

/* Every test is run in both forms: waiting, and beside us. */
static bool beside;

static int start_program(const struct spawn *spawn, struct spawned *ret,
			 enum spawn_stage *ret_stage, struct fault *fault)
{
	struct spawned child = { .pidfd = -1 };
	struct spawning spawning;
	int r;

	if (!beside)
		return spawn_program(spawn, ret, ret_stage, fault);
	r = spawn_begin(spawn, &spawning, ret_stage, fault);
	if (r < 0)
		return r;
	/* The child has this in common with us. */
	errno = 4711;
	do {
		struct pollfd over = { spawning.fd, POLLIN, 0 };

		assert_int_equal(poll(&over, 1, 20000), 1);
		r = spawn_poll(&spawning, &child, ret_stage, fault);
	} while (r == 0);
	assert_int_equal(errno, 4711);
	assert_int_equal(spawning.pid, 0);
	if (r > 0) {
		*ret = child;
		return 0;
	}
	cleanup_close(&child.pidfd);
	(void)child_wait(child.pid);
	return r;
}

/* --------------------------------------------------------------- failures */

static void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static void assert_fails(const struct spawn *spawn, int error,
			 enum spawn_stage stage, const char *words)
{
	struct spawned child = { .pid = 77, .pidfd = 78 };
	struct fault fault = { "" };
	enum spawn_stage failed = SPAWN_CLONE;

	assert_int_equal(start_program(spawn, &child, &failed, &fault), error);
	assert_int_equal(failed, stage);
	assert_non_null(strstr(fault.text, words));
	assert_int_equal(child.pid, 77);
	assert_int_equal(child.pidfd, 78);
	assert_no_child();
}

static char *const true_argv[] = { "/bin/true", NULL };

static void a_wrong_directory_is_named(void **state)
{
	struct place *place = *state;
	struct spawn spawn = { .argv = true_argv, .cwd = "/nowhere" };

	assert_fails(&spawn, -ENOENT, SPAWN_CWD, "/nowhere");
	spawn.cwd = inside(place, "plain");
	assert_fails(&spawn, -ENOTDIR, SPAWN_CWD, "plain");
}

static void assert_exec_fails(const char *program, int error, const char *words)
{
	char *argv[] = { (char *)program, NULL };
	struct spawn spawn = { .argv = argv };

	assert_fails(&spawn, error, SPAWN_EXEC, words);
}

static void edge_34_what_cannot_be_executed_is_told_apart(void **state)
{
	struct place *place = *state;

	assert_exec_fails("/nowhere/program", -ENOENT, "/nowhere/program");
	assert_exec_fails("jig-no-such-command", -ENOENT, "not found in PATH");
	assert_exec_fails("", -ENOENT, "");
	assert_exec_fails(inside(place, "plain"), -EACCES, "plain");
	assert_exec_fails(inside(place, "noexec"), -ENOEXEC, "#!");
	assert_exec_fails(inside(place, "lost"), -ELIBBAD, "interpreter");
	assert_exec_fails(inside(place, "folder"), -EISDIR, "directory");
	assert_exec_fails(inside(place, "plain/x"), -ENOTDIR, "plain/x");
}

static void limits_that_are_refused_fail(void **state)
{
	struct spawn_limit limit = { RLIMIT_NOFILE, 10, 5 };
	struct spawn spawn = { .argv = true_argv,
			       .limits = &limit,
			       .limit_count = 1 };

	(void)state;
	assert_fails(&spawn, -EINVAL, SPAWN_LIMITS, "limits");
}

static void descriptors_that_are_not_open_fail(void **state)
{
	struct spawn_fd fds[SPAWN_FDS_MAX + 1] = { { 999, 5 } };
	struct spawn spawn = { .argv = true_argv, .fds = fds, .fd_count = 1 };

	(void)state;
	assert_fails(&spawn, -EBADF, SPAWN_FDS, "descriptors");
	spawn.fd_count = COUNT(fds);
	assert_fails(&spawn, -E2BIG, SPAWN_FDS, "descriptors");
}

static void a_terminal_that_is_none_fails(void **state)
{
	CLEANUP_CLOSE int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	struct spawn spawn = { .argv = true_argv,
			       .group = SPAWN_GROUP_FOREGROUND,
			       .terminal = null };

	(void)state;
	assert_fails(&spawn, -ENOTTY, SPAWN_FOREGROUND, "foreground");
}

static void a_cgroup_that_is_none_fails(void **state)
{
	CLEANUP_CLOSE int dir = open("/tmp", O_RDONLY | O_CLOEXEC);
	struct spawn spawn = { .argv = true_argv, .cgroup = dir };
	struct spawned child = { .pid = 77 };

	(void)state;
	assert_true(start_program(&spawn, &child, NULL, NULL) < 0);
	assert_int_equal(child.pid, 77);
	assert_no_child();
}

/* In a child, since it gives its privileges away. */
static int user_and_nice_are_refused(void)
{
	struct spawn_user user = { .uid = 1, .gid = 1 };
	struct spawn spawn = { .argv = true_argv, .user = &user };
	enum spawn_stage stage = SPAWN_CLONE;
	struct spawned child;

	if (geteuid() == 0 && setresuid(65534, 65534, 65534) < 0)
		return 0;
	if (start_program(&spawn, &child, &stage, NULL) != -EPERM ||
	    stage != SPAWN_USER)
		return 0;
	/* RLIMIT_NICE is 0 by default. */
	spawn = (struct spawn){ .argv = true_argv, .nice = -5 };
	return start_program(&spawn, &child, &stage, NULL) == -EACCES &&
	       stage == SPAWN_NICE;
}

static void without_privilege_user_and_nice_fail(void **state)
{
	(void)state;
	assert_true(child_says(user_and_nice_are_refused));
}

/* ---------------------------------------------------------------- success */

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

static void umask_nice_and_limits_are_the_childs_only(void **state)
{
	struct spawn_limit limit = { RLIMIT_NOFILE, 77, 88 };
	mode_t before = umask(022);
	char expected[64];

	(void)state;
	(void)snprintf(expected, sizeof(expected), "0035 %d 77 88\n",
		       getpriority(PRIO_PROCESS, 0) + 3);
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
	assert_says(line, (struct spawn){ .group = SPAWN_GROUP_KEEP }, "");
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

/* ------------------------------------------------------------ PATH search */

static int status_of(const char *path_variable, const char *cwd)
{
	char *argv[] = { "seven", NULL };
	char *envp[] = { (char *)path_variable, NULL };
	struct spawn spawn = { .argv = argv,
			       .envp = path_variable ? envp : &envp[1],
			       .cwd = cwd };
	struct spawned child;
	int r = start_program(&spawn, &child, NULL, NULL);

	if (r < 0)
		return r;
	cleanup_close(&child.pidfd);
	return WEXITSTATUS(child_wait(child.pid));
}

static void path_is_searched_in_order(void **state)
{
	struct place *place = *state;
	char path[256];

	(void)snprintf(path, sizeof(path), "PATH=/nowhere:%s:/bin",
		       place->path);
	assert_int_equal(status_of(path, NULL), 7);
	assert_int_equal(status_of("PATH=/nowhere:/bin", place->path), -ENOENT);
	assert_int_equal(status_of("PATH=", "/"), -ENOENT);
}

static void an_empty_entry_is_the_current_directory(void **state)
{
	static const char *const paths[] = { "PATH=", "PATH=:/nowhere",
					     "PATH=/nowhere:",
					     "PATH=/nowhere::/bin" };
	struct place *place = *state;

	for (size_t i = 0; i < COUNT(paths); i++)
		assert_int_equal(status_of(paths[i], place->path), 7);
}

static void without_path_the_default_one_serves(void **state)
{
	char *argv[] = { "true", NULL }, *envp[] = { NULL };
	struct spawn spawn = { .argv = argv, .envp = envp };
	struct spawned child;

	(void)state;
	assert_int_equal(start_program(&spawn, &child, NULL, NULL), 0);
	cleanup_close(&child.pidfd);
	assert_int_equal(child_wait(child.pid), 0);
	assert_int_equal(status_of(NULL, NULL), -ENOENT);
}

static void found_but_forbidden_beats_not_found(void **state)
{
	struct place *place = *state;
	char path[256];

	assert_int_equal(chmod(inside(place, "seven"), 0644), 0);
	(void)snprintf(path, sizeof(path), "PATH=%s:/nowhere", place->path);
	assert_int_equal(status_of(path, NULL), -EACCES);
	assert_int_equal(chmod(inside(place, "seven"), 0755), 0);
}

static void an_entry_that_is_too_long_is_passed_over(void **state)
{
	struct place *place = *state;
	CLEANUP_FREE char *path = malloc(10000);
	size_t used = (size_t)sprintf(path, "PATH=/");

	memset(path + used, 'x', 5000);
	(void)sprintf(path + used + 5000, ":%s", place->path);
	assert_int_equal(status_of(path, NULL), 7);
}

static void a_path_of_its_own_may_have_another_name(void **state)
{
	char *argv[] = { "other-name", "-c", "[ $0 = other-name ]", NULL };
	struct spawn spawn = { .argv = argv, .path = "/bin/sh" };
	struct spawned child;

	(void)state;
	assert_int_equal(start_program(&spawn, &child, NULL, NULL), 0);
	if (child.pidfd >= 0)
		assert_int_equal(fcntl(child.pidfd, F_GETFD), FD_CLOEXEC);
	cleanup_close(&child.pidfd);
	assert_int_equal(child_wait(child.pid), 0);
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

/*
 * valgrind makes a plain fork of vfork(2), so what the child writes into our
 * memory never arrives there: no failure is seen.
 */
static bool is_under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "vgpreload");
}

/* As meson understands "skipped". */
#define EXIT_SKIP 77

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(a_wrong_directory_is_named),
		TEST(edge_34_what_cannot_be_executed_is_told_apart),
		cmocka_unit_test(limits_that_are_refused_fail),
		cmocka_unit_test(descriptors_that_are_not_open_fail),
		cmocka_unit_test(a_terminal_that_is_none_fails),
		cmocka_unit_test(a_cgroup_that_is_none_fails),
		cmocka_unit_test(without_privilege_user_and_nice_fail),
		cmocka_unit_test(edge_37_descriptors_may_change_places),
		cmocka_unit_test(edge_37_close_others_leaves_the_named_only),
		cmocka_unit_test(
			edge_16_mask_and_dispositions_are_reset_for_the_child),
		cmocka_unit_test(a_failed_spawn_leaves_the_callers_mask_alone),
		cmocka_unit_test(a_user_with_too_many_processes_fails),
		cmocka_unit_test(umask_nice_and_limits_are_the_childs_only),
		cmocka_unit_test(the_group_is_as_asked),
		cmocka_unit_test(the_user_has_the_given_groups_only),
		cmocka_unit_test(the_environment_is_as_given),
		TEST(path_is_searched_in_order),
		TEST(an_empty_entry_is_the_current_directory),
		cmocka_unit_test(without_path_the_default_one_serves),
		TEST(found_but_forbidden_beats_not_found),
		TEST(an_entry_that_is_too_long_is_passed_over),
		cmocka_unit_test(a_path_of_its_own_may_have_another_name),
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
