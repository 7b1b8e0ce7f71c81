// SPDX-License-Identifier: MIT
/*
 * JSON, as node-foreman reads it: {"db": {"port": 1, "hosts": ["a"]}} sets
 * DB_PORT=1 and DB_HOSTS_0=a. A null sets nothing.
 *
 *   VALUE ── '{' ──► KEY ── "name": ──► VALUE of the name
 *     │  └── '[' ──► VALUE of the index 0
 *     └── a scalar ──► AFTER ── ',' ──► KEY, or VALUE of the next index
 *                        └───── '}', ']' ──► AFTER of the level above
 */
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "env/dialect.h"

/* The depth of objects and arrays: bounds the path. */
#define MOST_LEVELS 32

enum json_state { JSON_VALUE, JSON_KEY, JSON_AFTER };

struct json_level {
	char bracket; /* '{' or '[' */
	unsigned index; /* of the next element */
	size_t path; /* its length without the name of a member */
};

struct json_text {
	struct env_reader *reader;
	struct buffer path; /* "DB_HOSTS" */
	struct json_level levels[MOST_LEVELS];
	int depth;
	bool may_end; /* after an opening bracket */
};

static char json_here(struct json_text *text)
{
	struct env_reader *reader = text->reader;

	while (reader->at < reader->end && strchr(" \t\r\n", *reader->at))
		reader->line += *reader->at++ == '\n';
	return reader->at < reader->end ? *reader->at : '\0';
}

/* ------------------------------------------------------------------ scalars */

static int json_hex(struct env_reader *reader, unsigned *ret)
{
	unsigned value = 0;

	for (int i = 0; i < 4; i++, reader->at++) {
		if (reader->at >= reader->end ||
		    !isxdigit((unsigned char)*reader->at))
			return env_wrong(reader, "\\u needs four hex digits");
		char c = *reader->at;

		value = value * 16 +
			(unsigned)(isdigit((unsigned char)c)
					   ? c - '0'
					   : tolower((unsigned char)c) - 'a' +
						     10);
	}
	*ret = value;
	return 0;
}

/* After "\u". Two surrogates are one character. */
static int json_unicode(struct env_reader *reader, struct buffer *to)
{
	unsigned code = 0, low = 0;
	char bytes[4];
	int r = json_hex(reader, &code);

	if (r < 0)
		return r;
	if (code >= 0xd800 && code < 0xdc00 && reader->end - reader->at >= 6 &&
	    reader->at[0] == '\\' && reader->at[1] == 'u') {
		reader->at += 2;
		r = json_hex(reader, &low);
		if (r < 0)
			return r;
		if (low >= 0xdc00 && low < 0xe000)
			code = 0x10000 + ((code - 0xd800) << 10) +
			       (low - 0xdc00);
	}
	if (code == 0 || (code >= 0xd800 && code < 0xe000))
		return env_wrong(reader, "\\u is not a character");
	buffer_add(to, bytes, text_utf8_put(bytes, code));
	return 0;
}

static int json_unescape(struct env_reader *reader, struct buffer *to)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char c = ++reader->at < reader->end ? *reader->at++ : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;

	if (c == 'u')
		return json_unicode(reader, to);
	if (!letter)
		return env_wrong(reader, "the backslash begins no escape");
	buffer_add(to, &bytes[letter - letters], 1);
	return 0;
}

static int json_text_string(struct env_reader *reader, struct buffer *to)
{
	int r = 0;

	reader->at++;
	while (r == 0 && reader->at < reader->end && *reader->at != '"') {
		if (*reader->at == '\\') {
			r = json_unescape(reader, to);
			continue;
		}
		if (*reader->at == '\n')
			break;
		buffer_add(to, reader->at++, 1);
	}
	if (r < 0)
		return r;
	if (reader->at >= reader->end || *reader->at != '"')
		return env_wrong(reader, "a string is not closed");
	reader->at++;
	return to->error;
}

/* A number, true, false or null, as it stands. */
static int json_word(struct env_reader *reader, struct buffer *to)
{
	while (reader->at < reader->end &&
	       (isalnum((unsigned char)*reader->at) ||
		strchr("+-.", *reader->at)))
		buffer_add(to, reader->at++, 1);
	if (to->used == 0)
		return env_wrong(reader, "it is not JSON");
	char c = *to->text;
	bool is_number = c == '-' || isdigit((unsigned char)c);

	return to->error ? to->error
	       : is_number || strcmp(to->text, "true") == 0 ||
			       strcmp(to->text, "false") == 0 ||
			       strcmp(to->text, "null") == 0
		       ? 0
		       : env_wrong(reader, "it is not JSON");
}

static int json_scalar(struct json_text *text)
{
	CLEANUP(buffer_free) struct buffer value = { 0 };
	bool is_string = *text->reader->at == '"';
	int r = is_string ? json_text_string(text->reader, &value)
			  : json_word(text->reader, &value);

	if (r < 0 ||
	    (!is_string && value.text && strcmp(value.text, "null") == 0))
		return r;
	if (text->path.used == 0)
		return env_wrong(text->reader, "a name is empty");
	return env_set(text->reader, text->path.text ? text->path.text : "",
		       text->path.used, value.text ? value.text : "",
		       value.used);
}

/* ------------------------------------------------------------------- levels */

/* Append "_NAME" in capitals. */
static void json_enter(struct json_text *text, const char *name, size_t size)
{
	const struct json_level *level = &text->levels[text->depth - 1];

	text->path.used = level->path;
	if (level->path > 0)
		buffer_add(&text->path, "_", 1);
	for (size_t i = 0; i < size; i++) {
		char c = (char)toupper((unsigned char)name[i]);

		buffer_add(&text->path, &c, 1);
	}
}

static int json_text_key(struct json_text *text)
{
	CLEANUP(buffer_free) struct buffer name = { 0 };
	int r = json_here(text) == '"'
			? json_text_string(text->reader, &name)
			: env_wrong(text->reader,
				    "a name in quotes is missing");

	if (r < 0)
		return r;
	if (json_here(text) != ':')
		return env_wrong(text->reader, "no ':' after the name");
	text->reader->at++;
	json_enter(text, name.text ? name.text : "", name.used);
	return text->path.error ? text->path.error : JSON_VALUE;
}

/* The next element of an array. */
static int json_next(struct json_text *text)
{
	char index[16];
	int size = snprintf(index, sizeof(index), "%u",
			    text->levels[text->depth - 1].index++);

	json_enter(text, index, (size_t)size);
	return text->path.error ? text->path.error : JSON_VALUE;
}

static int json_open_level(struct json_text *text, char bracket)
{
	if (text->depth == MOST_LEVELS)
		return env_wrong(text->reader, "it is nested too deep");
	text->reader->at++;
	text->levels[text->depth++] = (struct json_level){
		.bracket = bracket,
		.path = text->path.used,
	};
	text->may_end = true;
	return JSON_AFTER;
}

static int json_text_value(struct json_text *text)
{
	char c = json_here(text);

	if (c == '{' || c == '[')
		return json_open_level(text, c);
	if (text->depth == 0)
		return env_wrong(text->reader, "it is not a JSON object");
	int r = json_scalar(text);

	return r < 0 ? r : JSON_AFTER;
}

static int json_after(struct json_text *text)
{
	const struct json_level *level = &text->levels[text->depth - 1];
	char c = json_here(text);
	bool is_first = text->may_end;

	text->may_end = false;
	if (c == (level->bracket == '{' ? '}' : ']')) {
		text->reader->at++;
		text->depth--;
		return JSON_AFTER;
	}
	if (!is_first && c != ',')
		return env_wrong(text->reader, "',' or a closing bracket is "
					       "missing");
	text->reader->at += !is_first;
	return level->bracket == '{' ? JSON_KEY : json_next(text);
}

int env_read_json(struct env_reader *reader)
{
	static int (*const steps[])(struct json_text * text) = {
		[JSON_VALUE] = json_text_value,
		[JSON_KEY] = json_text_key,
		[JSON_AFTER] = json_after,
	};
	struct json_text text = { .reader = reader };
	int state = JSON_VALUE;

	do
		state = steps[state](&text);
	while (state >= 0 && text.depth > 0);
	if (state >= 0 && json_here(&text))
		state = env_wrong(reader, "text after the closing bracket");
	buffer_free(&text.path);
	return state < 0 ? state : 0;
}
