// SPDX-License-Identifier: MIT
#include "core/terminal/terminal.h"

#include <errno.h>
#include <jig.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"

enum spawn_group terminal_open(struct terminal *terminal, int wanted)
{
	*terminal = TERMINAL_NONE;
	if (wanted == JIG_GROUP_SESSION)
		return SPAWN_GROUP_SESSION;
	if (wanted == JIG_GROUP_INHERIT)
		return SPAWN_GROUP_CALLER;
	/* Not ours, and never will be: nothing to lend, nothing to hold. */
	if (wanted == JIG_GROUP_TERMINAL)
		return SPAWN_GROUP_TERMINAL;
	if (wanted == JIG_GROUP_JOB)
		return SPAWN_GROUP_JOB;
	/* Not our controlling terminal: tcgetpgrp gives ENOTTY. No ioctl on
	 * anything but a terminal: a file system may not answer it. */
	pid_t foreground =
		fd_is_terminal(STDIN_FILENO) ? tcgetpgrp(STDIN_FILENO) : -1;

	if (foreground < 0)
		return wanted == JIG_GROUP_AUTO ? SPAWN_GROUP_SESSION
						: SPAWN_GROUP_OWN;
	if (wanted == JIG_GROUP_PGROUP)
		return SPAWN_GROUP_OWN;
	terminal->fd = fd_dup_above(STDIN_FILENO, 3);
	if (terminal->fd < 0) {
		terminal->fd = -1;
		return SPAWN_GROUP_OWN;
	}
	terminal->has_before = tcgetattr(terminal->fd, &terminal->before) == 0;
	return foreground == getpgrp() ? SPAWN_GROUP_FOREGROUND
				       : SPAWN_GROUP_OWN;
}

bool terminal_sent(const struct signalfd_siginfo *info)
{
	int signo = (int)info->ssi_signo;

	if (signo == SIGHUP && getsid(0) == getpid())
		return false;
	/* SIGCHLD is the kernel's, too, and a session that hangs up gets a
	 * SIGCONT behind the SIGHUP. */
	return info->ssi_code == SI_KERNEL && signo != SIGCHLD &&
	       signo != SIGCONT;
}

bool terminal_is_ours(const struct terminal *terminal)
{
	return terminal->fd >= 0 && tcgetpgrp(terminal->fd) == getpgrp();
}

void terminal_lend(struct terminal *terminal, pid_t group)
{
	if (!terminal_is_ours(terminal))
		return;
	/* EIO after a hang-up: then there is nothing to lend. */
	if (terminal->has_command)
		(void)tcsetattr(terminal->fd, TCSANOW, &terminal->command);
	terminal->has_command = false;
	(void)tcsetpgrp(terminal->fd, group);
}

/* A group that a job-control shell under us had made, and which is empty. */
static bool is_deserted(pid_t group)
{
	return group > 0 && kill(-group, 0) < 0 && errno == ESRCH;
}

void terminal_take_back(struct terminal *terminal, pid_t group, bool keep_modes,
			bool crashed)
{
	pid_t now = terminal->fd < 0 ? -1 : tcgetpgrp(terminal->fd);

	if (now != group && !(crashed && is_deserted(now)))
		return;
	if (keep_modes)
		terminal->has_command =
			tcgetattr(terminal->fd, &terminal->command) == 0;
	(void)tcsetpgrp(terminal->fd, getpgrp()); /* EIO after a hang-up. */
	if ((keep_modes || crashed) && terminal->has_before)
		(void)tcsetattr(terminal->fd, TCSANOW, &terminal->before);
}
