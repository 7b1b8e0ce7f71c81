/* SPDX-License-Identifier: MIT */
/*
 * What `jig run --with` says on stderr: on a terminal a line that tells who is
 * ready and what is waited for, drawn anew in place; elsewhere nothing.
 */
#ifndef JIG_CLI_RUN_WITH_SCREEN_H
#define JIG_CLI_RUN_WITH_SCREEN_H

#include <stdbool.h>

#include "cli/run/with/with.h"

struct screen {
	bool drawn; /* stderr is a terminal, and may be drawn on */
};

void screen_open(struct screen *screen, bool quiet);
bool screen_is_drawn(const struct screen *screen);

/** "db ready 0.4 s · api waiting for http:8080/: HTTP 503, 3 s". */
void screen_draw(struct screen *screen, const struct with *with);

/** Take the line away. */
void screen_close(struct screen *screen, const struct with *with);

#endif
