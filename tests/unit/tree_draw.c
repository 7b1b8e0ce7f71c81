// SPDX-License-Identifier: MIT
#include "tree_sample.h"

#include "base/text/ansi.h"
#include "tty/charset.h"
#include "view/printable.h"
#include "view/tree/draw.h"

static const struct row shell[] = {
	ROW(1, 0, 1, 1, "init"),
	ROW(20, 1, 20, 20, "bash", .tty = PTS(3), .tpgid = 30),
	ROW(30, 20, 30, 20, "make", .tty = PTS(3), .tpgid = 30),
	ROW(31, 30, 30, 20, "cc", .tty = PTS(3), .tpgid = 30),
	ROW(32, 30, 30, 20, "cc", .tty = PTS(3), .tpgid = 30),
	ROW(33, 20, 30, 20, "tee", .tty = PTS(3), .tpgid = 30),
	ROW(40, 20, 40, 20, "vi", .tty = PTS(3), .tpgid = 30, .state = 'T'),
	ROW(50, 1, 50, 50, "jig"),
	ROW(51, 50, 51, 50, "jig-supervisor"),
	ROW(52, 51, 52, 52, "server", .threads = 4),
	ROW(60, 1, 60, 60, "dead", .state = 'Z'),
	ROW(61, 1, 20, 20, "orphan", .tty = PTS(3), .tpgid = 30),
};

/* All lines of a tree; buffer_free() it. */
static struct buffer draw(struct tree_style style, const struct tree *tree)
{
	struct buffer text = { 0 };

	style.labels.tree = tree;
	for (uint32_t i = 0; i < tree->count; i++)
		tree_draw_line(&style, i, &text);
	assert_int_equal(text.error, 0);
	return text;
}

static struct buffer draw_rows(const struct row *rows, size_t count,
			       struct tree_style style)
{
	CLEANUP(view_free) struct view view = sample_view(rows, count);
	CLEANUP(tree_free)
	struct tree tree =
		sample_tree(&view,
			    &(struct tree_options){ .fold = TREE_FOLD_ALL });

	return draw(style, &tree);
}

static void assert_drawn(const struct row *rows, size_t count,
			 struct tree_style style, const char *wanted)
{
	CLEANUP(buffer_free)
	struct buffer text = draw_rows(rows, count, style);

	assert_string_equal(text.text, wanted);
}

static void a_tree_has_branches_and_brackets(void **state)
{
	(void)state;
	assert_drawn(shell, COUNT(shell), (struct tree_style){ 0 },
		     "[1] init\n"
		     "├─[20 pts/3] bash\n"
		     "│ ├─(30)+ make\n"
		     "│ │ └─2×31…32+ cc\n"
		     "│ ├─33+ tee in (30)\n"
		     "│ └─(40) vi <stopped>\n"
		     "├─[50] jig\n"
		     "│ └─(51) jig-supervisor fixture jig-50\n"
		     "│   └─[52] server {4 threads}\n"
		     "├─[60] dead <defunct>\n"
		     "└─61 orphan in [20 pts/3]\n");
}

static void ascii_has_nothing_else(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "größe日"), ROW(2, 1, 1, 1, "w"),
		ROW(3, 1, 1, 1, "w"),	    ROW(4, 1, 1, 1, "v"),
		ROW(5, 4, 1, 1, "u"),
	};

	(void)state;
	assert_drawn(rows, COUNT(rows), (struct tree_style){ .ascii = true },
		     "[1] gr??e?\n"
		     "|-2x2...3 w\n"
		     "`-4 v\n"
		     "  `-5 u\n");
}

static void jobs_are_named(void **state)
{
	static const struct row rows[] = {
		ROW(50, 1, 50, 50, "jig"),
		ROW(51, 50, 51, 50, "jig-supervisor"),
		ROW(61, 1, 61, 61, "jig-supervisor"),
	};
	struct tree_job job = { 50, "%1 we\033b" };
	struct list jobs = { &job, 1, 1 };

	(void)state;
	assert_drawn(rows, COUNT(rows),
		     (struct tree_style){ .labels.jobs = &jobs },
		     "[50] jig\n"
		     "└─(51) jig-supervisor fixture jig-50 %1 we?b\n"
		     "[61] jig-supervisor fixture without a guard\n");
}

static void names_cannot_move_the_cursor(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "a\033[2Jb\nc\r\xff\xc2\x9b"),
	};

	(void)state;
	assert_drawn(rows, COUNT(rows), (struct tree_style){ 0 },
		     "[1] a?[2Jb?c?"
		     "?"
		     "?\n");
}

static void arguments_are_shown_when_asked_for(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "sh", .arguments = "sh -c true"),
		ROW(2, 1, 1, 1, "kworker"),
	};

	(void)state;
	assert_drawn(rows, COUNT(rows),
		     (struct tree_style){ .labels.arguments = true },
		     "[1] sh -c true\n"
		     "└─2 kworker\n");
}

static void colours_change_no_text(void **state)
{
	CLEANUP(buffer_free)
	struct buffer plain = draw_rows(shell, COUNT(shell),
					(struct tree_style){ .width = 30 });
	CLEANUP(buffer_free)
	struct buffer coloured =
		draw_rows(shell, COUNT(shell),
			  (struct tree_style){ .width = 30, .colour = true });

	(void)state;
	assert_true(coloured.used > plain.used);
	coloured.text[ansi_strip(coloured.text, coloured.used)] = '\0';
	assert_string_equal(coloured.text, plain.text);
}

/* Each session its own, next to its neighbours. */
static void sessions_have_colours(void **state)
{
	CLEANUP(buffer_free)
	struct buffer text =
		draw_rows(shell, COUNT(shell),
			  (struct tree_style){ .width = 60, .colour = true });

	(void)state;
	assert_non_null(strstr(text.text, "\033[1;36m[1]\033[0m"));
	assert_non_null(strstr(text.text, "\033[1;33m[20 pts/3]\033[0m"));
	assert_non_null(strstr(text.text, "\033[33m33\033[0m"));
	assert_non_null(strstr(text.text, "\033[1;35m[50]\033[0m"));
}

static void no_line_is_wider_than_the_width(void **state)
{
	(void)state;
	for (size_t width = 1; width < 45; width++) {
		CLEANUP(buffer_free)
		struct buffer text =
			draw_rows(shell, COUNT(shell),
				  (struct tree_style){ .width = width });

		for (char *line = strtok(text.text, "\n"); line;
		     line = strtok(NULL, "\n"))
			assert_int_equal(printable_cut(line, strlen(line),
						       width),
					 strlen(line));
	}
}

static void deep_lines_leave_out_the_outer_levels(void **state)
{
	CLEANUP(view_free) struct view view = sample_chain(50, 50);
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct tree_style style = { .labels.tree = &tree, .width = 12 };

	(void)state;
	tree_draw_line(&style, 3, &text);
	assert_string_equal(text.text, "    └─4 link\n");
	text.used = 0;
	tree_draw_line(&style, 49, &text);
	assert_string_equal(text.text, "…46     └─50\n");
	style.width = 24;
	text.used = 0;
	tree_draw_line(&style, 49, &text);
	assert_string_equal(text.text, "…43           └─50 link\n");
}

/* 10,000 levels would be 100 MB with a column for each. */
static void a_deep_tree_is_drawn_in_bounded_room(void **state)
{
	enum { DEEP = 10000 };
	CLEANUP(view_free) struct view view = sample_chain(DEEP, 3);
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	CLEANUP(buffer_free)
	struct buffer text = draw((struct tree_style){ 0 }, &tree);

	(void)state;
	assert_true(text.used < (size_t)DEEP * (2 * TREE_DRAW_LEVELS + 64));
}

static void charsets_are_read_as_posix_has_them(void **state)
{
	(void)state;
	assert_true(charset_is_utf8(NULL, NULL, "de_DE.UTF-8"));
	assert_true(charset_is_utf8("", "C.utf8", "C"));
	assert_true(charset_is_utf8("sr_RS.utf-8@latin", "C", "C"));
	assert_false(charset_is_utf8("C", NULL, "de_DE.UTF-8"));
	assert_false(charset_is_utf8(NULL, "de_DE@euro", "de_DE.UTF-8"));
	assert_false(charset_is_utf8(NULL, NULL, "de_DE.UTF-16"));
	assert_false(charset_is_utf8(NULL, NULL, "UTF-8"));
	assert_false(charset_is_utf8(NULL, NULL, NULL));
	assert_false(charset_is_utf8("", "", ""));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_tree_has_branches_and_brackets),
		cmocka_unit_test(ascii_has_nothing_else),
		cmocka_unit_test(jobs_are_named),
		cmocka_unit_test(names_cannot_move_the_cursor),
		cmocka_unit_test(arguments_are_shown_when_asked_for),
		cmocka_unit_test(colours_change_no_text),
		cmocka_unit_test(sessions_have_colours),
		cmocka_unit_test(no_line_is_wider_than_the_width),
		cmocka_unit_test(deep_lines_leave_out_the_outer_levels),
		cmocka_unit_test(a_deep_tree_is_drawn_in_bounded_room),
		cmocka_unit_test(charsets_are_read_as_posix_has_them),
	};

	return RUN(tests);
}
