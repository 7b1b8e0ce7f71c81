/* SPDX-License-Identifier: MIT */
/*
 * What services write, as whole lines: "HH:MM:SS web.1 | line".
 *
 *   sink.h      a descriptor that is written to without ever blocking us
 *   writer.h    a child that writes where write(2) may block: to files
 *   log_file    files, with rotation by size
 *   backlog.h   the last lines of each, bounded, for `jig logs`
 *   output.c    cutting lines, prefixes, colours, JSON
 *
 * Bytes of a stream come in by output_feed(); whole lines go out, to stdout (or
 * stderr for that stream), to log files, to the backlog and to followers. A
 * line is never torn and never mixed with another one; a partial last line
 * comes out when its stream ends, and after 200 ms on a terminal (a prompt).
 *
 * A sink that takes nothing (a slow reader) must not stop us: output_is_full()
 * tells the engine to stop reading streams until output_wanted() is writable,
 * so that the programs wait, as they would on a pipe, and nothing is lost.
 *
 * A program's own escape sequences and carriage returns pass; with a prefix,
 * the colour that a line leaves on is reset at its end, and "\r\n" is "\n".
 *
 * When stdout and stderr are one file (a terminal, `2>&1`), both go through one
 * buffer, in the order in which they came.
 *
 * No event loop in here: descriptors and times are handed to the engine's. It
 * ignores SIGPIPE and SIGXFSZ, calls output_flush() once for all that one turn
 * of its loop has fed, then output_tick(), and again when that says.
 */
#ifndef JIG_UP_OUTPUT_OUTPUT_H
#define JIG_UP_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"
#include "up/project/project.h"

/** One stream that is cut into lines: stdout or stderr of one instance. */
struct stream;

struct output;

enum output_format {
	OUTPUT_PREFIX, /* "HH:MM:SS web.1 | line" */
	OUTPUT_PLAIN, /* --no-prefix */
	OUTPUT_JSON, /* {"time":…,"name":"web.1","stream":"stdout","line":…} */
};

enum output_colour {
	COLOUR_AUTO, /* on a terminal, unless NO_COLOR is set */
	COLOUR_ALWAYS,
	COLOUR_NEVER,
};

struct output_settings {
	enum output_format format;
	enum output_colour colour;
	bool merge; /* what comes on stderr goes to stdout, too */
	bool no_times; /* no HH:MM:SS before the name */
	const char *log_dir; /* a file for each instance; or NULL */
	struct log_file rotation; /* of the files in log_dir; path is unused */
	size_t backlog_bytes; /* of each instance; 0: 256 KiB */
	int out, err; /* usually 1 and 2; -1: nowhere (-D) */
};

int output_open(const struct output_settings *settings, struct output **ret,
		struct fault *fault);

/** Write what waits, for @ms milliseconds at most. */
void output_drain(struct output *output, int ms);

/**
 * The descriptors of stdout and stderr are not needed any more: those that a
 * child writes to are pointed at /dev/null, if their file system may not
 * answer. Else each child of ours that closes its copy could block in that.
 */
void output_let_go(struct output *output);

/**
 * End the streams that are left, write what can be within @ms milliseconds,
 * end the children, free. Accepts NULL.
 */
void output_close(struct output *output, int ms);

/** Names to come: their longest is how wide the prefix is. */
void output_widen(struct output *output, const char *name);

/**
 * A new stream.
 * @name     "web.1": copied; picks the colour and the log file.
 * @is_err   stderr.
 * @file     its own log file besides, or NULL; copied.
 * @ret      output_end() it.
 */
int output_begin(struct output *output, const char *name, bool is_err,
		 const struct log_file *file, struct stream **ret,
		 struct fault *fault);

/**
 * Bytes that were read. They are kept until their line is whole; a line of
 * more than 64 KiB is cut there.
 */
void output_feed(struct stream *stream, const char *bytes, size_t size);

/** It has ended: its partial last line comes out, with a newline. */
void output_end(struct stream *stream);

/**
 * A line of jig's own, under @name ("web.1") or "jig"; several, each under that
 * name, where there are newlines. Controls become '?'. To stdout, but to stderr
 * with OUTPUT_PLAIN: what programs say is all that is to stand there.
 */
void output_say(struct output *output, const char *name, const char *format,
		...) __attribute__((format(printf, 3, 4)));

/** Write what waits. @return whether all is written. */
bool output_flush(struct output *output);

/** Whether streams are to wait: more than a bound is not yet written. */
bool output_is_full(const struct output *output);

/** Whether this one is to wait for a log file of its own, for a second at most.
 */
bool output_must_wait(const struct stream *stream);

/** Whether the reader of stdout has gone (EPIPE). */
bool output_is_gone(const struct output *output);

/**
 * Descriptors that we wait to write to.
 * @ret     they are appended, as int.
 * @return  0 or -ENOMEM.
 */
int output_wanted(const struct output *output, struct list *ret);

/**
 * Close log files that no stream uses any more. To be called when nothing
 * watches the descriptors but those that output_wanted() gives now.
 */
void output_tidy(struct output *output);

/**
 * Called now and then: partial lines that have waited long enough come out.
 * @return  when to be called again, on clock_us(); -1: no need.
 */
int64_t output_tick(struct output *output, int64_t now_us);

/**
 * The last lines of an instance, of a service ("web": all of its instances), or
 * of all (NULL), in the order that they came, as they would stand on stdout
 * without colours of ours; those of the programs stay.
 * @lines  at most; 0: all that is kept.
 */
int output_backlog(const struct output *output, const char *name,
		   unsigned lines, struct buffer *ret);

/**
 * Hear every line from now on.
 * @name     as above; copied.
 * @line     gets it with prefix and newline, without colours of ours. It must
 * not feed the output.
 * @return   a handle for output_unfollow(), or -ENOMEM.
 */
int output_follow(struct output *output, const char *name,
		  void (*line)(void *context, const char *text, size_t size),
		  void *context);
void output_unfollow(struct output *output, int handle);

/** Lines and bytes that could not be written (a full disk, a gone reader). */
uint64_t output_lost_lines(const struct output *output);

#endif
