/* SPDX-License-Identifier: MIT */
/*
 * What `jig ps` can be asked: options and words, as settings.
 */
#ifndef JIG_CLI_LOOK_PS_OPTIONS_H
#define JIG_CLI_LOOK_PS_OPTIONS_H

#include "cli/command/up_options.h"
#include "view/view.h"

/* Those of services stand first: both share their options' functions. */
struct ps_settings {
	struct up_settings up;
	struct view_selection selection;
	struct list columns; /* of struct column_use; none: the usual ones */
	bool is_view; /* an option of ours was given */
	bool no_headers, wide;
};

/** Of processes; those of services are ps_options (up_options.h). */
extern const struct option ps_view_options[];

void ps_settings_init(struct ps_settings *settings);
void ps_settings_free(struct ps_settings *settings);

/** Take "4711", "4711,4712" or a jobspec. @return 0 or -errno. */
int ps_take_word(struct ps_settings *settings, const char *word,
		 struct fault *fault);

#endif
