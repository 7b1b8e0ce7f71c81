// SPDX-License-Identifier: MIT
/*
 * The owner in the escape matrix: it starts a tool, says on stdout which pid
 * the tool has and later with which wait status it ended, and exits then. The
 * tool writes to stderr only. The owner does nothing else, so that a SIGKILL
 * for it meets one that has made no provision. It is no hostile program.
 */
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	int status = 0;

	if (argc < 2) {
		fprintf(stderr, "usage: owner TOOL [ARGUMENT]...\n");
		return 2;
	}

	pid_t tool = fork();
	if (tool == 0) {
		dup2(STDERR_FILENO, STDOUT_FILENO);
		execvp(argv[1], argv + 1);
		perror(argv[1]);
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
