// SPDX-License-Identifier: MIT
/*
 * Edge case 6: a fork bomb, each process in a session of its own, that makes a
 * new process for each one that is killed. It escapes from a tool that kills
 * more slowly than it forks.
 *
 * It never has more than 100 processes (or HOSTILE_COUNT): each holds a record
 * lock on one byte of a memory file, and goes when no byte is free. The kernel
 * drops the lock of a process that was killed, which a counter would not learn.
 */
#include "hostile.h"

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

enum { BIRTHS = 100000 };

static bool seat_take(int seats, int count)
{
	int first = rand() % count;

	for (int i = 0; i < count; i++) {
		struct flock lock = {
			.l_type = F_WRLCK,
			.l_whence = SEEK_SET,
			.l_start = (first + i) % count,
			.l_len = 1,
		};
		if (fcntl(seats, F_SETLK, &lock) == 0)
			return true;
	}
	return false;
}

static bool seat_is_free(int seats, int seat)
{
	struct flock lock = {
		.l_type = F_WRLCK,
		.l_whence = SEEK_SET,
		.l_start = seat,
		.l_len = 1,
	};

	return fcntl(seats, F_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

static void sit_down(int seats, int count)
{
	srand((unsigned)getpid());
	own_session();
	if (!seat_take(seats, count))
		_exit(0);
	settle();
}

static noreturn void explode(int seats, int count)
{
	static const struct timespec pause = { .tv_nsec = 10000000 };

	sit_down(seats, count);
	for (;;) {
		if (!seat_is_free(seats, rand() % count))
			nanosleep(&pause, NULL);
		else if (!may_multiply(BIRTHS))
			hold();
		else if (try_spawn() == 0)
			sit_down(seats, count);
	}
}

int main(int argc, char **argv)
{
	begin(argc, argv);

	int count = count_or(100);
	int seats = memfd_create("seats", MFD_CLOEXEC);
	if (seats < 0)
		fail("memfd_create");
	if (spawn() == 0) {
		signal(SIGCHLD, SIG_IGN);
		explode(seats, count);
	}
	finish(count);
}
