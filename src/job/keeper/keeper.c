// SPDX-License-Identifier: MIT
#include "job/keeper/keeper.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <termios.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/text.h"
#include "core/shared/wake.h"
#include "job/addresses.h"
#include "job/keeper/parts.h"

/* Limit of events in one round of the guard's loop. */
#define EVENTS_AT_ONCE 16
/* Time for slow clients after the end of the job. */
#define LAST_US 2000000LL

/* --------------------------------------------------------------- opening */

/* The job gets the special characters (erase, intr, …) of our terminal. */
static void copy_keys(int slave)
{
	struct termios ours, modes;

	if (!fd_is_terminal(STDIN_FILENO) ||
	    tcgetattr(STDIN_FILENO, &ours) < 0 || tcgetattr(slave, &modes) < 0)
		return;
	memcpy(modes.c_cc, ours.c_cc, sizeof(modes.c_cc));
	/* A program in raw mode may have changed these two. */
	modes.c_cc[VMIN] = 1;
	modes.c_cc[VTIME] = 0;
	modes.c_iflag |= ours.c_iflag & IUTF8;
	(void)tcsetattr(slave, TCSANOW,
			&modes); /* On an error: the defaults. */
}

static int keeper_open_terminal(struct keeper *keeper,
				const struct winsize *size, struct fault *fault)
{
	char *name = keeper->job.record->terminal;
	int r = pty_open(size, &keeper->pty, fault);

	if (r < 0)
		return r;
	copy_keys(keeper->pty.slave);
	if (ttyname_r(keeper->pty.slave, name, RECORD_TERMINAL) != 0)
		(void)snprintf(name, RECORD_TERMINAL, "?");
	return 0;
}

static int open_listener(struct keeper *keeper, struct fault *fault)
{
	int r = store_listen(keeper->job.directory, keeper->job.number,
			     "socket");

	if (r < 0)
		return fault_set(fault, r, "cannot create the job's socket: %s",
				 strerror(-r));
	keeper->listener = r;
	return 0;
}

static int keeper_watch(struct keeper *keeper, int fd, uint32_t events,
			void *what)
{
	struct epoll_event event = { .events = events, .data.ptr = what };

	return epoll_ctl(keeper->epoll, EPOLL_CTL_ADD, fd, &event) < 0 ? -errno
								       : 0;
}

static int open_events(struct keeper *keeper)
{
	keeper->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (keeper->epoll < 0)
		return -errno;
	keeper->timer =
		timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (keeper->timer < 0)
		return -errno;
	int r = keeper_watch(keeper, keeper->listener, EPOLLIN,
			     &keeper->listener);

	if (r == 0)
		r = keeper_watch(keeper, keeper->timer, EPOLLIN,
				 &keeper->timer);
	if (r == 0 && keeper->pty.master >= 0)
		r = keeper_watch(keeper, keeper->pty.master, 0, &keeper->pty);
	return r;
}

int keeper_open(struct keeper *keeper, const struct winsize *size,
		struct fault *fault)
{
	int r = size ? keeper_open_terminal(keeper, size, fault) : 0;

	if (r == 0)
		r = open_listener(keeper, fault);
	if (r < 0)
		return r;
	keeper->messages =
		RETRY(openat(keeper->job.directory, "said",
			     O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600));
	r = keeper->messages < 0 ? -errno : open_events(keeper);
	return r < 0 ? fault_set(fault, r,
				 "cannot open the files of the job: %s",
				 strerror(-r))
		     : 0;
}

/* ------------------------------------------------------------ the record */

static void note_state(struct keeper *keeper, enum jig_job_state state,
		       int signo)
{
	struct job_record *record = keeper->job.record;

	record_begin(record);
	record->state = (int)state;
	record->stop_signal = signo;
	record->rank_us = clock_wall_us();
	record_end(record);
}

/* Before the command starts, which may at once ask whether it is in a job. */
static void note_keeper(struct job_record *record)
{
	record_begin(record);
	record->keeper = getpid();
	record_end(record);
}

static void note_start(struct keeper *keeper, const struct guard *guard)
{
	struct job_record *record = keeper->job.record;

	addresses_write(keeper->job.directory, guard->plan->names);

	record_begin(record);
	record->state = JIG_JOB_RUNNING;
	record->main = guard->main;
	record->session = guard->supervisor; /* Its leader. */
	record->started_us = record->rank_us = clock_wall_us();
	record_end(record);
}

/* ----------------------------------------------------- what the guard tells */

static struct keeper *keeper_of(struct guard *guard)
{
	return guard->hooks->context;
}

/* The process that waits for the start may exit now, and its terminal may go
 * with it: stderr becomes a file. It may be dead; so errors are ignored. */
static void announce(struct keeper *keeper, pid_t main)
{
	if (keeper->start_pipe < 0)
		return;
	(void)fd_write_all(keeper->start_pipe, &main, sizeof(main));
	cleanup_close(&keeper->start_pipe);
	if (keeper->lifeline >= 0) {
		atomic_store(&keeper->board->main, (int)keeper->job.number);
		(void)wake(keeper->lifeline); /* End of file follows. */
	}
	cleanup_close(&keeper->lifeline);
	(void)dup2(keeper->messages, STDERR_FILENO); /* Both are open. */
}

static void keeper_started(struct guard *guard)
{
	struct keeper *keeper = keeper_of(guard);

	keeper->guard = guard;
	note_start(keeper, guard);
	if (!guard_has_probes(guard))
		announce(keeper, guard->main);
}

static void ready(struct guard *guard)
{
	announce(keeper_of(guard), guard->main);
}

static void stopped(struct guard *guard, int signo)
{
	struct keeper *keeper = keeper_of(guard);

	capture_work(keeper->capture); /* Output before the suspension. */
	note_state(keeper, JIG_JOB_STOPPED, signo);
	for (struct client *client = keeper->clients; client;
	     client = client->next) {
		if (!client->foreground)
			continue;
		client->until = ring_total(keeper->capture->ring);
		client_end(client, 128 + signo);
	}
	flow_send_all(keeper);
}

static void continued(struct guard *guard)
{
	note_state(keeper_of(guard), JIG_JOB_RUNNING, 0);
}

static void taken(void *context, const char *bytes, size_t size)
{
	struct keeper *keeper = context;

	if (keeper->pty.master >= 0)
		screen_feed(&keeper->screen, bytes, size);
	flow_send_all(keeper);
}

/* ----------------------------------------------------------------- serving */

static void keeper_serve_all(struct keeper *keeper,
			     const struct epoll_event *event)
{
	if (event->data.ptr == &keeper->listener)
		connection_accept(keeper);
	else if (event->data.ptr == &keeper->timer)
		flow_tick(keeper);
	else if (event->data.ptr == &keeper->pty)
		flow_write(keeper);
	else
		connection_work(keeper, event->data.ptr, event->events);
}

/* One event at a time: it may free the client of the next one. */
static bool work(void *context)
{
	struct keeper *keeper = context;
	struct epoll_event event;

	for (int i = 0; i < EVENTS_AT_ONCE; i++) {
		if (epoll_wait(keeper->epoll, &event, 1, 0) != 1)
			break;
		keeper_serve_all(keeper, &event);
	}
	return true;
}

int keeper_serve(struct keeper *keeper, struct plan *plan,
		 struct capture *capture)
{
	const int fds[] = { keeper->job.directory, keeper->job.record_fd,
			    keeper->listener,	   keeper->epoll,
			    keeper->timer,	   keeper->messages,
			    keeper->start_pipe,	   keeper->lifeline,
			    keeper->outside,	   keeper->pty.master,
			    keeper->pty.slave };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(fds) / sizeof(fds[0]); i++)
		r = list_append(&keeper->guard_fds, &fds[i], sizeof(int));
	note_keeper(keeper->job.record);
	keeper->capture = capture;
	capture->which = CAPTURE_OUT | CAPTURE_ERR;
	capture->terminal = keeper->pty.master >= 0 ? &keeper->pty : NULL;
	capture->taken = taken;
	capture->taken_context = keeper;
	plan->group = JIG_GROUP_JOB;
	plan->guard_fds = &keeper->guard_fds;
	plan->watched = keeper->epoll;
	plan->noticed = work;
	plan->noticed_context = keeper;
	keeper->hooks = (struct guard_hooks){
		.started = keeper_started,
		.ready = ready,
		.suspended = stopped,
		.continued = continued,
		.context = keeper,
	};
	return r;
}

/* ----------------------------------------------------------------- the end */

static void note_end(struct keeper *keeper, const struct outcome *outcome,
		     int code)
{
	struct job_record *record = keeper->job.record;

	record_begin(record);
	record->state = JIG_JOB_ENDED;
	record->stop_signal = 0;
	record->wait_status =
		outcome->report ? outcome->report->main_status : -1;
	record->code = code;
	record->ended_us = clock_wall_us();
	record_end(record);
}

/* For `jig logs` of a job that has ended. */
static void save_output(const struct keeper *keeper)
{
	CLEANUP(buffer_free) struct buffer past = { 0 };
	CLEANUP_CLOSE int fd =
		RETRY(openat(keeper->job.directory, "output",
			     O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));

	if (fd >= 0 && keeper->capture->ring &&
	    ring_tail(keeper->capture->ring, 0, &past) == 0)
		/* On a full disk: as much as fits. */
		(void)fd_write_all(fd, past.text, past.used);
}

/* A client that types gets its status once its input is written or refused. */
static void dismiss(struct keeper *keeper, struct client *client)
{
	if (client->kind == CLIENT_TYPING && keeper->typed.used > 0)
		client_refuse(client, "job has terminated");
	else if (client->kind != CLIENT_ASKING && client->kind != CLIENT_TYPING)
		client_end(client, keeper->code);
}

static void serve_last(struct keeper *keeper)
{
	int64_t until = clock_in_us(LAST_US);
	struct pollfd events = { .fd = keeper->epoll, .events = POLLIN };

	for (struct client *client = keeper->clients; client;
	     client = client->next)
		dismiss(keeper, client);
	(void)work(keeper); /* Also new connections. */
	flow_send_all(keeper);
	while (keeper->clients && clock_us() < until) {
		(void)poll_fds(&events, 1, clock_poll_ms(until));
		(void)work(keeper);
	}
}

/* A libjig host gets the exact error; an exit status cannot carry it. */
static void keeper_tell_failure(struct keeper *keeper,
				const struct outcome *outcome)
{
	const char *why = outcome->error < 0 ? outcome->fault.text
					     : outcome->problem.text;

	if (keeper->lifeline >= 0)
		board_refuse(keeper->lifeline, keeper->board,
			     outcome->error < 0 ? outcome->error : -ETIME, why);
}

bool keeper_finish(struct keeper *keeper, const struct outcome *outcome,
		   int code)
{
	keeper->guard = NULL;
	if (keeper->start_pipe >= 0) {
		keeper_tell_failure(keeper, outcome);
		return false;
	}
	save_output(keeper);
	/* It may hold secrets: remove it before the record says "ended". */
	(void)unlinkat(keeper->job.directory, "start", 0);
	note_end(keeper, outcome, code);
	keeper->code = code;
	serve_last(keeper);
	return true;
}

void keeper_shut(struct keeper *keeper)
{
	while (keeper->clients)
		client_free(keeper, keeper->clients);
	pty_close(&keeper->pty);
	cleanup_close(&keeper->listener);
	cleanup_close(&keeper->epoll);
	cleanup_close(&keeper->timer);
	cleanup_close(&keeper->messages);
	cleanup_close(&keeper->start_pipe);
	cleanup_close(&keeper->lifeline);
	cleanup_close(&keeper->outside);
	buffer_free(&keeper->typed);
	list_free(&keeper->guard_fds);
}

void keeper_close(struct keeper *keeper)
{
	keeper_shut(keeper);
	store_release(&keeper->job);
}
