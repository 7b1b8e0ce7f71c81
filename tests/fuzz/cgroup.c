// SPDX-License-Identifier: MIT
/* The text of /proc/self/cgroup, a NUL, and the text of mountinfo. */
#include "cage/cgroup_path.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char own[256] = "/", path[256];
	char *text = fuzz_text(data, size);
	size_t length = strlen(text);

	(void)cgroup_parse_own(text, own, sizeof(own));
	MUST(strlen(own) < sizeof(own));
	if (length < size && cgroup_parse_mounts(text + length + 1, own, path,
						 sizeof(path)) == 0)
		MUST(strlen(path) < sizeof(path));
	free(text);
	return 0;
}
