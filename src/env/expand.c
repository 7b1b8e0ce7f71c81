// SPDX-License-Identifier: MIT
/* $NAME and ${NAME…} in a value of the docker dialect. */
#include <errno.h>
#include <string.h>

#include "base/cleanup.h"
#include "env/dialect.h"

/* Depth of ${A:-${B:-…}}: bounds the recursion. */
#define MOST_NESTED 32
/* Size of all expansions of a file: A=$B$B, B=$C$C and so on doubles it. */
#define MOST_EXPANDED (4 << 20)

static size_t name_length(const struct env_cursor *cursor)
{
	size_t length = 0;

	if (env_here(cursor) >= '0' && env_here(cursor) <= '9')
		return 0;
	while (cursor->at + length < cursor->end &&
	       env_is_name(cursor->at[length]))
		length++;
	return length;
}

/* Append the value of a variable. */
static int env_expand_put(struct env_cursor *cursor, struct buffer *value,
			  const char *text, size_t size)
{
	cursor->reader->expanded += size;
	if (cursor->reader->expanded > MOST_EXPANDED)
		return env_wrong(
			cursor->reader,
			"the values of all ${…} together exceed 4 MiB");
	buffer_add(value, text, size);
	return value->error;
}

/* Up to the closing brace, with expansion. */
static int env_expand_read_word(struct env_cursor *cursor, struct buffer *word)
{
	int r = 0;

	while (r == 0 && env_here(cursor) != '}') {
		if (cursor->at == cursor->end)
			return env_wrong(cursor->reader, "a ${ is not closed");
		if (*cursor->at == '$') {
			r = env_expand(cursor, word);
			continue;
		}
		if (*cursor->at == '\\' && cursor->at + 1 < cursor->end)
			cursor->at++;
		buffer_add(word, cursor->at++, 1);
	}
	return r ? r : word->error;
}

static int is_missing(struct env_cursor *cursor, const char *name,
		      size_t length, const struct buffer *word)
{
	return fault_set(cursor->reader->fault, -EINVAL, "%s:%d: %.*s: %s",
			 cursor->reader->file, cursor->reader->line,
			 (int)length, name,
			 word->used ? word->text : "it is not set");
}

/* After the name: ":-word", "-word", ":+word", "+word", ":?word", "?word". */
static int env_expand_apply(struct env_cursor *cursor, const char *name,
			    size_t length, struct buffer *value)
{
	CLEANUP(buffer_free) struct buffer word = { 0 };
	const char *known = env_get(cursor->reader, name, length);
	bool colon = env_here(cursor) == ':', was_unused = cursor->is_unused;
	bool is_set = known && (!colon || *known);
	char sign;
	int r;

	cursor->at += colon;
	sign = env_here(cursor);
	if (!sign || !strchr("-+?", sign))
		return env_wrong(
			cursor->reader,
			"the operator in ${…} is not one of :- - :+ + :? ?");
	cursor->at++;
	cursor->is_unused |= sign == '+' ? !is_set : is_set;
	r = env_expand_read_word(cursor, &word);
	cursor->is_unused = was_unused;
	if (r < 0)
		return r;
	if (sign == '?' && !is_set && !cursor->is_unused)
		return is_missing(cursor, name, length, &word);
	if (sign == '+' ? is_set : !is_set)
		return env_expand_put(cursor, value, word.text ? word.text : "",
				      word.used);
	return sign == '+'
		       ? 0
		       : env_expand_put(cursor, value, known, strlen(known));
}

/* $NAME and ${NAME}: a variable that is not set is empty. */
static int put_variable(struct env_cursor *cursor, const char *name,
			size_t length, struct buffer *value)
{
	const char *known = env_get(cursor->reader, name, length);

	if (!known && !cursor->is_unused)
		env_note(cursor->reader,
			 "$%.*s is not set, so nothing stands in its place; "
			 "single quotes%s keep it",
			 (int)length, name, env_other_dialect(cursor->reader));
	return known ? env_expand_put(cursor, value, known, strlen(known)) : 0;
}

/* After "${". */
static int expand_braces(struct env_cursor *cursor, struct buffer *value)
{
	const char *name = cursor->at;
	size_t length = name_length(cursor);
	int r;

	if (length == 0)
		return env_wrong(cursor->reader, "no name in ${…}");
	cursor->at += length;
	if (cursor->at == cursor->end)
		return env_wrong(cursor->reader, "a ${ is not closed");
	r = *cursor->at == '}' ? put_variable(cursor, name, length, value)
			       : env_expand_apply(cursor, name, length, value);
	if (r == 0)
		cursor->at++; /* the brace */
	return r;
}

int env_expand(struct env_cursor *cursor, struct buffer *value)
{
	const char *name = ++cursor->at;
	size_t length;
	int r;

	if (env_here(cursor) == '{') {
		if (cursor->depth == MOST_NESTED)
			return env_wrong(cursor->reader,
					 "${…} is nested too deep");
		cursor->at++;
		cursor->depth++;
		r = expand_braces(cursor, value);
		cursor->depth--;
		return r;
	}
	length = name_length(cursor);
	cursor->at += length;
	if (length > 0)
		return put_variable(cursor, name, length, value);
	buffer_add(value, "$", 1);
	cursor->at += env_here(cursor) == '$';
	return 0;
}
