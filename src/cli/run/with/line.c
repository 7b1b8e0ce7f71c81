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

void screen_open(struct screen *screen, bool quiet)
{
	const char *term = getenv("TERM");

	screen->drawn = !quiet && isatty(STDERR_FILENO) && term &&
			strcmp(term, "dumb") != 0;
}

bool screen_is_drawn(const struct screen *screen)
{
	return screen->drawn;
}

/* So that it stays one line, and can be taken away again. */
static size_t width(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
		       ? size.ws_col - 1U
		       : 79U;
}

static void add_fixture(struct buffer *text, const struct with_fixture *fixture)
{
	char line[128];
	double now = (double)(clock_us() - fixture->began_us) / 1e6;

	if (fixture->began_us == 0)
		return;
	if (text->used > 0)
		buffer_printf(text, " · ");
	if (fixture->ready_us >= 0)
		buffer_printf(text, "%s ready %.1f s", fixture->name,
			      (double)(fixture->ready_us - fixture->began_us) /
				      1e6);
	else if (fixture->fixture)
		buffer_printf(text, "%s waiting for %s, %.0f s", fixture->name,
			      text_printable(jig_problem(fixture->fixture),
					     line, sizeof(line)),
			      now);
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

/* The line of a background job would be drawn over what its user types. On a
 * terminal that is not our controlling one there are no jobs. */
static bool is_in_foreground(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group < 0 || group == getpgrp();
}

void screen_draw(struct screen *screen, const struct with *with)
{
	struct buffer text = { 0 };

	if (!screen->drawn || complain_is_stuck() || !is_in_foreground())
		return;
	for (size_t i = 0; i < with->fixtures.count; i++)
		add_fixture(&text, list_at(&with->fixtures, i,
					   sizeof(struct with_fixture)));
	if (text.used > 0) {
		text.used = text_clean(text.text, text.used, "");
		complain_bytes(CLEAR_LINE, strlen(CLEAR_LINE));
		complain_bytes(text.text, cut(text.text, width()));
	}
	buffer_free(&text);
}

void screen_close(struct screen *screen, const struct with *with)
{
	(void)with;
	if (screen->drawn && is_in_foreground())
		complain_bytes(CLEAR_LINE, strlen(CLEAR_LINE));
	screen->drawn = false;
}
