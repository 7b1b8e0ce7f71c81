// SPDX-License-Identifier: MIT
#include "app/say.h"

#include <stdarg.h>
#include <stdio.h>

void complain(const char *format, ...)
{
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	/* One write, so that two processes' lines do not mix. Nobody can be
	 * told when stderr is closed. */
	(void)fprintf(stderr, "jig: %s\n", text);
}
