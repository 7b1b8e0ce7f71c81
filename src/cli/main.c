// SPDX-License-Identifier: MIT
/*
 * jig: start a command, and when you leave it nothing that it started is left.
 *
 * A map of the sources: every file of src/, folder by folder. A header stands
 * here only where no .c file has its name. A folder includes only folders that
 * stand above it; the table in docs/ARCHITECTURE.md says which.
 * tests/mentions.py checks this map.
 *
 * base/                what every program needs
 *     fd.c cleanup.c environment.c        descriptors; the environment
 *     clock.c list.c text.c fault.c       time, arrays, small texts, errors
 *     sys.c sys_clone.c compat.h          system calls that libc lacks
 *     poll.c retry.c                      those that wait
 *     input.c                             standard input as an owner
 *     sized.c                             structs of a host of another version
 * base/file/           files by their paths
 *     directory.c lock.c id.c             lists, locks, identity
 *     named.c                             what an option or a file names
 *     runtime_dir.c self.c installed.c    jig's own
 *     pty.c                               a pseudo-terminal
 * base/text/           formats made of text
 *     ansi.c frame.c resource.c signal_name.c
 *     json.c json_reader.c json_walk.c    JSON, written and read
 *     words.c                             the words of an enum
 *     regex_text.c regex_bracket.c regex_set.c regex_reader.h
 * proc/                one process, and lists of processes
 *     stat.c status.c procfs.c command.c  what /proc says
 *     children.c tree.c pids.c            children, descendants, lists of pids
 *     handle.c descent.c session_order.h  identity, ancestors, order
 *     spawn.c spawn_child.c               starting: parent's and child's side
 *     aside.c dropping.c mount_type.c     children for calls that may block
 * net/                 addresses, sockets, listeners
 *     endpoint.c names.c sockets.c        addresses; sockets and ports of ours
 *     socket_file.c                       the file of a unix socket
 *     listener.c socket_diag.c            which process listens
 *     http_answer.c                       the answer to an HTTP request
 *     manager.c                           the service manager around us
 * cage/                what holds the processes of a fixture
 *     cage.c                              the choice of a kind
 *     cgroup.c cgroup_dir.c cgroup_limits.c cgroup_path.c cgroup_walk.c scope.c
 *     pidns.c subreaper.c pgroup.c        the other kinds
 *     sweep.c                             signalling a set that changes
 *     kin.c                               which of the guard's children are its
 *     registry.c brand.c                  finding cages that were abandoned
 * core/terminal/       terminal.c: its foreground, lent to the command
 * core/output/         the command's output
 *     capture.c capture_open.c ring.c     reading it, keeping its end
 *     outlet.c asking.c                   logs and paths that may block
 * core/probe/          one attempt of a probe
 *     probe.c connector.c                 the interface; a connection
 *     ownership.c ownership_members.c     whether a listener is the fixture's
 * core/probe/kind/     one file a kind, as jig-ready(7) names them
 *     delay.c exec.c fd.c file.c http.c log.c notify.c tcp.c unix.c
 *     http_parse.c notify_message.c       the text of http:; of a message
 *     kinds.c                             the table of kinds
 * core/ready/          readiness.c probes.c: probes until they succeed
 *     liveness.c                          the same, again and again
 * core/ancestry/       which command has started which
 *     event.c table.c watch.c             events of the kernel, into a table
 * core/shared/         what guard and supervisor share
 *     plan.c                              what to run and how to stop it
 *     signal_rules.c asked.c              --forward and --rewrite; requests
 *     marks.c                             which test a process says it is of
 *     board.c board_share.c wake.c        shared memory, and waking its reader
 *     pulse.h run_clock.h                 deadlines on the board
 *     report.c report_ancestry.c report_json.c report_text.c
 *     remote.c                            what a relay tells the guard
 * event/               notifications, for `jig agent` and --events: event.c
 *     queue.c                             text that waits for its reader
 * core/supervisor/     holds the cage
 *     supervisor.c setup.c                states, loop; all before the loop
 *     starting.c reaping.c stopping.c signalling.c requests.c
 *     clock.c waking.c                    its deadlines; waking the guard
 *     leftovers.c describing.c lineage.c  processes that outlive main
 *     inner.c                             other jigs, around us and in the cage
 * core/guard/          `jig run` itself, or what libjig starts
 *     guard.c setup.c leave.c             states, loop; before and after it
 *     owner.c signals.c board.c tell.c    what it watches, and what it tells
 *     ready.c probes.c                    readiness, output
 *     remote.c                            a fixture on another machine
 *     group.c sleep.c                     job control
 *     overdue.c alone.c children.c        the supervisor is late or dead
 *     clearing.c                          cages that earlier jigs abandoned
 * screen/              what a program has done to its terminal
 *     sequence.c                          parsing control sequences
 *     screen.c modes.c keyboard.c write.c the modes; written out again
 * screen/replay/       the last screenful, for a terminal that attaches
 *     replay.c start.c rows.c filter.c parts.h
 * job/                 jobs as files
 *     store.c store_make.c record.c       directory, numbers, names; the record
 *     addresses.c                         of --listen and --port
 *     spec.c                              jobspecs: %2, %+, %?make
 *     ask.c keeper_pin.c boundary.c       asking a keeper; structs of a host
 * job/keeper/          the guard of a job, and its clients
 *     keeper.c connection.c request.c     the guard; one client; its request
 *     client.c flow.c signal.c parts.h    answers; bytes; signals
 * lib/                 the functions of include/jig.h
 *     fixture.c fixture_argv.c fixture_command.c fixture_program.c
 *     fixture_ready.c fixture_stdio.c     starting a fixture; what it reports
 *     fixture_guard.c fixture_via.c       the guard as one spawn
 *     fixture_mute.c fixture_rouse.c      a guard that does not answer
 *     jobs.c jobs_start.c foreground.c    jobs; our terminal lent to a job
 *     processes.c process_order.c         processes that jig did not start
 * env/                 account.c: users and groups; .env files:
 *     file.c docker.c foreman.c honcho.c json.c dialect.c expand.c
 * tty/                 our own terminal
 *     say.c last_words.c                  messages; those after the end of all
 *     raw_terminal.c relay.c detach_key.c attached to another terminal
 *     full_screen.c charset.c style.c     the whole screen; width, characters
 *     page.c                              help, wrapped
 * view/                the machine's processes: view.c select.c
 *     fixture_of.c printable.c tty_name.c user_names.c
 * view/columns/        of `jig ps`: columns.c cells.c times.c json.c
 * view/tree/           of `jig tree`: tree.c draw.c label.c
 *     build.c fold.c parts.c grow.h       building the tree
 * view/picture/        of `jig tree`: picture.c layout.c svg.c dot.c parts.h
 *                      file_replace.c
 * cli/command/         what every command needs: command.h
 *     options.c usage.c external.c        options; commands that are jig-up's
 *     up.c check.c down.c exec.c export.c import.c reload.c scale.c
 *                                         those of jig-up, declared
 *     up_options.c up_takes.h             their options
 * cli/run/with/        fixtures of --with: with.c start.c end.c line.c
 * agent/wire/          lines.c poller.c: lines of requests; all events
 *     error_name.c                        "ENOENT"
 * via/                 a fixture on another machine: relay.h
 *     order.c address.c                   what the guard orders; its host
 *     relay.c stop.c ending.c             states, loop; stops; the end
 *     transport.c push.c                  the way there; a copy of jig
 *     request.c talk.c report.c           to the agent there, and from it
 *     input.c output.c                    standard input and output
 * cli/run/option/      options of `jig run`: settings.c value.c option.h
 *     stop.c process.c limits.c env.c ready.c live.c sockets.c output.c with.c
 *     init.c                              those of an init
 *     via.c via_start.c                   other machines
 * cli/run/             `jig run`: run.c
 *     options.c fixtures.c                its table of options; those of --with
 *     manager.c events.c                  for a service manager; --events
 * cli/job/begin/       how a command becomes a job
 *     begin.c start.c job.c               fork of its keeper; starting it again
 *     outside.c outside_door.c            jobs that outlive a session
 * cli/job/             one file a command
 *     bg.c fg.c jobs.c logs.c rename.c send.c session.c start.c stop.c wait.c
 * cli/kill/            `jig kill`: kill.c words.c
 *     job.c foreign.c                     jobs; processes of others
 *     targets.c targets_find.c targets_signal.c targets_end.c targets_text.c
 * cli/look/            ready.c ready_options.c ps.c ps_options.c selection.c
 *     tree.c tree_show.c tree_watch.c
 * cli/doctor/          doctor.c machine.c trial.c
 *     here.c json.c                       what jig has here; all as JSON
 * agent/fixture/       its fixtures: served.c served_end.c wait.c
 *     recipe.c recipe_fields.c recipe_sockets.c: what to start
 *     tap.c written.c inlet.c             its output; its input
 *     params.c answer.c                   parameters of a request; its answer
 * agent/               what `jig agent` serves: agent.c request.c
 *     session.c methods.c stream.c look.c tools.c: what can be requested
 * cli/                 main.c help.c agent.c
 *     topic.c                             what `jig help TOPIC` explains
 *     completion.c completion_kinds.c     scripts that complete command lines
 *     completion_bash.c completion_fish.c completion_zsh.c
 *     both_commands.c                     those of jobs and of services
 * up/project/          what is to run: project.c formation.c order.c port.c
 *     machine.c                           where: via
 *     replica.c variables.c               number and variables of an instance
 *     cron.c                              the times of a schedule
 *     given.c                             what a project gives a service
 *     field.c                             each property: written, compared
 * up/yaml/             document.c: a document, within limits
 * up/settings/         defaults.c foreman.c values.c: of other tools; named.c:
 *                      options about single services
 * up/load/             reading it: find.c load.c
 *     environment_commands.c              env_cmds, if they are allowed
 *     nodes.c                             of an allocation of Slurm
 *     ask.c                               what another program prints
 * up/files/            one kind of file: procfile.c
 *     compose.c compose_project.c compose_process.c compose_probe.c
 *     compose_depends.c compose_environment.c compose_log.c compose_stop.c
 *     compose_value.c compose_text.c compose_merge.c compose_error.c
 *     compose_entry.c compose_schedule.c compose_via.c compose_reader.h
 * up/files/expand/     ${NAME%pattern}, {{if .X}}: expand.h
 *     variable.c pattern.c                variables
 *     template.c pipeline.c function.c    templates
 * up/output/           lines of many
 *     output.c lines.c prefix.c json.c write.c parts.h
 *     backlog.c past.c                    the last lines, shown again
 *     events.c                            --events
 *     sink.c writer.c                     stdout, which may block
 *     logs.c log_file.c log_outlet.c log_rotate.c
 * up/engine/           instances of services
 *     instance.c instance_start.c         one, and its start
 *     instance_run.c instance_stop.c      its run, its stop
 *     instance_probe.c                    a daemon that has left no process
 *     instances.c addresses.c             which there are, and where
 *     schedule.c                          which start, stop, start again
 *     timetable.c                         when one runs again
 *     stop.c stop_bound.c                 all stop, within a bound
 *     feed.c attach.c output.c            what an instance writes
 *     around.c background.c               `jig up -- command`; -D
 *     up.h parts.h
 * up/loop/             loop.c: watches and timers on libuv
 * up/reload/           the files of now: fresh.c
 *     decide.c apply.c leave.c reload.h   the plan; what ends and starts
 * up/control/          commands to a running one
 *     control.c answer.c ps.c reload.c    its side
 *     ended.c                             what is kept of one
 *     commands.c select.c await.c         what a client wants, and of which
 *     client.c talk.c path.c lock.c       the client's; the socket
 * up/export/           export.c format.h                 what the formats share
 *     instance.c variables.c place.c listen.c note.c quote.c file.c text.h
 *     probe.c ready.c                     probes, as the words of `jig ready`
 *     script.c                            an instance in a script of sh
 *     up_words.c                          options, as those of `jig up`
 * up/export/format/    one file a format; formats.c: all of them
 *     compose.c runit.c s6.c slurm.c supervisord.c systemd.c systemd_socket.c
 *     kubernetes.c kubernetes_pod.c kubernetes_container.c
 * up/import/           a docker-compose.yml as a jig.yaml: import.h
 *     import.c service.c keys.c           the file, its services, their keys
 *     write.c parts.h
 * up/                  the program jig-up: main.c run.c words.c commands.h
 *     up.c start.c check.c exec.c export.c ps.c logs.c attach.c restart.c
 *     stop.c scale.c down.c import.c      one file a command
 */
#include <errno.h>
#include <stdio.h>
#include <stdio_ext.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"
#include "cli/command/command.h"
#include "cli/command/up_options.h"
#include "cli/job/begin/job.h"
#include "cli/look/tree.h"
#include "core/supervisor/inner.h"
#include "via/relay.h"

const struct command *const commands[] = {
	&command_run,
	&command_up,
	&command_agent,
	&command_start,
	&command_jobs,
	&command_fg,
	&command_bg,
	&command_wait,
	&command_send,
	&command_kill,
	&command_rename,
	&command_session,
	&command_check,
	&command_exec,
	&command_ps,
	&command_tree,
	&command_reload,
	&command_restart,
	&command_stop,
	&command_scale,
	&command_logs,
	&command_attach,
	&command_down,
	&command_ready,
	&command_export,
	&command_import,
	&command_doctor,
	&command_version,
	&command_help,
	&command_completion,
	NULL,
};

static int unknown_command(const char *name)
{
	struct fault fault;
	char more[128];

	if (*command_suggest(name, more, sizeof(more)))
		fault_set(&fault, -EINVAL, "no command '%s'%s", name, more);
	else
		fault_set(&fault, -EINVAL,
			  "no command '%s'; to run a program: jig run -- %s",
			  name, name);
	return complain_usage(NULL, &fault);
}

/* "jig --version" is "jig version". */
static const struct {
	const char *option;
	char *command;
} main_options[] = {
	{ "--help", "help" }, { "-h", "help" }, { "--version", "version" },
	{ "-V", "version" },  { NULL, NULL },
};

static char *command_of_option(char *word)
{
	for (size_t i = 0; main_options[i].option; i++)
		if (strcmp(word, main_options[i].option) == 0)
			return main_options[i].command;
	return word;
}

static const char *main_option_name(size_t index, const void *table)
{
	(void)table;
	return main_options[index].option;
}

static int unknown_option(const char *word)
{
	static const struct text_quotes quotes = { "", "" };
	struct fault fault;
	char more[128];

	if (strcmp(word, "--") == 0)
		fault_set(&fault, -EINVAL,
			  "no command; to run a program: jig run -- COMMAND");
	else if (word[1] == '-' && *text_suggest(word, main_option_name, NULL,
						 &quotes, more, sizeof(more)))
		fault_set(&fault, -EINVAL, "unknown option %s%s", word, more);
	else
		fault_set(&fault, -EINVAL,
			  "unknown option %s; options of a command stand "
			  "after its name",
			  word);
	return complain_usage(NULL, &fault);
}

int main(int argc, char **argv)
{
	const struct command *command;

	inner_drop_name();
	if (argc < 2) {
		/* Of stderr: nothing can be done about an error. */
		(void)command_print_overview(STDERR_FILENO, false);
		return EXIT_JIG;
	}
	if (strcmp(argv[1], VIA_RELAY_WORD) == 0)
		return relay_main();
	argv[1] = command_of_option(argv[1]);
	command = command_find(argv[1]);
	if (!command)
		return argv[1][0] == '-' ? unknown_option(argv[1])
					 : unknown_command(argv[1]);

	int status = command->run(command, argc - 1, argv + 1);

	/* A full disk behind stdout is a failure, not a success. Without output
	 * not even stdout's page is touched. */
	if (((__fpending(stdout) > 0 && fflush(stdout) != 0) ||
	     ferror(stdout)) &&
	    status == 0) {
		complain("cannot write to stdout: %s", strerror(errno));
		return EXIT_JIG;
	}
	return status;
}
