// SPDX-License-Identifier: MIT
/*
 * A replay of anything holds nothing that makes a terminal answer, beep, leave
 * its screen or reset itself; nor does it leave a sequence open.
 *
 * The first two bytes are the terminal's size, the next what is kept.
 */
#include "fuzz.h"
#include "screen/replay/replay.h"

static void check_csi(const struct escape *escape)
{
	MUST(strchr("@ABCDEFGHIJKLMPSTXZ`abdefhlmrsu", escape->final));
	MUST(!escape->intermediate);
	if (escape->final == 'h' || escape->final == 'l') {
		MUST(escape->count == 1);
		MUST(escape->numbers[0] == 4 || escape->numbers[0] == 6 ||
		     escape->numbers[0] == 7 || escape->numbers[0] == 20);
	}
	if (escape->final == 'J')
		MUST(escape_number(escape, 0, 0) != 3);
}

static void check_piece(const struct escape *escape, const char *bytes,
			const struct escape_piece *piece)
{
	char last = bytes[piece->end - 1];

	switch (piece->kind) {
	case ESCAPE_CONTROL:
		MUST(last >= 0x08 && last <= 0x0f);
		break;
	case ESCAPE_SHORT: /* '\\' of the ST of a link */
		MUST(escape->intermediate ||
		     strchr("DEM78NO\\", escape->final));
		break;
	case ESCAPE_CSI:
		check_csi(escape);
		break;
	case ESCAPE_OSC:
		MUST(memcmp(escape->text, "8;", 2) == 0);
		break;
	default:
		break;
	}
}

static void check_buffer(struct buffer *out)
{
	struct escape escape = { 0 };
	struct escape_piece piece = { 0 };

	MUST(out->error == 0);
	while (escape_next(&escape, out->text, out->used, &piece))
		check_piece(&escape, out->text, &piece);
	MUST(escape_is_between(&escape));
	buffer_free(out);
}

static void attach(const char *bytes, size_t size, struct replay replay)
{
	struct screen screen = { 0 };
	struct buffer out = { 0 };
	bool drawn;

	screen_feed(&screen, bytes, size);
	MUST(replay_attach(&screen, &replay, &out, &drawn) == 0);
	buffer_free(&out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 3)
		return 0;

	char *bytes = fuzz_text(data + 3, size - 3);
	struct buffer lines = { 0 }, whole = { 0 };
	struct replay replay = { bytes, size - 3, data[0], data[1], false };

	replay_lines(&replay, &lines);
	check_buffer(&lines);
	replay_whole(&replay, &whole);
	check_buffer(&whole);
	attach(bytes, size - 3, replay);

	size_t cut = data[2] < replay.size ? data[2] : replay.size;

	replay.bytes += cut;
	replay.size -= cut;
	replay.is_cut = true;
	replay_lines(&replay, &lines);
	check_buffer(&lines);
	attach(bytes, size - 3, replay);
	free(bytes);
	return 0;
}
