// SPDX-License-Identifier: MIT
#include "cli/run/options.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/text.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"
#include "core/shared/board.h"

static int run_options_take_cage(void *data, const char *value,
				 struct fault *fault)
{
	struct run_settings *settings = data;
	int i = option_word("cage", value, &cage_words, fault);

	if (i >= 0)
		settings->plan.cage = (enum jig_cage)i;
	return i < 0 ? i : 0;
}

static int take_report(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	if (!*value)
		return option_wrong(fault, "report", value, "a file's path");
	settings->report_path = value;
	return 0;
}

static int take_events(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	if (!*value)
		return option_wrong(fault, "events", value,
				    "a descriptor or a file's path");
	settings->events_path = value;
	return 0;
}

static int run_options_take_quiet(void *data, const char *value,
				  struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct run_settings *)data)->quiet = true;
	return 0;
}

static int run_options_take_verbose(void *data, const char *value,
				    struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct run_settings *)data)->verbose = true;
	return 0;
}

static int take_lifeline(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	uint64_t fd;

	if (text_number(value, INT_MAX, &fd) < 0 ||
	    fd_cloexec((int)fd, true) < 0)
		return option_wrong(fault, "lifeline", value,
				    "an open descriptor");
	settings->plan.lifeline = (int)fd;

	int r = board_take_over((int)fd, &settings->plan.board);

	if (r == -ENOTSOCK)
		settings->plan.lifeline =
			-1; /* A user typed it: report it on stderr. */
	return r < 0 ? option_wrong(fault, "lifeline", value,
				    "a socket of this version")
		     : 0;
}

#define KINDS "auto cgroup pidns subreaper pgroup"

const struct option run_options[] = {
	OPTION_GROUP("what to run"),
	{ 0, "chdir", "DIR", NULL, "run the command in this directory",
	  run_take_chdir },
	{ 0, "env", "NAME=VALUE", NULL, "add a variable to its environment",
	  run_take_env },
	{ 0, "env-file", "FILES", NULL,
	  "add the variables in these files (a,b); --env overrides",
	  run_take_env_file },
	{ 0, "env-dialect", "DIALECT", "docker honcho foreman",
	  "format of these files: docker (default), honcho, foreman",
	  run_take_env_dialect },
	{ 0, "clear-env", NULL, NULL, "start from an empty environment",
	  run_take_clear_env },
	{ 0, "user", "USER[:GROUP]", NULL, "run the command as another user",
	  run_take_user },
	{ 0, "umask", "MASK", NULL, "the command's file mode creation mask",
	  run_take_umask },
	{ 0, "nice", "N", NULL, "add this to the nice value", run_take_nice },
	{ 0, "group", "HOW",
	  "auto inherit session pgroup foreground terminal job",
	  "auto (default), inherit, session, pgroup, foreground, terminal, job",
	  run_take_group },
	OPTION_GROUP("cage"),
	{ 0, "cage", "KIND", KINDS,
	  "kind of cage: auto (default), cgroup, pidns, subreaper, pgroup",
	  run_options_take_cage },
	{ 0, "owner", "PID", "parent stdin none",
	  "end when this ends: a pid, parent (default of run), stdin, none",
	  run_take_owner },
	{ 0, "daemon", NULL, NULL,
	  "go on if the main process exits with 0 and leaves others",
	  run_take_daemon },
	{ 0, "ancestry", "SOURCE", "proc connector auto none",
	  "what started leftovers: proc (default), connector, auto, none",
	  run_take_ancestry },
	OPTION_GROUP("stop"),
	{ 0, "timeout", "TIME", NULL, "stop after this time, and exit with 124",
	  run_take_timeout },
	{ 0, "stop-signal", "SIGNAL", "TERM INT HUP QUIT KILL",
	  "the first signal of a stop (default TERM)", run_take_stop_signal },
	{ 0, "grace", "TIME", NULL,
	  "time from this signal to SIGKILL (default 10s)", run_take_grace },
	{ 0, "stop", "POLICY", NULL, "steps of a stop: 'INT 2s TERM 10s KILL'",
	  run_take_stop },
	{ 0, "stop-mode", "MODE", "all main",
	  "which processes get a step's signal: all (default), main",
	  run_take_stop_mode },
	{ 0, "leftovers", "WHAT", "report fail ignore",
	  "leftovers: report (default), fail (exit 122), ignore",
	  run_take_leftovers },
	OPTION_GROUP("init"),
	{ 0, "forward", "SIGNALS", NULL,
	  "the command's, not requests to stop: HUP,QUIT", run_take_forward },
	{ 0, "rewrite", "FROM:TO", NULL,
	  "a signal to jig counts as another one: HUP:QUIT; HUP:0 drops it",
	  run_take_rewrite },
	{ 0, "map-status", "FROM=TO", NULL,
	  "exit with TO if the command's status is FROM: 143=0",
	  run_take_map_status },
	OPTION_GROUP("ready"),
	{ 0, "ready", "PROBE",
	  "tcp: unix: http: log: file: exec: notify fd delay:",
	  "probe of readiness, see jig-ready(7); all must succeed",
	  run_take_ready },
	{ 0, "or", "PROBE", NULL, "an alternative to the --ready before it",
	  run_take_or },
	{ 0, "start-timeout", "TIME", "none",
	  "time limit for becoming ready (default 60s)",
	  run_take_start_timeout },
	{ 0, "interval", "TIME", NULL,
	  "time between two attempts (default: adaptive)", run_take_interval },
	{ 0, "ready-delay", "TIME", NULL, "time before the first attempt",
	  run_take_ready_delay },
	{ 0, "ready-timeout", "TIME", NULL,
	  "time limit of one attempt (default: http 1s, exec 10s)",
	  run_take_ready_timeout },
	{ 0, "ready-successes", "N", NULL,
	  "number of attempts in a row that must succeed (default 1)",
	  run_take_ready_successes },
	OPTION_GROUP("live"),
	{ 0, "live", "PROBE", "tcp: unix: http: exec: file:",
	  "probe of liveness, repeated when ready; all must succeed",
	  run_take_live },
	{ 0, "live-interval", "TIME", NULL,
	  "time between two attempts (default 10s)", run_take_live_interval },
	{ 0, "live-timeout", "TIME", NULL,
	  "time limit of one attempt (default 1s)", run_take_live_timeout },
	{ 0, "live-delay", "TIME", NULL,
	  "time from ready to the first attempt (default 0)",
	  run_take_live_delay },
	{ 0, "live-failures", "N", NULL,
	  "number of failures in a row that stop it (default 3)",
	  run_take_live_failures },
	OPTION_GROUP("sockets"),
	{ 0, "listen", "NAME=ADDR", NULL,
	  "bind a socket that the command inherits: http=127.0.0.1:0",
	  run_take_listen },
	{ 0, "port", "NAME[=PORT]", NULL,
	  "reserve a port: $PORT, $NAME_PORT, $NAME_ADDR, {port:NAME}, {NAME}",
	  run_take_port },
	OPTION_GROUP("elsewhere"),
	{ 0, "via", "COMMAND", NULL,
	  "run it where this leads to: 'ssh host', 'podman exec -i c'",
	  run_take_via },
	{ 0, "via-jig", "PATH", NULL, "jig on that machine (default jig)",
	  run_take_via_jig },
	{ 0, "via-push", NULL, NULL,
	  "copy jig there if it is missing, for this run", run_take_via_push },
	{ 0, "via-address", "HOST", NULL,
	  "the address of that machine, for {NAME} here",
	  run_take_via_address },
	{ 0, "via-timeout", "TIME", NULL,
	  "time limit until jig there answers (default 30s)",
	  run_take_via_timeout },
	{ 0, "via-env", "COUNT", NULL, NULL, run_take_via_env },
	OPTION_GROUP("output"),
	{ 0, "capture", "WHICH", "none out err both",
	  "keep output, show the last lines if it is not ready",
	  run_take_capture },
	{ 0, "ring-size", "SIZE", NULL,
	  "amount of output to keep (default 256k)", run_take_ring_size },
	{ 0, "log", "FILE", NULL, "append its output to a file", run_take_log },
	{ 0, "log-prefix", "TEXT", NULL, "text before each line of the log",
	  run_take_log_prefix },
	{ 0, "log-times", NULL, NULL, "time before each line of the log",
	  run_take_log_times },
	{ 0, "report", "FILE", NULL, "write a JSON report at the end",
	  take_report },
	{ 'q', "quiet", NULL, NULL, "print nothing about leftovers",
	  run_options_take_quiet },
	{ 'v', "verbose", NULL, NULL,
	  "print the kind of cage, and how the command ended",
	  run_options_take_verbose },
	{ 0, "lifeline", "FD", NULL, NULL, take_lifeline },
	{ 0, "groups", "GIDS", NULL, NULL, run_take_groups },
	{ 0, "path", "PATH", NULL, NULL, run_take_path },
	{ 0, "pass-on", NULL, NULL, NULL, run_take_pass_on },
	{ 0, "keep-ignored", "MASK", NULL, NULL, run_take_keep_ignored },
	{ 0 },
};

const struct option run_with_options[] = {
	OPTION_GROUP("fixtures"),
	{ 0, "with", "COMMAND", NULL,
	  "a fixture, ready before the command starts; its options follow",
	  run_take_with },
	{ 0, "name", "NAME", NULL, "name of the fixture of this --with",
	  run_take_name },
	{ 0, "if-dies", "WHAT", "stop ignore",
	  "if a fixture of --with ends: stop (default, exit 125), ignore",
	  run_take_if_dies },
	{ 0, "parallel", NULL, NULL,
	  "start all fixtures of --with at the same time", run_take_parallel },
	{ 0, "log-dir", "DIR", NULL,
	  "log file of each fixture of --with: DIR/NAME.log",
	  run_take_log_dir },
	{ 0, "events", "TO", NULL,
	  "write events as JSON lines to a file or descriptor", take_events },
	{ 0 },
};

const struct option run_limit_options[] = {
	OPTION_GROUP("limits"),
	{ 0, "limit", "NAME=N[:M]", NULL,
	  "a resource limit, soft and hard: nofile=1024", run_take_limit },
	{ 0, "memory", "SIZE", NULL, "memory limit of the whole cage",
	  run_take_memory },
	{ 0, "pids", "N", NULL, "limit of processes and threads in the cage",
	  run_take_pids },
	{ 0, "cpu", "N", NULL, "processor limit of the whole cage: 0.5, 150%",
	  run_take_cpu },
	{ 0 },
};

int run_settings_complete(struct run_settings *settings, struct fault *fault)
{
	struct plan *plan = &settings->plan;
	struct account *account = &settings->account;

	if (!settings->policy_given)
		plan_default_steps(plan);
	else if (settings->stop_signal || settings->grace_us >= 0)
		return fault_set(fault, -EINVAL,
				 "--stop excludes --stop-signal and --grace");
	if (plan->daemon && plan->cage == JIG_CAGE_PGROUP)
		return fault_set(fault, -EINVAL,
				 "--daemon: a pgroup cage does not hold a "
				 "process that goes into the background");
	if (plan->group == JIG_GROUP_INHERIT && plan->cage == JIG_CAGE_PGROUP &&
	    !settings->via.text)
		return fault_set(fault, -EINVAL,
				 "--group inherit: a pgroup cage is a process "
				 "group of its own");
	/* For libjig, the host has chosen: its AUTO is another one. */
	if (plan->group == JIG_GROUP_AUTO && plan->lifeline < 0 &&
	    (plan->cage != JIG_CAGE_PGROUP || settings->via.text))
		plan->group = JIG_GROUP_INHERIT;
	if (settings->stop_signal)
		plan->steps[0].signal = settings->stop_signal;
	if (settings->grace_us >= 0)
		plan->steps[0].wait_us = settings->grace_us;
	if (plan->steps[0].signal == SIGKILL) {
		plan->steps[0].wait_us = PLAN_KILL_US;
		plan->step_count = 1;
	}
	if (plan->set_user)
		plan->user = (struct spawn_user){
			.uid = account->uid,
			.gid = account->gid,
			.groups = account->groups,
			.group_count = account->group_count,
		};
	/* An entrypoint does not get it from a shell that hangs up, but from a
	 * user who wants the server to read its files again. */
	if (getpid() == 1)
		plan->rules.forward |= SYS_SIGNAL(SIGHUP);
	int r = plan->owner == INPUT_OWNER ? input_open(&plan->input, fault)
					   : 0;

	if (r == 0 && !settings->via.text)
		r = run_user_check(settings, fault);
	if (r == 0)
		r = run_ready_check(settings, fault);
	if (r == 0)
		r = run_sockets_check(settings, fault);
	if (r == 0)
		r = run_live_check(settings, fault);
	if (r == 0)
		r = run_env_read(settings, fault);
	return r < 0 ? r : run_via_complete(settings, fault);
}

int run_settings_open(struct run_settings *settings, char **words,
		      struct fault *fault)
{
	int r = run_ready_open(settings, words, fault);

	if (r < 0 || settings->via.text)
		return r < 0 ? r : run_via_open(settings, words, fault);
	if (run_env_make(settings) < 0)
		return fault_set(fault, -ENOMEM, "out of memory");
	run_sockets_env(settings);
	return 0;
}

void run_settings_free(struct run_settings *settings)
{
	run_via_free(settings);
	run_env_free(settings);
	run_live_free(settings);
	run_ready_free(settings);
	run_with_free(settings);
}
