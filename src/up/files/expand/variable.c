// SPDX-License-Identifier: MIT
/*
 * Variables in a value, as process-compose and a shell have them: $NAME,
 * ${NAME}, ${NAME:-word}, ${NAME%pattern}, ${NAME^^}, ${NAME:1:2}, … and $$.
 *
 * In a line for a shell, $NAME stays: the shell replaces it from the
 * environment of the process, which has more variables than we do.
 */
#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/files/expand/expand.h"
#include "up/files/expand/pattern.h"

extern char **environ;

/* Limit of ${A:-${B:-…}}: bounds the recursion. */
#define MOST_NESTED 32

struct expansion {
	const struct expander *expander;
	const char *at;
	unsigned depth; /* of ${…} */
	bool is_shell;
	bool is_unused; /* in a word that is not needed */
};

static const char *variable_value_of(const char *variable, const char *name,
				     size_t length)
{
	return strncmp(variable, name, length) == 0 && variable[length] == '='
		       ? variable + length + 1
		       : NULL;
}

const char *expand_look_up(const struct expander *expander, const char *name,
			   size_t length)
{
	const char *value = NULL;

	for (size_t i = expander->env->count; !value && i > 0; i--)
		value = variable_value_of(*(char **)list_at(expander->env,
							    i - 1,
							    sizeof(char *)),
					  name, length);
	for (char **one = environ; !value && one && *one; one++)
		value = variable_value_of(*one, name, length);
	return value;
}

static size_t variable_name_length(const char *text)
{
	size_t length = 0;

	if (isdigit((unsigned char)*text))
		return 0;
	while (isalnum((unsigned char)text[length]) || text[length] == '_')
		length++;
	return length;
}

static int within_limit(const struct expansion *x, const struct buffer *text)
{
	return text->used > EXPAND_MAX ? fault_set(x->expander->fault, -EINVAL,
						   "the value exceeds 4 MiB")
				       : text->error;
}

static int unclosed(const struct expansion *x)
{
	return fault_set(x->expander->fault, -EINVAL, "a ${ is not closed");
}

static int variable_dollar(struct expansion *x, struct buffer *ret);

/* Up to one of @stops, with expansion. */
static int variable_word(struct expansion *x, const char *stops,
			 struct buffer *ret)
{
	int r = 0;

	while (r == 0 && !strchr(stops, *x->at)) {
		if (*x->at == '$') {
			r = variable_dollar(x, ret);
			continue;
		}
		if (*x->at == '\\' && x->at[1] && strchr("}/\\", x->at[1]))
			x->at++;
		buffer_add(ret, x->at++, 1);
	}
	/* strchr() also finds the NUL at the end. */
	return r ? r : *x->at ? ret->error : unclosed(x);
}

/* ------------------------------------------------- what follows after a name
 */

/* A variable, and what was read after its name. */
struct operand {
	const char *name;
	size_t length;
	const char *value; /* NULL: it is not set */
};

/* ":-word", "-word", ":=", "=", ":+", "+", ":?", "?". */
static int apply_default(struct expansion *x, const struct operand *operand,
			 struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer word = { 0 };
	bool colon = *x->at == ':', was_unused = x->is_unused;
	bool is_set = operand->value && (!colon || *operand->value);
	char sign = x->at[colon];
	bool takes_word = sign == '+' ? is_set : !is_set;

	x->at += 1 + colon;
	x->is_unused |= !takes_word;
	int r = variable_word(x, "}", &word);

	x->is_unused = was_unused;
	if (r < 0)
		return r;
	if (sign == '?' && takes_word && !x->is_unused)
		return fault_set(x->expander->fault, -EINVAL, "%.*s: %s",
				 (int)operand->length, operand->name,
				 word.used ? word.text : "it is not set");
	if (takes_word && word.used)
		buffer_add(ret, word.text, word.used);
	else if (!takes_word && sign != '+')
		buffer_add(ret, operand->value, strlen(operand->value));
	return ret->error;
}

/* "^", "^^", ",", ",,": upper and lower case, of the first letter or of all. */
static int apply_case(struct expansion *x, const struct operand *operand,
		      struct buffer *ret)
{
	char sign = *x->at++;
	bool is_all = *x->at == sign;
	const char *value = operand->value ? operand->value : "";

	x->at += is_all;
	for (size_t i = 0; value[i]; i++) {
		unsigned char c = (unsigned char)value[i];
		bool is_meant = c < 0x80 && (is_all || i == 0);
		char changed = (char)(sign == '^' ? toupper(c) : tolower(c));

		buffer_add(ret, is_meant ? &changed : &value[i], 1);
	}
	return ret->error;
}

/* "#pattern", "##pattern", "%pattern", "%%pattern". */
static int apply_trim(struct expansion *x, const struct operand *operand,
		      struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer pattern = { 0 };
	char sign = *x->at++;
	struct pattern_place where = { .at_end = sign == '%',
				       .longest = *x->at == sign };
	const char *start, *end;

	x->at += where.longest;
	int r = variable_word(x, "}", &pattern);

	if (r < 0)
		return r;
	if (pattern_trim(operand->value ? operand->value : "",
			 pattern.text ? pattern.text : "", where, &start,
			 &end) < 0)
		return fault_set(x->expander->fault, -EINVAL,
				 "%.*s is too long for a pattern",
				 (int)operand->length, operand->name);
	buffer_add(ret, start, (size_t)(end - start));
	return ret->error;
}

/* "/text/new", "//text/new", "/#text/new", "/%text/new". */
static int apply_replace(struct expansion *x, const struct operand *operand,
			 struct buffer *ret)
{
	CLEANUP(buffer_free) struct buffer from = { 0 }, to = { 0 };
	char how = *++x->at;
	int r;

	if (how && strchr("/#%", how))
		x->at++;
	r = variable_word(x, "/}", &from);
	if (r == 0 && *x->at == '/') {
		x->at++;
		r = variable_word(x, "}", &to);
	}
	if (r < 0)
		return r;
	pattern_replace(operand->value ? operand->value : "",
			from.text ? from.text : "", to.text ? to.text : "", how,
			ret);
	return ret->error;
}

/* "OFFSET" or "LENGTH"; a negative one counts from the end. */
static int variable_number(struct expansion *x, const char *stops, long *ret)
{
	CLEANUP(buffer_free) struct buffer word = { 0 };
	char *end;
	int r = variable_word(x, stops, &word);

	if (r < 0)
		return r;
	*ret = strtol(word.text ? word.text : "", &end, 10);
	return !word.used || *end ? fault_set(x->expander->fault, -EINVAL,
					      "'%s' in ${…} is not a "
					      "number",
					      word.used ? word.text : "")
				  : 0;
}

static long limit(long number, long size)
{
	if (number < 0)
		number += size;
	return number < 0 ? 0 : number > size ? size : number;
}

/* ":offset", ":offset:length". */
static int apply_part(struct expansion *x, const struct operand *operand,
		      struct buffer *ret)
{
	const char *value = operand->value ? operand->value : "";
	long size = (long)strlen(value), offset = 0, length = LONG_MAX;

	x->at++;
	int r = variable_number(x, ":}", &offset);

	if (r == 0 && *x->at == ':') {
		x->at++;
		r = variable_number(x, "}", &length);
	}
	if (r < 0)
		return r;
	offset = limit(offset, size);
	size -= offset;
	buffer_add(ret, value + offset, (size_t)limit(length, size));
	return ret->error;
}

static int apply_none(struct expansion *x, const struct operand *operand,
		      struct buffer *ret)
{
	(void)x;
	if (operand->value)
		buffer_add(ret, operand->value, strlen(operand->value));
	return ret->error;
}

static int apply(struct expansion *x, const struct operand *operand,
		 struct buffer *ret)
{
	char c = *x->at, next = c ? x->at[1] : '\0';

	if (c == '}')
		return apply_none(x, operand, ret);
	if (c &&
	    (strchr("-=+?", c) || (c == ':' && next && strchr("-=+?", next))))
		return apply_default(x, operand, ret);
	if (c == ':')
		return apply_part(x, operand, ret);
	if (c == '^' || c == ',')
		return apply_case(x, operand, ret);
	if (c == '#' || c == '%')
		return apply_trim(x, operand, ret);
	if (c == '/')
		return apply_replace(x, operand, ret);
	return c ? fault_set(x->expander->fault, -EINVAL,
			     "'%c' in ${…} is not an operator; write $${ "
			     "to pass ${ on",
			     c)
		 : unclosed(x);
}

/* -------------------------------------------------------------- one variable
 */

/* After "${#NAME": the length. */
static int variable_length(struct expansion *x, struct buffer *ret)
{
	size_t length = variable_name_length(++x->at);
	const char *value = expand_look_up(x->expander, x->at, length);

	x->at += length;
	buffer_printf(ret, "%zu", value ? strlen(value) : 0);
	return ret->error;
}

/* After "${". */
static int variable_inside(struct expansion *x, struct buffer *ret)
{
	struct operand operand = { .name = x->at };

	if (*x->at == '#' && variable_name_length(x->at + 1))
		return variable_length(x, ret);
	operand.length = variable_name_length(x->at);
	if (operand.length == 0)
		return fault_set(x->expander->fault, -EINVAL,
				 "no name in ${…}; write $${ to pass ${ "
				 "on");
	operand.value =
		expand_look_up(x->expander, operand.name, operand.length);
	x->at += operand.length;
	return apply(x, &operand, ret);
}

static int variable_braces(struct expansion *x, struct buffer *ret)
{
	if (x->depth == MOST_NESTED)
		return fault_set(x->expander->fault, -EINVAL,
				 "${…} is nested too deep");
	x->depth++;
	x->at += 2;
	int r = variable_inside(x, ret);

	x->depth--;
	if (r < 0)
		return r;
	if (*x->at != '}')
		return unclosed(x);
	x->at++;
	return within_limit(x, ret);
}

/* At a dollar. */
static int variable_dollar(struct expansion *x, struct buffer *ret)
{
	size_t length;
	const char *value;

	if (x->at[1] == '{')
		return variable_braces(x, ret);
	if (x->at[1] == '$') {
		buffer_add(ret, "$", 1);
		x->at += 2;
		return ret->error;
	}
	length = x->is_shell ? 0 : variable_name_length(x->at + 1);
	value = length ? expand_look_up(x->expander, x->at + 1, length) : NULL;
	if (!value) {
		buffer_add(ret, x->at++, 1);
		return ret->error;
	}
	buffer_add(ret, value, strlen(value));
	x->at += 1 + length;
	return within_limit(x, ret);
}

int expand_variables(const struct expander *expander, const char *text,
		     bool is_shell, struct buffer *ret)
{
	struct expansion x = {
		.expander = expander,
		.at = text,
		.is_shell = is_shell,
	};
	int r = 0;

	while (r == 0 && *x.at) {
		size_t plain = strcspn(x.at, "$");

		buffer_add(ret, x.at, plain);
		x.at += plain;
		if (*x.at)
			r = variable_dollar(&x, ret);
	}
	buffer_add(ret, "", 0);
	return r ? r : ret->error;
}
