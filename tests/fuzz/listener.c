// SPDX-License-Identifier: MIT
/* A path, a newline, and the text of a table. */
#include "net/listener.h"
#include "fuzz.h"

static void check(const struct list *found, const char *path)
{
	for (size_t i = 0; i < found->count; i++) {
		const struct listener *one = list_at(found, i, sizeof(*one));

		MUST(path ? strcmp(one->path, path) == 0 : one->port == 8080);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct list tcp = { 0 }, unix_found = { 0 };
	char *text = fuzz_text(data, size);
	size_t length = strcspn(text, "\n");
	char *path = fuzz_text(data, length);

	MUST(listener_parse_tcp(text, false, 8080, &tcp) == 0);
	MUST(listener_parse_tcp(text, true, 8080, &tcp) == 0);
	MUST(listener_parse_unix(text, path, &unix_found) == 0);
	check(&tcp, NULL);
	check(&unix_found, path);
	list_free(&tcp);
	list_free(&unix_found);
	free(text);
	free(path);
	return 0;
}
