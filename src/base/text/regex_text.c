// SPDX-License-Identifier: MIT
#include "base/text/regex_text.h"

#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/text/regex_set.h"

#define REPEAT_MAX 255 /* RE_DUP_MAX of POSIX */

struct reader {
	const char *text;
	const char *next;
	struct regex_text *ret;
	struct fault *fault;
	unsigned depth; /* of open parentheses */
	unsigned number; /* of groups in what we write */
	bool can_repeat; /* the last thing may be followed by * and the like */
};

__attribute__((format(printf, 2, 3))) static int wrong(struct reader *reader,
						       const char *format, ...)
{
	char what[256];
	va_list arguments;

	va_start(arguments, format);
	(void)vsnprintf(what, sizeof(what), format, arguments);
	va_end(arguments);
	return fault_set(reader->fault, -EINVAL, "character %zu: %s",
			 (size_t)(reader->next - reader->text) + 1, what);
}

static void add(struct reader *reader, const char *text, size_t length)
{
	buffer_add(&reader->ret->pattern, text, length);
}

/* A character that means itself. */
static void add_literal(struct reader *reader, char c)
{
	char quoted[] = { '[', c, ']' };

	if (c == '\\' || c == '^')
		add(reader, (char[]){ '\\', c }, 2);
	else if (strchr(".[]()*+?{}|$", c))
		add(reader, quoted, sizeof(quoted));
	else
		add(reader, &c, 1);
	reader->can_repeat = true;
}

/* \n, \xHH and the like, and escaped punctuation; reader->next stands behind
 * the backslash and is moved on. @return the byte, or -EINVAL. */
static int escaped_byte(struct reader *reader)
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
			return wrong(reader, "no text holds a NUL");
		reader->next += 3;
		return (int)byte;
	}
	if (c == '\0')
		return wrong(reader, "a backslash ends it");
	if (isdigit((unsigned char)c))
		return wrong(reader, "backreferences (\\%c) are not known", c);
	if (isalpha((unsigned char)c))
		return wrong(reader, "\\%c is not known", c);
	reader->next++;
	return (unsigned char)c;
}

/* \A \Z \z \b \B: places, not characters. */
static const char *place(char letter)
{
	switch (letter) {
	case 'A':
		return "^";
	case 'Z':
	case 'z':
		return "$";
	case 'b':
		return "\\b";
	case 'B':
		return "\\B";
	default:
		return NULL;
	}
}

static int read_escape(struct reader *reader)
{
	struct regex_set set = { { 0 } };
	char letter = *++reader->next;
	const char *at = place(letter);

	if (at) {
		add(reader, at, strlen(at));
		reader->can_repeat = false;
		reader->next++;
		return 0;
	}
	if (regex_set_add_class(&set, (char)tolower((unsigned char)letter))) {
		regex_set_write(&set, isupper((unsigned char)letter),
				&reader->ret->pattern);
		reader->can_repeat = true;
		reader->next++;
		return 0;
	}

	int byte = escaped_byte(reader);

	if (byte < 0)
		return byte;
	add_literal(reader, (char)byte);
	return 0;
}

/* One end of a range in brackets. @return the byte, or -EINVAL. */
static int bracket_byte(struct reader *reader)
{
	if (*reader->next == '\0')
		return wrong(reader, "a [ is not closed");
	if (*reader->next != '\\')
		return (unsigned char)*reader->next++;
	if (*++reader->next == 'b') {
		reader->next++;
		return '\b';
	}
	return escaped_byte(reader);
}

static int read_range(struct reader *reader, struct regex_set *set)
{
	int first = bracket_byte(reader), last = first;

	if (first >= 0 && reader->next[0] == '-' && reader->next[1] != ']' &&
	    reader->next[1] != '\0') {
		reader->next++;
		last = bracket_byte(reader);
		if (last >= 0 && last < first)
			return wrong(reader, "a range ends before it begins");
	}
	if (first < 0 || last < 0)
		return -EINVAL;
	regex_set_add(set, (unsigned char)first, (unsigned char)last);
	return 0;
}

/* @return whether it was [:name:], which is then read. */
static bool read_posix(struct reader *reader, struct regex_set *set)
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

static int read_bracket(struct reader *reader)
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
		return wrong(reader, "the [ ] holds nothing");
	regex_set_write(&set, negated, &reader->ret->pattern);
	reader->can_repeat = true;
	return 0;
}

/* "NAME>", with reader->next at its begin. */
static int read_name(struct reader *reader, char name[REGEX_NAME])
{
	size_t length = strcspn(reader->next, ">");
	const char *p = reader->next;

	if (p[length] != '>')
		return wrong(reader, "the group's name does not end with >");
	if (length == 0 || length >= REGEX_NAME || isdigit((unsigned char)*p))
		return wrong(reader,
			     "a group's name is 1 to %d letters, "
			     "digits and _",
			     REGEX_NAME - 1);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '_')
			return wrong(reader, "a group's name holds letters, "
					     "digits and _ only");
	for (unsigned i = 0; i < reader->ret->group_count; i++) {
		const char *other = reader->ret->groups[i].name;

		if (strlen(other) == length && !memcmp(other, p, length))
			return wrong(reader, "two groups have the name %s",
				     other);
	}
	memcpy(name, p, length);
	name[length] = '\0';
	reader->next += length + 1;
	return 0;
}

/* What stands behind "(?" and opens no group that we have. */
static int unknown_group(struct reader *reader, const char *text)
{
	if (strchr("=!", text[0]) ||
	    (text[0] == '<' && text[1] && strchr("=!", text[1])))
		return wrong(reader, "lookaround (?%.*s is not known",
			     text[0] == '<' ? 2 : 1, text);
	if (strncmp(text, "P=", 2) == 0)
		return wrong(reader, "backreferences (?P= are not known");
	if (text[0] == 'i')
		return wrong(reader, "(?i) stands at the very beginning only");
	return wrong(reader, "(?%.1s is not known", text);
}

static int open_group(struct reader *reader)
{
	char name[REGEX_NAME] = "";
	const char *text = reader->next + 1;
	bool capture = true;
	int r = 0;

	if (strncmp(text, "?:", 2) == 0) {
		capture = false;
		reader->next += 3;
	} else if (strncmp(text, "?P<", 3) == 0 ||
		   (strncmp(text, "?<", 2) == 0 && !strchr("=!", text[2]))) {
		reader->next += text[1] == 'P' ? 4 : 3;
		r = read_name(reader, name);
	} else if (*text == '?') {
		r = unknown_group(reader, text + 1);
	} else {
		reader->next++;
	}
	if (r < 0)
		return r;
	reader->number++;
	reader->depth++;
	reader->can_repeat = false;
	add(reader, "(", 1);
	if (!capture)
		return 0;
	if (reader->ret->group_count == REGEX_GROUPS)
		return wrong(reader, "more than %d groups", REGEX_GROUPS);

	struct regex_group *group =
		&reader->ret->groups[reader->ret->group_count++];

	group->number = reader->number;
	memcpy(group->name, name, sizeof(name));
	return 0;
}

static int close_group(struct reader *reader)
{
	if (reader->depth == 0)
		return wrong(reader, "a ) closes nothing");
	reader->depth--;
	reader->can_repeat = true;
	add(reader, ")", 1);
	reader->next++;
	return 0;
}

/* "{2}", "{2,}", "{,3}", "{2,3}". @return its length; 0: none of these. */
static size_t counted(const char *text, unsigned *ret_low, unsigned *ret_high,
		      bool *ret_open)
{
	size_t low = strspn(text + 1, "0123456789");
	const char *p = text + 1 + low;
	size_t high = *p == ',' ? strspn(p + 1, "0123456789") : 0;
	const char *end = p + (*p == ',') + high;

	if (*end != '}' || low > 4 || high > 4 || (low == 0 && high == 0))
		return 0;
	*ret_low = *ret_high = 0;
	for (size_t i = 0; i < low; i++)
		*ret_low = *ret_low * 10 + (unsigned)(text[1 + i] - '0');
	for (size_t i = 0; i < high; i++)
		*ret_high = *ret_high * 10 + (unsigned)(p[1 + i] - '0');
	*ret_open = *p == ',' && high == 0;
	if (*p != ',')
		*ret_high = *ret_low;
	return (size_t)(end - text) + 1;
}

static int read_repeat(struct reader *reader)
{
	unsigned low = 0, high = 0;
	bool open = true;
	size_t length = *reader->next == '{'
				? counted(reader->next, &low, &high, &open)
				: 1;

	if (length == 0) {
		add_literal(reader, *reader->next++);
		return 0;
	}
	if (!reader->can_repeat)
		return wrong(reader, "there is nothing that %.*s could repeat",
			     (int)length, reader->next);
	if (low > REPEAT_MAX || (!open && high > REPEAT_MAX))
		return wrong(reader, "more than %d repetitions", REPEAT_MAX);
	if (*reader->next == '{' && !open && high < low)
		return wrong(reader, "%.*s: at most less than at least",
			     (int)length, reader->next);
	if (*reader->next != '{')
		add(reader, reader->next, 1);
	else if (open)
		buffer_printf(&reader->ret->pattern, "{%u,}", low);
	else
		buffer_printf(&reader->ret->pattern, "{%u,%u}", low, high);
	reader->next += length;
	reader->can_repeat = false;
	if (*reader->next == '?')
		return wrong(reader, "non-greedy repetition is not known");
	if (*reader->next == '+')
		return wrong(reader, "possessive repetition is not known");
	return 0;
}

/* What follows repeats all of a character of several bytes. */
static void read_character(struct reader *reader)
{
	size_t length = text_utf8_length(reader->next);
	bool group = length > 1 && reader->next[length] &&
		     strchr("*+?{", reader->next[length]);

	if (length <= 1) {
		add_literal(reader, *reader->next++);
		return;
	}
	reader->number += group;
	add(reader, "(", group);
	add(reader, reader->next, length);
	add(reader, ")", group);
	reader->next += length;
	reader->can_repeat = true;
}

static int read_next(struct reader *reader)
{
	switch (*reader->next) {
	case '(':
		return open_group(reader);
	case ')':
		return close_group(reader);
	case '[':
		return read_bracket(reader);
	case '\\':
		return read_escape(reader);
	case '*':
	case '+':
	case '?':
	case '{':
		return read_repeat(reader);
	case '|':
	case '^':
	case '$':
	case '.':
		reader->can_repeat = *reader->next == '.';
		add(reader, reader->next++, 1);
		return 0;
	default:
		read_character(reader);
		return 0;
	}
}

int regex_translate(const char *text, struct regex_text *ret,
		    struct fault *fault)
{
	struct regex_text found = { .ignore_case = !strncmp(text, "(?i)", 4) };
	struct reader reader = {
		.text = text,
		.next = text + (found.ignore_case ? 4 : 0),
		.ret = &found,
		.fault = fault,
	};
	int r = 0;

	buffer_add(&found.pattern, "", 0);
	while (r == 0 && *reader.next)
		r = read_next(&reader);
	if (r == 0 && reader.depth > 0)
		r = wrong(&reader, "a ( is not closed");
	if (r == 0)
		r = found.pattern.error;
	if (r < 0) {
		regex_text_free(&found);
		return r;
	}
	*ret = found;
	return 0;
}

void regex_text_free(struct regex_text *text)
{
	buffer_free(&text->pattern);
}
