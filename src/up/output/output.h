/* SPDX-License-Identifier: MIT */
/*
 * What services write, as whole lines: "HH:MM:SS web.1 | line".
 *
 *   sink.h      a descriptor, and a buffer for it; a write never blocks
 *   writer.h    a child that writes where write(2) may block: to files
 *   log_file.h  files, with rotation by size
 *   backlog.h   the last lines of each instance, bounded, for `jig logs`
 *   parts.h     lines, prefixes, colours, JSON
 *
 * output_feed() takes the bytes of a stream. Whole lines go to stdout (or
 * stderr), to log files, to the backlog and to followers.
 *
 * Invariant: no line is split by another one. A partial line is written when
 * its stream ends, and on a terminal after 200 ms (a prompt).
 *
 * If a sink takes nothing (a slow reader), output_is_full() tells the engine to
 * stop reading streams until output_wanted() is writable. Then the programs
 * wait, as they would on a pipe, and nothing is lost.
 *
 * Control sequences and carriage returns of programs pass. With a prefix, the
 * colour that a line sets is reset at its end, and "\r\n" becomes "\n".
 *
 * If stdout and stderr are one file (a terminal, `2>&1`), both use one buffer,
 * so lines keep the order in which they arrived.
 *
 * What does not belong here: an event loop. The engine watches descriptors and
 * times. It ignores SIGPIPE and SIGXFSZ, calls output_flush() once for all
 * bytes of one round of its loop, then output_tick(), and output_tick() again
 * at the time that this returns.
 */
#ifndef JIG_UP_OUTPUT_OUTPUT_H
#define JIG_UP_OUTPUT_OUTPUT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/fault.h"
#include "base/list.h"
#include "base/text/json.h"
#include "up/project/project.h"

/** One stream of lines: stdout or stderr of one instance. */
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
	bool merge; /* write stderr of services to stdout, too */
	bool no_times; /* no HH:MM:SS before the name */
	const struct list *muted; /* of const char *: "a,b": names of services
				   * or instances that are not shown; or NULL */
	const char *log_dir; /* a file for each instance; or NULL */
	struct log_file rotation; /* of the files in log_dir; path is unused */
	size_t backlog_bytes; /* of each instance; 0: 256 KiB */
	int out, err; /* usually 1 and 2; -1: nowhere (-D) */
	const char *events; /* a descriptor or a file; or NULL */
};

int output_open(const struct output_settings *settings, struct output **ret,
		struct fault *fault);

/** Write pending output, for @ms milliseconds at most. */
void output_drain(struct output *output, int ms);

/**
 * Redirect stdout and stderr to /dev/null, if a child writes to them and their
 * file system may not answer. Otherwise each new child could block when it
 * closes its copy.
 */
void output_let_go(struct output *output);

/**
 * End all streams, write pending output for @ms milliseconds at most, end the
 * children, and free. Accepts NULL.
 */
void output_close(struct output *output, int ms);

/** Announce a name: the longest one determines the width of the prefix. */
void output_widen(struct output *output, const char *name);

/**
 * A new stream.
 * @name     "web.1": copied; determines the colour and the log file.
 * @is_err   stderr.
 * @file     its own additional log file, or NULL; copied.
 * @ret      output_end() it.
 */
int output_begin(struct output *output, const char *name, bool is_err,
		 const struct log_file *file, struct stream **ret,
		 struct fault *fault);

/**
 * Add bytes that were read. They stay in memory until their line is complete. A
 * line of more than 64 KiB is split there.
 */
void output_feed(struct stream *stream, const char *bytes, size_t size);

/** It has ended: write its partial last line, with a newline. */
void output_end(struct stream *stream);

/**
 * Write a message of jig, with the prefix @name ("web.1") or "jig" before each
 * of its lines. Control characters become '?'. It goes to stdout; with
 * OUTPUT_PLAIN to stderr, since stdout then has only lines of programs.
 */
void output_say(struct output *output, const char *name, const char *format,
		...) __attribute__((format(printf, 3, 4)));

/** Whether events have a reader. */
bool output_has_events(const struct output *output);

/** Write a notification of event/event.h, and free it. If its reader is too
 * slow, it is lost; a later line tells how many were. */
void output_event(struct output *output, struct json *json);

/** Write pending output. @return whether all is written. */
bool output_flush(struct output *output);

/** Whether streams must wait: too much output is pending. */
bool output_is_full(const struct output *output);

/** Whether this stream must wait for its log file, for a second at most. */
bool output_must_wait(const struct stream *stream);

/** Whether stdout has no reader any more (EPIPE). */
bool output_is_gone(const struct output *output);

/**
 * List the descriptors that output waits to write to.
 * @ret     appended to, of int.
 * @return  0 or -ENOMEM.
 */
int output_wanted(const struct output *output, struct list *ret);

/**
 * Close log files that no stream uses any more. Call this when only descriptors
 * that output_wanted() returns now are watched.
 */
void output_tidy(struct output *output);

/**
 * Write partial lines that are old enough.
 * @return  when to call it again, on clock_us(); -1: not needed.
 */
int64_t output_tick(struct output *output, int64_t now_us);

/**
 * The last lines of an instance, of a service ("web": all of its instances), or
 * of all (NULL), in the order of their arrival, with prefixes. Colours of
 * programs stay; jig adds none.
 * @lines  at most; 0: the whole backlog.
 */
int output_backlog(const struct output *output, const char *name,
		   unsigned lines, struct buffer *ret);

/** Whether @wanted means an instance: NULL: all; "web.1"; "web": all instances
 * of the service. */
bool output_is_meant(const char *wanted, const char *name);

/**
 * Pass on every line from now on.
 * @name     as above; copied.
 * @line     gets the name of the instance, and the line with prefix and
 * newline, without colours of jig. It must not feed the output.
 * @return   a handle for output_unfollow(), or -ENOMEM.
 */
int output_follow(struct output *output, const char *name,
		  void (*line)(void *context, const char *name,
			       const char *text, size_t size),
		  void *context);
void output_unfollow(struct output *output, int handle);

/** Lines that could not be written (a full disk, no reader). */
uint64_t output_lost_lines(const struct output *output);

#endif
