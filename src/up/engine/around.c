// SPDX-License-Identifier: MIT
/* `jig up -- command`: its end stops all instances. */
#include <errno.h>
#include <sys/wait.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "core/shared/report.h"
#include "lib/fixture.h"
#include "up/engine/addresses.h"
#include "up/engine/instance_start.h"
#include "up/engine/parts.h"
#include "up/engine/up.h"

static void around_ended(struct up *up, int code)
{
	const struct jig_report *report =
		up->around_fixture ? jig_report(up->around_fixture) : NULL;

	if (report)
		up->survivors += jig_report_survivors(report);
	if (report && !up->stopping && report->main_status >= 0 &&
	    WIFSIGNALED(report->main_status))
		up->ended_by = WTERMSIG(report->main_status);
	watch_free(&up->around_watch);
	jig_free(up->around_fixture);
	up->around_fixture = NULL;
	up->has_changed = true;
	if (!up->stopping)
		up_stop(up, code);
}

static void around_failed(struct up *up, int error, const char *reason)
{
	if (!up->stopping)
		output_say(up->output, "jig", "cannot run %s: %s",
			   up->around[0], reason);
	around_ended(up, instance_start_status(error));
}

static void around_news(void *context)
{
	struct up *up = context;
	struct fault fault = { "" };
	int code = EXIT_JIG;
	int r = fixture_over(up->around_fixture, &up->around_was_executed,
			     &code, &fault);

	if (r < 0)
		around_failed(up, r, fault.text);
	else if (r > 0)
		around_ended(up, code);
}

void up_around_start(struct up *up)
{
	CLEANUP(list_free_texts) struct list texts = { 0 };
	CLEANUP(list_free) struct list env = { 0 };
	char reason[512] = "out of memory";
	struct jig_command command = {
		.argv = (const char *const *)up->around,
		.cwd = up->settings->here,
		.group = JIG_GROUP_INHERIT,
		.program = up->jig,
		.error = reason,
		.error_size = sizeof(reason),
		/* We read ours. */
		.in.kind = up->input.null >= 0 ? JIG_STDIO_NULL
					       : JIG_STDIO_INHERIT,
	};
	const struct list *ours = &up->project->env;
	int r = 0;

	for (size_t i = 0; r == 0 && i < ours->count; i++)
		r = environment_set(&env,
				    *(char **)list_at(ours, i, sizeof(char *)));
	if (r == 0)
		r = address_add_all(up, &env, &texts);
	if (r == 0)
		r = list_end(&env);
	command.env = env.items;
	if (r == 0)
		r = fixture_begin(&command, NULL, &up->around_fixture);
	if (r == 0)
		up->around_watch =
			watch_new(&up->loop, jig_fd(up->around_fixture),
				  UV_READABLE, around_news, up);
	if (up->around_watch)
		return;
	/* To free a fixture whose start has begun blocks. But if memory is
	 * short, nothing else would end it. */
	around_failed(up, r, reason);
}

void up_around_look(struct up *up)
{
	if (fixture_is_awaited(up->around_fixture))
		around_news(up);
}
