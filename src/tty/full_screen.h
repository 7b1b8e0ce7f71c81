/* SPDX-License-Identifier: MIT */
/*
 * A terminal's whole screen, for a program that draws on it again and again.
 *
 * Invariant: what was on the screen, the cursor and the modes come back at
 * full_screen_close(), when a signal ends us, and while we are stopped.
 * (SIGKILL leaves it; `reset` helps.) In the background nothing is touched: the
 * terminal is the shell's then.
 *
 * Keys are read one by one and not echoed; Ctrl-C, Ctrl-Z and the like stay
 * signals, so that all of our process group has them. The signals are blocked
 * and read from a descriptor, so nothing is interrupted between two writes; a
 * crash (SIGSEGV, …) puts the modes back, by tty/raw_terminal.h.
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
	bool is_shown; /* the screen is ours */
	struct raw_terminal raw;
};

/** What full_screen_wait() came back for. */
enum full_screen_event {
	FULL_SCREEN_TIME, /* the time is up, or has to be drawn anew */
	FULL_SCREEN_KEY,
	FULL_SCREEN_GONE, /* the terminal is not there any more */
};

/**
 * Take the screen.
 *
 * @in   where keys come from, when it is a terminal.
 * @out  a terminal.
 * @return  0; -ENOTTY; -EIO we are in the background; or -errno.
 */
int full_screen_open(int in, int out, struct full_screen *ret,
		     struct fault *fault);

/** Its size now; 24 rows of 80 columns where the terminal has none. */
void full_screen_size(const struct full_screen *screen, size_t *ret_rows,
		      size_t *ret_columns);

/**
 * Show @lines (with SGR alone in them, none wider than the screen) and nothing
 * else, in one write and without clearing first, so that nothing flickers.
 * @return 0 or -errno.
 */
int full_screen_draw(struct full_screen *screen, const char *lines);

/**
 * Wait for a key, for a time (a clock_us()), or for a reason to draw anew: the
 * size has changed, or we come back from being stopped. Signals that end us
 * end us here, and those that stop us stop us here, the screen restored.
 *
 * @ret_key  bytes of it that came at once, ended with a NUL.
 */
enum full_screen_event full_screen_wait(struct full_screen *screen,
					int64_t until_us, char ret_key[16]);

void full_screen_close(struct full_screen *screen);

#endif
