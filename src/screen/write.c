// SPDX-License-Identifier: MIT
/* The state of a screen as the control sequences that set or undo it. */
#include "screen/modes.h"
#include "screen/screen.h"

static void screen_write_put(struct buffer *ret, const char *text)
{
	buffer_printf(ret, "%s", text);
}

static void put_mode(const struct screen_mode *mode, bool on,
		     struct buffer *ret)
{
	buffer_printf(ret, "\033[%s%u%c", mode->mark ? "?" : "", mode->number,
		      on ? 'h' : 'l');
}

static void enter_keyboard(const struct screen_keyboard *keyboard,
			   struct buffer *ret)
{
	if (keyboard->flags[0])
		buffer_printf(ret, "\033[=%uu", keyboard->flags[0]);
	for (unsigned i = 1; i <= keyboard->depth; i++)
		buffer_printf(ret, "\033[>%uu", keyboard->flags[i]);
}

static void leave_keyboard(const struct screen_keyboard *keyboard,
			   struct buffer *ret)
{
	if (keyboard->depth)
		buffer_printf(ret, "\033[<%uu", keyboard->depth);
	if (keyboard->flags[0])
		screen_write_put(ret, "\033[=0u");
}

static void enter_title(const struct screen *screen, struct buffer *ret)
{
	/* One for us, and those that the program is going to pop. */
	for (unsigned i = 0; i <= screen->titles; i++)
		screen_write_put(ret, "\033[22;0t");
	if (screen->title_size) {
		screen_write_put(ret, "\033]2;");
		buffer_add(ret, screen->title, screen->title_size);
		screen_write_put(ret, "\033\\");
	}
}

void screen_prepare(const struct screen *screen, struct buffer *ret)
{
	enter_title(screen, ret);
	enter_keyboard(&screen->keyboard[0], ret);
	if (screen->is_alternate) {
		/* 1049 saves the cursor, and may leave it where it is. */
		screen_write_put(ret, "\033[?1049h\033[H\033[2J");
		enter_keyboard(&screen->keyboard[1], ret);
	}
}

static void put_region(const struct screen *screen, struct buffer *ret)
{
	screen_write_put(ret, "\033[");
	buffer_printf(ret, "%u", screen->region_top);
	if (screen->region_bottom)
		buffer_printf(ret, ";%u", screen->region_bottom);
	screen_write_put(ret, "r");
}

static void enter_drawing(const struct screen *screen, struct buffer *ret)
{
	const struct screen_charset *charset = &screen->charset;

	/* Setting a region moves the cursor home; DECRC restores the cursor,
	 * and also the charset, which is therefore set later. */
	if (screen->region_top) {
		screen_write_put(ret, "\0337");
		put_region(screen, ret);
		screen_write_put(ret, "\0338");
	}
	if (charset->g0)
		buffer_printf(ret, "\033(%c", charset->g0);
	if (charset->g1)
		buffer_printf(ret, "\033)%c", charset->g1);
	if (charset->is_g1)
		screen_write_put(ret, "\016");
	if (charset->has_origin)
		screen_write_put(ret, "\033[?6h");
}

void screen_enter(const struct screen *screen, struct buffer *ret)
{
	enter_drawing(screen, ret);
	for (size_t i = 0; i < screen_mode_count; i++)
		if (screen->modes >> i & 1 && !screen_modes[i].is_brief)
			put_mode(&screen_modes[i], !screen_modes[i].is_on, ret);
	if (screen->has_keypad)
		screen_write_put(ret, "\033=");
	if (screen->other_keys)
		buffer_printf(ret, "\033[>4;%um", screen->other_keys);
	if (screen->cursor)
		buffer_printf(ret, "\033[%u q", screen->cursor);
}

static void leave_modes(const struct screen *screen, struct buffer *ret)
{
	for (size_t i = 0; i < screen_mode_count; i++)
		if (screen->modes >> i & 1)
			put_mode(&screen_modes[i], screen_modes[i].is_on, ret);
	if (screen->has_keypad)
		screen_write_put(ret, "\033>");
	if (screen->other_keys)
		screen_write_put(ret, "\033[>4m");
	if (screen->cursor)
		screen_write_put(ret, "\033[0 q");
}

static void screen_write_leave_screen(const struct screen *screen,
				      struct buffer *ret)
{
	/* Do not save the cursor of the alternate screen: the saved one belongs
	 * to the normal screen. */
	if (screen->region_top)
		screen_write_put(ret, screen->is_alternate
					      ? "\033[r"
					      : "\0337\033[r\0338");
	if (screen->is_alternate) {
		leave_keyboard(&screen->keyboard[1], ret);
		screen_write_put(ret, "\033[?1049l");
	}
	leave_keyboard(&screen->keyboard[0], ret);
}

/* After the cursor was restored, because that restores these as well. */
static void leave_drawing(const struct screen *screen, struct buffer *ret)
{
	const struct screen_charset *charset = &screen->charset;
	const struct screen_charset *saved = &screen->saved[0];

	/* Leaving origin mode moves the cursor to the top: move it to the
	 * bottom. */
	if (charset->has_origin || saved->has_origin)
		screen_write_put(ret, "\033[?6l\033[999;1H");
	if (charset->g0 || saved->g0)
		screen_write_put(ret, "\033(B");
	if (charset->g1 || saved->g1)
		screen_write_put(ret, "\033)B");
	if (charset->is_g1 || saved->is_g1)
		screen_write_put(ret, "\017");
	screen_write_put(ret, "\033[m");
}

void screen_leave(const struct screen *screen, struct buffer *ret)
{
	/* CAN ends any sequence and shows nothing. */
	if (!sequence_is_between(&screen->sequence))
		screen_write_put(ret, "\030");
	leave_modes(screen, ret);
	screen_write_leave_screen(screen, ret);
	leave_drawing(screen, ret);
	for (unsigned i = 0; i < screen->titles; i++)
		screen_write_put(ret, "\033[23;0t");
}
