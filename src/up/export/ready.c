// SPDX-License-Identifier: MIT
/* The probes of a service as words of `jig ready`: no curl, no other shell. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net/names.h"
#include "up/export/text.h"

#define START_US 60000000
#define ATTEMPT_US 1000000
#define EXEC_US 10000000

const char *export_time(int64_t us, char buffer[EXPORT_TIME_SIZE])
{
	bool seconds = us % 1000000 == 0, milliseconds = us % 1000 == 0;

	(void)snprintf(buffer, EXPORT_TIME_SIZE, "%" PRId64 "%s",
		       seconds	      ? us / 1000000
		       : milliseconds ? us / 1000
				      : us,
		       seconds	      ? "s"
		       : milliseconds ? "ms"
				      : "us");
	return buffer;
}

int64_t export_patience_us(const struct service *service)
{
	return service->start_timeout_us ? service->start_timeout_us : START_US;
}

static bool is_exec(const char *probe)
{
	return strncmp(probe, "exec:", 5) == 0;
}

/* Files of process-compose: "exec:cd 'DIRECTORY' && …". The directory moves
 * with the project; in an image whose directory is unknown there is none. */
static void move_exec(const struct export *export,
		      const struct service *service, const char *probe,
		      struct buffer *ret)
{
	static const char begin[] = "exec:cd '", end[] = "' && ";
	bool has = strncmp(probe, begin, strlen(begin)) == 0;
	const char *path = has ? probe + strlen(begin) : probe;
	const char *quote = has ? strchr(path, '\'') : NULL;
	CLEANUP(buffer_free) struct buffer from = { 0 }, place = { 0 };

	if (!quote || strncmp(quote, end, strlen(end)) != 0) {
		buffer_printf(ret, "%s", probe);
		return;
	}
	buffer_add(&from, path, (size_t)(quote - path));
	export_place(export, service, from.text, &place);
	buffer_printf(ret, "exec:");
	if (place.used) {
		buffer_printf(ret, "cd ");
		quote_sh(ret, place.text);
		buffer_printf(ret, " && ");
	}
	buffer_printf(ret, "%s", quote + strlen(end));
	if (from.error || place.error)
		ret->error = -ENOMEM;
}

bool export_exec_only(const struct export *export,
		      const struct service *service, const struct check *check,
		      struct buffer *ret)
{
	const char *probe =
		check->probes.count == 1 ? export_word(&check->probes, 0) : "";

	if (!is_exec(probe) || strstr(probe, REPLICA_MARK))
		return false;
	move_exec(export, service, probe, ret);
	if (ret->text)
		buffer_drop(ret, strlen("exec:"));
	return true;
}

void export_note_jig(const struct export *export)
{
	const char *jig = export->settings->jig;

	export_note(export, NULL,
		    "%s runs '%s ready' for probes: %s must have it (a static "
		    "program; --jig PATH)",
		    export->format, jig ? jig : "jig",
		    export->exporter->is_container ? "the image"
						   : "the machine");
}

/* ------------------------------------------------------------------- words */

static int add_pair(struct list *words, const char *option, const char *value)
{
	int r = list_take_text(words, strdup(option));

	return r < 0 ? r : list_take_text(words, strdup(value));
}

static int export_ready_add_time(struct list *words, const char *option,
				 int64_t us)
{
	char text[EXPORT_TIME_SIZE];

	return us == 0 ? 0 : add_pair(words, option, export_time(us, text));
}

/* Engines that repeat it also count, and wait between attempts. */
int64_t export_attempt_us(const struct check *check)
{
	if (check->timeout_us)
		return check->timeout_us;
	for (size_t i = 0; i < check->probes.count; i++)
		if (is_exec(export_word(&check->probes, i)))
			return EXEC_US;
	return ATTEMPT_US;
}

static int export_ready_add_options(const struct export_ready *how,
				    struct list *words)
{
	const struct check *check = how->check;
	char number[16];
	int r;

	if (how->once)
		return export_ready_add_time(words, "--timeout",
					     export_attempt_us(check));
	if (how->timeout_us < 0)
		r = add_pair(words, "--timeout", "none");
	else
		r = export_ready_add_time(words, "--timeout",
					  how->timeout_us ? how->timeout_us
							  : START_US);
	if (r == 0)
		r = export_ready_add_time(words, "--interval",
					  export_period_us(check));
	if (r == 0)
		r = export_ready_add_time(words, "--delay", check->delay_us);
	if (r == 0)
		r = export_ready_add_time(words, "--attempt",
					  check->timeout_us);
	(void)snprintf(number, sizeof(number), "%u", check->successes);
	return r < 0 || check->successes < 2
		       ? r
		       : add_pair(words, "--successes", number);
}

/* --------------------------------------------------------------- its probes */

/* A probe that needs the output or the environment of its command. */
static bool needs_command(const char *probe)
{
	return strncmp(probe, "log:", 4) == 0 || strcmp(probe, "notify") == 0 ||
	       strcmp(probe, "fd") == 0 || strncmp(probe, "fd:", 3) == 0;
}

/* A name of a port that nothing reserves, or of a socket that is not made. */
static bool has_open_brace(const struct export_instance *instance,
			   const char *probe)
{
	const struct service *service = instance->service;

	return !is_exec(probe) && strchr(probe, '{') &&
	       (service->listen.count || service->ports.count);
}

static int export_ready_expand(const struct export *export,
			       const struct export_instance *instance,
			       const char *probe, char **ret)
{
	CLEANUP(buffer_free) struct buffer moved = { 0 };

	move_exec(export, instance->service, probe, &moved);
	return moved.error ? moved.error
			   : names_expand(&instance->names, moved.text, ret);
}

/* @return whether it is one that `jig ready` can ask, or -ENOMEM. */
static int add_probe_word(const struct export *export,
			  const struct export_instance *instance,
			  const char *probe, struct list *words)
{
	char *text = NULL;
	int r = export_ready_expand(export, instance, probe, &text);
	const char *own = export->exporter->own_probe;
	const char *kind = text ? text + (*text == '|') : "";

	if (r < 0)
		return r;
	if (!needs_command(kind) && !has_open_brace(instance, kind)) {
		r = list_take_text(words, text);
		return r < 0 ? r : 1;
	}
	if (!own || strncmp(kind, own, strlen(own)) != 0)
		export_note(export, instance->service,
			    "%s cannot ask the probe '%s'", export->format,
			    kind);
	free(text);
	return 0;
}

/* An alternative whose first one is left out stands alone. */
static void begin_alternatives(struct list *words, bool is_first)
{
	char *word = *(char **)list_at(words, words->count - 1, sizeof(word));

	if (is_first && *word == '|')
		memmove(word, word + 1, strlen(word));
}

static int export_ready_add_probes(const struct export *export,
				   const struct export_instance *instance,
				   const struct check *check,
				   struct list *words)
{
	bool is_first = true;
	int count = 0;

	for (size_t i = 0; i < check->probes.count; i++) {
		const char *probe = export_word(&check->probes, i);
		int r;

		is_first = is_first || *probe != '|';
		r = add_probe_word(export, instance, probe, words);
		if (r < 0)
			return r;
		if (r == 0)
			continue;
		begin_alternatives(words, is_first);
		is_first = false;
		count++;
	}
	return count;
}

int export_ready_words(const struct export *export,
		       const struct export_instance *instance,
		       const struct export_ready *how, struct list *ret)
{
	const char *jig = export->settings->jig;
	int r = list_take_text(ret, strdup(jig ? jig : "jig"));

	if (r == 0)
		r = list_take_text(ret, strdup("ready"));
	if (r == 0)
		r = export_ready_add_options(how, ret);
	if (r == 0)
		r = list_take_text(ret, strdup("--"));
	if (r == 0)
		r = export_ready_add_probes(export, instance, how->check, ret);
	if (r > 0)
		export_note_jig(export);
	else
		list_free_texts(ret);
	return r;
}

void export_ready_line(struct buffer *out, const struct list *words,
		       const char *more)
{
	for (size_t i = 0; i < words->count; i++) {
		if (i == 2 && more)
			buffer_printf(out, " %s", more);
		if (i)
			buffer_printf(out, " ");
		quote_sh(out, export_word(words, i));
	}
}
