// SPDX-License-Identifier: MIT
#include "base/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"

int fault_set(struct fault *fault, int code, const char *format, ...)
{
	va_list arguments;

	if (!fault)
		return code;
	va_start(arguments, format);
	/* A text that is too long is cut: the code still says what it was. */
	(void)vsnprintf(fault->text, sizeof(fault->text), format, arguments);
	va_end(arguments);
	/* Names of files, users and programs may hold any bytes. */
	fault->text[text_clean(fault->text, strlen(fault->text), "")] = '\0';
	return code;
}
