// SPDX-License-Identifier: MIT
/*
 * As Honcho reads them: Python's shlex splits each line, in POSIX mode and not
 * only at blanks. The first token is the name, the second must be "=". All
 * other tokens, joined without blanks, are the value, in which \n and \t are
 * replaced. Other lines are ignored; nothing is expanded.
 *
 * See shlex.read_token() in Python's library reference: a token is a run of
 * word characters, quoted parts and escaped ones; any other character is a
 * token.
 */
#include <errno.h>
#include <string.h>

#include "env/dialect.h"

struct lexer {
	struct env_reader *reader;
	const char *at, *end;
};

/* Letters of Latin-1, two bytes in UTF-8, are also word characters. */
static size_t word_length(const struct lexer *lexer)
{
	const unsigned char *at = (const unsigned char *)lexer->at;

	if (env_is_name(*lexer->at))
		return 1;
	if (at[0] == 0xc3 && lexer->end - lexer->at > 1 && at[1] >= 0x80 &&
	    at[1] <= 0xbf && at[1] != 0x97 && at[1] != 0xb7)
		return 2;
	return 0;
}

static bool env_honcho_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r';
}

static void env_honcho_put(struct lexer *lexer, struct buffer *token,
			   size_t count)
{
	buffer_add(token, lexer->at, count);
	lexer->at += count;
}

/* One character: a byte, and its continuation bytes in UTF-8. */
static void put_character(struct lexer *lexer, struct buffer *token)
{
	size_t count = 1;

	while (lexer->at + count < lexer->end &&
	       ((unsigned char)lexer->at[count] & 0xc0) == 0x80)
		count++;
	env_honcho_put(lexer, token, count);
}

/* After a backslash. @quote  '"', or 0 outside of quotes. */
static int env_honcho_read_escape(struct lexer *lexer, struct buffer *token,
				  char quote)
{
	lexer->at++;
	if (lexer->at == lexer->end)
		return env_wrong(lexer->reader,
				 "no character after the backslash");
	if (quote && *lexer->at != '\\' && *lexer->at != quote)
		buffer_add(token, "\\", 1);
	put_character(lexer, token);
	return 0;
}

static int env_honcho_read_quoted(struct lexer *lexer, struct buffer *token)
{
	char quote = *lexer->at++;
	int r = 0;

	while (r == 0 && lexer->at < lexer->end && *lexer->at != quote) {
		if (*lexer->at == '\\' && quote == '"')
			r = env_honcho_read_escape(lexer, token, quote);
		else
			env_honcho_put(lexer, token, 1);
	}
	if (r == 0 && lexer->at == lexer->end)
		return env_wrong(lexer->reader, "a quote is not closed");
	lexer->at++;
	return r;
}

/* A word, up to a character that cannot be part of one. */
static int env_honcho_read_word(struct lexer *lexer, struct buffer *token)
{
	int r = 0;

	while (r == 0 && lexer->at < lexer->end) {
		size_t length = word_length(lexer);

		if (length > 0)
			env_honcho_put(lexer, token, length);
		else if (*lexer->at == '\'' || *lexer->at == '"')
			r = env_honcho_read_quoted(lexer, token);
		else if (*lexer->at == '\\')
			r = env_honcho_read_escape(lexer, token, 0);
		else
			break;
	}
	return r;
}

/* @return 1: a token, which may be empty (""); 0: the end; -errno. */
static int read_token(struct lexer *lexer, struct buffer *token)
{
	while (lexer->at < lexer->end && env_honcho_is_blank(*lexer->at))
		lexer->at++;
	if (lexer->at == lexer->end || *lexer->at == '#')
		return 0;
	const char *begin = lexer->at;
	int r = env_honcho_read_word(lexer, token);

	if (r == 0 && lexer->at == begin)
		put_character(lexer, token);
	return r < 0 ? r : 1;
}

static void env_honcho_replace(struct buffer *value, char letter, char by)
{
	size_t used = 0;

	for (size_t i = 0; i < value->used; i++) {
		bool is_it = value->text[i] == '\\' && i + 1 < value->used &&
			     value->text[i + 1] == letter;

		value->text[used++] = is_it ? by : value->text[i];
		i += is_it;
	}
	value->used = used;
}

static bool is_a_name(const struct buffer *name)
{
	char c = name->used > 0 ? name->text[0] : '\0';

	return c && env_is_name(c) && !(c >= '0' && c <= '9');
}

static int env_honcho_take_value(struct lexer *lexer, const struct buffer *name)
{
	struct buffer value = { 0 };
	int r, tokens = 0;

	while ((r = read_token(lexer, &value)) > 0)
		tokens++;
	if (r == 0)
		r = value.error;
	if (r == 0 && tokens > 0 && is_a_name(name)) {
		env_honcho_replace(&value, 'n', '\n');
		env_honcho_replace(&value, 't', '\t');
		r = env_set(lexer->reader, name->text, name->used,
			    value.text ? value.text : "", value.used);
	}
	buffer_free(&value);
	return r;
}

static int env_honcho_take_line(struct env_reader *reader, const char *line,
				size_t length)
{
	struct lexer lexer = { reader, line, line + length };
	struct buffer name = { 0 }, equals = { 0 }, rest = { 0 };
	int r = read_token(&lexer, &name);

	if (r > 0)
		r = read_token(&lexer, &equals);
	if (r > 0 && !equals.error && !name.error) {
		if (equals.used == 1 && equals.text[0] == '=')
			r = env_honcho_take_value(&lexer, &name);
		else /* A later error in the line is still an error. */
			while ((r = read_token(&lexer, &rest)) > 0)
				;
	}
	if (name.error || equals.error || rest.error)
		r = -ENOMEM;
	buffer_free(&name);
	buffer_free(&equals);
	buffer_free(&rest);
	return r;
}

/* The length of the line's end at @at, as in Python's str.splitlines(). */
static size_t end_length(const char *at, const char *end)
{
	const unsigned char *byte = (const unsigned char *)at;
	long left = end - at;

	if (byte[0] == '\r')
		return left > 1 && byte[1] == '\n' ? 2 : 1;
	if (byte[0] >= '\n' && byte[0] <= '\f')
		return 1;
	if (byte[0] >= 0x1c && byte[0] <= 0x1e)
		return 1;
	if (left > 1 && byte[0] == 0xc2 && byte[1] == 0x85)
		return 2;
	if (left > 2 && byte[0] == 0xe2 && byte[1] == 0x80 &&
	    (byte[2] == 0xa8 || byte[2] == 0xa9))
		return 3;
	return 0;
}

int env_read_honcho(struct env_reader *reader)
{
	int r = 0;

	while (r == 0 && reader->at < reader->end) {
		const char *line = reader->at;
		size_t end = 0;

		while (reader->at < reader->end &&
		       (end = end_length(reader->at, reader->end)) == 0)
			reader->at++;
		r = env_honcho_take_line(reader, line,
					 (size_t)(reader->at - line));
		reader->at += end;
		reader->line++;
	}
	return r;
}
