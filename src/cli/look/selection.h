/* SPDX-License-Identifier: MIT */
/* What the options of `jig ps` and `jig tree` share: words that name processes,
 * and how wide a line may be. */
#ifndef JIG_CLI_LOOK_SELECTION_H
#define JIG_CLI_LOOK_SELECTION_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"

/** Take one word into a list. @return 0 or -errno with the reason. */
typedef int selection_take(struct list *list, const char *word,
			   struct fault *fault);

/** Each word of "1,2 3": commas or blanks between; there must be one. */
int selection_take_words(struct list *list, const char *value,
			 selection_take *take, struct fault *fault);

/** list_append() with a reason. */
int selection_add(struct list *list, const void *item, size_t size,
		  struct fault *fault);

/** A pid, a group's or session's number: of pid_t. */
selection_take selection_take_number;

/** A user by name or number: of uid_t. */
selection_take selection_take_user;

/** The keeper of the job that a jobspec means. @return 0, -ESRCH, … */
int selection_find_job(const char *spec, pid_t *ret, struct fault *fault);

/** Columns of the screen, by COLUMNS or stdout; 0: any number. */
size_t selection_width(bool wide);

#endif
