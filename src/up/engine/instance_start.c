// SPDX-License-Identifier: MIT
/* What an instance's fixture is started with. */
#include "up/engine/instance_start.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/environment.h"
#include "lib/fixture.h"
#include "up/engine/addresses.h"
#include "up/engine/up.h"

/* The size of one variable that jig sets. */
#define VARIABLE_SIZE 256

/* Templates of process-compose files contain it; see compose_text.c. */
#define NUMBER "{PC_REPLICA_NUM}"
/* In a probe of an instance that has PORT. */
#define PORT "{PORT}"

/* Variables that jig sets. The names of the instance are those of Foreman,
 * Honcho, node-foreman and process-compose. */
enum own {
	OWN_PORT,
	OWN_PS,
	OWN_HONCHO,
	OWN_FOREMAN,
	OWN_SERVICE,
	OWN_NUMBER,
	OWN_COUNT
};

static const char *const own_names[OWN_COUNT] = {
	[OWN_PORT] = "PORT",
	[OWN_PS] = "PS",
	[OWN_HONCHO] = "HONCHO_PROCESS_NAME",
	[OWN_FOREMAN] = "FOREMAN_WORKER_NAME",
	[OWN_SERVICE] = "PC_PROC_NAME",
	[OWN_NUMBER] = "PC_REPLICA_NUM",
};

struct variables {
	struct list env; /* of char * */
	struct list texts; /* of char *: owned */
	char own[OWN_COUNT][VARIABLE_SIZE];
};

static void variables_free(struct variables *variables)
{
	if (!variables)
		return;
	list_free(&variables->env);
	address_free(&variables->texts);
	free(variables);
}

static int instance_start_add(struct variables *variables, enum own own,
			      const char *text)
{
	char *variable = variables->own[own];

	if (snprintf(variable, VARIABLE_SIZE, "%s=%s", own_names[own], text) >=
	    VARIABLE_SIZE)
		return -ENAMETOOLONG;
	return environment_set(&variables->env, variable);
}

static int instance_start_add_all(struct variables *variables,
				  const struct list *env)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < env->count; i++)
		r = environment_set(&variables->env,
				    *(char **)list_at(env, i, sizeof(char *)));
	return r;
}

/* The project's variables, then jig's, then the service's. */
static int instance_start_make_env(const struct instance *instance,
				   struct variables *variables)
{
	char number[16], port[16];
	int r = instance_start_add_all(variables, &instance->up->project->env);

	(void)snprintf(number, sizeof(number), "%u", instance->number - 1);
	(void)snprintf(port, sizeof(port), "%d", instance->port);
	if (r == 0 && instance->port > 0)
		r = instance_start_add(variables, OWN_PORT, port);
	if (r == 0)
		r = address_add_overmind(instance->up, &variables->env,
					 &variables->texts);
	if (r == 0)
		r = instance_start_add(variables, OWN_PS, instance->name);
	if (r == 0)
		r = instance_start_add(variables, OWN_HONCHO, instance->name);
	if (r == 0)
		r = instance_start_add(variables, OWN_FOREMAN, instance->name);
	if (r == 0)
		r = instance_start_add(variables, OWN_SERVICE,
				       instance->service->name);
	if (r == 0)
		r = instance_start_add(variables, OWN_NUMBER, number);
	if (r == 0)
		r = instance_start_add_all(variables, &instance->service->env);
	return r == 0 ? environment_end(&variables->env) : r;
}

void instance_choose_stop(const struct instance *instance,
			  struct jig_command *command)
{
	const struct up_settings *settings = instance->up->settings;
	const struct shutdown *shutdown = &instance->service->shutdown;

	command->steps = shutdown->steps.items;
	command->step_count = shutdown->steps.count;
	if (settings->step_count && !shutdown->is_named) {
		command->steps = settings->steps;
		command->step_count = settings->step_count;
	} else if (command->step_count == 0 && settings->grace_us >= 0) {
		command->steps = &instance->up->grace;
		command->step_count = 1;
	}
	command->stop_mode = shutdown->main_only ? JIG_STOP_MAIN : JIG_STOP_ALL;
}

/* Lists of jig_command, with NULL at the end of each. */
struct lists {
	struct list words, ready, live, listen, ports;
	struct list texts; /* of char *: expanded words */
};

/* A word, with a number in place of each @token. */
static const char *number_word(struct lists *lists, const char *word,
			       const char *token, unsigned number)
{
	const char *at = strstr(word, token);
	char *text;

	if (!at)
		return word;
	if (asprintf(&text, "%.*s%u%s", (int)(at - word), word, number,
		     at + strlen(token)) < 0)
		return NULL;
	if (list_append(&lists->texts, &text, sizeof(text)) < 0) {
		free(text);
		return NULL;
	}
	/* It may occur again. */
	return number_word(lists, text, token, number);
}

static const char *fill_word(struct lists *lists,
			     const struct instance *instance, const char *word)
{
	word = number_word(lists, word, NUMBER, instance->number - 1);
	return word && instance->port > 0
		       ? number_word(lists, word, PORT,
				     (unsigned)instance->port)
		       : word;
}

static int end_list(struct lists *lists, const struct list *from,
		    const struct instance *instance, struct list *ret)
{
	const char *end = NULL;
	int r = 0;

	for (size_t i = 0; r == 0 && i < from->count; i++) {
		const char *word =
			fill_word(lists, instance,
				  *(char **)list_at(from, i, sizeof(char *)));

		r = word ? list_append(ret, &word, sizeof(word)) : -ENOMEM;
	}
	return r == 0 ? list_append(ret, &end, sizeof(end)) : r;
}

/* If the project has a shell of its own, its words run the line. */
static int instance_start_choose_words(const struct instance *instance,
				       struct lists *lists,
				       struct jig_command *command)
{
	const struct service *service = instance->service;
	const struct project *project = instance->up->project;
	const char *words[] = {
		project->shell,
		project->shell_argument ? project->shell_argument : "-c",
		service->shell,
		NULL,
	};
	int r = 0;

	if (!service->shell) {
		command->argv = service->argv.items;
		return 0;
	}
	if (!project->shell) {
		command->shell = service->shell;
		return 0;
	}
	for (size_t i = 0; r == 0 && i < sizeof(words) / sizeof(words[0]); i++)
		r = list_append(&lists->words, &words[i], sizeof(words[i]));
	command->argv = lists->words.items;
	return r;
}

static int make_lists(const struct instance *instance, struct lists *lists,
		      struct jig_command *command)
{
	const struct service *service = instance->service;
	int r = end_list(lists, &service->ready.probes, instance,
			 &lists->ready);

	if (r == 0)
		r = end_list(lists, &service->live.probes, instance,
			     &lists->live);
	if (r == 0)
		r = end_list(lists, &service->listen, instance, &lists->listen);
	if (r == 0)
		r = end_list(lists, &service->ports, instance, &lists->ports);
	command->ready = lists->ready.items;
	command->live = lists->live.items;
	command->listen = lists->listen.items;
	command->ports = lists->ports.items;
	return r;
}

static void free_lists(struct lists *lists)
{
	for (size_t i = 0; i < lists->texts.count; i++)
		free(*(char **)list_at(&lists->texts, i, sizeof(char *)));
	list_free(&lists->texts);
	list_free(&lists->words);
	list_free(&lists->ready);
	list_free(&lists->live);
	list_free(&lists->listen);
	list_free(&lists->ports);
}

/* Times and limits of its readiness and liveness probes. */
static void choose_checks(const struct service *service,
			  struct jig_command *command)
{
	const struct check *ready = &service->ready, *live = &service->live;

	command->start_timeout_us = service->start_timeout_us;
	command->probe_interval_us = ready->period_us;
	command->ready_delay_us = ready->delay_us;
	command->ready_timeout_us = ready->timeout_us;
	command->ready_successes = ready->successes;
	command->live_interval_us = live->period_us;
	command->live_timeout_us = live->timeout_us;
	command->live_delay_us = live->delay_us;
	command->live_failures = live->failures;
}

/* --stdin: of the first instance. It is in another session than our terminal,
 * so no SIGTTIN stops its read. */
static bool has_our_input(const struct instance *instance)
{
	const char *name = instance->up->settings->stdin_of;

	return name && (strcmp(name, instance->name) == 0 ||
			(instance->number == 1 &&
			 strcmp(name, instance->service->name) == 0));
}

static int choose_stdio(struct instance *instance, struct jig_command *command,
			struct fault *fault)
{
	struct jig_stdio terminal = { .kind = JIG_STDIO_FD };
	int r;

	command->group = JIG_GROUP_SESSION;
	command->in.kind =
		has_our_input(instance) ? JIG_STDIO_INHERIT : JIG_STDIO_NULL;
	command->out.kind = command->err.kind = JIG_STDIO_PIPE;
	if (!instance->service->is_tty && !instance->up->settings->pty)
		return 0;
	r = pty_open(NULL, &instance->pty, fault);
	terminal.fd = instance->pty.slave;
	command->group = JIG_GROUP_TERMINAL;
	command->in = command->out = command->err = terminal;
	return r;
}

static int start_fixture(struct instance *instance, struct jig_command *command,
			 struct fault *fault)
{
	int r = fixture_begin(command, NULL, &instance->fixture);

	/* Only the command may have its side open, so that we see its end. */
	cleanup_close(&instance->pty.slave);
	instance->pty.slave = -1;
	if (r < 0)
		return fault_set(fault, r, "%s", command->error);
	return 0;
}

int instance_start_fixture(struct instance *instance, struct fault *fault)
{
	const struct service *service = instance->service;
	struct variables *variables = calloc(1, sizeof(*variables));
	struct lists lists = { 0 };
	char reason[FAULT_SIZE] = "out of memory";
	struct jig_command command = {
		.cwd = service->cwd ? service->cwd
				    : instance->up->project->directory,
		.cage = service->cage,
		.daemon = service->is_daemon,
		.program = instance->up->jig,
		.error = reason,
		.error_size = sizeof(reason),
	};
	int r = variables ? instance_start_make_env(instance, variables)
			  : -ENOMEM;

	if (r == 0)
		r = make_lists(instance, &lists, &command);
	if (r == 0)
		r = instance_start_choose_words(instance, &lists, &command);
	if (r < 0)
		fault_set(fault, r, "%s", strerror(-r));
	if (r == 0) {
		command.env = variables->env.items;
		if (command.cage == JIG_CAGE_AUTO)
			command.cage = instance->up->settings->cage;
		choose_checks(service, &command);
		instance_choose_stop(instance, &command);
		r = choose_stdio(instance, &command, fault);
	}
	if (r == 0)
		r = start_fixture(instance, &command, fault);
	variables_free(variables);
	free_lists(&lists);
	return r;
}

int instance_start_stopper(struct instance *instance, struct jig **ret,
			   struct fault *fault)
{
	const struct service *service = instance->service;
	struct variables *variables = calloc(1, sizeof(*variables));
	char reason[FAULT_SIZE] = "out of memory";
	struct jig_command command = {
		.shell = service->shutdown.command,
		.cwd = service->cwd ? service->cwd
				    : instance->up->project->directory,
		.in.kind = JIG_STDIO_NULL,
		.out.kind = JIG_STDIO_CAPTURE,
		.err.kind = JIG_STDIO_CAPTURE,
		.group = JIG_GROUP_SESSION,
		.program = instance->up->jig,
		.error = reason,
		.error_size = sizeof(reason),
	};
	int r = variables ? instance_start_make_env(instance, variables)
			  : -ENOMEM;

	if (r == 0) {
		command.env = variables->env.items;
		r = fixture_begin(&command, NULL, ret);
	}
	variables_free(variables);
	return r < 0 ? fault_set(fault, r, "%s", reason) : 0;
}

int instance_start_status(int error)
{
	switch (error) {
	case -ENOENT:
		return EXIT_NOT_FOUND;
	case -EACCES:
	case -ENOEXEC:
	case -EISDIR:
	case -ELIBBAD:
		return EXIT_NOT_EXECUTABLE;
	default:
		return EXIT_JIG;
	}
}
