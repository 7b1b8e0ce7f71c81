// SPDX-License-Identifier: MIT
/*
 * A stream that is cut anywhere leaves the same screen; a terminal that gets
 * what a screen says to enter is in just its modes, and one that gets what it
 * says to leave is as fresh as it began.
 */
#include "screen/screen.h"
#include "fuzz.h"
#include "screen/modes.h"

static struct screen fed(const char *bytes, size_t size, size_t cut)
{
	struct screen screen = { 0 };

	screen_feed(&screen, bytes, cut);
	screen_feed(&screen, bytes + cut, size - cut);
	MUST(screen.offset == size);
	MUST(screen.begin[0] <= size && screen.begin[1] <= size);
	return screen;
}

static void feed_buffer(struct screen *screen, struct buffer *buffer)
{
	MUST(buffer->error == 0);
	screen_feed(screen, buffer->text, buffer->used);
	MUST(sequence_is_between(&screen->sequence));
	buffer_free(buffer);
}

static uint32_t brief_modes(void)
{
	uint32_t modes = 0;

	for (size_t i = 0; i < screen_mode_count; i++)
		if (screen_modes[i].is_brief)
			modes |= UINT32_C(1) << i;
	return modes;
}

static void check_entered(const struct screen *screen)
{
	struct screen client = { 0 };
	struct buffer out = { 0 };

	screen_prepare(screen, &out);
	screen_enter(screen, &out);
	feed_buffer(&client, &out);
	MUST(client.is_alternate == screen->is_alternate);
	MUST(client.modes == (screen->modes & ~brief_modes()));
	MUST(client.has_keypad == screen->has_keypad);
	MUST(client.cursor == screen->cursor);
	MUST(client.other_keys == screen->other_keys);
	MUST(client.region_top == screen->region_top);
	MUST(client.region_bottom == screen->region_bottom);
	MUST(memcmp(&client.charset, &screen->charset,
		    sizeof(client.charset)) == 0);
	MUST(client.title_size == screen->title_size);
	MUST(memcmp(client.title, screen->title, client.title_size) == 0);
}

static void check_left(struct screen screen)
{
	static const struct screen_charset ascii;
	struct buffer out = { 0 };

	screen_leave(&screen, &out);
	feed_buffer(&screen, &out);
	MUST(!screen.is_alternate && !screen.modes && !screen.has_keypad);
	MUST(!screen.cursor && !screen.other_keys && !screen.titles);
	MUST(!screen.region_top && !screen.region_bottom);
	MUST(memcmp(&screen.charset, &ascii, sizeof(ascii)) == 0);
	MUST(!screen.keyboard[0].depth && !screen.keyboard[0].flags[0]);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *bytes = fuzz_text(data, size);
	struct screen whole = fed(bytes, size, size);

	for (size_t cut = 0; cut <= size && cut < 128; cut++) {
		struct screen twice = fed(bytes, size, cut);

		MUST(memcmp(&twice, &whole, sizeof(whole)) == 0);
	}
	for (size_t oldest = 0; oldest <= size; oldest++) {
		uint64_t begin = screen_begin(&whole, oldest);

		MUST(begin <= size);
		MUST(whole.is_alternate || begin >= oldest);
	}
	check_entered(&whole);
	check_left(whole);
	free(bytes);
	return 0;
}
