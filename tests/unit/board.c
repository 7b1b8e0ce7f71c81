// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "core/shared/board.h"
#include "report_sample.h"

static int set_up(void **state)
{
	return board_new((struct board **)state);
}

static int tear_down(void **state)
{
	board_close(*state);
	return 0;
}

/* The next signal that it gives is @signo to @target, @count times. */
static void assert_next(struct board *board, int target, int signo,
			unsigned count)
{
	int got_target = -1;
	unsigned got_count = 0;

	assert_int_equal(board_take_signal(board, &got_target, &got_count),
			 signo);
	assert_int_equal(got_target, target);
	assert_int_equal(got_count, count);
}

static void assert_none(struct board *board)
{
	int target;
	unsigned count;

	assert_false(board_has_signals(board));
	assert_int_equal(board_take_signal(board, &target, &count), 0);
}

static void standard_signals_coalesce(void **state)
{
	for (int i = 0; i < 100000; i++)
		assert_int_equal(board_add_signal(*state, JIG_TARGET_MAIN,
						  SIGUSR1),
				 0);
	assert_next(*state, JIG_TARGET_MAIN, SIGUSR1, 1);
	assert_none(*state);
}

static void real_time_signals_are_counted(void **state)
{
	for (int i = 0; i < 100000; i++)
		assert_int_equal(board_add_signal(*state, JIG_TARGET_ALL, 40),
				 0);
	assert_next(*state, JIG_TARGET_ALL, 40, 100000);
	assert_none(*state);
	board_put_back(*state, JIG_TARGET_ALL, 40, 7);
	assert_next(*state, JIG_TARGET_ALL, 40, 7);
	assert_none(*state);
}

static void the_queue_of_a_real_time_signal_has_an_end(void **state)
{
	struct board *board = *state;

	atomic_store(&board->pending[0].counts[64], BOARD_QUEUE - 1);
	assert_int_equal(board_add_signal(board, 0, 64), 0);
	assert_int_equal(board_add_signal(board, 0, 64), -EAGAIN);
	assert_next(board, 0, 64, BOARD_QUEUE);
	assert_int_equal(board_add_signal(board, 0, 64), 0);
}

static void only_signals_and_targets_are_taken(void **state)
{
	assert_int_equal(board_add_signal(*state, 0, 0), -EINVAL);
	assert_int_equal(board_add_signal(*state, 0, 65), -EINVAL);
	assert_int_equal(board_add_signal(*state, -1, 1), -EINVAL);
	assert_int_equal(board_add_signal(*state, BOARD_TARGETS, 1), -EINVAL);
	assert_none(*state);
}

static void stop_and_continue_take_each_other_back(void **state)
{
	assert_int_equal(board_add_signal(*state, 0, SIGTSTP), 0);
	assert_int_equal(board_add_signal(*state, 0, SIGCONT), 0);
	assert_next(*state, 0, SIGCONT, 1);
	assert_none(*state);
	assert_int_equal(board_add_signal(*state, 0, SIGCONT), 0);
	assert_int_equal(board_add_signal(*state, 0, SIGSTOP), 0);
	assert_next(*state, 0, SIGSTOP, 1);
	assert_none(*state);
}

static void stops_of_two_targets_keep_their_order(void **state)
{
	assert_int_equal(board_add_signal(*state, JIG_TARGET_ALL, SIGSTOP), 0);
	assert_int_equal(board_add_signal(*state, JIG_TARGET_MAIN, SIGCONT), 0);
	assert_next(*state, JIG_TARGET_ALL, SIGSTOP, 1);
	assert_next(*state, JIG_TARGET_MAIN, SIGCONT, 1);
	assert_int_equal(board_add_signal(*state, JIG_TARGET_MAIN, SIGSTOP), 0);
	assert_int_equal(board_add_signal(*state, JIG_TARGET_ALL, SIGCONT), 0);
	assert_next(*state, JIG_TARGET_MAIN, SIGSTOP, 1);
	assert_next(*state, JIG_TARGET_ALL, SIGCONT, 1);
	assert_none(*state);
}

static void the_first_stop_gives_the_reason(void **state)
{
	struct board_stop stop = board_stop_asked(*state);

	assert_false(stop.wanted);
	board_ask_stop(*state, JIG_REASON_OWNER, 0);
	board_ask_hurry(*state, SIGINT);
	board_ask_stop(*state, JIG_REASON_STOP, SIGHUP);
	board_ask_hurry(*state, 0);
	stop = board_stop_asked(*state);
	assert_true(stop.wanted);
	assert_int_equal(stop.reason, JIG_REASON_OWNER);
	assert_int_equal(stop.signo, 0);
	assert_false(stop.hurries);
	assert_int_equal(stop.count, 2);
}

static void a_hurry_without_a_stop_is_one(void **state)
{
	struct board_stop stop;

	board_ask_hurry(*state, SIGINT);
	stop = board_stop_asked(*state);
	assert_true(stop.wanted && stop.hurries);
	assert_int_equal(stop.reason, JIG_REASON_STOP);
	assert_int_equal(stop.signo, SIGINT);
	assert_int_equal(stop.count, 1);
}

static void of_suspend_and_resume_the_newest_counts(void **state)
{
	uint32_t turn = board_pause_asked(*state).turn;

	board_ask_pause(*state, true);
	board_ask_pause(*state, false);
	assert_int_not_equal(board_pause_asked(*state).turn, turn);
	assert_false(board_pause_asked(*state).suspended);
	assert_int_equal(board_pause_asked(*state).resumes, 1);
	board_ask_pause(*state, true);
	assert_true(board_pause_asked(*state).suspended);
	assert_int_equal(board_pause_asked(*state).resumes, 1);
}

static void the_state_of_main_is_told(void **state)
{
	board_tell_state(*state, SIGTSTP, 0x12345678);
	assert_int_equal(board_main_state(*state).signo, SIGTSTP);
	assert_int_equal(board_main_state(*state).resumes, 0x12345678);

	uint32_t turn = board_main_state(*state).turn;

	board_tell_state(*state, 0, 3);
	assert_int_equal(board_main_state(*state).signo, 0);
	assert_int_not_equal(board_main_state(*state).turn, turn);
}

static void only_the_first_failure_counts(void **state)
{
	char why[FAULT_SIZE];
	int stage = 0;

	assert_int_equal(board_failure(*state, &stage, why, sizeof(why)), 0);
	board_fail(*state, -ENOENT, 3, "no such program");
	board_fail(*state, -EPERM, 4, "another");
	assert_int_equal(board_failure(*state, &stage, why, sizeof(why)),
			 -ENOENT);
	assert_int_equal(stage, 3);
	assert_string_equal(why, "no such program");
}

static void a_failure_that_makes_no_sense_is_one(void **state)
{
	struct board *board = *state;
	char why[FAULT_SIZE];

	memset(board->why, 'x', sizeof(board->why));
	board->error = 17;
	atomic_store(&board->start, BOARD_FAILED);
	assert_int_equal(board_failure(board, NULL, why, sizeof(why)), -EPROTO);
	assert_int_equal(strlen(why), sizeof(why) - 1);
}

static void a_text_is_read_whole_or_not_at_all(void **state)
{
	struct board *board = *state;
	char text[FAULT_SIZE] = "before";

	assert_true(board_read(&board->problem, text, sizeof(text)));
	assert_string_equal(text, "");
	board_write(&board->problem, "now");
	assert_true(board_read(&board->problem, text, sizeof(text)));
	assert_string_equal(text, "now");
	/* Its writer was killed. */
	atomic_fetch_add(&board->problem.turn, 1);
	assert_false(board_read(&board->problem, text, sizeof(text)));
	assert_string_equal(text, "now");
}

static _Noreturn void write_texts(struct board *board)
{
	char text[FAULT_SIZE];

	for (char c = 'a';; c = c == 'z' ? 'a' : (char)(c + 1)) {
		memset(text, c, sizeof(text) - 1);
		text[sizeof(text) - 1] = '\0';
		board_write(&board->problem, text);
	}
}

static void texts_are_never_mixed(void **state)
{
	struct board *board = *state;
	char text[FAULT_SIZE];
	unsigned whole = 0;
	pid_t writer = fork();

	assert_true(writer >= 0);
	if (writer == 0)
		write_texts(board);
	while (whole < 1000) {
		if (!board_read(&board->problem, text, sizeof(text)) || !*text)
			continue;
		whole++;
		assert_int_equal(strspn(text, (char[]){ *text, '\0' }),
				 sizeof(text) - 1);
	}
	assert_int_equal(kill(writer, SIGKILL), 0);
	assert_int_equal(waitpid(writer, NULL, 0), writer);
}

static void names_and_matches_are_kept(void **state)
{
	struct name name = { .name = "web", .address = "[::1]:80", .port = 80 };
	CLEANUP(list_free) struct list names = { 0 }, matches = { 0 };
	static const char *const texts[] = { "1=80", "", "host=x" };

	for (int i = 0; i < BOARD_NAMES + 5; i++)
		board_add_name(*state, &name);
	assert_int_equal(board_names(*state, &names), 0);
	assert_int_equal(names.count, BOARD_NAMES);
	assert_memory_equal(list_at(&names, 63, sizeof(name)), &name,
			    sizeof(name));
	for (size_t i = 0; i < COUNT(texts); i++)
		board_add_match(*state, texts[i]);
	assert_int_equal(board_matches(*state, &matches), 0);
	assert_int_equal(matches.count, COUNT(texts));
	for (size_t i = 0; i < COUNT(texts); i++) {
		char *text = *(char **)list_at(&matches, i, sizeof(char *));

		assert_string_equal(text, texts[i]);
		free(text);
	}
}

static void matches_that_do_not_fit_are_left_out(void **state)
{
	CLEANUP(list_free) struct list matches = { 0 };
	char text[4 * FAULT_SIZE];

	memset(text, 'm', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	for (int i = 0; i < 1000; i++)
		board_add_match(*state, text);
	assert_int_equal(board_matches(*state, &matches), 0);
	assert_int_equal(matches.count, BOARD_MATCHES / FAULT_SIZE);
	for (size_t i = 0; i < matches.count; i++) {
		char *match = *(char **)list_at(&matches, i, sizeof(char *));

		assert_int_equal(strlen(match), FAULT_SIZE - 1);
		free(match);
	}
}

static void a_report_is_checked(void **state)
{
	struct board *board = *state;
	static struct jig_report got;

	board->report = report_sample();
	assert_int_equal(board_report(board, &got), 0);
	assert_memory_equal(&got, &board->report, report_size(&got));
	board->report.leftover_count = 4000000000U;
	assert_int_equal(board_report(board, &got), -EBADMSG);
	board->report = report_sample();
	board->report.reason = 99;
	assert_int_equal(board_report(board, &got), -EBADMSG);
}

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		TEST(standard_signals_coalesce),
		TEST(real_time_signals_are_counted),
		TEST(the_queue_of_a_real_time_signal_has_an_end),
		TEST(only_signals_and_targets_are_taken),
		TEST(stop_and_continue_take_each_other_back),
		TEST(stops_of_two_targets_keep_their_order),
		TEST(the_first_stop_gives_the_reason),
		TEST(a_hurry_without_a_stop_is_one),
		TEST(of_suspend_and_resume_the_newest_counts),
		TEST(the_state_of_main_is_told),
		TEST(only_the_first_failure_counts),
		TEST(a_failure_that_makes_no_sense_is_one),
		TEST(a_text_is_read_whole_or_not_at_all),
		TEST(texts_are_never_mixed),
		TEST(names_and_matches_are_kept),
		TEST(matches_that_do_not_fit_are_left_out),
		TEST(a_report_is_checked),
	};

	return RUN(tests);
}
