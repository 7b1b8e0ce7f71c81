// SPDX-License-Identifier: MIT
#include "base/text/regex_text.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "base/text/regex_reader.h"
#include "base/text/regex_set.h"

#define REPEAT_MAX 255 /* RE_DUP_MAX of POSIX */

static void regex_text_add(struct regex_reader *reader, const char *text,
			   size_t length)
{
	buffer_add(&reader->ret->pattern, text, length);
}

/* A character that means itself. */
static void add_literal(struct regex_reader *reader, char c)
{
	char quoted[] = { '[', c, ']' };

	if (c == '\\' || c == '^')
		regex_text_add(reader, (char[]){ '\\', c }, 2);
	else if (strchr(".[]()*+?{}|$", c))
		regex_text_add(reader, quoted, sizeof(quoted));
	else
		regex_text_add(reader, &c, 1);
	reader->can_repeat = true;
}

/* \A \Z \z \b \B: places, not characters. */
static const char *regex_text_place(char letter)
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

static int regex_text_read_escape(struct regex_reader *reader)
{
	struct regex_set set = { { 0 } };
	char letter = *++reader->next;
	const char *at = regex_text_place(letter);

	if (at) {
		regex_text_add(reader, at, strlen(at));
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

	int byte = regex_escaped_byte(reader);

	if (byte < 0)
		return byte;
	add_literal(reader, (char)byte);
	return 0;
}

/* "NAME>", with reader->next at its beginning. */
static int read_name(struct regex_reader *reader, char name[REGEX_NAME])
{
	size_t length = strcspn(reader->next, ">");
	const char *p = reader->next;

	if (p[length] != '>')
		return regex_wrong(reader,
				   "the group's name does not end with >");
	if (length == 0 || length >= REGEX_NAME || isdigit((unsigned char)*p))
		return regex_wrong(reader,
				   "a group's name is 1 to %d letters, "
				   "digits and _",
				   REGEX_NAME - 1);
	for (size_t i = 0; i < length; i++)
		if (!isalnum((unsigned char)p[i]) && p[i] != '_')
			return regex_wrong(reader,
					   "a group's name holds letters, "
					   "digits and _ only");
	for (unsigned i = 0; i < reader->ret->group_count; i++) {
		const char *other = reader->ret->groups[i].name;

		if (strlen(other) == length && !memcmp(other, p, length))
			return regex_wrong(reader,
					   "two groups have the name %s",
					   other);
	}
	memcpy(name, p, length);
	name[length] = '\0';
	reader->next += length + 1;
	return 0;
}

/* A "(?" that opens no group of the language. */
static int unknown_group(struct regex_reader *reader, const char *text)
{
	if (strchr("=!", text[0]) ||
	    (text[0] == '<' && text[1] && strchr("=!", text[1])))
		return regex_wrong(reader, "lookaround (?%.*s is not known",
				   text[0] == '<' ? 2 : 1, text);
	if (strncmp(text, "P=", 2) == 0)
		return regex_wrong(reader, "backreferences (?P= are not known");
	if (text[0] == 'i')
		return regex_wrong(reader,
				   "(?i) stands at the very beginning only");
	return regex_wrong(reader, "(?%.1s is not known", text);
}

static int open_group(struct regex_reader *reader)
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
	regex_text_add(reader, "(", 1);
	if (!capture)
		return 0;
	if (reader->ret->group_count == REGEX_GROUPS)
		return regex_wrong(reader, "more than %d groups", REGEX_GROUPS);

	struct regex_group *group =
		&reader->ret->groups[reader->ret->group_count++];

	group->number = reader->number;
	memcpy(group->name, name, sizeof(name));
	return 0;
}

static int close_group(struct regex_reader *reader)
{
	if (reader->depth == 0)
		return regex_wrong(reader, "a ) without a (");
	reader->depth--;
	reader->can_repeat = true;
	regex_text_add(reader, ")", 1);
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

static int read_repeat(struct regex_reader *reader)
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
		return regex_wrong(reader,
				   "there is nothing that %.*s could repeat",
				   (int)length, reader->next);
	if (low > REPEAT_MAX || (!open && high > REPEAT_MAX))
		return regex_wrong(reader, "more than %d repetitions",
				   REPEAT_MAX);
	if (*reader->next == '{' && !open && high < low)
		return regex_wrong(reader, "%.*s: at most less than at least",
				   (int)length, reader->next);
	if (*reader->next != '{')
		regex_text_add(reader, reader->next, 1);
	else if (open)
		buffer_printf(&reader->ret->pattern, "{%u,}", low);
	else
		buffer_printf(&reader->ret->pattern, "{%u,%u}", low, high);
	reader->next += length;
	reader->can_repeat = false;
	if (*reader->next == '?')
		return regex_wrong(reader,
				   "non-greedy repetition is not known");
	if (*reader->next == '+')
		return regex_wrong(reader,
				   "possessive repetition is not known");
	return 0;
}

/* A repetition applies to all bytes of the character. */
static void read_character(struct regex_reader *reader)
{
	size_t length = text_utf8_length(reader->next);
	bool group = length > 1 && reader->next[length] &&
		     strchr("*+?{", reader->next[length]);

	if (length <= 1) {
		add_literal(reader, *reader->next++);
		return;
	}
	reader->number += group;
	regex_text_add(reader, "(", group);
	regex_text_add(reader, reader->next, length);
	regex_text_add(reader, ")", group);
	reader->next += length;
	reader->can_repeat = true;
}

static int read_next(struct regex_reader *reader)
{
	switch (*reader->next) {
	case '(':
		return open_group(reader);
	case ')':
		return close_group(reader);
	case '[':
		return regex_read_bracket(reader);
	case '\\':
		return regex_text_read_escape(reader);
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
		regex_text_add(reader, reader->next++, 1);
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
	struct regex_reader reader = {
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
		r = regex_wrong(&reader, "a ( is not closed");
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
