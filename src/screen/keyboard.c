// SPDX-License-Identifier: MIT
/* The stack of flags of the kitty keyboard protocol. */
#include <string.h>

#include "screen/modes.h"

static void push_keyboard(struct screen_keyboard *keyboard, unsigned flags)
{
	if (keyboard->depth == SCREEN_KEYBOARDS)
		memmove(keyboard->flags, keyboard->flags + 1, SCREEN_KEYBOARDS);
	else
		keyboard->depth++;
	keyboard->flags[keyboard->depth] = (uint8_t)flags;
}

static void pop_keyboard(struct screen_keyboard *keyboard, unsigned count)
{
	if (count > keyboard->depth) {
		*keyboard = (struct screen_keyboard){ 0 };
		return;
	}
	keyboard->depth = (uint8_t)(keyboard->depth - count);
}

static void set_keyboard(struct screen_keyboard *keyboard, unsigned flags,
			 unsigned how)
{
	uint8_t *current = &keyboard->flags[keyboard->depth];

	if (how == 1)
		*current = (uint8_t)flags;
	else if (how == 2)
		*current |= (uint8_t)flags;
	else if (how == 3)
		*current &= (uint8_t)~flags;
}

/* ESC [ < = > u; without a mark it restores the cursor. */
void screen_change_keyboard(struct screen *screen)
{
	const struct sequence *sequence = &screen->sequence;
	struct screen_keyboard *keyboard =
		&screen->keyboard[screen->is_alternate];

	if (sequence->mark == '>')
		push_keyboard(keyboard, sequence_number(sequence, 0, 0));
	else if (sequence->mark == '<')
		pop_keyboard(keyboard, sequence_number(sequence, 0, 1));
	else if (sequence->mark == '=')
		set_keyboard(keyboard, sequence_number(sequence, 0, 0),
			     sequence_number(sequence, 1, 1));
}
