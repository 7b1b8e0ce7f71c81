/* SPDX-License-Identifier: MIT */
/*
 * The host's side of a fixture: from a struct jig_command to the spawn of its
 * guard, and what the guard tells.
 *
 * Invariant: after a failure every descriptor that was opened here is closed,
 * and the host's own are unchanged.
 *
 * Files: fixture.c (start, wait, stop), fixture_rouse.c (a guard that is
 * to act), fixture_mute.c (one that does not map the board), fixture_command.c
 * (what crosses the library's boundary), fixture_ready.c (readiness, names and
 * output), fixture_guard.c (the spawn of the guard), fixture_argv.c,
 * fixture_via.c and fixture_stdio.c (its arguments and descriptors). fixture.c
 * and fixture_ready.c call each other: each wait takes news of readiness, and
 * jig_wait_ready() is a wait.
 */
#ifndef JIG_LIB_FIXTURE_H
#define JIG_LIB_FIXTURE_H

#include <jig.h>
#include <limits.h>
#include <stdio.h>

#include "base/fault.h"
#include "base/list.h"
#include "core/output/ring.h"
#include "core/shared/board.h"
#include "core/shared/report.h"
#include "proc/spawn.h"

/** At a guard that has not mapped the board. Zeroed at first. */
struct mute_looks {
	int64_t next_us;
	int count;
};

struct jig {
	char program[256]; /* the guard's, for a person: JIG_PROGRAM=/x/jig */
	int socket; /* to the guard */
	struct board *board; /* shared with it */
	struct spawned guard;
	pid_t main;
	int main_pidfd;
	int pipes[3];
	bool started, ended, stopping;
	bool asks_start, asks_ready; /* not answered yet: fixture_pass_on() */
	struct mute_looks looks;
	unsigned late_looks; /* at a guard that should have acted */
	int64_t stop_us; /* when a stop was requested first; 0: never */
	int64_t rouse_us; /* in a stop: the next look at the guard */
	bool gone; /* of the guard: no more packets will come */
	bool owes_wake; /* the guard could not be woken: no memory */
	int error; /* of a start that failed */
	int stage; /* the same: an enum spawn_stage, or BOARD_NO_STAGE */
	char text[FAULT_SIZE];
	struct jig_report report;

	int unready; /* -errno: it never will be ready */
	int64_t ready_us; /* -1: not yet */
	uint32_t problem_turn; /* of the board's text that we have copied */
	char problem[FAULT_SIZE];
	struct list names; /* of struct name */
	struct list matches; /* of char *: "GROUP=text" */
	struct ring *ring; /* of its output, or NULL */
};

/**
 * As jig_stop(), but as if the guard had got this signal: the first one of the
 * stop. Only when the command runs, because before that the signal may end the
 * guard. No effect in a stop.
 * @signo  SIGTERM, SIGINT, SIGHUP or SIGQUIT.
 */
int fixture_stop_by(struct jig *fixture, int signo);

/** Read what the guard has told; rouse it. @return whether it still lives. */
bool fixture_update(struct jig *fixture);

/**
 * Each function that takes the guard's packets calls this at its end. The
 * packet of an event that another question waits for (the start, readiness) may
 * have been among them: then no further packet would come, so the guard is
 * asked for one. The host may never ask again: see guard_recall_host(). (The
 * end needs none of this: end of file stays readable.)
 */
void fixture_pass_on(struct jig *fixture);

/**
 * Wait until @is_done, or the guard has ended, or the time is over.
 * @return  0, -EPROTO, or -ETIMEDOUT.
 */
int fixture_wait_until(struct jig *fixture, int timeout_ms,
		       bool (*is_done)(const struct jig *fixture));

/** fixture_rouse.c: let the guard read the board. @return 0 or -ESRCH. */
int fixture_wake(struct jig *fixture);

/** The request is on the board: a stop, or its next step. @return 0 or -ESRCH.
 */
int fixture_ask_stop(struct jig *fixture);

/**
 * Whether a stop was requested, and it has not ended. Until then an event loop
 * that watches jig_fd() also calls jig_wait() with time 0, several times a
 * second: a guard that was suspended makes nothing readable. NULL is allowed.
 */
bool fixture_is_awaited(const struct jig *fixture);

/** fixture_ready.c: whether main has ended by itself, with status 0, and no
 * other process was left. */
bool fixture_has_left_nothing(const struct jig *fixture);

/** When fixture_rouse() is due; -1: never. */
int64_t fixture_rouse_us(const struct jig *fixture);

/** If it is due: continue a guard that was suspended, and kill one that does
 * not act. Does not wait. */
void fixture_rouse(struct jig *fixture);

/** fixture_ready.c: see what is new about readiness. */
void fixture_look_ready(struct jig *fixture);
/** Whether it is ready, or will never be. */
bool fixture_is_settled(const struct jig *fixture);
void fixture_free_ready(struct jig *fixture);

/**
 * Start the guard, and do not wait for the command: a program on a file system
 * that does not answer may hang in execve(2) for ever. jig_fd() is readable
 * when fixture_started() may have a result; jig_free() stops what has begun.
 *
 * @options  options of `jig run`, NULL-terminated, or NULL.
 * @return   0, or -errno, explained in command->error: there is no guard.
 */
int fixture_begin(const struct jig_command *command, const char *const *options,
		  struct jig **ret);

/**
 * Whether the command runs. Does not wait.
 * @return  1; 0 not yet; or -errno with the reason, as jig_start(): it never
 *          will.
 */
int fixture_started(struct jig *fixture, struct fault *fault);

/**
 * For a caller that waits for the end only: call it when jig_fd() is readable.
 *
 * @executed  the caller's: false before the first call.
 * @ret_code  as of jig_wait(); untouched if it is not known.
 * @return    1 it has ended; 0 not yet; or -errno of fixture_started().
 */
int fixture_over(struct jig *fixture, bool *executed, int *ret_code,
		 struct fault *fault);

/** Both, and the wait between them: jig_start() with more @options. */
int fixture_start(const struct jig_command *command, const char *const *options,
		  struct jig **ret);

/**
 * fixture_command.c: read a host's command. All functions here take the result,
 * or a command that we have made, and do not check its size.
 * @return  0; -EINVAL; -E2BIG, explained in command->error.
 */
int fixture_read_command(const struct jig_command *command,
			 struct jig_command *ret);

/** Write command->error, where there is one. @return @error. */
static inline int fixture_explain(const struct jig_command *command, int error,
				  const char *text)
{
	if (command->error && command->error_size > 0)
		(void)snprintf(command->error, command->error_size, "%s", text);
	return error;
}

/**
 * fixture_program.c: the guard's path, or a name to be looked up in PATH.
 * @path  the place for it.
 */
const char *fixture_program(const struct jig_command *command,
			    char path[PATH_MAX]);

/** It could not be executed, for this -errno. @program  fixture_program()'s.
 * @return -ENOPKG. */
int fixture_not_executed(const struct jig_command *command, const char *program,
			 int error, struct fault *fault);

/** Keep its name, for fixture_gave_no_answer(). */
void fixture_note_program(struct jig *fixture,
			  const struct jig_command *command,
			  const char *program);

/** Its socket was closed without an answer. @return -EPROTO with the reason. */
int fixture_gave_no_answer(const struct jig *fixture, struct fault *fault);

/** fixture_mute.c: whether the guard has mapped the board. */
bool guard_is_there(const struct board *board);

/** Continue a guard that another process has suspended (SIGSTOP), and does not
 * react. It is our child. */
void guard_continue_stopped(const struct spawned *guard);

/** SIGKILL: its supervisor sees that and ends the fixture. */
void guard_kill(const struct spawned *guard);

/**
 * Wait for a packet of the guard.
 * @return  0: look again; -ETIMEDOUT: @deadline (negative: none) has passed;
 *          -ENOPKG: it has not mapped the board, see guard_was_mute().
 */
int guard_await(const struct board *board, const struct spawned *guard,
		int socket, int64_t deadline, struct mute_looks *looks);

/** Wait for its end. One that has not mapped @board is killed. */
void guard_reap(const struct board *board, struct spawned *guard);

/** @return -ENOPKG with the reason. */
int guard_was_mute(const char *program, struct fault *fault);

struct guard_spawn {
	struct spawn spawn; /* points into what follows */
	struct list argv_list, env_list, fds;
	struct list texts; /* of char *, ours */
	char **argv;
	const char *verb; /* the command of jig; NULL: "run" */
	const char *program; /* see fixture_program() */
	char program_path[PATH_MAX]; /* the place for it */
	int lifeline; /* its number in the guard: one that no jig_fd.to has */
	int pipes[3]; /* the host's ends, or -1 */
	int opened[3]; /* the command's ends and files, or -1 */
};

#define GUARD_SPAWN_NONE                                                       \
	((struct guard_spawn){ .pipes = { -1, -1, -1 },                        \
			       .opened = { -1, -1, -1 } })

/**
 * Open what the command's stdio needs and write the guard's arguments.
 *
 * @options   more options for the guard, NULL-terminated, or NULL.
 * @lifeline  the guard's end of the socket; stays the caller's.
 * @return    0, -EINVAL, -ENOMEM, or what open(2) and pipe(2) say.
 */
int guard_spawn_prepare(struct guard_spawn *plan,
			const struct jig_command *command,
			const char *const *options, int lifeline,
			struct fault *fault);

/**
 * Whether the descriptors that the host names are open. To be asked before any
 * of ours is opened: it could get the number of one that is not.
 * @return  0 or -EBADF.
 */
int guard_spawn_check(const struct jig_command *command, struct fault *fault);

/** Its part about arguments, see fixture_argv.c. @return 0, -EINVAL, -ENOMEM.
 */
int guard_spawn_argv(struct guard_spawn *plan,
		     const struct jig_command *command,
		     const char *const *options);

/** Add words to them: a word or an option's value, which the caller keeps; or a
 * number, which is copied. @return 0 or -ENOMEM. */
int guard_spawn_word(struct guard_spawn *plan, const char *word);
int guard_spawn_option(struct guard_spawn *plan, const char *name,
		       const char *value);
int guard_spawn_time(struct guard_spawn *plan, const char *option, int64_t us);
int guard_spawn_count(struct guard_spawn *plan, const char *option,
		      unsigned count);

/** Its part about another machine, see fixture_via.c: words, and for a command
 * there the environment. @return 0, -EINVAL, -ENOMEM. */
int guard_spawn_via(struct guard_spawn *plan,
		    const struct jig_command *command);
int guard_spawn_via_env(struct guard_spawn *plan,
			const struct jig_command *command);

/** Its part about descriptors, see fixture_stdio.c. */
int guard_spawn_fds(struct guard_spawn *plan, const struct jig_command *command,
		    int lifeline, struct fault *fault);

/** Close and free all of it. */
void guard_spawn_close(struct guard_spawn *plan);

#endif
