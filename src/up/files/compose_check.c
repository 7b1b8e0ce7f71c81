// SPDX-License-Identifier: MIT
/* What is chosen and checked when all files are read: the shell, and whether a
 * condition of depends_on means what it says. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "up/files/compose.h"
#include "up/files/compose_reader.h"

#define SHELL "bash"

/* -------------------------------------------------------------------- shell */

/* In PATH. @ret  NULL: it is not there. */
static int find_program(struct project *project, const char *name,
			const char **ret)
{
	const char *at = getenv("PATH"), *path = NULL;

	if (strchr(name, '/'))
		at = "";
	*ret = NULL;
	while (at && !*ret) {
		size_t length = strcspn(at, ":");

		path = project_print(project, "%.*s%s%s", (int)length, at,
				     length ? "/" : "", name);
		if (!path)
			return -ENOMEM;
		if (*path == '/' && access(path, X_OK) == 0)
			*ret = path;
		at = at[length] ? at + length + 1 : NULL;
	}
	return 0;
}

/* An export must not depend on our PATH, so the path is absolute. */
int compose_shell(struct compose *compose)
{
	struct project *project = compose->project;
	const char *wanted = getenv("COMPOSE_SHELL");
	const char *name = wanted && *wanted ? wanted : SHELL;

	if (project->shell || compose->is_alone ||
	    compose_is_own(project->file))
		return 0;
	int r = find_program(project, name, &project->shell);

	if (r < 0 || project->shell)
		return r;
	return compose_append(&project->notes,
			      project_print(project,
					    "%s: there is no %s, so /bin/sh "
					    "runs the commands",
					    project->file, name));
}

/* --------------------------------------------------------------- conditions */

static int check_dependency(struct compose *compose,
			    const struct service *service,
			    const struct dependency *on)
{
	struct project *project = compose->project;
	const struct service *other = project_find(project, on->name);

	/* order_check() reports a missing one. */
	if (!other || other->ready.probes.count)
		return 0;
	if (on->condition == CONDITION_LOG_READY)
		return fault_set(compose->fault, -EINVAL,
				 "%s:%d: %s waits for a line of %s "
				 "(process_log_ready), which has no "
				 "ready_log_line",
				 project->file, on->line, service->name,
				 other->name);
	if (on->condition != CONDITION_HEALTHY || other->live.probes.count)
		return 0;
	return compose_append(&project->notes,
			      project_print(project,
					    "%s:%d: %s has no readiness_probe, "
					    "so %s only waits until it has "
					    "started",
					    project->file, on->line,
					    other->name, service->name));
}

int compose_check(struct compose *compose)
{
	const struct project *project = compose->project;
	int r = 0;

	for (size_t i = 0; r == 0 && i < project->services.count; i++) {
		const struct service *service = project_service(project, i);

		for (size_t d = 0; r == 0 && d < service->depends.count; d++)
			r = check_dependency(
				compose, service,
				list_at(&service->depends, d,
					sizeof(struct dependency)));
	}
	return r;
}
