// SPDX-License-Identifier: MIT
/*
 * What a fixture writes: the last bytes in a ring, and which of them belong to
 * which stream, until they were sent.
 *
 * The ring is written whether or not the client reads, so a command never waits
 * for the client. What is overwritten before it was sent is lost, and counted.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/cleanup.h"
#include "base/text.h"
#include "event/event.h"

/* Bytes of one notification. */
#define CHUNK 16384

size_t written_partial(const char *text, size_t size)
{
	for (size_t back = 1; back <= 3 && back <= size; back++) {
		unsigned char c = (unsigned char)text[size - back];
		size_t whole = c >= 0xf0   ? 4
			       : c >= 0xe0 ? 3
			       : c >= 0xc0 ? 2
					   : 1;

		if ((c & 0xc0) != 0x80)
			return whole > back ? back : 0;
	}
	return 0;
}

static struct written_part *written_part(struct written *written,
					 unsigned index)
{
	return &written->parts[(written->first + index) % WRITTEN_PARTS];
}

static void written_lose(struct written *written, uint64_t to)
{
	written->lost += to - written->sent;
	written->all_lost += to - written->sent;
	written->sent = to;
}

/* Parts that were sent, or are lost. */
static void written_drop_parts(struct written *written)
{
	while (written->count > 0 &&
	       written_part(written, 0)->end <= written->sent) {
		written->first = (written->first + 1) % WRITTEN_PARTS;
		written->count--;
	}
}

/* The ring keeps the last bytes only. */
static void written_drop_old(struct written *written, size_t ring_size)
{
	uint64_t total = ring_total(written->ring);

	if (total - written->sent > ring_size)
		written_lose(written, total - ring_size);
	written_drop_parts(written);
}

static void written_add_part(struct written *written,
			     enum written_stream stream, uint64_t end)
{
	struct written_part *last =
		written->count > 0 ? written_part(written, written->count - 1)
				   : NULL;

	if (last && last->stream == stream) {
		last->end = end;
		return;
	}
	if (written->count == WRITTEN_PARTS) {
		written_lose(written, written_part(written, 0)->end);
		written_drop_parts(written);
	}
	*written_part(written, written->count) =
		(struct written_part){ .end = end, .stream = stream };
	written->count++;
}

int written_add(struct written *written, const struct recipe *recipe,
		enum written_stream stream, const char *bytes, size_t size)
{
	CLEANUP_CLOSE int fd = -1;
	int r = written->ring
			? 0
			: ring_create(recipe->ring_size, &written->ring, &fd);

	if (r < 0) {
		written->lost += written->is_told ? size : 0;
		written->all_lost += size;
		return r;
	}
	ring_write(written->ring, bytes, size);
	if (!written->is_told) {
		written->sent = ring_total(written->ring);
		return 0;
	}
	written_add_part(written, stream, ring_total(written->ring));
	written_drop_old(written, recipe->ring_size);
	return 0;
}

bool written_is_unsent(const struct written *written)
{
	return written->count > 0 || (written->is_told && written->lost > 0);
}

bool written_may_send(const struct written *written)
{
	return written_is_unsent(written) && written->credit != 0;
}

/* After a loss a character may have lost its beginning. */
static size_t written_skip(const char *text, size_t size)
{
	size_t n = 0;

	while (n < size && n < 3 && ((unsigned char)text[n] & 0xc0) == 0x80)
		n++;
	return n;
}

/* The next bytes, of one stream. @return how many. */
static size_t written_take(struct written *written, char *chunk)
{
	const struct written_part *part = written_part(written, 0);
	uint64_t left = part->end - written->sent;
	size_t size = left < CHUNK ? (size_t)left : CHUNK;

	if (written->credit >= 0 && size > (uint64_t)written->credit)
		size = (size_t)written->credit;
	size = ring_copy(written->ring, &written->sent, chunk, size);
	if (!written->is_base64 && size < left) {
		size_t partial = written_partial(chunk, size);

		/* With a credit of a byte or two a character is cut. */
		size -= partial < size ? partial : 0;
	}
	return size;
}

static void written_put(struct written *written, struct json *json, char *chunk,
			size_t size)
{
	size_t skip = written->lost > 0 && !written->is_base64
			      ? written_skip(chunk, size)
			      : 0;

	written_lose(written, written->sent + skip);
	written->sent += size - skip;
	if (written->credit >= 0)
		written->credit -= (int64_t)size;
	chunk[size] = '\0';
	if (written->is_base64)
		json_base64(json, "base64", chunk, size);
	else
		json_bytes(json, "text", chunk + skip, size - skip);
}

void written_next(struct written *written, const char *fixture,
		  struct json *ret)
{
	char chunk[CHUNK + 1];
	bool is_err = written->count > 0 &&
		      written_part(written, 0)->stream == WRITTEN_ERR;

	event_begin(ret, "output", fixture);
	json_string(ret, "stream", is_err ? "stderr" : "stdout");
	if (written->count > 0)
		written_put(written, ret, chunk, written_take(written, chunk));
	else
		json_string(ret, written->is_base64 ? "base64" : "text", "");
	if (written->lost > 0)
		json_number(ret, "lost", (int64_t)written->lost);
	written->lost = 0;
	written_drop_parts(written);
	event_end(ret);
}

void written_free(struct written *written)
{
	ring_close(written->ring);
	*written = (struct written){ 0 };
}
