// SPDX-License-Identifier: MIT
#include "cli/kill/foreign.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/list.h"
#include "base/text.h"
#include "cli/command/command.h"
#include "cli/kill/targets.h"
#include "cli/kill/targets_text.h"
#include "proc/procfs.h"

#define NAME_OF_TARGET 96
/* The message of EPERM. */
#define DENIED "operation not permitted"

/* "process group 12". */
static const char *subject(const struct kill_request *request, char *buffer,
			   size_t size)
{
	if (request->group)
		(void)snprintf(buffer, size, "process group %d",
			       request->group);
	else if (request->tree)
		(void)snprintf(buffer, size, "the tree of process %d",
			       request->tree);
	else
		(void)snprintf(buffer, size, "process %d", request->pid);
	return buffer;
}

static const struct target *target_at(const struct targets *targets,
				      size_t index)
{
	return list_at(&targets->items, index, sizeof(struct target));
}

void print_targets(const struct targets *targets, bool is_forced)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	targets_add_text(&text, targets, is_forced);
	if (text.error)
		complain("kill: out of memory");
	else
		say_words("%s", text.text);
}

/* Print @what for each target with this fate. */
static void kill_foreign_complain_of(const struct targets *targets,
				     enum target_fate fate, const char *what)
{
	char name[NAME_OF_TARGET];

	for (size_t i = 0; i < targets->items.count; i++) {
		const struct target *target = target_at(targets, i);

		if (target->fate == fate)
			complain("kill: %s: %s",
				 target_name(target, name, sizeof(name)), what);
	}
}

static void say_targets(const struct targets *targets)
{
	char name[NAME_OF_TARGET];

	for (size_t i = 0; i < targets->items.count; i++)
		if (target_at(targets, i)->fate == TARGET_HIT)
			say_line("hit %s", target_name(target_at(targets, i),
						       name, sizeof(name)));
}

static void say_result(const struct kill_request *request,
		       const struct targets *targets)
{
	char name[64], signal[TEXT_SIGNAL_SIZE], more[48] = "";
	size_t count = targets_count(targets, TARGET_HIT);
	size_t gone = targets_count(targets, TARGET_GONE) +
		      targets_count(targets, TARGET_LEFT);

	if (gone > 0)
		(void)snprintf(more, sizeof(more), ", %zu gone before", gone);
	say_line("%s: %s %zu process%s%s", subject(request, name, sizeof(name)),
		 request->signo ? text_signal_name(request->signo, signal,
						   sizeof(signal))
				: "ended",
		 count, count == 1 ? "" : "es", more);
}

/* Protect the user from ending the shell or terminal by accident. */
static int kill_foreign_refuse(const struct kill_request *request,
			       const struct targets *targets)
{
	char name[NAME_OF_TARGET], what[64];

	for (size_t i = 0; i < targets->items.count; i++) {
		const struct target *target = target_at(targets, i);

		if (target->bar == TARGET_FREE || target->fate == TARGET_GONE)
			continue;
		target_name(target, name, sizeof(name));
		complain("kill: %s%s%s: %s; nothing was sent (--dry-run shows "
			 "all, --force sends)",
			 request->pid ? ""
				      : subject(request, what, sizeof(what)),
			 request->pid ? "" : " holds ", name,
			 target_bar_name(target->bar));
		break;
	}
	return 1;
}

/* As in kill(2): at least one process got the signal, or would get it. */
static bool is_reached(const struct kill_request *request,
		       const struct targets *targets)
{
	bool all = !request->signo && !request->is_probe;

	return targets_count(targets, TARGET_MET) +
			       targets_count(targets, TARGET_HIT) >
		       0 &&
	       (!all || targets_count(targets, TARGET_DENIED) == 0);
}

static int kill_foreign_dry_run(const struct kill_request *request,
				struct targets *targets)
{
	bool is_barred = targets_are_barred(targets) && !request->force;
	int r = targets_ask(targets);

	if (r < 0) {
		complain("kill: cannot read the processes: %s", strerror(-r));
		return EXIT_JIG;
	}
	if (!request->quiet)
		print_targets(targets, request->force);
	else
		kill_foreign_complain_of(targets, TARGET_DENIED, DENIED);
	if (is_barred && !request->is_probe)
		return kill_foreign_refuse(request, targets);
	return !is_reached(request, targets);
}

static int deliver(const struct kill_request *request, struct targets *targets)
{
	int r = request->signo ? targets_signal(targets, request->signo, false)
			       : targets_end(targets, request->grace_us);
	bool is_partial = r == -EPERM || r == -ETIMEDOUT;

	kill_foreign_complain_of(targets, TARGET_DENIED, DENIED);
	kill_foreign_complain_of(targets, TARGET_SURVIVED,
				 "has survived SIGKILL");
	if (request->verbose)
		say_targets(targets);
	if (!request->quiet)
		say_result(request, targets);
	if (r == -EAGAIN)
		complain("kill: new processes kept appearing; some have not "
			 "got the signal");
	else if (r < 0 && !is_partial)
		complain("kill: cannot signal all processes: %s", strerror(-r));
	if (r < 0 && !is_partial && r != -EAGAIN)
		return EXIT_JIG;
	return r < 0 || !is_reached(request, targets);
}

static int complain_open(const struct kill_request *request, int error)
{
	char name[64];

	if (error != -ESRCH) {
		complain("kill: cannot read the processes: %s",
			 strerror(-error));
		return EXIT_JIG;
	}
	complain("kill: %s does not exist",
		 subject(request, name, sizeof(name)));
	return 1;
}

int kill_foreign(const struct kill_request *request)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(targets_free) struct targets targets = { 0 };
	struct target_scope scope = {
		.group = request->group,
		.tree = request->tree,
		.pid = request->pid,
		.session = request->session,
	};
	int r = procfd < 0 ? procfd : targets_open(procfd, &scope, &targets);

	if (r < 0)
		return complain_open(request, r);
	if (request->dry_run)
		return kill_foreign_dry_run(request, &targets);
	if (targets_are_barred(&targets) && !request->force)
		return kill_foreign_refuse(request, &targets);
	return deliver(request, &targets);
}
