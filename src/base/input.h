/* SPDX-License-Identifier: MIT */
/*
 * Standard input as a sign of life: whether a process still has its other end.
 *
 * With `--owner stdin` the fixture ends with the writer of jig's standard
 * input: ssh(1), an engine's "exec", a program in any language. That is a pipe,
 * a stream socket or a terminal, and its hang-up is seen without a read. The
 * bytes of a pipe or socket are discarded, so that a writer does not block, and
 * an end that stands behind them can arrive. A terminal is never read: its keys
 * are for the command.
 *
 * Invariant: no call here blocks. The flags of the open file are not changed,
 * since other processes share it.
 */
#ifndef JIG_BASE_INPUT_H
#define JIG_BASE_INPUT_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"

/** For an owner that is a pid: the writer of standard input instead. */
#define INPUT_OWNER ((pid_t)-2)

struct input {
	int fd; /* a duplicate of standard input, above 2; or -1 */
	int null; /* /dev/null, for the command instead; -1: it may read fd */
};

#define INPUT_NONE ((struct input){ .fd = -1, .null = -1 })

/** What poll(2) is to watch for the hang-up alone. */
extern const short input_hang_up;

/**
 * Open it.
 *
 * @ret     the caller closes both descriptors.
 * @return  0; -ENOTSUP it is no pipe, stream socket or terminal; -EPIPE it has
 *          ended already; or -errno, each with the reason.
 */
int input_open(struct input *ret, struct fault *fault);

/** What poll(2) is to watch: the hang-up, and bytes to discard. */
short input_events(const struct input *input);

/**
 * Act on what poll(2) has found: discard some bytes.
 *
 * If bytes cannot be discarded, only the hang-up is watched from now on.
 *
 * @return  whether the other end is still there.
 */
bool input_go_on(struct input *input, short revents);

/** Close it. Accepts INPUT_NONE. */
void input_close(struct input *input);

#endif
