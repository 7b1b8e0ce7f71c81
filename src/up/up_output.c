// SPDX-License-Identifier: MIT
/* What `jig up` writes: services' lines, and its own words about them. */
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "up/port.h"
#include "up/up.h"
#include "up/up_parts.h"

struct output_settings up_choose_output(const struct up *up)
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

static void tick(void *context)
{
	(void)context; /* The round that follows does it. */
}

static void writable(void *context)
{
	(void)context;
}

/* Those that cannot be written to now. A watch stays as long as it waits: to
 * make it anew in each round would wake the loop for another one. */
static void watch_sinks(struct up *up)
{
	int fds[2] = { -1, -1 };

	(void)output_wanted(up->output, fds);
	for (int i = 0; i < 2; i++) {
		struct output_watch *one = &up->output_watches[i];

		if (one->watch && one->fd == fds[i])
			continue;
		watch_free(&one->watch);
		one->fd = fds[i];
	}
	for (int i = 0; i < 2; i++) {
		struct output_watch *one = &up->output_watches[i];

		if (!one->watch && one->fd >= 0)
			one->watch = watch_new(&up->loop, one->fd, UV_WRITABLE,
					       writable, up);
	}
}

/* Write what waits; where nobody takes it, the services wait, too. */
void up_write(struct up *up)
{
	int64_t next;
	bool full;

	next = output_tick(up->output, clock_us());
	if (next >= 0)
		(void)alarm_set(&up->output_alarm, &up->loop, next - clock_us(),
				tick, up);
	(void)output_flush(up->output);
	watch_sinks(up);
	/* As SIGPIPE would: nobody wants to hear of it any more. */
	if (output_is_gone(up->output) && !up->stopping && !up->around)
		up_stop(up, 128 + SIGPIPE);
	full = output_is_full(up->output);
	for (size_t i = 0; i < up->instances.count; i++)
		instance_read(up_instance(up, i), !full);
}

/* It may not use PORT at all: so this is told, and is no error. */
void up_say_ports(struct up *up)
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

/* Who left what behind. */
void up_say_one(struct up *up, const struct instance *instance)
{
	if (instance->survivors)
		output_say(up->output, instance->name,
			   "%zu of its processes could not be ended",
			   instance->survivors);
	if (instance->leftovers && !up->settings->quiet)
		output_say(up->output, instance->name,
			   "left %zu process%s behind; all ended",
			   instance->leftovers,
			   instance->leftovers == 1 ? "" : "es");
}

/* Whoever could not be ended is no success. */
void up_say_report(struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		up->survivors += instance->survivors;
		up_say_one(up, instance);
	}
	if (up->survivors)
		up->status = EXIT_SURVIVORS;
}
