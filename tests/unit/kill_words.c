// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "cli/kill/words.h"

#define MOST 8

static bool takes_value(const char *word)
{
	return strcmp(word, "--tree") == 0;
}

static int parse(const char *const *words, struct kill_words *ret,
		 struct fault *fault)
{
	char *argv[MOST + 1] = { (char *)"kill" };
	int argc = 1;

	for (; words[argc - 1]; argc++)
		argv[argc] = (char *)words[argc - 1];
	return kill_words_parse(argc, argv, takes_value, ret, fault);
}

static const struct kill_word *target(const struct kill_words *words,
				      size_t index)
{
	return list_at(&words->targets, index, sizeof(struct kill_word));
}

static void a_signal_is_named_in_each_way_that_kill_has(void **state)
{
	static const struct {
		const char *words[MOST];
		int signo;
	} cases[] = {
		{ { "-9", "12" }, 9 },
		{ { "-TERM", "12" }, SIGTERM },
		{ { "-SIGTERM", "12" }, SIGTERM },
		{ { "-s", "HUP", "12" }, SIGHUP },
		{ { "-sHUP", "12" }, SIGHUP },
		{ { "-stop", "12" }, SIGSTOP },
		{ { "-n", "3", "12" }, 3 },
		{ { "-n3", "12" }, 3 },
		{ { "--signal", "USR1", "12" }, SIGUSR1 },
		{ { "--signal=USR1", "12" }, SIGUSR1 },
		{ { "-0", "12" }, 0 },
		{ { "--dry-run", "-INT", "--", "12" }, SIGINT },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kill_words words;
		struct fault fault;

		assert_int_equal(parse(cases[i].words, &words, &fault), 0);
		assert_true(words.is_given);
		assert_int_equal(words.signo, cases[i].signo);
		assert_int_equal(words.targets.count, 1);
		assert_int_equal(target(&words, 0)->kind, KILL_WORD_PID);
		assert_int_equal(target(&words, 0)->number, 12);
		kill_words_free(&words);
	}
}

static void a_target_is_what_bash_takes_it_for(void **state)
{
	static const struct {
		const char *words[MOST];
		enum kill_word_kind kind;
		pid_t number;
	} cases[] = {
		{ { "12" }, KILL_WORD_PID, 12 },
		{ { "-TERM", "-12" }, KILL_WORD_GROUP, 12 },
		{ { "-9", "-12" }, KILL_WORD_GROUP, 12 },
		{ { "-9", "-15" }, KILL_WORD_GROUP, 15 },
		{ { "-s", "TERM", "-12" }, KILL_WORD_GROUP, 12 },
		{ { "--", "-12" }, KILL_WORD_GROUP, 12 },
		{ { "%1" }, KILL_WORD_OTHER, 0 },
		{ { "%-" }, KILL_WORD_OTHER, 0 },
		{ { "redis" }, KILL_WORD_OTHER, 0 },
		{ { "-TERM", "redis" }, KILL_WORD_OTHER, 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kill_words words;
		struct fault fault;

		assert_int_equal(parse(cases[i].words, &words, &fault), 0);
		assert_int_equal(words.targets.count, 1);
		assert_int_equal(target(&words, 0)->kind, cases[i].kind);
		assert_int_equal(target(&words, 0)->number, cases[i].number);
		kill_words_free(&words);
	}
}

static void what_may_mean_every_process_is_refused(void **state)
{
	static const char *const cases[][MOST] = {
		{ "-TERM", "-1" },
		{ "-9", "-1" },
		{ "--", "-1" },
		{ "--", "-0" },
		{ "0" },
		{ "-TERM", "0" },
		{ "-TERM", "-0" },
		{ "-TERM", "-00" },
		{ "-TERM", "-01" },
		{ "-TERM", "-99999999999" },
		{ "-TERM", "-" },
		{ "-TERM", "" },
		{ "-TERM", "12x", "-1x" },
		/* Not clear: a signal, or a group? */
		{ "12", "-15" },
		{ "-999999" },
		{ "12", "-TERM" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kill_words words = { .signo = 77 };
		struct fault fault = { "" };

		assert_int_equal(parse(cases[i], &words, &fault), -EINVAL);
		assert_true(fault.text[0] != '\0');
		assert_int_equal(words.signo, 77);
	}
}

static void a_wrong_signal_is_refused(void **state)
{
	static const char *const cases[][MOST] = {
		{ "-s", "NOPE", "12" },	      { "-s" },
		{ "-s", "65", "12" },	      { "-99", "12" },
		{ "-9", "-s", "TERM", "12" }, { "-s", "", "12" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		struct kill_words words;
		struct fault fault = { "" };

		assert_int_equal(parse(cases[i], &words, &fault), -EINVAL);
		assert_true(fault.text[0] != '\0');
	}
}

static void other_options_are_passed_on_with_their_values(void **state)
{
	static const char *const given[] = { "--tree", "12", "-q",
					     "-9",     "%1", NULL };
	struct kill_words words;
	struct fault fault;

	(void)state;
	assert_int_equal(parse(given, &words, &fault), 0);
	char **options = words.options.items;

	assert_int_equal(words.options.count, 4);
	assert_string_equal(options[1], "--tree");
	assert_string_equal(options[2], "12");
	assert_string_equal(options[3], "-q");
	assert_int_equal(words.signo, 9);
	assert_int_equal(words.targets.count, 1);
	kill_words_free(&words);
}

static void numbers_statuses_and_names_are_translated(void **state)
{
	static const char *const cases[][2] = {
		{ "9", "KILL" },
		{ "137", "KILL" },
		{ "TERM", "15" },
		{ "SIGTERM", "15" },
	};
	static const char *const wrong[] = { "0", "65", "128", "300", "NOPE" };
	char text[16] = "as before";

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(kill_words_translate(wrong[i], text,
						      sizeof(text)),
				 -EINVAL);
	assert_string_equal(text, "as before");
	for (size_t i = 0; i < COUNT(cases); i++) {
		assert_int_equal(kill_words_translate(cases[i][0], text,
						      sizeof(text)),
				 0);
		assert_string_equal(text, cases[i][1]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_signal_is_named_in_each_way_that_kill_has),
		cmocka_unit_test(a_target_is_what_bash_takes_it_for),
		cmocka_unit_test(what_may_mean_every_process_is_refused),
		cmocka_unit_test(a_wrong_signal_is_refused),
		cmocka_unit_test(other_options_are_passed_on_with_their_values),
		cmocka_unit_test(numbers_statuses_and_names_are_translated),
	};

	return RUN(tests);
}
