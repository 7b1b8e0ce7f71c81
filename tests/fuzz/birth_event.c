// SPDX-License-Identifier: MIT
#include "core/ancestry/event.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct birth_event event;

	if (event_parse(data, size, &event) < 0)
		return 0;
	MUST(event.pid >= 0 && event.parent >= 0 && event.error <= 0);
	return 0;
}
