/* SPDX-License-Identifier: MIT */
/*
 * Users and groups, from /etc/passwd and /etc/group (passwd(5), group(5)).
 *
 * Invariant: only these files are read, because a static program cannot load
 * the name services of the C library. Give users of a directory service by
 * number.
 *
 * What does not belong here: passwords, and changes of user and group.
 */
#ifndef JIG_ENV_ACCOUNT_H
#define JIG_ENV_ACCOUNT_H

#include <sys/types.h>

#include "base/fault.h"

#define ACCOUNT_GROUPS 256

struct account {
	uid_t uid;
	gid_t gid;
	gid_t groups[ACCOUNT_GROUPS];
	size_t group_count;
};

/**
 * Parse "name", "uid", "name:group" or "uid:gid" and look it up.
 *
 * A name has the user's supplementary groups. A number has none, and the gid of
 * a uid without an account is the same number.
 *
 * @return  0, or -ENOENT, -EINVAL with the reason.
 */
int account_find(const char *text, struct account *ret, struct fault *fault);

#endif
