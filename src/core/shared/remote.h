/* SPDX-License-Identifier: MIT */
/*
 * A fixture on another machine: what its relay (src/via) and the guard tell
 * each other. Main is the relay there; it drives a `jig agent` through a
 * transport.
 *
 * Invariant: a packet is a plain value that its receiver has checked: texts
 * have an end, a report is one. No call blocks.
 *
 * Not here: the protocol of `jig agent` (src/via).
 */
#ifndef JIG_CORE_SHARED_REMOTE_H
#define JIG_CORE_SHARED_REMOTE_H

#include "base/fault.h"
#include "core/shared/report.h"
#include "net/names.h"

enum remote_kind {
	/* From the relay to the guard. */
	REMOTE_NAME = 1, /* `name`: as this side reaches it */
	REMOTE_MATCH, /* `text`: GROUP=TEXT of a probe */
	REMOTE_STARTED, /* `number`: main's pid there */
	REMOTE_READY, /* `us`: since the start */
	REMOTE_UNREADY, /* `text`: why it cannot become ready */
	REMOTE_UNHEALTHY, /* `text`: what a probe says */
	REMOTE_UNWRITTEN, /* `text`: why output is lost; also after the last */
	/* One of these is the last one. */
	REMOTE_REPORT, /* `report`: no process is left there, or it says so */
	REMOTE_REFUSED, /* `number`: -errno, `us`: a stage, `text` */
	REMOTE_STOPPED, /* before anything was started there */
	REMOTE_LOST, /* `text`: why nothing is known about it any more */
	/* From the guard to the relay. */
	REMOTE_STOP, /* `number`: the first signal; 0: the policy's */
	REMOTE_HURRY, /* the same; in a stop: begin its next step */
	REMOTE_SIGNAL, /* `number`: the signal; `us`: its target, on the board
			*/
};

struct remote_packet {
	uint32_t kind;
	int32_t number;
	int64_t us;
	union {
		char text[FAULT_SIZE];
		struct name name;
		struct jig_report report;
	};
};

/** What the guard knows of the other machine, in its plan. */
struct remote {
	int fd; /* to the relay; -1: closed */
	int relay; /* main's end; the guard closes it after the start */
	const char *via; /* for messages and the report */
	struct list *names; /* of struct name: gets those there */
	bool has_probes; /* --ready was given */
	pid_t main; /* there; 0: not started */
	uint32_t end; /* REMOTE_REPORT to REMOTE_LOST; 0: none has come */
	int error, stage; /* of REMOTE_REFUSED */
	char text[FAULT_SIZE]; /* of REMOTE_REFUSED and REMOTE_LOST */
	char unwritten[FAULT_SIZE]; /* of REMOTE_UNWRITTEN */
	struct jig_report report; /* of REMOTE_REPORT */
};

/**
 * Send it.
 * @return 0; -EPIPE the other process has gone; -EAGAIN it does not read; or
 *         -errno.
 */
int remote_send(int fd, const struct remote_packet *packet);

/**
 * Read one packet.
 * @return  its kind; 0 end of file; -EAGAIN there is none; -EBADMSG it is none
 *          of ours.
 */
int remote_receive(int fd, struct remote_packet *ret);

#endif
