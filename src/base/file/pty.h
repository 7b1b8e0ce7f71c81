/* SPDX-License-Identifier: MIT */
/*
 * A pseudo-terminal: our side (master) and that of a command (slave).
 *
 * Static: posix_openpt(3) and friends, no libutil. The command gets the slave
 * as stdin, stdout and stderr and as the controlling terminal of its session
 * (jig_command.group = JIG_GROUP_TERMINAL).
 */
#ifndef JIG_BASE_FILE_PTY_H
#define JIG_BASE_FILE_PTY_H

#include <sys/ioctl.h>

#include "base/fault.h"

struct pty {
	int master; /* non-blocking, FD_CLOEXEC */
	int slave; /* FD_CLOEXEC; close it once the command has started */
};

#define PTY_NONE ((struct pty){ -1, -1 })

/** @size  NULL: 24 rows of 80 columns. @return 0 or -errno. */
int pty_open(const struct winsize *size, struct pty *ret, struct fault *fault);

/** Tell the command's foreground group of a new size (SIGWINCH). */
int pty_resize(const struct pty *pty, const struct winsize *size);

/** Make @size no larger than @other, in rows and in columns; 0 is "unknown" in
 * both, and limits nothing. */
void pty_size_fit(struct winsize *size, const struct winsize *other);

/** Close both sides; accepts PTY_NONE. */
void pty_close(struct pty *pty);

/** "24x80": rows and columns. @return 0 or -EINVAL. */
int pty_size_parse(const char *text, struct winsize *ret);

#endif
