/* SPDX-License-Identifier: MIT */
/*
 * The parts of an output, for up/output and its tests only.
 *
 *   output.c         opening, flushing, time, closing
 *   logs.c           the log files
 *   lines.c          bytes of a stream become lines
 *   write.c          one line goes to all that want it
 *   prefix.c         "HH:MM:SS web.1 | " and its colour
 *   json.c           a line as an object
 *   past.c           the backlog and followers
 */
#ifndef JIG_UP_OUTPUT_PARTS_H
#define JIG_UP_OUTPUT_PARTS_H

#include <time.h>

#include "up/output/backlog.h"
#include "up/output/log_outlet.h"
#include "up/output/output.h"
#include "up/output/sink.h"

#define LINE_MAX_SIZE ((size_t)65536)
#define PREFIX_SIZE 256
#define NAME_WIDTH_MAX 64 /* a longer name sticks out */
#define BACKLOG_DEFAULT ((size_t)256 << 10)
#define PROMPT_US ((int64_t)200000)

/** What stands before each line; rendered when the second or width changes. */
struct prefix {
	char plain[PREFIX_SIZE], coloured[PREFIX_SIZE];
	size_t plain_size, coloured_size;
	uint64_t made; /* output.prefixes, then; 0: never */
};

/** All that is kept of a name; it stays when its streams have ended. */
struct instance_output {
	char *name;
	char *shown; /* without controls */
	unsigned colour; /* an index, by the order in which names came */
	struct prefix prefix;
	struct backlog backlog;
};

struct follower {
	int handle;
	char *name; /* NULL: all */
	void (*line)(void *context, const char *text, size_t size);
	void *context;
};

struct output {
	struct output_settings settings;
	char *log_dir;
	struct sink out, err;
	struct writer writers[2]; /* of out, of err, where they may block */
	bool is_same; /* err is the very file that out is: all goes to out */
	bool is_coloured[2]; /* stdout's prefixes, stderr's */

	struct list instances; /* of struct instance_output * */
	struct list streams; /* of struct stream * */
	struct list logs; /* of struct log_outlet * */
	struct list followers; /* of struct follower */
	int last_handle;

	size_t width; /* of the longest name */
	time_t second; /* that clock shows */
	char clock[sizeof("HH:MM:SS ")];
	char stamp[sizeof("YYYY-MM-DD HH:MM:SS ")]; /* of log files */
	uint64_t prefixes; /* counts what makes all prefixes anew */
	int64_t wall_us; /* of the bytes that are looked at */

	uint64_t lines; /* numbers them */
	struct buffer json; /* the line in hand */
	struct buffer plain; /* the same, for followers */
	const struct stream *shown; /* whose partial line ends the terminal */
	struct sink *shown_on;
	uint64_t told; /* lost lines that stdout was told of */
	uint64_t lost_before; /* lines, of log files that are closed */
};

struct stream {
	struct output *output;
	struct instance_output *instance;
	struct sink *sink;
	bool is_err, is_own; /* is_own: jig itself speaks */
	bool is_coloured;
	struct log_outlet *logs[2]; /* its own, and log_dir's; or NULL */
	struct buffer partial; /* the line that is not whole yet */
	size_t shown; /* how much of it stands on the terminal */
	int64_t since_us; /* clock_us() of its last bytes */
};

/* prefix.c */

/** Read the clock: once for all lines that came together. */
void prefix_tick(struct output *output);
/** The prefix, made anew if need be. */
const struct prefix *prefix_of(struct output *output,
			       struct instance_output *instance);
/** Whether prefixes on @sink are to be coloured. */
bool prefix_is_coloured(enum output_colour colour, const struct sink *sink);

/* write.c */

/** One whole line, without its newline. */
void write_line(struct stream *stream, const char *line, size_t size);
/** A partial line, on a terminal only: it ends where it ends. */
void write_partial(struct stream *stream);

/* json.c */

void json_line(struct output *output, const struct stream *stream,
	       const char *line, size_t size);

/* past.c */

/** A line as it stands on stdout, without colours. */
void past_add(struct output *output, struct instance_output *instance,
	      const struct iovec *pieces, size_t count);
void past_free(struct output *output);

/* output.c */

/** The one of that name, new if need be; NULL for want of memory. */
struct instance_output *output_instance(struct output *output,
					const char *name);
/** A child that could not be killed. 0: none. */
void output_say_abandoned(struct output *output, pid_t pid);

/* logs.c */

/** The one of that path, opened by the first that wants it. */
int output_log(struct output *output, const struct log_file *file,
	       struct log_outlet **ret, struct fault *fault);
/** Accepts NULL. */
void output_unlog(struct log_outlet *log);
void logs_flush(struct output *output, int64_t now_us);
/** Descriptors that wait to be written to. @return 0 or -ENOMEM. */
int logs_wanted(const struct output *output, struct list *ret);
/** Whether the children have taken all. */
bool logs_are_idle(const struct output *output);
/** When logs_flush() is to be called again; -1: no need. */
int64_t logs_due(const struct output *output, int64_t now_us);
/** End those that nobody uses. */
void logs_tidy(struct output *output);
/** End all; what they lack is said. */
void logs_close(struct output *output, int64_t until_us);
uint64_t logs_lost(const struct output *output);

#endif
