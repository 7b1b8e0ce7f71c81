/* SPDX-License-Identifier: MIT */
/*
 * Settings that a project of Foreman, Honcho, Overmind or Hivemind already has:
 * .foreman, ~/.overmind.env, .overmind.env, PROCFILE and OVERMIND_* of .env,
 * OVERMIND_* and HIVEMIND_* of the environment.
 *
 * The command line overrides them; Overmind's override .foreman. They are for
 * Procfiles: load_is_yaml() says for which projects they are not read.
 *
 * Invariant: a setting of the command line does not change, and no command
 * runs.
 *
 * What does not belong here: .env as the services' environment (load.c).
 */
#ifndef JIG_UP_SETTINGS_DEFAULTS_H
#define JIG_UP_SETTINGS_DEFAULTS_H

#include "cli/command/up_options.h"
#include "up/project/project.h"

/**
 * Set what the command line has not set.
 *
 * @runs    the command starts, checks or exports services; else only what names
 *          the project is set, and a file with an error counts as empty.
 * @return  0; or with the reason -EINVAL: a file or a value is wrong; -ENOMEM.
 */
int defaults_take(struct up_settings *settings, bool runs, struct fault *fault);

/** The variables of .overmind.env, in the home and in this directory. */
int defaults_environment(const struct up_settings *settings, struct list *ret,
			 struct fault *fault);

/**
 * The words of "a,b=1" without those whose name is no service: a setting may be
 * for more projects than this one, and the other tools ignore such a name.
 * @return  owned by @project; "": none; NULL: memory is short.
 */
const char *defaults_known(struct project *project, const char *text);

/** The known names of settings->names, NULL-terminated; owned by @project. */
int defaults_names(const struct up_settings *settings, struct project *project,
		   struct list *ret);

#endif
