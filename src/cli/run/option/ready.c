// SPDX-License-Identifier: MIT
/*
 * The options of `jig run` about readiness; and run_ready_open(), which opens
 * sockets, probes and captures: names first, because other words use them.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"
#include "core/probe/kind/kinds.h"
#include "net/names.h"

int run_take_ready(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	(void)fault;
	return list_append(&settings->ready, &value, sizeof(value));
}

/* In the form that jig_command.ready has: "|PROBE". */
int run_take_or(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	char *text;
	int r;

	(void)fault;
	if (asprintf(&text, "|%s", value) < 0)
		return -ENOMEM;
	r = run_settings_own(settings, text);
	return r < 0 ? r : list_append(&settings->ready, &text, sizeof(text));
}

int run_take_start_timeout(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	int64_t *timeout = &settings->readiness.timeout_us;

	if (strcmp(value, "none") == 0) {
		*timeout = -1;
		return 0;
	}
	return text_duration(value, timeout) < 0 || *timeout == 0
		       ? option_wrong(fault, "start-timeout", value,
				      "a duration such as 500ms, 10s or 2m")
		       : 0;
}

int run_take_interval(void *data, const char *value, struct fault *fault)
{
	int64_t *interval =
		&((struct run_settings *)data)->readiness.interval_us;

	return text_duration(value, interval) < 0 || *interval == 0
		       ? option_wrong(fault, "interval", value,
				      "a duration such as 50ms")
		       : 0;
}

int run_take_ready_delay(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return option_time("ready-delay", value, 0,
			   &settings->readiness.delay_us, fault);
}

int run_take_ready_timeout(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return option_time("ready-timeout", value, 1,
			   &settings->readiness.look_timeout_us, fault);
}

int run_take_ready_successes(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	return option_count("ready-successes", value,
			    &settings->readiness.successes, fault);
}

bool run_word_is_known(const char *text)
{
	return !strchr(text, '{');
}

static int check_probe(const char *text, bool first, struct fault *fault)
{
	struct probe probe = { 0 };
	int r;

	if (*text == '|' && first)
		return fault_set(fault, -EINVAL,
				 "--or '%s' needs a --ready before it",
				 text + 1);
	if (!run_word_is_known(text))
		return 0;
	r = probe_parse(&probe, text + (*text == '|'), fault);
	probe_close(&probe);
	return r;
}

int run_ready_check(const struct run_settings *settings, struct fault *fault)
{
	const char **ready = settings->ready.items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->ready.count; i++)
		r = check_probe(ready[i], i == 0, fault);
	return r;
}

/* *@text with its braces replaced. */
static int option_ready_expand(struct run_settings *settings, const char **text)
{
	char *expanded;

	if (!*text || !strchr(*text, '{') || settings->names.count == 0)
		return 0;
	int r = names_expand(&settings->names, *text, &expanded);

	if (r == 0)
		r = run_settings_own(settings, expanded);
	if (r == 0)
		*text = expanded;
	return r;
}

static int expand_list(struct run_settings *settings, struct list *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = option_ready_expand(settings,
					list_at(list, i, sizeof(char *)));
	return r;
}

static int expand_words(struct run_settings *settings, char **words)
{
	int r = expand_list(settings, &settings->env);

	if (r == 0)
		r = expand_list(settings, &settings->ready);
	if (r == 0)
		r = expand_list(settings, &settings->live);
	if (r == 0)
		r = option_ready_expand(settings, &settings->capture.prefix);
	for (; r == 0 && words && *words; words++)
		r = option_ready_expand(settings, (const char **)words);
	return r;
}

static int add_probes(struct run_settings *settings, struct probe_setup *setup,
		      struct fault *fault)
{
	struct readiness *readiness = &settings->readiness;
	size_t before = setup->env->count;
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->ready.count; i++)
		r = readiness_add(readiness,
				  *(const char **)list_at(&settings->ready, i,
							  sizeof(char *)),
				  fault);
	if (r == 0 && readiness->count > 0) {
		settings->plan.readiness = readiness;
		r = readiness_open(readiness, setup, fault);
	}
	for (size_t i = before; r == 0 && i < setup->env->count; i++)
		r = run_settings_own(settings,
				     *(char **)list_at(setup->env, i,
						       sizeof(char *)));
	return r;
}

static int pass_all(struct run_settings *settings, const struct list *fds,
		    struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < fds->count; i++) {
		const struct spawn_fd *fd = list_at(fds, i, sizeof(*fd));

		r = run_settings_pass_fd(settings, fd->from, fd->to, fault);
	}
	return r;
}

int run_ready_open(struct run_settings *settings, char **words,
		   struct fault *fault)
{
	CLEANUP(list_free) struct list fds = { 0 };
	struct probe_setup setup = { &settings->env, &fds };
	int r = run_listens_open(settings, fault);

	if (r == 0)
		r = run_ports_reserve(settings, fault);
	if (r == 0)
		r = expand_words(settings, words);
	if (r == 0)
		r = add_probes(settings, &setup, fault);
	if (r == 0)
		r = run_live_open(settings, fault);
	if (r < 0)
		return r;
	r = run_output_open(settings, &fds, fault);
	if (r == 0)
		r = pass_all(settings, &fds, fault);
	settings->plan.names = &settings->names;
	return r;
}

void run_ready_free(struct run_settings *settings)
{
	run_sockets_remove(settings);
	readiness_close(&settings->readiness);
	capture_close(&settings->capture);
	list_free_texts(&settings->texts);
	list_free(&settings->ready);
	list_free(&settings->listens);
	list_free(&settings->ports);
	list_free(&settings->names);
}
