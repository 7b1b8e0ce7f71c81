/* SPDX-License-Identifier: MIT */
/*
 * The words of `jig kill`: which is a signal, which an option, which a target.
 *
 * Pure. kill(1) is older than getopt(3): "-9" is a signal in front and a
 * process group behind it. The rule is that of POSIX and of bash; what they or
 * other kills read differently is refused and never guessed, since a guess
 * here ends the wrong processes. (procps 4.0.2 reads "-TERM -1234" as group 1,
 * which is everybody.)
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
	KILL_WORD_OTHER, /* "%1" or a name: the caller looks it up among the
			    jobs */
};

struct kill_word {
	enum kill_word_kind kind;
	pid_t number; /* of a process or a group, 1 or more; else 0 */
	const char *text; /* as it was given */
};

struct kill_words {
	bool is_given; /* a signal was */
	int signo; /* 0 with is_given: only ask whether it is there */
	bool is_list; /* -l: the targets are what to translate */
	struct list options; /* of char *: argv[0] and what is an option */
	struct list targets; /* of struct kill_word */
};

/**
 * Sort the words of argv.
 *
 * @takes_value  whether the next word belongs to this long option ("--tree");
 *               never asked about signals.
 * @ret  kill_words_free() it. Its texts are those of argv.
 * @return  0, -ENOMEM, or -EINVAL with the reason.
 */
int kill_words_parse(int argc, char **argv,
		     bool (*takes_value)(const char *word),
		     struct kill_words *ret, struct fault *fault);

/**
 * What `kill -l WORD` writes: a number's name without "SIG", where 128 + n is
 * an exit status; a name's number.
 * @return  0, or -EINVAL; @buffer is untouched then.
 */
int kill_words_translate(const char *word, char *buffer, size_t size);

void kill_words_free(struct kill_words *words);

#endif
