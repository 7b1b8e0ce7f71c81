// SPDX-License-Identifier: MIT
/* What `jig up` writes: lines of services, and its own messages. */
#include <signal.h>
#include <unistd.h>

#include "base/clock.h"
#include "up/engine/parts.h"
#include "up/engine/up.h"
#include "up/project/machine.h"
#include "up/project/port.h"

struct output_settings up_choose_output(const struct up *up)
{
	const struct up_settings *settings = up->settings;
	static const enum output_colour colours[] = {
		[UP_COLOUR_AUTO] = COLOUR_AUTO,
		[UP_COLOUR_ALWAYS] = COLOUR_ALWAYS,
		[UP_COLOUR_NEVER] = COLOUR_NEVER,
	};
	/* The command of `jig up -- command` has stdout for itself. */
	int out = up->around ? STDERR_FILENO : STDOUT_FILENO;

	return (struct output_settings){
		.format = settings->json    ? OUTPUT_JSON
			  : settings->plain ? OUTPUT_PLAIN
					    : OUTPUT_PREFIX,
		.colour = colours[settings->colour],
		.merge = settings->merge,
		.no_times = settings->no_times,
		.muted = &settings->muted,
		.log_dir = settings->log_dir,
		.events = settings->events,
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
	(void)context; /* The next round does it. */
}

static void writable(void *context)
{
	(void)context;
}

/* A descriptor that the output waits to write to. */
struct output_watch {
	int fd;
	struct watch *watch;
};

static struct output_watch *watch_at(const struct up *up, size_t index)
{
	return list_at(&up->output_watches, index, sizeof(struct output_watch));
}

static bool up_output_is_watched(const struct up *up, int fd)
{
	for (size_t i = 0; i < up->output_watches.count; i++)
		if (watch_at(up, i)->fd == fd)
			return true;
	return false;
}

static void watch_one(struct up *up, int fd)
{
	struct output_watch one = { .fd = fd };

	if (up_output_is_watched(up, fd))
		return;
	one.watch = watch_new(&up->loop, fd, UV_WRITABLE, writable, up);
	/* If memory is short, the next round tries again. */
	if (one.watch &&
	    list_append(&up->output_watches, &one, sizeof(one)) < 0)
		watch_free(&one.watch);
}

/* A watch stays as long as its descriptor is awaited: to make a new one in each
 * round would cause another round. */
static void watch_sinks(struct up *up)
{
	CLEANUP(list_free) struct list wanted = { 0 };

	/* If memory is short, some of them wait for the next round. */
	(void)output_wanted(up->output, &wanted);
	for (size_t i = up->output_watches.count; i > 0; i--) {
		struct output_watch *one = watch_at(up, i - 1);

		if (list_has(&wanted, &one->fd, sizeof(int)))
			continue;
		watch_free(&one->watch);
		*one = *watch_at(up, --up->output_watches.count);
	}
	for (size_t i = 0; i < wanted.count; i++)
		watch_one(up, *(int *)list_at(&wanted, i, sizeof(int)));
	output_tidy(up->output);
}

void up_unwatch(struct up *up)
{
	for (size_t i = 0; i < up->output_watches.count; i++)
		watch_free(&watch_at(up, i)->watch);
	list_free(&up->output_watches);
}

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
	/* As SIGPIPE does: no process reads our output any more. */
	if (output_is_gone(up->output) && !up->stopping && !up->around)
		up_stop(up, 128 + SIGPIPE);
	full = output_is_full(up->output);
	for (size_t i = 0; i < up->instances.count; i++)
		instance_read(up_instance(up, i), !full);
}

/* A service need not use PORT, so this is a message and not an error. */
void up_say_ports(struct up *up)
{
	char holder[64];

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->state == INSTANCE_WAITING && instance->port &&
		    !service_is_far(instance->service) &&
		    port_holder(instance->port, holder, sizeof(holder)))
			output_say(up->output, instance->name,
				   "its port %d is in use already, by %s",
				   instance->port, holder);
	}
}

void up_say_one(struct up *up, const struct instance *instance)
{
	if (instance->survivors)
		output_say(up->output, instance->name,
			   "%zu of its processes could not be ended",
			   instance->survivors);
	if (instance->is_lost)
		output_say(up->output, instance->name,
			   "what it has left on the other machine is not "
			   "known");
	if (instance->leftovers && !up->settings->quiet)
		output_say(up->output, instance->name,
			   "left %zu process%s behind; all ended",
			   instance->leftovers,
			   instance->leftovers == 1 ? "" : "es");
}

/* A process that could not be ended is a failure, and so is one that may be
 * left. */
void up_say_report(struct up *up)
{
	bool is_lost = false;

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		up->survivors += instance->survivors;
		is_lost |= instance->is_lost;
		up_say_one(up, instance);
	}
	if (up->survivors)
		up->status = EXIT_SURVIVORS;
	else if (is_lost && up->status == 0)
		up->status = EXIT_JIG;
}
