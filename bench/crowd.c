// SPDX-License-Identifier: MIT
/*
 * A crowd to be ended: N processes in all, this one included.
 *
 *   crowd N
 *
 * Half of them are in sessions of their own and a quarter ignore SIGTERM. When
 * all have set themselves up, one byte is written to stdout; it stays open in
 * each of them, so its end of file says that no process is left.
 *
 * Each ends by itself after FUSE_S, whatever happens to its parent.
 */
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

#include "series.h"

#define CROWD_MAX 20000
#define FUSE_S 300

_Noreturn static void stay(void)
{
	for (;;)
		pause();
}

_Noreturn static void be_member(int number, int board)
{
	bool leads = number % 2 == 0, deaf = number / 2 % 4 == 0;

	(void)alarm(FUSE_S);
	if (deaf)
		(void)signal(SIGTERM, SIG_IGN);
	if (leads && setsid() < 0)
		_exit(1);
	if (write(board, "", 1) != 1)
		_exit(1);
	(void)close(board);
	stay();
}

static void await_members(int board, int count)
{
	char bytes[4096];

	while (count > 0) {
		ssize_t n = read(board, bytes, sizeof(bytes));

		if (n <= 0)
			die("a member did not come up");
		count -= (int)n;
	}
}

int main(int argc, char **argv)
{
	int count = argument(argc == 2 ? argv[1] : "", CROWD_MAX), board[2];

	(void)alarm(FUSE_S);
	if (pipe(board) < 0)
		die("pipe");
	for (int i = 1; i < count; i++) {
		pid_t pid = fork();

		if (pid < 0)
			die("fork");
		if (pid == 0) {
			(void)close(board[0]);
			be_member(i, board[1]);
		}
	}
	(void)close(board[1]);
	await_members(board[0], count - 1);
	if (write(STDOUT_FILENO, "", 1) != 1)
		die("cannot tell that all are there");
	stay();
}
