// SPDX-License-Identifier: MIT
/*
 * The ancestors in a report. Each has the number of its parent, so that those
 * which several processes share stand there once.
 */
#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "core/shared/report.h"

/* More commands do not help a person; --report has all of them. */
#define MAX_COMMANDS 6

static const char *const sources[] = {
	[ANCESTRY_NONE] = "none",
	[ANCESTRY_PROC] = "proc",
	[ANCESTRY_CONNECTOR] = "connector",
};

const struct words report_ancestry_words = WORDS_OF(sources);

static bool is_same_ancestor(const struct ancestor *a, const struct ancestor *b)
{
	return a->pid == b->pid && a->parent == b->parent &&
	       a->began_us == b->began_us;
}

uint32_t report_add_ancestor(struct jig_report *report,
			     const struct ancestor *ancestor)
{
	uint32_t count = report->ancestor_count;

	for (uint32_t i = 0; i < count; i++)
		if (is_same_ancestor(&report->ancestors[i], ancestor))
			return i + 1;
	if (count >= REPORT_ANCESTORS)
		return ancestor->parent;
	report->ancestors[count] = *ancestor;
	return report->ancestor_count = count + 1;
}

const struct ancestor *report_ancestor(const struct jig_report *report,
				       uint32_t number)
{
	return number > 0 && number <= report->ancestor_count
		       ? &report->ancestors[number - 1]
		       : NULL;
}

int report_check_ancestry(const struct jig_report *report)
{
	if (!words_name(&report_ancestry_words, report->ancestry))
		return -EBADMSG;
	for (uint32_t i = 0; i < report->ancestor_count; i++)
		if (report->ancestors[i].parent > i ||
		    !memchr(report->ancestors[i].command, 0,
			    sizeof(report->ancestors[i].command)))
			return -EBADMSG;
	for (uint32_t i = 0; i < report->leftover_count; i++)
		if (report->leftovers[i].ancestor > report->ancestor_count)
			return -EBADMSG;
	for (uint32_t i = 0; i < report->survivor_count; i++)
		if (report->survivors[i].ancestor > report->ancestor_count)
			return -EBADMSG;
	return 0;
}

void report_json_ancestry(struct json *json, const struct jig_report *report,
			  const struct leftover *leftover)
{
	const struct ancestor *at = report_ancestor(report, leftover->ancestor);

	json_open(json, "ancestry", '[');
	for (; at; at = report_ancestor(report, at->parent)) {
		json_open(json, NULL, '{');
		json_number(json, "pid", at->pid);
		if (*at->command)
			json_string(json, "command", at->command);
		else
			json_null(json, "command");
		json_bool(json, "executed", !at->forked);
		if (at->began_us >= 0)
			json_seconds(json, "began", at->began_us);
		else
			json_null(json, "began");
		json_close(json, '}');
	}
	json_close(json, ']');
}

/* Commands only: a process that has executed none has its parent's. */
static const struct ancestor *next_command(const struct jig_report *report,
					   uint32_t number)
{
	const struct ancestor *at = report_ancestor(report, number);

	while (at && at->forked && report_ancestor(report, at->parent))
		at = report_ancestor(report, at->parent);
	return at;
}

static void add_ancestor_command(struct buffer *out,
				 const struct ancestor *ancestor)
{
	char command[70];

	if (*ancestor->command)
		buffer_printf(out, " <- %s",
			      text_printable(ancestor->command, command,
					     sizeof(command)));
	else
		buffer_printf(out, " <- process %d", ancestor->pid);
}

void report_text_ancestry(struct buffer *out, const struct jig_report *report,
			  const struct leftover *leftover)
{
	const struct ancestor *at = next_command(report, leftover->ancestor);
	size_t count = 0, left;

	for (const struct ancestor *i = at; i;
	     i = next_command(report, i->parent))
		count++;
	/* That the main command has started it goes without saying. */
	if (count == 0 || (count == 1 && at->pid == report->main_pid))
		return;
	buffer_add(out, "   ", 3);
	for (left = count; at; left--, at = next_command(report, at->parent)) {
		if (count > MAX_COMMANDS && left == count - MAX_COMMANDS + 2)
			buffer_printf(out, " <- … %zu more", left - 1);
		if (count <= MAX_COMMANDS || left == 1 ||
		    left > count - MAX_COMMANDS + 2)
			add_ancestor_command(out, at);
	}
	buffer_add(out, "\n", 1);
}
