/* SPDX-License-Identifier: MIT */
/*
 * Connect our terminal to a job behind a socket: send input in frames, show
 * output, until the other side sends a status, the user detaches, or a signal
 * ends us.
 *
 * Invariant: neither direction waits for the other, so megabytes can be pasted
 * while megabytes come back; the buffers are bounded. The modes and the screen
 * of our terminal are restored, whatever ends the relay except SIGKILL.
 *
 * lib/foreground.c does the same for a host of libjig. It is not this module,
 * because a library must not touch its host's signals, handlers or stderr: it
 * relays raw bytes, and its host handles the keys.
 */
#ifndef JIG_TTY_RELAY_H
#define JIG_TTY_RELAY_H

#include "tty/raw_terminal.h"

enum relay_end {
	RELAY_STATUS, /* the other side has sent one */
	RELAY_DETACHED, /* the key was typed, or our input has ended */
	RELAY_LOST, /* the other side has closed without a status */
	RELAY_SIGNAL, /* a signal requests our end */
};

struct relay {
	int socket; /* the caller's */
	struct detach_key key;
	bool read_only;
	/** A line that is shown first, or NULL. If the terminal becomes raw, it
	 * is shown after that: input that follows it (Ctrl-D) is for the job.
	 */
	const char *greeting;
	bool is_terminal; /* the other side will request a raw terminal */
	/** If the other side has no terminal, Ctrl-C, Ctrl-\\ and Ctrl-Z come
	 * here as signals; NULL: they end or suspend us. */
	void (*on_signal)(void *context, int signo);
	/** Called after a second without any data, because the other side may
	 * be suspended; may be NULL. */
	void (*on_silence)(void *context);
	void *context;

	int status; /* RELAY_STATUS: 0 to 255 */
	int signo; /* RELAY_SIGNAL */
};

/**
 * Relay until the end. The signals that it reads are blocked meanwhile.
 *
 * @return  how it ended, or -errno with the reason (no memory, no terminal).
 */
int relay_run(struct relay *relay, struct fault *fault);

#endif
