// SPDX-License-Identifier: MIT
#include "tree_sample.h"

#include "view/picture/picture.h"

static const struct row shell[] = {
	ROW(1, 0, 1, 1, "init"),
	ROW(20, 1, 20, 20, "bash", .tty = PTS(3), .tpgid = 30),
	ROW(30, 20, 30, 20, "make", .tty = PTS(3), .tpgid = 30),
	ROW(31, 30, 30, 20, "cc", .tty = PTS(3), .tpgid = 30),
	ROW(33, 20, 30, 20, "tee", .tty = PTS(3), .tpgid = 30),
	ROW(50, 20, 50, 50, "jig"),
	ROW(51, 50, 51, 50, "jig-supervisor"),
	ROW(52, 51, 52, 52, "server", .threads = 4),
	ROW(61, 51, 20, 20, "orphan", .tty = PTS(3), .tpgid = 30),
	ROW(70, 1, 70, 70, "cron"),
};

static struct picture lay_out(const struct tree_labels *labels)
{
	struct picture picture;

	assert_int_equal(picture_arrange(labels, &picture), 0);
	assert_int_equal(picture_lay_out(&picture), 0);
	return picture;
}

static bool overlap(const struct picture_box *a, const struct picture_box *b)
{
	return a->x < b->x + b->width && b->x < a->x + a->width &&
	       a->y < b->y + b->height && b->y < a->y + a->height;
}

static bool holds(const struct picture_box *outer,
		  const struct picture_box *inner)
{
	return inner->x >= outer->x && inner->y >= outer->y &&
	       inner->x + inner->width <= outer->x + outer->width &&
	       inner->y + inner->height <= outer->y + outer->height;
}

static void assert_apart(const struct picture *picture)
{
	for (uint32_t i = 0; i < picture->session_count; i++)
		for (uint32_t j = 0; j < i; j++)
			assert_false(overlap(&picture->sessions[i].box,
					     &picture->sessions[j].box));
	for (uint32_t i = 0; i < picture->group_count; i++)
		for (uint32_t j = 0; j < i; j++)
			assert_false(overlap(&picture->groups[i].box,
					     &picture->groups[j].box));
	for (uint32_t i = 0; i < picture->row_count; i++)
		for (uint32_t j = 0; j < i; j++)
			assert_false(overlap(&picture->rows[i].box,
					     &picture->rows[j].box));
}

static void assert_nested(const struct picture *picture)
{
	struct picture_box all = { 0, 0, picture->width, picture->height };

	for (uint32_t i = 0; i < picture->session_count; i++)
		assert_true(holds(&all, &picture->sessions[i].box));
	for (uint32_t i = 0; i < picture->group_count; i++) {
		const struct picture_group *group = &picture->groups[i];

		assert_true(holds(&picture->sessions[group->session].box,
				  &group->box));
		for (uint32_t j = 0; j < group->count; j++)
			assert_true(
				holds(&group->box,
				      &picture->rows[group->first + j].box));
	}
}

static void assert_laid_out(const struct view *view)
{
	CLEANUP(tree_free) struct tree tree = sample_tree(view, NULL);
	struct tree_labels labels = { .tree = &tree };
	CLEANUP(picture_free) struct picture picture = lay_out(&labels);

	assert_int_equal(picture.row_count, tree.count);
	assert_int_equal(picture.session_count, tree.sessions);
	assert_int_equal(picture.group_count, tree.groups);
	assert_apart(&picture);
	assert_nested(&picture);
}

static void boxes_hold_their_own_and_overlap_none(void **state)
{
	CLEANUP(view_free)
	struct view view = sample_view(shell, COUNT(shell));

	(void)state;
	assert_laid_out(&view);
}

/* Trees of every shape: the parent is any that came before, the session and the
 * group its own or new ones. */
static void random_trees_are_laid_out_too(void **state)
{
	(void)state;
	srandom(20);
	for (int round = 0; round < 40; round++) {
		CLEANUP(view_free) struct view view = { 0 };
		struct row rows[120] = { ROW(1, 0, 1, 1, "init") };

		for (int i = 0; i < 120; i++) {
			const struct row *above = &rows[i ? random() % i : 0];
			long kind = random() % 4;
			pid_t pid = 2 + i;

			if (i > 0)
				rows[i] = (struct row)ROW(
					pid, above->pid,
					kind < 2 ? pid : above->pgid,
					kind == 0 ? pid : above->sid, "name");
			rows[i].tty = random() % 5 ? 0 : PTS(round);
			sample_add(&view, &rows[i]);
		}
		assert_laid_out(&view);
	}
}

static void a_session_stands_right_of_the_process_that_began_it(void **state)
{
	CLEANUP(view_free)
	struct view view = sample_view(shell, COUNT(shell));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	struct tree_labels labels = { .tree = &tree };
	CLEANUP(picture_free) struct picture picture = lay_out(&labels);
	uint32_t bash = tree.nodes[sample_node(&tree, 20)].session;
	uint32_t jig = tree.nodes[sample_node(&tree, 50)].session;

	(void)state;
	assert_int_equal(picture.sessions[jig].parent, bash);
	assert_int_equal(picture.sessions[jig].depth, 2);
	assert_int_equal(picture.sessions[bash].tty, PTS(3));
	assert_true(picture.sessions[jig].box.x >
		    picture.sessions[bash].box.x +
			    picture.sessions[bash].box.width);
}

/* Linear, and without recursion: these would take minutes, or the stack. */
static void chains_and_crowds_are_laid_out_at_once(void **state)
{
	enum { MANY = 10000 };
	static const pid_t steps[] = { 1, MANY };

	(void)state;
	for (size_t i = 0; i < COUNT(steps); i++) {
		CLEANUP(view_free)
		struct view view = sample_chain(MANY, steps[i]);
		CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
		struct tree_labels labels = { .tree = &tree };
		CLEANUP(picture_free) struct picture picture = lay_out(&labels);

		assert_int_equal(picture.row_count, MANY);
		assert_nested(&picture);
	}
}

static void svg_escapes_what_xml_means(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "<a b=\"c\">&\033]]>"),
		ROW(2, 1, 1, 1, "\xef\xbf\xbf\xef\xbf\xbe\xff"),
	};
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	struct tree_labels labels = { .tree = &tree };
	CLEANUP(buffer_free) struct buffer svg = { 0 };

	(void)state;
	assert_int_equal(picture_add_svg(&labels, &svg), 0);
	assert_non_null(strstr(svg.text,
			       ">[1] &lt;a b=&quot;c&quot;&gt;&amp;?]]&gt;<"));
	assert_non_null(strstr(svg.text, ">2 ?"
					 "?"
					 "?</text>"));
	assert_null(strchr(svg.text, '\033'));
	assert_null(strstr(svg.text, "<script"));
}

static void dot_escapes_what_its_strings_mean(void **state)
{
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "say \"\\N\"\n"),
	};
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	struct tree_labels labels = { .tree = &tree };
	CLEANUP(buffer_free) struct buffer dot = { 0 };

	(void)state;
	assert_int_equal(picture_add_dot(&labels, &dot), 0);
	assert_non_null(strstr(dot.text, "label=\"[1] say \\\"\\\\N\\\"?\""));
}

static void pictures_name_sessions_groups_and_terminals(void **state)
{
	static const char *const in_svg[] = {
		">session 20<",
		">group 30 · foreground<",
		">pts/3<",
		">[20 pts/3] bash<",
		">31+ cc<",
		"class=\"node fixture\"",
		">10 processes",
		">pid 31, parent 30, group 30, session 20: cc<",
	};
	static const char *const in_dot[] = {
		"label=\"session 20\"",
		"label=\"group 30 (foreground)\"",
		"label=\"pts/3\"",
		"p20 -> p30;",
		"p30 -> p31;",
		"p51 [label=\"(51) jig-supervisor fixture jig-50\"",
	};
	CLEANUP(view_free)
	struct view view = sample_view(shell, COUNT(shell));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	struct tree_labels labels = { .tree = &tree };
	CLEANUP(buffer_free) struct buffer svg = { 0 };
	CLEANUP(buffer_free) struct buffer dot = { 0 };

	(void)state;
	assert_int_equal(picture_add_svg(&labels, &svg), 0);
	assert_int_equal(picture_add_dot(&labels, &dot), 0);
	for (size_t i = 0; i < COUNT(in_svg); i++)
		assert_non_null(strstr(svg.text, in_svg[i]));
	for (size_t i = 0; i < COUNT(in_dot); i++)
		assert_non_null(strstr(dot.text, in_dot[i]));
}

static void long_commands_are_cut_and_whole_in_the_title(void **state)
{
	static const char words[] = "run --with-a-very-long-option=of-its-own "
				    "--and another-one";
	static const struct row rows[] = {
		ROW(1, 0, 1, 1, "run", .arguments = words),
	};
	CLEANUP(view_free) struct view view = sample_view(rows, COUNT(rows));
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	struct tree_labels labels = { .tree = &tree, .arguments = true };
	CLEANUP(buffer_free) struct buffer svg = { 0 };

	(void)state;
	assert_int_equal(picture_add_svg(&labels, &svg), 0);
	assert_non_null(strstr(svg.text, "its-own --and …</text>"));
	assert_non_null(strstr(svg.text, "--and another-one</title>"));
}

static void a_picture_of_no_process_is_one(void **state)
{
	struct view view = { 0 };
	CLEANUP(tree_free) struct tree tree = sample_tree(&view, NULL);
	struct tree_labels labels = { .tree = &tree };
	CLEANUP(buffer_free) struct buffer text = { 0 };

	(void)state;
	assert_int_equal(picture_add_svg(&labels, &text), 0);
	assert_non_null(strstr(text.text, "0 processes"));
	assert_int_equal(picture_add_dot(&labels, &text), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(boxes_hold_their_own_and_overlap_none),
		cmocka_unit_test(random_trees_are_laid_out_too),
		cmocka_unit_test(
			a_session_stands_right_of_the_process_that_began_it),
		cmocka_unit_test(chains_and_crowds_are_laid_out_at_once),
		cmocka_unit_test(svg_escapes_what_xml_means),
		cmocka_unit_test(dot_escapes_what_its_strings_mean),
		cmocka_unit_test(pictures_name_sessions_groups_and_terminals),
		cmocka_unit_test(long_commands_are_cut_and_whole_in_the_title),
		cmocka_unit_test(a_picture_of_no_process_is_one),
	};

	return RUN(tests);
}
