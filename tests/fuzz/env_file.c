// SPDX-License-Identifier: MIT
/* The first byte is the dialect: d, h, f. */
#include "env/file.h"
#include "fuzz.h"

static const char *lookup(const char *name, const void *context)
{
	(void)context;
	return *name == 'X' ? "a value\nof ours" : NULL;
}

static enum env_dialect dialect_of(uint8_t byte)
{
	return byte == 'h'   ? ENV_HONCHO
	       : byte == 'f' ? ENV_FOREMAN
			     : ENV_DOCKER;
}

/* Each is NAME=value, and no name stands there twice. */
static void check(const struct list *found)
{
	for (size_t i = 0; i < found->count; i++) {
		const char *one = *(char **)list_at(found, i, sizeof(char *));
		size_t length = strcspn(one, "=") + 1;

		MUST(length > 1 && one[length - 1] == '=');
		for (size_t j = 0; j < i; j++)
			MUST(strncmp(one,
				     *(char **)list_at(found, j,
						       sizeof(char *)),
				     length) != 0);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct list found = { 0 };
	struct fault fault = { "" };

	if (size == 0)
		return 0;
	char *text = fuzz_text(data + 1, size - 1);

	if (env_file_parse(dialect_of(*data), text, size - 1, "f", lookup, NULL,
			   &found, &fault) < 0)
		MUST(strncmp(fault.text, "f:", 2) == 0);
	check(&found);
	list_free_texts(&found);
	free(text);
	return 0;
}
