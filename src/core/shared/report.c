// SPDX-License-Identifier: MIT
#include "core/shared/report.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>
#include <sys/wait.h>

#include "base/sized.h"
#include "cage/cage.h"

size_t report_size(const struct jig_report *report)
{
	if (report->ancestor_count > 0)
		return offsetof(struct jig_report, ancestors) +
		       report->ancestor_count * sizeof(report->ancestors[0]);
	return offsetof(struct jig_report, leftovers) +
	       report->leftover_count * sizeof(report->leftovers[0]);
}

/*
 * Texts are looked at where they lie in the bytes: to copy the whole struct
 * would touch 70 KB, and usually there are no leftovers.
 */
static bool are_texts_ended(const struct leftover *items, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (!memchr(items[i].comm, 0, sizeof(items[i].comm)) ||
		    !memchr(items[i].command, 0, sizeof(items[i].command)) ||
		    !marks_are_ended(&items[i].marks))
			return false;
	return true;
}

int report_check(const void *data, size_t size)
{
	const size_t head = offsetof(struct jig_report, leftovers);
	const struct jig_report *report = data;

	if (size < head || size > sizeof(*report) ||
	    (uintptr_t)data % _Alignof(struct jig_report) != 0)
		return -EBADMSG;
	if (report->leftover_count > REPORT_LEFTOVERS ||
	    report->survivor_count > REPORT_SURVIVORS ||
	    report->signal_count > REPORT_SIGNALS ||
	    report->ancestor_count > REPORT_ANCESTORS ||
	    report->leftover_total < report->leftover_count ||
	    report->survivor_total < report->survivor_count ||
	    size != report_size(report))
		return -EBADMSG;
	if (!words_name(&report_reason_words, report->reason) ||
	    !cage_ops_of((enum jig_cage)report->cage) ||
	    report->strength > CAGE_KERNEL ||
	    !memchr(report->why, 0, sizeof(report->why)) ||
	    !memchr(report->via, 0, sizeof(report->via)) ||
	    !are_texts_ended(report->leftovers, report->leftover_count) ||
	    !are_texts_ended(report->survivors, report->survivor_count))
		return -EBADMSG;
	return report_check_ancestry(report);
}

void report_copy(struct jig_report *to, const struct jig_report *from)
{
	memcpy(to, from, report_size(from));
}

int report_code(const struct jig_report *report)
{
	int status = report->main_status;

	if (status < 0)
		return -1;
	if (WIFSIGNALED(status))
		return 128 + WTERMSIG(status);
	return WEXITSTATUS(status);
}

/* ------------------------------------------------------------ public view */

const char *jig_report_cage(const struct jig_report *report)
{
	return cage_kind_name((enum jig_cage)report->cage);
}

const char *jig_report_cage_reason(const struct jig_report *report)
{
	return report->why;
}

int jig_report_status(const struct jig_report *report)
{
	return report->main_status;
}

int jig_report_code(const struct jig_report *report)
{
	return report_code(report);
}

enum jig_reason jig_report_reason(const struct jig_report *report)
{
	return (enum jig_reason)report->reason;
}

bool jig_report_daemon(const struct jig_report *report)
{
	return report->daemon;
}

int64_t jig_report_wall_us(const struct jig_report *report)
{
	return report->wall_us;
}

int64_t jig_report_user_us(const struct jig_report *report)
{
	return report->user_us;
}

int64_t jig_report_system_us(const struct jig_report *report)
{
	return report->system_us;
}

uint64_t jig_report_peak_bytes(const struct jig_report *report)
{
	return report->peak_bytes;
}

static int copy_leftover(const struct leftover *items, size_t count,
			 size_t index, struct jig_leftover *ret)
{
	int r = sized_check(ret->size,
			    SIZED_FIRST(struct jig_leftover, command));

	if (r < 0)
		return r;
	if (index >= count)
		return -ENOENT;

	const struct leftover *item = &items[index];
	struct jig_leftover copy = {
		.pid = item->pid,
		.ppid = item->ppid,
		.pgid = item->pgid,
		.sid = item->sid,
		.uid = item->uid,
		.state = item->state,
		.how = item->how,
		.fate = item->fate,
		.value = item->value,
		.after_us = item->after_us,
	};

	memcpy(copy.comm, item->comm, sizeof(copy.comm));
	memcpy(copy.command, item->command, sizeof(copy.command));
	sized_write(ret, &copy, sizeof(copy));
	return 0;
}

size_t jig_report_leftovers(const struct jig_report *report)
{
	return report->leftover_total;
}

int jig_report_leftover(const struct jig_report *report, size_t index,
			struct jig_leftover *ret)
{
	return copy_leftover(report->leftovers, report->leftover_count, index,
			     ret);
}

size_t jig_report_survivors(const struct jig_report *report)
{
	return report->survivor_total;
}

int jig_report_survivor(const struct jig_report *report, size_t index,
			struct jig_leftover *ret)
{
	return copy_leftover(report->survivors, report->survivor_count, index,
			     ret);
}

ssize_t jig_report_json(const struct jig_report *report, char **ret)
{
	struct buffer text = { 0 };
	int r = report_json(report, &text);

	if (r < 0)
		return r;
	*ret = text.text;
	return (ssize_t)text.used;
}
