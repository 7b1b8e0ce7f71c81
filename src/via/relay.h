/* SPDX-License-Identifier: MIT */
/*
 * The relay: the main process here of a fixture on another machine. It starts
 * `VIA jig agent`, has the fixture started there, and passes on what comes:
 * bytes in both directions, signals, and what the agent tells.
 *
 * Invariants
 *   1  No call blocks but poll(2): a reader that does not read, a transport
 * that hangs and a file system that does not answer delay no signal and no
 * stop. 2  The end of this process closes the transport's standard input: that
 * ends everything there. 3  The guard gets exactly one last packet
 * (core/shared/remote.h). It is a report only if the agent has sent one. 4 What
 * waits is bounded: output by the credit that the agent has, input by the
 * number of writes that are not answered.
 *
 * Each file calls only those that stand before it here, but for talk.c, whose
 * answers act on all:
 *
 *   order.c       what the guard has ordered
 *   report.c      a report, from its JSON
 *   transport.c   the child that leads there
 *   request.c     requests to the agent
 *   input.c       standard input, as requests
 *   output.c      standard output and error
 *   ending.c      the last packet to the guard, and the end
 *   push.c        a copy of jig for that machine
 *   talk.c        what the agent says
 *   stop.c        signals and stops
 *   relay.c       states, and the loop
 */
#ifndef JIG_VIA_RELAY_H
#define JIG_VIA_RELAY_H

#include "agent/wire/lines.h"
#include "base/text/json.h"
#include "base/text/json_reader.h"
#include "core/output/outlet.h"
#include "core/shared/board.h"
#include "core/shared/remote.h"
#include "proc/spawn.h"
#include "via/order.h"

enum relay_state {
	RELAY_OFFERING, /* whether jig is there; only with --via-push */
	RELAY_PUSHING, /* the copy is being sent, and read back */
	RELAY_GREETING, /* `initialize` was sent */
	RELAY_STARTING, /* `start` was sent */
	RELAY_RUNNING,
	RELAY_ENDED, /* the last packet was sent to the guard */
};

/** Writes that are not answered yet, and the bytes of each. */
#define RELAY_WRITES 8
#define RELAY_WRITE_SIZE 49152

struct relay_input {
	int fd; /* -1: at its end */
	bool is_terminal, is_socket;
	bool is_null; /* nothing comes from it */
	unsigned waiting; /* writes without an answer */
	int64_t again_us; /* a terminal whose background we are in */
};

struct relay_output {
	struct outlet outlet;
	struct buffer pending;
	bool is_gone; /* nothing reads it */
	int failure; /* -errno: bytes could not be written */
	bool is_told; /* to the guard */
};

struct relay {
	struct via_order order;
	enum relay_state state;
	int guard; /* socket; -1: the guard has gone */
	int signals; /* signalfd */

	struct spawned transport; /* pid 0: none, or reaped */
	int status; /* wait status of the transport; -1: not known */
	int to; /* its standard input; -1: closed */
	struct lines from; /* its standard output */
	struct buffer out; /* not yet written to it */
	size_t skipped; /* bytes before the first answer that are none */
	char seen[160]; /* the last of them, fit to print */

	struct buffer copy; /* of our program, for a push */
	size_t compared; /* bytes of it that were read back and are right */
	bool is_sent;

	bool is_new; /* the agent knows all that we may ask */
	bool was_ready, was_unready, was_unhealthy;
	unsigned asked, steps; /* stops, by packets and by signals */
	unsigned done; /* stops that were requested there */
	int first_signal; /* of the stop; 0: the policy's */
	int64_t deadline_us; /* of the state; -1: none */
	int64_t ping_us; /* when the next one is sent; -1: never */
	unsigned unanswered; /* pings in a row */

	struct relay_input input;
	struct relay_output outputs[2]; /* stdout, stderr */
	uint64_t credit; /* bytes of output that the agent may send */
	uint64_t owed; /* credit that was not sent yet */
	bool is_merged; /* stdout and stderr are one file here */

	uint32_t end; /* the kind of the last packet; 0: not sent */
	int64_t flush_us; /* output is given up then; -1: never */
	int64_t kill_us; /* the transport is ended then; -1: never */
};

/* report.c */

/** Of a value that is an object as docs/report.schema.json has it; what is
 * missing or wrong is unknown. @return 0, or -EINVAL it is no report. */
int via_report_read(const struct list *values, uint32_t object,
		    struct jig_report *ret);

/* transport.c */

/** A word for a shell: 'it'\''s'. @return  free() it; NULL: no memory. */
char *transport_quote(const char *word);
/** Start it, with jig behind it, or sh. @return 0 or -errno with the reason. */
int transport_start(struct relay *relay, struct fault *fault);
/** Reap it, if it has ended. */
void transport_look(struct relay *relay);
/** Why it has ended before jig answered. @return -errno with the reason. */
int transport_explain(const struct relay *relay, struct fault *fault);
/** The end: close its input; later SIGKILL. */
void transport_close(struct relay *relay);
void transport_kill(struct relay *relay);
/** By which address this side reaches that machine, or NULL. */
const char *transport_address(const struct relay *relay);

/* request.c */

/** Ids of the requests that get an answer. */
enum request_id {
	REQUEST_INITIALIZE = 1,
	REQUEST_START,
	REQUEST_PING,
	REQUEST_WRITE,
};

/** Begin a request; its parameters follow. @id  0: no answer is wanted. */
void request_begin(struct json *json, const char *method, int id);
/** Queue it. Frees @json. */
void request_send(struct relay *relay, struct json *json);
void request_initialize(struct relay *relay);
void request_start(struct relay *relay);
void request_signal(struct relay *relay, int signo, bool to_all);
void request_stop(struct relay *relay, int signo, bool hurries);
void request_credit(struct relay *relay, uint64_t bytes);
void request_ping(struct relay *relay, int64_t keep_alive_us);
/** Write what the transport takes. */
void request_flush(struct relay *relay);

/* input.c */

void input_begin(struct relay_input *input);
/** What poll(2) is to watch, and when to look again. */
int relay_input_watch(struct relay *relay, int64_t *ret_until_us);
void relay_input_read(struct relay *relay);
void relay_input_close(struct relay_input *input);
/** A write was answered. @failed  the command reads no more. */
void relay_input_answered(struct relay *relay, bool failed);

/* output.c */

int relay_output_begin(struct relay *relay);
/** @return whether the agent had the credit for it. */
bool relay_output_add(struct relay *relay, int stream,
		      const struct buffer *bytes);
/** Write what there is room for. */
void relay_output_write(struct relay *relay);
/** Whether all was written, or nothing reads it. */
bool relay_output_is_done(struct relay *relay);
void relay_output_end(struct relay *relay);
/** Why bytes could not be written, though there may be a reader. @return 0 or
 * -errno. */
int relay_output_failure(const struct relay *relay, int stream);

/* ending.c */

/** Send a packet that is not the last one. */
void relay_tell(struct relay *relay, struct remote_packet *packet);
void relay_tell_text(struct relay *relay, enum remote_kind kind,
		     const char *text);
/** That output could not be written, once. */
void relay_tell_unwritten(struct relay *relay);
/** The last packet. Only the first one counts. */
void relay_end_report(struct relay *relay, const struct jig_report *report);
void relay_end_refused(struct relay *relay, int error, int stage,
		       const char *text);
/** What we have sent has come back. */
void relay_end_terminal(struct relay *relay);
void relay_end_stopped(struct relay *relay);
void relay_end_lost(struct relay *relay, const char *text);

/* push.c */

/** The copy. @return 0 or -errno with the reason. */
int push_begin(struct relay *relay, struct fault *fault);
/** Send the script that takes it, for sh(1). */
void push_offer(struct relay *relay);
/** A line of the script. @return whether it was one. */
bool push_take_line(struct relay *relay, const char *line);
/** Read the copy back. */
void push_compare(struct relay *relay);

/* talk.c */

/** Act on what has come from the transport. */
void talk_read(struct relay *relay);

/* stop.c */

void relay_read_signals(struct relay *relay);
void relay_read_guard(struct relay *relay);
/** Request the stops there that were requested here. */
void relay_pass_stops(struct relay *relay);

/* relay.c */

/** `jig --via-relay`. @return the exit status. */
int relay_main(void);

#endif
