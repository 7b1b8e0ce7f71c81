// SPDX-License-Identifier: MIT
#include "up/run.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/fd.h"
#include "base/poll.h"
#include "base/sys.h"
#include "core/shared/plan.h"
#include "core/terminal/terminal.h"
#include "proc/dropping.h"
#include "up/control/control.h"
#include "up/engine/background.h"
#include "up/engine/parts.h"
#include "up/engine/schedule.h"
#include "up/project/given.h"
#include "up/reload/reload.h"

/* They are for the services. */
#define PASSED_SIGNALS (SYS_SIGNAL(SIGUSR1) | SYS_SIGNAL(SIGUSR2))

/* How long the end waits for a slow reader of our output. */
#define FLUSH_MS 2000
/* How soon a message to the service manager is sent again. */
#define OWED_US 100000

/* When a terminal is closed, SIGHUP comes twice: from kernel and shell. */
static bool up_run_is_again(struct up *up, int signo)
{
	uint64_t bit = SYS_SIGNAL(signo);
	int64_t now = clock_us();
	bool seen = up->signals_seen & bit;

	if (seen && now - up->signal_us < PLAN_REPEATED_US)
		return false;
	up->signals_seen |= bit;
	up->signal_us = now;
	return seen && signo != SIGHUP;
}

/* A signal from the terminal went to our process group, and so also to the
 * command of `jig up -- command`. We end when that ends. */
static bool is_commands(const struct up *up,
			const struct signalfd_siginfo *info)
{
	return up->around_fixture && !up->stopping && terminal_sent(info);
}

/* As Foreman does. An error: it has ended. */
static void up_run_pass_on(const struct up *up, int signo)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->fixture && instance->was_executed)
			(void)jig_signal(instance->fixture, signo,
					 JIG_TARGET_MAIN);
	}
}

static void signalled(void *context)
{
	struct up *up = context;
	struct signalfd_siginfo info;

	if (read(up->signal_fd, &info, sizeof(info)) != sizeof(info))
		return;
	int signo = (int)info.ssi_signo;

	if (is_commands(up, &info))
		return;
	if (SYS_SIGNAL(signo) & PASSED_SIGNALS) {
		up_run_pass_on(up, signo);
		return;
	}
	bool hurries = up_run_is_again(up, signo);

	if (!up->settings->quiet && (hurries || !up->stopping))
		output_say(up->output, "jig", "%s: %s", strsignal(signo),
			   hurries ? "hurrying" : "stopping all");
	if (hurries)
		up_hurry(up);
	if (!up->stopping)
		up->ended_by = signo;
	up_note_reason(up, "%s", strsignal(signo));
	up_stop(up, 128 + signo);
}

static void owner_died(void *context)
{
	struct up *up = context;

	watch_free(&up->owner);
	up_note_reason(up, "its owner has ended");
	up_stop(up, EXIT_JIG);
}

static void input_found(void *context)
{
	struct up *up = context;
	struct pollfd one = { .fd = up->input.fd,
			      .events = input_events(&up->input) };

	if (poll_fds(&one, 1, 0) == 0)
		return;
	if (!input_go_on(&up->input, one.revents))
		owner_died(up);
	else if (up->input.null < 0)
		watch_set(up->owner, UV_DISCONNECT);
}

/* A queue that is full is tried again. */
static void tell_manager(void *context)
{
	struct up *up = context;

	manager_tell_ready(&up->manager);
	if (up->manager.owes_ready)
		(void)alarm_set(&up->manager_alarm, &up->loop, OWED_US,
				tell_manager, up);
}

/* No instance will become ready any more. */
static void all_ready(struct up *up)
{
	bool failed = up_has_failed(up);

	up->was_ready = true;
	if (failed)
		manager_tell(&up->manager, "STATUS=not all services are ready");
	else
		tell_manager(up);
	if (up->around && failed) {
		output_say(up->output, "jig",
			   "not all services are ready: %s does not run",
			   up->around[0]);
		up_stop(up, EXIT_JIG);
	} else if (up->around) {
		up_around_start(up);
	}
}

/* ---------------------------------------------------------------- the whole */

static int code_of_all(const struct up *up)
{
	for (size_t i = 0; i < up->instances.count; i++) {
		const struct instance *instance = up_instance(up, i);

		if (instance->state == INSTANCE_ENDED && !instance->succeeded)
			return instance->code;
	}
	return 0;
}

static void step(struct up *up)
{
	up->has_changed = false;
	reload_step(up);
	schedule_starts(up);
	schedule_stops(up);
	if (!up->was_ready && !up->stopping && up_is_ready(up))
		all_ready(up);
	background_look(up);
	control_step(up->control, !schedule_is_starting(up));
	up_forget_gone(up);
	up_rouse(up);
	if (schedule_is_over(up) && !(up->around && !up->stopping)) {
		up->is_over = true;
		if (!up->has_status)
			up->status = code_of_all(up);
		up->has_status = true;
	}
	up_write(up);
}

static int up_run_open_input(struct up *up, struct fault *fault)
{
	int r = input_open(&up->input, fault);
	int events = UV_DISCONNECT | (up->input.null < 0 ? 0 : UV_READABLE);

	if (r < 0)
		return r;
	up->owner = watch_new(&up->loop, up->input.fd, events, input_found, up);
	return up->owner ? 0 : -ENOMEM;
}

static int open_owner(struct up *up, struct fault *fault)
{
	pid_t owner = up->settings->owner;

	up->owner_fd = -1;
	/* In the background our parent is the `jig up -D` that returns. */
	if (owner == JIG_OWNER_NONE || (owner == 0 && up->settings->detached))
		return 0;
	if (owner == INPUT_OWNER)
		return up_run_open_input(up, fault);
	owner = owner > 0 ? owner : getppid();
	if (owner <= 0)
		return 0;
	up->owner_fd = sys_pidfd_open(owner);
	if (up->owner_fd == -ESRCH)
		return fault_set(fault, -ESRCH,
				 "the owner, pid %d, is not alive", owner);
	if (up->owner_fd >= 0)
		up->owner = watch_new(&up->loop, up->owner_fd, UV_READABLE,
				      owner_died, up);
	return up->owner_fd >= 0 && !up->owner ? -ENOMEM : 0;
}

/* Without the signals that we inherited as ignored (nohup): if they were
 * blocked, the signalfd would still return them. */
static uint64_t stop_signals(void)
{
	uint64_t mask = SYS_STOP_SIGNALS | PASSED_SIGNALS;

	for (int signo = 1; signo <= SYS_RTMAX; signo++)
		if ((mask & SYS_SIGNAL(signo)) && sys_signal_is_ignored(signo))
			mask &= ~SYS_SIGNAL(signo);
	return mask;
}

static int up_run_open_signals(struct up *up, struct fault *fault)
{
	uint64_t mask = stop_signals();

	(void)sys_signal_mask(mask);
	up->signal_fd = sys_signalfd(mask);
	if (up->signal_fd < 0)
		return fault_set(fault, up->signal_fd,
				 "cannot watch signals: %s",
				 strerror(-up->signal_fd));
	up->signals =
		watch_new(&up->loop, up->signal_fd, UV_READABLE, signalled, up);
	return up->signals ? 0 : -ENOMEM;
}

/* In the foreground it also runs without its socket. In the background nothing
 * but its pid would identify it. */
static int open_control(struct up *up, struct fault *fault)
{
	int r = control_open(up, &up->control, fault);

	if (r == 0 || r == -EEXIST || up->settings->detached)
		return r;
	output_say(up->output, "jig",
		   "%s; commands such as jig ps will not find this run",
		   fault->text);
	return 0;
}

/* What it says to us is not for the services. */
static void up_run_open_manager(struct up *up)
{
	struct fault fault;

	if (!up->settings->detached && manager_open(&up->manager, &fault) < 0)
		output_say(up->output, "jig",
			   "cannot tell the service manager that all are "
			   "ready: %s",
			   fault.text);
	for (const char *const *p = manager_variables; *p; p++)
		(void)unsetenv(*p); /* A valid name. */
}

static int up_run_open_all(struct up *up, const struct output_settings *output,
			   struct fault *fault)
{
	int r = output_open(output, &up->output, fault);

	if (r < 0)
		return r;
	/* The reader may end, and a log file may reach its size limit. */
	(void)signal(SIGPIPE, SIG_IGN);
	(void)signal(SIGXFSZ, SIG_IGN);
	up_run_open_manager(up);
	r = up_run_open_signals(up, fault);
	if (r == 0)
		r = open_owner(up, fault);
	if (r == 0)
		r = background_open(up);
	if (r == 0)
		r = up_append_all(up);
	return r == 0 ? open_control(up, fault) : r;
}

static void up_run_close_all(struct up *up)
{
	int64_t until_us = clock_in_us(clock_ms_us(FLUSH_MS));

	/* When a client learns of our end, the log files are complete. */
	if (up->output)
		output_drain(up->output, FLUSH_MS);
	control_close(up->control);
	for (size_t i = 0; i < up->instances.count; i++)
		instance_free(up_instance(up, i));
	list_free(&up->instances);
	watch_free(&up->signals);
	watch_free(&up->owner);
	background_close(up);
	alarm_free(&up->output_alarm);
	alarm_free(&up->start_alarm);
	alarm_free(&up->down_alarm);
	alarm_free(&up->rouse_alarm);
	alarm_free(&up->manager_alarm);
	up_unwatch(up);
	output_close(up->output, clock_poll_ms(until_us));
	/* libuv closes in this round what was freed above. */
	(void)uv_run(&up->loop, UV_RUN_DEFAULT);
	(void)uv_loop_close(&up->loop);
	cleanup_close(&up->signal_fd);
	cleanup_close(&up->owner_fd);
	input_close(&up->input);
	cleanup_close(&up->manager.fd);
}

/* Close inherited files that we do not need: our children would close their
 * copies, which could block. The command of `jig up -- command` needs them. */
static void let_files_go(struct up *up)
{
	if (up->around)
		return;
	output_let_go(up->output);
	if (!up->settings->stdin_of)
		drop_file(STDIN_FILENO);
}

static void run_loop(struct up *up)
{
	let_files_go(up);
	up_say_ports(up);
	step(up);
	while (!up->is_over) {
		/* A change may allow further steps, without an event. */
		(void)uv_run(&up->loop,
			     up->has_changed ? UV_RUN_NOWAIT : UV_RUN_ONCE);
		step(up);
	}
	up_say_report(up);
}

/* Descriptors that libuv and we open before the first service starts. */
#define OWN_FDS 16

/* libuv calls abort() if it cannot create its signal pipe. So check before that
 * there are enough descriptors. */
static int check_descriptors(struct fault *fault)
{
	int fds[OWN_FDS], count = 0, error = 0;

	while (count < OWN_FDS) {
		fds[count] = fd_dup_above(STDERR_FILENO, 3);
		if (fds[count] < 0) {
			error = fds[count];
			break;
		}
		count++;
	}
	while (count > 0)
		(void)close(fds[--count]);
	return error == 0 ? 0
			  : fault_set(fault, error,
				      "jig up needs %d descriptors, and cannot "
				      "open them: %s (see ulimit -n)",
				      OWN_FDS, strerror(-error));
}

static int open_loop(uv_loop_t *loop, struct fault *fault)
{
	int r = check_descriptors(fault);

	if (r < 0)
		return r;
	r = uv_loop_init(loop);
	return r < 0 ? fault_set(fault, r, "cannot create an event loop: %s",
				 uv_strerror(r))
		     : 0;
}

int up_run(const struct up_settings *settings, struct project *project,
	   const char *jig, char **around, struct background *background,
	   int *ret_signal, struct fault *fault)
{
	struct up up = {
		.settings = settings,
		.project = project,
		.jig = jig,
		.grace = { .signal = SIGTERM, .wait_us = settings->grace_us },
		.around = around,
		.background = background,
		.signal_fd = -1,
		.owner_fd = -1,
		.input = INPUT_NONE,
		.manager = MANAGER_NONE,
	};
	struct output_settings output = up_choose_output(&up);
	int r = project_settle(project, settings->port, fault);

	if (r < 0)
		return r;
	r = open_loop(&up.loop, fault);
	if (r < 0)
		return r;
	r = up_run_open_all(&up, &output, fault);
	if (r == 0)
		run_loop(&up);
	up_run_close_all(&up);
	reload_close(&up, project);
	if (ret_signal && up.status == 128 + up.ended_by)
		*ret_signal = up.ended_by;
	return r < 0 ? r : up.status;
}
