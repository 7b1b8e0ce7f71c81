// SPDX-License-Identifier: MIT
#include "cli/kill/words.h"

#include <errno.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "base/text.h"

#define LAST_SIGNAL 64

/* "0" only checks that the target exists, as in kill(2). */
static int kill_words_signal_of(const char *text)
{
	uint64_t number;

	if (text_number(text, LAST_SIGNAL, &number) == 0)
		return (int)number;
	return text_signal(text);
}

static bool kill_words_is_number(const char *text)
{
	return *text && strspn(text, "0123456789") == strlen(text);
}

static int no_signal(const char *text, struct fault *fault)
{
	bool has_prefix = strncasecmp(text, "SIG", 3) == 0;
	static const struct text_quotes quotes = { "", "" };
	char more[64];

	(void)text_suggest(text + (has_prefix ? 3 : 0), text_signal_at, NULL,
			   &quotes, more, sizeof(more));
	return fault_set(fault, -EINVAL, "no signal '%s'%s", text,
			 *more ? more : "; jig kill -l lists the signals");
}

static int set_signal(struct kill_words *words, const char *text,
		      struct fault *fault)
{
	int signo = text ? kill_words_signal_of(text) : -EINVAL;

	if (!text)
		return fault_set(fault, -EINVAL, "-s needs a signal");
	if (signo < 0)
		return no_signal(text, fault);
	if (words->is_given)
		return fault_set(
			fault, -EINVAL,
			"only one signal can be given; '%s' is another one",
			text);
	words->is_given = true;
	words->signo = signo;
	return 0;
}

static int kill_words_add_option(struct kill_words *words, char *word)
{
	return list_append(&words->options, &word, sizeof(word));
}

/* The signal in an option such as -s; "": it is the next word. NULL: none. */
static const char *named_signal(const char *word)
{
	if (strncmp(word, "--signal=", 9) == 0)
		return word + 9;
	if (strcmp(word, "--signal") == 0)
		return "";
	/* "-stop" is the signal, "-sTERM" and "-n15" are these options. */
	if (word[1] == 's' ||
	    (word[1] == 'n' && (!word[2] || kill_words_is_number(word + 2))))
		return word + 2;
	return NULL;
}

/* "-TREM": no option of jig begins with several capitals. */
static bool is_like_signal(const char *word)
{
	size_t capitals = strspn(word, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789");

	return capitals > 2 && !word[capitals];
}

/* "-TERM", "-9". @return 1 if it was one, 0 if not, or -errno. */
static int take_bare_signal(struct kill_words *words, const char *word,
			    struct fault *fault)
{
	int r;

	if (kill_words_is_number(word + 1) &&
	    kill_words_signal_of(word + 1) < 0)
		return fault_set(fault, -EINVAL,
				 "%s is not a signal; for the process group: "
				 "jig kill -- %s",
				 word, word);
	if (kill_words_signal_of(word + 1) < 0)
		return is_like_signal(word + 1) ? no_signal(word + 1, fault)
						: 0;
	r = set_signal(words, word + 1, fault);
	return r < 0 ? r : 1;
}

/* Take the option argv[0]. @return number of words used, or -errno. */
static int take_option(struct kill_words *words, char **argv, int left,
		       bool (*takes_value)(const char *word),
		       struct fault *fault)
{
	int r = take_bare_signal(words, argv[0], fault);
	const char *text = r == 0 ? named_signal(argv[0]) : NULL;

	if (r != 0)
		return r;
	if (text) {
		bool is_next = !*text && left > 1;

		r = set_signal(words, is_next ? argv[1] : (*text ? text : NULL),
			       fault);
		return r < 0 ? r : 1 + is_next;
	}
	r = kill_words_add_option(words, argv[0]);
	if (r < 0 || left < 2 || strchr(argv[0], '=') || !takes_value(argv[0]))
		return r < 0 ? r : 1;
	r = kill_words_add_option(words, argv[1]);
	return r < 0 ? r : 2;
}

/* kill(2) takes 0 for our own group and -1 for all processes: refuse both as
 * probable mistakes. */
static int kill_words_take_number(const char *text, struct kill_word *word,
				  struct fault *fault)
{
	bool is_group = text[0] == '-';
	uint64_t number;
	int r = text_number(text + is_group, INT_MAX, &number);

	if (r == 0 && number == 0)
		r = fault_set(fault, -EINVAL,
			      "'%s' means jig's own group; give its number",
			      text);
	else if (r == 0 && is_group && number == 1)
		r = fault_set(fault, -EINVAL,
			      "'-1' means every process; jig refuses that");
	else if (r < 0)
		r = fault_set(fault, -EINVAL,
			      "'%s' is not a pid or a process group", text);
	if (r < 0)
		return r;
	word->number = (pid_t)number;
	word->kind = is_group ? KILL_WORD_GROUP : KILL_WORD_PID;
	return 0;
}

static int take_target(struct kill_words *words, const char *text,
		       struct fault *fault)
{
	struct kill_word word = { .kind = KILL_WORD_OTHER, .text = text };
	int r = 0;

	if (!*text)
		return fault_set(fault, -EINVAL,
				 "an empty word is not a target");
	if (!words->is_list && (*text == '-' || kill_words_is_number(text)))
		r = kill_words_take_number(text, &word, fault);
	return r < 0 ? r : list_append(&words->targets, &word, sizeof(word));
}

static bool is_list_option(const char *word)
{
	return strcmp(word, "-l") == 0 || strcmp(word, "-L") == 0 ||
	       strcmp(word, "--list") == 0;
}

/* Options up to the first target. @return its index, or -errno. */
static int take_options(struct kill_words *words, int argc, char **argv,
			bool (*takes_value)(const char *word),
			struct fault *fault)
{
	int i = 1;

	while (i < argc && argv[i][0] == '-' && argv[i][1]) {
		int used = 1;

		if (strcmp(argv[i], "--") == 0)
			return i + 1;
		/* As in bash: after a signal, "-NUMBER" is a group. */
		if (words->is_given && kill_words_is_number(argv[i] + 1))
			return i;
		if (is_list_option(argv[i]))
			words->is_list = true;
		else
			used = take_option(words, argv + i, argc - i,
					   takes_value, fault);
		if (used < 0)
			return used;
		i += used;
	}
	return i;
}

/*
 * "1234 -15": bash reads a group, procps a signal. It is clear only after a
 * signal or "--".
 */
static int check_clear(const struct kill_words *words, const char *text,
		       bool is_clear, struct fault *fault)
{
	if (is_clear || words->is_list || text[0] != '-')
		return 0;
	if (kill_words_is_number(text + 1))
		return fault_set(fault, -EINVAL,
				 "%s after a target may mean a signal or a "
				 "group: put the signal first, or -- before it",
				 text);
	return fault_set(fault, -EINVAL, "'%s' must come before the targets",
			 text);
}

static int kill_words_parse_one(int argc, char **argv,
				bool (*takes_value)(const char *word),
				struct kill_words *words, struct fault *fault)
{
	int r = kill_words_add_option(words, argv[0]);
	int first =
		r < 0 ? r : take_options(words, argc, argv, takes_value, fault);

	if (first < 0)
		return first;

	bool is_clear = words->is_given ||
			(first > 1 && strcmp(argv[first - 1], "--") == 0);

	for (int i = first; r == 0 && i < argc; i++) {
		r = check_clear(words, argv[i], is_clear, fault);
		if (r == 0)
			r = take_target(words, argv[i], fault);
	}
	return r;
}

int kill_words_parse(int argc, char **argv,
		     bool (*takes_value)(const char *word),
		     struct kill_words *ret, struct fault *fault)
{
	struct kill_words words = { 0 };
	int r = kill_words_parse_one(argc, argv, takes_value, &words, fault);

	if (r < 0) {
		kill_words_free(&words);
		return r == -ENOMEM ? fault_set(fault, r, "out of memory") : r;
	}
	*ret = words;
	return 0;
}

int kill_words_translate(const char *word, char *buffer, size_t size)
{
	char name[TEXT_SIGNAL_SIZE];
	uint64_t number;
	int signo;

	if (!kill_words_is_number(word)) {
		signo = text_signal(word);
		if (signo < 0)
			return signo;
		(void)snprintf(buffer, size, "%d", signo);
		return 0;
	}
	if (text_number(word, 128 + LAST_SIGNAL, &number) < 0)
		return -EINVAL;
	signo = number > 128 ? (int)number - 128 : (int)number;
	if (signo < 1 || signo > LAST_SIGNAL ||
	    strncmp(text_signal_name(signo, name, sizeof(name)), "SIG", 3) != 0)
		return -EINVAL;
	(void)snprintf(buffer, size, "%s", name + 3);
	return 0;
}

void kill_words_free(struct kill_words *words)
{
	list_free(&words->options);
	list_free(&words->targets);
}
