/* SPDX-License-Identifier: MIT */
/*
 * What the completion scripts of all shells know.
 *
 * A script is a table, printed from the table of commands, and the functions in
 * completions/jig.SHELL that use it. The table says of each option and of each
 * word of a command what kind of thing it is: "file", "job", "signal". Each
 * shell's functions find the candidates of a kind.
 *
 * What does not belong here: how a shell writes a table (completion_bash.c, …).
 */
#ifndef JIG_CLI_COMPLETION_H
#define JIG_CLI_COMPLETION_H

#include "cli/command/command.h"

/** The next option after @last, or the first one, that is not hidden. */
const struct option *completion_option(const struct command *command,
				       const struct option *last);

/**
 * The kind of an option's argument.
 *
 * @return  "file", …; "choice" if only its choices can be completed; "none" if
 *          nothing can; NULL if the option has no argument.
 */
const char *completion_kind(const struct option *option);

/** Candidates that stand in the table, separated by blanks; may be "". */
const char *completion_choices(const struct command *command,
			       const struct option *option);

/** The kinds of a command's words, see struct command; "" if it has none. */
static inline const char *completion_words(const struct command *command)
{
	return command->words ? command->words : "";
}

/** Lists for every shell: names of commands, of signals, formats of export. */
void completion_print_names(void);
void completion_print_signals(void);
/** Topics of the help, columns of `jig ps`, "nofile=" and other limits: each
 * list between @before, with its name for %s, and @after. */
void completion_print_lists(const char *before, const char *after);
#define COMPLETION_FORMATS                                                     \
	"compose kubernetes runit s6-rc slurm supervisord systemd"

/** The files completions/jig.bash, …: their lines, and NULL at the end. */
extern const char *const completion_bash_lines[],
	*const completion_zsh_lines[], *const completion_fish_lines[];

void completion_print_lines(const char *const *lines);

void completion_print_bash(void);
void completion_print_zsh(void);
void completion_print_fish(void);

#endif
