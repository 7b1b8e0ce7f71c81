// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/command.h"
#include "cli/doctor/machine.h"
#include "cli/doctor/trial.h"

static const enum jig_cage kinds[] = { JIG_CAGE_CGROUP, JIG_CAGE_PIDNS,
				       JIG_CAGE_SUBREAPER, JIG_CAGE_PGROUP };

#define KIND_COUNT (sizeof(kinds) / sizeof(kinds[0]))

static void print_machine(void)
{
	static const struct {
		const char *name;
		void (*write)(char *buffer, size_t size);
	} facts[] = {
		{ "kernel", machine_kernel },
		{ "system calls", machine_calls },
		{ "/proc", machine_proc },
		{ "cgroups", machine_cgroup },
		{ "cgroup.kill", machine_cgroup_files },
		{ "controllers", machine_controllers },
		{ "user namespaces", machine_user_namespaces },
		{ "systemd", machine_systemd },
	};

	say_line("machine");
	for (size_t i = 0; i < sizeof(facts) / sizeof(facts[0]); i++) {
		char text[FAULT_SIZE];

		facts[i].write(text, sizeof(text));
		say_line("  %-16s %s", facts[i].name, text);
	}
}

/* What a user can do to get a cage that does not work. */
static const char *advice(enum jig_cage kind, int error)
{
	if (error == -EMFILE || error == -ENFILE)
		return "allow more open descriptors: ulimit -n";
	switch (kind) {
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

static void print_trial(enum jig_cage kind, const struct trial *trial)
{
	const struct cage_ops *ops = cage_ops_of(kind);

	if (trial->works) {
		say_line("  %-10s yes  %-11s", cage_kind_name(kind),
			 cage_strength_name(ops->strength));
		return;
	}
	say_line("  %-10s no   %-11s %s", cage_kind_name(kind),
		 cage_strength_name(ops->strength), trial->why.text);
	say_line("  %-10s %-4s to have it: %s", "", "",
		 advice(kind, trial->error));
}

static bool print_cages(void)
{
	struct trial trial;
	bool contained = false;

	say_line("cages (each one tried just now)");
	for (size_t i = 0; i < KIND_COUNT; i++) {
		if (trial_run(kinds[i], &trial) < 0)
			trial.works = false;
		print_trial(kinds[i], &trial);
		if (trial.works &&
		    cage_ops_of(kinds[i])->strength >= CAGE_CONTAINED)
			contained = true;
	}
	if (trial_run(JIG_CAGE_AUTO, &trial) == 0 && trial.works)
		say_line("  auto takes %s: %s", cage_kind_name(trial.kind),
			 trial.why.text);
	else
		say_line("  auto has nothing: %s", trial.why.text);
	return contained;
}

static int run_doctor(const struct command *command, int argc, char **argv)
{
	struct fault fault;
	int first = options_parse(command, argc, argv, NULL, &fault);

	if (options_want_help(first))
		return command_print_help(command, first);
	if (first >= 0 && first < argc)
		first = fault_set(&fault, -1, "doctor takes no arguments");
	if (first < 0)
		return complain_usage(command, &fault);
	say_words("jig %s for uid %u\n\n", JIG_VERSION, (unsigned)geteuid());
	/* The trials fork: flush, or each child would print the buffer. */
	(void)fflush(stdout);

	bool contained = print_cages();

	say_line("%s", "");
	print_machine();
	say_words("\n%s\n",
		  contained ? "jig can keep its promise here."
			    : "jig can NOT keep its promise here: no cage that "
			      "contains all descendants can be had.");
	return contained ? 0 : 1;
}

const struct command command_doctor = {
	.name = "doctor",
	.task = TASK_HELP,
	.usage = "",
	.summary = "show which cages are available here, and why",
	.manual = "jig-doctor(1)",
	.run = run_doctor,
};
