// SPDX-License-Identifier: MIT
#include <errno.h>
#include <sys/wait.h>

#include "base/text.h"
#include "base/text/json.h"
#include "cage/cage.h"
#include "core/shared/report.h"

static const char *const reasons[] = {
	[JIG_REASON_EXIT] = "exit",
	[JIG_REASON_STOP] = "stop",
	[JIG_REASON_TIMEOUT] = "timeout",
	[JIG_REASON_OWNER] = "owner-died",
	[JIG_REASON_GUARD] = "guard-died",
	[JIG_REASON_FAILURE] = "failure",
	[JIG_REASON_UNREADY] = "not-ready",
	[JIG_REASON_UNHEALTHY] = "unhealthy",
};

const struct words report_reason_words = WORDS_OF(reasons);

static void json_signal(struct json *json, const char *name, int signo)
{
	char text[TEXT_SIGNAL_SIZE];

	json_string(json, name, text_signal_name(signo, text, sizeof(text)));
}

static void json_status(struct json *json, int status)
{
	if (status >= 0 && WIFEXITED(status))
		json_number(json, "exit_status", WEXITSTATUS(status));
	else
		json_null(json, "exit_status");
	if (status >= 0 && WIFSIGNALED(status))
		json_signal(json, "signal", WTERMSIG(status));
	else
		json_null(json, "signal");
	json_bool(json, "core_dumped",
		  status >= 0 && WIFSIGNALED(status) && WCOREDUMP(status));
}

static void json_main(struct json *json, const struct jig_report *report)
{
	json_open(json, "main", '{');
	json_number(json, "pid", report->main_pid);
	json_status(json, report->main_status);
	if (report->main_us >= 0)
		json_seconds(json, "wall_seconds", report->main_us);
	else
		json_null(json, "wall_seconds");
	json_close(json, '}');
}

static void json_how(struct json *json, uint32_t how)
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

	json_open(json, "how", '[');
	for (size_t i = 0; i < sizeof(bits) / sizeof(bits[0]); i++)
		if (how & bits[i].bit)
			json_string(json, NULL, bits[i].name);
	json_close(json, ']');
}

static void json_fate(struct json *json, const struct leftover *leftover)
{
	json_open(json, "ended", '{');
	if (leftover->fate == JIG_FATE_EXITED)
		json_number(json, "exit_status", leftover->value);
	else
		json_null(json, "exit_status");
	if (leftover->fate == JIG_FATE_SIGNALED)
		json_signal(json, "signal", leftover->value);
	else
		json_null(json, "signal");
	json_bool(json, "survived", leftover->fate == JIG_FATE_SURVIVED);
	if (leftover->after_us >= 0)
		json_seconds(json, "after_seconds", leftover->after_us);
	else
		json_null(json, "after_seconds");
	json_close(json, '}');
}

static void json_leftovers(struct json *json, const char *name,
			   const struct jig_report *report,
			   const struct leftover *items, size_t count)
{
	json_open(json, name, '[');
	for (size_t i = 0; i < count; i++) {
		char state[2] = { items[i].state ? items[i].state : '?', 0 };

		json_open(json, NULL, '{');
		json_number(json, "pid", items[i].pid);
		json_number(json, "ppid", items[i].ppid);
		json_number(json, "pgid", items[i].pgid);
		json_number(json, "sid", items[i].sid);
		if (items[i].uid == (uid_t)-1)
			json_null(json, "uid");
		else
			json_number(json, "uid", items[i].uid);
		json_string(json, "state", state);
		json_string(json, "comm", items[i].comm);
		json_string(json, "command", items[i].command);
		json_how(json, items[i].how);
		json_fate(json, &items[i]);
		report_json_ancestry(json, report, &items[i]);
		marks_json(json, &items[i].marks);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_cage(struct json *json, const struct jig_report *report)
{
	json_open(json, "cage", '{');
	json_string(json, "kind", cage_kind_name((enum jig_cage)report->cage));
	json_string(json, "strength",
		    cage_strength_name((enum cage_strength)report->strength));
	json_string(json, "reason", report->why);
	json_bool(json, "proved_empty", report->proved);
	json_close(json, '}');
}

static void json_signals(struct json *json, const struct jig_report *report)
{
	json_open(json, "signals", '[');
	for (uint32_t i = 0; i < report->signal_count; i++) {
		json_open(json, NULL, '{');
		json_signal(json, "signal", report->signals[i].signo);
		json_seconds(json, "at_seconds", report->signals[i].at_us);
		json_number(json, "processes", report->signals[i].count);
		json_close(json, '}');
	}
	json_close(json, ']');
}

static void json_usage(struct json *json, const struct jig_report *report)
{
	json_open(json, "usage", '{');
	json_seconds(json, "wall_seconds", report->wall_us);
	json_seconds(json, "user_seconds", report->user_us);
	json_seconds(json, "system_seconds", report->system_us);
	json_number(json, "peak_bytes", (int64_t)report->peak_bytes);
	json_number(json, "processes", (int64_t)report->seen);
	json_close(json, '}');
}

int report_json(const struct jig_report *report, struct buffer *ret)
{
	struct json json = { 0 };

	json_open(&json, NULL, '{');
	json_number(&json, "version", 1);
	json_string(&json, "reason",
		    words_name(&report_reason_words, report->reason));
	json_bool(&json, "daemon", report->daemon);
	json_seconds(&json, "began", report->began_us);
	if (*report->via)
		json_string(&json, "via", report->via);
	json_main(&json, report);
	json_cage(&json, report);
	json_usage(&json, report);
	json_signals(&json, report);
	json_number(&json, "leftover_count", report->leftover_total);
	json_leftovers(&json, "leftovers", report, report->leftovers,
		       report->leftover_count);
	json_number(&json, "survivor_count", report->survivor_total);
	json_leftovers(&json, "survivors", report, report->survivors,
		       report->survivor_count);
	json_string(&json, "ancestry_source",
		    words_name(&report_ancestry_words, report->ancestry));
	json_number(&json, "ancestry_lost", report->ancestry_lost);
	json_close(&json, '}');
	buffer_add(&json.out, "\n", 1);
	if (json.out.error) {
		buffer_free(&json.out);
		return -ENOMEM;
	}
	*ret = json.out;
	return 0;
}
