/* SPDX-License-Identifier: MIT */
/*
 * What jig itself has here, for `jig doctor`: its programs, its runtime
 * directory, the terminal, limits.
 *
 * Invariant: what is unknown is said to be unknown, with the reason; nothing is
 * guessed. Facts about the machine do not belong here: cli/doctor/machine.h.
 */
#ifndef JIG_CLI_DOCTOR_HERE_H
#define JIG_CLI_DOCTOR_HERE_H

#include <limits.h>
#include <stdbool.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/types.h>

#include "proc/mount_type.h"

struct here_program {
	char path[PATH_MAX]; /* "" if not known */
	char version[32]; /* "": it does not run */
};

struct here_directory {
	char path[PATH_MAX];
	int error; /* 0 or -errno: it cannot be used; then no other field */
	uid_t owner;
	mode_t mode;
	char type[MOUNT_TYPE_SIZE]; /* "" if not known */
};

struct here_terminal {
	bool is[3]; /* whether stdin, stdout, stderr are terminals */
	char name[64]; /* of the first of them; "": none, or not known */
	const char *term; /* TERM, or NULL */
	struct winsize size; /* of the same */
	bool utf8; /* by the locale */
};

struct here {
	struct here_program jig, up;
	char libc[32];
	struct here_directory runtime;
	struct here_terminal terminal;
};

/** A limit of ours. */
struct here_limit {
	const char *name; /* in the text */
	const char *field; /* in JSON */
	int resource; /* as in getrlimit(2) */
};

/** A NULL name at the end. */
extern const struct here_limit here_limits[];

/** Environment variables that change what jig does; a NULL at the end. */
extern const char *const here_variables[];

void here_take(struct here *ret);

/** Why the directory cannot be used; NULL: it can. */
const char *here_problem(const struct here_directory *directory);

#endif
