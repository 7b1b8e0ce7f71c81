// SPDX-License-Identifier: MIT
/*
 * Templates in a value, {{…}}: what files of process-compose use of Go's
 * text/template. Values (pipeline.c), if, else and end, comments, and
 * "{{-" and "-}}".
 */
#include <errno.h>
#include <string.h>

#include "up/files/expand/template.h"

int template_wrong(const struct template *template, const char *what)
{
	return fault_set(template->expander->fault, -EINVAL,
			 "template {{…}}: %s", what);
}

int template_limit(const struct template *template, const struct buffer *text)
{
	return text->used > EXPAND_MAX
		       ? template_wrong(template, "the value exceeds 4 MiB")
		       : text->error;
}

/* ------------------------------------------------------------- if, else, end
 */

static struct branch *innermost(struct template *template)
{
	return template->depth ? &template->branches[template->depth - 1]
			       : NULL;
}

static bool is_running(struct template *template)
{
	const struct branch *branch = innermost(template);

	return !branch || branch->runs;
}

/* To the end of an action that is not evaluated. */
static void skip_action(struct template *template)
{
	char quote = '\0';

	for (; *template->at; template->at++) {
		if (!quote && template_is_at_end(template))
			return;
		if (*template->at == '\\' && quote == '"' && template->at[1])
			template->at++;
		else if (quote && *template->at == quote)
			quote = '\0';
		else if (!quote &&
			 (*template->at == '"' || *template->at == '`'))
			quote = *template->at;
	}
}

/* The condition of a branch that could run. */
static int template_take_condition(struct template *template,
				   struct branch *branch)
{
	struct template_value value;
	int r;

	branch->runs = false;
	if (!branch->may_run) {
		skip_action(template);
		return 0;
	}
	r = template_pipeline(template, &value);
	if (r == 0)
		r = template_truth(template, &value);
	if (r < 0)
		return r;
	branch->runs = r;
	branch->may_run = !r;
	return 0;
}

static int take_if(struct template *template)
{
	struct branch branch = { .may_run = is_running(template) };

	if (template->depth == TEMPLATE_BRANCHES)
		return template_wrong(template, "nested too deep");
	int r = template_take_condition(template, &branch);

	template->branches[template->depth++] = branch;
	return r;
}

static int take_else(struct template *template)
{
	struct branch *branch = innermost(template);
	size_t length;

	if (!branch || branch->is_else)
		return template_wrong(template, "else without if");
	template_skip_blanks(template);
	length = template_word_length(template->at);
	if (length == 2 && strncmp(template->at, "if", 2) == 0) {
		template->at += length;
		return template_take_condition(template, branch);
	}
	branch->is_else = true;
	branch->runs = branch->may_run;
	return 0;
}

static int take_end(struct template *template)
{
	if (template->depth == 0)
		return template_wrong(template, "end without if");
	template->depth--;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct template *template);
} keywords[] = {
	{ "if", take_if },
	{ "else", take_else },
	{ "end", take_end },
};

/* @return 1: it was none. */
static int take_keyword(struct template *template)
{
	size_t length = template_word_length(template->at);

	for (size_t i = 0; i < sizeof(keywords) / sizeof(keywords[0]); i++) {
		if (strlen(keywords[i].name) != length ||
		    strncmp(template->at, keywords[i].name, length) != 0)
			continue;
		template->at += length;
		return keywords[i].take(template);
	}
	return 1;
}

/* ------------------------------------------------------------ the whole text
 */

static int template_take_value(struct template *template)
{
	struct template_value value;
	int r;

	if (!is_running(template)) {
		skip_action(template);
		return 0;
	}
	r = template_pipeline(template, &value);
	if (r == 0)
		r = template_printable(template, &value);
	if (r == 0)
		buffer_add(template->out, value.text, strlen(value.text));
	return r < 0 ? r : template_limit(template, template->out);
}

static void take_comment(struct template *template)
{
	const char *end = strstr(template->at, "*/");

	template->at = end ? end + 2 : template->at + strlen(template->at);
}

/* After "{{". */
static int take_action(struct template *template)
{
	int r = 0;

	template->at += *template->at == '-' && template->at[1] &&
			strchr(TEMPLATE_BLANKS, template->at[1]);
	template_skip_blanks(template);
	if (strncmp(template->at, "/*", 2) == 0) {
		take_comment(template);
	} else {
		r = take_keyword(template);
		if (r > 0)
			r = template_take_value(template);
	}
	if (r < 0)
		return r;
	template_skip_blanks(template);
	if (!template_is_at_end(template))
		return template_wrong(template, "expected '}}'");
	if (*template->at == '-')
		template->at += 3 + strspn(template->at + 3, TEMPLATE_BLANKS);
	else
		template->at += 2;
	return 0;
}

/* Up to the next "{{"; "{{- " removes the blanks before it. */
static void template_take_plain(struct template *template)
{
	const char *next = strstr(template->at, "{{");
	size_t length =
		next ? (size_t)(next - template->at) : strlen(template->at);
	size_t kept = length;

	if (next && next[2] == '-' && next[3] &&
	    strchr(TEMPLATE_BLANKS, next[3]))
		while (kept > 0 &&
		       strchr(TEMPLATE_BLANKS, template->at[kept - 1]))
			kept--;
	if (is_running(template))
		buffer_add(template->out, template->at, kept);
	template->at += length;
}

int expand_templates(const struct expander *expander, const char *text,
		     struct buffer *ret)
{
	struct template template = { .expander = expander,
				     .at = text,
				     .out = ret };
	int r = 0;

	while (r == 0 && *template.at) {
		template_take_plain(&template);
		if (!*template.at)
			break;
		template.at += 2;
		r = take_action(&template);
	}
	if (r == 0 && template.depth)
		r = template_wrong(&template, "if without end");
	buffer_add(ret, "", 0);
	return r ? r : ret->error;
}
