/* SPDX-License-Identifier: MIT */
/*
 * What the files of a keeper share. They call only upwards in this list:
 *
 *   client.c      a client as a value: its answer, its end
 *   signal.c      which processes a signal reaches
 *   flow.c        bytes between the job and its clients
 *   request.c     what a client requests
 *   connection.c  one connection of the job's socket
 *   keeper.c      opening, the record, the end (keeper.h)
 */
#ifndef JIG_JOB_KEEPER_PARTS_H
#define JIG_JOB_KEEPER_PARTS_H

#include "base/text/frame.h"
#include "job/keeper/keeper.h"

enum client_kind {
	CLIENT_ASKING, /* has sent no request yet */
	CLIENT_ATTACHED, /* a terminal */
	CLIENT_FOLLOWING, /* gets output */
	CLIENT_TYPING, /* sends input */
	CLIENT_WAITING, /* for the end of the job */
};

struct client {
	int fd;
	enum client_kind kind;
	bool raw; /* after the answer: bytes without frames, both ways */
	bool foreground; /* ends when the job is suspended, as fg does */
	bool read_only;
	bool stalled; /* takes nothing: the job does not wait for it */
	bool has_sent_all; /* and waits until the terminal has taken it */
	bool status_queued; /* the last frame */
	int status; /* to be sent after all output; -1: none yet */
	struct buffer in, out;
	size_t out_sent; /* of `out` */
	uint64_t at; /* position in the job's output */
	uint64_t until; /* limit of `at`; UINT64_MAX: none */
	uint64_t at_last_tick; /* `at` when the timer last ran */
	uint32_t events; /* in epoll */
	struct winsize size;
	struct client *next;
};

/* client.c */

/** Send this status after all output so far; then close the connection. */
void client_end(struct client *client, int status);

/** Send the reason, and end with status 1. */
void client_refuse(struct client *client, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** Write the number of attached terminals into the job's record. */
void client_count_terminals(struct keeper *keeper);

/** Close and free. The size of the job's terminal stays: flow_drop_client(). */
void client_free(struct keeper *keeper, struct client *client);

/* signal.c */

/**
 * Signal each process in the foreground of the job's terminal, pinned first; if
 * there is no such process, or no terminal, main's process group.
 * @return  0, or -EPERM: no process could be signalled.
 */
int signal_foreground(struct keeper *keeper, int signo);

/** Signal each process in the cage. */
void signal_all(struct keeper *keeper, int signo);

/** Whether this signal continues the job: SIGCONT; and, if the job is
 * suspended, SIGTERM and SIGHUP, which it could not handle otherwise (as bash's
 * kill). */
bool signal_wakes(const struct keeper *keeper, int signo);

/* flow.c */

/** Send as much as the socket takes. @return 0 or -errno: close it. */
int flow_send(struct keeper *keeper, struct client *client);

/** Send new output to each client. */
void flow_send_all(struct keeper *keeper);

/** client_free(), and the size of the terminal without this client. */
void flow_drop_client(struct keeper *keeper, struct client *client);

/** Queue input for the job's terminal, and write what the terminal takes. */
void flow_type(struct keeper *keeper, const char *bytes, size_t size);

/** Write queued input. */
void flow_write(struct keeper *keeper);

/** Whether more input can be queued. */
bool flow_has_room(const struct keeper *keeper);

/** The timer has run: a client that has taken nothing since is stalled. */
void flow_tick(struct keeper *keeper);

/** accept() has failed: do not try again before the timer runs. */
void flow_pause_accepting(struct keeper *keeper);

/** Register with epoll what each client waits for. */
void flow_watch(struct keeper *keeper);

/** Set the size of the job's terminal from the attached terminals. */
void flow_resize(struct keeper *keeper);

/** Make a full-screen program redraw: by two changes of the size, because many
 * programs ignore a SIGWINCH without a change. */
void flow_redraw(struct keeper *keeper);

/* request.c */

/** Handle a frame. @return 0, or -EBADMSG: close the connection. */
int request_take(struct keeper *keeper, struct client *client,
		 const struct frame *frame);

/* connection.c */

void connection_accept(struct keeper *keeper);

/** Read, answer, and free the client at its end: it may be invalid then. */
void connection_work(struct keeper *keeper, struct client *client,
		     uint32_t events);

#endif
