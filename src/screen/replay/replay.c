// SPDX-License-Identifier: MIT
#include "screen/replay/replay.h"

#include "screen/replay/parts.h"

#define ROWS 24

static void replay_put(struct buffer *ret, const char *text)
{
	buffer_printf(ret, "%s", text);
}

/* An empty screen; the old contents scroll up into the scrollback. */
static void put_page(unsigned rows, struct buffer *ret)
{
	replay_put(ret, "\033[999;1H");
	for (unsigned i = 0; i < (rows ? rows : ROWS); i++)
		replay_put(ret, "\n");
	replay_put(ret, "\033[H");
}

void replay_lines(const struct replay *replay, struct buffer *ret)
{
	bool page;
	size_t start = replay_start(replay, &page);

	replay_put(ret, "\033[m");
	if (page)
		put_page(replay->rows, ret);
	replay_filter(replay->bytes + start, replay->size - start, true, ret);
}

void replay_whole(const struct replay *replay, struct buffer *ret)
{
	replay_put(ret, "\033[m");
	replay_filter(replay->bytes, replay->size, false, ret);
}

/* Bytes of an incomplete character at the end. */
static size_t cut_character(const char *bytes, size_t size)
{
	for (size_t back = 1; back <= 3 && back <= size; back++) {
		unsigned char byte = (unsigned char)bytes[size - back];

		if (byte < 0x80)
			return 0;
		if (byte >= 0xc0) {
			size_t whole = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2;

			return back < whole ? back : 0;
		}
	}
	return 0;
}

/* Bytes of an incomplete sequence or character at the end. */
static size_t cut_size(const struct screen *screen, const struct replay *replay)
{
	if (sequence_is_between(&screen->sequence))
		return cut_character(replay->bytes, replay->size);

	uint64_t size = screen->offset - screen->sequence_start;

	return size < replay->size ? (size_t)size : replay->size;
}

static void put_cut(const struct screen *screen, const struct replay *replay,
		    size_t size, struct buffer *ret)
{
	/* Without its start, a string would be shown as text: begin an APC
	 * instead, which terminals ignore. */
	if (sequence_is_string(&screen->sequence) &&
	    screen->offset - screen->sequence_start > size)
		replay_put(ret, "\033_");
	else
		buffer_add(ret, replay->bytes + replay->size - size, size);
}

static void put_output(const struct screen *screen, struct replay rest,
		       uint64_t oldest, uint64_t begin, struct buffer *ret)
{
	size_t skipped = (size_t)(begin - oldest);

	if (skipped > rest.size)
		skipped = rest.size;
	rest.bytes += skipped;
	rest.size -= skipped;
	rest.is_cut = begin != screen->begin[0];
	if (screen_is_alternate(screen))
		replay_whole(&rest, ret);
	else
		replay_lines(&rest, ret);
}

int replay_attach(const struct screen *screen, const struct replay *replay,
		  struct buffer *ret, bool *ret_drawn)
{
	uint64_t oldest = screen->offset - replay->size;
	uint64_t begin = screen_begin(screen, oldest);
	size_t cut = cut_size(screen, replay);
	struct replay rest = *replay;

	rest.size -= cut;
	screen_prepare(screen, ret);
	if (begin >= oldest)
		put_output(screen, rest, oldest, begin, ret);
	screen_enter(screen, ret);
	put_cut(screen, replay, cut, ret);
	if (ret->error)
		return ret->error;
	*ret_drawn = begin >= oldest;
	return 0;
}
