// SPDX-License-Identifier: MIT
/*
 * notify: READY=1 comes on the socket that $NOTIFY_SOCKET names, sd_notify(3).
 *
 * It understands READY=, STATUS=, EXTEND_TIMEOUT_USEC=, ERRNO= and STOPPING=;
 * the descriptors of BARRIER=1 and FDSTORE=1 are dropped, which is what a
 * barrier waits for. The sender must belong to this fixture: see
 * probe_notify_is_trusted().
 *
 * The name is an abstract one, which a command can reach in a chroot and in
 * mount namespaces of its own, unlike a file in a folder of ours. So any user
 * may fill its queue: this delays messages, but cannot forge one.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/retry.h"
#include "base/text.h"
#include "core/probe/kind/kinds.h"
#include "core/probe/kind/notify_message.h"
#include "core/probe/ownership.h"
#include "net/manager.h"
#include "proc/descent.h"
#include "proc/stat.h"
#include "proc/status.h"

#define ERRNO_MAX 4095 /* MAX_ERRNO of the kernel */
#define MESSAGES_PER_LOOK 64 /* a flood must not hold us */
#define MESSAGES_AT_END 4096 /* more than a queue usually holds */

struct notify {
	int socket;
	bool ready;
	bool stopping;
	int error; /* ERRNO=, or 0 */
	int64_t extended_us;
	uid_t user; /* main's, as far as it was seen; -1 */
	char status[PROBE_REASON / 2];
};

static int probe_notify_parse(struct probe *probe, const char *rest,
			      struct fault *fault)
{
	struct notify *notify = calloc(1, sizeof(*notify));

	if (!notify)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	notify->socket = -1;
	notify->user = (uid_t)-1;
	probe->state = notify;
	text_copy(probe->reason, sizeof(probe->reason),
		  "no READY=1 has come yet");
	return *rest ? fault_set(fault, -EINVAL, "notify takes no argument")
		     : 0;
}

static int bind_random(int fd, char name[48])
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	uint64_t random[2];

	if (RETRY(getrandom(random, sizeof(random), 0)) != sizeof(random))
		return -EIO;
	(void)snprintf(name, 48, "jig-%016" PRIx64 "%016" PRIx64, random[0],
		       random[1]);
	text_copy(address.sun_path + 1, sizeof(address.sun_path) - 1, name);
	return bind(fd, (struct sockaddr *)&address,
		    (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 +
				strlen(name))) < 0
		       ? -errno
		       : 0;
}

static int open_socket(struct notify *notify, char name[48])
{
	CLEANUP_CLOSE int fd =
		socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	if (setsockopt(fd, SOL_SOCKET, SO_PASSCRED, &(int){ 1 }, sizeof(int)) <
	    0)
		return -errno;

	int r = bind_random(fd, name);

	if (r == 0)
		notify->socket = take_fd(&fd);
	return r;
}

static int open_notify(struct probe *probe, struct probe_setup *setup,
		       struct fault *fault)
{
	struct notify *notify = probe->state;
	char name[48], *variable;
	int r = open_socket(notify, name);

	if (r < 0)
		return fault_set(fault, r, "notify: cannot make a socket: %s",
				 strerror(-r));
	if (asprintf(&variable, "NOTIFY_SOCKET=@%s", name) < 0)
		return -ENOMEM;
	r = list_append(setup->env, &variable, sizeof(variable));
	if (r < 0)
		free(variable);
	return r;
}

/* Main may have ended just now: its daemon's message is not to be lost. */
static int probe_notify_list_members(const struct probe_view *view,
				     struct list *ret)
{
	struct probe_view ended = *view;
	int r = ownership_members(view, ret);

	ended.main_ended = true;
	return r == -ESRCH ? ownership_members(&ended, ret) : r;
}

static bool probe_notify_is_member(const struct list *members, pid_t pid)
{
	for (size_t i = 0; i < members->count; i++) {
		const struct proc_stat *member =
			list_at(members, i, sizeof(*member));

		if (member->pid == pid)
			return true;
	}
	return false;
}

/* One look: what it finds out about the fixture counts for all its messages. */
struct hearing {
	const struct probe_view *view;
	bool is_listed;
	struct list members; /* then; empty if they could not be listed */
};

static const struct list *members_of(struct hearing *hearing)
{
	if (!hearing->is_listed &&
	    probe_notify_list_members(hearing->view, &hearing->members) < 0)
		list_free(&hearing->members);
	hearing->is_listed = true;
	return &hearing->members;
}

/* A user that a process of the fixture belongs to. */
static bool is_users(const struct probe_view *view, const struct list *members,
		     uid_t uid)
{
	struct proc_status status;

	for (size_t i = 0; i < members->count; i++) {
		const struct proc_stat *member =
			list_at(members, i, sizeof(*member));

		if (status_read(view->cage->procfd, member->pid, &status) ==
			    0 &&
		    status.real_uid == uid)
			return true;
	}
	return false;
}

static void note_user(struct notify *notify, const struct probe_view *view)
{
	struct proc_status status;

	if (!view->main_ended &&
	    status_read(view->cage->procfd, view->main, &status) == 0)
		notify->user = status.real_uid;
}

/* Root, jig's user, or main's, as it was started or as it was seen. */
static bool is_known_user(const struct notify *notify,
			  const struct probe_view *view, uid_t uid)
{
	return uid == 0 || uid == getuid() || uid == view->user ||
	       uid == notify->user;
}

/* Only the files of this process and its ancestors are read. */
static bool is_of_cage(const struct probe_view *view,
		       const struct proc_stat *sender)
{
	CLEANUP(descent_close)
	struct descent descent = {
		.procfd = view->cage->procfd,
		.root = view->cage->reaper,
	};

	return cage_confirm(view->cage, &descent, sender) == 1 ||
	       descent_confirm(&descent, sender) == 1;
}

/*
 * A message of a process of the fixture counts. A sender that has ended, as
 * systemd-notify(1) does at once, cannot be looked up any more: its message
 * counts if it was main, or if its user was root, jig's user, or a user of the
 * fixture. The name of the socket is no secret: /proc/net/unix shows it.
 *
 * The whole cage is listed only if that cannot be avoided: other users can send
 * as many messages as they like.
 */
static bool probe_notify_is_trusted(struct notify *notify,
				    struct hearing *hearing,
				    const struct notify_message *message)
{
	const struct probe_view *view = hearing->view;
	struct proc_stat stat;
	pid_t sender = message->sender;
	uid_t uid = message->uid;
	bool gone, known;

	if (sender <= 0)
		return false;
	if (sender == view->main && !view->main_ended)
		return true;
	gone = stat_read(view->cage->procfd, sender, &stat) == -ESRCH;
	known = is_known_user(notify, view, uid);
	if (gone)
		return known || sender == view->main ||
		       is_users(view, members_of(hearing), uid);
	if (is_of_cage(view, &stat))
		return true;
	return known && probe_notify_is_member(members_of(hearing), sender);
}

static void probe_notify_take_line(struct notify *notify, const char *line,
				   int64_t now_us)
{
	uint64_t number;

	if (strcmp(line, "READY=1") == 0)
		notify->ready = true;
	else if (strcmp(line, "STOPPING=1") == 0)
		notify->stopping = true;
	else if (strncmp(line, "ERRNO=", 6) == 0 &&
		 text_number(line + 6, ERRNO_MAX, &number) == 0)
		notify->error = (int)number;
	else if (strncmp(line, "STATUS=", 7) == 0)
		(void)text_printable(line + 7, notify->status,
				     sizeof(notify->status));
	else if (strncmp(line, "EXTEND_TIMEOUT_USEC=", 20) == 0 &&
		 text_number(line + 20, UINT64_MAX, &number) == 0)
		notify->extended_us =
			clock_add_us(now_us, number > INT64_MAX
						     ? INT64_MAX
						     : (int64_t)number);
}

/* One message stays one: RELOADING=1 needs the MONOTONIC_USEC= beside it. */
static void take_message(struct notify *notify, const struct probe_view *view,
			 char *text)
{
	char passed[NOTIFY_MESSAGE_MAX + 2], *end = passed, *next = text;

	while (next) {
		char *line = strsep(&next, "\n");

		probe_notify_take_line(notify, line, view->now_us);
		if (view->manager && manager_takes(view->manager, line))
			end = stpcpy(stpcpy(end, line), "\n");
	}
	if (end > passed)
		manager_tell(view->manager, passed);
}

static int never(const struct notify *notify, struct fault *fault)
{
	const char *error = notify->error ? strerror(notify->error) : "";
	const char *status = notify->status;

	return fault_set(fault, -ECANCELED,
			 "notify: the command says that it %s%s%s%s%s",
			 notify->stopping ? "stops" : "has failed",
			 *status ? ": " : "", status, *error ? ": " : "",
			 error);
}

/* @return 0: all or enough has been read; -errno. */
static int probe_notify_hear(struct notify *notify,
			     const struct probe_view *view)
{
	struct hearing hearing = { .view = view };
	struct notify_message message;
	int limit = view->is_last ? MESSAGES_AT_END : MESSAGES_PER_LOOK;
	int r = 1;

	note_user(notify, view);
	for (int i = 0; i < limit && r > 0; i++) {
		r = notify_receive(notify->socket, &message);
		if (r > 0 &&
		    probe_notify_is_trusted(notify, &hearing, &message))
			take_message(notify, view, message.text);
	}
	list_free(&hearing.members);
	return r;
}

static int probe_notify_look(struct probe *probe, const struct probe_view *view,
			     struct fault *fault)
{
	struct notify *notify = probe->state;
	int r = probe_notify_hear(notify, view);

	if (notify->ready)
		return 1;
	if (r < 0)
		return fault_set(fault, r, "notify: cannot read: %s",
				 strerror(-r));
	if (notify->stopping || notify->error)
		return never(notify, fault);
	if (notify->status[0])
		text_copy(probe->reason, sizeof(probe->reason), notify->status);
	return 0;
}

/* Without a look at the senders. The kernel drops what is cut off. */
static void drop(struct probe *probe)
{
	const struct notify *notify = probe->state;

	for (int i = 0; i < MESSAGES_PER_LOOK; i++)
		if (recv(notify->socket, NULL, 0, MSG_DONTWAIT | MSG_TRUNC) < 0)
			return;
}

static int probe_notify_descriptor(const struct probe *probe, short *ret_events)
{
	const struct notify *notify = probe->state;

	*ret_events = POLLIN;
	return notify->socket;
}

static int64_t extended_us(const struct probe *probe)
{
	const struct notify *notify = probe->state;

	return notify->extended_us;
}

static void close_notify(struct probe *probe)
{
	struct notify *notify = probe->state;

	if (!notify)
		return;
	cleanup_close(&notify->socket);
	free(notify);
	probe->state = NULL;
}

const struct probe_ops probe_notify = {
	.kind = "notify",
	.by_message = true,
	.form = "notify",
	.parse = probe_notify_parse,
	.open = open_notify,
	.look = probe_notify_look,
	.drop = drop,
	.descriptor = probe_notify_descriptor,
	.extended_us = extended_us,
	.close = close_notify,
};
