// SPDX-License-Identifier: MIT
#include "proc/stat.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct proc_stat stat = { 0 };
	char *text = fuzz_text(data, size);

	if (stat_parse(text, &stat) == 0) {
		MUST(memchr(stat.comm, 0, sizeof(stat.comm)));
		MUST(stat.state != '\0');
	} else {
		MUST(stat.pid == 0);
	}
	free(text);
	return 0;
}
