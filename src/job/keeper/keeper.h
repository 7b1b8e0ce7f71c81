/* SPDX-License-Identifier: MIT */
/*
 * A job's keeper: the guard of a fixture that belongs to nobody's process.
 *
 * Besides being the guard it holds the job's terminal, keeps the last of its
 * output, writes its record, and serves the clients of the job's socket:
 * terminals that attach, and commands that ask. All of it hangs on one epoll
 * descriptor that the guard's loop watches (plan.watched), so an idle job
 * sleeps in one poll(2).
 *
 * Invariants: the job is never kept waiting for longer than a second by a
 * client that takes nothing; memory is bounded by the ring, and by a few chunks
 * for each client; a client is of our user, or root.
 *
 * Files: keeper.c (opening, the record, the end), client.c (one connection),
 * request.c (what it asks for), signal.c (whom a signal reaches), flow.c (bytes
 * between the job and clients).
 */
#ifndef JIG_JOB_KEEPER_KEEPER_H
#define JIG_JOB_KEEPER_KEEPER_H

#include "base/pty.h"
#include "core/guard/guard.h"
#include "core/output/capture.h"
#include "job/store.h"
#include "screen/screen.h"

struct client;

struct keeper {
	struct store_new job;
	int listener; /* bound in the job's directory */
	int epoll;
	int timer; /* runs while a client holds the job up */
	int said; /* becomes stderr once the job runs */
	int told; /* a pipe to who starts it; -1 once it was told */
	int lifeline; /* the same to a libjig host, with words; or -1 */
	struct board *board; /* the host's, or NULL */
	int outside; /* a session's doorman lives while we hold it; or -1 */
	struct pty pty; /* PTY_NONE: a job without a terminal */
	struct capture *capture;
	struct guard *guard; /* NULL before the start and after the end */
	struct client *clients;
	struct buffer typed; /* and not yet read by the terminal */
	bool watches_room; /* whether epoll waits for room there */
	struct screen screen; /* what the terminal was told, by all output */
	bool newest_size; /* of the last client that said so */
	bool rests; /* accepts nobody for a moment: no descriptor was free */
	bool redraws; /* its terminal is a row too small, for a moment */
	int code; /* the job's, once it has ended; -1 */
	bool frozen; /* all of it was stopped with SIGSTOP */
	struct list guard_fds; /* of int: plan.guard_fds */
	struct guard_hooks hooks;
};

#define KEEPER_NONE                                                            \
	((struct keeper){ .job = { .directory = -1, .record_fd = -1 },         \
			  .listener = -1,                                      \
			  .epoll = -1,                                         \
			  .timer = -1,                                         \
			  .said = -1,                                          \
			  .told = -1,                                          \
			  .lifeline = -1,                                      \
			  .outside = -1,                                       \
			  .code = -1,                                          \
			  .pty = PTY_NONE })

/**
 * Make the job and open its terminal and socket; before the keeper is forked.
 *
 * @keeper  with `job` made by store_create().
 * @size    of its terminal; NULL: it gets none.
 * @return  0 or -errno with the reason.
 */
int keeper_open(struct keeper *keeper, const struct winsize *size,
		struct fault *fault);

/** Let a plan and a capture serve the keeper; in the keeper's own process. */
int keeper_serve(struct keeper *keeper, struct plan *plan,
		 struct capture *capture);

/**
 * The fixture has ended: note it, tell everybody, and serve them to their end,
 * for some seconds at most.
 * @code  the job's exit status.
 * @return  false: who starts it was never told that it runs (it could not be
 *          started, or never became ready); then it is no job, and gone.
 */
bool keeper_finish(struct keeper *keeper, const struct outcome *outcome,
		   int code);

/** Close all of it; the process that only starts the keeper, too. */
void keeper_close(struct keeper *keeper);

/** The same but for the job's record: its number is still ours. */
void keeper_shut(struct keeper *keeper);

#endif
