// SPDX-License-Identifier: MIT
/*
 * The options of `jig run` about other machines. With --via the fixture runs on
 * another one, and the command here is the relay (src/via). Each option is
 * either for this side or for that one: those of the table below become fields of
 * the agent's `start`, jig-agent(7), whatever their order was. Variables are read
 * here and sent, because the files of --env-file are here.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "agent/wire/lines.h"
#include "base/cleanup.h"
#include "base/clock.h"
#include "base/environment.h"
#include "base/file/self.h"
#include "base/text.h"
#include "base/text/json.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"
#include "core/shared/remote.h"
#include "via/order.h"

#define TIMEOUT_US 30000000LL

enum via_kind {
	VIA_TEXT,
	VIA_LIST, /* may be given more than once */
	VIA_ALTERNATIVE, /* "|PROBE", an element of `ready` */
	VIA_FLAG,
};

/* The options for that side. All others are for this one. */
static const struct via_field {
	const char *option;
	enum via_kind kind;
} via_fields[] = {
	{ "chdir", VIA_TEXT },
	{ "clear-env", VIA_FLAG },
	{ "user", VIA_TEXT },
	{ "groups", VIA_TEXT },
	{ "umask", VIA_TEXT },
	{ "nice", VIA_TEXT },
	{ "path", VIA_TEXT },
	{ "cage", VIA_TEXT },
	{ "daemon", VIA_FLAG },
	{ "timeout", VIA_TEXT },
	{ "stop-signal", VIA_TEXT },
	{ "grace", VIA_TEXT },
	{ "stop", VIA_TEXT },
	{ "stop-mode", VIA_TEXT },
	{ "ready", VIA_LIST },
	{ "or", VIA_ALTERNATIVE },
	{ "start-timeout", VIA_TEXT },
	{ "interval", VIA_TEXT },
	{ "ready-delay", VIA_TEXT },
	{ "ready-timeout", VIA_TEXT },
	{ "ready-successes", VIA_TEXT },
	{ "live", VIA_LIST },
	{ "live-interval", VIA_TEXT },
	{ "live-timeout", VIA_TEXT },
	{ "live-delay", VIA_TEXT },
	{ "live-failures", VIA_TEXT },
	{ "listen", VIA_LIST },
	{ "port", VIA_LIST },
	{ "limit", VIA_LIST },
	{ "memory", VIA_TEXT },
	{ "pids", VIA_TEXT },
	{ "cpu", VIA_TEXT },
};

#define VIA_FIELDS (sizeof(via_fields) / sizeof(via_fields[0]))

/* One use of such an option. */
struct via_use {
	const struct via_field *field;
	const char *value;
};

/* ------------------------------------------------------------------ options */

int run_take_via(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	struct list words;
	int r = via_split(value, &words);

	if (r == -EINVAL)
		return option_wrong(fault, "via", value,
				    "a command such as 'ssh host', with each "
				    "quote closed");
	if (r < 0)
		return fault_set(fault, r, "out of memory");
	list_free_texts(&words);
	settings->via.text = value;
	return 0;
}

int run_take_via_jig(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	if (!*value)
		return option_wrong(fault, "via-jig", value,
				    "the path of jig on the other machine");
	settings->via.jig = value;
	settings->via.is_tuned = true;
	return 0;
}

int run_take_via_address(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	if (!*value || strpbrk(value, " \t\n/"))
		return option_wrong(fault, "via-address", value,
				    "a host's name or address");
	settings->via.address = value;
	settings->via.is_tuned = true;
	return 0;
}

int run_take_via_timeout(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	settings->via.is_tuned = true;
	return option_time("via-timeout", value, 1000,
			   &settings->via.timeout_us, fault);
}

int run_take_via_push(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	(void)value;
	(void)fault;
	settings->via.pushes = settings->via.is_tuned = true;
	return 0;
}

int run_via_note(void *data, const char *option, const char *value)
{
	struct run_settings *settings = data;

	for (size_t i = 0; i < VIA_FIELDS; i++) {
		const struct via_use use = { &via_fields[i], value };

		if (strcmp(via_fields[i].option, option) == 0)
			return list_append(&settings->via.uses, &use,
					   sizeof(use));
	}
	return 0;
}

/* ------------------------------------------------------------------ this side */

/*
 * The policy of this side: request a stop there, and wait for its length and
 * some seconds. It has as many steps, so that each second signal begins the next
 * step there; each of them waits for the rest of that policy.
 */
static void via_make_steps(struct plan *plan, int64_t *ret_length)
{
	struct jig_step steps[PLAN_STEPS];
	size_t count = plan->step_count < PLAN_STEPS ? plan->step_count
						     : PLAN_STEPS - 1;
	int64_t rest = PLAN_KILL_US;

	for (size_t i = 0; i + 1 < plan->step_count; i++)
		rest = clock_add_us(rest, plan->steps[i].wait_us);
	*ret_length = rest;
	for (size_t i = 0; i < count; i++) {
		/* The relay gives up a little earlier. */
		steps[i] = (struct jig_step){
			.signal = VIA_STOP_SIGNAL,
			.wait_us = clock_add_us(rest, 2 * VIA_MORE_US),
		};
		if (i + 1 < plan->step_count)
			rest -= plan->steps[i].wait_us;
	}
	steps[count] = (struct jig_step){ .signal = SIGKILL,
					  .wait_us = PLAN_KILL_US };
	memcpy(plan->steps, steps, sizeof(steps));
	plan->step_count = count + 1;
}

int run_via_complete(struct run_settings *settings, struct fault *fault)
{
	struct plan *plan = &settings->plan;

	if (!settings->via.text)
		return settings->via.is_tuned
			       ? fault_set(fault, -EINVAL,
					   "--via-jig, --via-push, "
					   "--via-address and --via-timeout "
					   "need --via")
			       : 0;
	if (settings->via.is_complete)
		return 0;
	settings->via.is_complete = true;
	settings->via.has_probes = settings->ready.count > 0;
	via_make_steps(plan, &settings->via.stop_us);
	plan->stop_mode = JIG_STOP_MAIN;
	plan->cwd = plan->path = NULL;
	plan->set_user = plan->set_umask = plan->daemon = false;
	plan->limit_count = 0;
	plan->nice = 0;
	plan->cage = JIG_CAGE_AUTO;
	plan->cage_limits = (struct cage_limits){ 0 };
	plan->timeout_us = 0;
	settings->ready.count = settings->live.count = 0;
	settings->listens.count = settings->ports.count = 0;
	run_live_free(settings);
	settings->liveness = NULL;
	return 0;
}

/* ------------------------------------------------------------------ that side */

/* JSON is UTF-8, and no byte of a word may be changed on its way. */
static int via_check_text(const char *what, const char *text,
			  struct fault *fault)
{
	for (size_t n; *text; text += n) {
		n = text_utf8_length(text);
		if (n == 0)
			return fault_set(fault, -EILSEQ,
					 "--via: %s is not UTF-8, and cannot "
					 "be sent to the other machine",
					 what);
	}
	return 0;
}

static int via_add_text(struct json *json, const char *name, const char *what,
			const char *text, struct fault *fault)
{
	int r = via_check_text(what, text, fault);

	if (r == 0)
		json_string(json, name, text);
	return r;
}

static int via_add_words(struct json *json, char **words, struct fault *fault)
{
	int r = 0;

	json_open(json, "command", '[');
	for (; r == 0 && *words; words++)
		r = via_add_text(json, NULL, "a word of the command", *words,
				 fault);
	json_close(json, ']');
	return r;
}

static int via_add_env(const struct run_settings *settings, struct json *json,
		       struct fault *fault)
{
	CLEANUP(list_free) struct list all = { 0 };
	int r = run_env_collect(settings, &all);

	if (r < 0)
		return fault_set(fault, r, "out of memory");
	if (all.count == 0)
		return 0;
	json_open(json, "env", '[');
	for (size_t i = 0; r == 0 && i < all.count; i++)
		/* Its value may be secret: it is not named. */
		r = via_add_text(json, NULL, "the value of a variable",
				 *(char **)list_at(&all, i, sizeof(char *)),
				 fault);
	json_close(json, ']');
	return r;
}

/* "stop-signal" is "stop_signal". */
static void via_spell(const char *option, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s",
		       strcmp(option, "or") == 0 ? "ready" : option);
	for (char *c = ret; *c; c++)
		if (*c == '-')
			*c = '_';
}

static int via_expand(struct run_settings *settings, const char *value,
		      bool is_alternative, char **ret)
{
	char *text;
	int r = names_expand(&settings->names, value, &text);

	if (r < 0 || !is_alternative) {
		*ret = text;
		return r;
	}
	r = asprintf(ret, "|%s", text) < 0 ? -ENOMEM : 0;
	free(text);
	return r;
}

static int via_add_value(struct run_settings *settings, struct json *json,
			 const char *name, const struct via_use *use,
			 struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	char what[48];
	int r = via_expand(settings, use->value,
			   use->field->kind == VIA_ALTERNATIVE, &text);

	(void)snprintf(what, sizeof(what), "the value of --%s",
		       use->field->option);
	return r < 0 ? fault_set(fault, r, "out of memory")
		     : via_add_text(json, name, what, text, fault);
}

/* Whether an option is an element of the array of that name. */
static bool via_is_in(const struct via_use *use, const char *name)
{
	char own[32];

	via_spell(use->field->option, own, sizeof(own));
	return strcmp(own, name) == 0;
}

static int via_add_list(struct run_settings *settings, struct json *json,
			const char *name, struct fault *fault)
{
	const struct list *uses = &settings->via.uses;
	int r = 0;

	json_open(json, name, '[');
	for (size_t i = 0; r == 0 && i < uses->count; i++) {
		const struct via_use *use =
			list_at(uses, i, sizeof(struct via_use));

		if (via_is_in(use, name))
			r = via_add_value(settings, json, NULL, use, fault);
	}
	json_close(json, ']');
	return r;
}

/* The last use counts; or, of a list, all. */
static int via_add_field(struct run_settings *settings, struct json *json,
			 const struct via_field *field, struct fault *fault)
{
	const struct list *uses = &settings->via.uses;
	const struct via_use *last = NULL;
	char name[32];

	via_spell(field->option, name, sizeof(name));
	for (size_t i = 0; i < uses->count; i++) {
		const struct via_use *use =
			list_at(uses, i, sizeof(struct via_use));

		if (use->field == field)
			last = use;
	}
	if (!last || field->kind == VIA_ALTERNATIVE) /* It needs a --ready. */
		return 0;
	if (field->kind == VIA_LIST)
		return via_add_list(settings, json, name, fault);
	if (field->kind == VIA_TEXT)
		return via_add_value(settings, json, name, last, fault);
	json_bool(json, name, true);
	return 0;
}

/* Members of an object: "command":["true"],"grace":"5s" */
static int via_write_start(struct run_settings *settings, char **words,
			   char **ret, struct fault *fault)
{
	struct json json = { .is_line = true };
	int r = via_add_words(&json, words, fault);

	if (r == 0)
		r = via_add_env(settings, &json, fault);
	for (size_t i = 0; r == 0 && i < VIA_FIELDS; i++)
		r = via_add_field(settings, &json, &via_fields[i], fault);
	if (r == 0 && json.out.error)
		r = fault_set(fault, json.out.error, "out of memory");
	/* With the members that the relay adds. */
	if (r == 0 && json.out.used > LINES_MAX - 1024)
		r = fault_set(fault, -E2BIG,
			      "--via: the command and its variables are longer "
			      "than %lu bytes",
			      LINES_MAX);
	if (r < 0)
		buffer_free(&json.out);
	else
		*ret = json.out.text;
	return r;
}

static int via_make_order(struct run_settings *settings, char **words,
			  struct via_order *order, struct fault *fault)
{
	const struct run_via *via = &settings->via;
	int r = via_write_start(settings, words, &order->start, fault);

	if (r < 0)
		return r;
	order->text = strdup(via->text);
	order->jig = strdup(via->jig ? via->jig : "jig");
	order->address = via->address ? strdup(via->address) : NULL;
	order->timeout_us = via->timeout_us > 0 ? via->timeout_us : TIMEOUT_US;
	order->stop_us = via->stop_us;
	order->pushes = via->pushes;
	order->has_probes = via->has_probes;
	if (via_split(via->text, &order->words) < 0 || !order->text ||
	    !order->jig || (via->address && !order->address))
		return fault_set(fault, -ENOMEM, "out of memory");
	return 0;
}

/* ------------------------------------------------------------------ the relay */

static int via_open_remote(struct run_settings *settings, int order,
			   struct fault *fault)
{
	struct remote *remote = calloc(1, sizeof(*remote));
	int pair[2], r;

	if (!remote)
		return fault_set(fault, -ENOMEM, "out of memory");
	settings->via.remote = remote;
	remote->fd = remote->relay = -1;
	remote->via = settings->via.text;
	remote->names = &settings->names;
	remote->has_probes = settings->via.has_probes;
	if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair) < 0)
		return fault_set(fault, -errno, "cannot make a socket pair: %s",
				 strerror(errno));
	remote->fd = pair[0];
	remote->relay = pair[1];
	r = run_settings_pass_fd(settings, order, VIA_ORDER_FD, fault);
	if (r == 0)
		r = run_settings_pass_fd(settings, remote->relay, VIA_GUARD_FD,
					 fault);
	return r;
}

int run_via_open(struct run_settings *settings, char **words,
		 struct fault *fault)
{
	CLEANUP(via_order_free) struct via_order order = { 0 };
	struct run_via *via = &settings->via;
	int r = via_make_order(settings, words, &order, fault);

	if (r < 0)
		return r;
	via->order = via_order_write(&order);
	if (via->order < 0)
		return fault_set(fault, via->order,
				 "cannot write the order for the relay: %s",
				 strerror(-via->order));
	r = via_open_remote(settings, via->order, fault);
	if (r < 0)
		return r;
	via->argv[0] = "jig"; /* ps(1) shows it. */
	via->argv[1] = VIA_RELAY_WORD;
	via->argv[2] = via->text;
	settings->plan.path = self_program();
	settings->plan.remote = via->remote;
	settings->plan.envp = environ;
	return 0;
}

char *const *run_via_words(const struct run_settings *settings, char **words)
{
	/* execve(2) does not change them. */
	return settings->plan.remote ? (char *const *)settings->via.argv
				     : words;
}

void run_via_free(struct run_settings *settings)
{
	struct run_via *via = &settings->via;

	if (via->remote) {
		cleanup_close(&via->remote->fd);
		cleanup_close(&via->remote->relay);
	}
	cleanup_close(&via->order);
	free(via->remote);
	list_free(&via->uses);
}
