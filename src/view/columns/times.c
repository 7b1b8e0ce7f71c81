// SPDX-License-Identifier: MIT
/* The cells of `jig ps -o` that are times. */
#include <stdint.h>
#include <time.h>

#include "view/columns/cells.h"

#define DAY_S 86400

/* Two digits, and a character after them. */
static size_t two_digits(struct buffer *line, int64_t value, char after)
{
	char text[3] = { (char)('0' + value / 10 % 10),
			 (char)('0' + value % 10), after };

	buffer_add(line, text, after ? 3 : 2);
	return after ? 3 : 2;
}

static size_t days(struct buffer *line, int64_t seconds)
{
	size_t width;

	if (seconds < DAY_S)
		return 0;
	width = cell_number(line, seconds / DAY_S);
	buffer_add(line, "-", 1);
	return width + 1;
}

size_t cell_elapsed(struct buffer *line, int64_t us)
{
	int64_t seconds = us / 1000000;
	size_t width = days(line, seconds);

	if (seconds >= 3600)
		width += two_digits(line, seconds % DAY_S / 3600, ':');
	width += two_digits(line, seconds / 60 % 60, ':');
	return width + two_digits(line, seconds % 60, '\0');
}

CELL(cell_etime)
{
	return cell_elapsed(line, view_age_us(view, view_stat(view, process)));
}

CELL(cell_time)
{
	int64_t seconds = view_cpu_us(view, view_stat(view, process)) / 1000000;
	size_t width = days(line, seconds);

	width += two_digits(line, seconds % DAY_S / 3600, ':');
	width += two_digits(line, seconds / 60 % 60, ':');
	return width + two_digits(line, seconds % 60, '\0');
}

static size_t add_moment(struct buffer *line, time_t moment, const char *format)
{
	char text[64];
	struct tm parts;

	if (!localtime_r(&moment, &parts))
		return cell_text(line, "-");
	return strftime(text, sizeof(text), format, &parts)
		       ? cell_text(line, text)
		       : 0;
}

/* As in ps(1): both parts are rounded down, so a second may be missing. */
static time_t columns_times_started(const struct view *view,
				    const struct view_process *process)
{
	int64_t boot = (view->wall_us - view->now_us) / 1000000;
	uint64_t ticks = view_stat(view, process)->start_ticks;

	return (time_t)(boot + (int64_t)(ticks / (uint64_t)view->hertz));
}

CELL(cell_start)
{
	time_t moment = columns_times_started(view, process);
	bool is_old = view->wall_us / 1000000 - moment > DAY_S;

	return add_moment(line, moment, is_old ? "%b %d" : "%H:%M:%S");
}

CELL(cell_start_time)
{
	time_t moment = columns_times_started(view, process),
	       now = view->wall_us / 1000000;
	struct tm then, today;

	if (!localtime_r(&moment, &then) || !localtime_r(&now, &today))
		return cell_text(line, "-");
	if (then.tm_year != today.tm_year)
		return add_moment(line, moment, "%Y");
	return add_moment(line, moment,
			  then.tm_yday == today.tm_yday ? "%H:%M" : "%b%d");
}

CELL(cell_lstart)
{
	return add_moment(line, columns_times_started(view, process),
			  "%a %b %e %H:%M:%S %Y");
}

CELL(cell_etimes)
{
	return cell_number(line, view_age_us(view, view_stat(view, process)) /
					 1000000);
}

CELL(cell_cputimes)
{
	return cell_number(line, view_cpu_us(view, view_stat(view, process)) /
					 1000000);
}
