/* SPDX-License-Identifier: MIT */
/*
 * The words of `jig kill`: signals, options, targets.
 *
 * Pure. kill(1) is older than getopt(3): "-9" is a signal before the targets,
 * and a process group after a signal. The rules are those of POSIX and bash. A
 * word that these or other kills read differently is refused, because a wrong
 * guess ends the wrong processes. (procps 4.0.2 reads "-TERM -1234" as group 1,
 * which is every process.)
 *
 * Finding processes does not belong here: targets.h.
 */
#ifndef JIG_CLI_KILL_WORDS_H
#define JIG_CLI_KILL_WORDS_H

#include <stdbool.h>
#include <sys/types.h>

#include "base/fault.h"
#include "base/list.h"

enum kill_word_kind {
	KILL_WORD_PID,
	KILL_WORD_GROUP,
	KILL_WORD_OTHER, /* "%1" or a name: the caller finds the job */
};

struct kill_word {
	enum kill_word_kind kind;
	pid_t number; /* of a process or a group, 1 or more; else 0 */
	const char *text; /* as given */
};

struct kill_words {
	bool is_given; /* a signal was given */
	int signo; /* 0 with is_given: only check that it exists */
	bool is_list; /* -l: the targets are words to translate */
	struct list options; /* of char *: argv[0] and the options */
	struct list targets; /* of struct kill_word */
};

/**
 * Sort the words of argv.
 *
 * @takes_value  whether the next word belongs to this long option ("--tree");
 * not called for signals.
 * @ret  kill_words_free() it. Its texts point into argv.
 * @return  0, -ENOMEM, or -EINVAL with the reason.
 */
int kill_words_parse(int argc, char **argv,
		     bool (*takes_value)(const char *word),
		     struct kill_words *ret, struct fault *fault);

/**
 * The output of `kill -l WORD`: for a number the name without "SIG", where 128
 * + n is an exit status; for a name the number.
 * @return  0, or -EINVAL; @buffer is untouched then.
 */
int kill_words_translate(const char *word, char *buffer, size_t size);

void kill_words_free(struct kill_words *words);

#endif
