// SPDX-License-Identifier: MIT
/* `jig exec`: one command in the services' environment. */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "up/commands.h"
#include "up/load/environment_commands.h"
#include "up/load/load.h"

extern char **environ;

/* By `jig run`, so that the end of the command ends all that it has started. */
static int exec_jig(const struct request *request, char **command,
		    struct list *words, struct list *env)
{
	const char *first[] = { "jig", "run", "--" };
	int r = 0;

	for (size_t i = 0; r == 0 && i < sizeof(first) / sizeof(first[0]); i++)
		r = list_append(words, &first[i], sizeof(first[i]));
	for (char **word = command; r == 0 && *word; word++)
		r = list_append(words, word, sizeof(*word));
	if (r == 0)
		r = list_end(words);
	if (r < 0)
		return r;
	(void)execve(request->jig, words->items, env->items);
	return -errno;
}

/* As in Foreman, one word that is a name of the Procfile stands for its
 * command. */
static const char *line_of(const struct request *request,
			   const struct project *project)
{
	const struct service *service =
		request->around[1] ? NULL
				   : project_find(project, request->around[0]);

	return service && project->has_ports ? service->shell : NULL;
}

int run_exec(const struct request *request)
{
	char *shell[] = { "/bin/sh", "-c", NULL, NULL };
	CLEANUP(project_free) struct project project = { 0 };
	CLEANUP(list_free) struct list words = { 0 }, env = { 0 };
	struct fault fault = { "out of memory" };
	int r;

	if (!request->around || !request->around[0]) {
		fault_set(&fault, -EINVAL, "no command given");
		return complain_usage(&command_exec, &fault);
	}
	r = load_environment(request->settings, &project, &fault);
	if (r == 0)
		r = environment_commands_run(request->settings, request->jig,
					     &project, &fault);
	if (r < 0)
		return failed(&fault);
	shell[2] = (char *)line_of(request, &project);
	r = environment_inherit(&env, environ);
	for (size_t i = 0; r == 0 && i < project.env.count; i++)
		r = environment_set(&env, *(char **)list_at(&project.env, i,
							    sizeof(char *)));
	if (r == 0)
		r = list_end(&env);
	if (r == 0 && chdir(project.directory) < 0)
		r = -errno;
	if (r == 0)
		r = exec_jig(request, shell[2] ? shell : request->around,
			     &words, &env);
	complain("cannot run %s: %s", request->around[0], strerror(-r));
	return EXIT_JIG;
}
