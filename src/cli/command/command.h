/* SPDX-License-Identifier: MIT */
/*
 * A command of jig: one file with one constant struct.
 *
 * Usage, help, completions and the parser all use this struct, so an option
 * exists in all of them or in none.
 */
#ifndef JIG_CLI_COMMAND_COMMAND_H
#define JIG_CLI_COMMAND_COMMAND_H

#include <stdbool.h>
#include <stddef.h>

#include "base/fault.h"
#include "tty/page.h"
#include "tty/say.h"

/** jig's own exit statuses, see jig-run(1). */
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
	const char *argument; /* the name of its argument; NULL: it has none */
	const char *choices; /* for completion: words, separated by spaces */
	const char *help; /* NULL: hidden (between library and guard) */

	/**
	 * Take one use of the option.
	 * @value  NULL if the option has no argument.
	 * @return 0, OPTION_SPLITS, or -errno with the reason.
	 */
	int (*take)(void *settings, const char *value, struct fault *fault);
};

/** In a table of options: the heading of those that follow, for the help. */
#define OPTION_GROUP(heading)                                                  \
	{                                                                      \
		0, "", NULL, NULL, (heading), NULL                             \
	}

/** The arguments after this option are for other settings. */
#define OPTION_SPLITS 1

/** What a command is for: a heading of the list that `jig` alone prints. */
enum command_task {
	TASK_OTHER, /* only in the list of all commands */
	TASK_RUN,
	TASK_SERVICES,
	TASK_JOBS,
	TASK_LOOK,
	TASK_HELP,
	TASK_COUNT,
};

struct command {
	const char *name;
	enum command_task task;
	const char *usage; /* after "jig NAME " */
	/* The kinds of its words, for the completions: "format directory",
	 * "job+" (each word), "service+ -- command" (behind "--" a command);
	 * NULL: it has none. */
	const char *words;
	const char *summary; /* one line */
	const char *manual; /* "jig-run(1)" */
	/* Tables, searched and shown in this order; each ends with a NULL
	 * name, and may be NULL. */
	const struct option *options[3];
	const char *elsewhere; /* in jig-up: what a user of jobs may have
				  meant, and how to say it; may be NULL */
	const struct page_pair *examples; /* ends with a NULL; may be NULL */
	const struct page_pair *statuses; /* the same: exit statuses */
	/* Is told of each option that was taken; may be NULL. @return 0 or
	 * -errno. */
	int (*note)(void *settings, const char *option, const char *value);
	bool has_text; /* words may be any text: no options after the first */
	int (*run)(const struct command *command, int argc, char **argv);
};

extern const struct command command_run, command_agent, command_doctor,
	command_version, command_help, command_completion, command_kill,
	command_ready;

/** All commands, NULL at the end. */
extern const struct command *const commands[];

const struct command *command_find(const char *name);

/** What the user probably means, as text_suggest(). @return  @buffer. */
const char *command_suggest(const char *name, char *buffer, size_t size);

/** Print the commands by task. @all  also the others, and the topics of the
 * help. @return 0 or -errno. */
int command_print_overview(int fd, bool all);

/** The first option of a command, or the one after @last; NULL at the end. */
const struct option *command_option(const struct command *command,
				    const struct option *last);

/** The same, and the headings between them: option_is_group(). */
const struct option *command_row(const struct command *command,
				 const struct option *last);

static inline bool option_is_group(const struct option *row)
{
	return !*row->name;
}

/**
 * Parse options up to the first argument that is not an option, or up to "--".
 *
 * @argv  argv[0] is the command's own name.
 * @return  the index of the first other argument, or -errno with the reason,
 *          which names the nearest right spelling.
 */
int options_parse(const struct command *command, int argc, char **argv,
		  void *settings, struct fault *fault);

/**
 * The same from @first on; also returns after an option that splits.
 * @ret_split  whether such an option was met.
 */
int options_parse_part(const struct command *command, int argc, char **argv,
		       int first, void *settings, bool *ret_split,
		       struct fault *fault);

/**
 * As options_parse(), but options may also come between and after the words;
 * the words are moved to the end. For commands whose words are names.
 */
int options_parse_anywhere(const struct command *command, int argc, char **argv,
			   void *settings, struct fault *fault);

/** Returned by options_parse() for --help, and for -h. */
#define OPTIONS_HELP (-1000)
#define OPTIONS_SHORT_HELP (-1001)

static inline bool options_want_help(int parsed)
{
	return parsed == OPTIONS_HELP || parsed == OPTIONS_SHORT_HELP;
}

/** Print the reason and how to get help. @return EXIT_JIG. */
int complain_usage(const struct command *command, const struct fault *fault);

/**
 * Usage and options on stdout; in the long form also examples and exit
 * statuses. In the short form options of a group are names only.
 *
 * @form  OPTIONS_HELP or OPTIONS_SHORT_HELP.
 * @return  the exit status: 0, or EXIT_JIG after a message.
 */
int command_print_help(const struct command *command, int form);

#endif
