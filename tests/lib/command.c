// SPDX-License-Identifier: MIT
/* Promise: each field of struct jig_command does what jig.h says of it. */
#include "lib.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>

/* ---------------------------------------------------------------- failures */

static void assert_refused(struct jig_command command, int error,
			   const char *words)
{
	struct jig *fixture = (struct jig *)&command;
	char text[512] = "";
	int r;

	command.error = text;
	command.error_size = sizeof(text);
	r = jig_start(&command, &fixture);
	if (r != error)
		print_message("%d, \"%s\"\n", r, text);
	assert_int_equal(r, error);
	assert_ptr_equal(fixture, &command);
	if (!strstr(text, words))
		print_message("\"%s\" is not in \"%s\"\n", words, text);
	assert_non_null(strstr(text, words));
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

static struct jig_command program(const char *name)
{
	static _Thread_local const char *argv[2];

	argv[0] = name;
	return (struct jig_command){ .size = sizeof(struct jig_command),
				     .argv = argv };
}

static void edge_34_what_cannot_be_executed_is_told_apart(void **state)
{
	char script[] = "/tmp/jig-lib-script-XXXXXX";
	int fd = mkostemp(script, O_CLOEXEC);

	(void)state;
	assert_true(fd >= 0);
	assert_refused(program("/nowhere/program"), -ENOENT, "/nowhere");
	assert_refused(program("jig-no-such-command"), -ENOENT, "PATH");
	assert_refused(program("/tmp"), -EISDIR, "/tmp");
	assert_refused(program(script), -EACCES, script);
	assert_int_equal(write(fd, "#!/nowhere/interpreter\n", 23), 23);
	assert_int_equal(fchmod(fd, 0755), 0);
	assert_int_equal(close(fd), 0);
	assert_refused(program(script), -ELIBBAD, "interpreter");
	assert_int_equal(truncate(script, 0), 0);
	assert_refused(program(script), -ENOEXEC, script);
	assert_int_equal(unlink(script), 0);
}

static void without_a_command_it_is_einval(void **state)
{
	static const char *const none[] = { NULL };

	(void)state;
	assert_refused((struct jig_command){ .size = sizeof(
						     struct jig_command) },
		       -EINVAL, "no command");
	assert_refused((struct jig_command){ .size = sizeof(struct jig_command),
					     .argv = none },
		       -EINVAL, "no command");
}

static void a_wrong_directory_is_enoent(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.cwd = "/nowhere";
	assert_refused(command, -ENOENT, "/nowhere");
	command.cwd = "/dev/null";
	assert_refused(command, -ENOTDIR, "/dev/null");
}

static void a_missing_jig_is_enopkg(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.program = "/nowhere/jig";
	assert_refused(command, -ENOPKG, "/nowhere/jig");
}

static void a_program_that_is_no_jig_is_told(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.program = "/bin/true";
	assert_refused(command, -EPROTO, "guard");
}

/* A script in the place of jig. It holds *ret_life open for writing. */
static struct jig_command impostor(const char *text, char path[32],
				   int *ret_life)
{
	struct jig_command command = SHELL(":");
	int pair[2], fd;

	(void)snprintf(path, 32, "/tmp/jig-lib-script-XXXXXX");
	fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	assert_true(dprintf(fd, "#!/bin/sh\n%s\n", text) > 0);
	assert_int_equal(fchmod(fd, 0755), 0);
	assert_int_equal(close(fd), 0);
	command.program = path;
	command.out = (struct jig_stdio){ .kind = JIG_STDIO_FD, .fd = pair[1] };
	*ret_life = pair[0];
	return command;
}

static void nothing_is_left_of(struct jig_command command, char *path, int life)
{
	struct pollfd end = { .fd = life };

	assert_int_equal(close(command.out.fd), 0);
	assert_int_equal(poll(&end, 1, DEADLINE_MS), 1); /* POLLHUP */
	assert_int_equal(close(life), 0);
	assert_int_equal(unlink(path), 0);
}

static void a_program_that_says_nothing_is_ended(void **state)
{
	char path[32];
	int life;
	struct jig_command command =
		impostor("sleep 600 & wait; :", path, &life);

	(void)state;
	assert_refused(command, -ENOPKG, "no answer");
	nothing_is_left_of(command, path, life);
}

static void a_program_that_hangs_up_and_goes_on_is_ended(void **state)
{
	char path[32];
	int life;
	struct jig_command command =
		impostor("exec 3>&- 4>&- 5>&- 6>&-; sleep 600 & wait; :", path,
			 &life);

	(void)state;
	assert_refused(command, -EPROTO, "closed its socket");
	nothing_is_left_of(command, path, life);
}

static void a_job_too_has_a_guard_that_answers(void **state)
{
	char path[32], variable[32], text[512] = "";
	const char *env[] = { variable, NULL };
	int life;
	/* A job's output is its own. */
	struct jig_command command =
		impostor("exec >/proc/$PPID/fd/$LIFE; sleep 600 & wait; :",
			 path, &life);
	struct jig_job job = { .size = sizeof(job) };
	int out = command.out.fd;

	(void)state;
	command.out = (struct jig_stdio){ 0 };
	(void)snprintf(variable, sizeof(variable), "LIFE=%d", out);
	command.env = env;
	command.error = text;
	command.error_size = sizeof(text);
	assert_int_equal(jig_job_start(&command, NULL, &job), -ENOPKG);
	assert_non_null(strstr(text, "no answer"));
	command.out.fd = out;
	nothing_is_left_of(command, path, life);
}

/* Continue what reports to @reports, when it has long been stopped. */
static void be_patient(int reports)
{
	char text[32] = "";
	pid_t pid;

	(void)!read(reports, text, sizeof(text) - 1);
	pid = (pid_t)strtol(text, NULL, 10);
	/* Longer than a program may be silent. */
	(void)poll(NULL, 0, 12000);
	_exit(pid > 1 && kill(pid, SIGCONT) == 0 ? 0 : 1);
}

static void a_guard_that_was_stopped_is_waited_for(void **state)
{
	char path[32];
	int life;
	struct jig_command command = impostor("echo $$; kill -STOP $$;"
					      "exec \"$JIG_PROGRAM\" \"$@\"",
					      path, &life);
	struct jig *fixture;
	pid_t helper = child_fork();

	(void)state;
	if (helper == 0)
		be_patient(life);
	fixture = start(command);
	assert_non_null(fixture);
	assert_int_equal(code_of(fixture), 0);
	jig_free(fixture);
	assert_int_equal(child_wait(helper), 0);
	nothing_is_left_of(command, path, life);
}

static void wrong_kinds_are_einval(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.cage = (enum jig_cage)99;
	assert_refused(command, -EINVAL, "");
	command = SHELL(":");
	command.group = (enum jig_group)99;
	assert_refused(command, -EINVAL, "");
	command = SHELL(":");
	command.in.kind = (enum jig_stdio_kind)99;
	assert_refused(command, -EINVAL, "stdin");
	command = SHELL(":");
	command.out.kind = JIG_STDIO_OUTPUT;
	assert_refused(command, -EINVAL, "stdout");
}

static void wrong_descriptors_are_refused(void **state)
{
	struct jig_fd fd = { 0, 2 };
	struct jig_command command = SHELL(":");

	(void)state;
	command.fds = &fd;
	command.fd_count = 1;
	assert_refused(command, -EINVAL, "3");
	fd.to = 1024;
	assert_refused(command, -EINVAL, "1023");
	fd = (struct jig_fd){ 999, 5 };
	assert_refused(command, -EBADF, "descriptor");
}

static void a_stdio_descriptor_that_is_none_is_ebadf(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.in = (struct jig_stdio){ .kind = JIG_STDIO_FD, .fd = -1 };
	errno = 0;
	assert_refused(command, -EBADF, "stdin");
}

static void a_file_that_is_not_there_is_enoent(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.in = (struct jig_stdio){ .kind = JIG_STDIO_FILE,
					 .path = "/nowhere/file" };
	assert_refused(command, -ENOENT, "/nowhere/file");
}

static void a_file_without_a_path_is_einval(void **state)
{
	struct jig_command command = SHELL(":");

	(void)state;
	command.out.kind = JIG_STDIO_FILE;
	assert_refused(command, -EINVAL, "stdout");
}

static void wrong_variables_and_limits_are_einval(void **state)
{
	static const char *const env[] = { "NO_VALUE", NULL };
	struct jig_limit limit = { 99, 1, 1 };
	struct jig_command command = SHELL(":");

	(void)state;
	command.env = env;
	assert_refused(command, -EINVAL, "");
	command = SHELL(":");
	command.limits = &limit;
	command.limit_count = 1;
	assert_refused(command, -EINVAL, "");
}

static void a_limit_that_turns_round_is_einval(void **state)
{
	struct jig_limit limit = { RLIMIT_NOFILE, 20, 10 };
	struct jig_command command = SHELL(":");

	(void)state;
	command.limits = &limit;
	command.limit_count = 1;
	assert_refused(command, -EINVAL, "");
}

static void wrong_steps_are_einval(void **state)
{
	struct jig_step steps[20] = { { 99, 0 } };
	struct jig_command command = SHELL(":");

	(void)state;
	command.steps = steps;
	command.step_count = 1;
	assert_refused(command, -EINVAL, "");
	steps[0] = (struct jig_step){ SIGTERM, -1 };
	assert_refused(command, -EINVAL, "");
	steps[0] = (struct jig_step){ SIGKILL, 0 };
	steps[1] = (struct jig_step){ SIGTERM, 0 };
	command.step_count = 2;
	assert_refused(command, -EINVAL, "");
	for (size_t i = 0; i < COUNT(steps); i++)
		steps[i] = (struct jig_step){ SIGTERM, 0 };
	command.step_count = COUNT(steps);
	assert_refused(command, -EINVAL, "");
}

static void a_dead_owner_is_refused(void **state)
{
	struct jig_command command = SHELL(":");
	pid_t gone = child_sleeper();
	struct jig *fixture = NULL;

	(void)state;
	child_end(gone);
	command.owner = gone;
	assert_true(jig_start(&command, &fixture) < 0);
	assert_null(fixture);
}

/* ------------------------------------------------------------------- stdio */

static void pipes_reach_the_command(void **state)
{
	struct jig_command command = SHELL("cat; echo err >&2");
	struct jig *fixture;
	char text[64];
	int in, out, err;

	(void)state;
	command.in.kind = command.out.kind = command.err.kind = JIG_STDIO_PIPE;
	fixture = start(command);
	in = jig_take_pipe(fixture, 0);
	out = jig_take_pipe(fixture, 1);
	err = jig_take_pipe(fixture, 2);
	assert_true(in >= 0 && out >= 0 && err >= 0);
	assert_int_equal(fcntl(in, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(in, "hello", 5), 5);
	assert_int_equal(close(in), 0);
	(void)read_all(out, text, sizeof(text));
	assert_string_equal(text, "hello");
	(void)read_all(err, text, sizeof(text));
	assert_string_equal(text, "err\n");
	assert_int_equal(code_of(fixture), 0);
	(void)close(out);
	(void)close(err);
	jig_free(fixture);
}

static void a_pipe_is_taken_once(void **state)
{
	struct jig_command command = SHELL(":");
	struct jig *fixture;

	(void)state;
	command.out.kind = JIG_STDIO_PIPE;
	fixture = start(command);
	assert_int_equal(jig_take_pipe(fixture, 0), -ENOENT);
	assert_int_equal(jig_take_pipe(fixture, -1), -ENOENT);
	assert_int_equal(jig_take_pipe(fixture, 3), -ENOENT);
	assert_int_equal(close(jig_take_pipe(fixture, 1)), 0);
	assert_int_equal(jig_take_pipe(fixture, 1), -ENOENT);
	assert_int_equal(code_of(fixture), 0);
	jig_free(fixture);
}

static void files_are_read_appended_and_created(void **state)
{
	char dir[] = "/tmp/jig-lib-files-XXXXXX", path[64], text[64];
	struct jig_command command = SHELL("echo out; echo err >&2; cat");
	mode_t before = umask(027);
	struct stat st;
	int fd;

	(void)state;
	assert_non_null(mkdtemp(dir));
	(void)snprintf(path, sizeof(path), "%s/log", dir);
	command.in = (struct jig_stdio){ .kind = JIG_STDIO_FILE,
					 .path = "/dev/null" };
	command.out =
		(struct jig_stdio){ .kind = JIG_STDIO_FILE, .path = path };
	command.err.kind = JIG_STDIO_OUTPUT;
	assert_int_equal(run(command), 0);
	assert_int_equal(run(command), 0);
	(void)umask(before);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	(void)read_all(fd, text, sizeof(text));
	(void)close(fd);
	assert_string_equal(text, "out\nerr\nout\nerr\n");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(rmdir(dir), 0);
}

static void null_is_the_null_device(void **state)
{
	struct jig_command command =
		SHELL("readlink /proc/$$/fd/0 /proc/$$/fd/2");

	(void)state;
	command.in.kind = command.err.kind = JIG_STDIO_NULL;
	assert_true(says(command, "/dev/null\n/dev/null\n"));
}

static void descriptors_are_the_commands_by_number(void **state)
{
	struct jig_command command =
		SHELL("cat <&7; cat; [ -e /proc/$$/fd/1023 ] && echo ok");
	struct jig_fd fds[2];
	char text[8];
	int in[2], seven[2], last[2];

	(void)state;
	assert_int_equal(pipe2(in, O_CLOEXEC), 0);
	assert_int_equal(pipe2(seven, O_CLOEXEC), 0);
	assert_int_equal(pipe2(last, O_CLOEXEC), 0);
	assert_int_equal(write(in[1], "in", 2), 2);
	assert_int_equal(write(seven[1], "7", 1), 1);
	(void)close(in[1]);
	(void)close(seven[1]);
	fds[0] = (struct jig_fd){ seven[0], 7 };
	fds[1] = (struct jig_fd){ last[1], 1023 };
	command.in = (struct jig_stdio){ .kind = JIG_STDIO_FD, .fd = in[0] };
	command.fds = fds;
	command.fd_count = 2;
	assert_true(says(command, "7inok\n"));
	(void)close(last[1]);
	/* No process holds it any more: guard and supervisor are gone. */
	assert_int_equal(read_all(last[0], text, sizeof(text)), 0);
	(void)close(last[0]);
	(void)close(in[0]);
	(void)close(seven[0]);
}

/* ------------------------------------------------------------- the process */

static void the_environment_is_added_to_or_cleared(void **state)
{
	static const char *const env[] = { "JIG_TEST=1", "HOME=/home", NULL };
	struct jig_command command =
		SHELL("echo $JIG_TEST $HOME; env | grep -c ^HOME=");

	(void)state;
	command.env = env;
	assert_true(says(command, "1 /home\n1\n"));
	command =
		SHELL("/usr/bin/env | /bin/grep -v -E '^(PWD|_|SHLVL|OLDPWD)='"
		      " | /usr/bin/sort");
	command.env = env;
	command.clear_env = true;
	assert_true(says(command, "HOME=/home\nJIG_TEST=1\n"));
}

static void directory_umask_nice_and_limits_are_as_asked(void **state)
{
	static const struct jig_limit limits[] = {
		{ RLIMIT_NOFILE, 123, 456 },
		{ RLIMIT_CORE, 0, UINT64_MAX },
	};
	struct jig_command command =
		SHELL("pwd; umask; nice; ulimit -Sn; ulimit -Hn; ulimit -Sc");
	char expected[64];

	(void)state;
	command.cwd = "/usr";
	command.set_umask = true;
	command.umask = 0;
	command.nice = 2;
	command.limits = limits;
	command.limit_count = geteuid() == 0 ? 2 : 1;
	(void)snprintf(expected, sizeof(expected), "/usr\n0000\n%d\n123\n456\n",
		       getpriority(PRIO_PROCESS, 0) + 2);
	if (geteuid() == 0)
		(void)strcat(expected, "0\n");
	else
		command.shell = "pwd; umask; nice; ulimit -Sn; ulimit -Hn";
	assert_true(says(command, expected));
}

static void the_user_is_as_asked(void **state)
{
	static const gid_t groups[] = { 3, 4 };
	struct jig_command command = SHELL("echo $(id -u) $(id -g) $(id -G)");

	(void)state;
	if (geteuid() != 0)
		skip();
	command.set_user = true;
	command.uid = command.gid = 65534;
	assert_true(says(command, "65534 65534 65534\n"));
	command.groups = groups;
	command.group_count = 2;
	assert_true(says(command, "65534 65534 65534 3 4\n"));
}

static void the_group_is_as_asked(void **state)
{
	static const char line[] =
		"set -- $(cut -d' ' -f5,6 /proc/$$/stat);"
		"[ $1 = $$ ] && echo -n own; [ $2 = $$ ] && echo -n session; :";
	struct jig_command command = SHELL(line);

	(void)state;
	command.group = JIG_GROUP_SESSION;
	assert_true(says(command, "ownsession"));
	command.group = JIG_GROUP_PGROUP;
	assert_true(says(command, "own"));
}

static void edge_37_arguments_arrive_as_they_are(void **state)
{
	static char huge[120000];
	const char *argv[] = { "sh",
			       "-c",
			       "[ \"$1\" = '' ] && [ \"$2\" = 'a\nb' ] && [ "
			       "${#3} = 119999 ] &&"
			       " [ $4 = --help ] && echo same",
			       "sh",
			       "",
			       "a\nb",
			       huge,
			       "--help",
			       NULL };
	struct jig_command command = { .size = sizeof(command), .argv = argv };

	(void)state;
	memset(huge, 'x', sizeof(huge) - 1);
	assert_true(says(command, "same\n"));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(edge_34_what_cannot_be_executed_is_told_apart),
		cmocka_unit_test(without_a_command_it_is_einval),
		cmocka_unit_test(a_wrong_directory_is_enoent),
		cmocka_unit_test(a_missing_jig_is_enopkg),
		cmocka_unit_test(a_program_that_is_no_jig_is_told),
		cmocka_unit_test(a_program_that_says_nothing_is_ended),
		cmocka_unit_test(a_program_that_hangs_up_and_goes_on_is_ended),
		cmocka_unit_test(a_job_too_has_a_guard_that_answers),
		cmocka_unit_test(a_guard_that_was_stopped_is_waited_for),
		cmocka_unit_test(wrong_kinds_are_einval),
		cmocka_unit_test(wrong_descriptors_are_refused),
		cmocka_unit_test(a_stdio_descriptor_that_is_none_is_ebadf),
		cmocka_unit_test(a_file_that_is_not_there_is_enoent),
		cmocka_unit_test(a_file_without_a_path_is_einval),
		cmocka_unit_test(wrong_variables_and_limits_are_einval),
		cmocka_unit_test(a_limit_that_turns_round_is_einval),
		cmocka_unit_test(wrong_steps_are_einval),
		cmocka_unit_test(a_dead_owner_is_refused),
		cmocka_unit_test(pipes_reach_the_command),
		cmocka_unit_test(a_pipe_is_taken_once),
		cmocka_unit_test(files_are_read_appended_and_created),
		cmocka_unit_test(null_is_the_null_device),
		cmocka_unit_test(descriptors_are_the_commands_by_number),
		cmocka_unit_test(the_environment_is_added_to_or_cleared),
		cmocka_unit_test(directory_umask_nice_and_limits_are_as_asked),
		cmocka_unit_test(the_user_is_as_asked),
		cmocka_unit_test(the_group_is_as_asked),
		cmocka_unit_test(edge_37_arguments_arrive_as_they_are),
	};

	/* Ours may name directories that we may not enter: EACCES then. */
	(void)setenv("PATH", "/usr/local/bin:/usr/bin:/bin", 1);
	return RUN(tests);
}
