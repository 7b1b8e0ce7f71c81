// SPDX-License-Identifier: MIT
#include "cli/doctor/here.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/file/runtime_dir.h"
#include "base/file/self.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text.h"
#include "cli/command/external.h"
#include "tty/charset.h"
#include "tty/raw_terminal.h"

/* Limit of the time in which jig-up tells its version. */
#define UP_SECONDS 10

const struct here_limit here_limits[] = {
	{ "open file limit", "nofile", RLIMIT_NOFILE },
	{ "process limit", "nproc", RLIMIT_NPROC },
	{ "core size limit", "core", RLIMIT_CORE },
	{ "stack limit", "stack", RLIMIT_STACK },
	{ .name = NULL },
};

const char *const here_variables[] = { "JIG_PROGRAM",	  "JIG_RUNTIME_DIR",
				       "XDG_RUNTIME_DIR", "JIG_JOB",
				       "JIG_SESSION",	  "COLUMNS",
				       "NO_COLOR",	  NULL };

/* In a child. jig-up is found as for each of its commands. */
static void ask_up(int out)
{
	char *words[] = { "version", NULL };
	const struct command command = { .name = "version" };

	fd_nullify(STDIN_FILENO, STDERR_FILENO);
	(void)alarm(UP_SECONDS); /* a file system may not answer */
	if (dup2(out, STDOUT_FILENO) == STDOUT_FILENO)
		(void)external_run(&command, 1, words);
	_exit(EXIT_NOT_FOUND);
}

static int start_up(int *ret_fd)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	CLEANUP_CLOSE int in = ends[0];
	CLEANUP_CLOSE int out = ends[1];
	pid_t pid = fd_leave_stdio(&in) < 0 || fd_leave_stdio(&out) < 0
			    ? -1
			    : fork();

	if (pid == 0)
		ask_up(out);
	if (pid < 0)
		return -EAGAIN;
	*ret_fd = take_fd(&in);
	return pid;
}

/* "VERSION PATH\n" */
static void here_take_up(struct here_program *ret)
{
	CLEANUP_CLOSE int in = -1;
	char text[PATH_MAX + 64], *blank;
	size_t used = 0;
	ssize_t n = 1;
	pid_t pid = start_up(&in);

	while (pid > 0 && n > 0 && used < sizeof(text) - 1) {
		n = RETRY(read(in, text + used, sizeof(text) - 1 - used));
		used += n > 0 ? (size_t)n : 0;
	}
	if (pid > 0) /* or ECHILD: SIGCHLD is ignored */
		(void)RETRY(waitpid(pid, NULL, 0));
	text[used] = '\0';
	text[strcspn(text, "\n")] = '\0';
	blank = strchr(text, ' ');
	if (!blank)
		return;
	*blank = '\0';
	text_copy(ret->version, sizeof(ret->version), text);
	text_copy(ret->path, sizeof(ret->path), blank + 1);
}

static void here_take_jig(struct here_program *ret)
{
	ssize_t n = readlink(self_program(), ret->path, sizeof(ret->path) - 1);

	if (n < 0)
		text_copy(ret->path, sizeof(ret->path), self_program());
	text_copy(ret->version, sizeof(ret->version), JIG_VERSION);
}

/* As a cage finds it: a file system that may not answer is not touched. */
static void here_take_runtime(struct here_directory *ret)
{
	CLEANUP_FREE char *mounts = NULL;
	CLEANUP_CLOSE int fd =
		runtime_dir_open_if(mount_path_is_local, ret->path,
				    sizeof(ret->path));
	struct stat st;

	ret->error = fd < 0 ? fd : fstat(fd, &st) < 0 ? -errno : 0;
	if (ret->error < 0)
		return;
	ret->owner = st.st_uid;
	ret->mode = st.st_mode & 07777;
	if (mount_type_of(fd, &mounts, ret->type) < 0)
		ret->type[0] = '\0';
}

const char *here_problem(const struct here_directory *directory)
{
	switch (directory->error) {
	case 0:
		return NULL;
	case -EREMOTE:
		return "its file system may not answer, so it is not used";
	case -EPERM:
		return "another user owns it, or others may write to it";
	default:
		return strerror(-directory->error);
	}
}

static void here_take_terminal(struct here_terminal *ret)
{
	for (int fd = STDERR_FILENO; fd >= STDIN_FILENO; fd--) {
		ret->is[fd] = fd_is_terminal(fd);
		if (!ret->is[fd])
			continue;
		if (ttyname_r(fd, ret->name, sizeof(ret->name)) != 0)
			ret->name[0] = '\0';
		(void)raw_terminal_size(fd, &ret->size); /* or 0 */
	}
	ret->term = getenv("TERM");
	ret->utf8 = charset_is_utf8(getenv("LC_ALL"), getenv("LC_CTYPE"),
				    getenv("LANG"));
}

void here_take(struct here *ret)
{
	*ret = (struct here){ 0 };
	here_take_jig(&ret->jig);
	here_take_up(&ret->up);
	(void)sys_libc(ret->libc, sizeof(ret->libc));
	here_take_runtime(&ret->runtime);
	here_take_terminal(&ret->terminal);
}
