// SPDX-License-Identifier: MIT
/*
 * With a terminal emulator (libvterm) as the oracle: a terminal that attaches
 * shows the same as one that got all of the output.
 */
#include "unit.h"

#include <stdio.h>
#include <string.h>
#include <vterm.h>

#include "screen/replay/replay.h"

#define ROWS 8
#define COLUMNS 20
#define CELLS (ROWS * COLUMNS)

/* What it shows, its cursor, and how many bytes it answered. */
struct shown {
	uint32_t cells[CELLS];
	VTermPos cursor;
	size_t answered;
};

static uint32_t cell(VTermScreen *screen, int row, int column)
{
	VTermPos at = { row, column };
	VTermScreenCell found;

	assert_true(vterm_screen_get_cell(screen, at, &found));
	/* Blank is blank, whether it was written or erased. */
	return found.chars[0] ? found.chars[0] : ' ';
}

static struct shown show(const char *bytes, size_t size)
{
	VTerm *vterm = vterm_new(ROWS, COLUMNS);
	struct shown shown = { 0 };

	assert_non_null(vterm);
	vterm_set_utf8(vterm, true);

	VTermScreen *screen = vterm_obtain_screen(vterm);

	vterm_screen_enable_altscreen(screen, true);
	vterm_screen_reset(screen, true);
	vterm_input_write(vterm, bytes, size);
	for (int i = 0; i < CELLS; i++)
		shown.cells[i] = cell(screen, i / COLUMNS, i % COLUMNS);
	vterm_state_get_cursorpos(vterm_obtain_state(vterm), &shown.cursor);
	shown.answered = vterm_output_get_buffer_current(vterm);
	vterm_free(vterm);
	return shown;
}

static void print_shown(const char *name, const struct shown *shown)
{
	print_error("%s: cursor %d, %d\n", name, shown->cursor.row,
		    shown->cursor.col);
	for (int i = 0; i < CELLS; i++) {
		uint32_t c = shown->cells[i];

		print_error("%c%s", c < 0x7f ? (int)c : '?',
			    i % COLUMNS == COLUMNS - 1 ? "|\n" : "");
	}
}

static void print_bytes(const char *name, const char *bytes, size_t size)
{
	print_error("%s: ", name);
	for (size_t i = 0; i < size; i++)
		if (bytes[i] >= 0x20 && bytes[i] < 0x7f)
			print_error("%c", bytes[i]);
		else
			print_error("\\%03o", (unsigned char)bytes[i]);
	print_error("\n");
}

/* Attach when @size bytes were written, of which the last @kept are kept. */
static struct buffer attach(const char *bytes, size_t size, size_t kept,
			    bool *ret_drawn)
{
	struct screen screen = { 0 };
	struct replay replay = { bytes + size - kept, kept, ROWS, COLUMNS,
				 false };
	struct buffer ret = { 0 };

	screen_feed(&screen, bytes, size);
	assert_int_equal(replay_attach(&screen, &replay, &ret, ret_drawn), 0);
	return ret;
}

static void check_kept(const char *bytes, size_t size, size_t kept)
{
	bool drawn;
	struct buffer replayed = attach(bytes, size, kept, &drawn);
	struct shown all = show(bytes, size);
	struct shown some = show(replayed.text, replayed.used);

	assert_true(drawn);
	assert_int_equal(some.answered, 0);
	if (memcmp(all.cells, some.cells, sizeof(all.cells)) != 0 ||
	    all.cursor.row != some.cursor.row ||
	    all.cursor.col != some.cursor.col) {
		print_bytes("written", bytes, size);
		print_bytes("replayed", replayed.text, replayed.used);
		print_shown("all", &all);
		print_shown("replay", &some);
		fail();
	}
	buffer_free(&replayed);
}

static void check(const char *bytes)
{
	check_kept(bytes, strlen(bytes), strlen(bytes));
}

static void plain_output_is_shown_again(void **state)
{
	(void)state;
	check("");
	check("$ ls\r\nx y\r\n$ ");
	check("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n10\r\n$ ");
	check("1\r\n2\r\n3\r\n4\r\n5\r\n6\r\n7\r\n8\r\n9\r\n"
	      "a line that is longer than the screen is wide\r\n$ ");
}

static void answers_are_not_asked_for_again(void **state)
{
	(void)state;
	assert_true(show("\033[6n", 4).answered > 0);
	check("a\033[6n\033[c\033[>c\033Pzz$qm\033\\b");
	check("\033[?1049ha\033[6n\033[c");
}

static void a_full_screen_program_leaves_no_trace(void **state)
{
	(void)state;
	check("$ vi\r\n\033[?1049h\033[H\033[2Jtext\033[8;1H:q\r"
	      "\033[?1049l$ ");
	check("$ vi\r\n\033[?1049h\033[H\033[2Jtext\033[8;1H:");
	/* One that only leaves: the cursor goes where none was saved. */
	check("$ vi\r\nerror\033[?1049l$ ");
}

/* Made of what programs write, the same every time. */
struct stream {
	char bytes[8192];
	size_t size;
	uint32_t seed;
};

static unsigned some(struct stream *stream, unsigned below)
{
	stream->seed = stream->seed * 1664525U + 1013904223U;
	return (stream->seed >> 16) % below;
}

static void add(struct stream *stream, const char *format, unsigned number)
{
	char *end = stream->bytes + stream->size;
	size_t room = sizeof(stream->bytes) - stream->size;
	int n = snprintf(end, room, format, number);

	assert_true(n >= 0 && (size_t)n < room);
	stream->size += (size_t)n;
}

static const char *const lines[] = {
	"line %u\r\n", "%u: one that is longer than a row of the screen\r\n",
	"%u\r\n",      "\r\n",
	"word%u ",     "caf\xc3\xa9 %u\r\n",
	"\rx%u\n",
};

/* What redraws lines. */
static const char *const redraws[] = {
	"\r%u%%",
	"\r\033[K%u",
	"\033[%uA",
	"\033[%uA\r",
	"\033[%uB",
	"\033[%uC",
	"\033[%uD",
	"\b",
	"\t",
	"\033[J",
	"\033[%uG",
	"\033[%uF",
	"\033[31m%u\033[m",
	"\0337\033[%uA*\0338",
};

/* What uses the whole screen. */
static const char *const screens[] = {
	"\033[%u;3H",
	"\033[H\033[2J",
	"\033[H\033[J",
	"\033[2J",
	"\033[2K",
	"\033[%ud",
	"\033[%uF\r*",
	"\033M",
	"\033[?25l",
	"\033[%uL",
	"\033[%uM",
	"\033[%uP",
	"\033[%u@",
	"\033D",
	"\033E",
	"\033[%uS",
	"\033[%uT",
	/* A program from its start to its end. */
	"\r\033[?1049h\033[H\033[2Jx%u\r\n\n\n\033[?1049l",
};

struct words {
	const char *const *words;
	unsigned count;
};

/* Plain lines are most of it. */
static void add_words(struct stream *stream, struct words rare)
{
	unsigned length = 10 + some(stream, 60);

	for (unsigned i = 0; i < length; i++) {
		struct words from =
			some(stream, 3) ? (struct words){ lines, COUNT(lines) }
					: rare;
		const char *word = from.words[some(stream, from.count)];

		add(stream, word, 1 + some(stream, 9));
	}
}

static void check_streams(struct words rare)
{
	for (uint32_t seed = 1; seed <= 1000; seed++) {
		struct stream stream = { .seed = seed };

		add_words(&stream, rare);
		check_kept(stream.bytes, stream.size, stream.size);
	}
}

static void lines_are_shown_again(void **state)
{
	(void)state;
	check_streams((struct words){ lines, COUNT(lines) });
}

static void lines_that_are_redrawn_are_shown_again(void **state)
{
	(void)state;
	check_streams((struct words){ redraws, COUNT(redraws) });
}

static void screens_are_shown_again(void **state)
{
	(void)state;
	check_streams((struct words){ screens, COUNT(screens) });
}

/* A program that is in the alternate screen. */
static void alternate_screens_are_shown_again(void **state)
{
	struct words words = { screens, COUNT(screens) - 1 };

	(void)state;
	for (uint32_t seed = 1; seed <= 1000; seed++) {
		struct stream stream = { .seed = seed };

		add_words(&stream, words);
		add(&stream, "\033[?1049h\033[H", 0);
		add_words(&stream, words);
		check_kept(stream.bytes, stream.size, stream.size);
	}
}

/* However much of the beginning is gone, when more than a screen is left. */
static void what_is_gone_is_not_missed(void **state)
{
	struct stream stream = { .seed = 1 };

	(void)state;
	for (unsigned i = 0; i < 40; i++)
		add(&stream, lines[i % 4], i);
	for (size_t kept = stream.size / 2; kept < stream.size; kept++)
		check_kept(stream.bytes, stream.size, kept);
}

/* All that @command writes to a terminal of that size, typing @keys. */
static struct buffer record(const char *command, const char *keys)
{
	struct buffer shell = { 0 }, ret = { 0 };
	char bytes[4096];
	size_t n;

	buffer_printf(&shell,
		      "printf '%s' | TERM=xterm timeout 20 script -qec "
		      "'stty rows %d cols %d; %s' /dev/null",
		      keys, ROWS, COLUMNS, command);
	assert_int_equal(shell.error, 0);

	FILE *pipe = popen(shell.text, "r");

	assert_non_null(pipe);
	while ((n = fread(bytes, 1, sizeof(bytes), pipe)) > 0)
		buffer_add(&ret, bytes, n);
	assert_int_equal(pclose(pipe), 0);
	assert_int_equal(ret.error, 0);
	buffer_free(&shell);
	return ret;
}

static bool is_installed(const char *program)
{
	char command[64];

	(void)snprintf(command, sizeof(command), "command -v %s >/dev/null",
		       program);
	return system(command) == 0;
}

/* Attach now and then while it is written, on the normal screen. */
static void check_moments(const struct buffer *written)
{
	struct screen screen = { 0 };

	for (size_t size = 0; size < written->used; size++) {
		screen_feed(&screen, written->text + size, 1);
		if (size % 3 == 0 && !screen_is_alternate(&screen))
			check_kept(written->text, size + 1, size + 1);
	}
	check_kept(written->text, written->used, written->used);
}

static void a_shell_is_shown_again(void **state)
{
	struct buffer written = { 0 };

	(void)state;
	if (!is_installed("script") || !is_installed("bash")) {
		print_message("no script(1) or no bash\n");
		skip();
	}
	written = record(
		"PS1=\"a long prompt> \" exec bash --norc -i",
		"echo some words\\nseq 12\\ntput clear; date\\n"
		"ls -C /\\necho aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\\001b"
		"\\nexit 0\\n");
	assert_true(written.used > 100);
	check_moments(&written);
	buffer_free(&written);
}

/* In its alternate screen just before it leaves that, and at all moments out
 * of it. */
static void check_program(const char *program, const char *command,
			  const char *keys)
{
	struct buffer written = { 0 };

	if (!is_installed("script") || !is_installed(program)) {
		print_message("no script(1) or no %s\n", program);
		skip();
	}
	written = record(command, keys);

	const char *left = memmem(written.text, written.used, "\033[?1049l", 8);

	assert_non_null(left);
	check_kept(written.text, (size_t)(left - written.text),
		   (size_t)(left - written.text));
	check_moments(&written);
	buffer_free(&written);
}

static void less_is_shown_again(void **state)
{
	(void)state;
	check_program("less", "seq 3; seq 90 | less; seq 3", "  bq");
}

static void vim_is_shown_again(void **state)
{
	(void)state;
	check_program("vim", "seq 3; vim -n -i NONE -u NONE +q; seq 3", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_output_is_shown_again),
		cmocka_unit_test(answers_are_not_asked_for_again),
		cmocka_unit_test(a_full_screen_program_leaves_no_trace),
		cmocka_unit_test(lines_are_shown_again),
		cmocka_unit_test(lines_that_are_redrawn_are_shown_again),
		cmocka_unit_test(screens_are_shown_again),
		cmocka_unit_test(alternate_screens_are_shown_again),
		cmocka_unit_test(what_is_gone_is_not_missed),
		cmocka_unit_test(a_shell_is_shown_again),
		cmocka_unit_test(less_is_shown_again),
		cmocka_unit_test(vim_is_shown_again),
	};

	return RUN(tests);
}
