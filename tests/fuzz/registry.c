// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>

#include "cage/registry.h"
#include "fuzz.h"

/* What is taken for a cage's name is, up to zeros, the name that is written. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *name = fuzz_text(data, size), again[64];
	uint64_t brand;
	pid_t guard;

	if (registry_parse(name, &guard, &brand) == 0) {
		MUST(guard > 0);
		(void)snprintf(again, sizeof(again), "%016" PRIx64, brand);
		MUST(strcmp(again, strrchr(name, '-') + 1) == 0);
	}
	free(name);
	return 0;
}
