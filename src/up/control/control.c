// SPDX-License-Identifier: MIT
#include "up/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"
#include "base/text.h"
#include "up/engine/attach.h"

/* What may wait for one client to read it; more than this, and it is gone. */
#define CLIENT_MAX (8u << 20)

/* Until a connection is tried again that there was no room for. */
#define PAUSE_US 500000

/* ----------------------------------------------------------------- a client */

void client_say(struct client *client, enum frame_kind kind, const char *format,
		...)
{
	char *text;
	va_list arguments;

	va_start(arguments, format);
	int length = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (length < 0)
		return;
	/* One line: a newline in a name does not end it. */
	bool is_ended = length > 0 && text[length - 1] == '\n';
	size_t size = text_clean(text, (size_t)length - is_ended, "");

	if (is_ended)
		text[size++] = '\n';
	frame_add(&client->out, kind, text, size);
	free(text);
}

void client_end(struct client *client, int status)
{
	unsigned char byte = (unsigned char)status;

	if (client->is_done)
		return;
	frame_add(&client->out, FRAME_STATUS, &byte, 1);
	client->is_done = true;
	client->is_waiting = false;
}

static void forget_names(struct waiting *waiting)
{
	for (size_t i = 0; i < waiting->names.count; i++)
		free(*(char **)list_at(&waiting->names, i, sizeof(char *)));
	list_free(&waiting->names);
}

static void client_free(struct client *client)
{
	struct client **link = &client->control->clients;

	while (*link != client)
		link = &(*link)->next;
	*link = client->next;
	if (client->attached)
		detach(client->attached);
	if (client->follower >= 0)
		output_unfollow(client->control->up->output, client->follower);
	watch_free(&client->watch);
	cleanup_close(&client->fd);
	forget_names(&client->waiting);
	buffer_free(&client->in);
	buffer_free(&client->out);
	free(client);
}

/* @return false when the client has gone. */
static bool client_write(struct client *client)
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
	/* control_step(), in the round that it wakes, writes on. */
	watch_set(client->watch, UV_READABLE | UV_WRITABLE);
	/* What is written goes, or a reader who never is quite done would have
	 * us keep all that there ever was. */
	buffer_drop(&client->out, client->written);
	client->written = 0;
	return !client->out.error && client->out.used < client->most;
}

static int take_frame(struct client *client, const struct frame *frame)
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
	/* Its answer may be as long as it likes; what comes later may not. */
	client->most = client->out.used + CLIENT_MAX;
	return 0;
}

static int take_frames(struct client *client)
{
	size_t used = 0;
	long n;

	for (;;) {
		struct frame frame;

		n = frame_parse(client->in.text + used, client->in.used - used,
				&frame);
		if (n <= 0)
			break;
		int r = take_frame(client, &frame);

		if (r < 0)
			return r;
		used += (size_t)n;
	}
	buffer_drop(&client->in, used);
	return (int)n;
}

static void client_news(void *context)
{
	struct client *client = context;
	char bytes[65536];
	ssize_t got = recv(client->fd, bytes, sizeof(bytes), MSG_DONTWAIT);

	if (got < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (got <= 0) {
		client_free(client);
		return;
	}
	buffer_add(&client->in, bytes, (size_t)got);
	if (client->in.error || take_frames(client) < 0)
		client_free(client);
}

/* Only our own user, and root. */
static bool may_talk(int fd)
{
	struct ucred peer;
	socklen_t size = sizeof(peer);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 &&
	       (peer.uid == geteuid() || peer.uid == 0);
}

static void has_room(void *context)
{
	struct control *control = context;

	watch_enable(control->watch, true);
}

/* A connection stays in the backlog when we have no descriptor left for it: to
 * look again at once would be all that we do. */
static void wait_for_room(struct control *control)
{
	if (errno != EMFILE && errno != ENFILE && errno != ENOBUFS &&
	    errno != ENOMEM)
		return;
	if (alarm_set(&control->pause, &control->up->loop, PAUSE_US, has_room,
		      control) == 0)
		watch_enable(control->watch, false);
}

static void knocked(void *context)
{
	struct control *control = context;
	int fd = RETRY(
		accept4(control->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK));
	struct client *client;

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
				  client_news, client);
	if (!client->watch)
		client_free(client);
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
	(void)unlink(path); /* Stale: its lock was free. */
	if (fchmod(fd, 0600) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 ||
	    chmod(path, 0600) < 0 || listen(fd, 64) < 0)
		return -errno;
	return take_fd(&fd);
}

static int refuse(const struct project *project,
		  const struct control_holder *holder, struct fault *fault)
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
		"`jig up` of %s runs already (%s%s); stop it with: jig "
		"down; or start another one beside it: --force-new",
		project->file, pid, since);
}

/* Look at all numbers: the first one may have ended before the others. */
static int refuse_second(const struct control *control, struct fault *fault)
{
	const struct project *project = control->up->project;
	struct control_holder holder;
	char path[CONTROL_PATH];

	for (unsigned i = 1; i <= CONTROL_MAX; i++) {
		int r = control_path(project->file, i, path, sizeof(path));

		if (r < 0)
			return r;
		if (control_is_held(path, &holder))
			return refuse(project, &holder, fault);
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
				"cannot make the control socket%s%s: %s",
				*control->path ? " " : "", control->path,
				strerror(-r));
		control_close(control);
		return r < 0 ? r : -ENOMEM;
	}
	*ret = control;
	return 0;
}

void control_step(struct control *control, bool accepts)
{
	struct client *next;

	if (control && !alarm_is_set(&control->pause))
		watch_enable(control->watch, accepts);

	for (struct client *client = control ? control->clients : NULL; client;
	     client = next) {
		next = client->next;
		if (client->is_waiting)
			control_look(client);
		if (!client_write(client))
			client_free(client);
	}
}

/* A client that waits for our end has it now; what can be sent at once is. */
static void say_farewell(struct client *client)
{
	if (client->is_waiting)
		client_end(client, client->waiting.for_ready);
	else if (client->has_asked)
		client_end(client, 0);
	(void)client_write(client);
}

void control_close(struct control *control)
{
	if (!control)
		return;
	/* First: a client that comes now finds no `jig up`, and one that learns
	 * of our end may start another. */
	if (control->lock >= 0)
		control_unlock(control->path, control->lock);
	while (control->clients) {
		say_farewell(control->clients);
		client_free(control->clients);
	}
	watch_free(&control->watch);
	alarm_free(&control->pause);
	cleanup_close(&control->fd);
	free(control);
}
