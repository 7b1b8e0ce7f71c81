// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/text/resource.h"
#include "cage/cage.h"
#include "core/shared/plan.h"
#include "lib/fixture.h"
#include "net/names.h"

int guard_spawn_word(struct guard_spawn *plan, const char *word)
{
	return list_append(&plan->argv_list, &word, sizeof(word));
}

/* Add a word that we make; it is freed with the plan. */
__attribute__((format(printf, 2, 3))) static int add_text(
	struct guard_spawn *plan, const char *format, ...)
{
	va_list arguments;
	char *text;

	va_start(arguments, format);
	int n = vasprintf(&text, format, arguments);

	va_end(arguments);
	if (n < 0 || list_take_text(&plan->texts, text) < 0)
		return -ENOMEM;
	return guard_spawn_word(plan, text);
}

int guard_spawn_option(struct guard_spawn *plan, const char *name,
		       const char *value)
{
	int r = guard_spawn_word(plan, name);

	return r < 0 ? r : guard_spawn_word(plan, value);
}

static int add_steps(struct guard_spawn *plan,
		     const struct jig_command *command)
{
	struct buffer text = { 0 };
	int r;

	if (command->step_count == 0)
		return 0;
	for (size_t i = 0; i < command->step_count; i++) {
		const struct jig_step *step = &command->steps[i];

		buffer_printf(&text, "%d ", step->signal);
		if (step->signal != SIGKILL)
			buffer_printf(&text, "%" PRId64 "us ", step->wait_us);
	}
	r = text.error ? text.error : guard_spawn_word(plan, "--stop");
	if (r == 0)
		r = add_text(plan, "%s", text.text);
	buffer_free(&text);
	return r;
}

static int add_limits(struct guard_spawn *plan,
		      const struct jig_command *command)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < command->limit_count; i++) {
		const struct jig_limit *limit = &command->limits[i];
		const struct resource *known =
			resource_by_number(limit->resource);

		const char *name = known ? known->name : NULL;

		if (!name)
			return -EINVAL;
		r = guard_spawn_word(plan, "--limit");
		if (r == 0)
			r = limit->soft == UINT64_MAX
				    ? add_text(plan, "%s=unlimited", name)
			    : limit->hard == UINT64_MAX
				    ? add_text(plan, "%s=%" PRIu64 ":unlimited",
					       name, limit->soft)
				    : add_text(plan, "%s=%" PRIu64 ":%" PRIu64,
					       name, limit->soft, limit->hard);
	}
	return r;
}

static int fixture_argv_add_user(struct guard_spawn *plan,
				 const struct jig_command *command)
{
	struct buffer groups = { 0 };
	int r;

	if (!command->set_user)
		return 0;
	r = guard_spawn_word(plan, "--user");
	if (r == 0)
		r = add_text(plan, "%u:%u", (unsigned)command->uid,
			     (unsigned)command->gid);
	for (size_t i = 0; i < command->group_count; i++)
		buffer_printf(&groups, "%s%u", i ? "," : "",
			      (unsigned)command->groups[i]);
	if (r == 0)
		r = groups.error ? groups.error
				 : guard_spawn_word(plan, "--groups");
	if (r == 0)
		r = add_text(plan, "%s", groups.text ? groups.text : "");
	buffer_free(&groups);
	return r;
}

static int fixture_argv_add_cage(struct guard_spawn *plan,
				 const struct jig_command *command)
{
	const char *cage = words_name(&cage_words, command->cage);
	const char *group = words_name(&plan_group_words, command->group);
	int r;

	if (!cage || !group)
		return -EINVAL;
	r = guard_spawn_option(plan, "--cage", cage);
	if (r == 0)
		r = guard_spawn_option(plan, "--group", group);
	if (r == 0 && command->keep_ignored) {
		r = guard_spawn_word(plan, "--keep-ignored");
		if (r == 0)
			r = add_text(plan, "%" PRIu64, command->keep_ignored);
	}
	if (r == 0 && command->memory_max) {
		r = guard_spawn_word(plan, "--memory");
		if (r == 0)
			r = add_text(plan, "%" PRIu64, command->memory_max);
	}
	if (r == 0 && command->pids_max) {
		r = guard_spawn_word(plan, "--pids");
		if (r == 0)
			r = add_text(plan, "%" PRIu64, command->pids_max);
	}
	if (r == 0 && command->cpu_permille) {
		r = guard_spawn_word(plan, "--cpu");
		if (r == 0)
			r = add_text(plan, "%u.%03u",
				     command->cpu_permille / 1000,
				     command->cpu_permille % 1000);
	}
	return r;
}

static int fixture_argv_add_rest(struct guard_spawn *plan,
				 const struct jig_command *command)
{
	int r = 0;

	if (command->stop_mode == JIG_STOP_MAIN)
		r = guard_spawn_option(plan, "--stop-mode", "main");
	if (r == 0 && command->timeout_us > 0) {
		r = guard_spawn_word(plan, "--timeout");
		if (r == 0)
			r = add_text(plan, "%" PRId64 "us",
				     command->timeout_us);
	}
	if (r == 0 && command->daemon)
		r = guard_spawn_word(plan, "--daemon");
	if (r == 0 && command->path)
		r = guard_spawn_option(plan, "--path", command->path);
	if (r == 0 && command->cwd)
		r = guard_spawn_option(plan, "--chdir", command->cwd);
	if (r == 0 && command->set_umask) {
		r = guard_spawn_word(plan, "--umask");
		if (r == 0)
			r = add_text(plan, "%o", (unsigned)command->umask);
	}
	if (r == 0 && command->nice) {
		r = guard_spawn_word(plan, "--nice");
		if (r == 0)
			r = add_text(plan, "%d", command->nice);
	}
	if (r == 0)
		r = guard_spawn_word(plan, "--owner");
	if (r == 0)
		r = command->owner == JIG_OWNER_NONE
			    ? guard_spawn_word(plan, "none")
			    : add_text(plan, "%d",
				       command->owner > 0 ? command->owner
							  : getpid());
	return r;
}

/* A word for each of a NULL-terminated list, or none. */
static int add_each(struct guard_spawn *plan, const char *option,
		    const char *const *values)
{
	int r = 0;

	for (; r == 0 && values && *values; values++)
		r = guard_spawn_option(plan, option, *values);
	return r;
}

int guard_spawn_time(struct guard_spawn *plan, const char *option, int64_t us)
{
	int r = guard_spawn_word(plan, option);

	return r < 0 ? r : add_text(plan, "%" PRId64 "us", us);
}

int guard_spawn_count(struct guard_spawn *plan, const char *option,
		      unsigned count)
{
	int r = guard_spawn_word(plan, option);

	return r < 0 ? r : add_text(plan, "%u", count);
}

static int add_liveness(struct guard_spawn *plan,
			const struct jig_command *command)
{
	int r = add_each(plan, "--live", command->live);

	if (!command->live || !command->live[0])
		return 0;
	if (r == 0 && command->live_interval_us > 0)
		r = guard_spawn_time(plan, "--live-interval",
				     command->live_interval_us);
	if (r == 0 && command->live_timeout_us > 0)
		r = guard_spawn_time(plan, "--live-timeout",
				     command->live_timeout_us);
	if (r == 0 && command->live_delay_us > 0)
		r = guard_spawn_time(plan, "--live-delay",
				     command->live_delay_us);
	if (r == 0 && command->live_failures > 0)
		r = guard_spawn_count(plan, "--live-failures",
				      command->live_failures);
	return r;
}

/* The names of "NAME=ADDRESS" and "NAME". What they stand for is not known. */
static int fixture_argv_add_names(const char *const *specs, struct list *names)
{
	int r = 0;

	for (; r == 0 && specs && *specs; specs++) {
		struct name name = { .address = "?", .port = 1 };
		size_t length = strcspn(*specs, "=");

		if (name_check(*specs, length) < 0)
			continue; /* The guard refuses it. */
		memcpy(name.name, *specs, length);
		r = list_append(names, &name, sizeof(name));
	}
	return r;
}

static int add_if_named(struct guard_spawn *plan, const struct list *names,
			const char *variable)
{
	CLEANUP_FREE char *expanded = NULL;

	if (!strchr(variable, '{'))
		return 0;
	if (names_expand(names, variable, &expanded) < 0)
		return -ENOMEM;
	return strcmp(expanded, variable) == 0
		       ? 0
		       : guard_spawn_option(plan, "--env", variable);
}

/* Values with names in braces: the guard knows what stands for them. All others
 * are in its environment, which other users cannot read. */
static int fixture_argv_add_env(struct guard_spawn *plan,
				const struct jig_command *command)
{
	CLEANUP(list_free) struct list names = { 0 };
	int r = fixture_argv_add_names(command->listen, &names);

	if (r == 0)
		r = fixture_argv_add_names(command->ports, &names);
	if (names.count == 0)
		return r;
	for (const char *const *p = command->env; r == 0 && p && *p; p++)
		r = add_if_named(plan, &names, *p);
	return r;
}

static int add_readiness(struct guard_spawn *plan,
			 const struct jig_command *command)
{
	int r = add_each(plan, "--ready", command->ready);

	if (r == 0 && !command->via)
		r = fixture_argv_add_env(plan, command);
	if (r == 0 && command->start_timeout_us < 0)
		r = guard_spawn_option(plan, "--start-timeout", "none");
	if (r == 0 && command->start_timeout_us > 0)
		r = guard_spawn_time(plan, "--start-timeout",
				     command->start_timeout_us);
	if (r == 0 && command->probe_interval_us > 0)
		r = guard_spawn_time(plan, "--interval",
				     command->probe_interval_us);
	if (r == 0 && command->ready_delay_us > 0)
		r = guard_spawn_time(plan, "--ready-delay",
				     command->ready_delay_us);
	if (r == 0 && command->ready_timeout_us > 0)
		r = guard_spawn_time(plan, "--ready-timeout",
				     command->ready_timeout_us);
	if (r == 0 && command->ready_successes > 1)
		r = guard_spawn_count(plan, "--ready-successes",
				      command->ready_successes);
	if (r == 0)
		r = add_each(plan, "--listen", command->listen);
	if (r == 0)
		r = add_each(plan, "--port", command->ports);
	return r;
}

static int add_output(struct guard_spawn *plan,
		      const struct jig_command *command)
{
	bool out = command->out.kind == JIG_STDIO_CAPTURE;
	bool err = command->err.kind == JIG_STDIO_CAPTURE ||
		   (out && command->err.kind == JIG_STDIO_OUTPUT);
	int r = 0;

	if (out || err)
		r = guard_spawn_option(plan, "--capture",
				       out && err ? "both"
				       : out	  ? "out"
						  : "err");
	if (r == 0 && command->ring_size) {
		r = guard_spawn_word(plan, "--ring-size");
		if (r == 0)
			r = add_text(plan, "%zu", command->ring_size);
	}
	if (r == 0 && command->log)
		r = guard_spawn_option(plan, "--log", command->log);
	if (r == 0 && command->log_prefix)
		r = guard_spawn_option(plan, "--log-prefix",
				       command->log_prefix);
	if (r == 0 && command->log_times)
		r = guard_spawn_word(plan, "--log-times");
	return r;
}

static int fixture_argv_add_command(struct guard_spawn *plan,
				    const struct jig_command *command)
{
	int r = guard_spawn_word(plan, "--");

	if (command->shell) {
		const char *const words[] = { "/bin/sh", "-c", command->shell };

		for (size_t i = 0; r == 0 && i < 3; i++)
			r = guard_spawn_word(plan, words[i]);
	} else {
		for (const char *const *word = command->argv; r == 0 && *word;
		     word++)
			r = guard_spawn_word(plan, *word);
	}
	return r < 0 ? r : guard_spawn_word(plan, NULL);
}

int guard_spawn_argv(struct guard_spawn *plan,
		     const struct jig_command *command,
		     const char *const *options)
{
	plan->program = fixture_program(command, plan->program_path);
	/* ps(1) shows "jig", not the path. */
	int r = guard_spawn_word(plan, strchr(plan->program, '/')
					       ? "jig"
					       : plan->program);

	if (r == 0)
		r = guard_spawn_word(plan, plan->verb ? plan->verb : "run");
	if (r == 0)
		r = guard_spawn_word(plan, "--lifeline");
	if (r == 0)
		r = add_text(plan, "%d", plan->lifeline);
	if (r == 0)
		r = fixture_argv_add_cage(plan, command);
	if (r == 0)
		r = add_steps(plan, command);
	if (r == 0)
		r = fixture_argv_add_user(plan, command);
	if (r == 0)
		r = add_limits(plan, command);
	if (r == 0)
		r = fixture_argv_add_rest(plan, command);
	if (r == 0)
		r = add_readiness(plan, command);
	if (r == 0)
		r = add_liveness(plan, command);
	if (r == 0)
		r = add_output(plan, command);
	if (r == 0)
		r = guard_spawn_via(plan, command);
	for (; r == 0 && options && *options; options++)
		r = guard_spawn_word(plan, *options);
	if (r == 0)
		r = fixture_argv_add_command(plan, command);
	plan->argv = plan->argv_list.items;
	return r;
}
