// SPDX-License-Identifier: MIT
/*
 * What `jig ps` reads of others: columns that a person names, and comm,
 * arguments, cgroup and status files, and names of terminals' drivers.
 */
#include "view/columns/columns.h"
#include "fuzz.h"
#include "proc/status.h"
#include "view/printable.h"
#include "view/tty_name.h"

static bool has_control(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || text[i] == 0x7f)
			return true;
	return false;
}

static void try_printable(const char *text, size_t size)
{
	for (size_t limit = 0; limit < 8; limit++) {
		struct buffer buffer = { 0 };
		size_t width = printable_add(&buffer, text, size, limit);

		MUST(width <= limit);
		MUST(!has_control(buffer.text, buffer.used));
		MUST(printable_cut(buffer.text, buffer.used, limit) ==
		     buffer.used);
		buffer_free(&buffer);
	}
}

static void try_columns(const char *text)
{
	struct list columns = { 0 };
	struct buffer line = { 0 };
	struct fault fault = { "" };

	if (columns_parse(text, &columns, &fault) < 0) {
		MUST(fault.text[0]);
	} else {
		MUST(columns.count > 0);
		columns_add_headers(&columns, &line);
		MUST(line.used == 0 || line.text[line.used - 1] == '\n');
		MUST(line.used == 0 || !has_control(line.text, line.used - 1));
	}
	list_free(&columns);
	buffer_free(&line);
}

/* One process whose comm and arguments are these. */
static void try_line(const char *text, size_t size)
{
	static const char names[] =
		"comm,args,outline,tty,stat,etime,user,args";
	struct proc_stat stat = { .pid = 7, .sid = 3, .state = 'S' };
	struct view_process shown = { .arguments_size = size };
	struct view view = {
		.stats = { .items = &stat, .count = 1 },
		.shown = { .items = &shown, .count = 1 },
		.text = { .text = (char *)text, .used = size },
		.hertz = 100,
	};
	struct list columns = { 0 };
	struct buffer line = { 0 };
	struct fault fault;

	memcpy(stat.comm, text, size < 63 ? size : 63);
	memcpy(&stat.tty, text, size < 4 ? size : 4);
	MUST(columns_parse(names, &columns, &fault) == 0);
	columns_add_line(&columns, &view, &shown, &line);
	MUST(line.used > 0 && line.text[line.used - 1] == '\n');
	MUST(!has_control(line.text, line.used - 1));
	buffer_free(&line);
	view_add_json(&view, &line);
	MUST(line.used > 0 && line.text[line.used - 1] == '\n');
	list_free(&columns);
	buffer_free(&line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = fuzz_text(data, size), cage[VIEW_CAGE_SIZE];
	char tty[TTY_NAME_SIZE];
	struct proc_status status;

	try_printable(text, size);
	try_columns(text);
	try_line(text, size);
	(void)view_parse_cage(text, cage);
	MUST(strlen(cage) < sizeof(cage));
	(void)status_parse(text, &status);
	(void)tty_name(text, 0xbc01, tty);
	MUST(strlen(tty) < sizeof(tty));
	free(text);
	return 0;
}
