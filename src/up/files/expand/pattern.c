// SPDX-License-Identifier: MIT
/*
 * Patterns of ${V#…} and ${V%…}: * ? [abc] and \x. A star also takes a slash.
 * And the texts of ${V/…/…}, which are no patterns, as in process-compose.
 *
 * A match is one pass with at most one step back (to the last star), so its
 * time is the product of both lengths whatever the pattern is.
 */
#include <errno.h>
#include <fnmatch.h>
#include <string.h>

#include "up/files/expand/pattern.h"

/* The time of a trim grows with the square of the value's length. */
#define VALUE_MAX 4096
/* Replacements end here; the caller refuses a value of this size. */
#define REPLACED_MAX (5 << 20)

/* The length of the first element of a pattern: x, \x, ? or [abc]. */
static size_t element_length(const char *pattern)
{
	const char *from = pattern + 1, *end = NULL;

	if (*pattern == '\\' && pattern[1])
		return 2;
	if (*pattern == '[' && *from) {
		from += *from == '!';
		end = *from ? strchr(from + 1, ']') : NULL;
	}
	return end ? (size_t)(end - pattern) + 1 : 1;
}

static bool element_matches(const char *pattern, size_t length, char c)
{
	char set[64];
	const char text[] = { c, '\0' };

	if (length == 1)
		return *pattern == '?' || *pattern == c;
	if (*pattern == '\\')
		return pattern[1] == c;
	if (length >= sizeof(set))
		return false;
	memcpy(set, pattern, length);
	set[length] = '\0';
	return fnmatch(set, text, 0) == 0;
}

static bool pattern_matches(const char *pattern, const char *text,
			    const char *end)
{
	const char *star = NULL, *retry = text;
	size_t length;

	while (text < end) {
		if (*pattern == '*') {
			star = ++pattern;
			retry = text;
			continue;
		}
		length = *pattern ? element_length(pattern) : 0;
		if (length && element_matches(pattern, length, *text)) {
			pattern += length;
			text++;
			continue;
		}
		if (!star)
			return false;
		pattern = star;
		text = ++retry;
	}
	while (*pattern == '*')
		pattern++;
	return !*pattern;
}

int pattern_trim(const char *value, const char *pattern,
		 struct pattern_place where, const char **ret_start,
		 const char **ret_end)
{
	size_t length = strlen(value);
	const char *end = value + length;

	if (length > VALUE_MAX)
		return -ERANGE;
	*ret_start = value;
	*ret_end = end;
	for (size_t i = 0; i <= length; i++) {
		size_t part = where.longest ? length - i : i;

		if (where.at_end
			    ? pattern_matches(pattern, end - part, end)
			    : pattern_matches(pattern, value, value + part)) {
			*ret_start = where.at_end ? value : value + part;
			*ret_end = where.at_end ? end - part : end;
			return 0;
		}
	}
	return 0;
}

void pattern_replace(const char *value, const char *from, const char *to,
		     char where, struct buffer *ret)
{
	size_t size = strlen(from);
	const char *end = value + strlen(value), *found;

	while (size && ret->used < REPLACED_MAX) {
		found = strstr(value, from);
		if (where == '%')
			found = (size_t)(end - value) < size ? NULL
							     : end - size;
		if (!found || strncmp(found, from, size) != 0 ||
		    (where == '#' && found != value))
			break;
		buffer_add(ret, value, (size_t)(found - value));
		buffer_add(ret, to, strlen(to));
		value = found + size;
		if (where != '/')
			break;
	}
	buffer_add(ret, value, (size_t)(end - value));
}
