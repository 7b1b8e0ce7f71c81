// SPDX-License-Identifier: MIT
#include "cli/run/with/line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "tty/say.h"

#define CLEAR_LINE "\r\033[K"

void with_line_open(struct with_line *line, bool quiet)
{
	const char *term = getenv("TERM");

	line->is_drawn = !quiet && isatty(STDERR_FILENO) && term &&
			 strcmp(term, "dumb") != 0;
}

/* One column less, so that the line does not wrap and can be erased. */
static size_t width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
		       ? size.ws_col - 1U
		       : 79U;
}

static void with_line_add_reason(struct buffer *text,
				 const struct with_fixture *fixture)
{
	char reason[128];
	double now = (double)(clock_us() - fixture->began_us) / 1e6;

	text_printable(jig_problem(fixture->fixture), reason, sizeof(reason));
	/* Empty until the guard has said it. */
	buffer_printf(text, "%s waiting%s%s, %.0f s", fixture->name,
		      *reason ? " for " : "", reason, now);
}

static void with_line_add_fixture(struct buffer *text,
				  const struct with_fixture *fixture)
{
	if (fixture->began_us == 0)
		return;
	if (text->used > 0)
		buffer_printf(text, " · ");
	if (fixture->ready_us >= 0)
		buffer_printf(text, "%s %s after %.1f s", fixture->name,
			      fixture->has_probe ? "ready" : "started",
			      (double)(fixture->ready_us - fixture->began_us) /
				      1e6);
	else if (fixture->fixture)
		with_line_add_reason(text, fixture);
}

/* The bytes of the first @columns characters. */
static size_t cut(const char *text, size_t columns)
{
	size_t at = 0;

	while (text[at] && columns-- > 0) {
		size_t length = text_utf8_length(text + at);

		at += length ? length : 1;
	}
	return at;
}

/* A background job must not draw over what the user types. A terminal that is
 * not our controlling terminal has no jobs. */
static bool is_in_foreground(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

void with_line_draw(struct with_line *line, const struct with *with)
{
	struct buffer text = { 0 };

	if (!line->is_drawn || complain_is_stuck() || !is_in_foreground())
		return;
	for (size_t i = 0; i < with->fixtures.count; i++)
		with_line_add_fixture(&text,
				      list_at(&with->fixtures, i,
					      sizeof(struct with_fixture)));
	if (text.used > 0) {
		text.used = text_clean(text.text, text.used, "");
		complain_bytes(CLEAR_LINE, strlen(CLEAR_LINE));
		complain_bytes(text.text, cut(text.text, width()));
	}
	buffer_free(&text);
}

void with_line_close(struct with_line *line)
{
	if (line->is_drawn && is_in_foreground())
		complain_bytes(CLEAR_LINE, strlen(CLEAR_LINE));
	line->is_drawn = false;
}
