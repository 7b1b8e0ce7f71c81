// SPDX-License-Identifier: MIT
#include "up/project/formation.h"
#include "fuzz.h"

static void make(struct project *project)
{
	static const char *const names[] = { "a", "web", "worker" };

	for (size_t i = 0; i < 3; i++) {
		struct service service = { .name = names[i], .replicas = 1 };

		if (project_add(project, &service) < 0)
			abort();
	}
}

/* A sum that no wrong formation may change. */
static unsigned sum(const struct project *project)
{
	unsigned all = 0;

	for (size_t i = 0; i < project->services.count; i++)
		all = all * 100003 + project_service(project, i)->replicas;
	return all;
}

static void try(const char *text)
{
	struct project project = { 0 };
	struct fault fault = { "" };
	unsigned port = 0;

	make(&project);
	unsigned before = sum(&project);

	if (formation_apply(&project, text, true, &fault) < 0)
		MUST(fault.text[0] && sum(&project) == before);
	before = sum(&project);
	if (formation_leave_out(&project, text, &fault) < 0)
		MUST(sum(&project) == before);
	if (formation_base_port(&project, text, NULL, &port, &fault) == 0)
		MUST(port >= 1 && port <= 65535);
	project_free(&project);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size);

	try(text);
	free(text);
	return 0;
}
