/* SPDX-License-Identifier: MIT */
/*
 * Writes after the end of all processes: jig's messages and its report.
 *
 * Such a write may wait for its reader, as in any program. But the guard has
 * blocked all signals, and does not read its signalfd any more. So between
 * last_words_begin() and last_words_end() a stop signal (TERM, INT, HUP, QUIT)
 * ends jig as it ends any other program: by that signal.
 *
 * Invariant: a write that does not wait is complete. A stop signal has
 * an effect only one second later, if the write waits until then; so a signal
 * that came before the write, or during a write that does not wait, is lost. A
 * signal that jig's caller ignores stays ignored.
 */
#ifndef JIG_TTY_LAST_WORDS_H
#define JIG_TTY_LAST_WORDS_H

#include <signal.h>
#include <stdbool.h>
#include <stdint.h>

/** TERM, INT, HUP, QUIT and ALRM. */
#define LAST_WORDS_SIGNALS 5

struct last_words {
	bool on; /* the stop signals were blocked */
	uint64_t mask;
	struct sigaction before[LAST_WORDS_SIGNALS];
};

/** Only after the end of all processes of a fixture. One thread; not nested. */
void last_words_begin(struct last_words *words);

/** Restore the signal mask and the dispositions. */
void last_words_end(const struct last_words *words);

#endif
