/* SPDX-License-Identifier: MIT */
/*
 * Our own terminal in raw mode, while it shows another one, and a relay to it.
 *
 * Invariant: the modes that it had come back, whatever ends us but SIGKILL: at
 * raw_terminal_close(), and by a handler for the signals that end a process.
 * (After SIGKILL of us the shell below restores them, or `reset` does.) In the
 * background nothing is put back: the terminal is the shell's then.
 *
 * One at a time in a process. Signals that are ignored or handled otherwise
 * stay so; those that were SIG_DFL are again, after raw_terminal_close().
 */
#ifndef JIG_TTY_RAW_TERMINAL_H
#define JIG_TTY_RAW_TERMINAL_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/ioctl.h>
#include <termios.h>

#include "base/fault.h"

struct raw_terminal {
	int fd; /* of the terminal; -1: none */
	struct termios modes; /* before */
};

#define RAW_TERMINAL_NONE ((struct raw_terminal){ .fd = -1 })

/**
 * @fd  0 usually.
 * @return  0; -ENOTTY; -EIO we are in the background; -EBUSY one is open.
 */
int raw_terminal_open(int fd, struct raw_terminal *ret, struct fault *fault);

/** After SIGCONT: a shell has put its own modes back meanwhile. */
void raw_terminal_again(const struct raw_terminal *terminal);

/** Accepts RAW_TERMINAL_NONE. */
void raw_terminal_close(struct raw_terminal *terminal);

/** @return 0 or -errno. */
int raw_terminal_size(int fd, struct winsize *ret);

/* --------------------------------------------------------- the detach key */

/** Finds the key (a control character and, mostly, another key) in a stream. */
struct detach_key {
	unsigned char first, second; /* 0: no key at all; second 0: one byte */
	bool is_armed; /* first was seen */
};

/** "ctrl-] d" (the default), "ctrl-p ctrl-q", "ctrl-\\", "none".
 * @return 0 or -EINVAL. */
int detach_key_parse(const char *text, struct detach_key *ret);

/**
 * Look through input. First, typed twice, is first once; first and another
 * byte are both passed on.
 *
 * @to       what is to be passed on: room for size + 1 bytes.
 * @ret_size how much of it.
 * @return   whether the key was typed; what stands behind it is dropped.
 */
bool detach_key_filter(struct detach_key *key, const char *from, size_t size,
		       char *to, size_t *ret_size);

#endif
