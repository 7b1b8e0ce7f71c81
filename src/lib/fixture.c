// SPDX-License-Identifier: MIT
/*
 * The library's side of a fixture: start a guard, talk to it over a socket.
 *
 * The guard is `jig run` with the command's fields as options (fixture_argv.c):
 * argv and the environment travel by execve itself, so only events need a
 * message, and what the guard is to do can be read in ps(1).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/list.h"
#include "base/poll.h"
#include "core/shared/wake.h"
#include "lib/fixture.h"

/* A flood of packets does not block us. */
#define PACKETS_AT_ONCE 1024

/* The content of a packet. */
static void take_descriptor(struct jig *fixture, int kind, int fd)
{
	CLEANUP_CLOSE int own = fd;

	(void)fd_leave_stdio(&own);
	if (kind == WAKE_MAIN && fixture->main_pidfd < 0)
		fixture->main_pidfd = take_fd(&own);
	else if (kind == WAKE_RING && !fixture->ring)
		(void)ring_attach(own, &fixture->ring); /* Else: no tail. */
}

static void fixture_look_at_start(struct jig *fixture)
{
	const struct board *board = fixture->board;
	pid_t main = atomic_load(&board->main);

	if (fixture->error < 0)
		return;
	fixture->error = board_failure(board, &fixture->stage, fixture->text,
				       sizeof(fixture->text));
	if (fixture->error < 0 || fixture->started || main <= 0)
		return;
	fixture->started = true;
	fixture->main = main;
	/* Without memory they are unknown, as jig.h says. */
	(void)board_names(board, &fixture->names);
}

/* The guard may have been killed when all was done. When the supervisor ended
 * the fixture because of that, jig_wait() says -EPROTO. */
static bool is_reported(const struct board *board)
{
	return atomic_load(&board->reported) &&
	       board->report.reason != JIG_REASON_GUARD;
}

static void look_at_end(struct jig *fixture)
{
	const struct board *board = fixture->board;

	if (fixture->ended || fixture->error < 0)
		return;
	if (!atomic_load(&board->ended) &&
	    !(fixture->gone && is_reported(board)))
		return;
	fixture->error = board_report(board, &fixture->report);
	fixture->ended = fixture->error == 0;
	if (!fixture->ended)
		(void)snprintf(fixture->text, sizeof(fixture->text),
			       "the report is damaged");
}

static void fixture_look(struct jig *fixture)
{
	if (!fixture->board)
		return;
	fixture_look_at_start(fixture);
	fixture_look_ready(fixture);
	look_at_end(fixture);
}

/* Only another version of jig speaks otherwise. */
static void note_version(struct jig *fixture)
{
	fixture->error = -ENOPKG;
	(void)snprintf(fixture->text, sizeof(fixture->text),
		       "the jig program is of another version than the "
		       "library");
}

/* The command was not started: do not wait any more. */
static void note_mute(struct jig *fixture)
{
	struct fault fault;

	fixture->error = guard_was_mute(fixture->program, &fault);
	(void)snprintf(fixture->text, sizeof(fixture->text), "%s", fault.text);
	fixture->gone = true;
}

static void read_packets(struct jig *fixture)
{
	for (int i = 0; i < PACKETS_AT_ONCE && !fixture->gone; i++) {
		int fd = -1;
		int r = wake_receive(fixture->socket, &fd);

		if (r > 0) {
			take_descriptor(fixture, r, fd);
		} else if (r == -EAGAIN) {
			return;
		} else {
			if (r == -EBADMSG)
				note_version(fixture);
			/* Closed by jig_free(): an event loop may watch it. */
			fixture->gone = true;
		}
	}
}

bool fixture_update(struct jig *fixture)
{
	read_packets(fixture);
	fixture_look(fixture);
	if (fixture->owes_wake)
		(void)fixture_wake(fixture); /* Repeated. */
	fixture_rouse(fixture);
	return !fixture->gone;
}

/* @return 0: look again; -ETIMEDOUT. */
static int await_packet(struct jig *fixture, int64_t deadline)
{
	int64_t rouse = fixture_rouse_us(fixture);
	int r = guard_await(fixture->board, &fixture->guard, fixture->socket,
			    clock_sooner(deadline, rouse), &fixture->looks);

	if (r == -ENOPKG)
		note_mute(fixture);
	return r == -ETIMEDOUT && deadline >= 0 && clock_us() >= deadline ? r
									  : 0;
}

int fixture_wait_until(struct jig *fixture, int timeout_ms,
		       bool (*is_done)(const struct jig *fixture))
{
	int64_t deadline =
		timeout_ms < 0 ? -1 : clock_in_us(clock_ms_us(timeout_ms));

	for (;;) {
		bool there = fixture_update(fixture);

		if (is_done(fixture))
			return 0;
		if (!there)
			return -EPROTO;
		int r = await_packet(fixture, deadline);

		if (r < 0)
			return r;
	}
}

static bool is_decided(const struct jig *fixture)
{
	return fixture->started || fixture->error < 0;
}

static bool is_over(const struct jig *fixture)
{
	return fixture->ended || fixture->error < 0;
}

static int spawn_guard(struct jig *fixture, const struct jig_command *command,
		       const char *const *options, struct fault *fault)
{
	CLEANUP(guard_spawn_close) struct guard_spawn plan = GUARD_SPAWN_NONE;
	enum spawn_stage stage = SPAWN_CLONE;
	int pair[2], r = guard_spawn_check(command, fault);

	if (r < 0)
		return r;
	r = board_open_line(&fixture->board, pair, fault);
	if (r < 0)
		return r;
	fixture->socket = pair[0];
	CLEANUP_CLOSE int theirs = pair[1];

	r = guard_spawn_prepare(&plan, command, options, theirs, fault);
	if (r < 0)
		return r;
	fixture_note_program(fixture, command, plan.program);
	r = spawn_program(&plan.spawn, &fixture->guard, &stage, fault);
	if (r < 0 && stage == SPAWN_EXEC)
		return fixture_not_executed(command, plan.program, r, fault);
	(void)fd_leave_stdio(&fixture->guard.pidfd);
	for (int i = 0; r == 0 && i < 3; i++)
		fixture->pipes[i] = take_fd(&plan.pipes[i]);
	return r;
}

int fixture_begin(const struct jig_command *command, const char *const *options,
		  struct jig **ret)
{
	struct fault fault = { "" };
	struct jig *fixture = calloc(1, sizeof(*fixture));
	int r;

	if (!fixture)
		return fixture_explain(command, -ENOMEM, "out of memory");
	fixture->socket = fixture->main_pidfd = fixture->guard.pidfd = -1;
	fixture->ready_us = -1;
	fixture->asks_start = true;
	fixture->asks_ready = command->ready && *command->ready;
	for (int i = 0; i < 3; i++)
		fixture->pipes[i] = -1;
	r = spawn_guard(fixture, command, options, &fault);
	if (r < 0) {
		jig_free(fixture);
		return fixture_explain(command, r, fault.text);
	}
	*ret = fixture;
	return 0;
}

void fixture_pass_on(struct jig *fixture)
{
	bool has_news = (fixture->asks_start && is_decided(fixture)) ||
			(fixture->asks_ready && fixture_is_settled(fixture));

	if (!has_news || fixture->gone)
		return;
	atomic_fetch_add(&fixture->board->host_recalls, 1);
	(void)fixture_wake(fixture); /* Or it has gone: end of file. */
}

int fixture_started(struct jig *fixture, struct fault *fault)
{
	bool there = fixture_update(fixture);

	fixture->asks_start = !is_decided(fixture);
	if (fixture->error < 0)
		return fault_set(fault, fixture->error, "%s", fixture->text);
	if (fixture->started)
		return 1;
	if (there)
		return 0;
	return fixture_gave_no_answer(fixture, fault);
}

int fixture_over(struct jig *fixture, bool *executed, int *ret_code,
		 struct fault *fault)
{
	int r = *executed ? 1 : fixture_started(fixture, fault);

	*executed = r > 0;
	return r < 0 ? r : jig_wait(fixture, 0, ret_code) != -ETIMEDOUT;
}

int fixture_start(const struct jig_command *command, const char *const *options,
		  struct jig **ret)
{
	struct fault fault = { "" };
	struct jig *fixture;
	int r = fixture_begin(command, options, &fixture);

	if (r < 0)
		return r;
	/* fixture_started() returns its error, too. */
	(void)fixture_wait_until(fixture, -1, is_decided);
	r = fixture_started(fixture, &fault);
	if (r < 0) {
		jig_free(fixture);
		return fixture_explain(command, r, fault.text);
	}
	fixture_pass_on(fixture);
	*ret = fixture;
	return 0;
}

int jig_start(const struct jig_command *command, struct jig **ret)
{
	struct jig_command mine;
	int r = fixture_read_command(command, &mine);

	return r < 0 ? r : fixture_start(&mine, NULL, ret);
}

void jig_free(struct jig *fixture)
{
	if (!fixture)
		return;
	for (int i = 0; i < 3; i++)
		cleanup_close(&fixture->pipes[i]);
	if (jig_stop(fixture) == 0)
		(void)fixture_wait_until(fixture, -1,
					 is_over); /* Bounded there. */
	cleanup_close(&fixture->socket);
	cleanup_close(&fixture->main_pidfd);
	guard_reap(fixture->board, &fixture->guard);
	board_close(fixture->board);
	fixture_free_ready(fixture);
	free(fixture);
}

pid_t jig_pid(const struct jig *fixture)
{
	return fixture->main;
}

int jig_pidfd(const struct jig *fixture)
{
	return fixture->main_pidfd;
}

int jig_fd(const struct jig *fixture)
{
	return fixture->socket;
}

int jig_take_pipe(struct jig *fixture, int number)
{
	if (number < 0 || number > 2 || fixture->pipes[number] < 0)
		return -ENOENT;
	return take_fd(&fixture->pipes[number]);
}

int jig_wait(struct jig *fixture, int timeout_ms, int *ret_code)
{
	int r = fixture_wait_until(fixture, timeout_ms, is_over);

	fixture_pass_on(fixture);
	if (r == 0 && !fixture->ended)
		r = fixture->error; /* The packet was not one of ours. */
	if (r < 0)
		return r;
	if (ret_code)
		*ret_code = report_code(&fixture->report);
	return 0;
}

static bool fixture_has_ended(struct jig *fixture)
{
	fixture_update(fixture);
	fixture_pass_on(fixture);
	return fixture->ended || fixture->gone || !fixture->board;
}

int jig_signal(struct jig *fixture, int signo, enum jig_target target)
{
	if (signo < 1 || signo > 64 ||
	    (target != JIG_TARGET_MAIN && target != JIG_TARGET_ALL))
		return -EINVAL;
	if (fixture_has_ended(fixture))
		return -ESRCH;
	int r = board_add_signal(fixture->board, (int)target, signo);

	return r < 0 ? r : fixture_wake(fixture);
}

int jig_stop(struct jig *fixture)
{
	if (fixture_has_ended(fixture))
		return -ESRCH;
	/* After a jig_hurry() it would count as one before it. */
	if (!fixture->stopping)
		atomic_store(&fixture->board->host_stop, 1);
	return fixture_ask_stop(fixture);
}

int fixture_stop_by(struct jig *fixture, int signo)
{
	const struct spawned *guard = &fixture->guard;
	int r = 0;

	if (fixture_has_ended(fixture))
		return -ESRCH;
	if (fixture->stopping)
		return 0;
	/* Unreaped: it still has its pid. */
	if (guard->pidfd >= 0)
		r = sys_pidfd_kill(guard->pidfd, signo);
	else if (kill(guard->pid, signo) < 0)
		r = -errno;
	return r < 0 ? r : fixture_ask_stop(fixture);
}

int jig_hurry(struct jig *fixture)
{
	if (fixture_has_ended(fixture))
		return -ESRCH;
	atomic_fetch_add(&fixture->board->host_hurries, 1);
	return fixture_ask_stop(fixture);
}

const struct jig_report *jig_report(const struct jig *fixture)
{
	return fixture->ended ? &fixture->report : NULL;
}

const char *jig_version(void)
{
	return JIG_VERSION;
}
