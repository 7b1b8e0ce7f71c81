// SPDX-License-Identifier: MIT
/*
 * As docker and godotenv read it:
 *
 *   NAME=value  export NAME=value  NAME: value
 *   # a comment, also after an unquoted value and a blank
 *   'literal'   "escapes and ${NAME}"   both may span lines
 *   ${NAME} ${NAME:-default} ${NAME-default} ${NAME:+other} ${NAME:?message}
 *   $NAME
 *
 * A file that begins with a brace is JSON, see json.c.
 *
 * A NAME without a value takes it from the environment, or is left out, as in
 * docker's --env-file. $$ is a dollar.
 */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "env/dialect.h"

static bool env_docker_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static void skip_blanks(struct env_cursor *cursor)
{
	while (env_docker_is_blank(env_here(cursor)))
		cursor->at++;
}

static void skip_line(struct env_cursor *cursor)
{
	while (env_here(cursor) && *cursor->at != '\n')
		cursor->at++;
}

/* ------------------------------------------------------------------- values */

/* CR LF becomes LF. */
static void add_byte(struct env_cursor *cursor, struct buffer *value)
{
	const char *at = cursor->at++;

	if (*at != '\r' || env_here(cursor) != '\n')
		buffer_add(value, at, 1);
}

/* At the byte after the opening quote. @return  the closing one, or NULL. */
static const char *find_quote(const struct env_cursor *cursor, char quote)
{
	for (const char *at = cursor->at; at < cursor->end; at++) {
		if (*at == quote)
			return at;
		if (*at == '\\' && quote == '"' && at + 1 < cursor->end)
			at++;
	}
	return NULL;
}

/* A backslash remains, unless it begins an escape sequence. */
static void env_docker_unescape(struct env_cursor *cursor, struct buffer *value)
{
	static const char letters[] = "nrtfvab\"\\$",
			  bytes[] = "\n\r\t\f\v\a\b\"\\$";
	char c = cursor->at[1]; /* find_quote() has found one */
	const char *letter = c ? strchr(letters, c) : NULL;

	if (letter)
		buffer_add(value, &bytes[letter - letters], 1);
	else
		buffer_add(value, cursor->at, 1);
	cursor->at += letter ? 2 : 1;
}

/* Up to the cursor's end. */
static int read_double(struct env_cursor *cursor, struct buffer *value)
{
	int r = 0;

	while (r == 0 && cursor->at < cursor->end) {
		if (*cursor->at == '\\')
			env_docker_unescape(cursor, value);
		else if (*cursor->at == '$')
			r = env_expand(cursor, value);
		else
			add_byte(cursor, value);
	}
	return r;
}

static int env_docker_read_quoted(struct env_cursor *cursor,
				  struct buffer *value)
{
	char quote = *cursor->at++;
	struct env_cursor inside = *cursor;
	int r = 0;

	inside.end = find_quote(cursor, quote);
	if (!inside.end)
		return env_wrong(cursor->reader,
				 quote == '"' ? "a double quote is not closed"
					      : "a single quote is not closed");
	cursor->at = inside.end + 1;
	if (quote == '"')
		return read_double(&inside, value);
	while (inside.at < inside.end)
		add_byte(&inside, value);
	return r;
}

/* Up to the line's end, or up to a blank and a '#', without trailing blanks. */
static int read_plain(struct env_cursor *cursor, struct buffer *value)
{
	struct env_cursor line = *cursor;
	size_t trimmed = 0;
	int r = 0;

	skip_line(cursor);
	line.end = cursor->at;
	while (r == 0 && line.at < line.end) {
		char c = *line.at;

		if (c == '#' && env_docker_is_blank(line.at[-1])) {
			env_note(cursor->reader,
				 "the value ends before the comment '%.*s'; "
				 "quotes%s keep it",
				 (int)(line.end - line.at), line.at,
				 env_other_dialect(cursor->reader));
			break;
		}
		if (c == '$') {
			r = env_expand(&line, value);
		} else {
			line.at += c == '\\' && line.at[1] == '$';
			buffer_add(value, line.at++, 1);
		}
		trimmed = env_docker_is_blank(c) ? trimmed : value->used;
	}
	value->used = trimmed;
	return r;
}

/* After a quoted value only a comment may follow. */
static int read_rest(struct env_cursor *cursor)
{
	skip_blanks(cursor);
	if (env_here(cursor) == '#')
		skip_line(cursor);
	return env_here(cursor) && *cursor->at != '\n'
		       ? env_wrong(cursor->reader,
				   "unexpected text after the closing "
				   "quote")
		       : 0;
}

static int read_value(struct env_cursor *cursor, struct buffer *value)
{
	int r;

	if (env_here(cursor) != '\'' && env_here(cursor) != '"')
		return read_plain(cursor, value);
	r = env_docker_read_quoted(cursor, value);
	return r < 0 ? r : read_rest(cursor);
}

/* -------------------------------------------------------------------- lines */

static bool is_export(const struct env_cursor *cursor)
{
	return cursor->end - cursor->at > 7 &&
	       memcmp(cursor->at, "export", 6) == 0 &&
	       env_docker_is_blank(cursor->at[6]);
}

/* Names may contain dots and hyphens here. */
static size_t key_length(const struct env_cursor *cursor)
{
	size_t length = 0;

	while (cursor->at + length < cursor->end &&
	       (env_is_name(cursor->at[length]) ||
		strchr(".-", cursor->at[length])))
		length++;
	return length;
}

static int take_inherited(struct env_cursor *cursor, const char *name,
			  size_t length)
{
	const char *known = env_get(cursor->reader, name, length);

	return known ? env_set(cursor->reader, name, length, known,
			       strlen(known))
		     : 0;
}

static int take_assignment(struct env_cursor *cursor, const char *name,
			   size_t length)
{
	CLEANUP(buffer_free) struct buffer value = { 0 };
	int r;

	cursor->at++;
	skip_blanks(cursor);
	r = read_value(cursor, &value);
	if (r == 0)
		r = value.error;
	return r < 0 ? r
		     : env_set(cursor->reader, name, length,
			       value.text ? value.text : "", value.used);
}

static int env_docker_take_line(struct env_cursor *cursor)
{
	const char *name;
	size_t length;

	cursor->reader->is_export = is_export(cursor);
	if (cursor->reader->is_export) {
		cursor->at += 7;
		skip_blanks(cursor);
	}
	name = cursor->at;
	length = key_length(cursor);
	cursor->at += length;
	skip_blanks(cursor);
	if (length == 0)
		return env_wrong(cursor->reader,
				 "neither NAME=value nor a comment");
	if (env_here(cursor) == '=' || env_here(cursor) == ':')
		return take_assignment(cursor, name, length);
	if (env_here(cursor) == '\0' || env_here(cursor) == '\n' ||
	    env_here(cursor) == '#') {
		skip_line(cursor);
		return take_inherited(cursor, name, length);
	}
	return env_wrong(cursor->reader, "no '=' after the name");
}

/* From blanks on; also after a quoted value of several lines. */
static int env_docker_take_lines(struct env_cursor *cursor)
{
	const char *begin = cursor->at;
	int r = 0;

	skip_blanks(cursor);
	if (env_here(cursor) == '#')
		skip_line(cursor);
	else if (env_here(cursor) && *cursor->at != '\n')
		r = env_docker_take_line(cursor);
	if (r < 0)
		return r;
	cursor->at += cursor->at < cursor->end; /* the newline */
	for (; begin < cursor->at; begin++)
		cursor->reader->line += *begin == '\n';
	return 0;
}

/* No line begins with a brace in this dialect. */
static bool is_json(const struct env_cursor *cursor)
{
	const char *at = cursor->at;

	while (at < cursor->end && (env_docker_is_blank(*at) || *at == '\n'))
		at++;
	return at < cursor->end && *at == '{';
}

int env_read_docker(struct env_reader *reader)
{
	struct env_cursor cursor = { .reader = reader, .end = reader->end };
	bool has_mark = reader->end - reader->at >= 3 &&
			memcmp(reader->at, "\xef\xbb\xbf", 3) == 0;
	int r = 0;

	cursor.at = reader->at + (has_mark ? 3 : 0); /* a byte order mark */
	if (is_json(&cursor)) {
		reader->at = cursor.at;
		return env_read_json(reader);
	}
	while (r == 0 && cursor.at < cursor.end)
		r = env_docker_take_lines(&cursor);
	return r;
}
