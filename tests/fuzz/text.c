// SPDX-License-Identifier: MIT
#include "base/text.h"
#include "base/text/json.h"
#include "fuzz.h"

static const char *word_at(size_t index, const void *table)
{
	static const char *const words[] = { "--timeout", "--cage", "", NULL };

	(void)table;
	return words[index];
}

static void must_be_utf8(const char *text)
{
	for (; *text; text += text_utf8_length(text))
		MUST(text_utf8_length(text) > 0);
}

static void print(const char *text)
{
	char line[40];
	struct json json = { 0 };

	must_be_utf8(text_printable(text, line, sizeof(line)));
	json_string(&json, text, text);
	must_be_utf8(json.out.text);
	buffer_free(&json.out);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), name[TEXT_SIGNAL_SIZE];
	uint64_t number = 0;
	int64_t us = 0;
	int signo = text_signal(text);

	if (text_number(text, 1000, &number) == 0)
		MUST(number <= 1000);
	if (text_duration(text, &us) == 0)
		MUST(us >= 0);
	(void)text_size(text, &number); /* Any number is one. */
	if (signo > 0 && signo != 32 && signo != 33)
		MUST(text_signal(text_signal_name(signo, name, sizeof(name))) ==
		     signo);
	(void)text_nearest(text, word_at, NULL); /* One of them, or none. */
	print(text);
	free(text);
	return 0;
}
