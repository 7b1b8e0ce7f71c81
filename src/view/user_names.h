/* SPDX-License-Identifier: MIT */
/*
 * Names of many users at once, for lists of processes; from /etc/passwd, for
 * the reason that env/account.h gives.
 */
#ifndef JIG_VIEW_USER_NAMES_H
#define JIG_VIEW_USER_NAMES_H

#include <sys/types.h>

#include "base/list.h"

struct user_names {
	struct list all; /* of its own type; in order of uids */
};

/** Read the file; without it all users are numbers. @return 0 or -ENOMEM. */
int user_names_read(struct user_names *ret);

/** The first name that has this uid; NULL: none has. */
const char *user_names_of(const struct user_names *names, uid_t uid);

/** A name, or a number whether it has a name or not. @return 0 or -ENOENT. */
int user_names_find(const struct user_names *names, const char *text,
		    uid_t *ret);

/** Accepts a zeroed one. */
void user_names_free(struct user_names *names);

#endif
