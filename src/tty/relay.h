/* SPDX-License-Identifier: MIT */
/*
 * Our terminal on one side, a job's terminal behind a socket on the other: what
 * is typed goes there in frames, what comes is shown, until the other side says
 * a status, we detach, or a signal ends us.
 *
 * Invariant: neither side waits for the other: megabytes that are pasted and
 * megabytes that come back pass each other, and what is kept is bounded. The
 * modes of our terminal, and what its screen was told, are put back whatever
 * ends the relay but SIGKILL.
 */
#ifndef JIG_TTY_RELAY_H
#define JIG_TTY_RELAY_H

#include "tty/raw_terminal.h"

enum relay_end {
	RELAY_STATUS, /* the other side has said it */
	RELAY_DETACHED, /* the key was typed, or our input has ended */
	RELAY_LOST, /* the other side has gone without a word */
	RELAY_SIGNAL, /* we were told to end */
};

struct relay {
	int socket; /* the caller's */
	struct detach_key key;
	bool read_only;
	/** A line that is shown first; once the terminal is raw, if it becomes
	 * so: who waits for it may type what is not for the shell (Ctrl-D). */
	const char *greeting; /* or NULL */
	bool is_terminal; /* the other side will ask for a raw terminal */
	/** Without a terminal on the other side Ctrl-C, Ctrl-\\ and Ctrl-Z come
	 * here as signals; NULL: they end us, or stop us. */
	void (*on_signal)(void *context, int signo);
	/** Neither side has said anything for a second; NULL: that is all
	 * right. The other side may have been stopped. */
	void (*on_silence)(void *context);
	void *context;

	int status; /* RELAY_STATUS: 0 to 255 */
	int signo; /* RELAY_SIGNAL */
};

/**
 * Relay until the end. All signals that it reads are blocked meanwhile.
 *
 * @return  how it ended, or -errno with the reason (no memory, no terminal).
 */
int relay_run(struct relay *relay, struct fault *fault);

#endif
