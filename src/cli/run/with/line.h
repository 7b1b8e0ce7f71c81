/* SPDX-License-Identifier: MIT */
/*
 * The progress of `jig run --with`, as one line on stderr that is redrawn in
 * place: which fixtures are ready, and what the others wait for. If stderr is
 * no terminal, nothing is drawn. Messages do not belong here.
 */
#ifndef JIG_CLI_RUN_WITH_LINE_H
#define JIG_CLI_RUN_WITH_LINE_H

#include <stdbool.h>

#include "cli/run/with/with.h"

struct with_line {
	bool is_drawn; /* stderr is a terminal that may be drawn on */
};

void with_line_open(struct with_line *line, bool quiet);

/** "db ready 0.4 s · api waiting for http:8080/: HTTP 503, 3 s". */
void with_line_draw(struct with_line *line, const struct with *with);

/** Erase the line. */
void with_line_close(struct with_line *line);

#endif
