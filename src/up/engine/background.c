// SPDX-License-Identifier: MIT
#include "up/engine/background.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/text.h"
#include "cli/command/command.h"
#include "up/engine/up.h"

/* A pipe of the default size takes as much at once. */
#define NOTES_MAX 32768

enum tidings {
	TIDINGS_READY = 'r',
	TIDINGS_PARTIAL = 'p',
	TIDINGS_OVER = 'e',
	TIDINGS_REFUSED = 'x', /* nothing was started */
	TIDINGS_RUNS = 'a', /* another one runs already */
};

/* ----------------------------------------------------------- what has failed
 */

static void add_what(struct buffer *notes, const struct instance *instance)
{
	char text[INSTANCE_END_SIZE];

	instance_describe_end(instance, text);
	buffer_printf(notes, "%s", text);
	if (instance->state == INSTANCE_BACKOFF)
		buffer_printf(notes, "; it starts again (restart %u)",
			      instance->restarts_ever);
}

void background_note(const struct instance *instance)
{
	struct background *background = instance->up->background;

	if (!background || background->fd < 0 ||
	    background->notes.used > NOTES_MAX)
		return;
	buffer_printf(&background->notes, "%s: ", instance->name);
	add_what(&background->notes, instance);
	buffer_add(&background->notes, "\n", 1);
	if (instance->was_started)
		instance_last_lines(instance, &background->notes);
}

/* ---------------------------------------------------------------- telling it
 */

/* How much the empty pipe takes at once. It is smaller than usual if the user
 * has many pipes (pipe(7)), and its reader may be suspended. */
static size_t room(int fd)
{
	int size = fcntl(fd, F_GETPIPE_SZ);
	size_t most = 2 * (size_t)NOTES_MAX;

	if (size < 0)
		return PIPE_BUF;
	return (size_t)size < most ? (size_t)size : most;
}

static void background_tell(struct background *background, enum tidings kind,
			    int status)
{
	CLEANUP(buffer_free) struct buffer out = { 0 };
	char head[2] = { (char)kind, (char)status };
	size_t most = room(background->fd) - sizeof(head);
	size_t size =
		background->notes.used < most ? background->notes.used : most;

	buffer_add(&out, head, sizeof(head));
	buffer_add(&out, background->notes.text, size);
	/* If memory is short, write only the head. An error means that the
	 * reader has ended. The pipe is empty, so this does not block. */
	(void)!fd_write_all(background->fd, out.error ? head : out.text,
			    out.error ? sizeof(head) : out.used);
	cleanup_close(&background->fd);
	buffer_free(&background->notes);
}

/* The reader has ended (SIGKILL, Ctrl-C): our start cannot be reported. */
static void reader_has_gone(void *context)
{
	struct up *up = context;

	watch_free(&up->background->reader);
	up_note_reason(up, "the `jig up -D` that had started it was ended");
	up_stop(up, 128 + SIGPIPE);
}

int background_open(struct up *up)
{
	struct background *background = up->background;

	if (!background)
		return 0;
	background->reader = watch_new(&up->loop, background->fd, UV_DISCONNECT,
				       reader_has_gone, up);
	return background->reader ? 0 : -ENOMEM;
}

void background_close(struct up *up)
{
	if (!up->background)
		return;
	watch_free(&up->background->reader);
	alarm_free(&up->background->settled);
}

/* --------------------------------------------------------------- the verdict
 */

/* Summary of all instances. */
struct survey {
	bool is_open; /* one may still become ready, or fail */
	bool has_failed;
	bool restarts; /* one restarts, and is not waited for any more */
	bool waits; /* one waits for another one */
	int64_t settles_us; /* when the last one has lived long enough; or 0 */
};

static void survey_ready(const struct instance *instance, struct survey *all)
{
	int64_t at = instance_settles_us(instance);

	if (at == 0)
		return;
	all->is_open = true;
	if (at > all->settles_us)
		all->settles_us = at;
}

static void survey(const struct instance *instance, struct survey *all)
{
	switch (instance->state) {
	case INSTANCE_STARTING:
	case INSTANCE_STOPPING:
		all->is_open = true;
		break;
	case INSTANCE_READY:
		survey_ready(instance, all);
		break;
	case INSTANCE_BACKOFF:
		if (instance_is_hopeless(instance))
			all->restarts = true;
		else
			all->is_open = true;
		break;
	case INSTANCE_WAITING:
		all->waits = true;
		break;
	case INSTANCE_ENDED:
	case INSTANCE_SKIPPED:
		all->has_failed |= instance_has_failed(instance);
		break;
	case INSTANCE_LAUNCHED:
		all->is_open |= instance->prober != NULL;
		break;
	case INSTANCE_SCHEDULED:
	case INSTANCE_STOPPED:
	case INSTANCE_DISABLED:
		break;
	}
}

static void settled(void *context)
{
	(void)context; /* The next round checks. */
}

void background_look(struct up *up)
{
	struct background *background = up->background;
	struct survey all = { 0 };

	if (!background || background->fd < 0 || up->stopping)
		return;
	for (size_t i = 0; i < up->instances.count; i++)
		survey(up_instance(up, i), &all);
	/* Do not wait for an instance that waits for one that restarts. */
	if (all.is_open || (all.waits && !all.restarts)) {
		background->is_decided = false;
		if (all.settles_us)
			(void)alarm_set(&background->settled, &up->loop,
					all.settles_us - clock_us(), settled,
					up);
		return;
	}
	/* One may have ended already, and its event may be in the queue. */
	if (!background->is_decided) {
		background->is_decided = up->has_changed = true;
		return;
	}
	bool is_partial = all.has_failed || all.restarts || all.waits;

	watch_free(&background->reader);
	background_tell(background,
			is_partial ? TIDINGS_PARTIAL : TIDINGS_READY, 0);
}

void background_over(struct background *background, int status,
		     const struct fault *fault)
{
	if (background->fd < 0)
		return;
	if (status == -EEXIST) {
		background_tell(background, TIDINGS_RUNS, 1);
		return;
	}
	if (status < 0) {
		buffer_printf(&background->notes, "%s\n", fault->text);
		background_tell(background, TIDINGS_REFUSED, 1);
		return;
	}
	if (background->notes.used == 0 && status > 0)
		buffer_printf(
			&background->notes,
			"it was stopped before all services were ready\n");
	background_tell(background, TIDINGS_OVER,
			status == 0 && background->notes.used > 0 ? 1 : status);
}

/* ------------------------------------------------------------ the other side
 */

static int say_over(int status)
{
	if (status == 0) {
		say_line("all services have ended with success");
		return 0;
	}
	if (status != EXIT_SURVIVORS) {
		complain("none of its services runs");
		return 1;
	}
	complain("some of its processes could not be ended");
	return status;
}

static int say_verdict(const char *verdict, size_t size, pid_t pid)
{
	char *rest = NULL, *lines = size > 2 ? strdup(verdict + 2) : NULL;

	for (char *line = lines ? strtok_r(lines, "\n", &rest) : NULL; line;
	     line = strtok_r(NULL, "\n", &rest))
		complain("%s", line);
	free(lines);
	switch (size < 2 ? 0 : verdict[0]) {
	case TIDINGS_READY:
		say_line("all services are ready; pid %d, stop them with: jig "
			 "down",
			 (int)pid);
		return 0;
	case TIDINGS_PARTIAL:
		complain("not all services are ready; pid %d continues, see: "
			 "jig ps; stop it with: jig down",
			 (int)pid);
		return 1;
	case TIDINGS_REFUSED:
		return 1;
	case TIDINGS_RUNS:
		return -EEXIST;
	case TIDINGS_OVER:
		return say_over((unsigned char)verdict[1]);
	default:
		complain("pid %d was killed before all services were ready; "
			 "its services are being stopped",
			 (int)pid);
		return 1;
	}
}

int background_await(int fd, pid_t pid)
{
	CLEANUP(buffer_free) struct buffer verdict = { 0 };
	char bytes[4096];
	ssize_t got = 1;

	while (got != 0) {
		got = read(fd, bytes, sizeof(bytes));
		if (got > 0)
			buffer_add(&verdict, bytes, (size_t)got);
		else if (got < 0 && errno != EINTR)
			break;
	}
	return say_verdict(verdict.text, verdict.used, pid);
}
