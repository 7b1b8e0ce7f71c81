// SPDX-License-Identifier: MIT
#include "up/settings/named.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text/words.h"
#include "core/shared/plan.h"
#include "up/project/formation.h"
#include "up/settings/defaults.h"
#include "via/order.h"

/* --------------------------------------------------------------- one service
 */

static int name_can_die(struct project *project, struct service *service,
			const char *value, struct fault *fault)
{
	(void)project, (void)value, (void)fault;
	service->availability.can_die = true;
	return 0;
}

static int name_delayed(struct project *project, struct service *service,
			const char *value, struct fault *fault)
{
	(void)project, (void)value, (void)fault;
	service->is_foreground = true;
	service->availability.can_die = true;
	return 0;
}

static int name_restart(struct project *project, struct service *service,
			const char *value, struct fault *fault)
{
	static const char *const policies[] = {
		[RESTART_DEFAULT] = "",
		[RESTART_NO] = "no",
		[RESTART_ON_FAILURE] = "on-failure",
		[RESTART_ALWAYS] = "always",
	};
	static const struct words words = WORDS_OF(policies);
	int i = words_parse(&words, value);

	(void)project;
	if (i <= 0)
		return fault_set(
			fault, -EINVAL,
			"--restart %s=%s: the policy is no, on-failure "
			"or always",
			service->name, value);
	service->availability.named = (enum restart)i;
	return 0;
}

static int name_stop(struct project *project, struct service *service,
		     const char *value, struct fault *fault)
{
	struct shutdown *shutdown = &service->shutdown;
	struct jig_step steps[PLAN_STEPS];
	size_t count = 0;
	int r = 0;

	(void)project;
	if (plan_parse_steps(value, steps, &count) < 0)
		return fault_set(fault, -EINVAL,
				 "--stop %s=%s: the policy is not of the form "
				 "'INT 2s TERM 10s KILL'",
				 service->name, value);
	shutdown->is_named = true;
	list_free(&shutdown->steps);
	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_append(&shutdown->steps, &steps[i], sizeof(steps[i]));
	return r;
}

/* The first one replaces those of the file; check_probes() checks it. */
static int name_ready(struct project *project, struct service *service,
		      const char *value, struct fault *fault)
{
	const char *text = project_copy(project, value);

	(void)fault;
	if (!text)
		return -ENOMEM;
	if (!service->ready.is_named)
		list_free(&service->ready.probes);
	service->ready.is_named = true;
	return list_append(&service->ready.probes, &text, sizeof(text));
}

/* A YAML file has the key `via`, which changes how its other keys are read. */
static int name_via(struct project *project, struct service *service,
		    const char *value, struct fault *fault)
{
	struct list words = { 0 };
	int r = via_split(value, &words);

	list_free_texts(&words);
	if (r == -EINVAL)
		return fault_set(fault, r,
				 "--via %s=%s: this is not a command such as "
				 "'ssh host', with each quote closed",
				 service->name, value);
	if (r == 0 && !project->is_procfile)
		return fault_set(fault, -EINVAL,
				 "--via %s: a service of a YAML file has the "
				 "key 'via'",
				 service->name);
	service->machine.via = r < 0 ? NULL : project_copy(project, value);
	return service->machine.via ? 0 : -ENOMEM;
}

/* ----------------------------------------------------------------- the words
 */

static const struct {
	bool has_value; /* "NAME=VALUE" */
	bool is_list; /* separated by commas */
	int (*apply)(struct project *project, struct service *service,
		     const char *value, struct fault *fault);
} kinds[UP_NAMED_COUNT] = {
	[UP_NAMED_CAN_DIE] = { false, true, name_can_die },
	[UP_NAMED_DELAYED] = { false, true, name_delayed },
	[UP_NAMED_RESTART] = { true, true, name_restart },
	[UP_NAMED_STOP] = { true, false, name_stop },
	[UP_NAMED_READY] = { true, false, name_ready },
	[UP_NAMED_VIA] = { true, false, name_via },
};

static int apply_word(const struct up_named *named, struct project *project,
		      char *word, struct fault *fault)
{
	char *value = kinds[named->kind].has_value ? strchr(word, '=') : NULL;
	struct service *service = NULL;

	if (kinds[named->kind].has_value && !value)
		return fault_set(fault, -EINVAL,
				 "'%s' is not of the form NAME=VALUE", word);
	if (value)
		*value++ = '\0';
	int r = formation_find(project, word, &service, fault);

	return r < 0 ? r
		     : kinds[named->kind].apply(project, service, value, fault);
}

static int apply_named(const struct up_named *named, struct project *project,
		       struct fault *fault)
{
	const char *text = named->is_default
				   ? defaults_known(project, named->text)
				   : named->text;
	CLEANUP_FREE char *copy = text ? strdup(text) : NULL;
	char *word, *rest = copy;

	if (!copy)
		return -ENOMEM;
	if (!*copy)
		return 0;
	if (!kinds[named->kind].is_list)
		return apply_word(named, project, copy, fault);
	while ((word = strsep(&rest, ", "))) {
		int r = *word ? apply_word(named, project, word, fault) : 0;

		if (r < 0)
			return r;
	}
	return 0;
}

/* "web" or "web.1". */
static int check_name(const struct project *project, const char *name,
		      struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(name);
	char *dot = copy ? strrchr(copy, '.') : NULL;
	struct service *service;

	if (!copy)
		return -ENOMEM;
	if (dot && !project_find(project, name))
		*dot = '\0';
	return formation_find(project, copy, &service, fault);
}

static int check_muted(const struct project *project, const char *text,
		       struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(text);
	char *word, *rest = copy;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (word = strsep(&rest, ",")))
		r = *word ? check_name(project, word, fault) : 0;
	return r;
}

int named_apply(const struct up_settings *settings, struct project *project,
		struct fault *fault)
{
	int r = settings->stdin_of
			? check_name(project, settings->stdin_of, fault)
			: 0;

	for (size_t i = 0; r == 0 && i < settings->named.count; i++)
		r = apply_named(list_at(&settings->named, i,
					sizeof(struct up_named)),
				project, fault);
	for (size_t i = 0; r == 0 && i < settings->muted.count; i++)
		r = check_muted(project,
				*(char **)list_at(&settings->muted, i,
						  sizeof(char *)),
				fault);
	return r;
}
