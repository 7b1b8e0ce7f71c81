// SPDX-License-Identifier: MIT
#include <signal.h>

#include "core/shared/plan.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct jig_step steps[PLAN_STEPS];
	char *text = fuzz_text(data, size);
	size_t count = 0;

	if (plan_parse_steps(text, steps, &count) == 0) {
		MUST(count >= 1 && count <= PLAN_STEPS);
		MUST(steps[count - 1].signal == SIGKILL);
		for (size_t i = 0; i < count; i++)
			MUST(steps[i].signal >= 1 && steps[i].signal <= 64 &&
			     steps[i].wait_us >= 0);
	}
	free(text);
	return 0;
}
