// SPDX-License-Identifier: MIT
/*
 * Lend our terminal to a job, for a program that is a shell. The terminal is
 * raw meanwhile, because the job's own terminal interprets the keys; its modes
 * are restored when the job ends or is suspended.
 */
#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <termios.h>
#include <unistd.h>

#include <jig.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "job/boundary.h"
#include "job/keeper_pin.h"
#include "screen/screen.h"

#define TYPED_SIZE 4096
#define CHUNK 65536

struct sides {
	unsigned number;
	int in; /* -1: nothing is typed (any more) */
	int out;
	int job;
	struct winsize size; /* that the job knows */
	struct screen screen; /* what our terminal was told */
	int64_t look_us; /* when to look whether the keeper is suspended */
	size_t typed, sent; /* of `bytes` */
	char bytes[TYPED_SIZE];
};

/* @return 1, 0 at the end of file, or -errno. */
static int foreground_show(struct sides *sides)
{
	char chunk[CHUNK];
	ssize_t n = read(sides->job, chunk, sizeof(chunk));

	if (n < 0)
		return errno == EINTR ? 1 : errno == ECONNRESET ? 0 : -errno;
	int r = fd_write_all(sides->out, chunk, (size_t)n);

	screen_feed(&sides->screen, chunk, (size_t)n);
	return r < 0 ? r : n > 0;
}

/* Out of the alternate screen, the cursor shown again: a program that was
 * suspended or killed did not do this itself. */
static int foreground_leave_screen(const struct sides *sides)
{
	CLEANUP(buffer_free) struct buffer undo = { 0 };

	if (!isatty(sides->out) || sides->screen.offset == 0)
		return 0;
	screen_leave(&sides->screen, &undo);
	return fd_write_all(sides->out, undo.text, undo.used);
}

static void foreground_type(struct sides *sides)
{
	ssize_t n =
		send(sides->job, sides->bytes + sides->sent,
		     sides->typed - sides->sent, MSG_NOSIGNAL | MSG_DONTWAIT);

	if (n > 0)
		sides->sent += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		sides->sent = sides->typed; /* It has gone: its end comes. */
}

static void foreground_take(struct sides *sides)
{
	ssize_t n = read(sides->in, sides->bytes, sizeof(sides->bytes));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	sides->sent = 0;
	sides->typed = n > 0 ? (size_t)n : 0;
	if (n <= 0)
		sides->in = -1; /* Hung up. */
}

/* Asked in each turn: a signal's handler may have run just before poll(2). */
static void pass_size(struct sides *sides)
{
	struct winsize now;

	if (ioctl(sides->in, TIOCGWINSZ, &now) < 0 ||
	    (now.ws_row == sides->size.ws_row &&
	     now.ws_col == sides->size.ws_col))
		return;
	sides->size = now;
	(void)jig_job_resize(sides->number, now.ws_row, now.ws_col);
}

/* By the clock: a host's signals may end each poll(2) early. */
static void wake_keeper(struct sides *sides)
{
	if (clock_us() < sides->look_us)
		return;
	sides->look_us = clock_in_us(clock_ms_us(KEEPER_LOOK_MS));
	keeper_continue(sides->number);
}

/* Neither side waits for the other, so that megabytes can be pasted. */
static int relay(struct sides *sides)
{
	int r = 1;

	while (r > 0) {
		bool owes = sides->sent < sides->typed;
		enum { JOB, IN, COUNT };
		struct pollfd fds[COUNT] = {
			[JOB] = { .fd = sides->job,
				  .events = owes ? POLLIN | POLLOUT : POLLIN },
			[IN] = { .fd = owes ? -1 : sides->in,
				 .events = POLLIN },
		};

		pass_size(sides);
		wake_keeper(sides);
		if (poll(fds, COUNT, KEEPER_LOOK_MS) < 0) {
			r = errno == EINTR ? 1 : -errno;
			continue;
		}
		if (fds[JOB].revents & POLLOUT)
			foreground_type(sides);
		if (fds[JOB].revents & ~POLLOUT)
			r = foreground_show(sides);
		else if (fds[IN].revents)
			foreground_take(sides);
	}
	return r;
}

static int attach(struct sides *sides, const struct jig_attach *how)
{
	struct jig_attach mine;
	int r = boundary_read_attach(how, &mine);

	if (r < 0)
		return r;
	mine.foreground = true;
	/* Size 0 of what is no terminal: not known. */
	(void)ioctl(sides->in, TIOCGWINSZ, &sides->size);
	mine.rows = sides->size.ws_row;
	mine.columns = sides->size.ws_col;
	sides->job = jig_job_attach(sides->number, &mine);
	return sides->job < 0 ? sides->job : 0;
}

static int foreground_look(unsigned number, struct jig_job *ret)
{
	char spec[16];

	(void)snprintf(spec, sizeof(spec), "%%%u", number);
	return jig_job_look(spec, ret);
}

int jig_job_foreground(unsigned number, const struct jig_attach *how, int in,
		       int out, struct jig_job *ret)
{
	struct termios before = { 0 }, raw;
	bool is_terminal = tcgetattr(in, &before) == 0;
	struct sides sides = { .number = number,
			       .in = is_terminal ? in : -1,
			       .out = out };
	int r = boundary_check_job(ret->size);

	if (r == 0)
		r = attach(&sides, how);
	if (r < 0)
		return r;
	raw = before;
	cfmakeraw(&raw);
	/* Not TCSAFLUSH: what was typed ahead is the job's, or the next one's.
	 * Not TCSADRAIN: a frozen terminal never takes its output. */
	if (is_terminal)
		(void)tcsetattr(in, TCSANOW, &raw);
	r = relay(&sides);
	if (r == 0)
		r = foreground_leave_screen(&sides);
	cleanup_close(&sides.job);
	if (is_terminal)
		(void)tcsetattr(in, TCSANOW, &before);
	return r < 0 ? r : foreground_look(number, ret);
}
