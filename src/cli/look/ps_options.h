/* SPDX-License-Identifier: MIT */
/*
 * The options and words of `jig ps`, as settings. Output does not belong here.
 */
#ifndef JIG_CLI_LOOK_PS_OPTIONS_H
#define JIG_CLI_LOOK_PS_OPTIONS_H

#include <stddef.h>

#include "cli/command/up_options.h"
#include "view/view.h"

/* Options that services have as well take a pointer to this as up_settings. */
struct ps_settings {
	struct up_settings up;
	struct view_selection selection;
	struct list columns; /* of struct column_use; empty: the default */
	bool is_view; /* an option for processes was given */
	bool no_headers, wide;
};

_Static_assert(offsetof(struct ps_settings, up) == 0,
	       "options of services take it as struct up_settings");

/** Options for processes; those for services are ps_options (up_options.h). */
extern const struct option ps_view_options[];

void ps_settings_init(struct ps_settings *settings);
void ps_settings_free(struct ps_settings *settings);

/** Take "4711", "4711,4712" or a jobspec. @return 0 or -errno. */
int ps_take_word(struct ps_settings *settings, const char *word,
		 struct fault *fault);

#endif
