// SPDX-License-Identifier: MIT
#include "up/control/talk.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/retry.h"
#include "base/sys.h"
#include "base/text/frame.h"
#include "proc/procfs.h"
#include "tty/raw_terminal.h"
#include "up/control/control.h"

/* Interval between checks whether it is suspended: one that is continued, and
 * one that is only named. */
#define LOOK_MS 250
#define NAME_MS 1000
/* Time limit of the frame with the limit of its end: it may hang. */
#define ANSWER_US 10000000LL
/* Added to that limit: then it sends SIGKILL, which has a limit as well. */
#define LEEWAY_US 120000000LL
/* The queue of a suspended `jig up` may be full. */
#define CONNECT_US 10000000

struct talk {
	int fd;
	struct buffer in;
	int status; /* -1: not known yet */
	struct buffer
		said; /* lines for stderr: printed at the end, or not at all */
	struct raw_terminal terminal;
	struct detach_key key;
	bool read_only;
	bool passes_on; /* the frames are output of services */
	int resized; /* signalfd of SIGWINCH, or -1 */
	const char *path;
	bool continues; /* it must not stay suspended */
	bool has_heard; /* it has answered something */
	bool has_named; /* it was named as suspended */
	int64_t until_us; /* deadline on clock_us(); -1: none */
	bool answers; /* the limit of its end is known */
};

static void talk_close(struct talk *talk)
{
	raw_terminal_close(&talk->terminal);
	cleanup_close(&talk->fd);
	cleanup_close(&talk->resized);
	buffer_free(&talk->in);
	buffer_free(&talk->said);
}

int talk_connect(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);

	int r = retry_connect(fd, &address, CONNECT_US);

	return r < 0 ? r : take_fd(&fd);
}

static int send_frame(int fd, enum frame_kind kind, const void *payload,
		      size_t size)
{
	struct buffer out = { 0 };
	int r;

	frame_add(&out, kind, payload, size);
	r = out.error ? out.error : fd_write_all(fd, out.text, out.used);
	buffer_free(&out);
	return r;
}

static int talk_send_words(int fd, const char *const *words)
{
	struct buffer out = { 0 };
	int r = frame_add_words(&out, (char *const *)words);

	if (r == 0)
		r = fd_write_all(fd, out.text, out.used);
	buffer_free(&out);
	return r;
}

/* --------------------------------------------------------- our own terminal */

static void talk_send_size(const struct talk *talk)
{
	struct winsize size;

	if (raw_terminal_size(STDIN_FILENO, &size) < 0)
		return;
	unsigned char bytes[4] = { (unsigned char)size.ws_row,
				   (unsigned char)(size.ws_row >> 8),
				   (unsigned char)size.ws_col,
				   (unsigned char)(size.ws_col >> 8) };

	(void)send_frame(talk->fd, FRAME_RESIZE, bytes, sizeof(bytes));
}

static int go_raw(struct talk *talk)
{
	struct fault fault;
	int r = raw_terminal_open(STDIN_FILENO, &talk->terminal, &fault);

	if (r < 0) {
		complain("%s", fault.text);
		talk->status = EXIT_JIG;
		return r;
	}
	(void)sys_signal_mask(SYS_SIGNAL(SIGWINCH));
	talk->resized = sys_signalfd(SYS_SIGNAL(SIGWINCH));
	talk_send_size(talk);
	return 0;
}

static void talk_type(struct talk *talk)
{
	char from[4096], to[4097];
	size_t size;
	ssize_t got = RETRY(read(STDIN_FILENO, from, sizeof(from)));
	bool detached = got <= 0;

	if (got > 0)
		detached = detach_key_filter(&talk->key, from, (size_t)got, to,
					     &size);
	if (got > 0 && size > 0 && !talk->read_only)
		(void)send_frame(talk->fd, FRAME_INPUT, to, size);
	if (detached)
		talk->status = 0;
}

/* ------------------------------------------------------------------- frames */

/* An older `jig up` may send control characters in a table. */
static int talk_take_out(const struct talk *talk, const struct frame *frame)
{
	if (talk->passes_on)
		return say_now(frame->payload, frame->size);
	say_words("%.*s", (int)frame->size, frame->payload);
	return 0;
}

static int talk_take_frame(struct talk *talk, const struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_OUT:
		return talk_take_out(talk, frame);
	case FRAME_ERR:
		buffer_add(&talk->said, frame->payload, frame->size);
		return 0;
	case FRAME_STATUS:
		talk->status = (unsigned char)frame->payload[0];
		return 0;
	case FRAME_RAW:
		return go_raw(talk);
	case FRAME_LIMIT:
		talk->answers = true;
		talk->until_us = clock_in_us(
			clock_add_us(frame_limit(frame), LEEWAY_US));
		return 0;
	default:
		return -EBADMSG;
	}
}

static int talk_hear(struct talk *talk)
{
	char bytes[65536];
	size_t used = 0;
	ssize_t got = read(talk->fd, bytes, sizeof(bytes));
	long n = 0;

	if (got <= 0)
		return got < 0 && errno == EINTR ? 0 : -ECONNRESET;
	talk->has_heard = true;
	buffer_add(&talk->in, bytes, (size_t)got);
	while (talk->status < 0) {
		struct frame frame;

		n = frame_parse(talk->in.text + used, talk->in.used - used,
				&frame);
		if (n <= 0)
			break;
		int r = talk_take_frame(talk, &frame);

		if (r < 0)
			return r;
		used += (size_t)n;
	}
	buffer_drop(&talk->in, used);
	return (int)n < 0 ? (int)n : 0;
}

static void talk_give_up(struct talk *talk)
{
	struct control_holder holder = { 0 };
	CLEANUP_CLOSE int turn = control_turn();
	char pid[32] = "";

	if (turn >= 0 && control_is_locked(talk->path, &holder) &&
	    holder.pid > 0)
		(void)snprintf(pid, sizeof(pid), " (pid %d)", (int)holder.pid);
	complain("the `jig up`%s %s; SIGKILL to it ends its services, too", pid,
		 talk->answers ? "has not ended in time" : "does not answer");
	talk->status = 1;
}

/* @return the process that listens; 0: it is in another pid namespace. */
static pid_t peer(const struct talk *talk)
{
	struct ucred peer = { 0 };
	socklen_t size = sizeof(peer);

	return getsockopt(talk->fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0
		       ? peer.pid
		       : 0;
}

/* It has closed the connection without a status. */
static void talk_was_left(struct talk *talk)
{
	raw_terminal_close(&talk->terminal);
	complain("`jig up` (pid %d) has ended before it had answered",
		 (int)peer(talk));
	talk->status = 1;
}

static void talk_was_wrong(struct talk *talk)
{
	raw_terminal_close(&talk->terminal);
	complain("the answer of `jig up` (pid %d) is malformed",
		 (int)peer(talk));
	talk->status = EXIT_JIG;
}

/* It has not closed the connection, so the pid is still its own. */
static void name_suspended(struct talk *talk)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct proc_stat stat;
	pid_t pid = peer(talk);

	if (pid <= 0 || procfd < 0 || stat_read(procfd, pid, &stat) < 0 ||
	    !stat_is_stopped(&stat))
		return;
	talk->has_named = true;
	complain("`jig up` (pid %d) is suspended; waiting until it goes on "
		 "(fg, or: kill -CONT %d)",
		 (int)pid, (int)pid);
}

static void talk_is_quiet(struct talk *talk)
{
	if (talk->continues)
		control_continue(talk->path);
	else if (!talk->has_heard && !talk->has_named)
		name_suspended(talk);
	if (talk->until_us >= 0 && clock_us() >= talk->until_us)
		talk_give_up(talk);
}

static int talk_wait_ms(const struct talk *talk)
{
	if (talk->continues)
		return LOOK_MS;
	return talk->has_heard || talk->has_named ? -1 : NAME_MS;
}

static void talk_go_on(struct talk *talk)
{
	struct signalfd_siginfo info;
	bool is_raw = talk->terminal.fd >= 0;
	enum { SOCKET, TERMINAL, RESIZED, COUNT };
	struct pollfd fds[COUNT] = {
		[SOCKET] = { .fd = talk->fd, .events = POLLIN },
		[TERMINAL] = { .fd = is_raw ? STDIN_FILENO : -1,
			       .events = POLLIN },
		[RESIZED] = { .fd = talk->resized, .events = POLLIN },
	};

	int ready = poll_fds(fds, COUNT, talk_wait_ms(talk));

	if (ready == 0)
		talk_is_quiet(talk);
	if (ready <= 0)
		return;
	if (fds[RESIZED].revents &&
	    read(talk->resized, &info, sizeof(info)) > 0)
		talk_send_size(talk);
	if (fds[TERMINAL].revents)
		talk_type(talk);
	if (!fds[SOCKET].revents || talk->status >= 0)
		return;
	int r = talk_hear(talk);

	if (r == -ECONNRESET)
		talk_was_left(talk);
	else if (r == -EBADMSG)
		talk_was_wrong(talk);
	else if (r < 0) /* Our own output, see main(). */
		talk->status = EXIT_JIG;
}

static int converse(struct talk *talk, const char *const *words)
{
	if (talk_send_words(talk->fd, words) < 0)
		talk_was_left(talk);
	while (talk->status < 0)
		talk_go_on(talk);
	return talk->status;
}

static struct talk talk_to(const char *path)
{
	return (struct talk){ .fd = talk_connect(path),
			      .status = -1,
			      .terminal = RAW_TERMINAL_NONE,
			      .resized = -1,
			      .until_us = -1 };
}

/* Print its errors, a line each. */
static void say_why(const struct talk *talk)
{
	char *rest = NULL;

	for (char *line = talk->said.text
				  ? strtok_r(talk->said.text, "\n", &rest)
				  : NULL;
	     line; line = strtok_r(NULL, "\n", &rest))
		complain("%s", line);
}

/* A suspended `jig up` ends and starts nothing. */
static bool must_go_on(const char *const *words)
{
	const char *word = words[0];

	if (strcmp(word, "reload") == 0)
		return strcmp(words[1], "dry") != 0;
	return strcmp(word, "down") == 0 || strcmp(word, "stop") == 0 ||
	       strcmp(word, "restart") == 0 || strcmp(word, "scale") == 0;
}

/* Send to one `jig up`. @return its status; -ESRCH: it has ended. */
int talk_ask(const struct up_settings *settings, const char *path,
	     const char *const *words, bool is_last)
{
	struct talk talk = talk_to(path);
	int status = -ESRCH;

	talk.read_only = settings->read_only;
	talk.passes_on = strcmp(words[0], "logs") == 0 ||
			 strcmp(words[0], "attach") == 0 ||
			 strcmp(words[0], "reload") == 0;
	talk.key = settings->detach_key;
	talk.path = path;
	talk.continues = must_go_on(words);
	if (strcmp(words[0], "down") == 0)
		talk.until_us = clock_in_us(ANSWER_US);
	if (talk.fd >= 0)
		status = converse(&talk, words);
	/* Do not print "no such service" while another one may have it. */
	if (status > 0 && (is_last || status != CONTROL_NOT_MINE))
		say_why(&talk);
	talk_close(&talk);
	return status;
}
