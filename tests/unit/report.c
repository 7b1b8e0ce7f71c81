// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>

#include "report_sample.h"

static void a_report_is_as_long_as_it_is_filled(void **state)
{
	struct jig_report report = report_sample();
	size_t size = report_size(&report);

	(void)state;
	assert_int_equal(report_check(&report, size), 0);
	assert_int_equal(report_check(&report, size - 1), -EBADMSG);
	assert_int_equal(report_check(&report, size + 1), -EBADMSG);
	assert_int_equal(report_check(&report, 0), -EBADMSG);
	report.leftover_count = 1;
	assert_int_equal(report_check(&report, size), 0);
	report.ancestor_count = 0;
	assert_int_equal(report_check(&report, report_size(&report)), -EBADMSG);
	report.leftovers[0].ancestor = report.survivors[0].ancestor = 0;
	report.leftover_count = 0;
	assert_int_equal(report_check(&report, size), -EBADMSG);
	assert_int_equal(report_check(&report, report_size(&report)), 0);
}

/* Each wrong field alone makes it no report. */
#define REFUSED(change)                                                        \
	do {                                                                   \
		struct jig_report report = report_sample();                    \
		size_t size = report_size(&report);                            \
                                                                               \
		report.change;                                                 \
		assert_int_equal(report_check(&report, size), -EBADMSG);       \
	} while (0)

static void every_bad_field_is_refused(void **state)
{
	(void)state;
	REFUSED(reason = JIG_REASON_UNHEALTHY + 1);
	REFUSED(cage = JIG_CAGE_AUTO);
	REFUSED(cage = JIG_CAGE_PGROUP + 1);
	REFUSED(cage = UINT32_MAX);
	REFUSED(strength = CAGE_KERNEL + 1);
	REFUSED(leftover_count = REPORT_LEFTOVERS + 1);
	REFUSED(leftover_count = UINT32_MAX);
	REFUSED(survivor_count = REPORT_SURVIVORS + 1);
	REFUSED(signal_count = REPORT_SIGNALS + 1);
	REFUSED(leftover_total = 1);
	REFUSED(survivor_total = 0);
	REFUSED(ancestry = ANCESTRY_CONNECTOR + 1);
	REFUSED(ancestor_count = REPORT_ANCESTORS + 1);
	REFUSED(ancestor_count = 3); /* The survivor's is not there. */
	REFUSED(ancestors[0].parent = 1); /* Itself. */
	REFUSED(ancestors[1].parent = 3); /* One that is not before it. */
	REFUSED(leftovers[0].ancestor = 5);
	REFUSED(leftovers[1].ancestor = UINT32_MAX);
	REFUSED(survivors[0].ancestor = 5);
}

static void every_text_without_an_end_is_refused(void **state)
{
	struct jig_report report;
	char *texts[] = { report.why,
			  report.leftovers[1].comm,
			  report.leftovers[1].command,
			  report.survivors[0].comm,
			  report.survivors[0].command,
			  report.ancestors[3].command,
			  report.leftovers[0].marks.text };
	size_t sizes[] = { sizeof(report.why),	16, 176, 16, 176, 176,
			   sizeof(struct marks) };

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++) {
		report = report_sample();
		memset(texts[i], 'x', sizes[i]);
		assert_int_equal(report_check(&report, report_size(&report)),
				 -EBADMSG);
	}
}

static void bytes_that_lie_askew_are_refused(void **state)
{
	struct jig_report report = report_sample();
	char *bytes = calloc(1, sizeof(report) + 8);

	(void)state;
	memcpy(bytes + 1, &report, report_size(&report));
	assert_int_equal(report_check(bytes + 1, report_size(&report)),
			 -EBADMSG);
	free(bytes);
}

static void a_copy_is_the_filled_part(void **state)
{
	struct jig_report report = report_sample(), copy;

	(void)state;
	memset(&copy, 0xee, sizeof(copy));
	report_copy(&copy, &report);
	assert_memory_equal(&copy, &report, report_size(&report));
	assert_int_equal((unsigned char)copy.ancestors[4].command[0], 0xee);
}

static void the_code_is_a_shells(void **state)
{
	struct jig_report report = report_sample();

	(void)state;
	assert_int_equal(report_code(&report), 128 + SIGTERM);
	for (int code = 0; code < 256; code++) {
		report.main_status = code << 8;
		assert_int_equal(report_code(&report), code);
	}
	report.main_status = SIGSEGV | 0x80; /* with a core dump */
	assert_int_equal(report_code(&report), 128 + SIGSEGV);
	report.main_status = -1;
	assert_int_equal(report_code(&report), -1);
}

static void accessors_show_what_is_there(void **state)
{
	struct jig_report report = report_sample();
	struct jig_leftover one = { .size = sizeof(one) };

	(void)state;
	assert_string_equal(jig_report_cage(&report), "subreaper");
	assert_int_equal(jig_report_leftovers(&report), 3);
	assert_int_equal(jig_report_leftover(&report, 1, &one), 0);
	assert_int_equal(one.pid, 4713);
	assert_int_equal(one.state, 'T');
	assert_int_equal(one.fate, JIG_FATE_EXITED);
	assert_int_equal(one.value, 3);
	assert_string_equal(one.comm, "other");
	assert_int_equal(jig_report_leftover(&report, 2, &one), -ENOENT);
	assert_int_equal(jig_report_survivor(&report, 0, &one), 0);
	assert_int_equal(one.pid, 99);
	assert_int_equal(jig_report_survivor(&report, 1, &one), -ENOENT);
	assert_int_equal(jig_report_survivor(&report, SIZE_MAX, &one), -ENOENT);
	assert_int_equal(one.pid, 99); /* Untouched. */
}

static void the_paragraph_names_each_leftover(void **state)
{
	struct jig_report report = report_sample();
	struct buffer text = { 0 };

	(void)state;
	assert_int_equal(report_text(&report, "the command", &text), 0);
	assert_string_equal(
		text.text,
		"jig: 3 leftovers of the command:\n"
		"  4712 da?mon -x ?[2J (daemon, own session, own process "
		"group, ignores SIGTERM, was stopped, another user): "
		"ended by SIGKILL after 0.001 s\n"
		"    left by t.py::test_?[a]\n"
		"    <- sh -c ?[31m <- make test\n"
		"  4713 other: exited with 3 after 0.000 s\n"
		"  and 1 more\n"
		"jig: 1 survivor of the command:\n"
		"  99 stuck: could NOT be ended, state D\n"
		"    <- process 4722 <- make test\n");
	buffer_free(&text);
}

static void the_paragraph_is_short_whatever_was_left(void **state)
{
	struct jig_report report = report_sample();
	struct buffer text = { 0 };
	size_t lines = 0;

	(void)state;
	report.survivor_total = report.survivor_count = 0;
	report.leftover_count = REPORT_LEFTOVERS;
	report.leftover_total = 2000;
	assert_int_equal(report_text(&report, "the command", &text), 0);
	for (const char *p = text.text; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, 12);
	assert_non_null(strstr(text.text, "  and 1992 more\n"));
	buffer_free(&text);
}

static void equal_ancestors_stand_there_once(void **state)
{
	struct jig_report report = report_sample();
	struct ancestor one = report.ancestors[1];

	(void)state;
	assert_int_equal(report_add_ancestor(&report, &one), 2);
	one.parent = 4;
	assert_int_equal(report_add_ancestor(&report, &one), 5);
	assert_int_equal(report.ancestor_count, 5);
	while (report.ancestor_count < REPORT_ANCESTORS)
		one.parent = report_add_ancestor(&report, &one);
	/* There is no room: the nearest one that is there. */
	one.parent = 7;
	one.pid++;
	assert_int_equal(report_add_ancestor(&report, &one), 7);
	assert_int_equal(report.ancestor_count, REPORT_ANCESTORS);
	assert_int_equal(report_check(&report, report_size(&report)), 0);
}

static void a_long_line_of_commands_is_shortened(void **state)
{
	struct jig_report report = report_sample();
	struct ancestor one = { .parent = 1 };
	struct buffer text = { 0 };

	(void)state;
	for (int i = 0; i < 8; i++) {
		(void)snprintf(one.command, sizeof(one.command), "c%d", i);
		one.pid = 5000 + i;
		one.parent = report_add_ancestor(&report, &one);
	}
	report.leftovers[0].ancestor = one.parent;
	report_text_ancestry(&text, &report, &report.leftovers[0]);
	assert_string_equal(text.text,
			    "    <- c7 <- c6 <- c5 <- c4 <- … 4 more "
			    "<- make test\n");
	buffer_free(&text);
}

static void without_leftovers_nothing_is_said(void **state)
{
	struct jig_report report = report_sample();
	struct buffer text = { 0 };

	(void)state;
	report.leftover_count = report.leftover_total = 0;
	report.survivor_count = report.survivor_total = 0;
	assert_int_equal(report_text(&report, "the command", &text), 0);
	assert_int_equal(text.used, 0);
	buffer_free(&text);
}

static void the_json_says_what_the_report_says(void **state)
{
	static const char *const parts[] = {
		"\"version\": 1,",
		"\"reason\": \"stop\",",
		"\"daemon\": true,",
		"\"began\": 1700000000.123456,",
		"\"signal\": \"SIGTERM\",",
		"\"kind\": \"subreaper\",",
		"\"reason\": \"no cgroup: \\\"read-only\\\"\\u000a\",",
		"\"comm\": \"da\xef\xbf\xbdmon\",",
		"\\u001b[2J",
		"\"uid\": null,",
		"\"leftover_count\": 3,",
		"\"survived\": true,",
		"\"after_seconds\": 0.001500",
		"\"ancestry_source\": \"connector\",",
		"\"ancestry_lost\": 2",
		"\"executed\": false,",
		"\"left_by\": \"t.py::test_\\u001b[a]\",",
		"\"PYTEST_CURRENT_TEST\": \"t.py::test_\\u001b[a] (call)\"",
		"\"left_by\": null,",
		"\"command\": null,",
	};
	struct jig_report report = report_sample();
	char *text = NULL;
	ssize_t size = jig_report_json(&report, &text);

	(void)state;
	assert_true(size > 0);
	assert_int_equal(strlen(text), size);
	for (size_t i = 0; i < COUNT(parts); i++)
		assert_non_null(strstr(text, parts[i]));
	free(text);
}

/* For tests/integration/repository/test_library.py, which checks it against the
 * schema. */
static int print_sample(void)
{
	struct jig_report report = report_sample();
	struct buffer text = { 0 };
	int r = report_json(&report, &text);

	if (r == 0)
		(void)fwrite(text.text, 1, text.used, stdout);
	buffer_free(&text);
	return r < 0;
}

int main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_report_is_as_long_as_it_is_filled),
		cmocka_unit_test(every_bad_field_is_refused),
		cmocka_unit_test(every_text_without_an_end_is_refused),
		cmocka_unit_test(bytes_that_lie_askew_are_refused),
		cmocka_unit_test(a_copy_is_the_filled_part),
		cmocka_unit_test(the_code_is_a_shells),
		cmocka_unit_test(accessors_show_what_is_there),
		cmocka_unit_test(the_paragraph_names_each_leftover),
		cmocka_unit_test(the_paragraph_is_short_whatever_was_left),
		cmocka_unit_test(equal_ancestors_stand_there_once),
		cmocka_unit_test(a_long_line_of_commands_is_shortened),
		cmocka_unit_test(without_leftovers_nothing_is_said),
		cmocka_unit_test(the_json_says_what_the_report_says),
	};

	if (argc == 2 && strcmp(argv[1], "--sample") == 0)
		return print_sample();
	return RUN(tests);
}
