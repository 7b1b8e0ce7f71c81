// SPDX-License-Identifier: MIT
/* `jig ps`: the instances, as text and as JSON. */
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/text/json.h"
#include "up/control/control.h"
#include "up/engine/addresses.h"
#include "up/project/machine.h"

static double uptime_s(const struct instance *instance)
{
	return instance->fixture
		       ? (double)(clock_us() - instance->started_us) / 1e6
		       : 0;
}

/* {"web": "127.0.0.1:40123"}, and the ports among them. */
static void ps_json_names(struct json *json, const struct instance *instance)
{
	bool runs = instance->fixture && instance->was_executed;
	char name[ADDRESS_NAME_SIZE];

	json_open(json, "ports", '{');
	for (size_t i = 0; runs && address_name(instance, i, name); i++)
		if (jig_port(instance->fixture, name) > 0)
			json_number(json, name,
				    jig_port(instance->fixture, name));
	json_close(json, '}');
	json_open(json, "addresses", '{');
	for (size_t i = 0; runs && address_name(instance, i, name); i++)
		if (jig_address(instance->fixture, name))
			json_string(json, name,
				    jig_address(instance->fixture, name));
	json_close(json, '}');
}

static void ps_json_via(struct json *json, const struct instance *instance)
{
	CLEANUP_FREE char *via = NULL;

	/* Without memory it is null. */
	(void)machine_name(instance->service, instance->number - 1, &via);
	if (via)
		json_string(json, "via", via);
	else
		json_null(json, "via");
}

static void ps_json(struct json *json, const struct instance *instance)
{
	bool runs = instance->fixture && instance->was_executed;

	json_open(json, NULL, '{');
	json_string(json, "name", instance->name);
	json_string(json, "service", instance->service->name);
	json_string(json, "state", instance_state_name(instance));
	ps_json_via(json, instance);
	if (runs)
		json_number(json, "pid", jig_pid(instance->fixture));
	else
		json_null(json, "pid");
	json_number(json, "port", address_port(instance));
	ps_json_names(json, instance);
	json_number(json, "restarts", instance->restarts_ever);
	json_seconds(json, "uptime_s",
		     runs ? clock_us() - instance->started_us : 0);
	if (instance->state == INSTANCE_ENDED ||
	    instance->state == INSTANCE_BACKOFF)
		json_number(json, "status", instance->code);
	else
		json_null(json, "status");
	json_string(json, "problem", instance->problem);
	json_number(json, "leftovers", (int64_t)instance->leftovers);
	json_number(json, "survivors", (int64_t)instance->survivors);
	json_close(json, '}');
}

static void ps_line(struct control_client *client,
		    const struct instance *instance)
{
	char pid[16] = "-", up[32] = "-", port[16] = "-";
	CLEANUP_FREE char *via = NULL;

	/* Without memory it is not shown. */
	(void)machine_name(instance->service, instance->number - 1, &via);
	if (instance->fixture && instance->was_executed) {
		(void)snprintf(pid, sizeof(pid), "%d",
			       jig_pid(instance->fixture));
		(void)snprintf(up, sizeof(up), "%.0f s", uptime_s(instance));
	}
	if (address_port(instance))
		(void)snprintf(port, sizeof(port), "%d",
			       address_port(instance));
	control_client_say(client, FRAME_OUT,
			   "%-16s %-9s %8s %6s %10s %9u  %s%s%s%s\n",
			   instance->name, instance_state_name(instance), pid,
			   port, up, instance->restarts_ever, via ? "[" : "",
			   via ? via : "", via ? "] " : "", instance->problem);
}

void control_ps(struct control_client *client, char **words, int count)
{
	const struct up *up = client->control->up;
	struct json json = { 0 };

	if (count < 2 || strcmp(words[1], "json") != 0) {
		control_client_say(client, FRAME_OUT,
				   "%-16s %-9s %8s %6s %10s %9s  %s\n", "NAME",
				   "STATE", "PID", "PORT", "UPTIME", "RESTARTS",
				   "PROBLEM");
		for (size_t i = 0; i < up->instances.count; i++)
			ps_line(client, up_instance(up, i));
		if (up->instances.count == 0)
			control_client_say(client, FRAME_OUT,
					   "no service has an instance; start "
					   "one with: jig scale NAME=1\n");
		control_client_end(client, 0);
		return;
	}
	json_open(&json, NULL, '[');
	for (size_t i = 0; i < up->instances.count; i++)
		ps_json(&json, up_instance(up, i));
	json_close(&json, ']');
	control_client_tell(client, &json);
	control_client_end(client, 0);
}
