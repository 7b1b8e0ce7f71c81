/* SPDX-License-Identifier: MIT */
/*
 * The control socket of a running `jig up`, and its clients.
 *
 * The socket is in our runtime directory (base/file/runtime_dir.h), with mode
 * 0600. Its name is made from the project's file, so `jig ps` in the same
 * directory finds it. A second `jig up` of the same file is refused; with
 * --force-new its name has another number.
 *
 * Messages are frames (base/text/frame.h): a client sends words, and receives
 * text and a status.
 *
 *   control.c   the socket, its clients, their bytes
 *   answer.c    what a client receives
 *   commands.c  what the words do
 *   await.c     whether that has happened
 *   select.c    which instances they name
 *   ps.c        one of them: `jig ps`
 *   reload.c    two of them: `jig reload`, and `jig restart` before it acts
 *   ended.c     what is kept of one that has ended
 *   lock.c      whether a `jig up` of a name runs
 *   path.c      where the socket is
 *   client.c    the other side: which `jig up`
 *   talk.c      the other side of one connection
 *
 * Invariant: only our own user and root can use the socket (SO_PEERCRED), and
 * no client can delay `jig up`: nothing here waits.
 *
 * What does not belong here: what a command means for instances (up/engine).
 */
#ifndef JIG_UP_CONTROL_CONTROL_H
#define JIG_UP_CONTROL_CONTROL_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/text/frame.h"
#include "base/text/json.h"
#include "up/engine/up.h"

struct control_client;
struct fresh;
struct ended;

/** Exit status for "no service of this name": another `jig up` may have it. */
#define CONTROL_NOT_MINE 127

/* ------------------------------------------------------------------- lock.c */

/**
 * Wait for our turn to claim a name. Without turns, each of two processes that
 * start at the same time could find the other's lock and take it for that of a
 * running `jig up`.
 * @return  a descriptor, which ends the turn when it is closed; or -errno.
 */
int control_turn(void);

/** In our turn: lock the file beside a socket and write our pid into it.
 * @return a descriptor; -EBUSY: another process has the lock; or -errno. */
int control_lock(const char *path);

/** The process that has a lock, as written in the file. */
struct control_holder {
	pid_t pid; /* 0: unknown, or of another pid namespace */
	time_t since; /* 0: unknown */
};

/** In our turn. @return whether a process has the lock. */
bool control_is_locked(const char *path, struct control_holder *ret);

/** Continue the `jig up` of this socket, if it is suspended (SIGSTOP, Ctrl-Z).
 */
void control_continue(const char *path);

/** Remove both names, then release the lock. */
void control_unlock(const char *path, int fd);

/** Remove sockets whose `jig up` was killed. */
void control_clear_stale(void);

/** How many `jig up` of one file may run at a time. */
#define CONTROL_MAX 16
/** Room for a path: as long as a socket's may be. */
#define CONTROL_PATH 128

/** @return 0; or with the reason -EEXIST: one of the same file runs; -errno. */
int control_open(struct up *up, struct control **ret, struct fault *fault);

/**
 * After each round: answer clients that wait. NULL is allowed.
 * @accepts  accept new clients. Until then they wait, so that what `jig ps`
 *           shows and `jig stop` ends has been executed.
 */
void control_step(struct control *control, bool accepts);

/** Remove the socket, and answer clients that still wait. NULL is allowed. */
void control_close(struct control *control);

/* ---------------------------------------- for the files of this folder only */

/** What a client waits for. */
struct waiting {
	bool for_ready; /* else for the end of these instances */
	bool is_patient; /* one that starts again may still become ready */
	bool settles; /* one without a probe must live for a while */
	bool for_all; /* `down`: our end is the answer */
	struct list names; /* of char *: instances; owned */
};

struct control_client {
	struct control *control;
	int fd;
	bool has_asked; /* one command a connection */
	bool is_waiting;
	bool is_done; /* its status is in `out`; close it once written */
	struct waiting waiting;
	struct alarm settled; /* the next time to look */
	struct attached *attached;
	struct fresh *fresh; /* the files are being read for it; or NULL */
	struct list asked; /* of char *: its words meanwhile; owned */
	int follower; /* of output_follow(), or -1 */
	struct buffer in, out;
	size_t written; /* of `out` */
	size_t most; /* limit of `out`; above it the client is closed */
	struct watch *watch;
	struct control_client *next;
};

struct control {
	struct up *up;
	int fd, lock;
	char path[CONTROL_PATH];
	struct watch *watch;
	struct alarm pause; /* after accept(2) found no free descriptor */
	struct control_client *clients;
	struct ended *ended; /* -D: what is kept; or NULL */
};

/** Do what the words say. Answers at once, or sets is_waiting. */
void control_command(struct control_client *client, char **words, int count);

/** The command `ps`. */
void control_ps(struct control_client *client, char **words, int count);

/** The commands `reload` and `restart`: read the files, then act. */
void control_reload(struct control_client *client, char **words, int count);
void control_reload_free(struct control_client *client);
/** Restart what the words name, in the forms that their services have. */
void control_restart(struct control_client *client, char **words, int count);

/** await.c: check what it waits for, and answer it if that has happened. */
void control_look(struct control_client *client);

/** A frame from an attached terminal. */
void control_typed(struct control_client *client, const struct frame *frame);

/** One line for the client's stdout or stderr, without control characters. */
void control_client_say(struct control_client *client, enum frame_kind kind,
			const char *format, ...)
	__attribute__((format(printf, 3, 4)));
/** Each line of @text (which is changed; may be NULL) for the client's stderr,
 * without "jig: " before it: the client says that. */
void control_client_say_lines(struct control_client *client, char *text);
/** One line of JSON for its stdout; frees it. */
void control_client_tell(struct control_client *client, struct json *json);
/** All stops: what it waits for will not happen, and why. Its status is 1. */
void control_client_refuse(struct control_client *client);
/** Its exit status. */
void control_client_end(struct control_client *client, int status);

/* ----------------------------------------------------------------- select.c */

/** Before the name of a namespace, among the words of a client. No name of a
 * service has it. */
#define SELECT_NAMESPACE '='

/** Whether a word names a service, or a namespace of it. */
bool select_is_service(const struct service *service, const char *name);

/** "web": all of its instances; "web.2": that one; "w*": all that match; "=ns":
 * all of a namespace. */
bool select_is_named(const struct instance *instance, const char *name);

/** Whether it names an instance or a service, or matches one. */
bool select_has_name(const struct up *up, const char *name);

/** Answer that there is no such service, with the nearest one. */
void select_unknown(struct control_client *client, const char *name);

/** Whether all words after the first are such names; if not, answer so. */
bool select_are_names(struct control_client *client, char **words, int count);

/** Whether the words mean an instance. A pattern, and no name at all, do not
 * mean one that only starts by its name. */
bool select_is_meant(const struct instance *instance, char **words, int count);

/** Let the client wait for an instance. @return 0 or -ENOMEM. */
int select_await(struct control_client *client,
		 const struct instance *instance);

/** Act on each instance that the words mean, and wait for it. Without names all
 * are meant. A pattern, and no name, do not mean disabled ones. */
void select_each(struct control_client *client, char **words, int count,
		 void (*act)(struct instance *instance));

/* ------------------------------------------------------------------- path.c */

/**
 * The socket of the @number-th `jig up` (from 1 on) of a project's file.
 * @file  absolute.
 */
int control_path(const char *file, unsigned number, char *ret, size_t size);

#endif
