// SPDX-License-Identifier: MIT
#include "net/names.h"
#include "fuzz.h"
#include "net/sockets.h"

/* Without names, and with those that stand for themselves, nothing changes. */
static void expand(const char *text)
{
	static const struct name own[] = {
		{ .name = "a", .address = "{a}", .port = 0, .fd = -1 },
		{ .name = "b-c", .address = "{b-c}", .port = 0, .fd = -1 },
	};
	struct list none = { 0 }, names = { 0 };
	char *same = NULL;

	for (size_t i = 0; i < 2; i++)
		if (list_append(&names, &own[i], sizeof(own[i])) < 0)
			abort();
	MUST(names_expand(&none, text, &same) == 0);
	MUST(strcmp(same, text) == 0);
	free(same);
	MUST(names_expand(&names, text, &same) == 0);
	MUST(strlen(same) <= strlen(text)); /* {addr:a} becomes {a}. */
	free(same);
	list_free(&names);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct fault fault = { "" };

	expand(text);
	(void)socket_check(text, &fault); /* Any spec may be one, or not. */
	(void)socket_check_port(text, &fault);
	free(text);
	return 0;
}
