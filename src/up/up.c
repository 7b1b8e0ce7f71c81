// SPDX-License-Identifier: MIT
#include "up/up.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/sys.h"
#include "up/control.h"
#include "up/formation.h"
#include "up/port.h"
#include "up/schedule.h"

#define STOP_SIGNALS                                                           \
	(SYS_SIGNAL(SIGINT) | SYS_SIGNAL(SIGTERM) | SYS_SIGNAL(SIGHUP) |       \
	 SYS_SIGNAL(SIGQUIT))

/* How long a slow reader of our output is waited for at the end. */
#define FLUSH_MS 2000

/* --------------------------------------------------------------- instances */

static int append(struct up *up, struct service *service, unsigned number)
{
	struct instance *instance = instance_new(up, service, number);

	if (!instance)
		return -ENOMEM;
	if (service->is_foreground || service->disabled)
		instance->state = INSTANCE_DISABLED;
	int r = list_append(&up->instances, &instance, sizeof(instance));

	if (r < 0)
		instance_free(instance);
	return r;
}

static struct instance *find(const struct up *up, const struct service *service,
			     unsigned number)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		if (instance->service == service && instance->number == number)
			return instance;
	}
	return NULL;
}

/* One that was scaled away, or stopped, is wanted again. */
static void revive(struct instance *instance)
{
	instance->is_gone = false;
	instance->is_wanted = true;
	if (instance_is_running(instance))
		instance->restart_asked = true;
	else
		instance->state = INSTANCE_WAITING;
}

int up_scale(struct up *up, struct service *service, unsigned count)
{
	int r = 0;

	for (unsigned i = 1; r == 0 && i <= count; i++) {
		struct instance *instance = find(up, service, i);

		if (!instance)
			r = append(up, service, i);
		else if (instance->is_gone)
			revive(instance);
	}
	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);

		if (instance->service != service || instance->number <= count)
			continue;
		instance->is_gone = true;
		if (instance->state != INSTANCE_STOPPING)
			instance_stop(instance);
	}
	service->replicas = count;
	return r;
}

/* Those that were scaled away, once they have ended. */
static void forget_gone(struct up *up)
{
	struct instance **items = up->instances.items;
	size_t kept = 0;

	for (size_t i = 0; i < up->instances.count; i++) {
		if (items[i]->is_gone && !instance_is_alive(items[i]))
			instance_free(items[i]);
		else
			items[kept++] = items[i];
	}
	up->instances.count = kept;
}

static int append_all(struct up *up)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < up->project->services.count; i++) {
		struct service *service = project_service(up->project, i);

		for (unsigned n = 1; r == 0 && n <= service->replicas; n++)
			r = append(up, service, n);
	}
	return r;
}

bool up_is_ready(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->state == INSTANCE_WAITING ||
		    instance->state == INSTANCE_STARTING ||
		    instance->state == INSTANCE_BACKOFF)
			return false;
	}
	return true;
}

/* ---------------------------------------------------------------- the stop */

void up_stop(struct up *up, int status)
{
	if (!up->has_status) {
		up->has_status = true;
		up->status = status;
	}
	if (up->stopping) {
		up->hurried = true;
		for (size_t i = 0; i < up->instances.count; i++)
			if (instance_is_running(up_instance(up, i)))
				instance_stop(up_instance(up, i));
	}
	up->stopping = true;
	if (up->around_fixture)
		(void)jig_stop(up->around_fixture);
}

static void signalled(void *context)
{
	struct up *up = context;
	struct signalfd_siginfo info;

	if (read(up->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	if (!up->settings->quiet)
		output_say(up->output, "jig", "%s: %s",
			   strsignal((int)info.ssi_signo),
			   up->stopping ? "hurrying" : "stopping all");
	up_stop(up, 128 + (int)info.ssi_signo);
}

static void owner_died(void *context)
{
	struct up *up = context;

	watch_free(&up->owner);
	up_stop(up, EXIT_JIG);
}

/* ------------------------------------------------- the command around which */

static void around_ended(struct up *up, int code)
{
	watch_free(&up->around_watch);
	jig_free(up->around_fixture);
	up->around_fixture = NULL;
	if (!up->stopping)
		up_stop(up, code);
}

static void around_news(void *context)
{
	struct up *up = context;
	int code = EXIT_JIG;

	if (jig_wait(up->around_fixture, 0, &code) != -ETIMEDOUT)
		around_ended(up, code);
}

static void around_start(struct up *up)
{
	CLEANUP(list_free) struct list env = { 0 };
	char reason[512] = "out of memory";
	struct jig_command command = {
		.argv = (const char *const *)up->around,
		.program = up->jig,
		.error = reason,
		.error_size = sizeof(reason),
	};
	int r = environment_inherit(&env, up->project->env.items);

	if (r == 0)
		r = environment_end(&env);
	command.env = env.items;
	if (r == 0)
		r = jig_start(&command, &up->around_fixture);
	if (r == 0)
		up->around_watch =
			watch_new(&up->loop, jig_fd(up->around_fixture),
				  UV_READABLE, around_news, up);
	if (up->around_watch)
		return;
	output_say(up->output, "jig", "cannot run %s: %s", up->around[0],
		   reason);
	up_stop(up, r == -ENOENT ? EXIT_NOT_FOUND : EXIT_NOT_EXECUTABLE);
}

static void all_ready(struct up *up)
{
	up->said_ready = true;
	if (up->ready_fd >= 0) {
		(void)!write(up->ready_fd, "", 1);
		cleanup_close(&up->ready_fd);
		up->ready_fd = -1;
	}
	if (up->around)
		around_start(up);
}

/* ------------------------------------------------------------------ output */

static void tick(void *context)
{
	(void)context; /* The round that follows does it. */
}

static void writable(void *context)
{
	(void)context;
}

/* Write what waits; where nobody takes it, the services wait, too. */
static void write_output(struct up *up)
{
	int fds[2] = { -1, -1 };
	size_t count;
	int64_t next;
	bool full;

	next = output_tick(up->output, clock_us());
	if (next >= 0)
		(void)alarm_set(&up->output_alarm, &up->loop, next - clock_us(),
				tick, up);
	for (int i = 0; i < 2; i++)
		watch_free(&up->output_watches[i]);
	if (!output_flush(up->output)) {
		count = output_wanted(up->output, fds);
		for (size_t i = 0; i < count; i++)
			up->output_watches[i] =
				watch_new(&up->loop, fds[i], UV_WRITABLE,
					  writable, up);
	}
	/* As SIGPIPE would: nobody wants to hear of it any more. */
	if (output_is_gone(up->output) && !up->stopping && !up->around)
		up_stop(up, 128 + SIGPIPE);
	full = output_is_full(up->output);
	for (size_t i = 0; i < up->instances.count; i++)
		instance_read(up_instance(up, i), !full);
}

/* ---------------------------------------------------------------- the whole */

static int code_of_all(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->state == INSTANCE_ENDED && !instance->succeeded)
			return instance->code;
	}
	return 0;
}

static void step(struct up *up)
{
	schedule_starts(up);
	schedule_stops(up);
	if (!up->said_ready && !up->stopping && up_is_ready(up))
		all_ready(up);
	control_step(up->control);
	forget_gone(up);
	if (schedule_is_over(up) && !(up->around && !up->stopping)) {
		up->is_over = true;
		if (!up->has_status)
			up->status = code_of_all(up);
		up->has_status = true;
	}
	write_output(up);
}

static int open_owner(struct up *up, struct fault *fault)
{
	pid_t owner = up->settings->owner;

	up->owner_fd = -1;
	if (owner == JIG_OWNER_NONE || up->settings->detached)
		return 0;
	owner = owner > 0 ? owner : getppid();
	if (owner <= 0)
		return 0;
	up->owner_fd = sys_pidfd_open(owner);
	if (up->owner_fd == -ESRCH)
		return fault_set(fault, -ESRCH,
				 "the owner, pid %d, is not alive", owner);
	if (up->owner_fd >= 0)
		up->owner = watch_new(&up->loop, up->owner_fd, UV_READABLE,
				      owner_died, up);
	return 0;
}

/* It may not use PORT at all: so this is told, and is no error. */
static void say_ports(struct up *up)
{
	char holder[64];

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->state == INSTANCE_WAITING && instance->port &&
		    port_holder(instance->port, holder, sizeof(holder)))
			output_say(up->output, instance->name,
				   "its port %d is in use already, by %s",
				   instance->port, holder);
	}
}

static int open_all(struct up *up, const struct output_settings *output,
		    struct fault *fault)
{
	int r = output_open(output, &up->output, fault);

	if (r < 0)
		return r;
	/* Who reads us may go, and a log file may be as large as it can. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	(void)sys_signal_mask(STOP_SIGNALS);
	up->signal_fd = sys_signalfd(STOP_SIGNALS);
	if (up->signal_fd < 0)
		return fault_set(fault, up->signal_fd, "cannot watch signals");
	up->signals =
		watch_new(&up->loop, up->signal_fd, UV_READABLE, signalled, up);
	r = open_owner(up, fault);
	if (r == 0)
		r = append_all(up);
	if (r == 0)
		r = control_open(up, &up->control, fault);
	return r;
}

static void close_all(struct up *up)
{
	control_close(up->control);
	for (size_t i = 0; i < up->instances.count; i++)
		instance_free(up_instance(up, i));
	list_free(&up->instances);
	watch_free(&up->signals);
	watch_free(&up->owner);
	alarm_free(&up->output_alarm);
	for (int i = 0; i < 2; i++)
		watch_free(&up->output_watches[i]);
	output_close(up->output, FLUSH_MS);
	/* What was freed above is closed in this round. */
	(void)uv_run(&up->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&up->loop);
	cleanup_close(&up->signal_fd);
	cleanup_close(&up->owner_fd);
	cleanup_close(&up->ready_fd);
}

static struct output_settings choose_output(const struct up *up)
{
	const struct up_settings *settings = up->settings;
	/* A command around which all runs has stdout for itself. */
	int out = up->around ? STDERR_FILENO : STDOUT_FILENO;

	return (struct output_settings){
		.format = settings->json    ? OUTPUT_JSON
			  : settings->plain ? OUTPUT_PLAIN
					    : OUTPUT_PREFIX,
		.colour = (enum output_colour)settings->colour,
		.merge = settings->merge,
		.no_times = settings->no_times,
		.log_dir = settings->log_dir,
		.rotation = { .max_bytes = settings->log_size
						   ? settings->log_size
						   : 10 << 20,
			      .max_files = settings->log_files
						   ? settings->log_files
						   : 5 },
		.out = settings->detached ? -1 : out,
		.err = settings->detached ? -1 : STDERR_FILENO,
	};
}

/* Who left what behind; whoever could not be ended is no success. */
static void say_report(struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->survivors) {
			up->status = EXIT_SURVIVORS;
			output_say(up->output, instance->name,
				   "%zu of its processes could not be ended",
				   instance->survivors);
		}
		if (instance->leftovers && !up->settings->quiet)
			output_say(up->output, instance->name,
				   "left %zu process%s behind; all ended",
				   instance->leftovers,
				   instance->leftovers == 1 ? "" : "es");
	}
}

static void run_loop(struct up *up)
{
	say_ports(up);
	step(up);
	while (!up->is_over) {
		(void)uv_run(&up->loop, UV_RUN_ONCE);
		step(up);
	}
	say_report(up);
}

int up_run(const struct up_settings *settings, struct project *project,
	   const char *jig, char **around, int ready_fd, struct fault *fault)
{
	struct up up = {
		.settings = settings,
		.project = project,
		.jig = jig,
		.grace = { .signal = SIGTERM, .wait_us = settings->grace_us },
		.around = around,
		.ready_fd = ready_fd,
		.signal_fd = -1,
		.owner_fd = -1,
	};
	struct output_settings output = choose_output(&up);
	int r = formation_base_port(project, settings->port, getenv("PORT"),
				    &up.base_port, fault);

	if (r < 0)
		return r;
	if (uv_loop_init(&up.loop) < 0)
		return fault_set(fault, -ENOMEM, "cannot make an event loop");
	r = open_all(&up, &output, fault);
	if (r == 0)
		run_loop(&up);
	close_all(&up);
	return r < 0 ? r : up.status;
}
