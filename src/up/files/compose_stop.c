// SPDX-License-Identifier: MIT
/* How a process is restarted and stopped: availability, shutdown, stop. */
#include <signal.h>
#include <stddef.h>
#include <string.h>

#include "base/text.h"
#include "core/shared/plan.h"
#include "up/files/compose_reader.h"

/* ------------------------------------------------------------- availability */

static int compose_stop_take_restart(struct compose *compose, yaml_node_t *node,
				     void *target)
{
	static const char *const names[] = {
		[RESTART_DEFAULT] = "",
		[RESTART_NO] = "no",
		[RESTART_ON_FAILURE] = "on_failure",
		[RESTART_ALWAYS] = "always",
		[RESTART_EXIT_ON_FAILURE] = "exit_on_failure",
	};
	static const struct words words = WORDS_OF(names);
	const char *text;
	int r = compose_text(compose, node, &text);

	/* YAML 1.1 has false for no. */
	if (r == 0)
		r = strcmp(text, "false") == 0
			    ? RESTART_NO
			    : compose_one_of(compose, node, &words);
	if (r >= 0)
		*(enum restart *)target = (enum restart)r;
	return r < 0 ? r : 0;
}

int compose_availability(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	static const struct key keys[] = {
		{ "restart", KEY_TAKE, offsetof(struct availability, restart),
		  compose_stop_take_restart },
		{ "backoff_seconds", KEY_SECONDS,
		  offsetof(struct availability, backoff_us), NULL },
		{ "max_backoff_seconds", KEY_SECONDS,
		  offsetof(struct availability, backoff_max_us), NULL },
		{ "max_restarts", KEY_NUMBER,
		  offsetof(struct availability, max_restarts), NULL },
		{ "exit_on_end", KEY_BOOL,
		  offsetof(struct availability, exit_on_end), NULL },
		{ "exit_on_skipped", KEY_BOOL,
		  offsetof(struct availability, exit_on_skipped), NULL },
		{ "can_die", KEY_BOOL, offsetof(struct availability, can_die),
		  NULL },
		{ 0 },
	};

	return compose_map(compose, node, keys, target);
}

/* ----------------------------------------------------------------- shutdown */

static int compose_stop_take_line(struct compose *compose, yaml_node_t *node,
				  void *target)
{
	return compose_line(compose, node, target);
}

/* `signal` and `timeout_seconds` make one step. */
struct stopping {
	const char *command;
	bool main_only;
	struct jig_step step;
};

static int compose_stop_take_signal(struct compose *compose, yaml_node_t *node,
				    void *target)
{
	struct jig_step *step = target;
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r < 0)
		return r;
	step->signal = strcmp(text, "0") == 0 ? SIGTERM : text_signal(text);
	return step->signal > 0 ? 0
				: compose_wrong(compose, node,
						"'%s' is not a signal", text);
}

static int note_keys(struct compose *compose, yaml_node_t *node, void *target)
{
	(void)target;
	return compose_note(compose, node,
			    "send_keys: jig sends no keys; the service gets "
			    "the signal");
}

/* `timeout_seconds` limits both the command and the first step. A later entry
 * of the process changes single keys. */
int compose_shutdown(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key keys[] = {
		{ "command", KEY_TAKE, offsetof(struct stopping, command),
		  compose_stop_take_line },
		{ "parent_only", KEY_BOOL, offsetof(struct stopping, main_only),
		  NULL },
		{ "send_keys", KEY_TAKE, 0, note_keys },
		{ "signal", KEY_TAKE, offsetof(struct stopping, step),
		  compose_stop_take_signal },
		{ "timeout_seconds", KEY_SECONDS,
		  offsetof(struct stopping, step) +
			  offsetof(struct jig_step, wait_us),
		  NULL },
		{ 0 },
	};
	struct shutdown *shutdown = target;
	struct stopping stopping = { shutdown->command,
				     shutdown->main_only,
				     { SIGTERM, 10000000 } };
	int r;

	if (shutdown->steps.count == 1)
		stopping.step = *(struct jig_step *)shutdown->steps.items;
	r = compose_map(compose, node, keys, &stopping);
	if (r < 0)
		return r;
	shutdown->command = stopping.command;
	shutdown->main_only = stopping.main_only;
	shutdown->command_timeout_us = stopping.step.wait_us;
	list_free(&shutdown->steps);
	return list_append(&shutdown->steps, &stopping.step,
			   sizeof(stopping.step));
}

int compose_stop(struct compose *compose, yaml_node_t *node, void *target)
{
	struct shutdown *shutdown = target;
	struct jig_step steps[PLAN_STEPS];
	size_t count = 0;
	const char *text;
	int r = compose_text(compose, node, &text);

	if (r == 0 && plan_parse_steps(text, steps, &count) < 0)
		r = compose_wrong(
			compose, node,
			"'%s' is not a stop policy such as 'INT 2s TERM 10s "
			"KILL'",
			text);
	list_free(&shutdown->steps);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_append(&shutdown->steps, &steps[i], sizeof(steps[i]));
	return r;
}
