// SPDX-License-Identifier: MIT
/*
 * A replay of anything holds nothing that makes a terminal answer, beep, leave
 * its screen or reset itself; nor does it leave a sequence open.
 *
 * The first two bytes are the terminal's size, the next what is kept.
 */
#include "fuzz.h"
#include "screen/replay/replay.h"

static void check_csi(const struct sequence *sequence)
{
	MUST(strchr("@ABCDEFGHIJKLMPSTXZ`abdefhlmrsu", sequence->final));
	MUST(!sequence->intermediate);
	if (sequence->final == 'h' || sequence->final == 'l') {
		MUST(sequence->count == 1);
		MUST(sequence->numbers[0] == 4 || sequence->numbers[0] == 6 ||
		     sequence->numbers[0] == 7 || sequence->numbers[0] == 20);
	}
	if (sequence->final == 'J')
		MUST(sequence_number(sequence, 0, 0) != 3);
}

static void check_piece(const struct sequence *sequence, const char *bytes,
			const struct sequence_piece *piece)
{
	char last = bytes[piece->end - 1];

	switch (piece->kind) {
	case SEQUENCE_CONTROL:
		MUST(last >= 0x08 && last <= 0x0f);
		break;
	case SEQUENCE_SHORT: /* '\\' of the ST of a link */
		MUST(sequence->intermediate ||
		     strchr("DEM78NO\\", sequence->final));
		break;
	case SEQUENCE_CSI:
		check_csi(sequence);
		break;
	case SEQUENCE_OSC:
		MUST(memcmp(sequence->text, "8;", 2) == 0);
		break;
	default:
		break;
	}
}

static void check_buffer(struct buffer *out)
{
	struct sequence sequence = { 0 };
	struct sequence_piece piece = { 0 };

	MUST(out->error == 0);
	while (sequence_next(&sequence, out->text, out->used, &piece))
		check_piece(&sequence, out->text, &piece);
	MUST(sequence_is_between(&sequence));
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
