// SPDX-License-Identifier: MIT
/*
 * As docker's and godotenv's readers have it:
 *
 *   NAME=value  export NAME=value  NAME: value
 *   # a comment, also behind a blank that ends an unquoted value
 *   'literal'   "escapes and ${NAME}"   both may span lines
 *   ${NAME} ${NAME:-default} ${NAME-default} ${NAME:+other} ${NAME:?message}
 * $NAME
 *
 * A NAME alone takes its value from the environment, and without one there it
 * is left out, as docker's --env-file has it. $$ is a dollar.
 */
#include <errno.h>
#include <string.h>

#include "app/env_dialect.h"

/* ${A:-${B:-…}}: deeper than anybody writes, and no deeper than the stack. */
#define MOST_NESTED 32

/* What is read, up to `end`; a quoted value may reach over lines. */
struct cursor {
	struct env_reader *reader;
	const char *at, *end;
	int line;
	int depth;
};

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\v' || c == '\f';
}

static char here(const struct cursor *cursor)
{
	return cursor->at < cursor->end ? *cursor->at : '\0';
}

static void skip_blanks(struct cursor *cursor)
{
	while (is_blank(here(cursor)))
		cursor->at++;
}

static int wrong(const struct cursor *cursor, const char *what)
{
	return env_wrong(cursor->reader, cursor->line, what);
}

/* ---------------------------------------------------------------- expansion */

static int expand(struct cursor *cursor, struct buffer *value);

static size_t name_length(const struct cursor *cursor)
{
	size_t length = 0;

	if (here(cursor) >= '0' && here(cursor) <= '9')
		return 0;
	while (cursor->at + length < cursor->end &&
	       env_is_name(cursor->at[length]))
		length++;
	return length;
}

/* Up to the brace that closes it; what stands there is expanded, too. */
static int read_word(struct cursor *cursor, struct buffer *value)
{
	int r = 0;

	while (r == 0 && here(cursor) != '}') {
		if (cursor->at == cursor->end)
			return wrong(cursor, "a ${ is not closed");
		if (*cursor->at == '$') {
			r = expand(cursor, value);
			continue;
		}
		if (*cursor->at == '\\' && cursor->at + 1 < cursor->end)
			cursor->at++;
		buffer_add(value, cursor->at++, 1);
	}
	return r;
}

/* ":-word", "-word", ":+word", "+word", ":?word", "?word" or nothing. */
static int apply(struct cursor *cursor, const char *known, struct buffer *value)
{
	struct buffer word = { 0 };
	bool colon = here(cursor) == ':';
	char sign;
	bool is_set = known && (!colon || *known);
	int r;

	cursor->at += colon;
	sign = here(cursor);
	if (!sign || !strchr("-+?", sign))
		return wrong(cursor, "what stands in ${…} is none of :- - :+ "
				     "+ :? ?");
	cursor->at++;
	r = read_word(cursor, &word);
	if (r == 0 && sign == '?' && !is_set)
		r = wrong(cursor,
			  word.used ? word.text : "a variable is not set");
	if (r == 0 && (sign == '+' ? is_set : !is_set))
		buffer_add(value, word.text ? word.text : "", word.used);
	else if (r == 0 && sign != '+')
		buffer_add(value, known, strlen(known));
	r = r ? r : word.error;
	buffer_free(&word);
	return r;
}

static int expand_braces(struct cursor *cursor, struct buffer *value)
{
	size_t length = name_length(cursor);
	const char *known;
	int r = 0;

	if (length == 0)
		return wrong(cursor, "no name stands in ${…}");
	known = env_get(cursor->reader, cursor->at, length);
	cursor->at += length;
	if (here(cursor) != '}')
		r = apply(cursor, known, value);
	else if (known)
		buffer_add(value, known, strlen(known));
	cursor->at++;
	return r;
}

/* At a dollar. One that no name follows is a dollar. */
static int expand(struct cursor *cursor, struct buffer *value)
{
	const char *known;
	size_t length;
	int r;

	cursor->at++;
	if (here(cursor) == '{') {
		if (cursor->depth == MOST_NESTED)
			return wrong(cursor, "${…} is nested too deep");
		cursor->at++;
		cursor->depth++;
		r = expand_braces(cursor, value);
		cursor->depth--;
		return r;
	}
	length = name_length(cursor);
	known = length ? env_get(cursor->reader, cursor->at, length) : NULL;
	if (known)
		buffer_add(value, known, strlen(known));
	if (length == 0) {
		buffer_add(value, "$", 1);
		length = here(cursor) == '$';
	}
	cursor->at += length;
	return 0;
}

/* ------------------------------------------------------------------- values */

static int read_single(struct cursor *cursor, struct buffer *value)
{
	const char *close;

	cursor->at++;
	close = memchr(cursor->at, '\'', (size_t)(cursor->end - cursor->at));
	if (!close)
		return wrong(cursor, "a single quote is not closed");
	buffer_add(value, cursor->at, (size_t)(close - cursor->at));
	cursor->at = close + 1;
	return 0;
}

/* A backslash before what is no escape stays. */
static void unescape(struct cursor *cursor, struct buffer *value)
{
	static const char letters[] = "nrtfvab\"'\\$`",
			  bytes[] = "\n\r\t\f\v\a\b\"'\\$`";
	const char *letter;

	cursor->at++;
	letter = here(cursor) ? strchr(letters, *cursor->at) : NULL;
	if (here(cursor) == '\n') {
		cursor->at++; /* a line that goes on */
		return;
	}
	if (!letter)
		buffer_add(value, "\\", 1);
	if (here(cursor))
		buffer_add(value,
			   letter ? &bytes[letter - letters] : cursor->at, 1);
	cursor->at += cursor->at < cursor->end;
}

static int read_double(struct cursor *cursor, struct buffer *value)
{
	int r = 0;

	cursor->at++;
	while (r == 0 && here(cursor) != '"') {
		if (cursor->at == cursor->end)
			return wrong(cursor, "a double quote is not closed");
		if (*cursor->at == '\\')
			unescape(cursor, value);
		else if (*cursor->at == '$')
			r = expand(cursor, value);
		else
			buffer_add(value, cursor->at++, 1);
	}
	cursor->at++;
	return r;
}

/* To the line's end, or to a blank and a '#'; blanks at its end do not count.
 */
static int read_plain(struct cursor *cursor, struct buffer *value)
{
	size_t kept = 0;
	int r = 0;

	while (r == 0 && here(cursor) && *cursor->at != '\n') {
		if (*cursor->at == '#' && is_blank(cursor->at[-1]))
			break;
		if (*cursor->at == '$') {
			r = expand(cursor, value);
			kept = value->used;
			continue;
		}
		if (*cursor->at == '\\' && cursor->at + 1 < cursor->end &&
		    cursor->at[1] == '$')
			cursor->at++;
		buffer_add(value, cursor->at, 1);
		if (!is_blank(*cursor->at++))
			kept = value->used;
	}
	value->used = kept;
	while (here(cursor) && *cursor->at != '\n')
		cursor->at++;
	return r;
}

/* Behind a quoted value: nothing but a comment. */
static int read_rest(struct cursor *cursor)
{
	skip_blanks(cursor);
	if (here(cursor) == '#')
		while (here(cursor) && *cursor->at != '\n')
			cursor->at++;
	return here(cursor) && *cursor->at != '\n'
		       ? wrong(cursor, "something stands behind the closing "
				       "quote")
		       : 0;
}

static int read_value(struct cursor *cursor, struct buffer *value)
{
	int r;

	if (here(cursor) != '\'' && here(cursor) != '"')
		return read_plain(cursor, value);
	r = *cursor->at == '"' ? read_double(cursor, value)
			       : read_single(cursor, value);
	return r < 0 ? r : read_rest(cursor);
}

/* -------------------------------------------------------------------- lines */

static bool is_export(const struct cursor *cursor)
{
	return cursor->end - cursor->at > 7 &&
	       memcmp(cursor->at, "export", 6) == 0 && is_blank(cursor->at[6]);
}

/* Names may have dots and hyphens in them here. */
static size_t key_length(const struct cursor *cursor)
{
	size_t length = 0;

	while (cursor->at + length < cursor->end &&
	       (env_is_name(cursor->at[length]) ||
		strchr(".-", cursor->at[length])))
		length++;
	return length;
}

static int take_inherited(struct cursor *cursor, const char *name,
			  size_t length)
{
	const char *known = env_get(cursor->reader, name, length);

	return known ? env_set(cursor->reader, name, length, known,
			       strlen(known))
		     : 0;
}

static int take_assignment(struct cursor *cursor, const char *name,
			   size_t length)
{
	struct buffer value = { 0 };
	int r;

	cursor->at++;
	skip_blanks(cursor);
	r = read_value(cursor, &value);
	if (r == 0)
		r = value.error;
	if (r == 0)
		r = env_set(cursor->reader, name, length,
			    value.text ? value.text : "", value.used);
	buffer_free(&value);
	return r;
}

static int take_line(struct cursor *cursor)
{
	const char *name;
	size_t length;

	if (is_export(cursor)) {
		cursor->at += 7;
		skip_blanks(cursor);
	}
	name = cursor->at;
	length = key_length(cursor);
	cursor->at += length;
	skip_blanks(cursor);
	if (length == 0)
		return wrong(cursor, "no NAME=value, and no comment");
	if (here(cursor) == '=' || here(cursor) == ':')
		return take_assignment(cursor, name, length);
	if (here(cursor) == '\0' || here(cursor) == '\n' ||
	    here(cursor) == '#') {
		while (here(cursor) && *cursor->at != '\n')
			cursor->at++;
		return take_inherited(cursor, name, length);
	}
	return wrong(cursor, "no = stands behind the name");
}

/* The line that `at` is on, for errors. */
static int count_lines(const char *from, const char *to)
{
	int lines = 0;

	for (; (from = memchr(from, '\n', (size_t)(to - from))); from++)
		lines++;
	return lines;
}

int env_read_docker(struct env_reader *reader)
{
	struct cursor cursor = { reader, reader->at, reader->end, 1, 0 };
	int r = 0;

	while (r == 0 && cursor.at < cursor.end) {
		const char *begin = cursor.at;

		skip_blanks(&cursor);
		if (here(&cursor) == '#')
			while (here(&cursor) && *cursor.at != '\n')
				cursor.at++;
		else if (here(&cursor) != '\n' && here(&cursor))
			r = take_line(&cursor);
		if (r == 0 && cursor.at < cursor.end)
			cursor.at++; /* the newline */
		cursor.line += count_lines(begin, cursor.at);
	}
	return r;
}
