/* SPDX-License-Identifier: MIT */
/*
 * One command of jig: one file, one constant struct.
 *
 * Usage, help, completions and the parser are all made from this table, so
 * that an option exists in all of them or in none.
 */
#ifndef JIG_CLI_COMMAND_COMMAND_H
#define JIG_CLI_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "tty/say.h"

/** Exit statuses of our own, see jig-run(1). */
enum {
	EXIT_SURVIVORS = 120,
	EXIT_LEFTOVERS = 122,
	EXIT_TIMEOUT = 124,
	EXIT_JIG = 125,
	EXIT_NOT_EXECUTABLE = 126,
	EXIT_NOT_FOUND = 127,
};

struct option {
	char letter; /* 0: none */
	const char *name; /* without the hyphens */
	const char *argument; /* what to call its argument; NULL: it has none */
	const char *choices; /* for completion: words, blanks between */
	const char *help; /* NULL: not shown (between library and guard) */

	/**
	 * Take one use of the option.
	 * @value  NULL without an argument.
	 * @return 0, OPTION_SPLITS, or -errno with the reason.
	 */
	int (*take)(void *settings, const char *value, struct fault *fault);
};

/** What stands behind this option is for other settings. */
#define OPTION_SPLITS 1

struct command {
	const char *name;
	const char *usage; /* behind "jig NAME " */
	const char *summary; /* one line */
	const char *manual; /* "jig-run(1)" */
	const struct option *options; /* ends with a NULL name; may be NULL */
	const struct option *more_options; /* the same: looked at first */
	bool has_text; /* its words are anything: no options among them */
	int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command command_run, command_doctor, command_version,
	command_help, command_completion, command_kill;

/** All commands, NULL at the end. */
extern const struct command *const commands[];

const struct command *command_find(const char *name);

/** The command that was probably meant, or NULL. */
const char *command_nearest(const char *name);

/** The first option of a command, or the one behind @last; NULL at the end. */
const struct option *command_option(const struct command *command,
				    const struct option *last);

/**
 * Parse options up to the first argument that is none, or behind "--".
 *
 * @argv  argv[0] is the command's own name.
 * @return  the index of the first argument, or -errno with the reason (which
 *          names the nearest right spelling).
 */
int options_parse(const struct command *command, int argc, char **argv,
		  void *settings, struct fault *fault);

/**
 * The same from @first on, and up to behind an option that splits.
 * @ret_split  whether it was one.
 */
int options_parse_part(const struct command *command, int argc, char **argv,
		       int first, void *settings, bool *ret_split,
		       struct fault *fault);

/**
 * As options_parse(), but options may also stand between and behind the words,
 * which are moved behind them; for commands whose words are names.
 */
int options_parse_anywhere(const struct command *command, int argc, char **argv,
			   void *settings, struct fault *fault);

/** Whether --help or -h stood among the options (options_parse() saw it). */
#define OPTIONS_HELP (-1000)

/** The reason and how to get help; returns EXIT_JIG. */
int complain_usage(const struct command *command, const struct fault *fault);

/** Usage and options on stdout. */
void command_print_help(const struct command *command);

#endif
