/* SPDX-License-Identifier: MIT */
/* What the files of a keeper share. */
#ifndef JIG_JOB_KEEPER_PARTS_H
#define JIG_JOB_KEEPER_PARTS_H

#include "base/text/frame.h"
#include "job/keeper/keeper.h"

enum client_kind {
	CLIENT_ASKING, /* has not said yet what it wants */
	CLIENT_ATTACHED, /* a terminal */
	CLIENT_FOLLOWING, /* gets output */
	CLIENT_TYPING, /* gives input */
	CLIENT_WAITING, /* for the end */
};

struct client {
	int fd;
	enum client_kind kind;
	bool raw; /* after the answer: bytes without frames, both ways */
	bool foreground; /* leaves when the job is stopped, as fg does */
	bool read_only;
	bool stalled; /* it takes nothing: it does not hold the job up */
	bool said_all; /* and waits until the terminal has taken it */
	bool at_end; /* of what it says */
	int status; /* to be said when all was sent; -1: none yet */
	struct buffer in, out;
	size_t out_sent; /* of `out` */
	uint64_t at; /* of the job's output: what comes next */
	uint64_t until; /* and no further; UINT64_MAX */
	uint64_t seen_at; /* where it was when the timer last ran */
	uint32_t events; /* as epoll has them */
	struct winsize size;
	struct client *next;
};

/* client.c */

void client_accept(struct keeper *keeper);

/** Read, write, and free it when it is done with; it may be gone then. */
void client_work(struct keeper *keeper, struct client *client, uint32_t events);

/** Say this when all of the output before was sent; then it is done with. */
void client_leave(struct client *client, int status);

/** Say why, and that it is refused. */
void client_refuse(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

void client_free(struct keeper *keeper, struct client *client);

/* request.c */

/** A frame from a client. @return 0, or -EBADMSG: it is not to be served. */
int request_take(struct keeper *keeper, struct client *client,
		 const struct frame *frame);

/* signal.c */

/**
 * To who is in the foreground of its terminal, each of them pinned; where
 * nobody is, and without a terminal, to main's group.
 * @return  0, or -EPERM: to none of them.
 */
int signal_foreground(struct keeper *keeper, int signo);

/** To everybody in the cage. */
void signal_all(struct keeper *keeper, int signo);

/** Whether this signal continues the job: SIGCONT; and what asks a stopped one
 * to end, which it could not hear otherwise (as bash's kill does it). */
bool signal_wakes(const struct keeper *keeper, int signo);

/* flow.c */

/** Send what can be sent. @return 0 or -errno: it is gone. */
int flow_send(struct keeper *keeper, struct client *client);

/** Bytes of the job have come: send them to everybody who wants them. */
void flow_send_all(struct keeper *keeper);

/** Take what was typed; more waits until the terminal reads. */
void flow_type(struct keeper *keeper, const char *bytes, size_t size);

/** Write what was typed. */
void flow_write(struct keeper *keeper);

/** Whether more can be typed now. */
bool flow_has_room(const struct keeper *keeper);

/** The timer has run: who has taken nothing since does not count any more. */
void flow_tick(struct keeper *keeper);

/** Nobody can be accepted: not before the timer runs again. */
void flow_rest(struct keeper *keeper);

/** Tell epoll what each client waits for. */
void flow_watch(struct keeper *keeper);

/** The size of the job's terminal, by those who are attached. */
void flow_resize(struct keeper *keeper);

/** Have a full-screen program draw anew: by two changes of the size, since many
 * look whether it has really changed. */
void flow_redraw(struct keeper *keeper);

#endif
