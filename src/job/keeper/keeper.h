/* SPDX-License-Identifier: MIT */
/*
 * A job's keeper: the guard of a fixture that outlives the process which has
 * started it.
 *
 * It is a guard, and also holds the job's terminal, stores the last output,
 * writes the job's record, and serves the clients of the job's socket: attached
 * terminals and commands. One epoll descriptor, which the guard's loop watches
 * (plan.watched), reports all events, so an idle job sleeps in one poll(2).
 *
 * Invariants: the job waits at most a second for a client that takes nothing;
 * memory is bounded by the ring, and by a few chunks for each client; a client
 * is of our user, or root.
 *
 * The requests that a client can send do not belong here: parts.h lists the
 * files.
 */
#ifndef JIG_JOB_KEEPER_KEEPER_H
#define JIG_JOB_KEEPER_KEEPER_H

#include "base/file/pty.h"
#include "core/guard/guard.h"
#include "core/output/capture.h"
#include "job/store.h"
#include "screen/screen.h"

struct client;

struct keeper {
	struct store_new job;
	int listener; /* bound in the job's directory */
	int epoll;
	int timer; /* runs while the job waits for a client */
	int messages; /* the file that becomes stderr once the job runs */
	int start_pipe; /* to the process that starts the job; or -1 */
	int lifeline; /* the same to a libjig host, with errors; or -1 */
	struct board *board; /* the host's, or NULL */
	int outside; /* open as long as a session's doorman is to run; or -1 */
	struct pty pty; /* PTY_NONE: a job without a terminal */
	struct capture *capture;
	struct guard *guard; /* NULL before the start and after the end */
	struct client *clients;
	struct buffer typed; /* input that the terminal has not taken yet */
	bool awaits_room; /* epoll watches for room in the terminal */
	struct screen screen; /* state of the terminal after all output */
	bool newest_size; /* the newest client sets the size, not the least */
	bool accepting_paused; /* no descriptor was free; until the timer */
	bool redraws; /* the terminal is one row smaller until the timer runs */
	int code; /* exit status of the job that has ended; -1: not yet */
	bool frozen; /* all processes were suspended with SIGSTOP */
	struct list guard_fds; /* of int: plan.guard_fds */
	struct guard_hooks hooks;
};

#define KEEPER_NONE                                                            \
	((struct keeper){ .job = { .directory = -1, .record_fd = -1 },         \
			  .listener = -1,                                      \
			  .epoll = -1,                                         \
			  .timer = -1,                                         \
			  .messages = -1,                                      \
			  .start_pipe = -1,                                    \
			  .lifeline = -1,                                      \
			  .outside = -1,                                       \
			  .code = -1,                                          \
			  .pty = PTY_NONE })

/**
 * Open the job's terminal and socket, before the keeper is forked.
 *
 * @keeper  with `job` made by store_create().
 * @size    of its terminal; NULL: no terminal.
 * @return  0 or -errno with the reason.
 */
int keeper_open(struct keeper *keeper, const struct winsize *size,
		struct fault *fault);

/** Set @plan and @capture up for the keeper; in the keeper's own process. */
int keeper_serve(struct keeper *keeper, struct plan *plan,
		 struct capture *capture);

/**
 * After the end of the fixture: write the record, send the status to each
 * client, and serve the clients for 2 s at most.
 * @code  the job's exit status.
 * @return  false: the job did not start, or never became ready; the process
 *          that starts it reports the error, and the job must be discarded.
 */
bool keeper_finish(struct keeper *keeper, const struct outcome *outcome,
		   int code);

/** Close everything; also in the process that starts the keeper. */
void keeper_close(struct keeper *keeper);

/** The same without the job's record: its number stays reserved. */
void keeper_shut(struct keeper *keeper);

#endif
