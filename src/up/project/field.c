// SPDX-License-Identifier: MIT
#include "up/project/field.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/project/given.h"

enum field_kind {
	FIELD_TEXT, /* const char *, or NULL */
	FIELD_TEXTS, /* list of const char * */
	FIELD_NUMBER, /* any integer type, bool, or enum */
	FIELD_NUMBERS, /* list of int */
	FIELD_DEPENDS,
	FIELD_STEPS,
};

/* Of a member: what a difference means. */
enum field_meaning {
	MEANS_KEY, /* the process would be another one */
	MEANS_WORDS, /* the same, without effect on a process */
	MEANS_OTHER, /* compared in another way: field_compare() */
};

struct field {
	const char *key; /* as files have it */
	enum field_kind kind;
	enum field_meaning meaning;
	size_t offset, size;
};

#define ROW(type, kind, meaning, member, key)                                  \
	{                                                                      \
		key, kind, meaning, offsetof(struct type, member),             \
			sizeof(((struct type *)NULL)->member)                  \
	}
#define TEXT(member, key) ROW(service, FIELD_TEXT, MEANS_KEY, member, key)
#define TEXTS(member, key) ROW(service, FIELD_TEXTS, MEANS_KEY, member, key)
#define NUMBER(member, key) ROW(service, FIELD_NUMBER, MEANS_KEY, member, key)

/* A member has no parentheses. NOLINTBEGIN(bugprone-macro-parentheses) */
#define CHECK(member, key)                                                     \
	TEXTS(member.probes, key), NUMBER(member.delay_us, key),               \
		NUMBER(member.period_us, key),                                 \
		NUMBER(member.file_period_us, key),                            \
		NUMBER(member.timeout_us, key), NUMBER(member.failures, key),  \
		NUMBER(member.successes, key), NUMBER(member.is_named, key)
/* NOLINTEND(bugprone-macro-parentheses) */

/* Rows of one key stand together. Where two keys set the same, both are named:
 * "shutdown/stop". */
static const struct field of_service[] = {
	ROW(service, FIELD_TEXT, MEANS_WORDS, name, "name"),
	ROW(service, FIELD_TEXT, MEANS_WORDS, description, "description"),
	ROW(service, FIELD_TEXTS, MEANS_WORDS, namespaces, "namespace"),
	ROW(service, FIELD_NUMBER, MEANS_WORDS, line, "line"),
	TEXT(shell, "command"),
	TEXTS(argv, "command"),
	TEXT(given.shell, "shell"),
	TEXT(given.shell_argument, "shell"),
	TEXT(cwd, "working_dir"),
	TEXT(given.directory, "working_dir"),
	ROW(service, FIELD_TEXTS, MEANS_OTHER, env, "environment"),
	ROW(service, FIELD_TEXTS, MEANS_OTHER, given.env, "environment"),
	ROW(service, FIELD_NUMBER, MEANS_OTHER, no_dotenv,
	    "is_dotenv_disabled"),
	ROW(service, FIELD_NUMBER, MEANS_OTHER, replicas, "replicas"),
	ROW(service, FIELD_NUMBER, MEANS_OTHER, given.replicas, "replicas"),
	NUMBER(disabled, "disabled"),
	NUMBER(is_daemon, "is_daemon"),
	NUMBER(is_tty, "is_tty"),
	NUMBER(is_foreground, "is_foreground"),
	ROW(service, FIELD_DEPENDS, MEANS_KEY, depends, "depends_on"),
	CHECK(ready, "readiness_probe/ready"),
	CHECK(live, "liveness_probe/live"),
	NUMBER(start_timeout_us, "start_timeout"),
	NUMBER(availability.restart, "availability"),
	NUMBER(availability.backoff_us, "availability"),
	NUMBER(availability.backoff_max_us, "availability"),
	NUMBER(availability.max_restarts, "availability"),
	NUMBER(availability.exit_on_end, "availability"),
	NUMBER(availability.exit_on_skipped, "availability"),
	NUMBER(availability.can_die, "availability"),
	NUMBER(availability.named, "availability"),
	NUMBER(timetable.cron.minutes, "schedule"),
	NUMBER(timetable.cron.hours, "schedule"),
	NUMBER(timetable.cron.days, "schedule"),
	NUMBER(timetable.cron.months, "schedule"),
	NUMBER(timetable.cron.weekdays, "schedule"),
	NUMBER(timetable.cron.any_day, "schedule"),
	NUMBER(timetable.cron.any_weekday, "schedule"),
	NUMBER(timetable.has_cron, "schedule"),
	TEXT(timetable.zone, "schedule"),
	NUMBER(timetable.interval_us, "schedule"),
	NUMBER(timetable.on_start, "schedule"),
	TEXT(shutdown.command, "shutdown/stop"),
	NUMBER(shutdown.command_timeout_us, "shutdown/stop"),
	ROW(service, FIELD_STEPS, MEANS_KEY, shutdown.steps, "shutdown/stop"),
	NUMBER(shutdown.main_only, "shutdown/stop"),
	NUMBER(shutdown.is_named, "shutdown/stop"),
	ROW(service, FIELD_NUMBERS, MEANS_KEY, success, "success_exit_codes"),
	TEXT(log.path, "log_location"),
	NUMBER(log.max_bytes, "log_location"),
	NUMBER(log.max_files, "log_location"),
	NUMBER(log.max_days, "log_location"),
	NUMBER(log.no_times, "log_location"),
	NUMBER(log.has_names, "log_location"),
	TEXTS(listen, "listen"),
	TEXTS(ports, "ports"),
	NUMBER(cage, "cage"),
	TEXT(machine.via, "via"),
	TEXT(machine.jig, "via"),
	TEXT(machine.address, "via"),
	NUMBER(machine.timeout_us, "via"),
	NUMBER(machine.pushes, "via"),
	TEXT(machine.directory, "working_dir"),
	TEXTS(machine.nodes, "nodes"),
	NUMBER(machine.on_each_node, "nodes"),
	ROW(service, FIELD_NUMBER, MEANS_OTHER, port_index, "PORT"),
	ROW(service, FIELD_NUMBER, MEANS_OTHER, port_step, "PORT"),
	ROW(service, FIELD_NUMBER, MEANS_OTHER, instance_step, "PORT"),
	ROW(service, FIELD_NUMBER, MEANS_OTHER, given.port, "PORT"),
};

#define OF_PROJECT(kind, member, key) ROW(project, kind, MEANS_KEY, member, key)

/* Without what only a reader of files or an export needs: dotenv, commands,
 * notes; log, shell and directory are in what each service is given. */
static const struct field of_project[] = {
	ROW(project, FIELD_TEXT, MEANS_WORDS, name, "name"),
	ROW(project, FIELD_TEXT, MEANS_WORDS, file, "file"),
	ROW(project, FIELD_TEXT, MEANS_WORDS, directory, "working_dir"),
	ROW(project, FIELD_TEXTS, MEANS_WORDS, env, "environment"),
	ROW(project, FIELD_NUMBER, MEANS_WORDS, is_procfile, "file"),
	ROW(project, FIELD_NUMBER, MEANS_WORDS, has_ports, "PORT"),
	OF_PROJECT(FIELD_NUMBER, ending, "ending"),
	OF_PROJECT(FIELD_NUMBER, ordered_shutdown, "ordered_shutdown"),
};

#define COUNT(table) (sizeof(table) / sizeof((table)[0]))

/* ------------------------------------------------------------------- writing
 */

static void put_number(struct buffer *out, size_t number)
{
	buffer_add(out, &number, sizeof(number));
}

/* Its size with the NUL, which is 0 for no text; then its bytes. */
static void put_text(struct buffer *out, const char *text)
{
	size_t size = text ? strlen(text) + 1 : 0;

	put_number(out, size);
	if (size)
		buffer_add(out, text, size);
}

static void put_items(struct buffer *out, const struct list *list,
		      enum field_kind kind)
{
	put_number(out, list->count);
	for (size_t i = 0; i < list->count; i++) {
		const struct dependency *on;
		const struct jig_step *step;

		switch (kind) {
		case FIELD_TEXTS:
			put_text(out,
				 *(char **)list_at(list, i, sizeof(char *)));
			break;
		case FIELD_DEPENDS:
			on = list_at(list, i, sizeof(*on));
			put_text(out, on->name);
			put_number(out, on->condition);
			break;
		case FIELD_STEPS:
			step = list_at(list, i, sizeof(*step));
			buffer_add(out, &step->signal, sizeof(step->signal));
			buffer_add(out, &step->wait_us, sizeof(step->wait_us));
			break;
		default:
			buffer_add(out, list_at(list, i, sizeof(int)),
				   sizeof(int));
		}
	}
}

static void put_field(struct buffer *out, const struct field *field,
		      const void *object)
{
	const void *member = (const char *)object + field->offset;

	if (field->kind == FIELD_TEXT)
		put_text(out, *(const char *const *)member);
	else if (field->kind == FIELD_NUMBER)
		buffer_add(out, member, field->size);
	else
		put_items(out, member, field->kind);
}

static void put_fields(struct buffer *out, const struct field *table,
		       size_t count, const void *object)
{
	for (size_t i = 0; i < count; i++)
		put_field(out, &table[i], object);
}

void field_write(const struct project *project,
		 const struct service *(*choose)(const struct service *service,
						 void *context),
		 void *context, struct buffer *ret)
{
	put_fields(ret, of_project, COUNT(of_project), project);
	put_number(ret, project->services.count);
	for (size_t i = 0; i < project->services.count; i++) {
		const struct service *service = project_service(project, i);

		put_fields(ret, of_service, COUNT(of_service),
			   choose ? choose(service, context) : service);
	}
}

/* ------------------------------------------------------------------- reading
 */

struct field_reader {
	const char *at;
	size_t left;
	struct project *project; /* owns the texts */
};

static int get_bytes(struct field_reader *in, void *ret, size_t size)
{
	if (in->left < size)
		return -EBADMSG;
	memcpy(ret, in->at, size);
	in->at += size;
	in->left -= size;
	return 0;
}

static int get_text(struct field_reader *in, const char **ret)
{
	size_t size;
	int r = get_bytes(in, &size, sizeof(size));

	*ret = NULL;
	if (r < 0 || size == 0)
		return r;
	if (in->left < size || in->at[size - 1] != '\0')
		return -EBADMSG;
	*ret = project_copy(in->project, in->at);
	in->at += size;
	in->left -= size;
	return *ret ? 0 : -ENOMEM;
}

static int get_depends(struct field_reader *in, struct list *ret)
{
	struct dependency on = { .name = NULL };
	size_t condition = 0;
	int r = get_text(in, &on.name);

	if (r == 0)
		r = get_bytes(in, &condition, sizeof(condition));
	on.condition = (enum condition)condition;
	return r < 0 ? r : list_append(ret, &on, sizeof(on));
}

static int get_step(struct field_reader *in, struct list *ret)
{
	struct jig_step step = { .signal = 0 };
	int r = get_bytes(in, &step.signal, sizeof(step.signal));

	if (r == 0)
		r = get_bytes(in, &step.wait_us, sizeof(step.wait_us));
	return r < 0 ? r : list_append(ret, &step, sizeof(step));
}

static int get_item(struct field_reader *in, enum field_kind kind,
		    struct list *ret)
{
	const char *text;
	int number, r;

	switch (kind) {
	case FIELD_TEXTS:
		r = get_text(in, &text);
		return r < 0 ? r
			     : list_append(ret, (void *)&text, sizeof(text));
	case FIELD_DEPENDS:
		return get_depends(in, ret);
	case FIELD_STEPS:
		return get_step(in, ret);
	default:
		r = get_bytes(in, &number, sizeof(number));
		return r < 0 ? r : list_append(ret, &number, sizeof(number));
	}
}

static int get_field(struct field_reader *in, const struct field *field,
		     void *object)
{
	void *member = (char *)object + field->offset;
	size_t count;
	int r;

	if (field->kind == FIELD_TEXT)
		return get_text(in, member);
	if (field->kind == FIELD_NUMBER)
		return get_bytes(in, member, field->size);
	r = get_bytes(in, &count, sizeof(count));
	for (size_t i = 0; r == 0 && i < count; i++)
		r = get_item(in, field->kind, member);
	return r;
}

static int get_fields(struct field_reader *in, const struct field *table,
		      size_t count, void *object)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < count; i++)
		r = get_field(in, &table[i], object);
	return r;
}

static int get_service(struct field_reader *in)
{
	struct service service = { .name = NULL };
	int r = get_fields(in, of_service, COUNT(of_service), &service);

	if (r == 0)
		r = service.name ? project_add(in->project, &service)
				 : -EBADMSG;
	if (r < 0)
		service_free(&service);
	return r;
}

int field_read(const char *bytes, size_t size, struct project *ret)
{
	struct field_reader in = { bytes, size, ret };
	size_t count = 0;
	int r = get_fields(&in, of_project, COUNT(of_project), ret);

	if (r == 0)
		r = get_bytes(&in, &count, sizeof(count));
	for (size_t i = 0; r == 0 && i < count; i++)
		r = get_service(&in);
	return r == 0 && in.left > 0 ? -EBADMSG : r;
}

/* ----------------------------------------------------------------- comparing
 */

static int field_differs(const struct field *field, const void *old,
			 const void *new)
{
	CLEANUP(buffer_free) struct buffer one = { 0 };
	CLEANUP(buffer_free) struct buffer other = { 0 };

	put_field(&one, field, old);
	put_field(&other, field, new);
	if (one.error || other.error)
		return -ENOMEM;
	return one.used != other.used ||
	       (one.used && memcmp(one.text, other.text, one.used) != 0);
}

static bool has_text(const struct list *list, const char *text)
{
	for (size_t i = 0; i < list->count; i++)
		if (strcmp(*(char **)list_at(list, i, sizeof(char *)), text) ==
		    0)
			return true;
	return false;
}

static int compare_all(const struct field *table, size_t count, const void *old,
		       const void *new, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r >= 0 && i < count; i++) {
		if (table[i].meaning != MEANS_KEY ||
		    has_text(ret, table[i].key))
			continue;
		r = field_differs(&table[i], old, new);
		if (r > 0)
			r = list_take_text(ret, strdup(table[i].key));
	}
	return r;
}

int field_compare(const struct service *old, const struct service *new,
		  struct list *ret)
{
	int r = compare_all(of_service, COUNT(of_service), old, new, ret);

	if (r == 0)
		r = variables_compare(old, new, ret);
	return r < 0 ? r : variables_compare_port(old, new, ret);
}

int field_compare_projects(const struct project *old, const struct project *new,
			   struct list *ret)
{
	return compare_all(of_project, COUNT(of_project), old, new, ret);
}
