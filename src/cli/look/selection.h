/* SPDX-License-Identifier: MIT */
/*
 * Shared by `jig ps` and `jig tree`: values that select processes, and the
 * width of a line. Output does not belong here.
 */
#ifndef JIG_CLI_LOOK_SELECTION_H
#define JIG_CLI_LOOK_SELECTION_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"

/** Take one word into a list. @return 0 or -errno with the reason. */
typedef int selection_take(struct list *list, const char *word,
			   struct fault *fault);

/** Take each word of "1,2 3", separated by commas or spaces; at least one. */
int selection_take_words(struct list *list, const char *value,
			 selection_take *take, struct fault *fault);

/** list_append() with a reason. */
int selection_add(struct list *list, const void *item, size_t size,
		  struct fault *fault);

/** A pid, or the number of a process group or session: of pid_t. */
selection_take selection_take_number;

/** A user by name or number: of uid_t. */
selection_take selection_take_user;

/** Find the keeper of a job by its jobspec. @return 0, -ESRCH, … */
int selection_find_job(const char *spec, pid_t *ret, struct fault *fault);

/** Columns of the screen, from COLUMNS or stdout; 0: no limit. */
size_t selection_width(bool wide);

#endif
