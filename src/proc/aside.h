/* SPDX-License-Identifier: MIT */
/*
 * A small child for calls that may block on a file system or a terminal. The
 * parent talks to it over a non-blocking descriptor, and never waits for it.
 *
 * Invariant: the child keeps no descriptor of the parent except its own end and
 * the one that it was given, so it keeps no lock and no socket of the parent.
 * It ends with the parent: by end of file, and by PR_SET_PDEATHSIG.
 *
 * It is a child without an exit signal, clone(2), so waitpid(-1) without __WALL
 * does not return it. An adopted process never looks like this: the kernel
 * gives an orphan SIGCHLD as its exit signal. So only this module reaps it, its
 * pid is not reused before aside_close(), and aside_is() tells it from a
 * process of the fixture without a list. A child that the process had before it
 * executed jig may look like this, too: these are noted at the start.
 *
 * Not here: the work of the child (core/output/asking.h, core/output/outlet.h).
 */
#ifndef JIG_PROC_ASIDE_H
#define JIG_PROC_ASIDE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct aside {
	pid_t pid; /* unreaped; 0: none */
	int fd; /* the parent's end, non-blocking; -1: none, or closed */
};

/** For a member: gcc 10 takes the literal there for a missing initializer. */
#define ASIDE_NONE_INIT                                                        \
	{                                                                      \
		.fd = -1                                                       \
	}
#define ASIDE_NONE ((struct aside)ASIDE_NONE_INIT)

/** What the child does. */
struct aside_work {
	/** @fd  the child's end. The child ends when it returns. */
	void (*run)(int fd, void *context);
	void *context;
	/** The child's end is a pipe to read; else a SOCK_SEQPACKET socket. */
	bool is_pipe;
	int fd; /* a descriptor that the child has as well; -1: none */
	/** When the parent dies, it still reads to the end of file, for 2 s at
	 * most. */
	bool lingers;
};

/** Start it. @return 0 or -errno. */
int aside_open(struct aside *ret, const struct aside_work *work);

/** Close the parent's end: the child ends at end of file. Accepts ASIDE_NONE.
 */
void aside_shut(struct aside *aside);

/**
 * Wait until it has ended, and reap it.
 * @until_us  by clock_us().
 * @return  0, or -ETIMEDOUT: it still runs.
 */
int aside_wait(struct aside *aside, int64_t until_us);

/** The value of a result that the child has not written yet; it is no -errno.
 */
#define ASIDE_PENDING 1

/**
 * Wait until the child has written its result (microseconds, if its system call
 * does not hang), or has ended.
 * @result    in memory that is shared with it.
 * @until_us  by clock_us().
 * @return    the result, or -ETIMEDOUT.
 */
int aside_await(struct aside *aside, const _Atomic int *result,
		int64_t until_us);

/**
 * Kill it (SIGKILL) and reap it. If it does not die at once (state D, a file
 * system that does not answer), it is abandoned, and dies when its system call
 * returns. Accepts ASIDE_NONE.
 * @return  0, or the pid of the abandoned one.
 */
pid_t aside_close(struct aside *aside);

/**
 * Before the first aside_open(): note the children without an exit signal that
 * this process had before its execve(2). They are never reaped, so their pids
 * are not reused.
 */
void aside_note_inherited(void);

/** Whether aside_note_inherited() has noted any. */
bool aside_has_inherited(void);

/** Whether aside_open() has started this child of the caller. */
bool aside_is(pid_t pid);

#endif
