// SPDX-License-Identifier: MIT
/*
 * quiet_child FIFO PROGRAM COMMAND…: execute COMMAND with a child that has no
 * exit signal, clone(2). When the child reads a byte from FIFO, it starts
 * `PROGRAM 600` in the background, and ends; at end of file it just ends.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

static void be_child(char **words)
{
	char byte;
	int fd = open(words[1], O_RDONLY);

	if (fd >= 0 && read(fd, &byte, 1) == 1 && fork() == 0) {
		setsid();
		execl(words[2], words[2], "600", (char *)0);
	}
	_exit(0);
}

int main(int count, char **words)
{
	if (count < 4)
		return 2;
	if (syscall(SYS_clone, 0L, 0L, 0L, 0L, 0L) == 0)
		be_child(words);
	execvp(words[3], words + 3);
	return 1;
}
