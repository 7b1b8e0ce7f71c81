// SPDX-License-Identifier: MIT
#include "net/http_answer.h"

#include <ctype.h>
#include <errno.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

/* "HTTP/1.1 200" is all that is needed of the first line. */
#define STATUS_END 12

static bool is_interim(int status)
{
	return status >= 100 && status <= 199 && status != 101;
}

bool http_answer_is_final(const struct http_answer *answer)
{
	return answer->status > 0 && !is_interim(answer->status);
}

/* As early as possible: a server may stop in the middle of its head. */
static void read_status(struct http_answer *answer)
{
	static const char name[] = "HTTP/1.";
	const char *line = answer->line;
	size_t known = answer->line_used;

	if (memcmp(line, name, known < 7 ? known : 7) != 0)
		answer->part = HTTP_BROKEN;
	/* With what follows: "HTTP/1.1 2000" has no status. */
	if (answer->part == HTTP_BROKEN || known <= STATUS_END)
		return;
	if (!isdigit((unsigned char)line[7]) || line[8] != ' ' ||
	    !isdigit((unsigned char)line[9]) ||
	    !isdigit((unsigned char)line[10]) ||
	    !isdigit((unsigned char)line[11]) ||
	    isdigit((unsigned char)line[12]))
		answer->part = HTTP_BROKEN;
	else
		answer->status = (line[9] - '0') * 100 + (line[10] - '0') * 10 +
				 (line[11] - '0');
}

/* The value of a header of that name, or NULL. */
static const char *value_of(const char *line, const char *name)
{
	size_t length = strlen(name);

	if (strncasecmp(line, name, length) != 0 || line[length] != ':')
		return NULL;
	line += length + 1;
	return line + strspn(line, " \t");
}

static bool ends_with_chunked(const char *value)
{
	static const char word[] = "chunked";
	size_t length = strlen(value), size = sizeof(word) - 1;

	while (length > 0 &&
	       (value[length - 1] == ' ' || value[length - 1] == '\t'))
		length--;
	return length >= size &&
	       strncasecmp(value + length - size, word, size) == 0;
}

static void read_header(struct http_answer *answer)
{
	const char *coding = value_of(answer->line, "Transfer-Encoding");
	const char *length = value_of(answer->line, "Content-Length");

	if (coding && ends_with_chunked(coding))
		answer->chunked = true;
	if (length && text_number(length, UINT64_MAX, &answer->left) == 0)
		answer->has_length = true;
}

static void end_head(struct http_answer *answer)
{
	if (is_interim(answer->status)) {
		answer->part = HTTP_STATUS;
		return;
	}
	bool is_bodiless = answer->status == 204 || answer->status == 304;
	bool is_empty =
		!answer->chunked && answer->has_length && answer->left == 0;

	if (is_bodiless || is_empty)
		answer->part = HTTP_DONE;
	else if (answer->chunked)
		answer->part = HTTP_CHUNK_SIZE;
	else
		answer->part = HTTP_BODY;
}

/* Hexadecimal digits, and then nothing, a blank, or an extension. */
static void read_chunk_size(struct http_answer *answer)
{
	const char *line = answer->line;
	size_t digits = strspn(line, "0123456789abcdefABCDEF");
	uint64_t size = 0;

	if (digits == 0 || !strchr(" \t;", line[digits])) {
		answer->part = HTTP_BROKEN;
		return;
	}
	for (size_t i = 0; i < digits; i++) {
		int c = tolower((unsigned char)line[i]);

		if (size > UINT64_MAX >> 4) {
			answer->part = HTTP_BROKEN;
			return;
		}
		size = size << 4 |
		       (uint64_t)(c <= '9' ? c - '0' : c - 'a' + 10);
	}
	answer->left = size;
	answer->part = size == 0 ? HTTP_TRAILERS : HTTP_CHUNK;
}

static void end_line(struct http_answer *answer)
{
	bool empty = answer->line_used == 0;

	switch (answer->part) {
	case HTTP_STATUS:
		answer->part = answer->status ? HTTP_HEADERS : HTTP_BROKEN;
		break;
	case HTTP_HEADERS:
		if (empty)
			end_head(answer);
		else
			read_header(answer);
		break;
	case HTTP_CHUNK_SIZE:
		read_chunk_size(answer);
		break;
	case HTTP_CHUNK_END:
		answer->part = empty ? HTTP_CHUNK_SIZE : HTTP_BROKEN;
		break;
	default: /* HTTP_TRAILERS */
		if (empty)
			answer->part = HTTP_DONE;
		break;
	}
	answer->line_used = 0;
}

/* A head has its bound; the frames of chunks have the whole answer's. */
static bool is_head(const struct http_answer *answer)
{
	return answer->part == HTTP_STATUS || answer->part == HTTP_HEADERS ||
	       answer->part == HTTP_TRAILERS;
}

static void take_line_byte(struct http_answer *answer, char c)
{
	if (is_head(answer) && ++answer->head > HTTP_HEAD_MAX) {
		answer->part = HTTP_DONE;
		return;
	}
	if (c == '\n') {
		/* A line feed alone ends a line, too: RFC 9112, 2.2. */
		if (answer->part == HTTP_STATUS)
			answer->line[answer->line_used++] = ' ';
		else if (answer->line_used > 0 &&
			 answer->line[answer->line_used - 1] == '\r')
			answer->line_used--;
		answer->line[answer->line_used] = '\0';
		if (answer->part == HTTP_STATUS)
			read_status(answer);
		if (answer->part != HTTP_BROKEN)
			end_line(answer);
		return;
	}
	if (answer->line_used < sizeof(answer->line) - 2)
		answer->line[answer->line_used++] = c;
	if (answer->part == HTTP_STATUS)
		read_status(answer);
}

/* @return how many belong to the body or the chunk. */
static size_t take_body(struct http_answer *answer, const char *data,
			size_t size)
{
	bool bounded = answer->part == HTTP_CHUNK || answer->has_length;
	size_t part =
		bounded && answer->left < size ? (size_t)answer->left : size;
	size_t room = HTTP_BODY_MAX - answer->body.used;

	buffer_add(&answer->body, data, part < room ? part : room);
	if (bounded)
		answer->left -= part;
	if (answer->body.used == HTTP_BODY_MAX)
		answer->part = HTTP_DONE;
	else if (bounded && answer->left == 0)
		answer->part =
			answer->part == HTTP_CHUNK ? HTTP_CHUNK_END : HTTP_DONE;
	return part;
}

int http_answer_take(struct http_answer *answer, const char *data, size_t size)
{
	size_t i = 0;

	if (size > HTTP_ANSWER_MAX - answer->all)
		size = HTTP_ANSWER_MAX - answer->all;
	answer->all += size;
	while (i < size && answer->part < HTTP_DONE) {
		if (answer->part == HTTP_BODY || answer->part == HTTP_CHUNK)
			i += take_body(answer, data + i, size - i);
		else
			take_line_byte(answer, data[i++]);
		if (answer->body.error)
			return answer->body.error;
	}
	if (answer->all == HTTP_ANSWER_MAX && answer->part < HTTP_DONE)
		answer->part = HTTP_DONE;
	return 0;
}

void http_answer_clear(struct http_answer *answer)
{
	buffer_free(&answer->body);
	*answer = (struct http_answer){ 0 };
}
