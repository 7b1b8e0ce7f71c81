/* SPDX-License-Identifier: MIT */
/*
 * The parts of an output, for the files of this folder and their tests only.
 *
 *   output.c   opening, flushing, time, closing
 *   logs.c     the log files
 *   lines.c    bytes of a stream become lines
 *   write.c    one line goes to stdout or stderr, logs, backlog, followers
 *   prefix.c   "HH:MM:SS web.1 | " and its colour
 *   json.c     a line as an object
 *   past.c     the backlog and followers
 *   events.c   --events
 *
 * output.c, lines.c and logs.c call each other: each line goes to log files,
 * and the failure of a log file is a line (output_say()).
 *
 * Invariant: a line is complete before write_line() gets it, and only write.c
 * writes lines to sinks.
 *
 * What does not belong here: functions that the engine calls (output.h).
 */
#ifndef JIG_UP_OUTPUT_PARTS_H
#define JIG_UP_OUTPUT_PARTS_H

#include <time.h>

#include "event/queue.h"
#include "up/output/backlog.h"
#include "up/output/log_outlet.h"
#include "up/output/output.h"
#include "up/output/sink.h"

#define LINE_MAX_SIZE ((size_t)65536)
#define PREFIX_SIZE 256
#define NAME_WIDTH_MAX 64 /* a longer name has a longer prefix */
#define BACKLOG_DEFAULT ((size_t)256 << 10)
#define PROMPT_US ((int64_t)200000)

/** What stands before each line; made again when the second or width changes.
 */
struct prefix {
	char plain[PREFIX_SIZE], coloured[PREFIX_SIZE];
	size_t plain_size, coloured_size;
	uint64_t made; /* output.prefixes at that time; 0: never */
};

/** Data of an instance's name; it stays after the end of its streams. */
struct instance_output {
	char *name;
	char *shown; /* without control characters */
	unsigned colour; /* an index, by the order of the names' arrival */
	struct prefix prefix;
	struct backlog backlog;
};

struct follower {
	int handle;
	char *name; /* NULL: all */
	void (*line)(void *context, const char *name, const char *text,
		     size_t size);
	void *context;
};

/** Where events are written to. */
struct events {
	struct queue queue; /* QUEUE_NONE: nowhere */
	uint64_t lost; /* since the last line: its reader is too slow */
};

struct output {
	struct output_settings settings;
	struct events events;
	char *log_dir;
	struct sink out, err;
	struct writer out_writer, err_writer; /* if a write may block */
	bool is_same; /* out and err are one file: all goes to out */
	bool out_is_coloured, err_is_coloured; /* the prefixes */

	struct list instances; /* of struct instance_output * */
	struct list streams; /* of struct stream * */
	struct list logs; /* of struct log_outlet * */
	struct list followers; /* of struct follower */
	int last_handle;

	size_t width; /* of the longest name */
	time_t second; /* of clock */
	char clock[sizeof("HH:MM:SS ")];
	char stamp[sizeof("YYYY-MM-DD HH:MM:SS ")]; /* of log files */
	uint64_t prefixes; /* grows when all prefixes must be made again */
	int64_t wall_us; /* time of the current bytes */

	uint64_t lines; /* the number of the next one */
	struct buffer json; /* the current line */
	struct buffer plain; /* the same, for followers */
	const struct stream
		*shown; /* its partial line ends the terminal's text */
	struct sink *shown_on;
	uint64_t told; /* lost lines that are reported on stdout */
	uint64_t lost_before; /* lines, of log files that are closed */
};

/** The log files of a stream. */
enum { LOG_OWN, LOG_IN_DIR, LOG_COUNT };

struct stream {
	struct output *output;
	struct instance_output *instance;
	struct sink *sink;
	bool is_err, is_own; /* is_own: messages of jig */
	bool is_coloured;
	bool is_muted; /* only for logs, backlog and followers */
	struct log_outlet *logs[LOG_COUNT]; /* or NULL */
	struct buffer partial; /* the line that is not complete yet */
	size_t shown; /* bytes of it that stand on the terminal */
	int64_t since_us; /* clock_us() of its last bytes */
};

/* prefix.c */

/** Read the clock: once for all lines of one read(2). */
void prefix_tick(struct output *output);
/** The prefix, made again if necessary. */
const struct prefix *prefix_of(struct output *output,
			       struct instance_output *instance);
/** Whether prefixes on @sink are coloured. */
bool prefix_is_coloured(enum output_colour colour, const struct sink *sink);

/* write.c */

/** One whole line, without its newline. */
void write_line(struct stream *stream, const char *line, size_t size);
/** A partial line, without a newline; only on a terminal. */
void write_partial(struct stream *stream);

/* json.c */

void json_line(struct output *output, const struct stream *stream,
	       const char *line, size_t size);

/* past.c */

/** A line as it stands on stdout, without colours. */
void past_add(struct output *output, struct instance_output *instance,
	      const struct iovec *pieces, size_t count);
void past_free(struct output *output);

/* events.c */

/** @to  of queue_open_to(); NULL: no events. @return 0, -errno. */
int events_open(const char *to, struct events *events, struct fault *fault);
/** A descriptor that it waits to write to, or -1. */
int events_waits(const struct events *events);
/** Whether the file has all of them, or takes no more. */
bool events_are_written(struct events *events);
void events_flush(struct events *events);
void events_close(struct events *events, int64_t until_us);

/* output.c */

/** Find or make the one of that name; NULL if memory is short. */
struct instance_output *output_instance(struct output *output,
					const char *name);
/** Report a child that could not be killed. @pid  0: none. */
void output_say_abandoned(struct output *output, pid_t pid);

/* logs.c */

/** Find or open the log of that path. */
int output_log(struct output *output, const struct log_file *file,
	       struct log_outlet **ret, struct fault *fault);
/** Accepts NULL. */
void output_unlog(struct log_outlet *log);
void logs_flush(struct output *output, int64_t now_us);
/** List the descriptors that logs wait to write to. @return 0 or -ENOMEM. */
int logs_wanted(const struct output *output, struct list *ret);
/** Whether the children have taken all lines. */
bool logs_are_idle(const struct output *output);
/** When to call logs_flush() again; -1: not needed. */
int64_t logs_due(const struct output *output, int64_t now_us);
/** End the logs that no stream uses. */
void logs_tidy(struct output *output);
/** End all; report the lines that they lack. */
void logs_close(struct output *output, int64_t until_us);
uint64_t logs_lost(const struct output *output);

#endif
