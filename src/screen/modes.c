// SPDX-License-Identifier: MIT
#include "screen/modes.h"

const struct screen_mode screen_modes[] = {
	{ '?', 1, false, false }, /* application cursor keys */
	{ '?', 5, false, false }, /* reverse video */
	{ '?', 7, true, false }, /* autowrap */
	{ '?', 25, true, false }, /* the cursor is visible */
	{ '?', 9, false, false }, /* mouse: presses */
	{ '?', 1000, false, false }, /* presses and releases */
	{ '?', 1002, false, false }, /* drags */
	{ '?', 1003, false, false }, /* all moves */
	{ '?', 1005, false, false }, /* encodings: UTF-8 */
	{ '?', 1015, false, false }, /* urxvt's */
	{ '?', 1016, false, false }, /* SGR, in pixels */
	{ '?', 1006, false, false }, /* SGR */
	{ '?', 1004, false, false }, /* focus events */
	{ '?', 2004, false, false }, /* bracketed paste */
	{ '?', 2026, false, true }, /* synchronized output */
	{ '?', 2031, false, false }, /* reports of the colour scheme */
	{ '?', 2048, false, false }, /* reports of the size */
	{ 0, 4, false, false }, /* insert */
	{ 0, 20, false, false }, /* new line */
};
const size_t screen_mode_count = sizeof(screen_modes) / sizeof(*screen_modes);

void screen_save(struct screen *screen)
{
	screen->saved[screen->is_alternate] = screen->charset;
}

void screen_restore(struct screen *screen)
{
	screen->charset = screen->saved[screen->is_alternate];
}

static struct screen_span *current_alternate(struct screen *screen)
{
	return &screen->alternates[(screen->alternate_count - 1) %
				   SCREEN_SPANS];
}

static void enter_alternate(struct screen *screen)
{
	/* Entering it again also clears it. */
	screen->begin[1] = screen->offset;
	if (screen->is_alternate)
		return;
	if (screen->alternate_count >= SCREEN_SPANS)
		screen->forgotten = screen->alternates[screen->alternate_count %
						       SCREEN_SPANS]
					    .end;
	screen->alternate_count++;
	*current_alternate(screen) =
		(struct screen_span){ screen->sequence_start, UINT64_MAX };
	screen->is_alternate = true;
}

void screen_leave_alternate(struct screen *screen)
{
	if (!screen->is_alternate)
		return;
	current_alternate(screen)->end = screen->offset;
	screen->is_alternate = false;
}

static void set_alternate(struct screen *screen, unsigned number, bool on)
{
	bool saves = number == 1049;

	if (on && saves)
		screen_save(screen);
	if (on)
		enter_alternate(screen);
	else
		screen_leave_alternate(screen);
	if (!on && saves)
		screen_restore(screen);
}

void screen_set_flag(struct screen *screen, char mark, unsigned number, bool on)
{
	for (size_t i = 0; i < screen_mode_count; i++) {
		const struct screen_mode *mode = &screen_modes[i];

		if (mode->mark != mark || mode->number != number)
			continue;
		if (on == mode->is_on)
			screen->modes &= ~(UINT32_C(1) << i);
		else
			screen->modes |= UINT32_C(1) << i;
		return;
	}
}

static void set_mode(struct screen *screen, char mark, unsigned number, bool on)
{
	if (mark == '?' && (number == 47 || number == 1047 || number == 1049))
		set_alternate(screen, number, on);
	else if (mark == '?' && number == 1048 && on)
		screen_save(screen);
	else if (mark == '?' && number == 1048)
		screen_restore(screen);
	else if (mark == '?' && number == 6)
		screen->charset.has_origin = on;
	else if (mark == '?' && number == 66)
		screen->has_keypad = on;
	else
		screen_set_flag(screen, mark, number, on);
}

/* ESC [ h, l */
void screen_set_modes(struct screen *screen, bool on)
{
	const struct sequence *sequence = &screen->sequence;

	for (unsigned i = 0; i < sequence->count; i++)
		set_mode(screen, sequence->mark, sequence->numbers[i], on);
}
