// SPDX-License-Identifier: MIT
/* One process of the other engine, and what all processes of a service share.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/sys.h"
#include "base/text.h"
#include "up/export/text.h"
#include "up/project/formation.h"
#include "up/project/order.h"

static int export_instance_add_words(struct list *list,
				     const char *const *words, size_t count)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = list_append(list, &words[i], sizeof(words[i]));
	return r;
}

static int export_instance_choose_words(const struct project *project,
					const struct service *service,
					struct list *ret)
{
	const char *shell = project->shell ? project->shell : "/bin/sh";
	/* A shell searches the PATH of the environment; engines search another
	 * one. */
	const char *search[] = { "/bin/sh", "-c", "exec \"$@\"", "sh" };
	const char *line[] = { shell, "-c", service->shell };
	int r = 0;

	if (!service->shell && service->argv.count == 0)
		return -EINVAL;
	if (service->shell)
		r = export_instance_add_words(ret, line,
					      sizeof(line) / sizeof(line[0]));
	else if (*export_word(&service->argv, 0) != '/')
		r = export_instance_add_words(ret, search,
					      sizeof(search) /
						      sizeof(search[0]));
	for (size_t i = 0; !service->shell && r == 0 && i < service->argv.count;
	     i++)
		if (export_word(&service->argv, i))
			r = list_append(ret,
					list_at(&service->argv, i,
						sizeof(char *)),
					sizeof(char *));
	return r;
}

static int export_instance_fill(const struct export *export,
				struct export_instance *instance)
{
	const struct service *service = instance->service;
	int r = export_instance_choose_words(export->project, service,
					     &instance->words);

	buffer_printf(&instance->name, "%s-%u", service->name,
		      instance->number);
	export_place(export, service, service->cwd, &instance->cwd);
	if (r == 0)
		r = export_listen_names(export, instance);
	if (r == 0)
		r = export_variables(export, instance);
	if (r == 0)
		export_choose_log(export, instance);
	if (r == 0 && (instance->name.error || instance->cwd.error ||
		       instance->log.error))
		r = -ENOMEM;
	return r;
}

bool export_is_line(const struct export *export, const char *text)
{
	size_t length = strlen(text);

	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 127)
			return false;
	if (length && strchr(" \\", text[length - 1]))
		return false;
	return !export->exporter->has_late_comments ||
	       (!strstr(text, " ;") && !strstr(text, " #"));
}

static bool is_variable(const char *variable)
{
	size_t length = strspn(variable, "abcdefghijklmnopqrstuvwxyz"
					 "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
					 "0123456789_");

	return length && variable[length] == '=' &&
	       !(*variable >= '0' && *variable <= '9');
}

static int check_instance(const struct export *export,
			  const struct export_instance *instance)
{
	const char *name = instance->service->name;
	bool lines = export->exporter->has_lines;

	for (size_t i = 0; i < instance->env.count; i++)
		if (!is_variable(export_word(&instance->env, i)))
			return fault_set(
				export->fault, -EINVAL,
				"%s: '%s' is not a variable name for %s "
				"(letters, digits, '_')",
				name, export_word(&instance->env, i),
				export->format);
	if (lines && instance->cwd.used &&
	    !export_is_line(export, instance->cwd.text))
		return fault_set(export->fault, -EINVAL,
				 "%s: %s cannot express this directory: '%s'",
				 name, export->format, instance->cwd.text);
	if (lines && instance->log.used &&
	    !export_is_line(export, instance->log.text))
		return fault_set(export->fault, -EINVAL,
				 "%s: %s cannot express this log file: '%s'",
				 name, export->format, instance->log.text);
	return 0;
}

int export_instance(struct export *export, const struct service *service,
		    unsigned number, struct export_instance *ret)
{
	unsigned base = service->given.port;
	int port = base ? formation_port(base, service, number) : 0;
	int r;

	if (port < 0)
		return fault_set(export->fault, port,
				 "%s.%u: its port is above 65535",
				 service->name, number);
	/* In place, because its environment points into it. */
	*ret = (struct export_instance){ .service = &ret->replica.service,
					 .number = number,
					 .port = port };
	r = replica_make(service, number - 1, port, &ret->replica);
	if (r == 0)
		r = export_instance_fill(export, ret);
	if (r == 0)
		r = check_instance(export, ret);
	else
		r = fault_set(export->fault, r, "%s: %s", service->name,
			      r == -EINVAL ? "it has no command"
					   : strerror(-r));
	if (r < 0) {
		export_instance_free(ret);
		*ret = (struct export_instance){ 0 };
	}
	return r;
}

void export_instance_free(struct export_instance *instance)
{
	list_free_texts(&instance->texts);
	list_free(&instance->names);
	replica_free(&instance->replica);
	list_free(&instance->env);
	list_free(&instance->words);
	buffer_free(&instance->name);
	buffer_free(&instance->cwd);
	buffer_free(&instance->log);
}

bool export_awaited(const struct project *project,
		    const struct service *service)
{
	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *other = project_service(project, i);

		for (size_t k = 0; k < other->depends.count; k++) {
			const struct dependency *on =
				export_dependency(other, k);

			if (strcmp(on->name, service->name) == 0 &&
			    (on->condition == CONDITION_COMPLETED ||
			     on->condition == CONDITION_SUCCEEDED))
				return true;
		}
	}
	return false;
}

int export_stop_signal(const struct service *service)
{
	const struct jig_step *steps = service->shutdown.steps.items;

	return service->shutdown.steps.count ? steps[0].signal : SIGTERM;
}

unsigned export_stop_seconds(const struct service *service)
{
	const struct jig_step *steps = service->shutdown.steps.items;
	int64_t all = 0;

	if (service->shutdown.steps.count == 0)
		return 10;
	/* The time after KILL is jig's, for what even this does not end. */
	for (size_t i = 0;
	     i < service->shutdown.steps.count && steps[i].signal != SIGKILL;
	     i++)
		all = clock_add_us(all, steps[i].wait_us);
	return export_seconds(all, 1);
}

const char *export_signal(int signo, char *buffer, size_t size)
{
	const char *name = text_signal_name(signo, buffer, size);

	return strncmp(name, "SIG", 3) == 0 ? name + 3 : name;
}

const char *export_signal_word(int signo, char *buffer, size_t size)
{
	if (signo < SYS_RTMIN)
		return export_signal(signo, buffer, size);
	(void)snprintf(buffer, size, "%d", signo);
	return buffer;
}

unsigned export_depth(const struct project *project,
		      const struct service *service)
{
	unsigned depth = 0;

	for (size_t i = 0; i < project->services.count; i++)
		if (order_needs(project, service->name,
				project_service(project, i)->name))
			depth++;
	return depth;
}
