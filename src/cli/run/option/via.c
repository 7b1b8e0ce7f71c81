// SPDX-License-Identifier: MIT
/*
 * The options of `jig run` about other machines. With --via the fixture runs on
 * another one, and the command here is the relay (src/via). What
 * that machine gets is in via_start.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

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

static void via_env_name(char name[32], unsigned number)
{
	(void)snprintf(name, 32, "JIG_VIA_ENV_%u", number);
}

/* libjig passes the command's variables in our environment, under names that
 * the transport does not get: via_drop_env(). */
int run_take_via_env(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	uint64_t count;
	int r = text_number(value, INT_MAX, &count) < 0
			? option_wrong(fault, "via-env", value, "a number")
			: 0;

	for (unsigned i = 0; r == 0 && i < count; i++) {
		char name[32], *text;
		const char *variable;

		via_env_name(name, i);
		variable = getenv(name);
		if (!variable || !strchr(variable, '='))
			return option_wrong(fault, "via-env", value,
					    "the number of variables");
		text = strdup(variable);
		r = run_settings_own(settings, text);
		if (r == 0)
			r = list_append(&settings->env, &text, sizeof(text));
	}
	if (r == 0)
		settings->via.variables = (unsigned)count;
	return r;
}

/* Not before the start of a job was saved, for `jig restart`. */
static void via_drop_env(const struct run_via *via)
{
	char name[32];

	for (unsigned i = 0; i < via->variables; i++) {
		via_env_name(name, i);
		(void)unsetenv(name); /* A valid name. */
	}
}

/* ------------------------------------------------------------------ this side
 */

/*
 * The policy of this side: request a stop there, and wait for its length and
 * some seconds. It has as many steps, so that each second signal begins the
 * next step there; each of them waits for the rest of that policy.
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
	steps[count] =
		(struct jig_step){ .signal = SIGKILL, .wait_us = PLAN_KILL_US };
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

static int via_make_order(struct run_settings *settings, char **words,
			  struct via_order *order, struct fault *fault)
{
	const struct run_via *via = &settings->via;
	int r = run_via_start(settings, words, &order->start, fault);

	if (r < 0)
		return r;
	order->text = strdup(via->text);
	order->jig = strdup(via->jig ? via->jig : "jig");
	order->address = via->address ? strdup(via->address) : NULL;
	order->timeout_us =
		via->timeout_us > 0 ? via->timeout_us : VIA_TIMEOUT_US;
	order->stop_us = via->stop_us;
	order->pushes = via->pushes;
	order->has_probes = via->has_probes;
	if (via_split(via->text, &order->words) < 0 || !order->text ||
	    !order->jig || (via->address && !order->address))
		return fault_set(fault, -ENOMEM, "out of memory");
	return 0;
}

/* ------------------------------------------------------------------ the relay
 */

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
	via_drop_env(via);
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
