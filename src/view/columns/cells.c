// SPDX-License-Identifier: MIT
/*
 * The cells of `jig ps -o`, and the table of columns.
 */
#include <sched.h>
#include <stdint.h>
#include <string.h>

#include "view/columns/cells.h"
#include "view/printable.h"
#include "view/tty_name.h"

size_t cell_number(struct buffer *line, int64_t value)
{
	char digits[24];
	size_t at = sizeof(digits);
	uint64_t rest = value < 0 ? -(uint64_t)value : (uint64_t)value;

	do
		digits[--at] = (char)('0' + rest % 10);
	while (rest /= 10);
	if (value < 0)
		digits[--at] = '-';
	buffer_add(line, digits + at, sizeof(digits) - at);
	return sizeof(digits) - at;
}

size_t cell_text(struct buffer *line, const char *text)
{
	size_t length = strlen(text);

	buffer_add(line, text, length);
	return length;
}

/* "12.3"; without the fraction from 100 on. */
static size_t permille(struct buffer *line, uint64_t value)
{
	size_t width = cell_number(line, (int64_t)(value / 10));

	if (value > 999)
		return width;
	buffer_add(line, ".", 1);
	return width + 1 + cell_number(line, (int64_t)(value % 10));
}

/* Columns that are a number. */
#define NUMBER_CELL(name, expression)                                          \
	static CELL(name)                                                      \
	{                                                                      \
		const struct proc_stat *stat = view_stat(view, process);       \
                                                                               \
		(void)stat;                                                    \
		return cell_number(line, (int64_t)(expression));               \
	}

NUMBER_CELL(add_pid, stat->pid)
NUMBER_CELL(add_ppid, stat->ppid)
NUMBER_CELL(add_pgid, stat->pgid)
NUMBER_CELL(add_sid, stat->sid)
NUMBER_CELL(add_tpgid, stat->tpgid)
NUMBER_CELL(add_threads, stat->threads)
NUMBER_CELL(add_vsz, stat->virtual_bytes >> 10)
NUMBER_CELL(add_rss, process->resident_kib)
NUMBER_CELL(add_uid, process->uid)
NUMBER_CELL(add_ruid, process->real_uid)

size_t cell_tty(const struct view *view, const struct view_process *process,
		size_t limit, struct buffer *line)
{
	char name[TTY_NAME_SIZE];

	(void)tty_name(view->drivers ? view->drivers : "",
		       view_stat(view, process)->tty, name); /* or "?" */
	return printable_add(line, name, strlen(name), limit);
}

size_t cell_stat(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line)
{
	const struct proc_stat *stat = view_stat(view, process);
	char text[8];
	size_t width = 0;

	(void)limit;
	text[width++] = stat->state;
	if (stat->nice != 0)
		text[width++] = stat->nice < 0 ? '<' : 'N';
	if (process->is_locked)
		text[width++] = 'L';
	if (stat->sid == stat->pid)
		text[width++] = 's';
	if (stat->threads > 1)
		text[width++] = 'l';
	if (view_is_foreground(stat))
		text[width++] = '+';
	buffer_add(line, text, width);
	return width;
}

/* The nice value has a meaning for these two policies only. */
static CELL(add_nice)
{
	const struct proc_stat *stat = view_stat(view, process);

	if (stat->policy != SCHED_OTHER && stat->policy != SCHED_BATCH)
		return cell_text(line, "-");
	return cell_number(line, stat->nice);
}

static CELL(add_state)
{
	buffer_add(line, &view_stat(view, process)->state, 1);
	return 1;
}

static size_t add_user_of(const struct view *view, uid_t uid, size_t limit,
			  struct buffer *line)
{
	const char *name = user_names_of(&view->users, uid);
	size_t before = line->used, length = name ? strlen(name) : 0, width;

	if (!name)
		return cell_number(line, uid);
	width = printable_add(line, name, length, limit);
	if (width == limit && line->used - before < length && !line->error)
		line->text[line->used - 1] = '+';
	return width;
}

size_t cell_user(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line)
{
	return add_user_of(view, process->uid, limit, line);
}

static CELL(add_ruser)
{
	return add_user_of(view, process->real_uid, limit, line);
}

static CELL(add_cpu)
{
	const struct proc_stat *stat = view_stat(view, process);
	int64_t age = view_age_us(view, stat);

	return permille(line, age > 0 ? (uint64_t)view_cpu_us(view, stat) *
						1000 / (uint64_t)age
				      : 0);
}

static CELL(add_memory)
{
	uint64_t part = view->memory_kib ? process->resident_kib * 1000 /
						   view->memory_kib
					 : 0;

	return permille(line, part > 999 ? 999 : part);
}

static CELL(add_comm)
{
	const char *comm = view_stat(view, process)->comm;

	return printable_add(line, comm, strlen(comm), limit);
}

static size_t add_defunct(const struct proc_stat *stat, size_t width,
			  size_t limit, struct buffer *line)
{
	static const char mark[] = " <defunct>";

	if (stat->state != 'Z')
		return width;
	return width +
	       printable_add(line, mark, sizeof(mark) - 1, limit - width);
}

size_t cell_args(const struct view *view, const struct view_process *process,
		 size_t limit, struct buffer *line)
{
	const struct proc_stat *stat = view_stat(view, process);
	size_t length = process->arguments_size, width;
	const char *text =
		length > 0 ? view->text.text + process->arguments : "";

	while (length > 0 && text[length - 1] == '\0')
		length--;
	if (length > 0)
		return printable_add_arguments(line, text, length, limit);
	width = printable_add(line, "[", 1, limit);
	width += printable_add(line, stat->comm, strlen(stat->comm),
			       limit - width);
	width += printable_add(line, "]", 1, limit - width);
	return add_defunct(stat, width, limit, line);
}

/* Whether it leads a session (and its first group), a group, or none. */
static CELL(add_lead)
{
	const struct proc_stat *stat = view_stat(view, process);

	if (stat->pid == stat->sid)
		return cell_text(line, "s");
	return cell_text(line, stat->pid == stat->pgid ? "g" : "-");
}

static CELL(add_outline)
{
	static const char blanks[] = "    ";
	size_t width = (size_t)view_depth(view_stat(view, process)) * 2;

	if (width > limit)
		width = limit;
	buffer_add(line, blanks, width);
	return width + cell_args(view, process, limit - width, line);
}

static CELL(add_fixture)
{
	const struct fixture_of *fixture =
		fixtures_holder(&view->fixtures, process->index);

	return fixture ? cell_number(line, fixture->supervisor)
		       : cell_text(line, "-");
}

static CELL(add_cage)
{
	const char *name = *process->cage ? process->cage : "-";

	return printable_add(line, name, strlen(name), limit);
}

#define PID(name, header, add)                                                 \
	{                                                                      \
		name, header, 5, true, true, 0, add                            \
	}
#define RIGHT(name, header, width, needs, add)                                 \
	{                                                                      \
		name, header, width, true, false, needs, add                   \
	}
#define LEFT(name, header, width, needs, add)                                  \
	{                                                                      \
		name, header, width, false, false, needs, add                  \
	}
#define USER_NAMES (VIEW_USER | VIEW_NAMES)
#define REAL_NAMES (VIEW_STATUS | VIEW_NAMES)

const struct column columns_table[] = {
	PID("pid", "PID", add_pid),
	PID("tgid", "TGID", add_pid),
	PID("ppid", "PPID", add_ppid),
	PID("pgid", "PGID", add_pgid),
	PID("pgrp", "PGRP", add_pgid),
	PID("sid", "SID", add_sid),
	PID("sess", "SESS", add_sid),
	PID("session", "SESS", add_sid),
	PID("tpgid", "TPGID", add_tpgid),
	LEFT("tty", "TT", 8, 0, cell_tty),
	LEFT("tt", "TT", 8, 0, cell_tty),
	LEFT("tname", "TTY", 8, 0, cell_tty),
	LEFT("stat", "STAT", 4, VIEW_STATUS, cell_stat),
	LEFT("state", "S", 1, 0, add_state),
	LEFT("s", "S", 1, 0, add_state),
	RIGHT("etime", "ELAPSED", 11, 0, cell_etime),
	RIGHT("etimes", "ELAPSED", 7, 0, cell_etimes),
	RIGHT("time", "TIME", 8, 0, cell_time),
	RIGHT("cputime", "TIME", 8, 0, cell_time),
	RIGHT("times", "TIME", 8, 0, cell_cputimes),
	RIGHT("cputimes", "TIME", 8, 0, cell_cputimes),
	RIGHT("pcpu", "%CPU", 4, 0, add_cpu),
	RIGHT("%cpu", "%CPU", 4, 0, add_cpu),
	RIGHT("pmem", "%MEM", 4, VIEW_STATUS, add_memory),
	RIGHT("%mem", "%MEM", 4, VIEW_STATUS, add_memory),
	RIGHT("rss", "RSS", 5, VIEW_STATUS, add_rss),
	RIGHT("rssize", "RSS", 5, VIEW_STATUS, add_rss),
	RIGHT("vsz", "VSZ", 6, 0, add_vsz),
	RIGHT("vsize", "VSZ", 6, 0, add_vsz),
	RIGHT("nlwp", "NLWP", 4, 0, add_threads),
	RIGHT("thcount", "THCNT", 5, 0, add_threads),
	RIGHT("ni", "NI", 3, 0, add_nice),
	RIGHT("nice", "NI", 3, 0, add_nice),
	RIGHT("uid", "UID", 5, VIEW_USER, add_uid),
	RIGHT("euid", "EUID", 5, VIEW_USER, add_uid),
	RIGHT("ruid", "RUID", 5, VIEW_STATUS, add_ruid),
	LEFT("user", "USER", 8, USER_NAMES, cell_user),
	LEFT("uname", "USER", 8, USER_NAMES, cell_user),
	LEFT("euser", "EUSER", 8, USER_NAMES, cell_user),
	LEFT("ruser", "RUSER", 8, REAL_NAMES, add_ruser),
	RIGHT("start", "STARTED", 8, 0, cell_start),
	RIGHT("start_time", "START", 5, 0, cell_start_time),
	RIGHT("stime", "STIME", 5, 0, cell_start_time),
	RIGHT("lstart", "STARTED", 24, 0, cell_lstart),
	LEFT("comm", "COMMAND", 15, 0, add_comm),
	LEFT("ucomm", "COMMAND", 15, 0, add_comm),
	LEFT("ucmd", "CMD", 15, 0, add_comm),
	LEFT("args", "COMMAND", 27, VIEW_ARGUMENTS, cell_args),
	LEFT("command", "COMMAND", 27, VIEW_ARGUMENTS, cell_args),
	LEFT("cmd", "CMD", 27, VIEW_ARGUMENTS, cell_args),
	LEFT("outline", "COMMAND", 27, VIEW_ARGUMENTS, add_outline),
	LEFT("lead", "L", 1, 0, add_lead),
	RIGHT("fixture", "FIXTURE", 7, VIEW_FIXTURES, add_fixture),
	LEFT("cage", "CAGE", 27, VIEW_CAGE, add_cage),
	{ 0 },
};
