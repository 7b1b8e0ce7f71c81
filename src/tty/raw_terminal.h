/* SPDX-License-Identifier: MIT */
/*
 * Our own terminal in raw mode, while it shows another terminal; and the key
 * that detaches.
 *
 * Invariant: its modes are restored whatever ends us except SIGKILL: by
 * raw_terminal_close(), or by a handler for the signals that end a process.
 * (After SIGKILL our shell restores them, or `reset` does.) In the background
 * nothing is restored, because the terminal belongs to the shell.
 *
 * One at a time in a process. Signals that are ignored or handled otherwise
 * stay so; raw_terminal_close() sets the others back to SIG_DFL.
 */
#ifndef JIG_TTY_RAW_TERMINAL_H
#define JIG_TTY_RAW_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "base/fault.h"

struct raw_terminal {
	int fd; /* -1: none */
	struct termios modes; /* before */
};

#define RAW_TERMINAL_NONE ((struct raw_terminal){ .fd = -1 })

/**
 * @fd  mostly 0.
 * @return  0; -ENOTTY; -EIO we are in the background; -EBUSY another one is
 * open.
 */
int raw_terminal_open(int fd, struct raw_terminal *ret, struct fault *fault);

/** Raw mode again, after SIGCONT: a shell has set its own modes meanwhile. */
void raw_terminal_again(const struct raw_terminal *terminal);

/** Accepts RAW_TERMINAL_NONE. */
void raw_terminal_close(struct raw_terminal *terminal);

/** @return 0 or -errno. */
int raw_terminal_size(int fd, struct winsize *ret);

/* --------------------------------------------------------- the detach key */

/** A control character and, mostly, another key, found in a stream. */
struct detach_key {
	unsigned char first, second; /* 0: no key at all; second 0: one byte */
	bool is_armed; /* first was seen */
};

/** "ctrl-] d" (the default), "ctrl-p ctrl-q", "ctrl-\\", "none".
 * @return 0 or -EINVAL. */
int detach_key_parse(const char *text, struct detach_key *ret);

/**
 * Find the key in input. The first byte typed twice is passed on once; the
 * first byte and any other byte are both passed on.
 *
 * @to       the input to pass on: room for size + 1 bytes.
 * @ret_size its size.
 * @return   whether the key was typed; input behind it is dropped.
 */
bool detach_key_filter(struct detach_key *key, const char *from, size_t size,
		       char *to, size_t *ret_size);

#endif
