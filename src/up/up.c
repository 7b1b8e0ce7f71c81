// SPDX-License-Identifier: MIT
/* `jig up`, in the foreground or with -D in the background. */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/input.h"
#include "base/sys.h"
#include "cage/scope.h"
#include "event/queue.h"
#include "proc/dropping.h"
#include "proc/procfs.h"
#include "up/commands.h"
#include "up/engine/background.h"
#include "up/load/environment_commands.h"
#include "up/load/load.h"
#include "up/load/nodes.h"
#include "up/run.h"

int failed(const struct fault *fault)
{
	complain("%s", fault->text);
	return 1;
}

static int run_project(const struct request *request, struct project *project)
{
	struct fault fault = { "out of memory" };
	int signo = 0;
	int r = up_run(request->settings, project, request->jig,
		       request->around, NULL, &signo, &fault);

	complain_at_leisure(); /* The stop signals are blocked. */
	r = r < 0 ? failed(&fault) : r;
	/* exit(3) would also close them, and could block. */
	drop_inherited_files(STDERR_FILENO, NULL, 0);
	/* End by the signal: then a shell's loop and make(1) stop after Ctrl-C.
	 */
	if (signo)
		sys_die_of(signo);
	return r;
}

static void up_outlive_logout(void)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	struct fault fault;

	if (procfd >= 0 && scope_outlive_session(procfd, &fault) < 0)
		complain("logind will end this jig up when you log out "
			 "(KillUserProcesses=yes): %s",
			 fault.text);
}

/* A process may wait for end of file of a pipe that we inherited. But an owner
 * that is at the other end of our standard input is still to be watched. */
static void drop_streams(int pipe, bool keep_input)
{
	CLEANUP_CLOSE int input =
		keep_input ? fd_dup_above(STDIN_FILENO, 3) : -1;
	int kept[] = { pipe, input };

	drop_inherited_files(STDERR_FILENO, kept, sizeof(kept) / sizeof(*kept));
	if (input >= 0)
		(void)dup2(input, STDIN_FILENO);
}

/* In the background: without a terminal and inherited streams. */
static int run_behind(const struct request *request, struct project *project,
		      int pipe)
{
	struct background background = { .fd = pipe };
	struct fault fault = { "out of memory" };
	int r;

	(void)setsid();
	up_outlive_logout();
	drop_streams(pipe, request->settings->owner == INPUT_OWNER);
	r = up_run(request->settings, project, request->jig, NULL, &background,
		   NULL, &fault);

	background_over(&background, r, &fault);
	return r < 0 ? 1 : r;
}

/* It runs already, with the options of then. */
static int apply_changes(const struct request *request,
			 const struct project *project)
{
	/* Relative paths of the command line begin where it was called. */
	if (request->settings->here && chdir(request->settings->here) < 0) {
		complain("cannot enter %s: %s", request->settings->here,
			 strerror(errno));
		return EXIT_JIG;
	}
	say_line("`jig up` of %s runs already, and keeps its options; changes "
		 "of its files:",
		 project->file);
	(void)fflush(stdout); /* main() sees an error. */
	return reload_ask(request->settings, true);
}

static int run_detached(const struct request *request, struct project *project)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC) < 0) {
		complain("cannot create a pipe: %s", strerror(errno));
		return EXIT_JIG;
	}
	pid_t pid = fork();

	if (pid == 0) {
		close(ends[0]);
		_exit(run_behind(request, project, ends[1]));
	}
	close(ends[1]);
	if (pid < 0)
		complain("cannot fork: %s", strerror(errno));
	int status = pid < 0 ? EXIT_JIG : background_await(ends[0], pid);

	close(ends[0]);
	return status == -EEXIST ? apply_changes(request, project) : status;
}

/* Before any service starts: report a directory that cannot be written. */
static int up_up_make_log_dir(const char *path, struct fault *fault)
{
	if (!path || mkdir(path, 0777) == 0)
		return 0;
	if (errno == EEXIST && access(path, W_OK | X_OK) == 0)
		return 0;
	return fault_set(fault, -errno, "cannot write to %s: %s", path,
			 strerror(errno));
}

/* Guards inherit our directory. Relative paths of a project (probes, sockets)
 * begin at the project's directory, so change to it. Relative paths of the
 * command line begin at the caller's directory. */
static int enter_directory(struct up_settings *settings,
			   struct project *project, struct fault *fault)
{
	char here[PATH_MAX];

	if (!getcwd(here, sizeof(here)) ||
	    strcmp(here, project->directory) == 0)
		return 0;
	settings->here = project_copy(project, here);
	if (settings->log_dir && *settings->log_dir != '/')
		settings->log_dir = project_print(project, "%s/%s", here,
						  settings->log_dir);
	if (settings->events && *settings->events != '/' &&
	    !queue_is_descriptor(settings->events))
		settings->events =
			project_print(project, "%s/%s", here, settings->events);
	if (!settings->here)
		return -ENOMEM;
	return chdir(project->directory) < 0
		       ? fault_set(fault, -errno, "cannot enter %s: %s",
				   project->directory, strerror(errno))
		       : 0;
}

int run_up(const struct request *request)
{
	struct up_settings *settings = request->settings;
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault = { "out of memory" };

	settings->words = (const char *const *)request->words;

	int r = load_project(request->settings,
			     (const char *const *)request->words, &project,
			     &fault);

	if (r == 0)
		r = nodes_find(request->jig, &project, &fault);
	if (r == 0)
		r = environment_commands_run(request->settings, request->jig,
					     &project, &fault);
	if (r < 0) {
		up_complain(request->settings, &fault);
		return 1;
	}
	r = up_up_make_log_dir(request->settings->log_dir, &fault);
	if (r == 0)
		r = enter_directory(request->settings, &project, &fault);
	if (r < 0)
		return failed(&fault);
	if (request->around && !request->around[0]) {
		complain("no command after --");
		return EXIT_JIG;
	}
	if (settings->default_detach && !request->around && !settings->stdin_of)
		settings->detached = true;
	if (settings->stdin_of && (request->around || settings->detached ||
				   settings->owner == INPUT_OWNER)) {
		complain("--stdin: the standard input is for %s",
			 request->around      ? "the command after --"
			 : settings->detached ? "no service with -D"
					      : "--owner stdin");
		return EXIT_JIG;
	}
	if (settings->events && settings->detached &&
	    queue_is_descriptor(settings->events)) {
		complain("--events: -D keeps no descriptor: name a file");
		return EXIT_JIG;
	}
	if (request->around && request->settings->detached) {
		complain("-D cannot be used with a command after --, whose end "
			 "stops all");
		return EXIT_JIG;
	}
	return request->settings->detached ? run_detached(request, &project)
					   : run_project(request, &project);
}
