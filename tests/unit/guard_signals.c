// SPDX-License-Identifier: MIT
/*
 * What the guard does with a signal: a guard without a supervisor, in a child
 * whose signals it blocks. It writes its requests on a board, which shows them.
 */
#include "unit.h"

#include <jig.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/poll.h"
#include "base/sys.h"
#include "child.h"
#include "core/guard/guard.h"
#include "proc/procfs.h"

static struct plan plan;
static struct outcome outcome;
static const struct guard_hooks no_hooks;
static struct guard guard;

/* In the child. */
static bool open_guard(enum spawn_group group)
{
	plan = (struct plan){ .lifeline = -1, .report_fd = -1, .watched = -1 };
	guard = (struct guard){
		.plan = &plan,
		.hooks = &no_hooks,
		.outcome = &outcome,
		.cage = CAGE_NONE,
		.terminal = TERMINAL_NONE,
		.group = group,
		.signals = -1,
		.owner = -1,
		.socket = -1,
		.supervisor_fd = -1,
		.host = -1,
	};
	guard.cage.procfd = procfs_open();
	return board_new(&guard.board) == 0 &&
	       guard_open_signals(&guard, &outcome.fault) == 0 &&
	       guard_open_token(&guard, &outcome.fault) == 0;
}

/* It is pending at once: the child has one thread. */
static void get(int signo)
{
	(void)kill(getpid(), signo);
	guard_read_signals(&guard);
}

static struct board_stop stop(void)
{
	return board_stop_asked(guard.board);
}

/* @return the signal that main is to get; 0: none. */
static int for_main(void)
{
	unsigned count;
	int target, signo = board_take_signal(guard.board, &target, &count);

	return signo && target == JIG_TARGET_MAIN ? signo : 0;
}

static int begins_with_its_signal(void)
{
	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGINT);
	return stop().wanted && stop().reason == JIG_REASON_STOP &&
	       stop().signo == SIGINT && outcome.asked.signals &&
	       guard.stop_asked;
}

static int begins_with_the_policy(void)
{
	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGTERM);
	return stop().wanted && stop().signo == 0;
}

static int is_one_request(void)
{
	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGINT);
	get(SIGINT);
	return stop().count == 1;
}

static int is_one_request_with_a_hang_up(void)
{
	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGTERM);
	get(SIGHUP);
	return stop().count == 1;
}

/* As if the last request had come long before. */
static void let_time_pass(void)
{
	outcome.asked.last_us = clock_us() - 2 * PLAN_REPEATED_US;
}

static int the_same_hurries(void)
{
	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGINT);
	let_time_pass();
	get(SIGINT);
	return stop().count == 2 && stop().signo == SIGINT && for_main() == 0;
}

static int another_is_mains(void)
{
	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGINT);
	let_time_pass();
	get(SIGTERM);
	return stop().count == 1 && stop().signo == SIGINT &&
	       for_main() == SIGTERM;
}

static int passes_the_others_on(void)
{
	static const int others[] = { SIGUSR1, SIGWINCH, SIGALRM, SIGSEGV };

	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	for (size_t i = 0; i < COUNT(others); i++) {
		get(others[i]);
		if (for_main() != others[i])
			return false;
	}
	return !stop().wanted;
}

static int passes_no_own_sigpipe_on(void)
{
	int pair[2];

	if (!open_guard(SPAWN_GROUP_OWN) || pipe(pair) < 0)
		return false;
	(void)close(pair[0]);
	if (write(pair[1], "", 1) == 1)
		return false;
	guard_read_signals(&guard);
	return for_main() == 0;
}

static int passes_a_sent_sigpipe_on(void)
{
	pid_t pid;

	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	pid = child_fork();
	if (pid == 0)
		_exit(kill(getppid(), SIGPIPE) < 0);
	if (child_wait(pid) != 0)
		return false;
	guard_read_signals(&guard);
	return for_main() == SIGPIPE;
}

static int suspends_and_continues(void)
{
	struct board_pause pause;

	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGTSTP);
	pause = board_pause_asked(guard.board);
	if (!pause.suspended || !guard.suspend_asked)
		return false;
	get(SIGCONT);
	pause = board_pause_asked(guard.board);
	return !pause.suspended && pause.resumes == 1 && !guard.suspend_asked;
}

static int is_continued_alone(void)
{
	static const union sigval value = { .sival_int = GUARD_WAKE };

	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	get(SIGTSTP);
	(void)sigqueue(getpid(), SIGCONT, value);
	guard_read_signals(&guard);
	return board_pause_asked(guard.board).suspended;
}

static int notices_the_supervisors_end(void)
{
	siginfo_t info;

	if (!open_guard(SPAWN_GROUP_OWN))
		return false;
	guard.supervisor = child_fork();
	if (guard.supervisor == 0)
		_exit(0);
	(void)waitid(P_PID, (id_t)guard.supervisor, &info, WEXITED | WNOWAIT);
	guard_read_signals(&guard);
	return guard.reaped && waitpid(-1, NULL, WNOHANG) < 0;
}

static int ignores_what_its_caller_ignores(void)
{
	(void)signal(SIGINT, SIG_IGN);
	if (!open_guard(SPAWN_GROUP_CALLER))
		return false;
	get(SIGINT);
	if (stop().wanted)
		return false;
	get(SIGTERM);
	return stop().wanted;
}

/* A stop signal that comes later deletes a pending SIGCONT. */
static int finds_a_continuation_that_was_deleted(void)
{
	if (!open_guard(SPAWN_GROUP_CALLER))
		return false;
	(void)kill(getpid(), SIGCONT); /* It deletes the token. */
	(void)kill(getpid(), SIGTTIN); /* It deletes the SIGCONT. */
	if (sys_signals_pending() & SYS_SIGNAL(SIGCONT))
		return false;
	guard_read_signals(&guard);
	return !guard_lacks_token(&guard) && guard.suspend_asked;
}

static int takes_its_token(void)
{
	if (!open_guard(SPAWN_GROUP_CALLER) || guard_lacks_token(&guard))
		return false;
	guard_take_token(&guard);
	return guard_lacks_token(&guard);
}

static void a_stop_begins_with_its_signal(void **state)
{
	(void)state;
	assert_true(child_says(begins_with_its_signal));
	assert_true(child_says(begins_with_the_policy));
}

static void a_signal_that_is_repeated_is_one_request(void **state)
{
	(void)state;
	assert_true(child_says(is_one_request));
	assert_true(child_says(is_one_request_with_a_hang_up));
}

static void only_the_same_signal_hurries(void **state)
{
	(void)state;
	assert_true(child_says(the_same_hurries));
	assert_true(child_says(another_is_mains));
}

static void other_signals_are_for_main(void **state)
{
	(void)state;
	assert_true(child_says(passes_the_others_on));
	assert_true(child_says(passes_a_sent_sigpipe_on));
	assert_true(child_says(passes_no_own_sigpipe_on));
}

static void a_suspension_is_requested_and_undone(void **state)
{
	(void)state;
	assert_true(child_says(suspends_and_continues));
	assert_true(child_says(is_continued_alone));
}

static void the_supervisors_end_is_noticed(void **state)
{
	(void)state;
	assert_true(child_says(notices_the_supervisors_end));
}

static void in_the_callers_group_its_dispositions_hold(void **state)
{
	(void)state;
	assert_true(child_says(ignores_what_its_caller_ignores));
}

static void the_token_shows_a_lost_continuation(void **state)
{
	(void)state;
	assert_true(child_says(finds_a_continuation_that_was_deleted));
	assert_true(child_says(takes_its_token));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_stop_begins_with_its_signal),
		cmocka_unit_test(a_signal_that_is_repeated_is_one_request),
		cmocka_unit_test(only_the_same_signal_hurries),
		cmocka_unit_test(other_signals_are_for_main),
		cmocka_unit_test(a_suspension_is_requested_and_undone),
		cmocka_unit_test(the_supervisors_end_is_noticed),
		cmocka_unit_test(in_the_callers_group_its_dispositions_hold),
		cmocka_unit_test(the_token_shows_a_lost_continuation),
	};

	return RUN(tests);
}
