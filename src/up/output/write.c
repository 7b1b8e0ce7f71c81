// SPDX-License-Identifier: MIT
#include <string.h>

#include "up/output/parts.h"

#define RESET "\033[0m"

/* The pieces of a line on a sink, with the newline at the end. */
struct pieces {
	const char
		*before; /* the end of another stream's partial line, or "" */
	const char *prefix;
	size_t prefix_size;
	const char *line;
	size_t line_size;
	const char *after;
};

static void output_write_append(struct sink *sink, const struct pieces *pieces)
{
	size_t before = strlen(pieces->before), after = strlen(pieces->after);
	char *to = sink_room(sink, before + pieces->prefix_size +
					   pieces->line_size + after);

	if (!to)
		return;
	/* Copy all pieces in one loop: some have only a byte or two. */
	memcpy(to, pieces->before, before);
	to += before;
	memcpy(to, pieces->prefix, pieces->prefix_size);
	to += pieces->prefix_size;
	memcpy(to, pieces->line, pieces->line_size);
	to += pieces->line_size;
	memcpy(to, pieces->after, after);
	sink_commit(sink,
		    before + pieces->prefix_size + pieces->line_size + after);
}

/* A colour that a program sets must not reach the next prefix. */
static bool leaves_colour(const struct stream *stream, const char *line,
			  size_t size)
{
	return stream->is_coloured &&
	       stream->output->settings.format == OUTPUT_PREFIX &&
	       memchr(line, '\033', size);
}

/* A terminal ends a line with "\r\n"; with a prefix, jig ends it. (A line that
 * was split for its length has no newline behind it.) */
static size_t without_return(const struct output *output, const char *line,
			     size_t size)
{
	bool is_end =
		size > 0 && size < LINE_MAX_SIZE && line[size - 1] == '\r';

	return is_end && output->settings.format != OUTPUT_PLAIN ? size - 1
								 : size;
}

/* On a terminal, end the partial line of another stream first. */
static const char *close_shown(struct stream *stream)
{
	struct output *output = stream->output;

	if (!output->shown || output->shown_on != stream->sink)
		return "";

	const char *end =
		leaves_colour(output->shown, output->shown->partial.text,
			      output->shown->shown)
			? RESET "\n"
			: "\n";

	output->shown = NULL;
	return end;
}

/* Whether the terminal's text ends with the beginning of this line. */
static bool goes_on(const struct stream *stream)
{
	return stream->shown > 0 && stream->output->shown == stream;
}

static void set_prefix(struct stream *stream, struct pieces *pieces)
{
	struct output *output = stream->output;

	if (output->settings.format != OUTPUT_PREFIX)
		return;

	const struct prefix *prefix = prefix_of(output, stream->instance);

	pieces->prefix = stream->is_coloured ? prefix->coloured : prefix->plain;
	pieces->prefix_size = stream->is_coloured ? prefix->coloured_size
						  : prefix->plain_size;
}

static void output_write_show(struct stream *stream, const char *line,
			      size_t size)
{
	struct output *output = stream->output;
	bool resets = leaves_colour(stream, line, size);
	/* Do not show again what stands there already. */
	size_t shown = stream->shown < size ? stream->shown : size;
	struct pieces pieces = {
		.before = "",
		.prefix = "",
		.line = line + shown,
		.line_size = size - shown,
		.after = resets ? RESET "\n" : "\n",
	};

	if (goes_on(stream)) {
		output->shown = NULL;
	} else if (shown > 0 && size == shown) {
		/* Another stream has ended that line, and there are no new
		 * bytes. */
		return;
	} else {
		pieces.before = close_shown(stream);
		set_prefix(stream, &pieces);
	}
	output_write_append(stream->sink, &pieces);
}

static void show_json(struct stream *stream)
{
	struct pieces pieces = {
		.before = "",
		.prefix = "",
		.line = stream->output->json.text,
		.line_size = stream->output->json.used,
		.after = "\n",
	};

	output_write_append(stream->sink, &pieces);
}

static struct iovec piece(const char *text, size_t size)
{
	return (struct iovec){ .iov_base = (void *)text, .iov_len = size };
}

/* The line as on stdout, without colours. */
static void remember(struct stream *stream, const char *line, size_t size)
{
	struct output *output = stream->output;
	enum { PREFIX, LINE, NEWLINE, COUNT };
	struct iovec pieces[COUNT] = { [PREFIX] = piece("", 0),
				       [LINE] = piece(line, size),
				       [NEWLINE] = piece("\n", 1) };

	if (output->settings.format == OUTPUT_PREFIX) {
		const struct prefix *prefix =
			prefix_of(output, stream->instance);

		pieces[PREFIX] = piece(prefix->plain, prefix->plain_size);
	} else if (output->settings.format == OUTPUT_JSON) {
		pieces[LINE] = piece(output->json.text, output->json.used);
	}
	past_add(output, stream->instance, pieces, COUNT);
}

void write_line(struct stream *stream, const char *line, size_t size)
{
	struct output *output = stream->output;
	size_t shorter = without_return(output, line, size);

	if (output->settings.format == OUTPUT_JSON) {
		json_line(output, stream, line, shorter);
		if (!stream->is_muted)
			show_json(stream);
	} else if (!stream->is_muted) {
		output_write_show(stream, line, shorter);
	}
	stream->shown = 0;
	remember(stream, line, shorter);
	for (size_t i = 0; i < LOG_COUNT; i++)
		if (stream->logs[i])
			log_outlet_add(stream->logs[i], output->stamp,
				       stream->instance->shown, line, shorter);
}

void write_partial(struct stream *stream)
{
	struct output *output = stream->output;
	struct pieces pieces = {
		.before = "",
		.prefix = "",
		.line = stream->partial.text + stream->shown,
		.line_size = stream->partial.used - stream->shown,
		.after = "",
	};

	if (!goes_on(stream)) {
		pieces.before = close_shown(stream);
		set_prefix(stream, &pieces);
	}
	output_write_append(stream->sink, &pieces);
	stream->shown = stream->partial.used;
	output->shown = stream;
	output->shown_on = stream->sink;
}
