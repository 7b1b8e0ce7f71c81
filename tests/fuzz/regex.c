// SPDX-License-Identifier: MIT
/* What is translated is taken by regcomp(3), with groups that it has. */
#include <regex.h>

#include "base/text/ansi.h"
#include "base/text/regex_text.h"
#include "fuzz.h"

static void check(const struct regex_text *text)
{
	regex_t regex;
	int r = regcomp(&regex, text->pattern.text, REG_EXTENDED);

	if (r == REG_ESPACE) /* Repetitions of repetitions. */
		return;
	MUST(r == 0);
	for (unsigned i = 0; i < text->group_count; i++)
		MUST(text->groups[i].number <= regex.re_nsub);
	regfree(&regex);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct regex_text found;
	char *text = fuzz_text(data, size);

	if (!strchr(text, '{') && regex_translate(text, &found, NULL) == 0) {
		check(&found);
		regex_text_free(&found);
	}

	size_t length = ansi_strip(text, size);

	MUST(length <= size && !memchr(text, 0x1b, length));
	free(text);
	return 0;
}
