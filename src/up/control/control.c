// SPDX-License-Identifier: MIT
#include "up/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"
#include "up/control/ended.h"
#include "up/engine/attach.h"

/* Limit of bytes that one client has not read; above it the client is closed.
 */
#define CLIENT_MAX (8u << 20)

/* Interval between attempts of accept(2) without a free descriptor. */
#define PAUSE_US 500000

/* ----------------------------------------------------------------- a client */

static void forget_names(struct waiting *waiting)
{
	list_free_texts(&waiting->names);
}

static void control_client_free(struct control_client *client)
{
	struct control_client **link = &client->control->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	if (client->attached)
		detach(client->attached);
	if (client->follower >= 0)
		output_unfollow(client->control->up->output, client->follower);
	watch_free(&client->watch);
	alarm_free(&client->settled);
	cleanup_close(&client->fd);
	control_reload_free(client);
	forget_names(&client->waiting);
	buffer_free(&client->in);
	buffer_free(&client->out);
	free(client);
}

/* @return false: the client has closed its side, or must be closed. */
static bool control_client_write(struct control_client *client)
{
	while (client->written < client->out.used) {
		ssize_t n = send(client->fd, client->out.text + client->written,
				 client->out.used - client->written,
				 MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			return false;
		if (n < 0)
			break;
		client->written += (size_t)n;
	}
	if (client->written == client->out.used) {
		buffer_free(&client->out);
		client->written = 0;
		watch_set(client->watch, UV_READABLE);
		return !client->is_done;
	}
	/* This watch causes a round, in which control_step() writes. */
	watch_set(client->watch, UV_READABLE | UV_WRITABLE);
	/* Remove the written bytes: the buffer of a slow reader may never
	 * become empty. */
	buffer_drop(&client->out, client->written);
	client->written = 0;
	return !client->out.error && client->out.used < client->most;
}

static int control_take_frame(struct control_client *client,
			      const struct frame *frame)
{
	CLEANUP(list_free) struct list words = { 0 };

	if (frame->kind != FRAME_WORDS) {
		control_typed(client, frame);
		return 0;
	}
	if (client->has_asked)
		return -EBADMSG;
	client->has_asked = true;
	int count = frame_words(frame, &words);

	if (count < 0)
		return count;
	control_command(client, words.items, count);
	/* The limit applies to bytes after the first answer. */
	client->most = client->out.used + CLIENT_MAX;
	return 0;
}

static int control_take_frames(struct control_client *client)
{
	size_t used = 0;
	long n;

	for (;;) {
		struct frame frame;

		n = frame_parse(client->in.text + used, client->in.used - used,
				&frame);
		if (n <= 0)
			break;
		int r = control_take_frame(client, &frame);

		if (r < 0)
			return r;
		used += (size_t)n;
	}
	buffer_drop(&client->in, used);
	return (int)n;
}

static void control_client_news(void *context)
{
	struct control_client *client = context;
	char bytes[65536];
	ssize_t got = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		control_client_free(client);
		return;
	}
	buffer_add(&client->in, bytes, (size_t)got);
	if (client->in.error || control_take_frames(client) < 0)
		control_client_free(client);
}

/* Only our own user and root are allowed. */
static bool may_talk(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void control_has_room(void *context)
{
	struct control *control = context;

	watch_enable(control->watch, true);
}

/* Without a free descriptor the connection stays in the backlog, and its event
 * would repeat at once. So pause. */
static void wait_for_room(struct control *control)
{
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
	    errno != ENOMEM)
		return;
	if (alarm_set(&control->pause, &control->up->loop, PAUSE_US,
		      control_has_room, control) == 0)
		watch_enable(control->watch, false);
}

static void knocked(void *context)
{
	struct control *control = context;
	int fd = RETRY(
		accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	struct control_client *client;

	if (fd < 0) {
		wait_for_room(control);
		return;
	}
	client = may_talk(fd) ? calloc(1, sizeof(*client)) : NULL;
	if (!client) {
		close(fd);
		return;
	}
	client->control = control;
	client->fd = fd;
	client->follower = -1;
	client->most = CLIENT_MAX;
	client->next = control->clients;
	control->clients = client;
	client->watch = watch_new(&control->up->loop, fd, UV_READABLE,
				  control_client_news, client);
	if (!client->watch)
		control_client_free(client);
}

/* --------------------------------------------------------------- the socket */

static int listen_at(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (fd < 0)
		return -errno;
	if (strlen(path) >= sizeof(address.sun_path))
		return -ENAMETOOLONG;
	memcpy(address.sun_path, path, strlen(path) + 1);
	(void)unlink(path); /* Stale: no process had the lock. */
	if (fchmod(fd, 0600) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, 0600) < 0 || listen(fd, 64) < 0)
		return -errno;
	return take_fd(&fd);
}

static int control_refuse(const struct project *project,
			  const struct control_holder *holder,
			  struct fault *fault)
{
	char pid[40] = "in another pid namespace", since[48] = "";
	struct tm local;

	if (holder->pid > 0)
		(void)snprintf(pid, sizeof(pid), "pid %d", (int)holder->pid);
	if (holder->since > 0 && localtime_r(&holder->since, &local))
		(void)strftime(since, sizeof(since),
			       ", since %Y-%m-%d %H:%M:%S", &local);
	return fault_set(
		fault, -EEXIST,
		"`jig up` of %s runs already (%s%s); apply changed files with: "
		"jig reload; stop it with: jig down; or start another one "
		"beside it: --force-new",
		project->file, pid, since);
}

/* Check all numbers: the first one may have ended before the others. */
static int refuse_second(const struct control *control, struct fault *fault)
{
	const struct project *project = control->up->project;
	struct control_holder holder;
	char path[CONTROL_PATH];

	for (unsigned i = 1; i <= CONTROL_MAX; i++) {
		int r = control_path(project->file, i, path, sizeof(path));

		if (r < 0)
			return r;
		if (control_is_locked(path, &holder))
			return control_refuse(project, &holder, fault);
		ended_forget(path);
	}
	return 0;
}

static int open_free_one(struct control *control)
{
	int r = -EBUSY;

	for (unsigned i = 1; r == -EBUSY && i <= CONTROL_MAX; i++) {
		r = control_path(control->up->project->file, i, control->path,
				 sizeof(control->path));
		if (r == 0)
			r = control_lock(control->path);
	}
	if (r < 0)
		return r;
	control->lock = r;
	control->fd = listen_at(control->path);
	return control->fd < 0 ? control->fd : 0;
}

static int claim(struct control *control, struct fault *fault)
{
	CLEANUP_CLOSE int turn = control_turn();
	int r = turn < 0 ? turn : 0;

	if (r < 0)
		return r;
	control_clear_stale();
	if (!control->up->settings->force_new)
		r = refuse_second(control, fault);
	return r < 0 ? r : open_free_one(control);
}

int control_open(struct up *up, struct control **ret, struct fault *fault)
{
	struct control *control = calloc(1, sizeof(*control));
	int r;

	if (!control)
		return -ENOMEM;
	control->up = up;
	control->fd = control->lock = -1;
	r = claim(control, fault);
	if (r == 0)
		control->watch = watch_new(&up->loop, control->fd, UV_READABLE,
					   knocked, control);
	if (r < 0 || !control->watch) {
		if (r != -EEXIST)
			(void)fault_set(
				fault, r,
				"cannot create the control socket%s%s: %s",
				*control->path ? " " : "", control->path,
				strerror(-r));
		control_close(control);
		return r < 0 ? r : -ENOMEM;
	}
	ended_forget(control->path);
	if (up->settings->detached)
		control->ended = ended_open(up, control->path);
	*ret = control;
	return 0;
}

void control_step(struct control *control, bool accepts)
{
	struct control_client *next;

	if (control)
		ended_touch(control->ended);
	if (control && !alarm_is_set(&control->pause))
		watch_enable(control->watch, accepts);

	for (struct control_client *client = control ? control->clients : NULL;
	     client; client = next) {
		next = client->next;
		if (client->is_waiting)
			control_look(client);
		if (!control_client_write(client))
			control_client_free(client);
	}
}

/* Answer clients that wait for our end, without waiting for them. */
static void say_farewell(struct control_client *client)
{
	bool is_in_vain = client->fresh ||
			  (client->is_waiting && client->waiting.for_ready);

	if (is_in_vain)
		control_client_refuse(client);
	else if (client->is_waiting || client->has_asked)
		control_client_end(client, 0);
	(void)control_client_write(client);
}

/* `jig down` wants nothing to be kept. */
static void keep_ended(struct control *control)
{
	CLEANUP(buffer_free) struct buffer reason = { 0 };

	if (!control->ended)
		return;
	up_say_reason(control->up, &reason);
	ended_close(control->ended,
		    control->up->was_downed ? NULL : reason.text);
}

void control_close(struct control *control)
{
	if (!control)
		return;
	keep_ended(control);
	/* First: new clients then find no `jig up`, and a client that learns of
	 * our end can start another one. */
	if (control->lock >= 0)
		control_unlock(control->path, control->lock);
	while (control->clients) {
		say_farewell(control->clients);
		control_client_free(control->clients);
	}
	watch_free(&control->watch);
	alarm_free(&control->pause);
	cleanup_close(&control->fd);
	free(control);
}
