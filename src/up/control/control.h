/* SPDX-License-Identifier: MIT */
/*
 * The socket of a running `jig up`, and who talks to it.
 *
 * It lies in our runtime directory (base/runtime_dir.h), mode 0600, and is
 * named after the project's file, so that `jig ps` in the same directory finds
 * it. A second `jig up` of the same file is refused; with --force-new it has
 * another number behind the name. Peers
 * are checked: only our own user and root may say something.
 *
 * What is said are frames (base/text/frame.h): words in, text and a status out.
 *
 *   control.c           the socket, its clients, their bytes
 *   commands.c          what the words do
 *   ps.c                one of them: `jig ps`
 *   lock.c              who lives
 *   client.c            the other side
 *   path.c              where the socket is
 *   lock.c              whether somebody lives there
 */
#ifndef JIG_UP_CONTROL_CONTROL_H
#define JIG_UP_CONTROL_CONTROL_H

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>

#include "base/text/frame.h"
#include "up/engine/up.h"

struct client;

/** Exit status for "none of mine has that name": another `up` may. */
#define CONTROL_NOT_MINE 127

/* ----------------------------------------------------------------- lock.c */

/**
 * Wait for our turn to claim a name. Without turns, of two that start at the
 * same instant, each could take the other's lock for that of a running one.
 * @return  a descriptor; to close it ends the turn; or -errno.
 */
int control_turn(void);

/** Lock the file beside a socket and write our pid into it; in our turn.
 * @return a descriptor; -EBUSY it is another one's; -errno. */
int control_lock(const char *path);

/** The holder of a lock, as written in the file. */
struct control_holder {
	pid_t pid; /* 0: unknown, or of another pid namespace */
	time_t since; /* 0: unknown */
};

/** In our turn. @return whether a process holds it. */
bool control_is_held(const char *path, struct control_holder *ret);

/** If the `jig up` of this socket is stopped (SIGSTOP, Ctrl-Z): continue it. */
void control_continue(const char *path);

/** Remove both names, then let go of the lock. */
void control_unlock(const char *path, int fd);

/** Remove the sockets of those who could not do it themselves. */
void control_clear_stale(void);

/** As many may run of one file at a time. */
#define CONTROL_MAX 16
/** Room for a path: as long as a socket's may be. */
#define CONTROL_PATH 128

/** @return 0; -EEXIST one of the same file runs; or -errno; with the reason. */
int control_open(struct up *up, struct control **ret, struct fault *fault);

/**
 * After each round: answer clients that wait. NULL is allowed.
 * @accepts  accept new clients. Until then they wait, so that what `jig ps`
 *           shows and `jig stop` ends has been executed.
 */
void control_step(struct control *control, bool accepts);

/** Remove the socket, tell who still waits. NULL is allowed. */
void control_close(struct control *control);

/* --------------------------------------------------- for commands.c alone */

/** What a client has asked for and waits for. */
struct waiting {
	bool for_ready; /* else for their end */
	bool for_all; /* `down`: we end, and that is the answer */
	struct list names; /* of char *: instances, ours */
};

struct client {
	struct control *control;
	int fd;
	bool has_asked; /* one command a connection */
	bool is_waiting;
	bool is_done; /* its status stands in `out`; closed once written */
	struct waiting waiting;
	struct attached *attached;
	int follower; /* of output_follow(), or -1 */
	struct buffer in, out;
	size_t written; /* of `out` */
	size_t most; /* may wait in `out`; with more it is given up */
	struct watch *watch;
	struct client *next;
};

struct control {
	struct up *up;
	int fd, lock;
	char path[CONTROL_PATH];
	struct watch *watch;
	struct alarm pause; /* there was no descriptor for a client */
	struct client *clients;
};

/** Do what the words say. Answers at once, or sets is_waiting. */
void control_command(struct client *client, char **words, int count);

/** The command `ps`. */
void control_ps(struct client *client, char **words, int count);

/** Whether what it waits for is there; answers it then. */
void control_look(struct client *client);

/** A frame that an attached terminal has sent. */
void control_typed(struct client *client, const struct frame *frame);

/** One line for the client's stdout or stderr, without controls. */
void client_say(struct client *client, enum frame_kind kind, const char *format,
		...) __attribute__((format(printf, 3, 4)));
/** Its exit status. */
void client_end(struct client *client, int status);

/* ----------------------------------------------------------------- path.c */

/**
 * Where the @number-th `jig up` (from 1 on) of a project's file has its socket.
 * @file  absolute.
 */
int control_path(const char *file, unsigned number, char *ret, size_t size);

#endif
