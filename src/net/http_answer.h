/* SPDX-License-Identifier: MIT */
/*
 * The answer to an HTTP/1 request, as its bytes come: RFC 9112, what a probe
 * needs of it.
 *
 * Interim answers (100 Continue, 103 Early Hints) are passed over; a body is
 * read to its Content-Length, its last chunk or the connection's end. Bytes are
 * looked at once, and only a line and a body of bounded size are kept, so
 * neither small segments nor a hostile server cost more than what they send.
 *
 * Pure. Not here: connections, and the answer that is expected.
 */
#ifndef JIG_NET_HTTP_ANSWER_H
#define JIG_NET_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/list.h"

#define HTTP_BODY_MAX                                                          \
	65536 /* of a body is kept; what follows is passed over                \
	       */
#define HTTP_HEAD_MAX 16384 /* all heads together, and all trailers */
#define HTTP_ANSWER_MAX (1 << 20) /* with the chunks' frames */

enum http_part {
	HTTP_STATUS, /* a line is awaited: HTTP/1.1 200 OK */
	HTTP_HEADERS, /* lines up to an empty one */
	HTTP_BODY, /* `left` bytes, or up to the connection's end */
	HTTP_CHUNK_SIZE, /* a line: 1a;extension */
	HTTP_CHUNK, /* `left` bytes */
	HTTP_CHUNK_END, /* an empty line */
	HTTP_TRAILERS, /* lines up to an empty one */
	HTTP_DONE, /* no more belongs to it */
	HTTP_BROKEN, /* this is not HTTP */
};

struct http_answer {
	enum http_part part;
	int status; /* of the last head; 0: not there yet */
	bool chunked;
	bool has_length; /* else the connection's end is the body's */
	uint64_t left;
	size_t head; /* bytes of heads and trailers so far */
	size_t all; /* bytes of everything so far */
	char line[1024]; /* its beginning; the rest does not matter */
	size_t line_used;
	struct buffer body;
};

/**
 * Take bytes that have come. @return 0, or -ENOMEM.
 *
 * Then `part` tells how far it is; HTTP_DONE also when a bound was reached.
 */
int http_answer_take(struct http_answer *answer, const char *data, size_t size);

/** Whether `status` is the answer's own, and not an interim one. */
bool http_answer_is_final(const struct http_answer *answer);

/** Reset, for the next answer. */
void http_answer_clear(struct http_answer *answer);

#endif
