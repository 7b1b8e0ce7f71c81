// SPDX-License-Identifier: MIT
#include <stdbool.h>

#include "fuzz.h"
#include "up/files/procfile.h"

static bool is_name(const char *name)
{
	return *name && strspn(name, "abcdefghijklmnopqrstuvwxyz"
				     "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "0123456789_-") == strlen(name);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);
	struct procfile procfile = { 0 };
	struct fault fault = { "" };
	int line = 0;

	if (procfile_parse(text, size, &procfile, &fault) < 0)
		MUST(fault.text[0]);
	for (size_t i = 0; i < procfile.entries.count; i++) {
		const struct procfile_entry *entry =
			list_at(&procfile.entries, i, sizeof(*entry));

		MUST(is_name(entry->name));
		MUST(*entry->command && !strchr(entry->command, '\n'));
		MUST(entry->line > line);
		line = entry->line;
	}
	procfile_free(&procfile);
	free(text);
	return 0;
}
