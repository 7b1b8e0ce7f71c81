// SPDX-License-Identifier: MIT
#include "cli/doctor/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command/command.h"
#include "cli/doctor/machine.h"

static const enum jig_cage kinds[DOCTOR_CAGES] = {
	JIG_CAGE_CGROUP, JIG_CAGE_PIDNS, JIG_CAGE_SUBREAPER, JIG_CAGE_PGROUP
};

/* ------------------------------------------------------------------ finding */

const char *doctor_advice(const struct trial *trial)
{
	if (trial->error == -EMFILE || trial->error == -ENFILE)
		return "allow more open descriptors: ulimit -n";
	switch (trial->kind) {
	case JIG_CAGE_CGROUP:
		return "mount cgroup v2 and run jig where its own cgroup is "
		       "writable: as root, in `systemd-run --user --scope -p "
		       "Delegate=yes`, or in a container with a private, "
		       "writable cgroup namespace";
	case JIG_CAGE_PIDNS:
		return "run as root, or allow user namespaces: sysctl "
		       "user.max_user_namespaces=10000 and, where they exist, "
		       "kernel.unprivileged_userns_clone=1 and "
		       "kernel.apparmor_restrict_unprivileged_userns=0; in a "
		       "container /proc must not be masked";
	default:
		return "allow prctl(2), clone(2) and signalfd(2) in the "
		       "seccomp filter";
	}
}

void doctor_find(struct findings *ret)
{
	*ret = (struct findings){ 0 };
	for (size_t i = 0; i < DOCTOR_CAGES; i++) {
		struct trial *trial = &ret->cages[i];

		if (trial_run(kinds[i], trial) < 0)
			trial->works = false;
		trial->kind = kinds[i];
		if (trial->works &&
		    cage_ops_of(kinds[i])->strength >= CAGE_CONTAINED)
			ret->contained = true;
	}
	if (trial_run(JIG_CAGE_AUTO, &ret->choice) < 0)
		ret->choice.works = false;
	here_take(&ret->here);
}

/* ----------------------------------------------------------------- printing */

static void print_trial(const struct trial *trial)
{
	const char *kind = cage_kind_name(trial->kind);
	const char *strength =
		cage_strength_name(cage_ops_of(trial->kind)->strength);

	if (trial->works) {
		say_line("  %-10s yes  %s", kind, strength);
		return;
	}
	say_line("  %-10s no   %-11s %s", kind, strength, trial->why.text);
	say_line("  %-10s %-4s to have it: %s", "", "", doctor_advice(trial));
}

static void print_cages(const struct findings *findings)
{
	const struct trial *choice = &findings->choice;

	say_line("cages: kind, does it work (tried just now), strength (jig "
		 "help cages)");
	for (size_t i = 0; i < DOCTOR_CAGES; i++)
		print_trial(&findings->cages[i]);
	if (choice->works)
		say_line("  auto takes %s: %s", cage_kind_name(choice->kind),
			 choice->why.text);
	else
		say_line("  auto has nothing: %s", choice->why.text);
}

static void print_fact(const char *name, const char *text)
{
	say_line("  %-16s %s", name, text);
}

static void print_machine(void)
{
	char text[FAULT_SIZE];

	say_line("machine");
	for (const struct machine_fact *fact = machine_facts; fact->name;
	     fact++) {
		fact->write(text, sizeof(text));
		print_fact(fact->name, text);
	}
}

static void print_runtime(const struct here_directory *runtime)
{
	if (runtime->error < 0)
		say_line("  %-16s %s: %s", "runtime dir", runtime->path,
			 here_problem(runtime));
	else
		say_line("  %-16s %s: of uid %u, mode %04o, on %s",
			 "runtime dir", runtime->path, (unsigned)runtime->owner,
			 (unsigned)runtime->mode,
			 *runtime->type ? runtime->type
					: "an unknown file system");
}

static void print_terminal(const struct here_terminal *terminal)
{
	const bool *is = terminal->is;
	bool any = is[0] || is[1] || is[2];

	if (!any) {
		print_fact("terminal", "none");
		return;
	}
	say_line("  %-16s %s:%s%s%s; TERM is %s, %ux%u, %s", "terminal",
		 *terminal->name ? terminal->name : "without a name",
		 is[0] ? " stdin" : "", is[1] ? " stdout" : "",
		 is[2] ? " stderr" : "",
		 terminal->term ? terminal->term : "not set",
		 terminal->size.ws_row, terminal->size.ws_col,
		 terminal->utf8 ? "UTF-8" : "not UTF-8");
}

static const char *doctor_limit_text(rlim_t limit, char *buffer, size_t size)
{
	if (limit == RLIM_INFINITY)
		return "unlimited";
	(void)snprintf(buffer, size, "%llu", (unsigned long long)limit);
	return buffer;
}

static void print_limits(void)
{
	struct rlimit limit = { RLIM_INFINITY, RLIM_INFINITY };
	char soft[24], hard[24];

	for (const struct here_limit *one = here_limits; one->name; one++) {
		(void)getrlimit(one->resource, &limit); /* a valid pointer */
		say_line("  %-16s %s, hard limit %s", one->name,
			 doctor_limit_text(limit.rlim_cur, soft, sizeof(soft)),
			 doctor_limit_text(limit.rlim_max, hard, sizeof(hard)));
	}
}

static void print_variables(void)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };
	char shown[128];

	for (const char *const *name = here_variables; *name; name++) {
		const char *value = getenv(*name);

		if (value)
			buffer_printf(&text, "%s%s=%s", text.used ? " " : "",
				      *name,
				      text_printable(value, shown,
						     sizeof(shown)));
	}
	print_fact("variables", text.text ? text.text : "none");
}

static void print_here(const struct here *here)
{
	say_line("jig");
	say_line("  %-16s %s, %s", "program", here->jig.path, here->libc);
	if (*here->up.version)
		say_line("  %-16s %s, %s", "jig-up",
			 *here->up.path ? here->up.path : "found",
			 here->up.version);
	else
		print_fact("jig-up", "not found: no `jig up`, and no command "
				     "for services");
	print_runtime(&here->runtime);
	print_terminal(&here->terminal);
	print_limits();
	print_variables();
}

static void print_text(const struct findings *findings)
{
	say_words("jig %s for uid %u\n\n", JIG_VERSION, (unsigned)geteuid());
	print_cages(findings);
	say_line("%s", "");
	print_machine();
	say_line("%s", "");
	print_here(&findings->here);
	say_words("\n%s\n", findings->contained
				    ? "jig can keep its promise here: no "
				      "process of a command is left."
				    : "jig can NOT keep its promise here: no "
				      "cage that contains all descendants can "
				      "be had.");
}

static int doctor_print_json(const struct findings *findings)
{
	CLEANUP(buffer_free) struct buffer text = { 0 };

	doctor_json(findings, &text);
	if (text.error) {
		complain("doctor: out of memory");
		return -1;
	}
	(void)say_bytes(text.text, text.used); /* main() reports an error */
	return 0;
}

/* ------------------------------------------------------------------ command */

static int doctor_take_json(void *data, const char *value, struct fault *fault)
{
	(void)value, (void)fault;
	*(bool *)data = true;
	return 0;
}

static const struct option doctor_options[] = {
	{ 0, "json", NULL, NULL, "print one JSON object", doctor_take_json },
	{ 0 },
};

static int run_doctor(const struct command *command, int argc, char **argv)
{
	static struct findings findings;
	struct fault fault;
	bool json = false;
	int first = options_parse(command, argc, argv, &json, &fault);

	if (options_want_help(first))
		return command_print_help(command, first);
	if (first >= 0 && first < argc)
		first = fault_set(&fault, -1, "doctor takes no arguments");
	if (first < 0)
		return complain_usage(command, &fault);
	doctor_find(&findings);
	if (!json)
		print_text(&findings);
	else if (doctor_print_json(&findings) < 0)
		return EXIT_JIG;
	return findings.contained ? 0 : 1;
}

static const struct page_pair doctor_examples[] = {
	{ "jig doctor", "what this machine offers to jig, for a bug report" },
	{ "jig doctor --json", "the same for a program" },
	{ NULL, NULL },
};

static const struct page_pair doctor_statuses[] = {
	{ "0", "a cage that contains all descendants is available" },
	{ "1", "none is: jig cannot guarantee that no process is left" },
	{ NULL, NULL },
};

const struct command command_doctor = {
	.name = "doctor",
	.task = TASK_HELP,
	.usage = "[--json]",
	.summary = "show what this machine offers to jig, and why not more",
	.manual = "jig-doctor(1)",
	.options = { doctor_options },
	.examples = doctor_examples,
	.statuses = doctor_statuses,
	.run = run_doctor,
};
