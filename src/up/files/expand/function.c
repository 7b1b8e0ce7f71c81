// SPDX-License-Identifier: MIT
/* The functions of templates: or, and, not, eq, …, len, print, printf. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "up/files/expand/template.h"

typedef int template_function(const struct template_words *call,
			      struct template_value *ret);

static int give(const struct template_words *call, const char *text,
		bool is_plain, struct template_value *ret)
{
	(void)call;
	*ret = (struct template_value){ .text = text, .is_plain = is_plain };
	return text ? 0 : -ENOMEM;
}

static int give_bool(const struct template_words *call, bool value,
		     struct template_value *ret)
{
	return give(call, value ? "true" : "false", true, ret);
}

/* For a comparison: the only instance has the number 0. */
static const char *known_text(const struct template_value *value)
{
	return value->is_mark ? "0" : value->text;
}

int template_truth(const struct template *template,
		   const struct template_value *value)
{
	static const char *const falses[] = { "false", "False", "FALSE",
					      "null",  "~",	"" };
	const char *text = known_text(value);
	char *end;

	if (value->is_instance)
		return template_wrong(
			template, "with several replicas PC_REPLICA_NUM can "
				  "only be printed");
	if (!value->is_plain)
		return *text != '\0';
	for (size_t i = 0; i < sizeof(falses) / sizeof(falses[0]); i++)
		if (strcmp(text, falses[i]) == 0)
			return 0;
	return strtod(text, &end) != 0 || *end;
}

/* The first argument whose truth is @truth, else the last one. */
static int first_of(const struct template_words *call, bool truth,
		    struct template_value *ret)
{
	for (size_t i = 0; i < call->count; i++) {
		int r = template_truth(call->template, &call->arguments[i]);

		if (r < 0)
			return r;
		*ret = call->arguments[i];
		if ((r > 0) == truth)
			break;
	}
	return 0;
}

static int call_or(const struct template_words *call,
		   struct template_value *ret)
{
	return first_of(call, true, ret);
}

static int call_and(const struct template_words *call,
		    struct template_value *ret)
{
	return first_of(call, false, ret);
}

static int call_not(const struct template_words *call,
		    struct template_value *ret)
{
	int r = template_truth(call->template, &call->arguments[0]);

	return r < 0 ? r : give_bool(call, !r, ret);
}

/* Numbers by their value, else texts; what is not set equals nothing else.
 * @return below, at or above 0. */
static int template_compare(const struct template_value *a,
			    const struct template_value *b)
{
	const char *left = known_text(a), *right = known_text(b);
	char *a_end, *b_end;
	double x = strtod(left, &a_end), y = strtod(right, &b_end);

	if (!a->unset != !b->unset)
		return a->unset ? -1 : 1;
	if (a->is_plain && b->is_plain && *left && *right && !*a_end && !*b_end)
		return (x > y) - (x < y);
	return strcmp(left, right);
}

static int call_eq(const struct template_words *call,
		   struct template_value *ret)
{
	bool is_equal = false;

	for (size_t i = 1; i < call->count; i++)
		is_equal |= template_compare(&call->arguments[0],
					     &call->arguments[i]) == 0;
	return give_bool(call, is_equal, ret);
}

static int order_of(const struct template_words *call)
{
	return template_compare(&call->arguments[0], &call->arguments[1]);
}

static int call_ne(const struct template_words *call,
		   struct template_value *ret)
{
	return give_bool(call, order_of(call) != 0, ret);
}

static int call_lt(const struct template_words *call,
		   struct template_value *ret)
{
	return give_bool(call, order_of(call) < 0, ret);
}

static int call_le(const struct template_words *call,
		   struct template_value *ret)
{
	return give_bool(call, order_of(call) <= 0, ret);
}

static int call_gt(const struct template_words *call,
		   struct template_value *ret)
{
	return give_bool(call, order_of(call) > 0, ret);
}

static int call_ge(const struct template_words *call,
		   struct template_value *ret)
{
	return give_bool(call, order_of(call) >= 0, ret);
}

static int call_len(const struct template_words *call,
		    struct template_value *ret)
{
	return give(call,
		    project_print(call->template->expander->project, "%zu",
				  strlen(known_text(&call->arguments[0]))),
		    true, ret);
}

static int give_buffer(const struct template_words *call, struct buffer *text,
		       struct template_value *ret)
{
	int r = template_limit(call->template, text);
	const char *copy =
		r < 0 ? NULL
		      : project_copy(call->template->expander->project,
				     text->text ? text->text : "");

	buffer_free(text);
	return r < 0 ? r : give(call, copy, false, ret);
}

static int call_print(const struct template_words *call,
		      struct template_value *ret)
{
	struct buffer text = { 0 };

	for (size_t i = 0; i < call->count; i++)
		buffer_add(&text, call->arguments[i].text,
			   strlen(call->arguments[i].text));
	return give_buffer(call, &text, ret);
}

/* "%s", "%v", "%q", "%d" with a width: "%03d", "%-8s". @return its length, or
 * 0: it is another one. */
static size_t print_one(const char *format, const char *argument,
			struct buffer *to)
{
	size_t flags = strspn(format + 1, "-0123456789");
	bool is_left = flags && format[1] == '-';
	int width = abs(atoi(format + 1));
	char kind = format[1 + flags];

	if (flags > 4)
		return 0;
	if (kind == 'd' && flags && format[1] == '0')
		buffer_printf(to, "%0*ld", width, strtol(argument, NULL, 10));
	else if (kind == 'q')
		buffer_printf(to, "\"%s\"", argument);
	else if (kind == 's' || kind == 'v' || kind == 'd')
		buffer_printf(to, "%*s", is_left ? -width : width, argument);
	else
		return 0;
	return flags + 2;
}

static int call_printf(const struct template_words *call,
		       struct template_value *ret)
{
	struct buffer text = { 0 };
	const char *at = known_text(&call->arguments[0]);
	size_t used = 1, length = 1;

	for (; *at && length; at += length) {
		length = 1;
		if (strncmp(at, "%%", 2) == 0) {
			buffer_add(&text, at, 1);
			length = 2;
		} else if (*at == '%') {
			length =
				used < call->count
					? print_one(at,
						    known_text(&call->arguments
									[used]),
						    &text)
					: 0;
			used++;
		} else {
			buffer_add(&text, at, 1);
		}
	}
	if (length && used == call->count)
		return give_buffer(call, &text, ret);
	buffer_free(&text);
	return template_wrong(call->template,
			      "printf knows %s, %v, %q and %d, one "
			      "for each argument");
}

static const struct {
	const char *name;
	template_function *call;
	size_t least, most; /* arguments */
	bool takes_instance; /* of several */
	bool takes_unset; /* vars that are not there */
} functions[] = {
	{ "or", call_or, 1, TEMPLATE_ARGUMENTS, false, true },
	{ "and", call_and, 1, TEMPLATE_ARGUMENTS, false, true },
	{ "not", call_not, 1, 1, false, true },
	{ "eq", call_eq, 2, TEMPLATE_ARGUMENTS, false, true },
	{ "ne", call_ne, 2, 2, false, true },
	{ "lt", call_lt, 2, 2, false, false },
	{ "le", call_le, 2, 2, false, false },
	{ "gt", call_gt, 2, 2, false, false },
	{ "ge", call_ge, 2, 2, false, false },
	{ "len", call_len, 1, 1, false, false },
	{ "print", call_print, 1, TEMPLATE_ARGUMENTS, true, false },
	{ "printf", call_printf, 1, TEMPLATE_ARGUMENTS, false, false },
};

static bool has_instance(const struct template_words *call)
{
	for (size_t i = 0; i < call->count; i++)
		if (call->arguments[i].is_instance)
			return true;
	return false;
}

static int check_set(const struct template_words *call)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < call->count; i++)
		r = template_printable(call->template, &call->arguments[i]);
	return r;
}

static int function_wrong(const struct template_words *call, const char *what)
{
	return fault_set(call->template->expander->fault, -EINVAL,
			 "template function '%.*s': %s", (int)call->length,
			 call->name, what);
}

int template_call(const struct template_words *call, struct template_value *ret)
{
	size_t known = sizeof(functions) / sizeof(functions[0]);

	for (size_t i = 0; i < known; i++) {
		if (strlen(functions[i].name) != call->length ||
		    strncmp(functions[i].name, call->name, call->length) != 0)
			continue;
		if (call->count < functions[i].least ||
		    call->count > functions[i].most)
			return function_wrong(call,
					      "wrong number of arguments");
		if (!functions[i].takes_instance && has_instance(call))
			return function_wrong(
				call, "with several replicas PC_REPLICA_NUM "
				      "can only be printed");
		int r = functions[i].takes_unset ? 0 : check_set(call);

		return r < 0 ? r : functions[i].call(call, ret);
	}
	return function_wrong(call, "jig does not support it");
}
