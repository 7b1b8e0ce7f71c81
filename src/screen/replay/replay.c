// SPDX-License-Identifier: MIT
#include "screen/replay/replay.h"

#include "screen/replay/parts.h"

#define ROWS 24

static void put(struct buffer *ret, const char *text)
{
	buffer_printf(ret, "%s", text);
}

/* An empty screen, and nothing of what was on it lost: it scrolls away. */
static void put_page(unsigned rows, struct buffer *ret)
{
	put(ret, "\033[999;1H");
	for (unsigned i = 0; i < (rows ? rows : ROWS); i++)
		put(ret, "\n");
	put(ret, "\033[H");
}

void replay_lines(const struct replay *replay, struct buffer *ret)
{
	bool page;
	size_t start = replay_start(replay, &page);

	put(ret, "\033[m");
	if (page)
		put_page(replay->rows, ret);
	replay_filter(replay->bytes + start, replay->size - start, true, ret);
}

void replay_whole(const struct replay *replay, struct buffer *ret)
{
	put(ret, "\033[m");
	replay_filter(replay->bytes, replay->size, false, ret);
}

/* Bytes of a character that is not whole yet. */
static size_t begun_character(const char *bytes, size_t size)
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

/* Bytes at the end that what comes next belongs to. */
static size_t begun(const struct screen *screen, const struct replay *replay)
{
	if (escape_is_between(&screen->escape))
		return begun_character(replay->bytes, replay->size);

	uint64_t size = screen->offset - screen->sequence;

	return size < replay->size ? (size_t)size : replay->size;
}

static void put_begun(const struct screen *screen, const struct replay *replay,
		      size_t size, struct buffer *ret)
{
	/* Without its beginning a string would be taken for text: an APC's is
	 * read over. */
	if (escape_is_string(&screen->escape) &&
	    screen->offset - screen->sequence > size)
		put(ret, "\033_");
	else
		buffer_add(ret, replay->bytes + replay->size - size, size);
}

static void put_output(const struct screen *screen, struct replay kept,
		       uint64_t oldest, uint64_t begin, struct buffer *ret)
{
	size_t skipped = (size_t)(begin - oldest);

	if (skipped > kept.size)
		skipped = kept.size;
	kept.bytes += skipped;
	kept.size -= skipped;
	kept.is_cut = begin != screen->begin[0];
	if (screen_is_alternate(screen))
		replay_whole(&kept, ret);
	else
		replay_lines(&kept, ret);
}

int replay_attach(const struct screen *screen, const struct replay *replay,
		  struct buffer *ret, bool *ret_drawn)
{
	uint64_t oldest = screen->offset - replay->size;
	uint64_t begin = screen_begin(screen, oldest);
	size_t held = begun(screen, replay);
	struct replay kept = *replay;

	kept.size -= held;
	screen_prepare(screen, ret);
	if (begin >= oldest)
		put_output(screen, kept, oldest, begin, ret);
	screen_enter(screen, ret);
	put_begun(screen, replay, held, ret);
	if (ret->error)
		return ret->error;
	*ret_drawn = begin >= oldest;
	return 0;
}
