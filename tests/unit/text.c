// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <string.h>

#include "base/text.h"

static void numbers_are_digits_only(void **state)
{
	static const char *const wrong[] = { "",    " 1", "1 ",
					     "-1",  "+1", "0x1",
					     "1.0", "1k", "\xd9\xa1" };
	uint64_t value = 7;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(text_number(wrong[i], UINT64_MAX, &value),
				 -EINVAL);
	assert_int_equal(value, 7);
	assert_int_equal(text_number("007", 7, &value), 0);
	assert_int_equal(value, 7);
}

static void numbers_above_the_maximum_are_erange(void **state)
{
	uint64_t value = 7;

	(void)state;
	assert_int_equal(text_number("8", 7, &value), -ERANGE);
	assert_int_equal(text_number("18446744073709551616", UINT64_MAX,
				     &value),
			 -ERANGE);
	assert_int_equal(value, 7);
	assert_int_equal(text_number("18446744073709551615", UINT64_MAX,
				     &value),
			 0);
	assert_true(value == UINT64_MAX);
}

static void durations_have_units_and_fractions(void **state)
{
	static const struct {
		const char *text;
		int64_t us;
	} rows[] = {
		{ "0", 0 },
		{ "10", 10000000 },
		{ "1.5s", 1500000 },
		{ "200ms", 200000 },
		{ "7us", 7 },
		{ "5m", 300000000 },
		{ "5min", 300000000 },
		{ "2H", 7200000000 },
		{ "1d", 86400000000 },
		{ "0.000001", 1 },
		{ "0.0000019", 1 },
		{ "0", 0 },
		{ "0.000", 0 },
		/* Zero means something else: never, or the default. */
		{ "0.0000001", 1 },
		{ "0.5us", 1 },
		{ "100d", 8640000000000 },
		/* What the library and the package pass for "for ever". */
		{ "9223372036854775807us", INT64_MAX },
		{ "9223372036854.775807", INT64_MAX },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		int64_t us = -1;

		assert_int_equal(text_duration(rows[i].text, &us), 0);
		assert_true(us == rows[i].us);
	}
}

static void bad_durations_change_nothing(void **state)
{
	static const struct {
		const char *text;
		int error;
	} rows[] = {
		{ "", -EINVAL },
		{ "s", -EINVAL },
		{ "-1s", -EINVAL },
		{ "1 s", -EINVAL },
		{ "1.s", -EINVAL },
		{ ".5s", -EINVAL },
		{ "1y", -EINVAL },
		{ "1s ", -EINVAL },
		{ "1e3", -EINVAL },
		{ "inf", -EINVAL },
		{ "999999999d", -ERANGE },
		{ "99999999999999999999", -ERANGE },
		{ "9223372036854775808us", -ERANGE },
		{ "9223372036854.775808", -ERANGE },
	};
	int64_t us = 42;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(text_duration(rows[i].text, &us),
				 rows[i].error);
	assert_true(us == 42);
}

static void sizes_are_powers_of_1024(void **state)
{
	static const struct {
		const char *text;
		uint64_t bytes;
	} rows[] = {
		{ "4096", 4096 },
		{ "1b", 1 },
		{ "64k", 65536 },
		{ "64KB", 65536 },
		{ "1.5M", 1572864 },
		{ "2G", 1ULL << 31 },
		{ "1T", 1ULL << 40 },
		{ "0.5k", 512 },
		{ "16777214T", 16777214ULL << 40 },
	};
	uint64_t bytes = 0;

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_int_equal(text_size(rows[i].text, &bytes), 0);
		assert_true(bytes == rows[i].bytes);
	}
	assert_int_equal(text_size("16777216T", &bytes), -ERANGE);
	assert_int_equal(text_size("1P", &bytes), -EINVAL);
	assert_int_equal(text_size("1kk", &bytes), -EINVAL);
	assert_true(bytes == 16777214ULL << 40);
}

static void signals_have_names_and_numbers(void **state)
{
	(void)state;
	assert_int_equal(text_signal("TERM"), SIGTERM);
	assert_int_equal(text_signal("SIGTERM"), SIGTERM);
	assert_int_equal(text_signal("sigterm"), SIGTERM);
	assert_int_equal(text_signal("15"), SIGTERM);
	assert_int_equal(text_signal("CLD"), SIGCHLD);
	assert_int_equal(text_signal("64"), 64);
}

static void real_time_signals_are_the_kernels(void **state)
{
	(void)state;
	assert_int_equal(text_signal("RTMIN"), 34);
	assert_int_equal(text_signal("SIGRTMIN+3"), 37);
	assert_int_equal(text_signal("rtmin+30"), 64);
	assert_int_equal(text_signal("RTMAX-30"), 34);
	assert_int_equal(text_signal("RTMAX"), 64);
}

static void what_is_no_signal_is_einval(void **state)
{
	static const char *const wrong[] = {
		"",
		"0",
		"65",
		"-1",
		"TERMX",
		"SIG",
		"SIGSIGTERM",
		"SIG15",
		"RTMIN+",
		"RTMIN+31",
		"RTMIN-1",
		"RTMAX+1",
		"RTMAX-31",
		"RTMIN3",
		"RTMIN+x",
		"99999999999999999999",
		"RTMIN+99999999999999999999",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(text_signal(wrong[i]), -EINVAL);
}

static void every_signal_name_is_read_back(void **state)
{
	char name[TEXT_SIGNAL_SIZE];

	(void)state;
	for (int signo = 1; signo <= 64; signo++)
		if (signo != 32 && signo != 33)
			assert_int_equal(text_signal(text_signal_name(
						 signo, name, sizeof(name))),
					 signo);
	assert_string_equal(text_signal_name(33, name, sizeof(name)),
			    "signal 33");
	assert_string_equal(text_signal_name(-99, name, sizeof(name)),
			    "signal -99");
	assert_string_equal(text_signal_name(37, name, sizeof(name)),
			    "SIGRTMIN+3");
}

static const char *option_at(size_t index, const void *table)
{
	const char *const *names = table;

	return names[index];
}

/* What is suggested for a word among options and commands; NULL: nothing. */
static const struct {
	const char *wrong, *meant;
} spellings[] = {
	/* One change: a letter omitted, added, replaced, or two swapped. */
	{ "timout", "timeout" },
	{ "timeoutt", "timeout" },
	{ "timeaut", "timeout" },
	{ "tmieout", "timeout" },
	{ "cgae", "cage" },
	{ "stp", "stop" },
	{ "rnu", "run" },
	/* Two, from 5 letters on. */
	{ "rgac", NULL },
	{ "rgaec", "grace" },
	{ "tmeuot", "timeout" },
	{ "tixxxut", NULL },
	{ "sttoop", NULL },
	{ "tmieotu", "timeout" },
	{ "ru", "run" },
	{ "rxn", "run" },
	{ "rxy", NULL },
	/* Below 5 letters the first one is right. */
	{ "top", NULL },
	{ "ups", "up" },
	{ "Run", "run" },
	{ "RUN", "run" },
	{ "TIME", "timeout" },
	{ "Tiemuot", "timeout" },
	{ "ofo", NULL },
	{ "urn", NULL },
	{ "xtimeout", "timeout" },
	/* The beginning of one only. */
	{ "time", "timeout" },
	{ "t", "timeout" },
	{ "sto", "stop" },
	{ "stop-", "stop-signal" },
	{ "s", NULL },
	/* Near to no other. */
	{ "elephant", NULL },
	{ "x", NULL },
	{ "", NULL },
};

static void the_nearest_spelling_is_named(void **state)
{
	static const char *const names[] = { "timeout",	    "grace", "cage",
					     "run",	    "up",    "stop",
					     "stop-signal", NULL };

	(void)state;
	for (size_t i = 0; i < sizeof(spellings) / sizeof(spellings[0]); i++) {
		const char *nearest =
			text_nearest(spellings[i].wrong, option_at, names);

		if (spellings[i].meant) {
			assert_non_null(nearest);
			assert_string_equal(nearest, spellings[i].meant);
		} else {
			assert_null(nearest);
		}
	}
}

static void a_long_word_is_near_to_nothing(void **state)
{
	static const char *const names[] = { "--timeout", NULL };
	char word[200];

	(void)state;
	memset(word, 'x', sizeof(word));
	word[sizeof(word) - 1] = '\0';
	assert_null(text_nearest(word, option_at, names));
}

static void a_copy_is_cut_and_ended(void **state)
{
	char to[4] = "zzz";

	(void)state;
	text_copy(to, sizeof(to), "abcdef");
	assert_string_equal(to, "abc");
	text_copy(to, sizeof(to), "");
	assert_string_equal(to, "");
}

static void utf8_is_valid_or_nothing(void **state)
{
	static const struct {
		const char *text;
		size_t length;
	} rows[] = {
		{ "a", 1 },
		{ "\xc3\xa4", 2 },
		{ "\xe2\x82\xac", 3 },
		{ "\xf0\x9f\x8e\xaf", 4 },
		{ "\xf4\x8f\xbf\xbf", 4 }, /* U+10FFFF */
		{ "\x80", 0 },
		{ "\xc3", 0 },
		{ "\xc0\xaf", 0 }, /* overlong */
		{ "\xe0\x80\xaf", 0 },
		{ "\xf0\x80\x80\xaf", 0 },
		{ "\xed\xa0\x80", 0 }, /* a surrogate */
		{ "\xf4\x90\x80\x80", 0 },
		{ "\xf5\x80\x80\x80", 0 },
		{ "\xe2\x82", 0 },
		{ "\xff", 0 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++)
		assert_int_equal(text_utf8_length(rows[i].text),
				 rows[i].length);
}

static void what_is_printed_cannot_drive_a_terminal(void **state)
{
	char out[64];

	(void)state;
	assert_string_equal(text_printable("a\x1b[2J\n\tb\x7f", out,
					   sizeof(out)),
			    "a?[2J??b?");
	/* U+009B is CSI, as ESC [ is. */
	assert_string_equal(text_printable("x\xc2\x9b"
					   "2J",
					   out, sizeof(out)),
			    "x?2J");
	assert_string_equal(text_printable("\xff\xc3\xa4\xc3", out,
					   sizeof(out)),
			    "?\xc3\xa4?");
}

static void what_does_not_fit_ends_in_an_ellipsis(void **state)
{
	char out[10];

	(void)state;
	assert_string_equal(text_printable("abcdefghi", out, sizeof(out)),
			    "abcdefghi");
	assert_string_equal(text_printable("abcdefghijkl", out, sizeof(out)),
			    "abcdef…");
	/* Never half a character. */
	assert_string_equal(text_printable("abcde\xc3\xa4\xc3\xa4\xc3\xa4", out,
					   sizeof(out)),
			    "abcde…");
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_digits_only),
		cmocka_unit_test(numbers_above_the_maximum_are_erange),
		cmocka_unit_test(durations_have_units_and_fractions),
		cmocka_unit_test(bad_durations_change_nothing),
		cmocka_unit_test(sizes_are_powers_of_1024),
		cmocka_unit_test(signals_have_names_and_numbers),
		cmocka_unit_test(real_time_signals_are_the_kernels),
		cmocka_unit_test(what_is_no_signal_is_einval),
		cmocka_unit_test(every_signal_name_is_read_back),
		cmocka_unit_test(the_nearest_spelling_is_named),
		cmocka_unit_test(a_long_word_is_near_to_nothing),
		cmocka_unit_test(a_copy_is_cut_and_ended),
		cmocka_unit_test(utf8_is_valid_or_nothing),
		cmocka_unit_test(what_is_printed_cannot_drive_a_terminal),
		cmocka_unit_test(what_does_not_fit_ends_in_an_ellipsis),
	};

	return RUN(tests);
}
