// SPDX-License-Identifier: MIT
#include "up/files/compose.h"
#include "fuzz.h"
#include "up/project/order.h"

/* Whatever the bytes are: a project that can be ordered, or a reason. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct project project = { .file = "/f/jig.yaml", .directory = "/f" };
	struct list env = { 0 };
	struct fault fault = { "" };
	int r = compose_read_bytes(&project, (const char *)data, size, &env,
				   &fault);

	MUST(r == 0 || fault.text[0]);
	for (size_t i = 0; r == 0 && i < project.services.count; i++) {
		const struct service *service = project_service(&project, i);

		MUST(service->name[0] &&
		     (service->shell || service->argv.count ||
		      service->disabled));
	}
	if (r == 0)
		(void)order_check(&project, &fault);
	project_free(&project);
	return 0;
}
