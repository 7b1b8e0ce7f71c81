// SPDX-License-Identifier: MIT
/*
 * The values of templates: variables, texts, numbers, functions
 * (function.c), parentheses and pipelines.
 *
 * The number of an instance is not known yet: it is the text {PC_REPLICA_NUM},
 * which each instance replaces (up/project/replica.h).
 */
#include <ctype.h>
#include <errno.h>
#include <string.h>

#include "up/files/expand/template.h"
#include "up/project/replica.h"

#define NUMBER_NAME "PC_REPLICA_NUM"
/* Limit of nested parentheses, which bounds the recursion. */
#define MOST_NESTED 16

static const struct variable *find_in(const struct list *vars, const char *name,
				      size_t length)
{
	/* The last one of a name counts: that of a later file. */
	for (size_t i = vars->count; i > 0; i--) {
		const struct variable *one = list_at(vars, i - 1, sizeof(*one));

		if (strlen(one->name) == length &&
		    strncmp(one->name, name, length) == 0)
			return one;
	}
	return NULL;
}

static const struct variable *find_variable(const struct expander *expander,
					    const char *name, size_t length)
{
	const struct variable *own = find_in(expander->vars[0], name, length);

	return own ? own : find_in(expander->vars[1], name, length);
}

static int take_instance(const struct template *template,
			 struct template_value *ret)
{
	*ret = (struct template_value){
		.text = REPLICA_MARK,
		.is_plain = true,
		.is_mark = true,
		.is_instance = !template->expander->is_single,
	};
	return 0;
}

static bool has_vars(const struct expander *expander)
{
	return expander->vars[0]->count || expander->vars[1]->count;
}

int template_printable(const struct template *template,
		       const struct template_value *value)
{
	return value->unset ? fault_set(template->expander->fault, -EINVAL,
					"unknown var '%s'", value->unset)
			    : 0;
}

/* Conditions and functions may ask for a var that is not there, in a file that
 * has vars at all: in others the template is meant for another program. */
static int take_unset(const struct template *template, const char *name,
		      size_t length, struct template_value *ret)
{
	const struct expander *expander = template->expander;
	struct template_value value = {
		.text = "",
		.is_plain = true,
		.unset = project_print(expander->project, "%.*s", (int)length,
				       name),
	};

	if (!value.unset)
		return -ENOMEM;
	if (!has_vars(expander) || memchr(name, '.', length))
		return template_printable(template, &value);
	*ret = value;
	return 0;
}

/* At a dot. */
static int take_variable(struct template *template, struct template_value *ret)
{
	const char *name = ++template->at;
	size_t length = template_word_length(name);
	const struct variable *variable =
		find_variable(template->expander, name, length);

	template->at += length;
	if (*template->at == '.')
		variable = NULL;
	if (variable) {
		*ret = (struct template_value){ .text = variable->value,
						.is_plain =
							variable->is_plain };
		return 0;
	}
	if (length == strlen(NUMBER_NAME) && *template->at != '.' &&
	    strncmp(name, NUMBER_NAME, length) == 0)
		return take_instance(template, ret);
	template->at += strcspn(template->at, TEMPLATE_BLANKS "|)}");
	return take_unset(template, name, (size_t)(template->at - name), ret);
}

/* "text" with escapes, or `text`. */
static int pipeline_take_text(struct template *template,
			      struct template_value *ret)
{
	struct buffer text = { 0 };
	char quote = *template->at++;

	while (*template->at && *template->at != quote) {
		char c = *template->at++;

		if (c == '\\' && quote == '"' && *template->at) {
			c = *template->at++;
			c = (char)(c == 'n' ? '\n' : c == 't' ? '\t' : c);
		}
		buffer_add(&text, &c, 1);
	}
	*ret = (struct template_value){
		.text = text.error ? NULL
				   : project_copy(template->expander->project,
						  text.text ? text.text : ""),
	};
	buffer_free(&text);
	if (!*template->at)
		return template_wrong(template, "a text is not closed");
	template->at++;
	return ret->text ? 0 : -ENOMEM;
}

/* A number, true, false. */
static int take_plain(struct template *template, size_t length,
		      struct template_value *ret)
{
	*ret = (struct template_value){
		.text = project_print(template->expander->project, "%.*s",
				      (int)length, template->at),
		.is_plain = true,
	};
	template->at += length;
	return ret->text ? 0 : -ENOMEM;
}

static bool is_constant(const char *text, size_t length)
{
	return isdigit((unsigned char)*text) || *text == '-' ||
	       (length == 4 && strncmp(text, "true", 4) == 0) ||
	       (length == 5 && strncmp(text, "false", 5) == 0);
}

static int take_nested(struct template *template, struct template_value *ret)
{
	if (template->nested == MOST_NESTED)
		return template_wrong(template, "nested too deep");
	template->at++;
	template->nested++;
	int r = template_pipeline(template, ret);

	template->nested--;
	template_skip_blanks(template);
	if (r == 0 && *template->at != ')')
		return template_wrong(template, "expected ')'");
	template->at += r == 0;
	return r;
}

static int take_operand(struct template *template, struct template_value *ret)
{
	size_t length =
		(*template->at == '-') +
		template_word_length(template->at + (*template->at == '-'));

	if (*template->at == '.')
		return take_variable(template, ret);
	if (*template->at == '"' || *template->at == '`')
		return pipeline_take_text(template, ret);
	if (*template->at == '(')
		return take_nested(template, ret);
	if (length && is_constant(template->at, length))
		return take_plain(template, length, ret);
	return template_wrong(template, "expected .NAME, a text or a number");
}

static bool is_at_separator(const struct template *template)
{
	return !*template->at || strchr("|)", *template->at) ||
	       template_is_at_end(template);
}

/* "or .A .B", or one value; @piped, if there is one, is the last argument. */
static int pipeline_take_command(struct template *template,
				 const struct template_value *piped,
				 struct template_value *ret)
{
	struct template_words call = { .template = template };
	size_t length;
	int r = 0;

	template_skip_blanks(template);
	length = template_word_length(template->at);
	if (length && !is_constant(template->at, length)) {
		call.name = template->at;
		call.length = length;
		template->at += length;
	}
	for (template_skip_blanks(template);
	     r == 0 && !is_at_separator(template);
	     template_skip_blanks(template))
		r = call.count == TEMPLATE_ARGUMENTS
			    ? template_wrong(template, "too many arguments")
			    : take_operand(template,
					   &call.arguments[call.count++]);
	if (r == 0 && piped && call.count < TEMPLATE_ARGUMENTS)
		call.arguments[call.count++] = *piped;
	if (r < 0 || call.name)
		return r < 0 ? r : template_call(&call, ret);
	if (call.count != 1)
		return template_wrong(template, "expected one value");
	*ret = call.arguments[0];
	return 0;
}

int template_pipeline(struct template *template, struct template_value *ret)
{
	struct template_value piped;
	int r = pipeline_take_command(template, NULL, ret);

	while (r == 0 && *template->at == '|') {
		template->at++;
		piped = *ret;
		r = pipeline_take_command(template, &piped, ret);
	}
	return r;
}
