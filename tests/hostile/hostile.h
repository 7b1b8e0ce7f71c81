/* SPDX-License-Identifier: MIT */
/*
 * What the hostile programs share: their protocol, their fuse, their board.
 *
 * Every program is called as
 *
 *	PROGRAM READYFILE exit|stay
 *
 * It sets up its descendants, creates READYFILE once all of them have finished
 * their set-up, and then main exits with 0 (exit) or stays until a signal ends
 * it (stay). It exits with 77 when this machine cannot do what it is about
 * (HOSTILE_SKIP), with 70 when its set-up failed.
 *
 * Invariant: every process ends by itself, FUSE_S seconds after main began, and
 * none forks any more once the program's file is unlinked: the clean-up
 * of a failed test unlinks it first, and so wins against relays and bombs.
 *
 * What makes one way to escape different from another does not belong here.
 */
#ifndef HOSTILE_H
#define HOSTILE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <stdbool.h>
#include <stddef.h>
#include <stdnoreturn.h>
#include <sys/types.h>

enum {
	HOSTILE_FAILED = 70,
	HOSTILE_SKIP = 77,
};

/** Read the arguments, set up the board, light main's fuse. Call it first. */
void begin(int argc, char **argv);

/**
 * Create READYFILE when settle() was called expected times, then exit with 0
 * or stay, as the caller of the program wished. SIGTERM, SIGINT and SIGHUP end
 * a main that stays, unless it ignores them.
 */
noreturn void finish(int expected);

/** Say that something failed which has nothing to do with the escape. */
noreturn void fail(const char *what);

/**
 * fork(), and light the fuse of the child.
 *
 * @return  as fork(), but never a failure: a program that cannot set up its
 *          descendants ends with HOSTILE_FAILED.
 */
pid_t spawn(void);

/** The same, but a failure is returned, as -1. */
pid_t try_spawn(void);

/** The same with clone(2) flags, for children that fork() cannot make. */
pid_t try_clone(unsigned long flags);

/**
 * May a program that multiplies without end make one more process?
 *
 * @births  how many it may make in all.
 * @return  false once they are used up or the program's file is unlinked.
 */
bool may_multiply(int births);

/** A descendant has finished its set-up. Needs no open descriptor. */
void settle(void);

/** Stay, signals or not, until the fuse has burnt down. */
noreturn void hold(void);

/** Wait for a child to exit. @return  its wait status. */
int reap(pid_t pid);

/** A bound for tests of scale: HOSTILE_COUNT, or what the program proposes. */
int count_or(int proposed);

/** setsid(), setpgid(0, 0): failure is fatal. */
void own_session(void);
void own_group(void);

void close_every_fd(void);
void ignore_every_signal(void);

/** Wipe arguments and environment in place, and take this name instead. */
void wipe_names(char **argv, const char *comm);

/**
 * Run a relay: fork, exit, fork, exit. Settles in the third generation. A
 * runner lives for HOSTILE_PAUSE_US microseconds, 1000 by default; 0 for none.
 *
 * @step  what each runner does first, or NULL.
 */
noreturn void relay(void (*step)(void));

#endif
