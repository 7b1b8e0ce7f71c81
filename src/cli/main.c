// SPDX-License-Identifier: MIT
/*
 * jig: start a command, and when you leave it nothing that it started is left.
 *
 * A map of the sources; an include only ever points down this list.
 *
 *   up/     `jig up` and what belongs to it, a program of its own (jig-up):
 *           up.c           the engine: instance.c schedule.c ending.c
 *           background.c   the result of the start, for `jig up -D`
 *           load.c         a project from files: compose*.c formation.c order.c
 *           output*.c      lines of many, prefixes, log files: sink.c
 *                          writer.c (children), log_*.c
 *           control*.c     commands to a running one
 *           export*.c      the same for systemd, Kubernetes, …
 *   cli/    one file a command, one table: run.c doctor.c help.c completion.c
 *           kill.c (kill_job.c: jobs, kill_foreign.c: others); start.c and
 *           session.c (job_begin.c: what both do), fg.c, jobs.c, wait.c, …
 *           options.c parses them, run_options.c is the table of `jig run`,
 *           up_options.c those of `jig up`; external.c executes jig-up
 *   app/    account.c (users and groups), with.c (jig run --with), procfile.c,
 *           env_file*.c, raw_terminal.c, relay.c (attaching); for jig kill
 *           targets*.c (who is hit), kill_words.c; for jig ps view*.c (who),
 *           columns*.c (what), fixture_of.c, printable.c, tty_name.c,
 *           user_names.c; for jig tree tree*.c (order and lines),
 *           picture*.c (SVG, graphviz), full_screen.c, file_replace.c,
 *           charset.c; last_words.c (writes after the end of all processes)
 *   job/    keeper*.c      the guard of a job, and what it serves
 *           record.c store*.c spec.c  jobs as files, numbers, names, jobspecs
 *           screen*.c replay*.c      what a terminal that attaches is shown
 *           api*.c ask.c boundary.c  the library's side
 *   core/   guard*.c       `jig run` itself, or what libjig spawned
 *           supervisor.c   holds the cage: starting.c requests.c reaping.c
 *                          stopping.c signalling.c leftovers.c
 *           plan.c         what to run and how to stop it
 *           report*.c      what happened: as bytes, JSON, words
 *           board.c wake.c  shared memory of host, guard and supervisor
 *           inner.c        other jigs around us and inside of the cage
 *           terminal.c     lending the foreground
 *           outlet.c asking.c  output and paths whose file system may hang
 *           fixture*.c     the library's side (include/jig.h)
 *   cage/   cage.c         the choice; cgroup*.c pidns.c subreaper.c pgroup.c
 *           sweep.c        signalling sets that change
 *           kin.c          which children of the guard are the cage's
 *           registry.c brand.c  finding what was abandoned
 *   proc/   spawn*.c handle.c descent.c stat.c procfs.c: one process, and lists
 *           of them; aside.c dropping.c: a child makes the calls that may
 *           hang; mount_type.c: what cannot
 *   base/   descriptors, texts, lists, JSON, the clock, locks, system calls;
 *           sized.c: structs of a host of another version
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cli/command/command.h"
#include "cli/command/up_options.h"
#include "cli/job/begin/job.h"
#include "cli/look/tree.h"
#include "core/supervisor/inner.h"

const struct command *const commands[] = {
	&command_run,	  &command_up,	       &command_start,
	&command_jobs,	  &command_fg,	       &command_bg,
	&command_wait,	  &command_send,       &command_kill,
	&command_rename,  &command_session,    &command_check,
	&command_exec,	  &command_ps,	       &command_tree,
	&command_restart, &command_stop,       &command_scale,
	&command_logs,	  &command_attach,     &command_down,
	&command_export,  &command_doctor,     &command_version,
	&command_help,	  &command_completion, NULL,
};

static int unknown_command(const char *name)
{
	const char *nearest = command_nearest(name);
	struct fault fault;

	if (nearest)
		fault_set(&fault, -EINVAL,
			  "no command '%s'; did you mean 'jig %s'?", name,
			  nearest);
	else
		fault_set(&fault, -EINVAL,
			  "no command '%s'; to run a program: jig run -- %s",
			  name, name);
	return complain_usage(NULL, &fault);
}

int main(int argc, char **argv)
{
	const struct command *command;

	inner_drop_name();
	if (argc < 2) {
		struct fault fault;

		fault_set(&fault, -EINVAL, "no command given");
		return complain_usage(NULL, &fault);
	}
	if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)
		argv[1] = "help";
	if (strcmp(argv[1], "--version") == 0)
		argv[1] = "version";
	command = command_find(argv[1]);
	if (!command)
		return unknown_command(argv[1]);

	int status = command->run(command, argc - 1, argv + 1);

	/* A full disk behind stdout is a failure, not a success. */
	if ((fflush(stdout) != 0 || ferror(stdout)) && status == 0) {
		complain("cannot write to stdout: %s", strerror(errno));
		return EXIT_JIG;
	}
	return status;
}
