// SPDX-License-Identifier: MIT
/*
 * The options of `jig run` about readiness, sockets and output, and what is
 * made of them: names first, since the other words may stand on them.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/environment.h"
#include "base/text.h"
#include "cli/run/options.h"
#include "core/probe/kind/kinds.h"
#include "net/names.h"
#include "net/sockets.h"

/* The first descriptor of systemd's protocol, sd_listen_fds(3). */
#define LISTEN_FDS_START 3

int run_take_ready(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	(void)fault;
	return list_append(&settings->ready, &value, sizeof(value));
}

/* Kept as the library writes it: "|PROBE". */
int run_take_or(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	char *text;

	(void)fault;
	if (asprintf(&text, "|%s", value) < 0)
		return -ENOMEM;
	if (list_append(&settings->texts, &text, sizeof(text)) < 0) {
		free(text);
		return -ENOMEM;
	}
	return list_append(&settings->ready, &text, sizeof(text));
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

int run_take_listen(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return list_append(&((struct run_settings *)data)->listens, &value,
			   sizeof(value));
}

int run_take_port(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	return list_append(&((struct run_settings *)data)->ports, &value,
			   sizeof(value));
}

int run_take_capture(void *data, const char *value, struct fault *fault)
{
	static const char *const words[] = { "none", "out", "err", "both",
					     NULL };
	struct run_settings *settings = data;

	for (unsigned i = 0; words[i]; i++)
		if (strcmp(words[i], value) == 0) {
			settings->capture.which = i;
			return 0;
		}
	return option_wrong(fault, "capture", value, "none, out, err or both");
}

int run_take_ring_size(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	uint64_t size;

	if (text_size(value, &size) < 0 || size == 0 || size > RING_SIZE_MAX)
		return option_wrong(fault, "ring-size", value,
				    "a size from 1 to 1G");
	settings->capture.ring_size = size;
	return 0;
}

int run_take_log(void *data, const char *value, struct fault *fault)
{
	if (!*value)
		return option_wrong(fault, "log", value, "a file's path");
	((struct run_settings *)data)->capture.log_path = value;
	return 0;
}

int run_take_log_prefix(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct run_settings *)data)->capture.prefix = value;
	return 0;
}

int run_take_log_times(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct run_settings *)data)->capture.times = true;
	return 0;
}

/* What stands on a name is known only when that is. */
static bool is_known(const char *text)
{
	return !strchr(text, '{');
}

static int check_probe(const char *text, bool first, struct fault *fault)
{
	struct probe probe = { 0 };
	int r;

	if (*text == '|' && first)
		return fault_set(fault, -EINVAL,
				 "--or '%s' is an alternative to nothing",
				 text + 1);
	if (!is_known(text))
		return 0;
	r = probe_parse(&probe, text + (*text == '|'), fault);
	probe_close(&probe);
	return r;
}

int run_ready_check(const struct run_settings *settings, struct fault *fault)
{
	const char **ready = settings->ready.items;
	const char **listens = settings->listens.items;
	const char **ports = settings->ports.items;
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->ready.count; i++)
		r = check_probe(ready[i], i == 0, fault);
	for (size_t i = 0; r == 0 && i < settings->listens.count; i++)
		if (is_known(listens[i]))
			r = socket_check(listens[i], fault);
	for (size_t i = 0; r == 0 && i < settings->ports.count; i++)
		if (is_known(ports[i]))
			r = socket_check_port(ports[i], fault);
	return r;
}

/* A text of ours, freed with the settings. */
static int keep(struct run_settings *settings, char *text)
{
	if (list_append(&settings->texts, &text, sizeof(text)) == 0)
		return 0;
	free(text);
	return -ENOMEM;
}

static int add_env(struct run_settings *settings, const char *name,
		   const char *value)
{
	char *text;

	if (asprintf(&text, "%s=%s", name, value) < 0)
		return -ENOMEM;
	int r = keep(settings, text);

	return r < 0 ? r : list_append(&settings->env, &text, sizeof(text));
}

static int pass_fd(struct plan *plan, int from, int to, struct fault *fault)
{
	if (plan->fd_count == PLAN_FDS)
		return fault_set(fault, -E2BIG, "more than %d descriptors",
				 PLAN_FDS);
	for (size_t i = 0; i < plan->fd_count; i++)
		if (plan->fds[i].to == to)
			return fault_set(
				fault, -EINVAL,
				"descriptor %d of the command is asked "
				"for twice: 'fd:N' takes another one",
				to);
	plan->fds[plan->fd_count++] = (struct spawn_fd){ from, to };
	return 0;
}

int run_ready_add_name(struct run_settings *settings, const struct name *name,
		       struct fault *fault)
{
	char variable[NAME_SIZE + 8], port[16];
	int r;

	if (name_find(&settings->names, name->name, strlen(name->name)))
		return fault_set(fault, -EINVAL,
				 "the name '%s' was given twice", name->name);
	r = list_append(&settings->names, name, sizeof(*name));
	name_variable(name, "ADDR", variable, sizeof(variable));
	if (r == 0)
		r = add_env(settings, variable, name->address);
	if (r < 0 || name->port == 0)
		return r;
	(void)snprintf(port, sizeof(port), "%d", name->port);
	name_variable(name, "PORT", variable, sizeof(variable));
	return add_env(settings, variable, port);
}

static int open_listens(struct run_settings *settings, struct fault *fault)
{
	struct plan *plan = &settings->plan;
	struct buffer all = { 0 };
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->listens.count; i++) {
		const char *spec = *(const char **)list_at(&settings->listens,
							   i, sizeof(char *));
		struct name name;
		int fd;

		r = socket_listen(spec, &name, &fd, fault);
		if (r < 0)
			break;
		name.fd = LISTEN_FDS_START + (int)i;
		r = pass_fd(plan, fd, name.fd, fault);
		if (r == 0)
			r = run_ready_add_name(settings, &name, fault);
		buffer_printf(&all, "%s%s", i ? ":" : "", name.name);
	}
	if (r == 0 && settings->listens.count > 0) {
		char count[24];

		(void)snprintf(count, sizeof(count), "%zu",
			       settings->listens.count);
		r = add_env(settings, "LISTEN_FDS", count);
		if (r == 0)
			r = add_env(settings, "LISTEN_FDNAMES", all.text);
		if (r == 0) /* Its digits are written by the child. */
			r = add_env(settings, "LISTEN_PID", "0000000000");
	}
	buffer_free(&all);
	return r;
}

static int reserve_ports(struct run_settings *settings, struct fault *fault)
{
	struct plan *plan = &settings->plan;
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->ports.count; i++) {
		struct name name;
		char port[16];

		if (plan->held_count == PLAN_HELD)
			return fault_set(fault, -E2BIG, "more than %d ports",
					 PLAN_HELD);
		r = socket_reserve_port(
			*(const char **)list_at(&settings->ports, i,
						sizeof(char *)),
			&name, &plan->held[plan->held_count], fault);
		if (r < 0)
			break;
		plan->held_count++;
		r = run_ready_add_name(settings, &name, fault);
		(void)snprintf(port, sizeof(port), "%d", name.port);
		if (r == 0 && i == 0)
			r = add_env(settings, "PORT", port);
	}
	return r;
}

/* *@text with its braces replaced. */
static int expand(struct run_settings *settings, const char **text)
{
	char *expanded;

	if (!*text || !strchr(*text, '{') || settings->names.count == 0)
		return 0;
	int r = names_expand(&settings->names, *text, &expanded);

	if (r == 0)
		r = keep(settings, expanded);
	if (r == 0)
		*text = expanded;
	return r;
}

static int expand_list(struct run_settings *settings, struct list *list)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < list->count; i++)
		r = expand(settings, list_at(list, i, sizeof(char *)));
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
		r = expand(settings, &settings->capture.prefix);
	for (; r == 0 && words && *words; words++)
		r = expand(settings, (const char **)words);
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
		r = keep(settings,
			 *(char **)list_at(setup->env, i, sizeof(char *)));
	return r;
}

/* Lines are asked for, or a place for them was named. */
static void choose_capture(struct run_settings *settings)
{
	struct capture *capture = &settings->capture;
	bool lines = false;

	for (size_t i = 0; i < settings->readiness.count; i++)
		lines = lines || settings->readiness.probes[i].ops->line;
	/* The line may come on either. What is not captured goes on to where
	 * it would have gone. */
	if (capture->which && lines)
		capture->watched =
			(CAPTURE_OUT | CAPTURE_ERR) & ~capture->which;
	if (capture->which)
		return;
	if (capture->log_path || lines)
		capture->which = CAPTURE_OUT | CAPTURE_ERR;
	/* Only looked at: it goes where it would have gone. */
	capture->pass_on = lines && !capture->log_path;
}

static int pass_all(struct run_settings *settings, const struct list *fds,
		    struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < fds->count; i++) {
		const struct spawn_fd *fd = list_at(fds, i, sizeof(*fd));

		r = pass_fd(&settings->plan, fd->from, fd->to, fault);
	}
	return r;
}

int run_ready_complete(struct run_settings *settings, char **words,
		       struct fault *fault)
{
	CLEANUP(list_free) struct list fds = { 0 };
	struct probe_setup setup = { &settings->env, &fds };
	int r = open_listens(settings, fault);

	if (r == 0)
		r = reserve_ports(settings, fault);
	if (r == 0)
		r = expand_words(settings, words);
	if (r == 0)
		r = add_probes(settings, &setup, fault);
	if (r == 0)
		r = run_live_complete(settings, fault);
	if (r < 0)
		return r;
	choose_capture(settings);
	if (settings->capture.which) {
		settings->plan.capture = &settings->capture;
		r = capture_open(&settings->capture, &fds, fault);
	}
	if (r == 0)
		r = pass_all(settings, &fds, fault);
	settings->plan.names = &settings->names;
	return r;
}

void run_ready_env(struct run_settings *settings)
{
	for (char **p = settings->plan.envp; *p; p++)
		if (strncmp(*p, "LISTEN_PID=0000000000", 21) == 0)
			settings->plan.pid_text = *p + strlen("LISTEN_PID=");
}

void run_ready_remove_sockets(struct run_settings *settings)
{
	for (size_t i = 0; i < settings->names.count; i++) {
		struct name *name = list_at(&settings->names, i, sizeof(*name));

		if (name->fd >= 0)
			socket_remove(name);
		name->file.inode = 0; /* Once is enough. */
	}
}

void run_ready_free(struct run_settings *settings)
{
	run_ready_remove_sockets(settings);
	readiness_close(&settings->readiness);
	capture_close(&settings->capture);
	for (size_t i = 0; i < settings->texts.count; i++)
		free(*(char **)list_at(&settings->texts, i, sizeof(char *)));
	list_free(&settings->texts);
	list_free(&settings->ready);
	list_free(&settings->listens);
	list_free(&settings->ports);
	list_free(&settings->names);
}
