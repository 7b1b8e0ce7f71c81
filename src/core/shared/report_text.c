// SPDX-License-Identifier: MIT
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "base/text.h"
#include "core/shared/report.h"

/* More lines do not help a person; --report has all of them. */
#define MAX_LINES 8

static void add_how(struct buffer *out, uint32_t how)
{
	static const struct {
		uint32_t bit;
		const char *words;
	} bits[] = {
		{ JIG_HOW_DAEMON, "daemon" },
		{ JIG_HOW_SESSION, "own session" },
		{ JIG_HOW_GROUP, "own process group" },
		{ JIG_HOW_IGNORES_TERM, "ignores SIGTERM" },
		{ JIG_HOW_STOPPED, "was stopped" },
		{ JIG_HOW_USER, "another user" },
	};
	const char *comma = " (";

	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++) {
		if (!(how & bits[i].bit))
			continue;
		buffer_printf(out, "%s%s", comma, bits[i].words);
		comma = ", ";
	}
	if (*comma == ',')
		buffer_add(out, ")", 1);
}

static void add_fate(struct buffer *out, const struct leftover *leftover)
{
	char name[TEXT_SIGNAL_SIZE];
	int64_t ms = leftover->after_us / 1000;

	switch (leftover->fate) {
	case JIG_FATE_EXITED:
		buffer_printf(out, ": exited with %d", leftover->value);
		break;
	case JIG_FATE_SIGNALED:
		buffer_printf(out, ": ended by %s",
			      text_signal_name(leftover->value, name,
					       sizeof(name)));
		break;
	case JIG_FATE_SURVIVED:
		buffer_printf(out, ": could NOT be ended, state %c",
			      leftover->state ? leftover->state : '?');
		if (leftover->uid != (uid_t)-1)
			buffer_printf(out, ", uid %u", leftover->uid);
		return;
	default:
		buffer_printf(out, ": its end was not seen");
	}
	if (leftover->after_us < 0)
		return;
	buffer_printf(out, " after %" PRId64 ".%03" PRId64 " s", ms / 1000,
		      ms % 1000);
}

static void add_left_by(struct buffer *out, const struct marks *marks)
{
	char by[sizeof(marks->text)], printable[200];

	if (marks_left_by(marks, by, sizeof(by)))
		buffer_printf(out, "    left by %s\n",
			      text_printable(by, printable, sizeof(printable)));
}

static void report_text_add_lines(struct buffer *out,
				  const struct jig_report *report,
				  const struct leftover *items, size_t count,
				  size_t total)
{
	char command[100];
	size_t lines = count < MAX_LINES ? count : MAX_LINES;

	for (size_t i = 0; i < lines; i++) {
		buffer_printf(out, "  %d %s", items[i].pid,
			      text_printable(items[i].command, command,
					     sizeof(command)));
		add_how(out, items[i].how);
		add_fate(out, &items[i]);
		buffer_add(out, "\n", 1);
		add_left_by(out, &items[i].marks);
		report_text_ancestry(out, report, &items[i]);
	}
	if (total > lines)
		buffer_printf(out, "  and %zu more\n", total - lines);
}

int report_text(const struct jig_report *report, const char *of,
		struct buffer *ret)
{
	struct buffer out = { 0 };

	if (report->leftover_total > 0) {
		buffer_printf(&out, "jig: %" PRIu32 " leftover%s of %s:\n",
			      report->leftover_total,
			      report->leftover_total == 1 ? "" : "s", of);
		report_text_add_lines(&out, report, report->leftovers,
				      report->leftover_count,
				      report->leftover_total);
	}
	if (report->survivor_total > 0) {
		buffer_printf(&out, "jig: %" PRIu32 " survivor%s of %s:\n",
			      report->survivor_total,
			      report->survivor_total == 1 ? "" : "s", of);
		report_text_add_lines(&out, report, report->survivors,
				      report->survivor_count,
				      report->survivor_total);
	}
	if (out.error) {
		buffer_free(&out);
		return -ENOMEM;
	}
	*ret = out;
	return 0;
}
