// SPDX-License-Identifier: MIT
/*
 * What the client writes to a fixture: stored until the command reads it, and
 * answered then. So a client that waits for the answer is as fast as the
 * command, and what is stored is bounded.
 */
#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/cleanup.h"
#include "base/fd.h"

/* Bytes that may be stored when a request adds to them. */
#define STORED_MAX LINES_MAX

static struct typed *inlet_first(const struct inlet *inlet)
{
	return list_at(&inlet->writes, 0, sizeof(struct typed));
}

static void inlet_forget_first(struct inlet *inlet)
{
	struct list *writes = &inlet->writes;

	for (size_t i = 1; i < writes->count; i++)
		inlet_first(inlet)[i - 1] = inlet_first(inlet)[i];
	writes->count--;
}

static void inlet_answer(struct served *served)
{
	struct inlet *inlet = &served->inlet;

	while (inlet->writes.count > 0 &&
	       inlet_first(inlet)->end <= inlet->written) {
		answer_done(served->agent, &inlet_first(inlet)->reply);
		reply_free(&inlet_first(inlet)->reply);
		inlet_forget_first(inlet);
	}
}

static void inlet_close(struct served *served)
{
	struct inlet *inlet = &served->inlet;

	polled_close(&served->agent->poller, &inlet->polled);
	cleanup_close(&inlet->fd);
	inlet->fd = -1;
}

static void inlet_fail(struct served *served, int error, const char *text)
{
	struct inlet *inlet = &served->inlet;

	inlet_close(served);
	buffer_free(&inlet->text);
	while (inlet->writes.count > 0) {
		answer_failed(served->agent, &inlet_first(inlet)->reply, error,
			      text);
		reply_free(&inlet_first(inlet)->reply);
		inlet_forget_first(inlet);
	}
}

static void inlet_push(struct served *served)
{
	struct inlet *inlet = &served->inlet;
	size_t done = 0;

	while (done < inlet->text.used) {
		ssize_t n = write(inlet->fd, inlet->text.text + done,
				  inlet->text.used - done);

		if (n < 0 && errno != EAGAIN && errno != EINTR) {
			inlet_fail(served, -errno,
				   "the command has closed its stdin");
			return;
		}
		if (n < 0)
			break;
		done += (size_t)n;
	}
	inlet->written += done;
	buffer_drop(&inlet->text, done);
	inlet_answer(served);
	if (inlet->text.used == 0 && inlet->is_closing)
		inlet_close(served);
	else
		polled_change(&served->agent->poller, &inlet->polled,
			      inlet->text.used ? EPOLLOUT : 0);
}

/* Also when its reader has gone: then write(2) says so. */
static void inlet_is_ready(void *context, uint32_t events)
{
	struct served *served = context;

	(void)events;
	if (served->inlet.text.used > 0)
		inlet_push(served);
	else
		inlet_close(served);
}

int inlet_begin(struct served *served)
{
	struct inlet *inlet = &served->inlet;
	bool has_terminal = served->pty.master >= 0;
	/* A copy: epoll(7) has each descriptor once, and the tap has that. */
	int fd = has_terminal ? fd_dup_above(served->pty.master, 3)
			      : jig_take_pipe(served->fixture, 0);

	*inlet = (struct inlet){
		.fd = fd,
		.polled = { .fd = -1,
			    .ready = inlet_is_ready,
			    .context = served },
	};
	if (fd < 0)
		return has_terminal ? fd : 0;
	if (!has_terminal)
		(void)fcntl(fd, F_SETFL, O_NONBLOCK); /* Ours alone. */
	return polled_open(&served->agent->poller, &inlet->polled, fd, 0);
}

int inlet_add(struct served *served, struct reply *reply, const char *text,
	      size_t size, bool closes)
{
	struct inlet *inlet = &served->inlet;
	struct typed typed = {
		.reply = *reply,
		.end = inlet->written + inlet->text.used + size,
	};

	if (inlet->fd < 0 || inlet->is_closing)
		return -EPIPE;
	if (inlet->text.used > STORED_MAX)
		return -EAGAIN;
	buffer_add(&inlet->text, text, size);
	if (inlet->text.error)
		return -ENOMEM;
	if (list_append(&inlet->writes, &typed, sizeof(typed)) < 0) {
		inlet->text.used -= size;
		return -ENOMEM;
	}
	*reply = (struct reply){ 0 };
	inlet->is_closing = closes;
	inlet_push(served);
	return 0;
}

void inlet_end(struct served *served)
{
	inlet_fail(served, -ESRCH, "the fixture has ended");
	list_free(&served->inlet.writes);
}
