/* SPDX-License-Identifier: MIT */
/*
 * Names of many users at once, for lists of processes. They come from
 * /etc/passwd only; env/account.h gives the reason.
 */
#ifndef JIG_VIEW_USER_NAMES_H
#define JIG_VIEW_USER_NAMES_H

#include <sys/types.h>

#include "base/list.h"

struct user_names {
	struct list all; /* of a private type, sorted by uid */
};

/** Read the file; without it there are no names. @return 0 or -ENOMEM. */
int user_names_read(struct user_names *ret);

/** The first name with this uid; or NULL. */
const char *user_names_of(const struct user_names *names, uid_t uid);

/** The uid of a name, or of any number. @return 0 or -ENOENT. */
int user_names_find(const struct user_names *names, const char *text,
		    uid_t *ret);

/** Accepts a zeroed struct. */
void user_names_free(struct user_names *names);

#endif
