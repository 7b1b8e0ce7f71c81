// SPDX-License-Identifier: MIT
/* `jig check` and `jig exec`: what would run, and one command beside it. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "up/commands.h"
#include "up/files/load.h"
#include "up/project/formation.h"

extern char **environ;

static void print_lines(const struct project *project)
{
	for (size_t i = 0; i < project->ignored_lines.count; i++)
		complain("%s:%d: this line is no entry, and is ignored",
			 project->file,
			 *(int *)list_at(&project->ignored_lines, i,
					 sizeof(int)));
}

static void print_service(const struct project *project,
			  const struct service *service, unsigned base)
{
	int port = project->has_ports ? formation_port(base, service, 1) : 0;

	say_line("%-16s x %-3u PORT %-6d %s", service->name, service->replicas,
		 port > 0 ? port : 0,
		 service->shell ? service->shell
				: *(const char **)service->argv.items);
}

int run_check(const struct request *request)
{
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault = { "out of memory" };
	unsigned base = 0;
	int r = load_project(request->settings,
			     (const char *const *)request->words, &project,
			     &fault);

	if (r == 0)
		r = formation_base_port(&project, request->settings->port,
					getenv("PORT"), &base, &fault);
	if (r < 0)
		return failed(&fault);
	print_lines(&project);
	for (size_t i = 0; i < project.services.count; i++)
		print_service(&project, project_service(&project, i), base);
	return 0;
}

/* Through `jig run`: what the command starts is gone with it, too. */
static int exec_jig(const struct request *request, struct list *words,
		    struct list *env)
{
	const char *end = NULL, *first[] = { "jig", "run", "--" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < 3; i++)
		r = list_append(words, &first[i], sizeof(first[i]));
	for (char **word = request->around; r == 0 && *word; word++)
		r = list_append(words, word, sizeof(*word));
	if (r == 0)
		r = list_append(words, &end, sizeof(end));
	if (r < 0)
		return r;
	(void)execve(request->jig, words->items, env->items);
	return -errno;
}

int run_exec(const struct request *request)
{
	CLEANUP(project_free) struct project project = { 0 };
	CLEANUP(list_free) struct list words = { 0 }, env = { 0 };
	struct fault fault = { "out of memory" };
	int r;

	if (!request->around || !request->around[0]) {
		fault_set(&fault, -EINVAL, "no command given");
		return complain_usage(&command_exec, &fault);
	}
	r = load_project(request->settings, NULL, &project, &fault);
	if (r < 0)
		return failed(&fault);
	r = environment_inherit(&env, environ);
	for (size_t i = 0; r == 0 && i < project.env.count; i++)
		r = environment_set(&env, *(char **)list_at(&project.env, i,
							    sizeof(char *)));
	if (r == 0)
		r = environment_end(&env);
	if (r == 0 && chdir(project.directory) < 0)
		r = -errno;
	if (r == 0)
		r = exec_jig(request, &words, &env);
	complain("cannot run %s: %s", request->around[0], strerror(-r));
	return EXIT_JIG;
}
