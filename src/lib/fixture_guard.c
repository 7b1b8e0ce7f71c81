// SPDX-License-Identifier: MIT
/*
 * How the library starts the guard: its arguments, environment and descriptors
 * as one spawn.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "lib/fixture.h"

static int fixture_guard_make_env(struct guard_spawn *plan,
				  const struct jig_command *command)
{
	struct list *list = &plan->env_list;

	if (command->via)
		return guard_spawn_via_env(plan, command);

	int r = command->clear_env ? 0 : environment_inherit(list, environ);

	for (const char *const *p = command->env; p && r == 0 && *p; p++)
		r = environment_set(list, *p);
	return r < 0 ? r : list_end(list);
}

/* Low, since the usual limit on descriptors is 1024. */
static int free_number(const struct jig_command *command)
{
	int number = 3;

	for (size_t i = 0; i < command->fd_count; i++) {
		if (command->fds[i].to != number)
			continue;
		number++;
		i = (size_t)-1; /* Look at all of them again. */
	}
	return number;
}

/* The guard of a fixture that may take the terminal stays in our group. */
static bool has_own_group(const struct jig_command *command)
{
	if (command->group == JIG_GROUP_INHERIT)
		return false;
	return command->group == JIG_GROUP_SESSION ||
	       command->group == JIG_GROUP_TERMINAL ||
	       command->group == JIG_GROUP_JOB ||
	       command->in.kind != JIG_STDIO_INHERIT;
}

int guard_spawn_prepare(struct guard_spawn *plan,
			const struct jig_command *command,
			const char *const *options, int lifeline,
			struct fault *fault)
{
	int r;

	if ((!command->argv || !command->argv[0]) && !command->shell)
		return fault_set(fault, -EINVAL, "no command to run");
	plan->lifeline = free_number(command);
	r = guard_spawn_argv(plan, command, options);
	if (r == 0)
		r = fixture_guard_make_env(plan, command);
	if (r < 0)
		return fault_set(fault, r, "%s",
				 r == -EINVAL ? "a field of the command is "
						"invalid"
					      : strerror(-r));
	r = guard_spawn_fds(plan, command, lifeline, fault);
	if (r < 0)
		return r;
	plan->spawn = (struct spawn){
		.argv = plan->argv,
		.envp = plan->env_list.items,
		.path = strchr(plan->program, '/') ? plan->program : NULL,
		.fds = plan->fds.items,
		.fd_count = plan->fds.count,
		.close_others = true,
		/* A terminal's Ctrl-C is for the host, which decides. */
		.group = has_own_group(command) ? SPAWN_GROUP_OWN
						: SPAWN_GROUP_CALLER,
		/* The guard hands them on, see plan.h. */
		.keep_ignored = command->keep_ignored |
				(command->group == JIG_GROUP_INHERIT
					 ? SPAWN_CALLERS_SIGNALS
					 : 0),
	};
	return 0;
}

void guard_spawn_close(struct guard_spawn *plan)
{
	for (int i = 0; i < 3; i++) {
		cleanup_close(&plan->pipes[i]);
		cleanup_close(&plan->opened[i]);
	}
	list_free_texts(&plan->texts);
	list_free(&plan->argv_list);
	list_free(&plan->env_list);
	list_free(&plan->fds);
}
