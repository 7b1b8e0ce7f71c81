// SPDX-License-Identifier: MIT
/* What the words of a client do: `jig restart web`, `jig down`, … */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cli/command/command.h"
#include "up/control/control.h"
#include "up/engine/attach.h"
#include "up/engine/schedule.h"
#include "up/engine/stop_bound.h"

/* ----------------------------------------------------------------- commands */

static void stop_one(struct instance *instance)
{
	instance->is_wanted = false;
	instance->restarts_at_end = false;
	if (!instance_is_alive(instance))
		instance->state = INSTANCE_STOPPED;
	else
		instance_stop(instance);
}

static void control_commands_do_stop(struct control_client *client,
				     char **words, int count)
{
	if (select_are_names(client, words, count))
		select_each(client, words, count, stop_one);
}

/* Start one instance of a service that has none. */
static void start_first(struct up *up, const char *name)
{
	for (size_t i = 0; i < up->project->services.count; i++) {
		struct service *service = project_service(up->project, i);

		if (service->replicas == 0 && select_is_service(service, name))
			(void)up_scale(up, service, 1);
	}
}

void control_restart(struct control_client *client, char **words, int count)
{
	client->waiting.for_ready = client->waiting.settles = true;
	for (int i = 1; i < count; i++)
		start_first(client->control->up, words[i]);
	select_each(client, words, count, instance_restart);
	schedule_unskip(client->control->up);
}

static void do_restart(struct control_client *client, char **words, int count)
{
	if (select_are_names(client, words, count))
		control_reload(client, words, count);
}

static void leave_it(struct instance *instance)
{
	(void)instance; /* It is only waited for. */
}

static void control_commands_do_wait(struct control_client *client,
				     char **words, int count)
{
	client->waiting.for_ready = client->waiting.is_patient = true;
	if (select_are_names(client, words, count))
		select_each(client, words, count, leave_it);
}

static bool scale_one(struct control_client *client, const char *word)
{
	struct up *up = client->control->up;
	const char *equals = strchr(word, '=');
	uint64_t number;
	char name[256];

	if (!equals || text_number(equals + 1, 10000, &number) < 0) {
		control_client_say(client, FRAME_ERR,
				   "'%s' is not of the form NAME=N (at most "
				   "10000)\n",
				   word);
		control_client_end(client, EXIT_JIG);
		return false;
	}
	(void)snprintf(name, sizeof(name), "%.*s", (int)(equals - word), word);
	struct service *service = project_find(up->project, name);

	if (!service) {
		select_unknown(client, name);
		return false;
	}
	if (service->machine.nodes.count > 0 &&
	    number > service->machine.nodes.count) {
		control_client_say(client, FRAME_ERR,
				   "'%s' has %zu nodes, one for each "
				   "instance\n",
				   name, service->machine.nodes.count);
		control_client_end(client, 1);
		return false;
	}
	(void)up_scale(up, service, (unsigned)number);
	for (size_t i = 0; i < up->instances.count; i++)
		if (up_instance(up, i)->service == service)
			(void)select_await(client, up_instance(up, i));
	return true;
}

static void do_scale(struct control_client *client, char **words, int count)
{
	client->waiting.for_ready = client->waiting.settles = true;
	for (int i = 1; i < count; i++)
		if (!scale_one(client, words[i]))
			return;
	schedule_unskip(client->control->up);
	client->is_waiting = true;
}

static void do_down(struct control_client *client, char **words, int count)
{
	struct up *up = client->control->up;

	int64_t us = stop_bound_us(up);
	uint64_t asked;

	client->is_waiting = true;
	client->waiting.for_all = true;
	/* An older client sends no time, and does not know this frame. */
	if (count > 1 && text_number(words[1], INT64_MAX, &asked) == 0)
		us = (int64_t)asked;
	if (count > 1)
		frame_add_limit(&client->out, us);
	if (!up->settings->quiet)
		output_say(up->output, "jig", "down: stopping all");
	up->was_downed = true;
	up_stop(up, 0);
	stop_bound_set(up, us);
}

/* -------------------------------------------------------------------- logs */

static void control_commands_follow(void *context, const char *name,
				    const char *text, size_t size)
{
	struct control_client *client = context;

	(void)name;
	frame_add(&client->out, FRAME_OUT, text, size);
}

/* "logs", lines, "follow" or "", name or "". */
static void control_commands_do_logs(struct control_client *client,
				     char **words, int count)
{
	struct output *output = client->control->up->output;
	struct buffer text = { 0 };
	uint64_t lines = 0;
	const char *name = count > 3 && *words[3] ? words[3] : NULL;

	if (count != 4 || text_number(words[1], UINT32_MAX, &lines) < 0) {
		control_client_end(client, EXIT_JIG);
		return;
	}
	if (name && !select_has_name(client->control->up, name)) {
		select_unknown(client, name);
		return;
	}
	if (output_backlog(output, name, (unsigned)lines, &text) == 0 &&
	    text.used)
		frame_add(&client->out, FRAME_OUT, text.text, text.used);
	buffer_free(&text);
	if (strcmp(words[2], "follow") != 0) {
		control_client_end(client, 0);
		return;
	}
	client->follower =
		output_follow(output, name, control_commands_follow, client);
	if (client->follower < 0)
		control_client_end(client, EXIT_JIG);
}

/* ------------------------------------------------------------------ attach */

static void control_commands_show(void *context, const char *bytes, size_t size)
{
	struct control_client *client = context;

	frame_add(&client->out, FRAME_OUT, bytes, size);
}

static void shown_has_ended(void *context)
{
	struct control_client *client = context;

	client->attached = NULL;
	control_client_end(client, 0);
}

static struct instance *find_one(const struct up *up, const char *name)
{
	for (size_t i = 0; i < up->instances.count; i++)
		if (select_is_named(up_instance(up, i), name))
			return up_instance(up, i);
	return NULL;
}

static void control_commands_do_attach(struct control_client *client,
				       char **words, int count)
{
	struct instance *instance;

	if (count < 2) {
		control_client_say(client, FRAME_ERR, "%s: which service?\n",
				   words[0]);
		control_client_end(client, EXIT_JIG);
		return;
	}
	if (!select_are_names(client, words, count))
		return;
	instance = find_one(client->control->up, words[1]);
	if (!instance || instance->pty.master < 0 ||
	    instance->feeds[FEED_OUT].fd < 0) {
		control_client_say(
			client, FRAME_ERR, "%s has no terminal%s\n", words[1],
			instance && instance->was_executed && instance->fixture
				? ": start it with --pty, or is_tty: true"
				: ": it does not run");
		control_client_end(client, 1);
		return;
	}
	client->attached = attach(instance, control_commands_show,
				  shown_has_ended, client);
	if (client->attached)
		frame_add(&client->out, FRAME_RAW, NULL, 0);
	else
		control_client_end(client, EXIT_JIG);
}

void control_typed(struct control_client *client, const struct frame *frame)
{
	const unsigned char *bytes = (const unsigned char *)frame->payload;
	struct winsize size = { 0 };

	if (!client->attached)
		return;
	if (frame->kind == FRAME_INPUT)
		attach_type(client->attached, frame->payload, frame->size);
	if (frame->kind != FRAME_RESIZE)
		return;
	size.ws_row = (unsigned short)(bytes[0] | bytes[1] << 8);
	size.ws_col = (unsigned short)(bytes[2] | bytes[3] << 8);
	attach_resize(client->attached, &size);
}

/* ------------------------------------------------------------------- table */

static const struct {
	const char *name;
	void (*act)(struct control_client *client, char **words, int count);
} commands_of_clients[] = {
	{ "attach", control_commands_do_attach },
	{ "down", do_down },
	{ "logs", control_commands_do_logs },
	{ "ps", control_ps },
	{ "reload", control_reload },
	{ "restart", do_restart },
	{ "scale", do_scale },
	{ "stop", control_commands_do_stop },
	{ "wait", control_commands_do_wait },
};

void control_command(struct control_client *client, char **words, int count)
{
	size_t known =
		sizeof(commands_of_clients) / sizeof(commands_of_clients[0]);

	for (size_t i = 0; count > 0 && i < known; i++) {
		if (strcmp(words[0], commands_of_clients[i].name) == 0) {
			commands_of_clients[i].act(client, words, count);
			return;
		}
	}
	control_client_say(client, FRAME_ERR,
			   "this `jig up` does not know '%s'\n",
			   count > 0 ? words[0] : "");
	control_client_end(client, EXIT_JIG);
}
