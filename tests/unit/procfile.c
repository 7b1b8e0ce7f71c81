// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/files/procfile.h"

/* Each entry as "line|name|command;", then "!line" of what is ignored. */
static void describe(const struct procfile *procfile, struct buffer *ret)
{
	for (size_t i = 0; i < procfile->entries.count; i++) {
		const struct procfile_entry *entry =
			list_at(&procfile->entries, i, sizeof(*entry));

		buffer_printf(ret, "%d|%s|%s;", entry->line, entry->name,
			      entry->command);
	}
	for (size_t i = 0; i < procfile->ignored.count; i++)
		buffer_printf(
			ret, "!%d",
			((struct procfile_ignored *)procfile->ignored.items)[i]
				.line);
	buffer_add(ret, "", 0);
}

static void assert_parses(const char *text, const char *expected)
{
	CLEANUP(procfile_free) struct procfile procfile = { 0 };
	CLEANUP(buffer_free) struct buffer found = { 0 };
	CLEANUP_FREE char *copy = strdup(text);
	struct fault fault = { "" };
	int r = procfile_parse(copy, strlen(text), &procfile, &fault);

	describe(&procfile, &found);
	if (r < 0 || strcmp(found.text ? found.text : "", expected) != 0)
		fail_msg("'%s': %d %s: '%s', not '%s'", text, r, fault.text,
			 found.text, expected);
}

static void lines_are_entries_or_ignored(void **state)
{
	static const struct {
		const char *text, *expected;
	} rows[] = {
		{ "", "" },
		{ "\n\n", "" },
		{ "web: run", "1|web|run;" },
		{ "web: run\n", "1|web|run;" },
		{ "web:run", "1|web|run;" },
		{ "web:\t  run  it\t \n", "1|web|run  it;" },
		{ "web: run\r\nworker: go\r\n", "1|web|run;2|worker|go;" },
		{ "\xef\xbb\xbfweb: run", "1|web|run;" },
		{ "a-b_C9: x", "1|a-b_C9|x;" },
		{ "9: x", "1|9|x;" },
		{ "-: x", "1|-|x;" },
		{ "a: b: c", "1|a|b: c;" },
		{ "a: b=c # d", "1|a|b=c # d;" },
		{ "a: 'x' \"y\" $Z \\", "1|a|'x' \"y\" $Z \\;" },
		{ "# web: run\n  # x\n", "" },
		{ "web : run", "!1" },
		{ " web: run", "!1" },
		{ "web run", "!1" },
		{ "web:", "!1" },
		{ "web:   ", "!1" },
		{ "web:\nnext: x", "2|next|x;!1" },
		{ ": run", "!1" },
		{ "w\xc3\xa9"
		  "b: run",
		  "!1" },
		{ "a.b: run", "!1" },
		{ "web", "!1" },
		{ "\n\n  \t\nb: 2\n\noops\n#\na: 1", "4|b|2;8|a|1;!6" },
		{ "web: \xff\xfe", "1|web|\xff\xfe;" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_parses(rows[i].text, rows[i].expected);
}

static void a_name_that_stands_there_twice_is_refused_with_both_lines(
	void **state)
{
	char text[] = "b: 1\na: 2\n\nb: 3\na: 4\nb: 5\n";
	struct procfile procfile = { .ignored.count = 7 };
	struct fault fault;

	(void)state;
	assert_int_equal(procfile_parse(text, strlen(text), &procfile, &fault),
			 -EEXIST);
	assert_string_equal(fault.text,
			    "line 4: 'b' is already defined on line 1");
	assert_int_equal(procfile.ignored.count, 7); /* untouched */
}

static void names_that_begin_alike_are_different(void **state)
{
	(void)state;
	assert_parses("web: 1\nweb2: 2\nwe: 3\nWEB: 4",
		      "1|web|1;2|web2|2;3|we|3;4|WEB|4;");
}

static void a_nul_byte_is_refused(void **state)
{
	char text[] = "web: a\0b\n";
	struct procfile procfile = { 0 };
	struct fault fault = { "" };

	(void)state;
	assert_int_equal(procfile_parse(text, sizeof(text) - 1, &procfile,
					&fault),
			 -EINVAL);
	assert_string_not_equal(fault.text, "");
}

/* 100 000 names: each compared with all would take minutes. */
static void a_long_file_is_no_slow_file(void **state)
{
	CLEANUP(procfile_free) struct procfile procfile = { 0 };
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct fault fault = { "" };

	(void)state;
	for (int i = 0; i < 100000; i++)
		buffer_printf(&text, "n%d: x\n", i);
	assert_int_equal(procfile_parse(text.text, text.used, &procfile,
					&fault),
			 0);
	assert_int_equal(procfile.entries.count, 100000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(lines_are_entries_or_ignored),
		cmocka_unit_test(
			a_name_that_stands_there_twice_is_refused_with_both_lines),
		cmocka_unit_test(names_that_begin_alike_are_different),
		cmocka_unit_test(a_nul_byte_is_refused),
		cmocka_unit_test(a_long_file_is_no_slow_file),
	};

	return RUN(tests);
}
