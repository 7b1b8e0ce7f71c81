// SPDX-License-Identifier: MIT
/* A view as JSON: `jig ps --json`, `jig tree --json`. */
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "base/text/json.h"
#include "view/columns/columns.h"
#include "view/tty_name.h"
#include "view/view.h"

/* The same text as in the column. */
static void add_stat(struct json *json, const struct view *view,
		     const struct view_process *process)
{
	struct buffer text = { 0 };

	(void)cell_stat(view, process, SIZE_MAX, &text);
	json_string(json, "stat", text.text ? text.text : "");
	buffer_free(&text);
}

static void columns_json_add_tty(struct json *json, const struct view *view,
				 int tty)
{
	char name[TTY_NAME_SIZE];

	if (tty == 0) {
		json_null(json, "tty");
		return;
	}
	(void)tty_name(view->drivers ? view->drivers : "", tty, name);
	json_string(json, "tty", name);
}

static void add_arguments(struct json *json, const struct view *view,
			  const struct view_process *process)
{
	size_t size = process->arguments_size;
	const char *text = size > 0 ? view->text.text + process->arguments : "";
	const char *end = text + size;

	json_open(json, "args", '[');
	while (text < end) {
		size_t length = strnlen(text, (size_t)(end - text));
		CLEANUP_FREE char *word = strndup(text, length);

		if (!word)
			json->out.error =
				json->out.error ? json->out.error : -ENOMEM;
		json_string(json, NULL, word ? word : "");
		text += length + 1;
	}
	json_close(json, ']');
}

static void add_numbers(struct json *json, const struct proc_stat *stat)
{
	json_number(json, "pid", stat->pid);
	json_number(json, "ppid", stat->ppid);
	json_number(json, "pgid", stat->pgid);
	json_number(json, "sid", stat->sid);
	if (stat->tpgid > 0)
		json_number(json, "tpgid", stat->tpgid);
	else
		json_null(json, "tpgid");
	json_bool(json, "leads_session", stat->pid == stat->sid);
	json_bool(json, "leads_group", stat->pid == stat->pgid);
	json_bool(json, "foreground", view_is_foreground(stat));
	json_bool(json, "kernel", stat_is_kernel(stat));
	json_number(json, "threads", stat->threads);
	json_number(json, "nice", stat->nice);
}

static void columns_json_add_user(struct json *json, const struct view *view,
				  const struct view_process *process)
{
	const char *name = user_names_of(&view->users, process->uid);

	json_number(json, "uid", process->uid);
	if (name)
		json_string(json, "user", name);
	else
		json_null(json, "user");
}

static void columns_json_add_cage(struct json *json, const struct view *view,
				  const struct view_process *process)
{
	const struct fixture_of *fixture =
		fixtures_holder(&view->fixtures, process->index);

	if (fixture)
		json_number(json, "fixture", fixture->supervisor);
	else
		json_null(json, "fixture");
	if (*process->cage)
		json_string(json, "cage", process->cage);
	else
		json_null(json, "cage");
}

static void add_process(struct json *json, const struct view *view,
			const struct view_process *process)
{
	const struct proc_stat *stat = view_stat(view, process);
	int64_t age = view_age_us(view, stat);

	json_open(json, NULL, '{');
	add_numbers(json, stat);
	columns_json_add_tty(json, view, stat->tty);
	add_stat(json, view, process);
	columns_json_add_user(json, view, process);
	json_seconds(json, "started", view->wall_us - age);
	json_seconds(json, "elapsed_s", age);
	json_seconds(json, "cpu_s", view_cpu_us(view, stat));
	json_number(json, "rss_kib", (int64_t)process->resident_kib);
	json_number(json, "vsz_kib", (int64_t)(stat->virtual_bytes >> 10));
	columns_json_add_cage(json, view, process);
	json_string(json, "comm", stat->comm);
	add_arguments(json, view, process);
	json_close(json, '}');
}

void view_add_json(const struct view *view, struct buffer *ret)
{
	struct json json = { .out = *ret };

	json_open(&json, NULL, '[');
	for (size_t i = 0; i < view->shown.count; i++)
		add_process(&json, view, view_at(view, i));
	json_close(&json, ']');
	buffer_add(&json.out, "\n", 1);
	*ret = json.out;
}
