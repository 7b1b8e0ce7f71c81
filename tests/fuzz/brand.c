// SPDX-License-Identifier: MIT
#include "cage/brand.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	(void)brand_parse(text); /* Any number is one. */
	free(text);
	return 0;
}
