// SPDX-License-Identifier: MIT
/*
 * A report from its JSON, as core/shared/report_json.c writes it. It comes from
 * another machine: every value is checked, and a text is cut to what fits.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "cage/cage.h"
#include "via/relay.h"

/* The member of an object; NULL: it is not there. */
static const struct json_item *report_at(const struct list *values,
					 uint32_t object, const char *name)
{
	uint32_t index = json_member(values, object, name);

	return index ? json_at(values, index) : NULL;
}

static void report_read_text(const struct list *values, uint32_t object,
			     const char *name, char *to, size_t size)
{
	const struct json_item *item = report_at(values, object, name);
	const char *text = item ? json_plain(item) : NULL;

	text_copy(to, size, text ? text : "");
}

/* A number without a part behind the point. @otherwise  it is none. */
static int64_t report_read_number(const struct list *values, uint32_t object,
				  const char *name, int64_t otherwise)
{
	const struct json_item *item = report_at(values, object, name);
	char text[32], *end;
	long long number;

	if (!item || item->kind != JSON_NUMBER || item->size >= sizeof(text))
		return otherwise;
	memcpy(text, item->text, item->size);
	text[item->size] = '\0';
	errno = 0;
	number = strtoll(text, &end, 10);
	return *end || errno ? otherwise : number;
}

/* A count: not negative, and not more than fits. */
static uint32_t report_read_count(const struct list *values, uint32_t object,
				  const char *name)
{
	int64_t number = report_read_number(values, object, name, 0);

	return number < 0		     ? 0
	       : number > (int64_t)INT32_MAX ? INT32_MAX
					     : (uint32_t)number;
}

static pid_t report_read_pid(const struct list *values, uint32_t object,
			     const char *name)
{
	return (pid_t)report_read_count(values, object, name);
}

static uint64_t report_read_large(const struct list *values, uint32_t object,
				  const char *name)
{
	int64_t number = report_read_number(values, object, name, 0);

	return number < 0 ? 0 : (uint64_t)number;
}

/* Seconds with six digits behind the point, in microseconds; not negative. */
static int64_t report_read_seconds(const struct list *values, uint32_t object,
				   const char *name, int64_t otherwise)
{
	const struct json_item *item = report_at(values, object, name);
	char text[40], *end;
	double seconds;

	if (!item || item->kind != JSON_NUMBER || item->size >= sizeof(text))
		return otherwise;
	memcpy(text, item->text, item->size);
	text[item->size] = '\0';
	seconds = strtod(text, &end);
	if (*end || !(seconds >= 0 && seconds < 1e12))
		return otherwise;
	return (int64_t)(seconds * 1e6 + 0.5);
}

static bool report_read_bool(const struct list *values, uint32_t object,
			     const char *name)
{
	const struct json_item *item = report_at(values, object, name);

	return item && item->kind == JSON_TRUE;
}

/* "TERM", or a number. @return 0: none. */
static int report_read_signal(const struct list *values, uint32_t object,
			      const char *name)
{
	const struct json_item *item = report_at(values, object, name);
	const char *text = item ? json_plain(item) : NULL;
	int signo = text ? text_signal(text) : 0;

	return signo > 0 ? signo : 0;
}

/* In the form of wait(2). */
static int report_read_status(const struct list *values, uint32_t main)
{
	int64_t code = report_read_number(values, main, "exit_status", -1);
	int signo = report_read_signal(values, main, "signal");

	if (signo > 0)
		return signo |
		       (report_read_bool(values, main, "core_dumped") ? 0x80
								      : 0);
	return code >= 0 && code <= 255 ? (int)code << 8 : -1;
}

static uint32_t report_read_how(const struct list *values, uint32_t object)
{
	static const struct {
		uint32_t bit;
		const char *name;
	} bits[] = {
		{ JIG_HOW_SESSION, "own-session" },
		{ JIG_HOW_GROUP, "own-process-group" },
		{ JIG_HOW_DAEMON, "daemon" },
		{ JIG_HOW_IGNORES_TERM, "ignores-sigterm" },
		{ JIG_HOW_STOPPED, "stopped" },
		{ JIG_HOW_USER, "other-user" },
	};
	uint32_t array = json_member(values, object, "how"), how = 0;

	for (uint32_t i = array ? json_first(values, array) : 0; i;
	     i = json_next(values, array, i))
		for (size_t b = 0; b < sizeof(bits) / sizeof(bits[0]); b++)
			if (json_is(json_at(values, i), bits[b].name))
				how |= bits[b].bit;
	return how;
}

static void report_read_fate(const struct list *values, uint32_t object,
			     struct leftover *ret)
{
	uint32_t ended = json_member(values, object, "ended");
	int64_t code;

	ret->after_us = -1;
	if (!ended)
		return;
	code = report_read_number(values, ended, "exit_status", -1);
	ret->value = report_read_signal(values, ended, "signal");
	ret->after_us = report_read_seconds(values, ended, "after_seconds", -1);
	if (report_read_bool(values, ended, "survived")) {
		ret->fate = JIG_FATE_SURVIVED;
	} else if (ret->value > 0) {
		ret->fate = JIG_FATE_SIGNALED;
	} else if (code >= 0 && code <= 255) {
		ret->fate = JIG_FATE_EXITED;
		ret->value = (int32_t)code;
	}
}

static void report_read_leftover(const struct list *values, uint32_t object,
				 struct leftover *ret)
{
	char state[8];

	*ret = (struct leftover){
		.pid = report_read_pid(values, object, "pid"),
		.ppid = report_read_pid(values, object, "ppid"),
		.pgid = report_read_pid(values, object, "pgid"),
		.sid = report_read_pid(values, object, "sid"),
		.uid = (uid_t)report_read_number(values, object, "uid", -1),
		.how = report_read_how(values, object),
	};
	report_read_text(values, object, "state", state, sizeof(state));
	ret->state = state[0];
	report_read_text(values, object, "comm", ret->comm, sizeof(ret->comm));
	report_read_text(values, object, "command", ret->command,
			 sizeof(ret->command));
	report_read_fate(values, object, ret);
}

/* @return how many there are room for. */
static uint32_t report_read_leftovers(const struct list *values, uint32_t array,
				      struct leftover *ret, uint32_t most)
{
	uint32_t count = 0;

	for (uint32_t i = array ? json_first(values, array) : 0;
	     i && count < most; i = json_next(values, array, i))
		if (json_at(values, i)->kind == JSON_OBJECT)
			report_read_leftover(values, i, &ret[count++]);
	return count;
}

static void report_read_signals(const struct list *values, uint32_t array,
				struct jig_report *ret)
{
	for (uint32_t i = array ? json_first(values, array) : 0;
	     i && ret->signal_count < REPORT_SIGNALS;
	     i = json_next(values, array, i)) {
		struct report_signal *sent = &ret->signals[ret->signal_count];

		sent->signo = report_read_signal(values, i, "signal");
		sent->count = report_read_count(values, i, "processes");
		sent->at_us = report_read_seconds(values, i, "at_seconds", 0);
		ret->signal_count++;
	}
}

static void report_read_cage(const struct list *values, uint32_t cage,
			     struct jig_report *ret)
{
	char word[32];
	int kind;

	report_read_text(values, cage, "kind", word, sizeof(word));
	kind = words_parse(&cage_words, word);
	ret->cage = kind >= 0 && cage_ops_of((enum jig_cage)kind)
			    ? (uint32_t)kind
			    : JIG_CAGE_SUBREAPER;
	report_read_text(values, cage, "strength", word, sizeof(word));
	for (uint32_t i = 0; i <= CAGE_KERNEL; i++) {
		const char *name = cage_strength_name((enum cage_strength)i);

		if (name && strcmp(name, word) == 0)
			ret->strength = i;
	}
	report_read_text(values, cage, "reason", ret->why, sizeof(ret->why));
	ret->proved = report_read_bool(values, cage, "proved_empty");
}

static void report_read_usage(const struct list *values, uint32_t usage,
			      struct jig_report *ret)
{
	ret->wall_us = report_read_seconds(values, usage, "wall_seconds", 0);
	ret->user_us = report_read_seconds(values, usage, "user_seconds", 0);
	ret->system_us =
		report_read_seconds(values, usage, "system_seconds", 0);
	ret->peak_bytes = report_read_large(values, usage, "peak_bytes");
	ret->seen = report_read_large(values, usage, "processes");
}

static uint32_t more_of(uint32_t a, uint32_t b)
{
	return a > b ? a : b;
}

/* If the reason is the end of main, it was seen. No cage is empty that has
 * survivors. */
static bool report_is_possible(const struct jig_report *report)
{
	return (report->main_status >= 0 ||
		report->reason != JIG_REASON_EXIT) &&
	       !(report->proved && report->survivor_total > 0);
}

int via_report_read(const struct list *values, uint32_t object,
		    struct jig_report *ret)
{
	uint32_t main = json_member(values, object, "main");
	uint32_t cage = json_member(values, object, "cage");
	uint32_t usage = json_member(values, object, "usage");
	char word[32];
	int reason;

	report_read_text(values, object, "reason", word, sizeof(word));
	reason = words_parse(&report_reason_words, word);
	if (!main || !cage || !usage || reason < 0)
		return -EINVAL;
	*ret = (struct jig_report){ .reason = (uint32_t)reason, .complete = 1 };
	ret->daemon = report_read_bool(values, object, "daemon");
	ret->began_us = report_read_seconds(values, object, "began", 0);
	ret->main_pid = report_read_pid(values, main, "pid");
	ret->main_status = report_read_status(values, main);
	ret->main_us = report_read_seconds(values, main, "wall_seconds", -1);
	report_read_cage(values, cage, ret);
	report_read_usage(values, usage, ret);
	report_read_signals(values, json_member(values, object, "signals"),
			    ret);
	ret->leftover_count =
		report_read_leftovers(values,
				      json_member(values, object, "leftovers"),
				      ret->leftovers, REPORT_LEFTOVERS);
	ret->survivor_count =
		report_read_leftovers(values,
				      json_member(values, object, "survivors"),
				      ret->survivors, REPORT_SURVIVORS);
	ret->leftover_total =
		more_of(ret->leftover_count,
			report_read_count(values, object, "leftover_count"));
	ret->survivor_total =
		more_of(ret->survivor_count,
			report_read_count(values, object, "survivor_count"));
	for (uint32_t i = 0; i < ret->leftover_count; i++)
		ret->killed += ret->leftovers[i].fate == JIG_FATE_SIGNALED &&
			       ret->leftovers[i].value == SIGKILL;
	return report_is_possible(ret) ? 0 : -EINVAL;
}
