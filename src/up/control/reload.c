// SPDX-License-Identifier: MIT
/*
 * `jig reload`, and `jig restart`, which also uses the files of now. A child
 * reads them (up/reload/fresh.h); meanwhile the client waits, and other
 * commands are done. So each plan is made against the project of its moment,
 * and the second of two reloads at once finds nothing more to do.
 */
#include "up/reload/reload.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text/json.h"
#include "cli/command/command.h"
#include "up/control/control.h"
#include "up/project/field.h"
#include "up/project/order.h"
#include "up/reload/fresh.h"

/* -------------------------------------------------------------- what is said
 */

static void reload_fail(struct control_client *client, const char *text)
{
	control_client_say(client, FRAME_ERR, "%s\n", text);
	control_client_end(client, 1);
}

static const struct reload_line *plan_at(const struct list *plan, size_t index)
{
	return list_at(plan, index, sizeof(struct reload_line));
}

static void plan_as_json(struct control_client *client, const struct list *plan)
{
	struct json json = { 0 };

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < plan->count; i++) {
		const struct reload_line *line = plan_at(plan, i);

		json_open(&json, NULL, '{');
		if (line->service)
			json_string(&json, "service", line->service);
		else
			json_null(&json, "service");
		json_string(&json, "action", reload_action_name(line->action));
		json_open(&json, "why", '[');
		for (size_t w = 0; w < line->why.count; w++)
			json_string(&json, NULL,
				    *(char **)list_at(&line->why, w,
						      sizeof(char *)));
		json_close(&json, ']');
		json_close(&json, '}');
	}
	json_close(&json, ']');
	control_client_tell(client, &json);
}

static void plan_as_text(struct control_client *client, const struct list *plan)
{
	for (size_t i = 0; i < plan->count; i++) {
		CLEANUP(buffer_free) struct buffer text = { 0 };

		reload_line_print(plan_at(plan, i), &text);
		if (!text.error)
			control_client_say(client, FRAME_OUT, "%s\n",
					   text.text);
	}
	if (plan->count == 0)
		control_client_say(client, FRAME_OUT, "nothing has changed\n");
}

static void plan_in_log(const struct up *up, const struct list *plan)
{
	for (size_t i = 0; !up->settings->quiet && i < plan->count; i++) {
		CLEANUP(buffer_free) struct buffer text = { 0 };

		reload_line_print(plan_at(plan, i), &text);
		if (!text.error)
			output_say(up->output, "jig", "reload: %s", text.text);
	}
}

/* -------------------------------------------------------------------- reload
 */

static bool reload_has_word(const struct control_client *client,
			    const char *word)
{
	for (size_t i = 1; i < client->asked.count; i++)
		if (strcmp(*(char **)list_at(&client->asked, i, sizeof(word)),
			   word) == 0)
			return true;
	return false;
}

static bool plan_acts_on(const struct list *plan,
			 const struct instance *instance)
{
	for (size_t i = 0; i < plan->count; i++) {
		const struct reload_line *line = plan_at(plan, i);

		if (line->service && line->action != RELOAD_UPDATE &&
		    strcmp(line->service, instance->service->name) == 0)
			return true;
	}
	return false;
}

/* It is of an earlier start. */
static bool is_starting(const struct instance *instance)
{
	return instance->state == INSTANCE_WAITING ||
	       instance->state == INSTANCE_STARTING || instance->prober ||
	       instance_settles_us(instance);
}

/* Those that start become ready, those that end have ended. `jig up -D` ("all")
 * waits for each service, as if it had started it. */
static void await_plan(struct control_client *client, const struct list *plan)
{
	const struct up *up = client->control->up;
	bool all = reload_has_word(client, "all");

	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);
		bool is_out = !instance->is_removed && !instance->is_wanted;

		if (!is_out && instance->state != INSTANCE_DISABLED &&
		    (all || is_starting(instance) ||
		     plan_acts_on(plan, instance)))
			(void)select_await(client, instance);
	}
	client->waiting.for_ready = client->waiting.settles = true;
	client->waiting.is_patient = all;
	client->is_waiting = true;
}

/* @next  ours. */
static void reload_all(struct control_client *client, struct project *next)
{
	CLEANUP(project_drop) struct project *unused = next;
	CLEANUP(reload_plan_free) struct list plan = { 0 };
	struct up *up = client->control->up;
	bool is_dry = reload_has_word(client, "dry");

	reload_keep_scale(up, next);
	if (reload_plan(up, next, &plan) < 0) {
		reload_fail(client, "out of memory");
		return;
	}
	if (reload_has_word(client, "json"))
		plan_as_json(client, &plan);
	else
		plan_as_text(client, &plan);
	if (is_dry) {
		control_client_end(client, 0);
		return;
	}
	unused = NULL;
	if (reload_apply(up, next) < 0) {
		reload_fail(client, "out of memory");
		return;
	}
	plan_in_log(up, &plan);
	await_plan(client, &plan);
}

/* ------------------------------------------------------------------- restart
 */

/* What a client has named; all without names. */
struct choice {
	const struct up *up;
	const struct project *fresh;
	struct list *words;
};

static bool choice_has(const struct choice *choice,
		       const struct service *service)
{
	for (size_t w = 1; w < choice->words->count; w++) {
		const char *word =
			*(char **)list_at(choice->words, w, sizeof(word));

		if (select_is_service(service, word))
			return true;
		for (size_t i = 0; i < choice->up->instances.count; i++) {
			const struct instance *instance =
				up_instance(choice->up, i);

			if (strcmp(instance->service->name, service->name) ==
				    0 &&
			    select_is_named(instance, word))
				return true;
		}
	}
	return choice->words->count < 2;
}

/* The number of its instances is not the business of `jig restart`. */
static const struct service *choose(const struct service *service,
				    void *context)
{
	const struct choice *choice = context;
	struct service *fresh = project_find(choice->fresh, service->name);

	if (!fresh || !choice_has(choice, service))
		return service;
	fresh->replicas = service->replicas;
	fresh->given.replicas = service->given.replicas;
	return fresh;
}

/* The project that runs, with the new forms of the services that are named. */
static int merge(const struct choice *choice, struct project **ret,
		 struct fault *fault)
{
	CLEANUP(buffer_free) struct buffer bytes = { 0 };
	CLEANUP(project_drop)
	struct project *merged = calloc(1, sizeof(*merged));
	int r;

	field_write(choice->up->project, choose, (void *)choice, &bytes);
	if (!merged || bytes.error)
		return fault_set(fault, -ENOMEM, "out of memory");
	r = field_read(bytes.text, bytes.used, merged);
	if (r < 0)
		return fault_set(fault, r, "out of memory");
	r = order_check(merged, fault);
	if (r < 0)
		return r;
	*ret = merged;
	merged = NULL;
	return 0;
}

static void say_restart(struct control_client *client, const char *service,
			const struct list *why)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	reload_why_print(why, &text);
	control_client_say(client, FRAME_OUT, "restart %s: %s\n", service,
			   text.text ? text.text : "its settings are the same");
}

/* Its instances get the new form; those that are named get it at their end. */
static void take_form(struct control_client *client, struct service *service,
		      bool is_known)
{
	struct up *up = client->control->up;
	CLEANUP(list_free_texts) struct list why = { 0 };
	bool is_any = false;

	for (size_t i = 0; i < up->instances.count; i++) {
		struct instance *instance = up_instance(up, i);
		CLEANUP(list_free_texts) struct list own = { 0 };

		if (instance->is_removed ||
		    strcmp(instance->service->name, service->name) != 0 ||
		    !select_is_meant(instance, client->asked.items,
				     (int)client->asked.count))
			continue;
		is_any = true;
		if (is_known &&
		    reload_decide(instance, service, &own) > RELOAD_KEEP)
			instance->next = service;
		if (why.count == 0) {
			why = own;
			own = (struct list){ 0 };
		}
	}
	if (!is_known)
		(void)list_take_text(&why, strdup("not in the files any more, "
						  "goes on as it was"));
	/* Without names, one that starts only by its name is not meant. */
	if (is_any || client->asked.count > 1)
		say_restart(client, service->name, &why);
}

static void restart_with(struct control_client *client, struct project *fresh)
{
	struct up *up = client->control->up;
	struct choice choice = { .up = up,
				 .fresh = fresh,
				 .words = &client->asked };
	struct project *merged = NULL;
	struct fault fault = { "out of memory" };

	if (merge(&choice, &merged, &fault) < 0 || !merged) {
		reload_fail(client, fault.text);
		return;
	}
	if (reload_swap(up, merged) < 0) {
		project_drop(&merged);
		reload_fail(client, "out of memory");
		return;
	}
	for (size_t i = 0; i < merged->services.count; i++) {
		struct service *service = project_service(merged, i);

		if (choice_has(&choice, service))
			take_form(client, service,
				  project_find(fresh, service->name));
	}
	control_restart(client, client->asked.items, (int)client->asked.count);
}

/* ----------------------------------------------------------------- the files
 */

static bool reload_is_late(struct control_client *client)
{
	if (!client->control->up->stopping)
		return false;
	reload_fail(client, "this `jig up` is stopping: nothing is started");
	return true;
}

static void have_fresh(void *context)
{
	struct control_client *client = context;
	CLEANUP(buffer_free) struct buffer messages = { 0 };
	struct project *fresh = NULL;
	int r = fresh_take(client->fresh, &fresh, &messages);

	fresh_free(&client->fresh);
	client->control->up->has_changed = true;
	if (r == 0 && reload_is_late(client)) {
		project_drop(&fresh);
		return;
	}
	control_client_say_lines(client, messages.text);
	if (r == -EINVAL) {
		control_client_end(client, 1);
	} else if (r < 0) {
		control_client_say(client, FRAME_ERR,
				   "cannot read the files: %s\n",
				   r == -EPIPE ? "the process that reads them "
						 "has been killed"
					       : strerror(-r));
		control_client_end(client, EXIT_JIG);
	} else if (strcmp(*(char **)client->asked.items, "reload") == 0) {
		reload_all(client, fresh);
	} else {
		restart_with(client, fresh);
		project_drop(&fresh);
	}
}

static int keep_words(struct control_client *client, char **words, int count)
{
	int r = 0;

	for (int i = 0; r == 0 && i < count; i++)
		r = list_take_text(&client->asked, strdup(words[i]));
	return r;
}

void control_reload(struct control_client *client, char **words, int count)
{
	struct up *up = client->control->up;
	bool restarts = strcmp(words[0], "restart") == 0;
	struct fault fault = { "out of memory" };
	int r;

	if (reload_is_late(client))
		return;
	r = keep_words(client, words, count);
	if (r == 0)
		r = fresh_open(up, have_fresh, client, &client->fresh, &fault);
	if (r == -EOPNOTSUPP && restarts) {
		control_restart(client, words, count);
		return;
	}
	if (r < 0)
		reload_fail(client, fault.text);
}

void control_reload_free(struct control_client *client)
{
	fresh_free(&client->fresh);
	list_free_texts(&client->asked);
}
