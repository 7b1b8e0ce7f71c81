/* SPDX-License-Identifier: MIT */
/*
 * A small child of ours for calls that a file system or a terminal may hold up:
 * we talk to it over a descriptor that does not block, and never wait for it.
 *
 * Invariant: it holds none of our descriptors but its own end and what it was
 * given, so it keeps no lock and no socket of ours alive. It ends with us: by
 * the end of file at its end, and by a signal of the kernel (PR_SET_PDEATHSIG).
 *
 * It is a child without an exit signal, clone(2): waitpid(-1) does not see it,
 * unless __WALL is asked for. Nothing that was adopted can be one: the kernel
 * gives an orphan SIGCHLD as its exit signal. So nobody else reaps it, its
 * number stays its own until aside_close(), and aside_is() tells it from a
 * process of the fixture, without a list.
 *
 * What does not belong here: what it is asked for (core/asking.h,
 * core/outlet.h).
 */
#ifndef JIG_PROC_ASIDE_H
#define JIG_PROC_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

struct aside {
	pid_t pid; /* unreaped; 0: none */
	int fd; /* our end, which does not block; -1: none, or closed */
};

#define ASIDE_NONE ((struct aside){ .fd = -1 })

/** What the child does until it returns, which ends it. @fd its end. */
struct aside_work {
	void (*run)(int fd, void *context);
	void *context;
	/** Its end is a pipe to read from; else a SOCK_SEQPACKET socket. */
	bool is_pipe;
	int keep; /* a descriptor that it keeps besides its end; -1: none */
	/** Killed with us, it still reads to the end, for 2 s at most. */
	bool lingers;
};

/** Start it. @return 0 or -errno. */
int aside_open(struct aside *ret, const struct aside_work *work);

/** Close our end only: it ends when it has read all. Accepts ASIDE_NONE. */
void aside_shut(struct aside *aside);

/**
 * Until it has ended, and reap it.
 * @until_us  on clock_us().
 * @return  0, or -ETIMEDOUT: it runs on.
 */
int aside_wait(struct aside *aside, int64_t until_us);

/**
 * End it by SIGKILL and reap it; where it does not die at once (state D, a
 * file system that does not answer) it is abandoned, and dies with its call.
 * Accepts ASIDE_NONE.
 * @return  0, or the pid of the abandoned one.
 */
pid_t aside_close(struct aside *aside);

/** Whether this child of ours is one. */
bool aside_is(pid_t pid);

#endif
