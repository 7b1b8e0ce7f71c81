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
#include "up/project/machine.h"
#include "up/project/replica.h"
#include "up/project/variables.h"

struct instance_env {
	struct list env; /* of char * */
	struct list texts; /* of char *: owned */
};

static void instance_env_free(struct instance_env *env)
{
	list_free(&env->env);
	list_free_texts(&env->texts);
}

/* @names  of the services that it depends on. */
static int instance_start_make_env(const struct instance *instance,
				   const struct service *service,
				   const struct list *names,
				   struct instance_env *ret)
{
	const struct variables of = {
		.project = instance->up->project,
		.service = service,
		.number = instance->number,
		.port = instance->port,
	};
	int r = variables_make(&of, &ret->env, &ret->texts);

	if (r == 0)
		r = address_add_depends(names, &ret->env, &ret->texts);
	return r == 0 ? list_end(&ret->env) : r;
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

/* A service as the instance has it, with NULL at the end of each list, as
 * jig_command has them. */
struct lists {
	struct replica replica;
	struct list words;
	struct list names; /* of services that it depends on */
};

static int instance_start_make_replica(const struct instance *instance,
				       struct lists *lists)
{
	int r = replica_make(instance->service, instance->number - 1,
			     instance->port, &lists->replica);

	if (r == 0)
		r = address_depends(instance, &lists->names);
	return r < 0 || lists->names.count == 0
		       ? r
		       : replica_names(&lists->replica, &lists->names);
}

/* If the service is given a shell of its own, its words run the line. */
static int instance_start_add_shell(const struct given *given, const char *line,
				    struct list *words,
				    struct jig_command *command)
{
	const char *all[] = {
		given->shell,
		given->shell_argument ? given->shell_argument : "-c",
		line,
		NULL,
	};
	int r = 0;

	if (!given->shell) {
		command->shell = line;
		return 0;
	}
	for (size_t i = 0; r == 0 && i < sizeof(all) / sizeof(all[0]); i++)
		r = list_append(words, &all[i], sizeof(all[i]));
	command->argv = words->items;
	return r;
}

static int instance_start_choose_words(struct lists *lists,
				       struct jig_command *command)
{
	const struct service *service = &lists->replica.service;

	if (service->shell)
		return instance_start_add_shell(&service->given, service->shell,
						&lists->words, command);
	command->argv = service->argv.items;
	return service->argv.count ? 0 : -ENOEXEC;
}

static int make_lists(const struct instance *instance, struct lists *lists,
		      struct jig_command *command)
{
	struct service *service = &lists->replica.service;
	int r = instance_start_make_replica(instance, lists);

	if (r == 0)
		r = list_end(&service->ready.probes);
	if (r == 0)
		r = list_end(&service->live.probes);
	if (r == 0)
		r = list_end(&service->listen);
	if (r == 0)
		r = list_end(&service->ports);
	machine_choose(service, command);
	command->ready = service->ready.probes.items;
	command->live = service->live.probes.items;
	command->listen = service->listen.items;
	command->ports = service->ports.items;
	return r;
}

static void free_lists(struct lists *lists)
{
	replica_free(&lists->replica);
	list_free(&lists->words);
	list_free(&lists->names);
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
	if (!instance->service->is_tty &&
	    (!instance->up->settings->pty || command->via))
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
	CLEANUP(instance_env_free) struct instance_env env = { 0 };
	struct lists lists = { 0 };
	char reason[FAULT_SIZE] = "out of memory";
	struct jig_command command = {
		.cage = service->cage,
		.daemon = service->is_daemon,
		.program = instance->up->jig,
		.error = reason,
		.error_size = sizeof(reason),
	};
	int r = make_lists(instance, &lists, &command);

	if (r == 0)
		r = instance_start_make_env(instance, &lists.replica.service,
					    &lists.names, &env);
	if (r == 0)
		r = instance_start_choose_words(&lists, &command);
	if (r < 0)
		fault_set(fault, r, "%s",
			  r == -ENOEXEC ? "it has no command" : strerror(-r));
	if (r == 0) {
		command.env = env.env.items;
		if (command.cage == JIG_CAGE_AUTO)
			command.cage = instance->up->settings->cage;
		choose_checks(service, &command);
		instance_choose_stop(instance, &command);
		r = choose_stdio(instance, &command, fault);
	}
	if (r == 0)
		r = start_fixture(instance, &command, fault);
	free_lists(&lists);
	return r;
}

int instance_start_stopper(struct instance *instance, struct jig **ret,
			   struct fault *fault)
{
	CLEANUP(instance_env_free) struct instance_env env = { 0 };
	struct lists lists = { 0 };
	const struct service *service = &lists.replica.service;
	char reason[FAULT_SIZE] = "out of memory";
	struct jig_command command = {
		.in.kind = JIG_STDIO_NULL,
		.out.kind = JIG_STDIO_CAPTURE,
		.err.kind = JIG_STDIO_CAPTURE,
		.group = JIG_GROUP_SESSION,
		.program = instance->up->jig,
		.error = reason,
		.error_size = sizeof(reason),
	};
	int r = instance_start_make_replica(instance, &lists);

	machine_choose(service, &command);
	if (r == 0)
		r = instance_start_make_env(instance, service, &lists.names,
					    &env);
	if (r == 0)
		r = instance_start_add_shell(&service->given,
					     service->shutdown.command,
					     &lists.words, &command);
	if (r == 0) {
		command.env = env.env.items;
		r = fixture_begin(&command, NULL, ret);
	}
	free_lists(&lists);
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
