/* SPDX-License-Identifier: MIT */
/*
 * Options that more than one command around `jig up` has: the functions that
 * take them, and the rows of the tables. For the tables of these commands only.
 *
 * Invariant: a row and its function are the same in every table.
 *
 * What does not belong here: the options of one command (its file), or what
 * they do (src/up).
 */
#ifndef JIG_CLI_COMMAND_UP_TAKES_H
#define JIG_CLI_COMMAND_UP_TAKES_H

#include "base/text/words.h"
#include "cli/command/up_options.h"

/** @return the value of an enum that @value stands for, or -EINVAL with the
 * reason. */
int up_one_of(const char *option, const char *value, const struct words *words,
	      struct fault *fault);

/** "--OPTION 'VALUE' is not WANTED"; returns -EINVAL. */
int up_wrong(struct fault *fault, const char *option, const char *value,
	     const char *wanted);

int up_take_file(void *data, const char *value, struct fault *fault);
int up_take_directory(void *data, const char *value, struct fault *fault);
int up_take_honcho(void *data, const char *value, struct fault *fault);
int up_take_env(void *data, const char *value, struct fault *fault);
int up_take_dialect(void *data, const char *value, struct fault *fault);
int up_take_concurrency(void *data, const char *value, struct fault *fault);
int up_take_exclusive(void *data, const char *value, struct fault *fault);
int up_take_exclude(void *data, const char *value, struct fault *fault);
int up_take_namespace(void *data, const char *value, struct fault *fault);
int up_take_no_deps(void *data, const char *value, struct fault *fault);
int up_take_allow_commands(void *data, const char *value, struct fault *fault);
int up_take_port(void *data, const char *value, struct fault *fault);
int up_take_restart(void *data, const char *value, struct fault *fault);
int up_take_port_step(void *data, const char *value, struct fault *fault);
int up_take_json(void *data, const char *value, struct fault *fault);
int up_take_timeout(void *data, const char *value, struct fault *fault);

/* Which project: the same for every command. */
#define PROJECT_OPTIONS                                                        \
	{ 'f',                                                                 \
	  "file",                                                              \
	  "FILE",                                                              \
	  NULL,                                                                \
	  "Procfile or YAML; a later YAML file overrides",                     \
	  up_take_file },                                                      \
	{                                                                      \
		'd', "directory", "DIR", NULL,                                 \
			"directory in which services run", up_take_directory   \
	}

#define ENVIRONMENT_OPTIONS                                                    \
	{ 'e',                                                                 \
	  "env",                                                               \
	  "FILES",                                                             \
	  NULL,                                                                \
	  "files with variables, a,b (default: .env)",                         \
	  up_take_env },                                                       \
		{ 0,                                                           \
		  "env-dialect",                                               \
		  "DIALECT",                                                   \
		  "docker honcho foreman",                                     \
		  "format of these files (default: docker)",                   \
		  up_take_dialect },                                           \
	{                                                                      \
		0, "honcho", NULL, NULL,                                       \
			"like Honcho: its dialect, the current directory",     \
			up_take_honcho                                         \
	}

#define FORMATION_OPTIONS                                                      \
	{ 'c',                                                                 \
	  "concurrency",                                                       \
	  "NAME=N,...",                                                        \
	  NULL,                                                                \
	  "number of instances (default: 1)",                                  \
	  up_take_concurrency },                                               \
		{ 'm',                                                         \
		  "formation",                                                 \
		  "NAME=N,...",                                                \
		  NULL,                                                        \
		  "the same; run only the named services",                     \
		  up_take_exclusive },                                         \
		{ 'x',                                                         \
		  "exclude",                                                   \
		  "NAME,...",                                                  \
		  NULL,                                                        \
		  "run all services but these",                                \
		  up_take_exclude },                                           \
		{ 'n',                                                         \
		  "namespace",                                                 \
		  "NAME",                                                      \
		  NULL,                                                        \
		  "run only services of this namespace (repeatable)",          \
		  up_take_namespace },                                         \
		{ 0,                                                           \
		  "no-deps",                                                   \
		  NULL,                                                        \
		  NULL,                                                        \
		  "run the named services without their dependencies",         \
		  up_take_no_deps },                                           \
		{ 'p',                                                         \
		  "port",                                                      \
		  "PORT",                                                      \
		  NULL,                                                        \
		  "base of the port numbers (default: 5000)",                  \
		  up_take_port },                                              \
	{                                                                      \
		0, "port-step", "N[,M]", NULL,                                 \
			"from service to service, from instance to instance",  \
			up_take_port_step                                      \
	}

#endif
