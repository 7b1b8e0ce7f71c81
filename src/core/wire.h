/* SPDX-License-Identifier: MIT */
/*
 * Messages between supervisor, guard and a libjig host.
 *
 * Invariant: one message is one packet of a SOCK_SEQPACKET socket pair, so none
 * is ever torn; a receiver checks size, version and every value before use.
 * Sender and receiver are the same machine, so values are in its byte order.
 *
 * Upwards:   STARTED (with the main's pidfd), FAILED, STOPPED, CONTINUED,
 *            MAIN_ENDED, ENDED; and from the guard NAME, RING (with its memfd),
 * WAITING, READY, MATCH, UNREADY, UNHEALTHY. Downwards: SIGNAL, STOP, SUSPEND,
 * RESUME.
 */
#ifndef JIG_CORE_WIRE_H
#define JIG_CORE_WIRE_H

#include <stdint.h>

#include "base/fault.h"
#include "core/report.h"

/** Changes with every change of a message. */
#define WIRE_VERSION 0x4a490005U

enum wire_type {
	WIRE_STARTED = 1, /* value: main's pid as the sender numbers it */
	WIRE_FAILED, /* value: -errno; text: why; target: enum
			spawn_stage, or WIRE_NO_STAGE */
	WIRE_STOPPED, /* value: main was stopped by this signal; target: how
			 many RESUMEs had come by then */
	WIRE_MAIN_ENDED, /* value: its wait(2) status; target: 1 in a stop;
			    for who waits for it */
	WIRE_ENDED, /* report */
	WIRE_SIGNAL, /* value: signal; target: enum jig_target, or
			WIRE_TARGET_GROUP */
	WIRE_STOP, /* value: first signal, 0 for the policy's;
		      target: enum jig_reason */
	WIRE_SUSPEND, /* stop everybody, as for Ctrl-Z */
	WIRE_RESUME, /* target: how many of them there were */
	WIRE_NAME, /* text: "NAME=ADDRESS"; value: its port; target: its fd */
	WIRE_RING, /* the output's, before STARTED */
	WIRE_WAITING, /* text: for what */
	WIRE_MATCH, /* text: "GROUP=what it matched" */
	WIRE_READY, /* value, target: after so many s and µs */
	WIRE_UNREADY, /* value: -errno; text: why it never will be */
	WIRE_UNHEALTHY, /* the same, of one that was ready */
	WIRE_CONTINUED, /* main runs again */
};

#define WIRE_LAST WIRE_CONTINUED

/** Main's process group. */
#define WIRE_TARGET_GROUP 2

/** The failure was ours, before the spawn. */
#define WIRE_NO_STAGE (-1)

struct wire {
	uint32_t version;
	uint32_t type;
	int32_t value;
	int32_t target;
	union {
		char text[FAULT_SIZE];
		struct jig_report report;
	};
};

/**
 * Check a packet of @size bytes. Pure.
 * @return  0, or -EBADMSG.
 */
int wire_check(const struct wire *wire, size_t size);

/** How many bytes of the message are sent. */
size_t wire_size(const struct wire *wire);

/**
 * Send; never blocks and never raises SIGPIPE.
 * @pidfd  passed with it; -1 for none.
 * @return  0 or -errno (-EPIPE: the other end is gone).
 */
int wire_send(int socket, struct wire *wire, int pidfd);

/** Send a message with a text, cut to what fits. */
int wire_say(int socket, enum wire_type type, int value, int target,
	     const char *text);

/** Send a message that has neither text nor report. */
int wire_tell(int socket, enum wire_type type, int value, int target,
	      int pidfd);

/**
 * Receive one message; does not block. *ret is written in any case.
 * @ret_pidfd  the descriptor that came with it, or -1; the caller closes it.
 * @return  1; 0 when the other end is gone; -EAGAIN; -EBADMSG; or -errno.
 */
int wire_receive(int socket, struct wire *ret, int *ret_pidfd);

#endif
