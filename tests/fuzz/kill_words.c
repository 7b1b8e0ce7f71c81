// SPDX-License-Identifier: MIT
/*
 * Whatever the words are, what comes of them never means every process: no
 * process 0, no group below 2, no signal that does not exist.
 *
 * Each line is a word.
 */
#include "cli/kill/words.h"
#include "fuzz.h"

#define MOST 16

static bool takes_value(const char *word)
{
	return strcmp(word, "--tree") == 0;
}

static void check(const struct kill_words *words)
{
	MUST(words->signo >= 0 && words->signo <= 64);
	MUST(words->is_given || words->signo == 0);
	for (size_t i = 0; i < words->targets.count; i++) {
		const struct kill_word *word =
			list_at(&words->targets, i, sizeof(*word));

		MUST(*word->text != '\0');
		MUST(word->kind != KILL_WORD_PID || word->number > 0);
		MUST(word->kind != KILL_WORD_GROUP || word->number > 1);
		MUST(word->kind != KILL_WORD_OTHER || word->number == 0);
		MUST(word->kind != KILL_WORD_OTHER || words->is_list ||
		     *word->text != '-');
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), *rest = text;
	char *argv[MOST + 2] = { (char *)"kill" };
	struct kill_words words;
	struct fault fault = { .text = "" };
	char name[16];
	int argc = 1;

	while (argc <= MOST && rest)
		argv[argc++] = strsep(&rest, "\n");
	for (int i = 1; i < argc; i++)
		(void)kill_words_translate(argv[i], name, sizeof(name));
	if (kill_words_parse(argc, argv, takes_value, &words, &fault) == 0) {
		check(&words);
		kill_words_free(&words);
	} else {
		MUST(fault.text[0] != '\0');
	}
	free(text);
	return 0;
}
