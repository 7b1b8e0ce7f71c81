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
/* Above this number of waiting bytes, the source is not read. */
#define WAITING_MAX (256UL * 1024)
/* See on_silence. */
#define SILENCE_MS 1000
/* Time at the end for a terminal that is frozen (Ctrl-S) or slow. */
#define FLUSH_US 1000000LL

struct link {
	struct relay *relay;
	struct raw_terminal terminal;
	int out; /* non-blocking if out_is_ours */
	bool out_is_ours; /* opened by us */
	bool out_is_terminal;
	int signals;
	struct buffer received; /* incomplete frames */
	struct buffer shown; /* not yet written to our terminal */
	struct buffer typed; /* frames, not yet sent */
	struct buffer errors; /* for stderr, after the terminal is restored */
	struct screen screen; /* state of our terminal */
	int ended; /* enum relay_end; -1: not yet */
};

static void relay_finish(struct link *link, enum relay_end how)
{
	if (link->ended < 0)
		link->ended = (int)how;
}

/* ---------------------------------------------------------------- opening */

/* Open the terminal again: O_NONBLOCK belongs to the open file description,
 * which we share with our shell and its other children. */
static void open_out(struct link *link)
{
	char path[64];

	link->out = STDOUT_FILENO;
	link->out_is_terminal = isatty(STDOUT_FILENO);
	/* After su(1) it belongs to another user: it cannot be opened. */
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

static int relay_open_signals(struct link *link, uint64_t *ret_mask)
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
		/* It has gone: recv() reports that, after its data. */
		if (n <= 0)
			break;
		done += (size_t)n;
	}
	buffer_drop(&link->typed, done);
}

static void relay_send_size(struct link *link)
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
	if (n <= 0) { /* End of file, or a hang-up of the terminal. */
		relay_finish(link, RELAY_DETACHED);
		return;
	}
	bool detached = detach_key_filter(&link->relay->key, from, (size_t)n,
					  to, &size);

	if (size > 0 && !link->relay->read_only)
		frame_add(&link->typed, FRAME_INPUT, to, size);
	send_typed(link);
	if (detached)
		relay_finish(link, RELAY_DETACHED);
}

/* ----------------------------------------------------------- from the job */

static void write_shown(struct link *link)
{
	struct buffer *shown = &link->shown;
	size_t done = 0;

	while (done < shown->used) {
		size_t left = shown->used - done;
		/* If a write may block, write small parts. */
		size_t part = link->out_is_ours || left < 1024 ? left : 1024;
		ssize_t n = write(link->out, shown->text + done, part);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN) { /* hung up */
			done = shown->used;
			relay_finish(link, RELAY_DETACHED);
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

static int enter_raw(struct link *link, struct fault *fault)
{
	int r = raw_terminal_open(STDIN_FILENO, &link->terminal, fault);

	if (r < 0)
		return r;
	greet(link, "\r\n");
	relay_send_size(link);
	return 0;
}

static int relay_take_frame(struct link *link, const struct frame *frame,
			    struct fault *fault)
{
	switch (frame->kind) {
	case FRAME_OUT:
		buffer_add(&link->shown, frame->payload, frame->size);
		return link->shown.error;
	case FRAME_ERR:
		buffer_add(&link->errors, frame->payload, frame->size);
		return link->errors.error;
	case FRAME_RAW:
		return enter_raw(link, fault);
	case FRAME_STATUS:
		link->relay->status = (unsigned char)frame->payload[0];
		relay_finish(link, RELAY_STATUS);
		return 0;
	default:
		return -EBADMSG;
	}
}

static int relay_take_frames(struct link *link, struct fault *fault)
{
	struct buffer *received = &link->received;
	size_t used = 0;
	int r = 0;

	while (r == 0 && link->ended < 0 && used < received->used) {
		struct frame frame;
		long n = frame_parse(received->text + used,
				     received->used - used, &frame);

		if (n <= 0) {
			r = (int)n;
			break;
		}
		r = relay_take_frame(link, &frame, fault);
		used += (size_t)n;
	}
	buffer_drop(received, used);
	return r;
}

static int relay_receive(struct link *link, struct fault *fault)
{
	static char bytes[CHUNK];
	ssize_t n =
		recv(link->relay->socket, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return 0;
	if (n <= 0) {
		relay_finish(link, RELAY_LOST);
		return 0;
	}
	buffer_add(&link->received, bytes, (size_t)n);
	if (link->received.error)
		return link->received.error;
	int r = relay_take_frames(link, fault);

	write_shown(link);
	return r;
}

/* ---------------------------------------------------------------- signals */

static void relay_take_signal(struct link *link, int signo)
{
	switch (signo) {
	case SIGWINCH:
		relay_send_size(link);
		break;
	case SIGCONT:
		/* A shell has set its own modes meanwhile. */
		raw_terminal_again(&link->terminal);
		relay_send_size(link);
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
		relay_finish(link, RELAY_SIGNAL);
	}
}

static void relay_read_signals(struct link *link)
{
	struct signalfd_siginfo info;

	while (read(link->signals, &info, sizeof(info)) == sizeof(info))
		relay_take_signal(link, (int)info.ssi_signo);
}

/* ------------------------------------------------------------------- loop */

static int turn(struct link *link, struct fault *fault)
{
	bool reads = link->terminal.fd >= 0 && link->typed.used < WAITING_MAX;
	bool receives = link->shown.used < WAITING_MAX;
	enum { SIGNALS, JOB, IN, OUT, COUNT };
	struct pollfd fds[COUNT] = {
		[SIGNALS] = { .fd = link->signals, .events = POLLIN },
		[JOB] = { .fd = link->relay->socket,
			  .events = (short)((receives ? POLLIN : 0) |
					    (link->typed.used > 0 ? POLLOUT
								  : 0)) },
		[IN] = { .fd = reads ? STDIN_FILENO : -1, .events = POLLIN },
		[OUT] = { .fd = link->shown.used > 0 ? link->out : -1,
			  .events = POLLOUT },
	};
	int r = 0;

	if (poll_fds(fds, COUNT, link->relay->on_silence ? SILENCE_MS : -1) ==
		    0 &&
	    link->relay->on_silence)
		link->relay->on_silence(link->relay->context);
	if (fds[SIGNALS].revents)
		relay_read_signals(link);
	if (fds[OUT].revents)
		write_shown(link);
	if (fds[JOB].revents & POLLOUT)
		send_typed(link);
	if (fds[IN].revents)
		read_typed(link);
	if (receives && fds[JOB].revents & (POLLIN | POLLHUP | POLLERR))
		r = relay_receive(link, fault);
	return r;
}

/* Write the rest before the terminal is restored. */
static void relay_flush(struct link *link)
{
	int64_t until = clock_in_us(FLUSH_US);
	struct pollfd out = { .fd = link->out, .events = POLLOUT };

	while (link->shown.used > 0 &&
	       poll_fds(&out, 1, clock_poll_ms(until)) == 1 &&
	       clock_us() < until)
		write_shown(link);
}

/* A slow terminal must get its modes back all the same: drop the output that it
 * has not taken, and first end a sequence that this has cut. */
static void relay_leave_screen(struct link *link)
{
	if (link->screen.offset == 0)
		return;
	buffer_free(&link->shown); /* also clears an error of memory */
	screen_leave(&link->screen, &link->shown);
	relay_flush(link);
}

static void relay_finish_all(struct link *link, uint64_t mask)
{
	relay_flush(link);
	relay_leave_screen(link);
	raw_terminal_close(&link->terminal);
	if (link->errors.used > 0)
		complain_text(link->errors.text);
	if (link->out_is_ours)
		cleanup_close(&link->out);
	cleanup_close(&link->signals);
	buffer_free(&link->received);
	buffer_free(&link->shown);
	buffer_free(&link->typed);
	buffer_free(&link->errors);
	(void)sys_signal_mask(mask);
}

int relay_run(struct relay *relay, struct fault *fault)
{
	struct link link = { .relay = relay,
			     .terminal = RAW_TERMINAL_NONE,
			     .signals = -1,
			     .ended = -1 };
	uint64_t mask;
	int r = relay_open_signals(&link, &mask);

	*fault = (struct fault){ "" };
	open_out(&link);
	if (!relay->is_terminal)
		greet(&link, "\n");
	while (r == 0 && link.ended < 0)
		r = turn(&link, fault);
	relay_finish_all(&link, mask);
	if (r < 0)
		return *fault->text ? r
				    : fault_set(fault, r, "cannot attach: %s",
						strerror(-r));
	return link.ended;
}
