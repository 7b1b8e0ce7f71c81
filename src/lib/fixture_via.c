// SPDX-License-Identifier: MIT
/*
 * A command on another machine: the options of the guard. The transport has our
 * environment. The command's variables are in it under other names, because
 * other users can read the words of a process, but not its environment; the
 * guard takes them out of it (cli/run/option/via.c).
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "base/environment.h"
#include "lib/fixture.h"

static int fixture_via_tune(struct guard_spawn *plan,
			    const struct jig_command *command)
{
	int r = 0;

	if (command->via_jig)
		r = guard_spawn_option(plan, "--via-jig", command->via_jig);
	if (r == 0 && command->via_address)
		r = guard_spawn_option(plan, "--via-address",
				       command->via_address);
	if (r == 0 && command->via_timeout_us)
		r = guard_spawn_time(plan, "--via-timeout",
				     command->via_timeout_us);
	if (r == 0 && command->via_push)
		r = guard_spawn_word(plan, "--via-push");
	return r;
}

int guard_spawn_via(struct guard_spawn *plan, const struct jig_command *command)
{
	unsigned count = 0;
	int r;

	if (command->via_timeout_us < 0 ||
	    (!command->via && (command->via_jig || command->via_address ||
			       command->via_timeout_us || command->via_push)))
		return -EINVAL;
	if (!command->via)
		return 0;
	while (command->env && command->env[count])
		count++;
	r = guard_spawn_option(plan, "--via", command->via);
	if (r == 0)
		r = fixture_via_tune(plan, command);
	if (r == 0 && count > 0)
		r = guard_spawn_count(plan, "--via-env", count);
	if (r == 0 && command->clear_env)
		r = guard_spawn_word(plan, "--clear-env");
	return r;
}

int guard_spawn_via_env(struct guard_spawn *plan,
			const struct jig_command *command)
{
	struct list *list = &plan->env_list;
	int r = environment_inherit(list, environ);

	for (size_t i = 0; command->env && r == 0 && command->env[i]; i++) {
		if (!strchr(command->env[i], '='))
			return -EINVAL;
		r = environment_print(list, &plan->texts, "JIG_VIA_ENV_%zu=%s",
				      i, command->env[i]);
	}
	return r < 0 ? r : list_end(list);
}
