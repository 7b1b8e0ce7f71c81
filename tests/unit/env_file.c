// SPDX-License-Identifier: MIT
/* The docker dialect by tables; that the two others are as their programs have
 * them is held by tests/integration/run/test_env_file.py. */
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "env/file.h"

/* What stands in the environment, for ${…}. */
static const char *lookup(const char *name, const void *context)
{
	(void)context;
	return strcmp(name, "HOME") == 0    ? "/me"
	       : strcmp(name, "EMPTY") == 0 ? ""
	       : strcmp(name, "B") == 0	    ? "outer"
					    : NULL;
}

static void join(const struct list *list, struct buffer *ret)
{
	for (size_t i = 0; i < list->count; i++)
		buffer_printf(ret, "%s%s", i ? "|" : "",
			      *(char **)list_at(list, i, sizeof(char *)));
}

struct row {
	const char *text;
	const char *expected; /* variables, or the error */
};

static const struct row json_rows[] = {
	{ "{}", "" },
	{ "\n {\"a\": 1}\n", "A=1" },
	{ "{\"a\": \"x y\", \"b\": true, \"c\": -2.5e3}",
	  "A=x y|B=true|C=-2.5e3" },
	{ "{\"a\": null, \"b\": {}, \"c\": []}", "" },
	{ "{\"db\": {\"host\": [\"a\", \"b\"]}, \"x\": \"\"}",
	  "DB_HOST_0=a|DB_HOST_1=b|X=" },
	{ "{\"a\": \"\\u00e9\\ud83d\\ude00\\n\\\"\"}",
	  "A=\u00e9\U0001f600\n\"" },
	{ "{\"a\": {\"b\": 1}, \"a_b\": 2}", "A_B=2" },
};

static const struct row json_errors[] = {
	{ "{", "f:1: a name in quotes is missing" },
	{ "{\"a\"}", "f:1: no ':' after the name" },
	{ "{\"a\":\n\n}", "f:3: it is not JSON" },
	{ "{\"a\": 1,}", "f:1: a name in quotes is missing" },
	{ "{\"a\": 1} x", "f:1: text after the closing bracket" },
	{ "{\"a\": tru}", "f:1: it is not JSON" },
	{ "{\"a\": \"x", "f:1: a string is not closed" },
	{ "{\"a\": \"\\q\"}", "f:1: the backslash begins no escape" },
	{ "{\"a\": \"\\u12\"}", "f:1: \\u needs four hex digits" },
	{ "{\"a\": \"\\u0000\"}", "f:1: \\u is not a character" },
	{ "{\"a\": \"\\ud800\"}", "f:1: \\u is not a character" },
	{ "{\"\": 1}", "f:1: a name is empty" },
	{ "{\"a=\": 1}", "f:1: a name contains '='" },
	{ "{\"a\": [1 2]}", "f:1: ',' or a closing bracket is missing" },
	{ "{\"a\": [1}", "f:1: ',' or a closing bracket is missing" },
};

static void assert_row(enum env_dialect dialect, const struct row *row,
		       int expected)
{
	CLEANUP(list_free_texts) struct list found = { 0 };
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct fault fault = { "" };
	int r = env_file_parse(dialect, row->text, strlen(row->text), "f",
			       lookup, NULL, &found, &fault);

	if (r == 0)
		join(&found, &text);
	else
		buffer_printf(&text, "%s", fault.text);
	if (r != expected || strcmp(text.text ? text.text : "", row->expected))
		fail_msg("<%s>: %d, <%s>, not <%s>", row->text, r,
			 text.text ? text.text : "", row->expected);
}

static const struct row docker_rows[] = {
	{ "", "" },
	{ "\n\n \t\n", "" },
	{ "A=b", "A=b" },
	{ "A=b\n", "A=b" },
	{ "A=b\r\nC=d\r\n", "A=b|C=d" },
	{ "A=b\r", "A=b" },
	{ "\xef\xbb\xbf"
	  "A=b",
	  "A=b" },
	{ "A=1\nA=2", "A=2" },
	{ "A=1\nC=2\nA=3", "A=3|C=2" },
	{ "A=", "A=" },
	{ "A= \nC=1", "A=|C=1" },
	{ "A =b", "A=b" },
	{ "A = b c ", "A=b c" },
	{ "  A=b", "A=b" },
	{ "A: b", "A=b" },
	{ "A: b=c", "A=b=c" },
	{ "A=b:c", "A=b:c" },
	{ "A=b=", "A=b=" },
	{ "a.b-c_D9=x", "a.b-c_D9=x" },
	{ "1A=x", "1A=x" },
	{ "A=\xc3\xa9\xff", "A=\xc3\xa9\xff" },
	/* export */
	{ "export A=b", "A=b" },
	{ "export\tA=b", "A=b" },
	{ " export  A=b", "A=b" },
	{ "export_A=b", "export_A=b" },
	{ "exportA=b", "exportA=b" },
	{ "export=b", "export=b" },
	{ "export HOME", "HOME=/me" },
	/* a name alone */
	{ "HOME", "HOME=/me" },
	{ "HOME # x\nA=b", "HOME=/me|A=b" },
	{ "HOME\r\nA=b", "HOME=/me|A=b" },
	{ "EMPTY", "EMPTY=" },
	{ "NOWHERE\nA=b", "A=b" },
	/* comments */
	{ "# x", "" },
	{ " # x='\nA=b", "A=b" },
	{ "A=b # c", "A=b" },
	{ "A=b\t# c", "A=b" },
	{ "A=b#c", "A=b#c" },
	{ "A=#c", "A=#c" },
	{ "A= # c", "A=" },
	{ "A='b # c'", "A=b # c" },
	{ "A=\"b # c\" # d", "A=b # c" },
	{ "A='b'#c", "A=b" },
	{ "A=b # it's", "A=b" },
	/* single quotes */
	{ "A='b'", "A=b" },
	{ "A=''", "A=" },
	{ "A=' b '", "A= b " },
	{ "A='$HOME ${HOME} \\n \\\\ \"'", "A=$HOME ${HOME} \\n \\\\ \"" },
	{ "A='b\\'", "A=b\\" },
	{ "A='b\nc'\nD=e", "A=b\nc|D=e" },
	{ "A='b\r\nc'", "A=b\nc" },
	/* double quotes */
	{ "A=\"b\"", "A=b" },
	{ "A=\"\"", "A=" },
	{ "A=\" b' \"", "A= b' " },
	{ "A=\"b\nc\nd\"\nE=f", "A=b\nc\nd|E=f" },
	{ "A=\"b\r\nc\"\r\nE=f", "A=b\nc|E=f" },
	{ "A=\"\\n\\r\\t\\\"\\\\\\$HOME\"", "A=\n\r\t\"\\$HOME" },
	{ "A=\"\\f\\v\\a\\b\"", "A=\f\v\a\b" },
	{ "A=\"\\x\\'\\ \\\n\"", "A=\\x\\'\\ \\\n" },
	{ "A=\"\\\\\"", "A=\\" },
	{ "A=\"\\\\n\"", "A=\\n" },
	{ "A=\"b\" \nC=d", "A=b|C=d" },
	/* quotes that begin no value */
	{ "A=b'c", "A=b'c" },
	{ "A=it's", "A=it's" },
	{ "A=b \"c\"", "A=b \"c\"" },
	{ "A=\\n", "A=\\n" },
	/* expansion */
	{ "A=$HOME", "A=/me" },
	{ "A=${HOME}/x", "A=/me/x" },
	{ "A=\"<$HOME>\"", "A=</me>" },
	{ "A=$HOME.x$HOME", "A=/me.x/me" },
	{ "A=$NONE", "A=" },
	{ "A=x${NONE}y", "A=xy" },
	{ "B=inner\nA=$B", "B=inner|A=inner" },
	{ "A=$B\nB=inner", "A=outer|B=inner" },
	{ "A=1\nA=$A$A", "A=11" },
	{ "A='$'\nC=${A}HOME", "A=$|C=$HOME" },
	{ "A=' b '\nC=$A", "A= b |C= b " },
	{ "A=$$", "A=$" },
	{ "A=$$HOME", "A=$HOME" },
	{ "A=\"$${HOME}\"", "A=${HOME}" },
	{ "A=$", "A=$" },
	{ "A=$ 1", "A=$ 1" },
	{ "A=$1", "A=$1" },
	{ "A=a$-", "A=a$-" },
	{ "A=\\$HOME", "A=$HOME" },
	{ "A=\"\\${HOME}\"", "A=${HOME}" },
	{ "A=$HOME # x", "A=/me" },
	/* what to take instead */
	{ "A=${NONE:-x}", "A=x" },
	{ "A=${NONE-x}", "A=x" },
	{ "A=${NONE:-}", "A=" },
	{ "A=${EMPTY:-x}", "A=x" },
	{ "A=${EMPTY-x}", "A=" },
	{ "A=${HOME:-x}", "A=/me" },
	{ "A=${HOME:+x}", "A=x" },
	{ "A=${HOME+x}", "A=x" },
	{ "A=${EMPTY:+x}", "A=" },
	{ "A=${EMPTY+x}", "A=x" },
	{ "A=${NONE+x}", "A=" },
	{ "A=${HOME:?no}", "A=/me" },
	{ "A=${EMPTY?no}", "A=" },
	{ "A=${NONE:-$HOME}", "A=/me" },
	{ "A=${NONE:-${NADA:-x}}", "A=x" },
	{ "A=<${NONE:-a ${NADA:-b} c}>", "A=<a b c>" },
	{ "A=${NONE:-a\\}b}", "A=a}b" },
	{ "A=${NONE:-a # b}", "A=a # b" },
	{ "A=${HOME:-${NONE:?no}}", "A=/me" },
	{ "A=${NONE:+${NADA:?no}}", "A=" },
	{ "A=\"${NONE:-a b}\"", "A=a b" },
	{ "A=\"${NONE:-a\nb}\"", "A=a\nb" },
	{ "A='${NONE:-'", "A=${NONE:-" },
};

static void docker_reads(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(docker_rows); i++)
		assert_row(ENV_DOCKER, &docker_rows[i], 0);
}

static void docker_refuses_with_the_line(void **state)
{
	static const char braces[] = "f:1: a ${ is not closed";
	static const struct row rows[] = {
		{ "A='b", "f:1: a single quote is not closed" },
		{ "A=1\nB=\"b\nC=d\n", "f:2: a double quote is not closed" },
		{ "A=\"b\nc\"\nB='", "f:3: a single quote is not closed" },
		{ "A=\"b\\\"", "f:1: a double quote is not closed" },
		{ "A=\"\\", "f:1: a double quote is not closed" },
		{ "\n# x\nA=\"b\" c",
		  "f:3: unexpected text after the closing quote" },
		{ "A='b'c", "f:1: unexpected text after the closing quote" },
		{ "A=b\nB c", "f:2: no '=' after the name" },
		{ "=b", "f:1: neither NAME=value nor a comment" },
		{ "export =b", "f:1: neither NAME=value nor a comment" },
		{ "\n\n$A=b", "f:3: neither NAME=value nor a comment" },
		{ "A;B=c", "f:1: no '=' after the name" },
		{ "A=${HOME", braces },
		{ "A=${HOME\n}", braces },
		{ "A=${HOME:-b\nB=}", braces },
		{ "A=\"${NONE:-\"}\"", braces },
		{ "A=${NONE:-${NONE:-${NONE:-", braces },
		{ "A=${", "f:1: no name in ${…}" },
		{ "A=${}", "f:1: no name in ${…}" },
		{ "A=${1}", "f:1: no name in ${…}" },
		{ "A=${HOME!}",
		  "f:1: the operator in ${…} is not one of :- - :+ + :? ?" },
		{ "A=${HOME:}",
		  "f:1: the operator in ${…} is not one of :- - :+ + :? ?" },
		{ "\nA=${NONE:?say it}", "f:2: NONE: say it" },
		{ "A=${NONE?}", "f:1: NONE: it is not set" },
		{ "A=${EMPTY:?${HOME} is}", "f:1: EMPTY: /me is" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_row(ENV_DOCKER, &rows[i], -EINVAL);
}

static void the_others_differ(void **state)
{
	static const struct row honcho[] = {
		{ "A=b c", "A=bc" },
		{ "A=$HOME", "A=$HOME" },
		{ "export A=b", "" },
		{ "A=b#c", "A=b" },
	};
	static const struct row wrong[] = {
		{ "A=b\nC='d", "f:2: a quote is not closed" },
		{ "x\\", "f:1: no character after the backslash" },
		{ "\"A=B\"=c", "f:1: a name contains '='" },
	};
	static const struct row foreman[] = {
		{ "A=b c # d", "A=b c # d" },
		{ "A='b", "A='b" },
		{ "A=\"a\\nb\\$\"", "A=a\nb$" },
		{ " A=b\nexport A=b", "" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(honcho); i++)
		assert_row(ENV_HONCHO, &honcho[i], 0);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_row(ENV_HONCHO, &wrong[i], -EINVAL);
	for (size_t i = 0; i < COUNT(foreman); i++)
		assert_row(ENV_FOREMAN, &foreman[i], 0);
}

static void a_nul_byte_is_refused_in_every_dialect(void **state)
{
	(void)state;
	for (int dialect = 0; dialect < 3; dialect++) {
		CLEANUP(list_free_texts) struct list found = { 0 };
		struct fault fault;

		assert_int_equal(env_file_parse(dialect, "A=1\nB=\0c", 8, "f",
						NULL, NULL, &found, &fault),
				 -EINVAL);
		assert_string_equal(fault.text, "f:2: it contains a NUL byte");
		assert_int_equal(found.count, 0);
	}
}

/* @return  what parsing @text gives; the fault's text is in @fault. */
static int parse_large(const struct buffer *text, struct fault *fault)
{
	CLEANUP(list_free_texts) struct list found = { 0 };

	return env_file_parse(ENV_DOCKER, text->text, text->used, "f", lookup,
			      NULL, &found, fault);
}

static void nesting_is_bounded(void **state)
{
	CLEANUP(buffer_free) struct buffer deep = { 0 }, fits = { 0 };
	struct fault fault = { "" };

	(void)state;
	buffer_printf(&deep, "A=");
	for (int i = 0; i < 200000; i++)
		buffer_printf(&deep, "${N:-");
	assert_int_equal(parse_large(&deep, &fault), -EINVAL);
	assert_string_equal(fault.text, "f:1: ${…} is nested too deep");
	buffer_printf(&fits, "A=");
	for (int i = 0; i < 32; i++)
		buffer_printf(&fits, "${N:-");
	for (int i = 0; i < 32; i++)
		buffer_printf(&fits, "}");
	assert_int_equal(parse_large(&fits, &fault), 0);
}

static void doubling_is_bounded(void **state)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct fault fault = { "" };

	(void)state;
	buffer_printf(&text, "A=xxxxxxxx\n");
	for (int i = 0; i < 64; i++)
		buffer_printf(&text, "A=$A${A:-$A}\n");
	assert_int_equal(parse_large(&text, &fault), -EINVAL);
	assert_string_equal(strchr(fault.text, ' ') + 1,
			    "the values of all ${…} together exceed 4 MiB");
}

static void names_are_bounded(void **state)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct fault fault = { "" };

	(void)state;
	for (int i = 0; i < 10000; i++)
		buffer_printf(&text, "N%d=\n", i);
	buffer_printf(&text, "N7=again\n");
	assert_int_equal(parse_large(&text, &fault), 0);
	buffer_printf(&text, "ONE_MORE=\n");
	assert_int_equal(parse_large(&text, &fault), -E2BIG);
	assert_string_equal(fault.text, "f:10002: more than 10000 variables");
}

static void a_mebibyte_of_quotes_ends(void **state)
{
	static const char kinds[] = "\"'\\$";

	(void)state;
	for (int dialect = 0; dialect < 3; dialect++) {
		for (const char *kind = kinds; *kind; kind++) {
			CLEANUP(list_free_texts) struct list found = { 0 };
			CLEANUP_FREE char *text = malloc((1 << 20) + 1);

			memset(text, *kind, 1 << 20);
			memcpy(text, "A=", 2);
			text[1 << 20] = '\0';
			int r = env_file_parse(dialect, text, 1 << 20, "f",
					       NULL, NULL, &found, NULL);

			assert_int_equal(found.count, r == 0);
			assert_true(r == 0 || r == -EINVAL);
		}
	}
}

/* ------------------------------------------------------------------- files */

static void write_file(int dirfd, const char *name, const char *text)
{
	int fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
			0600);

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	(void)close(fd);
}

struct place {
	char path[32];
	int dirfd;
};

static int set_up(void **state)
{
	static struct place place;

	assert_int_equal(unsetenv("A"), 0);
	strcpy(place.path, "/tmp/jig-env-XXXXXX");
	assert_non_null(mkdtemp(place.path));
	place.dirfd = open(place.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	write_file(place.dirfd, "a", "A=1\nB=${HOME_OF_NOBODY:-none}\n");
	write_file(place.dirfd, "b", "B=2\nC=$A\n");
	write_file(place.dirfd, "wrong", "\nA='\n");
	write_file(place.dirfd, "empty", "");
	assert_int_equal(mkdirat(place.dirfd, "dir", 0700), 0);
	assert_int_equal(mkfifoat(place.dirfd, "fifo", 0600), 0);
	*state = &place;
	return 0;
}

static int tear_down(void **state)
{
	static const char *const names[] = { "a",    "b",   "wrong", "empty",
					     "fifo", "big", "exact" };
	const struct place *place = *state;

	for (size_t i = 0; i < COUNT(names); i++)
		(void)unlinkat(place->dirfd, names[i], 0); /* may be missing */
	(void)unlinkat(place->dirfd, "dir", AT_REMOVEDIR);
	(void)close(place->dirfd);
	return rmdir(place->path);
}

static void assert_reads_by(const struct place *place, enum named_by by,
			    const char *paths, const char *expected)
{
	const struct env_files files = { .dirfd = place->dirfd,
					 .paths = paths,
					 .named_by = by };
	CLEANUP(list_free_texts) struct list found = { 0 };
	CLEANUP(buffer_free) struct buffer text = { 0 };
	struct fault fault = { "" };
	int r = env_files_read(&files, &found, &fault);

	if (r < 0)
		buffer_printf(&text, "%s", fault.text);
	else
		join(&found, &text);
	assert_string_equal(text.text ? text.text : "", expected);
}

static void assert_reads(const struct place *place, const char *paths,
			 const char *expected)
{
	assert_reads_by(place, NAMED_BY_FILE, paths, expected);
}

static void later_files_win(void **state)
{
	(void)state;
	assert_reads(*state, "a", "A=1|B=none");
	assert_reads(*state, "a,b", "A=1|B=2|C=1");
	assert_reads(*state, "b,a", "B=none|C=|A=1");
	assert_reads(*state, "empty,/dev/null", "");
}

static void what_cannot_be_read_is_told(void **state)
{
	assert_reads(*state, "wrong", "wrong:2: a single quote is not closed");
	assert_reads(*state, "a,gone",
		     "cannot read gone: No such file or directory");
	assert_reads(*state, "dir", "cannot read dir: Is a directory");
	assert_reads(*state, "fifo",
		     "cannot read fifo: it is a FIFO, and only a "
		     "regular file is read here");
	assert_reads(*state, "/dev/zero",
		     "cannot read /dev/zero: it is a device, and only a "
		     "regular file is read here");
	assert_reads(*state, "", "'' contains an empty file name");
	assert_reads(*state, "a,,b", "'a,,b' contains an empty file name");
	assert_reads(*state, "a,", "'a,' contains an empty file name");
}

static void a_pipe_of_ours_is_read_to_its_end(void **state)
{
	char path[32];
	int ends[2];

	assert_int_equal(pipe2(ends, O_CLOEXEC), 0);
	assert_int_equal(write(ends[1], "P=1\n", 4), 4);
	(void)close(ends[1]);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d", ends[0]);
	assert_reads_by(*state, NAMED_BY_USER, path, "P=1");
	(void)close(ends[0]);
	assert_reads_by(*state, NAMED_BY_USER, "dir",
			"cannot read dir: Is a directory");
	assert_reads_by(*state, NAMED_BY_USER, "/dev/zero",
			"cannot read /dev/zero: it is a device");
}

static void a_missing_file_may_be_optional(void **state)
{
	const struct place *place = *state;
	struct list found = { 0 };
	struct fault fault;

	assert_int_equal(env_file_read(ENV_DOCKER, place->dirfd, "gone", true,
				       &found, &fault),
			 0);
	assert_int_equal(found.count, 0);
	assert_int_equal(env_file_read(ENV_DOCKER, place->dirfd, "dir", true,
				       &found, &fault),
			 -EISDIR);
}

static void a_mebibyte_is_the_most(void **state)
{
	const struct place *place = *state;
	CLEANUP_FREE char *text = malloc((1 << 20) + 2);

	memset(text, '#', (1 << 20) + 1);
	text[(1 << 20) + 1] = '\0';
	write_file(place->dirfd, "big", text);
	text[1 << 20] = '\0';
	write_file(place->dirfd, "exact", text);
	assert_reads(place, "big", "cannot read big: it is larger than 1 MiB");
	assert_reads(place, "exact", "");
}

static void dialects_have_names(void **state)
{
	enum env_dialect dialect = ENV_HONCHO;

	(void)state;
	assert_int_equal(env_dialect_parse("docker", &dialect), 0);
	assert_int_equal(dialect, ENV_DOCKER);
	assert_int_equal(env_dialect_parse("foreman", &dialect), 0);
	assert_int_equal(dialect, ENV_FOREMAN);
	assert_int_equal(env_dialect_parse("Honcho", &dialect), -EINVAL);
	assert_int_equal(env_dialect_parse("", &dialect), -EINVAL);
	assert_int_equal(dialect, ENV_FOREMAN);
}

#define IN_A_PLACE(test)                                                       \
	cmocka_unit_test_setup_teardown(test, set_up, tear_down)

static void json_is_read_by_its_first_byte(void **state)
{
	char deep[200];

	(void)state;
	for (size_t i = 0; i < COUNT(json_rows); i++)
		assert_row(ENV_DOCKER, &json_rows[i], 0);
	for (size_t i = 0; i < COUNT(json_errors); i++)
		assert_row(ENV_DOCKER, &json_errors[i], -EINVAL);
	memcpy(deep, "{\"a\":", 5);
	memset(deep + 5, '[', sizeof(deep) - 6);
	deep[sizeof(deep) - 1] = '\0';
	assert_row(ENV_DOCKER,
		   &(struct row){ deep, "f:1: it is nested too deep" },
		   -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(docker_reads),
		cmocka_unit_test(docker_refuses_with_the_line),
		cmocka_unit_test(json_is_read_by_its_first_byte),
		cmocka_unit_test(the_others_differ),
		cmocka_unit_test(a_nul_byte_is_refused_in_every_dialect),
		cmocka_unit_test(nesting_is_bounded),
		cmocka_unit_test(doubling_is_bounded),
		cmocka_unit_test(names_are_bounded),
		cmocka_unit_test(a_mebibyte_of_quotes_ends),
		cmocka_unit_test(dialects_have_names),
		IN_A_PLACE(later_files_win),
		IN_A_PLACE(what_cannot_be_read_is_told),
		IN_A_PLACE(a_pipe_of_ours_is_read_to_its_end),
		IN_A_PLACE(a_missing_file_may_be_optional),
		IN_A_PLACE(a_mebibyte_is_the_most),
	};

	return RUN(tests);
}
