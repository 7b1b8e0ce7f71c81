// SPDX-License-Identifier: MIT
/*
 * The owner in the escape matrix: it starts a tool, says on stdout which pid
 * the tool has and later with which wait status it ended, and exits then. The
 * tool writes to stderr only. The owner does nothing else, so that a SIGKILL
 * for it meets one that has made no provision. It is no hostile program.
 *
 * With -a there is an adopter between the owner and the process that started
 * it: a subreaper in the owner's session, as PID 1 of a container often is. It
 * says which pid the owner has, and stays until it has no child. An argument
 * "OWNER" of the tool is replaced by that pid.
 */
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

static int adopt(void)
{
	while (wait(NULL) > 0)
		;
	return 0;
}

static void name_owner(char **argv, char *owner)
{
	for (; *argv; argv++)
		if (strcmp(*argv, "OWNER") == 0)
			*argv = owner;
}

static int own(char **argv)
{
	char owner[16];
	int status = 0;

	snprintf(owner, sizeof(owner), "%d", (int)getpid());
	name_owner(argv, owner);
	pid_t tool = fork();
	if (tool == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[0], argv);
		perror(argv[0]);
		_exit(127);
	}
	if (tool < 0)
		return 1;
	dprintf(STDOUT_FILENO, "pid %d\n", (int)tool);

	if (waitpid(tool, &status, 0) != tool)
		return 1;
	dprintf(STDOUT_FILENO, "status %d\n", status);
	return 0;
}

int main(int argc, char **argv)
{
	int is_adopted = argc > 1 && strcmp(argv[1], "-a") == 0;

	if (argc < 2 + is_adopted) {
		fprintf(stderr, "usage: owner [-a] TOOL [ARGUMENT]...\n");
		return 2;
	}
	if (is_adopted) {
		prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
		pid_t owner = fork();
		if (owner != 0)
			return owner < 0 ? 1 : adopt();
		dprintf(STDOUT_FILENO, "owner %d\n", (int)getpid());
	}
	return own(argv + 1 + is_adopted);
}
