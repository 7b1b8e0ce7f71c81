// SPDX-License-Identifier: MIT
/*
 * log:REGEX: a line of output matches; what its groups matched is kept.
 *
 * See base/text/regex_text.h for the language. The first line that matches
 * counts.
 */
#include <errno.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "base/text/ansi.h"
#include "base/text/regex_text.h"
#include "core/probe/kind/kinds.h"

/* Longer lines are cut: regexec(3) may take long. */
#define LINE_MAX_BYTES 65536

struct log {
	struct regex_text text;
	regex_t regex;
	bool compiled;
	bool matched;
	struct list matches; /* of char *: "NAME=text" */
	char line[LINE_MAX_BYTES + 1];
};

static int compile(struct log *log, struct fault *fault)
{
	char why[128];
	int flags = REG_EXTENDED | (log->text.ignore_case ? REG_ICASE : 0);
	int r = regcomp(&log->regex, log->text.pattern.text, flags);

	log->compiled = r == 0;
	if (r == 0)
		return 0;
	(void)regerror(r, &log->regex, why, sizeof(why));
	return fault_set(fault, r == REG_ESPACE ? -ENOMEM : -EINVAL,
			 "bad regular expression: %s", why);
}

static int probe_log_parse(struct probe *probe, const char *rest,
			   struct fault *fault)
{
	struct log *log = calloc(1, sizeof(*log));
	struct fault reason = { "" };
	int r;

	if (!log)
		return fault_set(fault, -ENOMEM, "%s", strerror(ENOMEM));
	probe->state = log;
	text_copy(probe->reason, sizeof(probe->reason),
		  "no line of output has matched");
	if (!*rest)
		return fault_set(fault, -EINVAL,
				 "it names no regular expression");
	r = regex_translate(rest, &log->text, &reason);
	if (r < 0)
		return fault_set(fault, r, "bad regular expression: %s",
				 reason.text);
	return compile(log, fault);
}

static int add_match(struct log *log, const char *name, const regmatch_t *match)
{
	char *text;

	if (asprintf(&text, "%s=%.*s", name, (int)(match->rm_eo - match->rm_so),
		     log->line + match->rm_so) < 0)
		return -ENOMEM;
	return list_take_text(&log->matches, text);
}

static int add_groups(struct log *log, const regmatch_t *matches)
{
	for (unsigned i = 0; i < log->text.group_count; i++) {
		const struct regex_group *group = &log->text.groups[i];
		const regmatch_t *match = &matches[group->number];
		char number[16];
		int r;

		/* Of an alternative that was not taken: it has no text. */
		if (match->rm_so < 0)
			continue;
		(void)snprintf(number, sizeof(number), "%u", i + 1);
		r = add_match(log, number, match);
		if (r == 0 && group->name[0])
			r = add_match(log, group->name, match);
		if (r < 0)
			return r;
	}
	return 0;
}

/* @return whether anything of the line is matched; 1, 0, -ENOMEM. */
static int match_line(struct log *log)
{
	size_t count = log->regex.re_nsub + 1;
	CLEANUP_FREE regmatch_t *matches = calloc(count, sizeof(*matches));

	if (!matches)
		return -ENOMEM;
	if (regexec(&log->regex, log->line, count, matches, 0) != 0)
		return 0;

	int r = add_groups(log, matches);

	log->matched = r == 0;
	return r < 0 ? r : 1;
}

static int probe_log_line(struct probe *probe, const char *text, size_t length)
{
	struct log *log = probe->state;

	if (log->matched)
		return 1;
	if (length > LINE_MAX_BYTES)
		length = LINE_MAX_BYTES;
	/* regexec(3) takes a text that ends at the first NUL. */
	for (size_t i = 0; i < length; i++)
		log->line[i] = text[i] ? text[i] : ' ';
	length = ansi_strip(log->line, length);
	if (length > 0 && log->line[length - 1] == '\r')
		length--;
	log->line[length] = '\0';
	return match_line(log);
}

static const struct list *matches(const struct probe *probe)
{
	const struct log *log = probe->state;

	return &log->matches;
}

static void close_log(struct probe *probe)
{
	struct log *log = probe->state;

	if (!log)
		return;
	list_free_texts(&log->matches);
	if (log->compiled)
		regfree(&log->regex);
	regex_text_free(&log->text);
	free(log);
	probe->state = NULL;
}

const struct probe_ops probe_log = {
	.kind = "log",
	.form = "log:REGEX",
	.parse = probe_log_parse,
	.line = probe_log_line,
	.matches = matches,
	.close = close_log,
};
