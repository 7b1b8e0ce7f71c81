// SPDX-License-Identifier: MIT
#include "tty/style.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"
#include "base/text.h"
#include "tty/raw_terminal.h"

size_t style_width(int fd)
{
	const char *text = getenv("COLUMNS");
	struct winsize size;
	uint64_t number;

	if (text && text_number(text, INT32_MAX, &number) == 0 && number > 0)
		return number;
	if (!fd_is_terminal(fd) || raw_terminal_size(fd, &size) < 0)
		return 0;
	return size.ws_col;
}

bool style_is_coloured(int fd)
{
	const char *none = getenv("NO_COLOR"), *term = getenv("TERM");

	return !(none && *none) && term && strcmp(term, "dumb") != 0 &&
	       fd_is_terminal(fd);
}
