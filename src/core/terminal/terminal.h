/* SPDX-License-Identifier: MIT */
/*
 * The controlling terminal: lending its foreground to the command and taking
 * it back, as a job-control shell does, see tcsetpgrp(3) and termios(3).
 *
 * Invariant: the foreground is taken only from the command's own group,
 * or a group that is empty, so a background jig never steals it; SIGTTOU is
 * blocked in the caller. Modes are set at once (TCSANOW): TCSADRAIN waits for
 * output that a frozen terminal never takes.
 */
#ifndef JIG_CORE_TERMINAL_TERMINAL_H
#define JIG_CORE_TERMINAL_TERMINAL_H

#include <stdbool.h>
#include <sys/signalfd.h>
#include <sys/types.h>
#include <termios.h>

#include "proc/spawn.h"

struct terminal {
	int fd; /* a duplicate of stdin, or -1 */
	struct termios before; /* modes at the start: restored after a crash */
	struct termios command; /* the command's, while it is suspended */
	bool has_before, has_command;
};

#define TERMINAL_NONE ((struct terminal){ .fd = -1 })

/**
 * Look at stdin.
 *
 * @wanted  JIG_GROUP_AUTO and the others of jig.h, as an int.
 * @return  how the command is to be started.
 */
enum spawn_group terminal_open(struct terminal *terminal, int wanted);

/** Whether the terminal sent this signal to a whole process group, as it does
 * for a key and for a hang-up; a hang-up tells the session's leader as well,
 * and alone. */
bool terminal_sent(const struct signalfd_siginfo *info);

/** Whether our own process group has the foreground. */
bool terminal_is_ours(const struct terminal *terminal);

/** Give the foreground to @group, if it is ours; with the modes it had. */
void terminal_lend(struct terminal *terminal, pid_t group);

/**
 * Take the foreground back from @group, if it has it.
 * @keep_modes  remember the modes for the next terminal_lend().
 * @crashed     put the modes back as they were at the start.
 */
void terminal_take_back(struct terminal *terminal, pid_t group, bool keep_modes,
			bool crashed);

#endif
