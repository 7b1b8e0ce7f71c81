// SPDX-License-Identifier: MIT
#include "tty/last_words.h"

#include <errno.h>
#include <unistd.h>

#include "base/sys.h"

/* Time of a write that a stop signal has reached. */
#define PATIENCE_S 1

/* The last one is the alarm. */
static const int numbers[LAST_WORDS_SIGNALS] = { SIGTERM, SIGINT, SIGHUP,
						 SIGQUIT, SIGALRM };

/* The first stop signal; 0: none. It stays for the next words. */
static volatile sig_atomic_t asked;

static void last_words_note(int signo)
{
	if (asked)
		return;
	asked = signo;
	(void)alarm(PATIENCE_S); /* No error is possible. */
}

static void end_now(int signo)
{
	(void)signo;
	if (!asked)
		return; /* A SIGALRM for main that came too late. */
	sys_die_of(asked);
	_exit(128 + asked); /* We are PID 1. */
}

static void catch (int signo)
{
	const struct sigaction action = {
		.sa_handler = signo == SIGALRM ? end_now : last_words_note,
		.sa_flags = SA_RESTART,
	};

	(void)sigaction(signo, &action, NULL); /* Valid. */
}

static bool is_caught(const struct last_words *words, size_t index)
{
	const struct sigaction *before = &words->before[index];

	return numbers[index] == SIGALRM || before->sa_handler != SIG_IGN;
}

void last_words_begin(struct last_words *words)
{
	uint64_t mask = sys_signal_mask(SYS_ALL_SIGNALS);

	words->mask = mask;
	words->on = (mask & SYS_STOP_SIGNALS) != 0;
	for (size_t i = 0; words->on && i < LAST_WORDS_SIGNALS; i++) {
		(void)sigaction(numbers[i], NULL, &words->before[i]);
		if (!is_caught(words, i))
			continue;
		catch (numbers[i]);
		mask &= ~SYS_SIGNAL(numbers[i]);
	}
	if (words->on && asked)
		(void)alarm(PATIENCE_S); /* The write before had a second. */
	(void)sys_signal_mask(mask);
}

void last_words_end(const struct last_words *words)
{
	(void)sys_signal_mask(words->mask);
	if (!words->on)
		return;
	if (asked)
		(void)alarm(0);
	for (size_t i = 0; i < LAST_WORDS_SIGNALS; i++)
		if (is_caught(words, i))
			(void)sigaction(numbers[i], &words->before[i], NULL);
}
