// SPDX-License-Identifier: MIT
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text/regex_reader.h"
#include "base/text/regex_set.h"

int regex_wrong(struct regex_reader *reader, const char *format, ...)
{
	char what[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return fault_set(reader->fault, -EINVAL, "character %zu: %s",
			 (size_t)(reader->next - reader->text) + 1, what);
}

int regex_escaped_byte(struct regex_reader *reader)
{
	static const char letters[] = "ntrfvae", bytes[] = "\n\t\r\f\v\a\033";
	char c = *reader->next;
	const char *known = c ? strchr(letters, c) : NULL;
	unsigned byte;

	if (known) {
		reader->next++;
		return bytes[known - letters];
	}
	if (c == 'x' && isxdigit((unsigned char)reader->next[1]) &&
	    isxdigit((unsigned char)reader->next[2])) {
		(void)sscanf(reader->next + 1, "%2x", &byte); /* Is digits. */
		if (byte == 0)
			return regex_wrong(reader, "no text contains a NUL");
		reader->next += 3;
		return (int)byte;
	}
	if (c == '\0')
		return regex_wrong(reader, "a backslash stands at the end");
	if (isdigit((unsigned char)c))
		return regex_wrong(reader,
				   "backreferences (\\%c) are not known", c);
	if (isalpha((unsigned char)c))
		return regex_wrong(reader, "\\%c is not known", c);
	reader->next++;
	return (unsigned char)c;
}

/* One end of a range in brackets. @return the byte, or -EINVAL. */
static int bracket_byte(struct regex_reader *reader)
{
	if (*reader->next == '\0')
		return regex_wrong(reader, "a [ is not closed");
	if (*reader->next != '\\')
		return (unsigned char)*reader->next++;
	if (*++reader->next == 'b') {
		reader->next++;
		return '\b';
	}
	return regex_escaped_byte(reader);
}

static int read_range(struct regex_reader *reader, struct regex_set *set)
{
	int first = bracket_byte(reader), last = first;

	if (first >= 0 && reader->next[0] == '-' && reader->next[1] != ']' &&
	    reader->next[1] != '\0') {
		reader->next++;
		last = bracket_byte(reader);
		if (last >= 0 && last < first)
			return regex_wrong(reader,
					   "a range ends before it begins");
	}
	if (first < 0 || last < 0)
		return -EINVAL;
	regex_set_add(set, (unsigned char)first, (unsigned char)last);
	return 0;
}

/* @return whether it was [:name:], which is then read. */
static bool read_posix(struct regex_reader *reader, struct regex_set *set)
{
	const char *name = reader->next + 2, *end;

	if (strncmp(reader->next, "[:", 2) != 0)
		return false;
	end = strstr(name, ":]");
	if (!end || !regex_set_add_posix(set, name, (size_t)(end - name)))
		return false;
	reader->next = end + 2;
	return true;
}

int regex_read_bracket(struct regex_reader *reader)
{
	struct regex_set set = { { 0 } };
	bool negated = *++reader->next == '^';

	reader->next += negated;
	for (bool first = true; first || *reader->next != ']'; first = false) {
		int r = 0;

		if (read_posix(reader, &set))
			continue;
		if (*reader->next == '\\' &&
		    regex_set_add_class(&set, reader->next[1]))
			reader->next += 2;
		else
			r = read_range(reader, &set);
		if (r < 0)
			return r;
	}
	reader->next++;
	if (regex_set_is_empty(&set))
		return regex_wrong(reader, "the [ ] matches nothing");
	regex_set_write(&set, negated, &reader->ret->pattern);
	reader->can_repeat = true;
	return 0;
}
