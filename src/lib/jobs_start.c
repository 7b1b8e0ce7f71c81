// SPDX-License-Identifier: MIT
/*
 * Start a job: run `jig start` with the command's fields as options, as
 * fixture.c runs `jig run`. Its keeper says over the socket that the command
 * runs, or why not, and closes it.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/sized.h"
#include "core/shared/wake.h"
#include "job/boundary.h"
#include "job/spec.h"
#include "job/store.h"
#include "lib/fixture.h"

/* Options and their values, and the NULL. */
#define WORDS_MAX 8
#define SIZE_TEXT 16

struct job_words {
	const char *words[WORDS_MAX];
	char size[SIZE_TEXT];
};

static void make_words(const struct jig_job_options *options,
		       struct job_words *ret)
{
	size_t count = 0;

	if (options->name) {
		ret->words[count++] = "--name";
		ret->words[count++] = options->name;
	}
	if (options->no_terminal)
		ret->words[count++] = "--no-pty";
	if (options->rows && options->columns) {
		(void)snprintf(ret->size, sizeof(ret->size), "%ux%u",
			       options->rows, options->columns);
		ret->words[count++] = "--size";
		ret->words[count++] = ret->size;
	}
	ret->words[count] = NULL;
}

static int spawn(const struct jig_command *command, const char *const *words,
		 int theirs, struct spawned *ret, struct fault *fault)
{
	CLEANUP(guard_spawn_close) struct guard_spawn plan = GUARD_SPAWN_NONE;
	enum spawn_stage stage = SPAWN_CLONE;

	plan.verb = "start";
	int r = guard_spawn_prepare(&plan, command, words, theirs, fault);

	if (r < 0)
		return r;
	r = spawn_program(&plan.spawn, ret, &stage, fault);
	if (r < 0 && stage == SPAWN_EXEC)
		return fault_set(fault, -ENOPKG,
				 "cannot execute the jig program (%s): "
				 "set JIG_PROGRAM",
				 plan.program);
	return r;
}

/* @return the job's number; 0: not yet; or -errno with the reason. */
static int jig_job_start_look(const struct board *board, struct fault *fault)
{
	char why[FAULT_SIZE];
	int number = atomic_load(&board->main);
	int r = board_failure(board, NULL, why, sizeof(why));

	if (r < 0)
		return fault_set(fault, r, "%s", why);
	return number > 0 ? number : 0;
}

/* @return the job's number, or -errno with the reason. */
static int jig_job_start_hear(int socket, const struct board *board,
			      const struct spawned *starter,
			      const struct jig_command *command,
			      struct fault *fault)
{
	struct mute_looks looks = { 0 };
	char path[PATH_MAX];
	int r, number;

	do {
		int fd = -1;

		if (guard_await(board, starter, socket, -1, &looks) < 0)
			return guard_was_mute(fixture_program(command, path),
					      fault);
		r = wake_receive(socket, &fd);
		cleanup_close(&fd);
		number = jig_job_start_look(board, fault);
	} while (number == 0 && (r > 0 || r == -EAGAIN));
	if (number != 0)
		return number;
	if (r == -EBADMSG)
		return fault_set(fault, -ENOPKG,
				 "the jig program is of another version than "
				 "the library");
	return fault_set(fault, -EPROTO,
			 "jig died before it had started the command");
}

static void close_board(struct board **board)
{
	board_close(*board);
}

static int jig_job_start_start(const struct jig_command *command,
			       const char *const *words, struct fault *fault)
{
	struct spawned starter = { .pidfd = -1 };
	int pair[2];

	CLEANUP(close_board) struct board *board = NULL;
	int r = board_open_line(&board, pair, fault);

	if (r < 0)
		return r;
	CLEANUP_CLOSE int ours = pair[0];
	int theirs = pair[1];
	r = spawn(command, words, theirs, &starter, fault);

	cleanup_close(&theirs); /* Else it would never show its end. */
	if (r < 0)
		return r;
	r = jig_job_start_hear(ours, board, &starter, command, fault);
	guard_reap(board, &starter);
	return r;
}

static int jig_job_start_check(const struct jig_command *command,
			       const struct jig_job_options *options,
			       struct fault *fault)
{
	if (command->in.kind || command->out.kind || command->err.kind ||
	    command->fd_count || command->group)
		return fault_set(fault, -EINVAL,
				 "in, out, err, fds and group are the job's "
				 "own");
	if (options->name && !spec_is_name(options->name))
		return fault_set(fault, -EINVAL,
				 "a name has letters, digits and _ . -, is not "
				 "of "
				 "digits alone and does not begin with -");
	return 0;
}

/* @return the number of a job that runs, or -errno with the reason. */
static int start_job(struct jig_command *command,
		     const struct jig_job_options *options, struct fault *fault)
{
	struct job_words words;
	int r = jig_job_start_check(command, options, fault);

	if (r < 0)
		return r;
	command->in.kind = command->out.kind = command->err.kind =
		JIG_STDIO_NULL;
	if (command->owner == 0)
		command->owner = JIG_OWNER_NONE;
	make_words(options, &words);
	return jig_job_start_start(command, words.words, fault);
}

int jig_job_start(const struct jig_command *command,
		  const struct jig_job_options *options, struct jig_job *ret)
{
	struct jig_job_options how;
	struct jig_command mine;
	struct jig_job job;
	struct fault fault = { "" };
	int number, r = fixture_read_command(command, &mine);

	if (r < 0)
		return r;
	r = boundary_check_job(ret->size);
	if (r == 0)
		r = boundary_read_options(options, &how);
	if (r != 0)
		return fixture_explain(command, r,
				       r == -E2BIG
					       ? "an option of the job is set "
						 "that this library does not "
						 "know"
					       : "the size of a struct is not "
						 "set");
	number = start_job(&mine, &how, &fault);
	if (number < 0)
		return fixture_explain(command, number, fault.text);
	r = store_look((unsigned)number, &job);
	if (r < 0)
		return fixture_explain(command, r, "the job has ended already");
	sized_write(ret, &job, sizeof(job));
	return 0;
}
