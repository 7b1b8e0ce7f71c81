// SPDX-License-Identifier: MIT
/* What is translated is compiled and tried: the text of it is our own affair.
 */
#include "unit.h"

#include <errno.h>
#include <regex.h>
#include <string.h>

#include "base/text/regex_text.h"

struct compiled {
	struct regex_text text;
	regex_t regex;
};

static struct compiled compile(const char *text)
{
	struct compiled all;
	struct fault fault = { "" };

	if (regex_translate(text, &all.text, &fault) != 0)
		fail_msg("%s: %s", text, fault.text);
	if (regcomp(&all.regex, all.text.pattern.text,
		    REG_EXTENDED | (all.text.ignore_case ? REG_ICASE : 0)) != 0)
		fail_msg("%s: %s is refused", text, all.text.pattern.text);
	return all;
}

static void release(struct compiled *all)
{
	regfree(&all->regex);
	regex_text_free(&all->text);
}

/* @expected  what the whole of it matches; NULL: nothing. */
static void check(const char *text, const char *line, const char *expected)
{
	struct compiled all = compile(text);
	regmatch_t match;
	int r = regexec(&all.regex, line, 1, &match, 0);

	if ((r == 0) != (expected != NULL))
		fail_msg("'%s' in '%s': %d (%s)", text, line, r,
			 all.text.pattern.text);
	if (expected &&
	    ((size_t)(match.rm_eo - match.rm_so) != strlen(expected) ||
	     strncmp(line + match.rm_so, expected, strlen(expected)) != 0))
		fail_msg("'%s' in '%s': '%.*s' (%s)", text, line,
			 (int)(match.rm_eo - match.rm_so), line + match.rm_so,
			 all.text.pattern.text);
	release(&all);
}

static void plain_expressions_stay(void **state)
{
	(void)state;
	check("listening on", "now listening on 80", "listening on");
	check("^a.c$", "abc", "abc");
	check("^a.c$", "abcd", NULL);
	check("a|bc", "xbc", "bc");
	check("ab*c+d?", "xacc", "acc");
	check("a{2}", "aaa", "aa");
	check("a{2,}", "aaa", "aaa");
	check("^a{1,2}$", "aaa", NULL);
	check("^a{,2}$", "aa", "aa");
	check("()", "x", "");
	check("", "x", "");
	check("a|", "b", "");
}

static void classes_work_in_and_out_of_brackets(void **state)
{
	(void)state;
	check("\\d+", "port 8080.", "8080");
	check("\\w+", "- ab_9 -", "ab_9");
	check("\\S+$", "a bc", "bc");
	check("a\\sb", "a\tb", "a\tb");
	check("\\D+", "12ab3", "ab");
	check("\\W+", "ab, cd", ", ");
	check("[\\d.]+", "v1.2x", "1.2");
	check("[^\\s,]+", " ab,c", "ab");
	check("[\\D]+", "1ab2", "ab");
	check("[\\w-]+", "=a-b=", "a-b");
	check("[[:alpha:]]+", "1ab2", "ab");
	check("[[:digit:]x]+", "ax1x", "x1x");
}

static void brackets_hold_what_is_special(void **state)
{
	(void)state;
	check("[]]", "]", "]");
	check("[^]]", "]a", "a");
	check("[\\]a]+", "x]a", "]a");
	check("[a\\-z]+", "b-z", "-z");
	check("[a-]+", "b-a", "-a");
	check("[\\^]", "a^", "^");
	check("[\\^-]+", "a-^", "-^");
	check("[\\\\]", "a\\", "\\");
	check("[[]", "a[", "[");
	check("[.[=:^-]+", "a-^:=[.", "-^:=[.");
	check("[\\n\\t]", "a\tb", "\t");
	check("[\\x41-C]+", "xABCD", "ABC");
	check("[\\x80-\\xff]+", "a\xc3\xa4z", "\xc3\xa4");
	check("[^\\x80-\\xff]+", "\xc3xy\xa4", "xy");
}

static void escapes_are_literal(void **state)
{
	(void)state;
	check("http://127\\.0\\.0\\.1:(\\d+)/", "http://127.0.0.1:80/",
	      "http://127.0.0.1:80/");
	check("\\[\\]\\(\\)\\*\\+\\?\\{\\}\\|\\^\\$\\\\\\.", "a[]()*+?{}|^$\\.",
	      "[]()*+?{}|^$\\.");
	check("a\\tb", "a\tb", "a\tb");
	check("\\x41\\x2e", "xA.", "A.");
	check("\\x41\\x2e", "xAx", NULL);
	check("\\/", "/", "/");
	check("{}", "a{}", "{}");
	check("a{b}", "a{b}", "a{b}");
	check("]", "]", "]");
}

static void places_match_no_text(void **state)
{
	(void)state;
	check("\\bup\\b", "is up.", "up");
	check("\\bup\\b", "is upper", NULL);
	check("\\Aab\\Z", "ab", "ab");
	check("\\Aab\\z", "abc", NULL);
}

static void case_may_be_ignored(void **state)
{
	(void)state;
	check("(?i)ready", "Server READY", "READY");
	check("ready", "Server READY", NULL);
}

static void characters_of_several_bytes_repeat_whole(void **state)
{
	(void)state;
	check("^é{2}$", "éé", "éé");
	check("né?e", "ne", "ne");
	check("né?e", "née", "née");
}

static void groups_are_numbered_as_the_user_counts(void **state)
{
	struct compiled all =
		compile("(?:a|é+)(?P<id>\\w+)-(\\d)(?:x)?(?<last>z)");
	const struct regex_group *groups = all.text.groups;
	regmatch_t matches[16];
	static const char line[] = "aqq-7xz";

	(void)state;
	assert_int_equal(all.text.group_count, 3);
	assert_string_equal(groups[0].name, "id");
	assert_string_equal(groups[1].name, "");
	assert_string_equal(groups[2].name, "last");
	assert_int_equal(regexec(&all.regex, line, 16, matches, 0), 0);
	assert_int_equal(matches[groups[0].number].rm_so, 1);
	assert_int_equal(matches[groups[0].number].rm_eo, 3);
	assert_int_equal(line[matches[groups[1].number].rm_so], '7');
	assert_int_equal(line[matches[groups[2].number].rm_so], 'z');
	release(&all);
}

static void check_refused(const char *text, const char *words)
{
	struct regex_text found = { .group_count = 77 };
	struct fault fault = { "" };

	if (regex_translate(text, &found, &fault) != -EINVAL)
		fail_msg("'%s' is not refused", text);
	assert_int_equal(found.group_count, 77);
	if (!strstr(fault.text, words))
		fail_msg("'%s': '%s' does not hold '%s'", text, fault.text,
			 words);
}

static void what_cannot_be_had_is_named(void **state)
{
	(void)state;
	check_refused("a(?=b)", "lookaround");
	check_refused("a(?!b)", "lookaround");
	check_refused("(?<=a)b", "lookaround");
	check_refused("(?<!a)b", "lookaround");
	check_refused("a.*?b", "non-greedy");
	check_refused("a{2}?", "non-greedy");
	check_refused("a++", "possessive");
	check_refused("(a)\\1", "backreferences");
	check_refused("(?P<a>b)(?P=a)", "backreferences");
	check_refused("a(?i)b", "at the very beginning");
	check_refused("(?>a)", "(?> is not known");
	check_refused("\\pL", "\\p is not known");
}

static void what_is_wrong_is_told_with_its_place(void **state)
{
	(void)state;
	check_refused("(a", "a ( is not closed");
	check_refused("a)", "character 2: a ) without a (");
	check_refused("[a", "a [ is not closed");
	check_refused("[", "a [ is not closed");
	check_refused("[]", "a [ is not closed");
	check_refused("[a\\", "a backslash stands at the end");
	check_refused("a\\", "a backslash stands at the end");
	check_refused("*a", "nothing that * could repeat");
	check_refused("(+a)", "nothing that + could repeat");
	check_refused("a**", "nothing that * could repeat");
	check_refused("^*", "nothing that * could repeat");
	check_refused("a{3,2}", "at most less than at least");
	check_refused("a{256}", "more than 255");
	check_refused("[z-a]", "ends before it begins");
	check_refused("(?P<>a)", "group's name");
	check_refused("(?P<a b>a)", "group's name");
	check_refused("(?P<a", "does not end with >");
	check_refused("(?P<a>x)(?P<a>y)", "two groups have the name a");
	check_refused("\\x00", "NUL");
	check_refused("(?", "is not known");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plain_expressions_stay),
		cmocka_unit_test(classes_work_in_and_out_of_brackets),
		cmocka_unit_test(brackets_hold_what_is_special),
		cmocka_unit_test(escapes_are_literal),
		cmocka_unit_test(places_match_no_text),
		cmocka_unit_test(case_may_be_ignored),
		cmocka_unit_test(characters_of_several_bytes_repeat_whole),
		cmocka_unit_test(groups_are_numbered_as_the_user_counts),
		cmocka_unit_test(what_cannot_be_had_is_named),
		cmocka_unit_test(what_is_wrong_is_told_with_its_place),
	};

	return RUN(tests);
}
