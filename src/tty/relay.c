// SPDX-License-Identifier: MIT
#include "tty/relay.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text/frame.h"
#include "screen/screen.h"
#include "tty/say.h"

#define CHUNK 65536
/* So much may wait in one direction before its source is not read. */
#define WAITING_MAX (256UL * 1024)
/* See on_silence. */
#define SILENCE_MS 1000
/* At the end, for a terminal that is stopped (Ctrl-S) or slow. */
#define FLUSH_US 1000000LL

struct link {
	struct relay *relay;
	struct raw_terminal terminal;
	int out; /* where it is shown: does not block, if we could get that */
	bool out_is_ours;
	bool out_is_terminal;
	int signals;
	struct buffer heard; /* frames that are not whole yet */
	struct buffer shown; /* and not yet written to our terminal */
	struct buffer typed; /* frames, not yet sent */
	struct buffer said; /* for stderr, once the terminal is as it was */
	struct screen screen; /* what our terminal was told */
	int ended; /* enum relay_end; -1: not yet */
};

static void end(struct link *link, enum relay_end how)
{
	if (link->ended < 0)
		link->ended = (int)how;
}

/* ---------------------------------------------------------------- opening */

/* The same terminal by an open of its own: O_NONBLOCK belongs to the open file,
 * which our shell and its other children have, too. */
static void open_out(struct link *link)
{
	char path[64];

	link->out = STDOUT_FILENO;
	link->out_is_terminal = isatty(STDOUT_FILENO);
	/* After su(1) it is somebody else's, and cannot be opened again. */
	if (!link->out_is_terminal ||
	    ttyname_r(STDOUT_FILENO, path, sizeof(path)) != 0)
		return;
	int fd =
		RETRY(open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC));

	if (fd < 0)
		return;
	link->out = fd;
	link->out_is_ours = true;
}

static int open_signals(struct link *link, uint64_t *ret_mask)
{
	uint64_t wanted =
		SYS_STOP_SIGNALS | SYS_SIGNAL(SIGWINCH) | SYS_SIGNAL(SIGCONT);

	if (link->relay->on_signal)
		wanted |= SYS_SIGNAL(SIGTSTP);
	*ret_mask = sys_signal_mask(wanted);
	(void)sys_signal_mask(*ret_mask | wanted);
	link->signals = sys_signalfd(wanted);
	return link->signals < 0 ? link->signals : 0;
}

/* ------------------------------------------------------------ to the job */

static void send_typed(struct link *link)
{
	size_t done = 0;

	while (done < link->typed.used) {
		ssize_t n = send(link->relay->socket, link->typed.text + done,
				 link->typed.used - done,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		/* Gone: reading says so, after what was said before. */
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	buffer_drop(&link->typed, done);
}

static void send_size(struct link *link)
{
	struct winsize size;

	if (raw_terminal_size(STDIN_FILENO, &size) < 0)
		return;
	const unsigned char bytes[4] = { (unsigned char)size.ws_row,
					 (unsigned char)(size.ws_row >> 8),
					 (unsigned char)size.ws_col,
					 (unsigned char)(size.ws_col >> 8) };

	frame_add(&link->typed, FRAME_RESIZE, bytes, sizeof(bytes));
	send_typed(link);
}

static void read_typed(struct link *link)
{
	static char from[CHUNK], to[CHUNK + 1];
	size_t size = 0;
	ssize_t n = read(STDIN_FILENO, from, sizeof(from));

	if (n < 0 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) { /* Closed, or the terminal has hung up. */
		end(link, RELAY_DETACHED);
		return;
	}
	bool detached = detach_key_filter(&link->relay->key, from, (size_t)n,
					  to, &size);

	if (size > 0 && !link->relay->read_only)
		frame_add(&link->typed, FRAME_INPUT, to, size);
	send_typed(link);
	if (detached)
		end(link, RELAY_DETACHED);
}

/* ----------------------------------------------------------- from the job */

static void write_shown(struct link *link)
{
	struct buffer *shown = &link->shown;
	size_t done = 0;

	while (done < shown->used) {
		size_t left = shown->used - done;
		/* Where a write may wait for room, a part at a time. */
		size_t part = link->out_is_ours || left < 1024 ? left : 1024;
		ssize_t n = write(link->out, shown->text + done, part);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) { /* Nobody looks any more. */
			done = shown->used;
			end(link, RELAY_DETACHED);
		}
		if (n <= 0)
			break;
		done += (size_t)n;
		if (!link->out_is_ours)
			break;
	}
	if (link->terminal.fd >= 0 && link->out_is_terminal)
		screen_feed(&link->screen, shown->text, done);
	buffer_drop(shown, done);
}

static void greet(struct link *link, const char *newline)
{
	if (link->relay->greeting)
		buffer_printf(&link->shown, "%s%s", link->relay->greeting,
			      newline);
}

static int go_raw(struct link *link, struct fault *fault)
{
	int r = raw_terminal_open(STDIN_FILENO, &link->terminal, fault);

	if (r < 0)
		return r;
	greet(link, "\r\n");
	send_size(link);
	return 0;
}

static int take_frame(struct link *link, const struct frame *frame,
		      struct fault *fault)
{
	switch (frame->kind) {
	case FRAME_OUT:
		buffer_add(&link->shown, frame->payload, frame->size);
		return link->shown.error;
	case FRAME_ERR:
		buffer_add(&link->said, frame->payload, frame->size);
		return link->said.error;
	case FRAME_RAW:
		return go_raw(link, fault);
	case FRAME_STATUS:
		link->relay->status = (unsigned char)frame->payload[0];
		end(link, RELAY_STATUS);
		return 0;
	default:
		return -EBADMSG;
	}
}

static int take_frames(struct link *link, struct fault *fault)
{
	struct buffer *heard = &link->heard;
	size_t used = 0;
	int r = 0;

	while (r == 0 && link->ended < 0 && used < heard->used) {
		struct frame frame;
		long n = frame_parse(heard->text + used, heard->used - used,
				     &frame);

		if (n <= 0) {
			r = (int)n;
			break;
		}
		r = take_frame(link, &frame, fault);
		used += (size_t)n;
	}
	buffer_drop(heard, used);
	return r;
}

static int hear(struct link *link, struct fault *fault)
{
	static char bytes[CHUNK];
	ssize_t n =
		recv(link->relay->socket, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		end(link, RELAY_LOST);
		return 0;
	}
	buffer_add(&link->heard, bytes, (size_t)n);
	if (link->heard.error)
		return link->heard.error;
	int r = take_frames(link, fault);

	write_shown(link);
	return r;
}

/* ---------------------------------------------------------------- signals */

static void take_signal(struct link *link, int signo)
{
	switch (signo) {
	case SIGWINCH:
		send_size(link);
		break;
	case SIGCONT:
		/* A shell has put its own modes back meanwhile. */
		raw_terminal_again(&link->terminal);
		send_size(link);
		break;
	case SIGINT:
	case SIGQUIT:
	case SIGTSTP:
		if (link->relay->on_signal) {
			link->relay->on_signal(link->relay->context, signo);
			break;
		}
		/* fall through */
	default:
		link->relay->signo = signo;
		end(link, RELAY_SIGNAL);
	}
}

static void read_signals(struct link *link)
{
	struct signalfd_siginfo info;

	while (read(link->signals, &info, sizeof(info)) == sizeof(info))
		take_signal(link, (int)info.ssi_signo);
}

/* ------------------------------------------------------------------- loop */

static int go_on(struct link *link, struct fault *fault)
{
	bool reads = link->terminal.fd >= 0 && link->typed.used < WAITING_MAX;
	bool hears = link->shown.used < WAITING_MAX;
	struct pollfd fds[] = {
		{ .fd = link->signals, .events = POLLIN },
		{ .fd = link->relay->socket,
		  .events = (short)((hears ? POLLIN : 0) |
				    (link->typed.used > 0 ? POLLOUT : 0)) },
		{ .fd = reads ? STDIN_FILENO : -1, .events = POLLIN },
		{ .fd = link->shown.used > 0 ? link->out : -1,
		  .events = POLLOUT },
	};
	int r = 0;

	if (poll_fds(fds, 4, link->relay->on_silence ? SILENCE_MS : -1) == 0 &&
	    link->relay->on_silence)
		link->relay->on_silence(link->relay->context);
	if (fds[0].revents)
		read_signals(link);
	if (fds[3].revents)
		write_shown(link);
	if (fds[1].revents & POLLOUT)
		send_typed(link);
	if (fds[2].revents)
		read_typed(link);
	if (hears && fds[1].revents & (POLLIN | POLLHUP | POLLERR))
		r = hear(link, fault);
	return r;
}

/* What was shown last, before the terminal is put back. */
static void flush(struct link *link)
{
	int64_t until = clock_in_us(FLUSH_US);
	struct pollfd out = { .fd = link->out, .events = POLLOUT };

	while (link->shown.used > 0 &&
	       poll_fds(&out, 1, clock_poll_ms(until)) == 1 &&
	       clock_us() < until)
		write_shown(link);
}

/* A slow terminal does not keep its modes for that: what it has not taken by
 * now is dropped, and a sequence that is cut so is ended first. */
static void leave_screen(struct link *link)
{
	if (link->screen.offset == 0)
		return;
	buffer_free(&link->shown); /* and with it that memory had run out */
	screen_leave(&link->screen, &link->shown);
	flush(link);
}

static void finish(struct link *link, uint64_t mask)
{
	flush(link);
	leave_screen(link);
	raw_terminal_close(&link->terminal);
	if (link->said.used > 0)
		complain_text(link->said.text);
	if (link->out_is_ours)
		cleanup_close(&link->out);
	cleanup_close(&link->signals);
	buffer_free(&link->heard);
	buffer_free(&link->shown);
	buffer_free(&link->typed);
	buffer_free(&link->said);
	(void)sys_signal_mask(mask);
}

int relay_run(struct relay *relay, struct fault *fault)
{
	struct link link = { .relay = relay,
			     .terminal = RAW_TERMINAL_NONE,
			     .signals = -1,
			     .ended = -1 };
	uint64_t mask;
	int r = open_signals(&link, &mask);

	*fault = (struct fault){ "" };
	open_out(&link);
	if (!relay->is_terminal)
		greet(&link, "\n");
	while (r == 0 && link.ended < 0)
		r = go_on(&link, fault);
	finish(&link, mask);
	if (r < 0)
		return *fault->text ? r
				    : fault_set(fault, r, "cannot attach: %s",
						strerror(-r));
	return link.ended;
}
