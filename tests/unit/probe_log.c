// SPDX-License-Identifier: MIT
#include "unit.h"

#include "probe.h"

static int feed(struct probe *probe, const char *line)
{
	return probe->ops->line(probe, line, strlen(line));
}

static const char *match_of(const struct probe *probe, const char *name)
{
	const struct list *matches = probe->ops->matches(probe);

	for (size_t i = 0; i < matches->count; i++) {
		const char *item =
			*(char **)list_at(matches, i, sizeof(char *));
		size_t length = strcspn(item, "=");

		if (strlen(name) == length && !memcmp(item, name, length))
			return item + length + 1;
	}
	return NULL;
}

static void the_line_that_matches_is_ready(void **state)
{
	struct probe probe = probe_of("log:listening on \\d+");

	(void)state;
	assert_int_equal(feed(&probe, "starting"), 0);
	assert_int_equal(feed(&probe, "listening on port"), 0);
	assert_int_equal(feed(&probe, "now listening on 80, go"), 1);
	assert_int_equal(feed(&probe, "anything"), 1);
	probe_close(&probe);
}

static void groups_are_given_back_by_number_and_name(void **state)
{
	struct probe probe =
		probe_of("log:(?:http|(ftp))://(?P<host>[^:]*):(?P<port>\\d+)");

	(void)state;
	assert_int_equal(probe.ops->matches(&probe)->count, 0);
	assert_int_equal(feed(&probe, "on http://a=b:80"), 1);
	/* The first match counts. */
	assert_int_equal(feed(&probe, "on ftp://c:90"), 1);
	assert_null(match_of(&probe, "1"));
	assert_string_equal(match_of(&probe, "2"), "a=b");
	assert_string_equal(match_of(&probe, "host"), "a=b");
	assert_string_equal(match_of(&probe, "3"), "80");
	assert_string_equal(match_of(&probe, "port"), "80");
	probe_close(&probe);
}

/* EDGE_CASES 26: what comes without a newline comes again when it is longer. */
static void a_banner_may_grow(void **state)
{
	struct probe probe = probe_of("log:^ready>$");

	(void)state;
	assert_int_equal(feed(&probe, ""), 0);
	assert_int_equal(feed(&probe, "rea"), 0);
	assert_int_equal(feed(&probe, "ready"), 0);
	assert_int_equal(feed(&probe, "ready>"), 1);
	probe_close(&probe);
}

static void colours_are_no_hindrance(void **state)
{
	static const char line[] =
		"\033[1mLocal:\033[22m \033[36mhttp://x:80/\033[39m";
	struct probe probe = probe_of("log:Local: http://x:(\\d+)/$");

	(void)state;
	assert_int_equal(feed(&probe, line), 1);
	assert_string_equal(match_of(&probe, "1"), "80");
	probe_close(&probe);
}

static void any_bytes_may_stand_beside(void **state)
{
	static const char line[] = "\xff\xfe\0\x80 up on 80 \xc3";
	struct probe probe = probe_of("log:up on (.*)");
	struct probe utf8 = probe_of("log:prêt à l.é.*");

	(void)state;
	assert_int_equal(probe.ops->line(&probe, line, sizeof(line) - 1), 1);
	assert_string_equal(match_of(&probe, "1"), "80 \xc3");
	assert_int_equal(feed(&utf8, "prêt à l'écoute"), 1);
	probe_close(&probe);
	probe_close(&utf8);
}

static void a_carriage_return_ends_a_line_too(void **state)
{
	struct probe probe = probe_of("log:ready$");

	(void)state;
	assert_int_equal(feed(&probe, "ready\r"), 1);
	probe_close(&probe);
}

static void long_lines_are_cut(void **state)
{
	enum { SIZE = 1 << 20 };
	char *line = malloc(SIZE);
	struct probe late = probe_of("log:ready"), early = probe_of("log:^xx");

	(void)state;
	assert_non_null(line);
	memset(line, 'x', SIZE);
	memcpy(line + SIZE - 5, "ready", 5);
	assert_int_equal(late.ops->line(&late, line, SIZE), 0);
	assert_int_equal(early.ops->line(&early, line, SIZE), 1);
	memcpy(line + 65536 - 5, "ready", 5);
	assert_int_equal(late.ops->line(&late, line, SIZE), 1);
	probe_close(&late);
	probe_close(&early);
	free(line);
}

static void bad_expressions_are_refused(void **state)
{
	(void)state;
	assert_refused("log:", "names no regular expression");
	assert_refused("log:(a", "a ( is not closed");
	assert_refused("log:a(?=b)", "lookaround");
	assert_refused("log:.*?", "non-greedy");
	assert_refused("log:\n[", "not closed");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_line_that_matches_is_ready),
		cmocka_unit_test(groups_are_given_back_by_number_and_name),
		cmocka_unit_test(a_banner_may_grow),
		cmocka_unit_test(colours_are_no_hindrance),
		cmocka_unit_test(any_bytes_may_stand_beside),
		cmocka_unit_test(a_carriage_return_ends_a_line_too),
		cmocka_unit_test(long_lines_are_cut),
		cmocka_unit_test(bad_expressions_are_refused),
	};

	return RUN(tests);
}
