// SPDX-License-Identifier: MIT
/*
 *   VALUE ── '{' ──► MEMBER ── "name": ──► VALUE of the name
 *     │  └── '[' ──► VALUE of the first element
 *     └── a scalar ──► AFTER ── ',' ──► MEMBER, or VALUE of the next element
 *                        └───── '}', ']' ──► AFTER of the level above
 */
#include "base/text/json_reader.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"

enum json_reader_state { READER_VALUE, READER_MEMBER, READER_AFTER };

struct json_reader {
	char *start, *at, *end;
	struct list *values; /* of struct json_item */
	struct json_fault *fault;
	uint32_t levels[JSON_LEVELS]; /* indexes of what is open */
	uint32_t members[JSON_LEVELS]; /* how many are in it so far */
	int depth;
	const char *name; /* of the next value, or NULL */
	size_t name_size;
};

static int json_reader_wrong(const struct json_reader *reader, int error,
			     const char *why)
{
	reader->fault->why = why;
	reader->fault->at = (size_t)(reader->at - reader->start);
	return error;
}

static char json_reader_here(struct json_reader *reader)
{
	while (reader->at < reader->end &&
	       (*reader->at == ' ' || *reader->at == '\t' ||
		*reader->at == '\r' || *reader->at == '\n'))
		reader->at++;
	return reader->at < reader->end ? *reader->at : '\0';
}

/* The innermost that is open, or NULL. */
static struct json_item *json_reader_level(const struct json_reader *reader)
{
	return reader->depth == 0 ? NULL
				  : list_at(reader->values,
					    reader->levels[reader->depth - 1],
					    sizeof(struct json_item));
}

static int json_reader_add(struct json_reader *reader, struct json_item item)
{
	if (reader->values->count == JSON_VALUES)
		return json_reader_wrong(reader, -E2BIG, "too many values");
	item.name = reader->name;
	item.name_size = reader->name_size;
	item.end = (uint32_t)reader->values->count + 1;
	reader->name = NULL;
	reader->name_size = 0;
	return list_append(reader->values, &item, sizeof(item));
}

/* ------------------------------------------------------------------ strings */

static int hex_digit(char c)
{
	return c >= '0' && c <= '9'   ? c - '0'
	       : c >= 'a' && c <= 'f' ? c - 'a' + 10
	       : c >= 'A' && c <= 'F' ? c - 'A' + 10
				      : -1;
}

/* The four digits after "\u". @return the number or -EINVAL. */
static int hex_four(struct json_reader *reader)
{
	int value = 0;

	for (int i = 0; i < 4; i++) {
		int digit =
			reader->at < reader->end ? hex_digit(*reader->at) : -1;

		if (digit < 0)
			return json_reader_wrong(reader, -EINVAL,
						 "\\u needs four hex digits");
		value = value * 16 + digit;
		reader->at++;
	}
	return value;
}

/* After "\u"; two surrogates are one character. */
static int read_code_point(struct json_reader *reader, char **to)
{
	int code = hex_four(reader), low = 0;

	if (code >= 0xd800 && code < 0xdc00 && reader->end - reader->at >= 2 &&
	    reader->at[0] == '\\' && reader->at[1] == 'u') {
		reader->at += 2;
		low = hex_four(reader);
		if (low >= 0xdc00 && low < 0xe000)
			code = 0x10000 + ((code - 0xd800) << 10) +
			       (low - 0xdc00);
	}
	if (code < 0 || low < 0)
		return -EINVAL;
	if (code >= 0xd800 && code < 0xe000)
		return json_reader_wrong(reader, -EINVAL,
					 "half of a surrogate pair");
	*to += text_utf8_put(*to, (uint32_t)code);
	return 0;
}

/* At a backslash. What it stands for is never longer. */
static int read_escape(struct json_reader *reader, char **to)
{
	static const char letters[] = "\"\\/bfnrt", bytes[] = "\"\\/\b\f\n\r\t";
	char c = ++reader->at < reader->end ? *reader->at : '\0';
	const char *letter = c ? strchr(letters, c) : NULL;

	if (c == 'u') {
		reader->at++;
		return read_code_point(reader, to);
	}
	if (!letter)
		return json_reader_wrong(reader, -EINVAL,
					 "the backslash begins no escape");
	reader->at++;
	*(*to)++ = bytes[letter - letters];
	return 0;
}

static int json_reader_character(struct json_reader *reader, char **to)
{
	size_t n = text_utf8_length(reader->at);

	if ((unsigned char)*reader->at < ' ')
		return json_reader_wrong(reader, -EINVAL,
					 "a control character in a string");
	if (n == 0)
		return json_reader_wrong(reader, -EINVAL, "it is not UTF-8");
	if (*to != reader->at)
		memmove(*to, reader->at, n);
	reader->at += n;
	*to += n;
	return 0;
}

/* At the quote. */
static int json_reader_string(struct json_reader *reader, const char **ret,
			      size_t *ret_size)
{
	char *start = ++reader->at, *to = start;
	int r = 0;

	while (r == 0 && reader->at < reader->end && *reader->at != '"')
		r = *reader->at == '\\' ? read_escape(reader, &to)
					: json_reader_character(reader, &to);
	if (r < 0)
		return r;
	if (reader->at >= reader->end)
		return json_reader_wrong(reader, -EINVAL,
					 "a string is not closed");
	reader->at++;
	*to = '\0'; /* At the closing quote, or before it. */
	*ret = start;
	*ret_size = (size_t)(to - start);
	return 0;
}

/* ------------------------------------------------------------ other scalars */

/* @return how many digits there were. */
static size_t skip_digits(struct json_reader *reader)
{
	const char *start = reader->at;

	while (reader->at < reader->end && *reader->at >= '0' &&
	       *reader->at <= '9')
		reader->at++;
	return (size_t)(reader->at - start);
}

static bool skip_one(struct json_reader *reader, const char *of)
{
	if (reader->at >= reader->end || !*reader->at ||
	    !strchr(of, *reader->at))
		return false;
	reader->at++;
	return true;
}

static bool skip_number(struct json_reader *reader)
{
	(void)skip_one(reader, "-");
	if (!skip_one(reader, "0") && skip_digits(reader) == 0)
		return false;
	if (skip_one(reader, ".") && skip_digits(reader) == 0)
		return false;
	if (!skip_one(reader, "eE"))
		return true;
	(void)skip_one(reader, "+-");
	return skip_digits(reader) > 0;
}

static int json_reader_number(struct json_reader *reader)
{
	struct json_item item = { .kind = JSON_NUMBER, .text = reader->at };

	if (!skip_number(reader))
		return json_reader_wrong(reader, -EINVAL,
					 "it is not a number of JSON");
	item.size = (size_t)(reader->at - item.text);
	return json_reader_add(reader, item);
}

static int json_reader_word(struct json_reader *reader)
{
	static const struct {
		const char *word;
		enum json_kind kind;
	} words[] = {
		{ "null", JSON_NULL },
		{ "true", JSON_TRUE },
		{ "false", JSON_FALSE },
	};

	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		size_t n = strlen(words[i].word);
		struct json_item item = { .kind = words[i].kind };

		if ((size_t)(reader->end - reader->at) < n ||
		    memcmp(reader->at, words[i].word, n) != 0)
			continue;
		reader->at += n;
		return json_reader_add(reader, item);
	}
	return json_reader_wrong(reader, -EINVAL,
				 reader->at < reader->end
					 ? "it is not a value of JSON"
					 : "a value is missing");
}

/* ------------------------------------------------------------------- levels */

static int open_level(struct json_reader *reader, char bracket)
{
	struct json_item item = { .kind = bracket == '{' ? JSON_OBJECT
							 : JSON_ARRAY };

	if (reader->depth == JSON_LEVELS)
		return json_reader_wrong(reader, -E2BIG,
					 "it is nested too deep");
	int r = json_reader_add(reader, item);

	if (r < 0)
		return r;
	reader->at++;
	reader->members[reader->depth] = 0;
	reader->levels[reader->depth++] = (uint32_t)reader->values->count - 1;
	if (json_reader_here(reader) == (bracket == '{' ? '}' : ']'))
		return READER_AFTER;
	return bracket == '{' ? READER_MEMBER : READER_VALUE;
}

static int json_reader_value(struct json_reader *reader)
{
	char c = json_reader_here(reader);
	struct json_item item = { .kind = JSON_STRING };
	int r;

	if (c == '{' || c == '[')
		return open_level(reader, c);
	if (c == '"') {
		r = json_reader_string(reader, &item.text, &item.size);
		if (r == 0)
			r = json_reader_add(reader, item);
	} else if (c == '-' || (c >= '0' && c <= '9')) {
		r = json_reader_number(reader);
	} else {
		r = json_reader_word(reader);
	}
	return r < 0 ? r : READER_AFTER;
}

/* In the object that is being read, all before it are complete. */
static bool is_given_twice(const struct json_reader *reader)
{
	uint32_t i = reader->levels[reader->depth - 1] + 1;

	while (i < reader->values->count) {
		const struct json_item *item = json_at(reader->values, i);

		if (item->name_size == reader->name_size &&
		    memcmp(item->name, reader->name, reader->name_size) == 0)
			return true;
		i = item->end;
	}
	return false;
}

static int json_reader_member(struct json_reader *reader)
{
	if (json_reader_here(reader) != '"')
		return json_reader_wrong(reader, -EINVAL,
					 "a name in quotes is missing");
	if (++reader->members[reader->depth - 1] > JSON_MEMBERS)
		return json_reader_wrong(reader, -E2BIG,
					 "an object has too many members");
	int r = json_reader_string(reader, &reader->name, &reader->name_size);

	if (r < 0)
		return r;
	if (is_given_twice(reader))
		return json_reader_wrong(reader, -EINVAL,
					 "an object has a name twice");
	if (json_reader_here(reader) != ':')
		return json_reader_wrong(reader, -EINVAL,
					 "no ':' after the name");
	reader->at++;
	return READER_VALUE;
}

static int json_reader_after(struct json_reader *reader)
{
	struct json_item *level = json_reader_level(reader);
	bool is_object = level->kind == JSON_OBJECT;
	char c = json_reader_here(reader);

	if (c == (is_object ? '}' : ']')) {
		reader->at++;
		reader->depth--;
		level->end = (uint32_t)reader->values->count;
		return READER_AFTER;
	}
	if (c != ',')
		return json_reader_wrong(reader, -EINVAL,
					 "',' or a closing bracket is missing");
	reader->at++;
	return is_object ? READER_MEMBER : READER_VALUE;
}

int json_read(char *text, size_t size, struct list *ret,
	      struct json_fault *ret_fault)
{
	static int (*const steps[])(struct json_reader * reader) = {
		[READER_VALUE] = json_reader_value,
		[READER_MEMBER] = json_reader_member,
		[READER_AFTER] = json_reader_after,
	};
	struct json_reader reader = { .start = text,
				      .at = text,
				      .end = text + size,
				      .values = ret,
				      .fault = ret_fault };
	int state = READER_VALUE;

	*ret_fault = (struct json_fault){ .why = "out of memory" };
	ret->count = 0;
	do
		state = steps[state](&reader);
	while (state >= 0 && reader.depth > 0);
	(void)json_reader_here(&reader);
	if (state >= 0 && reader.at < reader.end)
		state = json_reader_wrong(&reader, -EINVAL,
					  "text behind the value");
	return state < 0 ? state : 0;
}
