// SPDX-License-Identifier: MIT
#include "cli/kill/targets_text.h"

#include <stdio.h>
#include <string.h>
#include <sys/sysmacros.h>

#include "base/text.h"
#include "proc/procfs.h"
#include "view/tty_name.h"
#include "view/user_names.h"

/* "4:70" for a device whose driver is not known here. */
static void name_tty(int device, char *buffer, size_t size)
{
	char name[TTY_NAME_SIZE];

	if (tty_name("", device, name) < 0 && device != 0)
		(void)snprintf(name, sizeof(name), "%u:%u",
			       major((dev_t)(unsigned)device),
			       minor((dev_t)(unsigned)device));
	text_copy(buffer, size, name);
}

static void name_user(const struct user_names *names, uid_t uid, char *buffer,
		      size_t size)
{
	const char *name = user_names_of(names, uid);

	if (name)
		(void)text_printable(name, buffer, size);
	else if (uid == (uid_t)-1)
		(void)snprintf(buffer, size, "?");
	else
		(void)snprintf(buffer, size, "%u", uid);
}

const char *target_bar_name(enum target_bar bar)
{
	static const char *const names[] = {
		[TARGET_FREE] = NULL,
		[TARGET_INIT] = "init",
		[TARGET_KERNEL] = "a kernel thread",
		[TARGET_SELF] = "jig itself",
		[TARGET_ANCESTOR] = "jig was started from it",
	};

	return names[bar];
}

const char *target_name(const struct target *target, char *buffer, size_t size)
{
	char comm[sizeof(target->stat.comm)];

	(void)snprintf(buffer, size, "pid %d (%s)", target->stat.pid,
		       text_printable(target->stat.comm, comm, sizeof(comm)));
	return buffer;
}

/* Why it does not get the signal; NULL: it does. */
static const char *why_not(const struct target *target, bool is_forced)
{
	switch (target->fate) {
	case TARGET_GONE:
		return "has ended";
	case TARGET_LEFT:
		return "has left the group";
	case TARGET_DENIED:
		return "not permitted";
	case TARGET_SPARED:
		return target_bar_name(target->bar);
	default:
		return is_forced ? NULL : target_bar_name(target->bar);
	}
}

/* A signal to a guard stops its fixture. */
static const char *role_of(const struct proc_stat *stat)
{
	if (strcmp(stat->comm, "jig-supervisor") == 0)
		return "holds a fixture";
	return strcmp(stat->comm, "jig") == 0 ? "guards a fixture" : NULL;
}

static void add_target(struct buffer *out, const struct targets *targets,
		       const struct target *target,
		       const struct user_names *names, bool is_forced)
{
	const struct proc_stat *stat = &target->stat;
	const char *reason = why_not(target, is_forced), *role = role_of(stat);
	char tty[32], user[32],
		command[sizeof(((struct proc_detail *)0)->command)];
	struct proc_detail detail;

	/* On an error: shown as unknown. */
	(void)procfs_detail(targets->procfd, stat, &detail);
	name_tty(stat->tty, tty, sizeof(tty));
	name_user(names, detail.uid, user, sizeof(user));
	(void)text_printable(detail.command, command, sizeof(command));
	buffer_printf(out, "%7d %7d %7d %7d %-8s %-8s %c    %s", stat->pid,
		      stat->ppid, stat->pgid, stat->sid, tty, user, stat->state,
		      command);
	if (role && target->bar != TARGET_SELF)
		buffer_printf(out, "  [%s]", role);
	if (reason)
		buffer_printf(out, "  [not hit: %s]", reason);
	buffer_add(out, "\n", 1);
}

void targets_add_text(struct buffer *out, const struct targets *targets,
		      bool is_forced)
{
	CLEANUP(user_names_free) struct user_names names = { 0 };

	(void)user_names_read(&names); /* Without memory: numbers. */
	buffer_printf(out, "%7s %7s %7s %7s %-8s %-8s %s %s\n", "PID", "PPID",
		      "PGID", "SID", "TTY", "USER", "STAT", "COMMAND");
	for (size_t i = 0; i < targets->items.count; i++)
		add_target(out, targets, targets_at(targets, i), &names,
			   is_forced);
}
