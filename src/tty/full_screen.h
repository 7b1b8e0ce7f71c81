/* SPDX-License-Identifier: MIT */
/*
 * The whole screen of a terminal, for a program that redraws it.
 *
 * Invariant: the contents of the screen, the cursor and the modes are restored
 * by full_screen_close(), when a signal ends us, and while we are suspended.
 * (Not after SIGKILL: run `reset` then.) In the background nothing is changed,
 * because the terminal belongs to the shell.
 *
 * Keys are read one by one and not echoed; Ctrl-C, Ctrl-Z and the like stay
 * signals for our whole process group. The signals are blocked and read from a
 * descriptor, so none interrupts a drawing; after a crash (SIGSEGV, …)
 * tty/raw_terminal.h restores the modes.
 *
 * One at a time in a process, which has one thread.
 */
#ifndef JIG_TTY_FULL_SCREEN_H
#define JIG_TTY_FULL_SCREEN_H

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tty/raw_terminal.h"

struct full_screen {
	int in, out; /* the terminal */
	int signals; /* signalfd(2) */
	uint64_t mask; /* before */
	bool is_shown; /* the alternate screen is shown */
	struct raw_terminal raw;
};

/** Why full_screen_wait() has returned. */
enum full_screen_event {
	FULL_SCREEN_TIME, /* the time is over, or a redraw is needed */
	FULL_SCREEN_KEY,
	FULL_SCREEN_GONE, /* the terminal has hung up */
};

/**
 * Show the alternate screen.
 *
 * @in   keys come from here, if it is a terminal; else from @out.
 * @out  a terminal.
 * @return  0; -ENOTTY; -EIO we are in the background; or -errno.
 */
int full_screen_open(int in, int out, struct full_screen *ret,
		     struct fault *fault);

/** Its current size; 24 rows of 80 columns if the terminal has none. */
void full_screen_size(const struct full_screen *screen, size_t *ret_rows,
		      size_t *ret_columns);

/**
 * Show only @lines (with no sequences but SGR, none wider than the screen), in
 * one write and without clearing first, to avoid flicker.
 * @return 0 or -errno.
 */
int full_screen_draw(struct full_screen *screen, const char *lines);

/**
 * Wait for a key, until a time (of clock_us()), or for a reason to redraw: a
 * new size, or SIGCONT after a suspension. Signals that end or suspend us do so
 * here, after the screen is restored.
 *
 * @ret_key  the bytes of the key, NUL-terminated.
 */
enum full_screen_event full_screen_wait(struct full_screen *screen,
					int64_t until_us, char ret_key[16]);

void full_screen_close(struct full_screen *screen);

#endif
