// SPDX-License-Identifier: MIT
/* Any text is a probe, or is refused with a sentence. */
#include "core/probe/kind/kinds.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fault fault = { "" };
	struct probe probe;
	char *text = fuzz_text(data, size);

	/* The fuzzer finds repetitions that take regcomp(3) a gigabyte. */
	if (!strchr(text, '{')) {
		if (probe_parse(&probe, text, &fault) == 0)
			probe_close(&probe);
		else
			MUST(fault.text[0] && !strchr(fault.text, '\n'));
	}
	free(text);
	return 0;
}
