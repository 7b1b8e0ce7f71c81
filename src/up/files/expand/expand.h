/* SPDX-License-Identifier: MIT */
/*
 * Variables and templates in a value, as process-compose has them.
 *
 *   variable.c  ${NAME:-word}, ${NAME^^}, …
 *   pattern.c   ${NAME%pattern}, ${NAME/text/new}
 *   template.c  {{if}}, {{else}}, {{end}}
 *   pipeline.c  {{.NAME | …}}
 *   function.c  {{or .A .B}}, …
 *
 * Invariant: a value that a variable brings in is text: it is not expanded
 * again. The recursion of nested forms has a limit, and so has the length.
 *
 * What does not belong here: where a value stands in a file, and which values
 * are expanded (up/files/compose_text.c).
 */
#ifndef JIG_UP_FILES_EXPAND_EXPAND_H
#define JIG_UP_FILES_EXPAND_EXPAND_H

#include "base/fault.h"
#include "base/list.h"
#include "up/project/project.h"

/** Limit of one expanded value: files may repeat values of values. */
#define EXPAND_MAX (4 << 20)

/** One of `vars`. */
struct variable {
	const char *name, *value;
	bool is_plain; /* not quoted: may be a number, true or false */
};

struct expander {
	struct project *project; /* owns texts */
	const struct list *env; /* of char *: "NAME=value", over our own */
	const struct list *vars[2]; /* of struct variable; the first one wins */
	bool is_single; /* one instance: its number is known to be 0 */
	struct fault *fault; /* gets the reason, without a place */
};

/** A variable of `env` or of our environment. @return its value, or NULL. */
const char *expand_look_up(const struct expander *expander, const char *name,
			   size_t length);

/**
 * Append a text with its $NAME and ${NAME…} replaced.
 * @is_shell  it is a line for a shell, which itself replaces $NAME.
 * @return    0; -EINVAL with the reason; or -ENOMEM.
 */
int expand_variables(const struct expander *expander, const char *text,
		     bool is_shell, struct buffer *ret);

/** Append a text with its {{…}} replaced. */
int expand_templates(const struct expander *expander, const char *text,
		     struct buffer *ret);

#endif
