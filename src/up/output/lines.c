// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"
#include "up/output/parts.h"

/* Write pending output from this size on, not line by line. */
#define FLUSH_SIZE ((size_t)256 << 10)

/* -------------------------------------------------------------- streams */

/* Open its two log files; @fault describes the first that fails. */
static int open_logs(struct stream *stream, const struct log_file *file,
		     struct fault *fault)
{
	struct output *output = stream->output;
	struct log_file own = output->settings.rotation;

	int r = 0;

	if (file && file->path)
		r = output_log(output, file, &stream->logs[LOG_OWN], fault);
	if (r < 0 || !output->log_dir)
		return r;

	CLEANUP_FREE char *path = NULL;
	int size = asprintf(&path, "%s/%s.log", output->log_dir,
			    stream->instance->name);

	if (size < 0) {
		path = NULL;
		return fault_set(fault, -ENOMEM, "out of memory");
	}
	/* A name must not become a path. */
	for (char *c = path + strlen(output->log_dir) + 1; *c; c++)
		if (*c == '/')
			*c = '_';
	own.path = path;
	return output_log(output, &own, &stream->logs[LOG_IN_DIR], fault);
}

static void stream_free(struct stream *stream)
{
	for (size_t i = 0; i < LOG_COUNT; i++)
		output_unlog(stream->logs[i]);
	buffer_free(&stream->partial);
	free(stream);
}

static void use_sink(struct stream *stream)
{
	struct output *output = stream->output;
	bool to_err =
		stream->is_err && !output->is_same && !output->settings.merge;

	stream->sink = to_err ? &output->err : &output->out;
	stream->is_coloured =
		to_err ? output->err_is_coloured : output->out_is_coloured;
}

/* Whether "a,b" contains the instance's name, or that of its service. */
static bool output_lines_is_listed(const char *text, const char *name)
{
	const char *dot = strrchr(name, '.');
	size_t whole = strlen(name), service = dot ? (size_t)(dot - name) : 0;

	for (;;) {
		size_t length = strcspn(text, ",");

		if ((length == whole || length == service) &&
		    strncmp(text, name, length) == 0)
			return true;
		if (!text[length])
			return false;
		text += length + 1;
	}
}

static bool output_lines_is_muted(const struct output *output, const char *name)
{
	const struct list *muted = output->settings.muted;

	for (size_t i = 0; muted && i < muted->count; i++)
		if (output_lines_is_listed(*(char **)list_at(muted, i,
							     sizeof(char *)),
					   name))
			return true;
	return false;
}

int output_begin(struct output *output, const char *name, bool is_err,
		 const struct log_file *file, struct stream **ret,
		 struct fault *fault)
{
	struct stream *stream = calloc(1, sizeof(*stream));

	if (!stream)
		return fault_set(fault, -ENOMEM, "out of memory");
	stream->output = output;
	stream->is_err = is_err;
	stream->is_muted = output_lines_is_muted(output, name);
	stream->instance = output_instance(output, name);
	use_sink(stream);
	output_widen(output, name);

	int r = stream->instance ? open_logs(stream, file, fault)
				 : fault_set(fault, -ENOMEM, "out of memory");

	if (r == 0 && list_append(&output->streams, &stream, sizeof(void *)))
		r = fault_set(fault, -ENOMEM, "out of memory");
	if (r < 0) {
		stream_free(stream);
		return r;
	}
	*ret = stream;
	return 0;
}

static void output_lines_forget(struct output *output,
				const struct stream *stream)
{
	struct stream **all = output->streams.items;

	for (size_t i = 0; i < output->streams.count; i++)
		if (all[i] == stream) {
			all[i] = all[--output->streams.count];
			break;
		}
	if (output->shown == stream)
		output->shown = NULL;
}

void output_end(struct stream *stream)
{
	prefix_tick(stream->output);
	if (stream->partial.used > 0)
		write_line(stream, stream->partial.text, stream->partial.used);
	output_lines_forget(stream->output, stream);
	stream_free(stream);
}

/* ---------------------------------------------------------------- lines */

static void end_partial(struct stream *stream)
{
	if (stream->partial.used > 0)
		write_line(stream, stream->partial.text, stream->partial.used);
	stream->partial.used = 0;
	/* Free the room of one long line. */
	if (stream->partial.room > 4096 || stream->partial.error)
		buffer_free(&stream->partial);
}

/* Append to the partial line; split it at the maximum length. */
static void add_to_line(struct stream *stream, const char *bytes, size_t size)
{
	while (size > 0) {
		size_t room = LINE_MAX_SIZE - stream->partial.used;
		size_t part = size < room ? size : room;

		buffer_add(&stream->partial, bytes, part);
		/* If memory is short, split the line here. */
		if (stream->partial.error) {
			end_partial(stream);
			write_line(stream, bytes, part);
		}
		bytes += part;
		size -= part;
		if (size > 0)
			end_partial(stream);
	}
}

/* A complete line of the bytes read: copied only into its sink. */
static void whole(struct stream *stream, const char *line, size_t size)
{
	while (size > LINE_MAX_SIZE) {
		write_line(stream, line, LINE_MAX_SIZE);
		line += LINE_MAX_SIZE;
		size -= LINE_MAX_SIZE;
	}
	write_line(stream, line, size);
}

static void flush_now_and_then(struct stream *stream)
{
	if (sink_waiting(stream->sink) >= FLUSH_SIZE &&
	    stream->sink->error == 0)
		(void)sink_flush(
			stream->sink); /* output_is_full() reports it */
}

void output_feed(struct stream *stream, const char *bytes, size_t size)
{
	const char *end = bytes + size;
	const char *newline;

	if (size == 0)
		return;
	prefix_tick(stream->output);
	while ((newline = memchr(bytes, '\n', (size_t)(end - bytes)))) {
		if (stream->partial.used > 0) {
			add_to_line(stream, bytes, (size_t)(newline - bytes));
			end_partial(stream);
		} else {
			whole(stream, bytes, (size_t)(newline - bytes));
		}
		bytes = newline + 1;
		flush_now_and_then(stream);
	}
	add_to_line(stream, bytes, (size_t)(end - bytes));
	if (stream->sink->is_terminal)
		stream->since_us = clock_us();
}

bool output_must_wait(const struct stream *stream)
{
	for (size_t i = 0; i < LOG_COUNT; i++)
		if (stream->logs[i] && log_outlet_is_full(stream->logs[i]))
			return true;
	return false;
}

/* -------------------------------------------------------------- our words */

static void output_lines_say(struct stream *voice, const char *text)
{
	while (*text) {
		size_t size = strcspn(text, "\n");

		write_line(voice, text, size);
		text += size + (text[size] == '\n');
	}
}

void output_say(struct output *output, const char *name, const char *format,
		...)
{
	struct stream voice = {
		.output = output,
		.instance = output_instance(output, name),
		.is_own = true,
		/* A plain stdout has only lines of programs. */
		.is_err = output->settings.format == OUTPUT_PLAIN,
	};
	CLEANUP_FREE char *text = NULL;
	va_list arguments;

	va_start(arguments, format);
	int size = vasprintf(&text, format, arguments);
	va_end(arguments);
	if (size < 0 || !voice.instance) {
		text = size < 0 ? NULL : text;
		return;
	}
	use_sink(&voice);
	prefix_tick(output);
	text[text_clean(text, (size_t)size, "\n")] = '\0';
	output_lines_say(&voice, text);
}
