/* SPDX-License-Identifier: MIT */
/*
 * `jig agent`: fixtures for a program that speaks JSON-RPC over a pair of
 * pipes. jig-agent(7) is the protocol.
 *
 * Invariants:
 *   1. When standard input has ended, or standard output has no reader, every
 *      fixture is stopped, and the agent exits when all have ended.
 *   2. No call waits for the client, nor for the command of one fixture: a
 *      start is begun here, and its result is an event.
 *   3. Memory is bounded: output and requests wait while the queue is full.
 *   4. The answer to a start comes before every notification about its
 *      fixture, and `ended` is the last one.
 *
 * One header for all files of the folder, since they all work on these structs.
 * Each file calls only those that stand before it here:
 *
 *   error_name.c  "ENOENT"
 *   answer.c      answers and errors, as JSON-RPC or as a tool's result
 *   params.c      the parameters of a request
 *   recipe.c      what to start, from parameters; recipe_fields.c: the options
 *   wait.c        requests that are answered later
 *   written.c     what a fixture writes; tap.c: reading it
 *   inlet.c      what is written to a fixture
 *   served_end.c  the end of a fixture; served.c: its states and events
 *   methods.c     a request about one fixture; look.c: those that only look
 *   session.c     a request about the session
 *   tools.c       the same for --mcp
 *   request.c     a line from the client
 *   agent.c       the loop, and the end of all
 *   command.c     the command
 *
 * Not here: fixtures themselves (include/jig.h), the bytes (agent/wire), the
 * texts of notifications (event).
 */
#ifndef JIG_AGENT_AGENT_H
#define JIG_AGENT_AGENT_H

#include <jig.h>
#include <sys/ioctl.h>
#include <sys/resource.h>

#include "agent/wire/lines.h"
#include "agent/wire/poller.h"
#include "agent/wire/queue.h"
#include "base/fault.h"
#include "base/file/pty.h"
#include "base/text/json.h"
#include "base/text/json_reader.h"
#include "base/text/words.h"
#include "core/output/ring.h"
#include "core/shared/asked.h"

/** The version of the protocol; jig-agent(7) has the rule. */
#define AGENT_PROTOCOL 1

struct agent {
	bool is_mcp; /* --mcp */
	bool is_initialized;
	bool is_ending; /* all are being stopped */
	int64_t keep_alive_us; /* end without a line for this time; 0: never */
	int64_t line_us; /* when the last line came, on clock_us() */
	struct rlimit files; /* RLIMIT_NOFILE before we raised it */
	struct poller poller;
	struct lines lines;
	struct polled input; /* standard input */
	struct queue queue;
	struct polled room; /* standard output */
	int signals; /* signalfd */
	struct polled signalled;
	struct asked asked;
	struct list all; /* of struct served *, in order of their start */
	struct list graves; /* of struct served *: freed after the round */
	unsigned count; /* for names that we give */
	unsigned waits; /* requests that wait for an answer */
	bool is_starved; /* output waits for room in the queue */
	int64_t look_us; /* when all fixtures are looked at; -1: never */
	struct list shutdowns; /* of struct reply: answered at the end */
	bool has_survivors;
};

/* error_name.c */

/** "ENOENT"; "E99" for what has no name here. @buffer  for that. */
const char *error_name(int error, char buffer[16]);

/* ---------------------------------------------------------------- answer.c */

/** Whom to answer. */
struct reply {
	char *id; /* as JSON; NULL: a notification, which gets no answer */
	bool is_tool; /* of tools/call */
};

enum answer_code {
	ANSWER_NO_JSON = -32700,
	ANSWER_NO_REQUEST = -32600,
	ANSWER_NO_METHOD = -32601,
	ANSWER_PARAMS = -32602, /* with `field` */
	ANSWER_FAILED = -32000, /* with `error`: of libjig or the system */
	ANSWER_NOT_YET = -32002, /* `initialize` comes first */
};

/** Why a request is refused. */
struct refusal {
	enum answer_code code;
	int error; /* -errno, or 0 */
	char field[64]; /* the parameter, or "" */
	struct fault fault;
};

void reply_free(struct reply *reply);

/** An empty object to fill with the result. */
struct json answer_begin(void);
/** Send it; frees @json and @reply. */
void answer_end(struct agent *agent, struct reply *reply, struct json *json);
/** The result {}. */
void answer_done(struct agent *agent, struct reply *reply);
void answer_refuse(struct agent *agent, struct reply *reply,
		   const struct refusal *refusal);
/** The same for -errno. @text  NULL: that of the errno. */
void answer_failed(struct agent *agent, struct reply *reply, int error,
		   const char *text);
/** For a tool: more lines than a refusal has. */
void answer_tool_error(struct agent *agent, struct reply *reply,
		       const struct buffer *text);
/** Send a notification. Frees @json. */
void agent_tell(struct agent *agent, struct json *json);

/* ---------------------------------------------------------------- params.c */

/** The parameters of a request: an object, whose fields are all known. */
struct params {
	const struct list *values;
	uint32_t object; /* 0: none were given */
	struct refusal *refusal;
};

/** "FIELD: WHY"; returns -EINVAL. */
int params_wrong(const struct params *params, const char *field,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/** Refuse every field that is not among the names that @next gives: called with
 * 0, 1, … until it returns NULL. */
int params_check(const struct params *params,
		 const char *(*next)(size_t index, const void *table),
		 const void *table);
/** Such a function, for a table that ends with NULL; NULL: an empty one. */
const char *params_next_name(size_t index, const void *table);

/** The value of a field, or NULL: it is not given, or null. */
const struct json_item *params_at(const struct params *params,
				  const char *field);

/* @return 1; 0: it is not given, and @ret is untouched; or -EINVAL. */
int params_text(const struct params *params, const char *field,
		const char **ret);
int params_bool(const struct params *params, const char *field, bool *ret);
int params_number(const struct params *params, const char *field, uint64_t max,
		  uint64_t *ret);
/** A string such as "1.5s", or a number of seconds. */
int params_time(const struct params *params, const char *field,
		int64_t *ret_us);
/** A word of a list. */
int params_word(const struct params *params, const char *field,
		const struct words *words, int *ret);
/** "rows" and "columns" of a terminal. */
int params_size(const struct params *params, struct winsize *ret);

/* ---------------------------------------------------------------- recipe.c */

enum recipe_output { RECIPE_EVENTS, RECIPE_CAPTURE, RECIPE_OFF };
enum recipe_stderr { RECIPE_SEPARATE, RECIPE_MERGE, RECIPE_NO_STDERR };

/** What to start. The texts are its own. */
struct recipe {
	struct list texts; /* of char * */
	struct list argv, env, options; /* of char *, ended with NULL */
	const char *shell; /* or NULL: argv */
	bool clear_env;
	enum jig_group group;
	bool has_input; /* stdin is a pipe */
	bool has_terminal;
	struct winsize size; /* of the terminal */
	enum recipe_output output;
	enum recipe_stderr err;
	bool is_base64;
	int64_t credit; /* bytes of output to send; -1: no limit */
	size_t ring_size;
};

/** For params_check(): the fields of a recipe. */
const char *recipe_next_field(size_t index, const void *table);

/** Read a recipe. @return 0, or -EINVAL or -ENOMEM with the refusal. */
int recipe_read(const struct params *params, struct recipe *ret);
void recipe_free(struct recipe *recipe);

/** recipe_fields.c: those that are options of `jig run`. */
int recipe_read_options(const struct params *params, struct recipe *recipe);
/** Append a copy that the recipe owns. @return 0 or -ENOMEM. */
int recipe_add(struct recipe *recipe, struct list *list, const char *text);

/** Start it. @return 0 or -errno with the reason. */
int recipe_begin(const struct agent *agent, const struct recipe *recipe,
		 struct pty *pty, struct jig **ret, struct fault *fault);

/* ---------------------------------------------------------------- written.c */

enum written_stream { WRITTEN_OUT, WRITTEN_ERR };

/** Parts of one stream in a row that are stored. */
#define WRITTEN_PARTS 256

/** What a fixture has written: the last bytes of it. */
struct written {
	struct ring *ring; /* NULL: nothing so far */
	bool is_told; /* as notifications */
	bool is_base64;
	uint64_t sent; /* bytes that were sent, or are lost */
	uint64_t lost; /* of them: since the last notification */
	uint64_t all_lost;
	int64_t credit; /* bytes that may be sent; -1: no limit */
	struct written_part {
		uint64_t end; /* in bytes of the ring */
		enum written_stream stream;
	} parts[WRITTEN_PARTS];
	unsigned first, count;
};

/** Keep bytes. @return 0 or -ENOMEM. */
int written_add(struct written *written, const struct recipe *recipe,
		enum written_stream stream, const char *bytes, size_t size);
/** Whether there is more to send; and whether there is credit for it. */
bool written_is_unsent(const struct written *written);
bool written_may_send(const struct written *written);
/** Make one notification. */
void written_next(struct written *written, const char *fixture,
		  struct json *ret);
void written_free(struct written *written);

/** Bytes at the end of a text that begin a character, and are not all of it. */
size_t written_partial(const char *text, size_t size);

/* ------------------------------------------------------------------ served */

enum served_state {
	SERVED_STARTING,
	SERVED_RUNNING,
	SERVED_READY,
	SERVED_STOPPING,
	SERVED_ENDED,
};

extern const struct words served_words;

/** A stream of a fixture that is read. */
struct tap {
	struct served *served;
	struct polled polled;
	int fd; /* -1: at its end; a terminal's belongs to `pty` */
	enum written_stream stream;
	char partial[4]; /* the beginning of a character */
	size_t partial_size;
};

/** What is to be written to a fixture. */
struct inlet {
	struct polled polled;
	int fd; /* of the pipe, or of `pty`; -1: closed */
	bool is_closing; /* after the last byte */
	struct buffer text;
	uint64_t written; /* bytes in all */
	struct list writes; /* of struct typed: not yet answered */
};

struct typed {
	struct reply reply;
	uint64_t end; /* answered when so many bytes are written */
};

/** A request that waits. */
struct waiter {
	struct reply reply;
	enum waiter_until {
		WAIT_STARTED,
		WAIT_READY,
		WAIT_ENDED,
	} until;
	int64_t deadline_us; /* on clock_us(); -1: none */
};

struct served {
	struct agent *agent;
	char *name;
	enum served_state state;
	struct recipe recipe;
	struct jig *fixture; /* NULL: never started, or freed */
	bool was_executed; /* this start */
	bool was_answered; /* a start: then notifications may be sent */
	bool is_unready, is_unwell; /* that was told */
	bool was_known; /* a start has succeeded */
	bool is_forgotten; /* its name is free */
	bool restarts; /* when it has ended */
	bool has_told_end;
	pid_t pid;
	char problem[FAULT_SIZE];
	struct polled news, leaving; /* of jig_fd(); of the guard's end */
	struct pty pty;
	struct tap taps[2];
	struct written written;
	struct inlet inlet;
	struct list waiters; /* of struct waiter */
	struct buffer report; /* JSON, after the end */
	int code; /* -1: not known */
	uint64_t log_lost; /* as jig_output_lost(), after the end */
};

/* wait.c */

/** Keep a request. @return 0; -EAGAIN there are too many; -ENOMEM. */
int wait_add(struct served *served, struct reply *reply,
	     enum waiter_until until, int64_t timeout_us);
/** Answer those whose event has come. */
void wait_answer(struct served *served);
/** Refuse those that wait for the start, or for an event that cannot come. */
void wait_fail(struct served *served, enum waiter_until until, int error,
	       const char *text);
/** Refuse those whose time is over. @return the next deadline, or -1. */
int64_t wait_look(struct served *served);
/** "state", "pid", "addresses", … of a fixture, into an object. */
void served_describe(const struct served *served, struct json *json);

/* tap.c */

/** Begin to read what the fixture writes. @return 0 or -errno. */
int taps_begin(struct served *served);
/** The fixture has ended: read the rest, and close. */
void taps_finish(struct served *served);
/** Send what can be sent. */
void written_pump(struct served *served);

/* inlet.c */

/** @return 0 or -errno. */
int inlet_begin(struct served *served);
/** Write, and answer when all is written. @return 0; or -errno, and @reply is
 * the caller's. */
int inlet_add(struct served *served, struct reply *reply, const char *text,
	      size_t size, bool closes);
/** It has ended: refuse what was not written. */
void inlet_end(struct served *served);

/* served_end.c */

/** Look at all fixtures at this time (clock_us()), or earlier. */
void agent_look_at(struct agent *agent, int64_t us);
/** The same in the interval of a stop. */
void agent_look_soon(struct agent *agent);

/** "state": it has changed. */
void served_tell_state(struct served *served, enum served_state state);
/** It has ended (@error 0 or -errno, with the reason): close all, and answer.
 */
void served_end(struct served *served, int error, const char *text);
/** It could not be started: the same, and forget it. */
void served_fail(struct served *served, int error, const char *text);
/** `ended`, when all output was sent. */
void served_tell_end(struct served *served);
/** Whether it has ended, and nothing of it is left to tell or to free. */
bool served_is_over(const struct served *served);
/** Its name is free from now on; it is freed when it is over. */
void served_forget(struct served *served);
void served_free(struct served *served);

/* served.c */

struct served *served_find(const struct agent *agent, const char *name);
/** A new one; the recipe is its own. @return NULL: no memory. */
struct served *served_new(struct agent *agent, const char *name,
			  struct recipe *recipe);
/** Begin the start. @return 0 or -errno with the reason. */
int served_begin(struct served *served, struct fault *fault);
/** Begin a stop, or with @hurries its next step. */
void served_stop(struct served *served, bool hurries);
/** Look for news that make nothing readable. */
void served_look(struct served *served);

/** Something may have happened to it. */
void served_news(struct served *served);

/* ---------------------------------------------------------------- requests */

struct call {
	struct reply reply;
	struct params params;
	struct refusal refusal;
};

struct method {
	const char *name;
	void (*run)(struct agent *agent, struct call *call);
	const char *const *fields; /* that it knows; NULL: none */
};

/** Each ends with a NULL name. */
extern const struct method fixture_methods[], look_methods[], session_methods[];

/** The fixture that a request names, or NULL after an answer. */
struct served *call_fixture(struct agent *agent, struct call *call);
/** Answer with call->refusal. */
void call_refuse(struct agent *agent, struct call *call);
/** Call a method of these tables; its fields are checked. */
bool call_method(struct agent *agent, struct call *call, const char *name);

/** tools.c: a request of --mcp. @return false: there is no such method. */
bool tools_call(struct agent *agent, struct call *call, const char *name);

/* request.c */

/** Act on a line. */
void request_take_line(struct agent *agent, char *line, size_t size);
void request_skip_line(struct agent *agent);

/* agent.c */

/** Stop all, and exit when all have ended. */
void agent_end(struct agent *agent, const char *why);
/** Serve until the end. @return the exit status, or -errno with the reason. */
int agent_run(struct agent *agent, struct fault *fault);

extern const struct command command_agent;

#endif
