// SPDX-License-Identifier: MIT
#include "up/control/client.h"

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
#include "tty/raw_terminal.h"
#include "up/control/control.h"
#include "up/control/ended.h"
#include "up/load/load.h"

/* One connection to a `jig up`. */
/* Interval between checks whether it is suspended. */
#define LOOK_MS 250
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
	const char *
		continues; /* path of a `jig up` that must not stay suspended */
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

static int client_connect_to(const char *path)
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

static int client_send_words(int fd, const char *const *words)
{
	struct buffer out = { 0 };
	int r = frame_add_words(&out, (char *const *)words);

	if (r == 0)
		r = fd_write_all(fd, out.text, out.used);
	buffer_free(&out);
	return r;
}

/* --------------------------------------------------------- our own terminal */

static void client_send_size(const struct talk *talk)
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
	client_send_size(talk);
	return 0;
}

static void client_type(struct talk *talk)
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
static int client_take_out(const struct talk *talk, const struct frame *frame)
{
	if (talk->passes_on)
		return say_now(frame->payload, frame->size);
	say_words("%.*s", (int)frame->size, frame->payload);
	return 0;
}

static int client_take_frame(struct talk *talk, const struct frame *frame)
{
	switch (frame->kind) {
	case FRAME_OUT:
		return client_take_out(talk, frame);
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

static int client_hear(struct talk *talk)
{
	char bytes[65536];
	size_t used = 0;
	ssize_t got = read(talk->fd, bytes, sizeof(bytes));
	long n = 0;

	if (got <= 0)
		return got < 0 && errno == EINTR ? 0 : -EPIPE;
	buffer_add(&talk->in, bytes, (size_t)got);
	while (talk->status < 0) {
		struct frame frame;

		n = frame_parse(talk->in.text + used, talk->in.used - used,
				&frame);
		if (n <= 0)
			break;
		int r = client_take_frame(talk, &frame);

		if (r < 0)
			return r;
		used += (size_t)n;
	}
	buffer_drop(&talk->in, used);
	return (int)n < 0 ? (int)n : 0;
}

static void client_give_up(struct talk *talk)
{
	struct control_holder holder = { 0 };
	CLEANUP_CLOSE int turn = control_turn();
	char pid[32] = "";

	if (turn >= 0 && control_is_locked(talk->continues, &holder) &&
	    holder.pid > 0)
		(void)snprintf(pid, sizeof(pid), " (pid %d)", (int)holder.pid);
	complain("the `jig up`%s %s; SIGKILL to it ends its services, too", pid,
		 talk->answers ? "has not ended in time" : "does not answer");
	talk->status = 1;
}

static void client_go_on(struct talk *talk)
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

	int ready = poll_fds(fds, COUNT, talk->continues ? LOOK_MS : -1);

	if (ready == 0)
		control_continue(talk->continues);
	if (ready <= 0 && talk->until_us >= 0 && clock_us() >= talk->until_us)
		client_give_up(talk);
	if (ready <= 0)
		return;
	if (fds[RESIZED].revents &&
	    read(talk->resized, &info, sizeof(info)) > 0)
		client_send_size(talk);
	if (fds[TERMINAL].revents)
		client_type(talk);
	if (fds[SOCKET].revents && talk->status < 0 && client_hear(talk) < 0)
		talk->status = EXIT_JIG;
}

static int converse(struct talk *talk, const char *const *words)
{
	if (client_send_words(talk->fd, words) < 0)
		return EXIT_JIG;
	while (talk->status < 0)
		client_go_on(talk);
	return talk->status;
}

/* ----------------------------------------------------------- which `jig up` */

static struct talk talk_to(const char *path)
{
	return (struct talk){ .fd = client_connect_to(path),
			      .status = -1,
			      .terminal = RAW_TERMINAL_NONE,
			      .resized = -1,
			      .until_us = -1 };
}

/* @return 0; -ENOENT with the reason: there is none, but the project of a pipe
 * (-f <(…)) may run here; -errno, after a message. */
static int find_file(const struct up_settings *settings,
		     struct project *project, struct fault *fault)
{
	CLEANUP(list_free) struct list files = { 0 };
	int r = load_find(settings, project, &files, fault);

	if (r < 0 && (r != -ENOENT || settings->files.count > 0))
		up_complain(settings, fault);
	return r;
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

/* A suspended `jig up` ends nothing. */
static bool asks_for_an_end(const char *const *words)
{
	const char *word = words[0];

	if (strcmp(word, "reload") == 0)
		return strcmp(words[1], "dry") != 0;
	return strcmp(word, "down") == 0 || strcmp(word, "stop") == 0 ||
	       strcmp(word, "restart") == 0;
}

/* Send to one `jig up`. @return its status; -ESRCH: it has ended. */
static int ask_one(const struct up_settings *settings, const char *path,
		   const char *const *words, bool is_last)
{
	struct talk talk = talk_to(path);
	int status = -ESRCH;

	talk.read_only = settings->read_only;
	talk.passes_on = strcmp(words[0], "logs") == 0 ||
			 strcmp(words[0], "attach") == 0 ||
			 strcmp(words[0], "reload") == 0;
	talk.key = settings->detach_key;
	talk.continues = asks_for_an_end(words) ? path : NULL;
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

static bool client_is_absent(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED;
}

/*
 * List the sockets of a project's file.
 * @return  their number; -errno: none, but one may exist that cannot be
 * reached.
 */
static int find_all(const char *file, char paths[][CONTROL_PATH])
{
	int count = 0, error = 0;

	for (unsigned i = 1; i <= CONTROL_MAX; i++) {
		int r = control_path(file, i, paths[count], CONTROL_PATH);

		if (r < 0)
			return count > 0 || client_is_absent(r) ? count : r;
		CLEANUP_CLOSE int fd = client_connect_to(paths[count]);
		count += fd >= 0;
		if (fd < 0 && !client_is_absent(fd))
			error = fd;
	}
	return count > 0 ? count : error;
}

/* @return the status of the first that failed or had the names; -ESRCH: there
 * is none; or -errno. */
static int ask_each(const struct up_settings *settings, const char *file,
		    const char *const *words, bool all)
{
	char paths[CONTROL_MAX][CONTROL_PATH];
	int count = find_all(file, paths), status = -ESRCH;

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		int one = ask_one(settings, paths[i], words, i + 1 == count);

		if (!all && one != CONTROL_NOT_MINE)
			return one;
		status = status > 0 ? status : one;
	}
	return status == CONTROL_NOT_MINE ? 1 : status;
}

int client_ask(const struct up_settings *settings, const char *const *words,
	       bool all)
{
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault = { "out of memory" };
	int status, found = find_file(settings, &project, &fault);

	if (found < 0 && (found != -ENOENT || settings->files.count > 0))
		return 1;
	(void)signal(SIGPIPE, SIG_DFL);
	status = ask_each(settings, project.file, words, all);
	if (status == -ESRCH) {
		int kept = ended_answer(settings, project.file, words);

		status = kept >= 0 ? kept : status;
	}
	if (status >= 0)
		return status;
	if (status == -ESRCH && found == 0)
		fault_set(&fault, status, "no `jig up` of %s is running",
			  project.file);
	else if (status != -ESRCH)
		fault_set(&fault, status, "cannot ask the `jig up` of %s: %s",
			  project.file, strerror(-status));
	up_complain(settings, &fault);
	return 1;
}
