// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>

#include "cage/registry.h"
#include "fuzz.h"

/* What is taken for a cage's name is, up to zeros, the name that is written; a
 * pid namespace may follow it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = fuzz_text(data, size), again[64];
	uint64_t brand;
	pid_t guard;

	if (registry_parse(name, &guard, &brand) == 0) {
		const char *written = strchr(name + strlen("jig-"), '-') + 1;
		size_t length;

		MUST(guard > 0);
		(void)snprintf(again, sizeof(again), "%016" PRIx64, brand);
		length = strlen(again);
		MUST(strncmp(again, written, length) == 0);
		MUST(written[length] == '\0' ||
		     (written[length] == '-' && written[length + 1] != '\0'));
	}
	free(name);
	return 0;
}
