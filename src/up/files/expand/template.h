/* SPDX-License-Identifier: MIT */
/*
 * A template {{…}} while it is evaluated. For template.c,
 * pipeline.c (values) and function.c (functions).
 *
 * Invariant: nothing here is recursive, except for parentheses, up to a limit.
 *
 * What does not belong here: which values may have templates
 * (up/files/compose_text.c).
 */
#ifndef JIG_UP_FILES_EXPAND_TEMPLATE_H
#define JIG_UP_FILES_EXPAND_TEMPLATE_H

#include <string.h>

#include "up/files/expand/expand.h"

#define TEMPLATE_ARGUMENTS 16
#define TEMPLATE_BRANCHES 16

struct template_value {
	const char *text; /* owned by the project */
	bool is_plain; /* a number, true or false; else a text */
	bool is_mark; /* the number of an instance: REPLICA_MARK */
	bool is_instance; /* and there are several */
	const char *unset; /* the name of a var that is not there: "" */
};

/** One {{if}}. */
struct branch {
	bool may_run; /* no branch of it has run so far */
	bool runs; /* the current one */
	bool is_else;
};

struct template
{
	const struct expander *expander;
	const char *at;
	struct buffer *out;
	unsigned nested; /* parentheses */
	unsigned depth; /* of branches */
	struct branch branches[TEMPLATE_BRANCHES];
};

struct template_words {
	struct template *template;
	const char *name;
	size_t length; /* of the name */
	struct template_value arguments[TEMPLATE_ARGUMENTS];
	size_t count;
};

#define TEMPLATE_BLANKS " \t\r\n"

static inline void template_skip_blanks(struct template *template)
{
	template->at += strspn(template->at, TEMPLATE_BLANKS);
}

/** "}}" or "-}}". */
static inline bool template_is_at_end(const struct template *template)
{
	return strncmp(template->at, "}}", 2) == 0 ||
	       strncmp(template->at, "-}}", 3) == 0;
}

/** The length of a name. */
static inline size_t template_word_length(const char *text)
{
	return strspn(text, "abcdefghijklmnopqrstuvwxyz"
			    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");
}

/** One value: ".A | or .B". @return 0 or -errno with the reason. */
int template_pipeline(struct template *template, struct template_value *ret);

/** An error with its place; returns -EINVAL. */
int template_wrong(const struct template *template, const char *what);

/** @return 0; -EINVAL with the reason: it is too long; or -ENOMEM. */
int template_limit(const struct template *template, const struct buffer *text);

/** Call a function by its name. @return 0 or -errno with the reason. */
int template_call(const struct template_words *call,
		  struct template_value *ret);

/** A value is printed. @return 0; -EINVAL with the reason: it is not set. */
int template_printable(const struct template *template,
		       const struct template_value *value);

/** Whether a value is true: not empty, not 0, not false.
 * @return 1, 0 or -EINVAL with the reason. */
int template_truth(const struct template *template,
		   const struct template_value *value);

#endif
