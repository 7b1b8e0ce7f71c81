// SPDX-License-Identifier: MIT
#include "up/control/client.h"

#include <errno.h>
#include <signal.h>
#include <string.h>

#include "base/cleanup.h"
#include "up/control/control.h"
#include "up/control/ended.h"
#include "up/control/talk.h"
#include "up/load/load.h"

/* @return 0; -ENOENT with the reason: there is none, but the project of a pipe
 * (-f <(…)) may run here; -errno, after a message. */
static int find_file(const struct up_settings *settings,
		     struct project *project, struct fault *fault)
{
	CLEANUP(list_free) struct list files = { 0 };
	int r = load_find(settings, project, &files, fault);

	if (r < 0 && (r != -ENOENT || settings->files.count > 0))
		up_complain(settings, fault);
	return r;
}

static bool client_is_absent(int error)
{
	return error == -ENOENT || error == -ECONNREFUSED;
}

/*
 * List the sockets of a project's file.
 * @return  their number; -errno: none, but one may exist that cannot be
 * reached.
 */
static int find_all(const char *file, char paths[][CONTROL_PATH])
{
	int count = 0, error = 0;

	for (unsigned i = 1; i <= CONTROL_MAX; i++) {
		int r = control_path(file, i, paths[count], CONTROL_PATH);

		if (r < 0)
			return count > 0 || client_is_absent(r) ? count : r;
		CLEANUP_CLOSE int fd = talk_connect(paths[count]);
		count += fd >= 0;
		if (fd < 0 && !client_is_absent(fd))
			error = fd;
	}
	return count > 0 ? count : error;
}

/* @return the status of the first that failed or had the names; -ESRCH: there
 * is none; or -errno. */
static int ask_each(const struct up_settings *settings, const char *file,
		    const char *const *words, bool all)
{
	char paths[CONTROL_MAX][CONTROL_PATH];
	int count = find_all(file, paths), status = -ESRCH;

	if (count < 0)
		return count;
	for (int i = 0; i < count; i++) {
		int one = talk_ask(settings, paths[i], words, i + 1 == count);

		if (!all && one != CONTROL_NOT_MINE)
			return one;
		status = status > 0 ? status : one;
	}
	return status == CONTROL_NOT_MINE ? 1 : status;
}

int client_ask(const struct up_settings *settings, const char *const *words,
	       bool all)
{
	static const char *const wait[] = { "wait", NULL };
	CLEANUP(project_free) struct project project = { 0 };
	struct fault fault = { "out of memory" };
	int ready = 0, status, found = find_file(settings, &project, &fault);

	if (found < 0 && (found != -ENOENT || settings->files.count > 0))
		return 1;
	(void)signal(SIGPIPE, SIG_DFL);
	if (settings->waits)
		ready = ask_each(settings, project.file, wait, true);
	status = ask_each(settings, project.file, words, all);
	if (status == -ESRCH) {
		int kept = ended_answer(settings, project.file, words);

		status = kept >= 0 ? kept : status;
	}
	if (status >= 0)
		return ready == 0 ? status : ready > 0 ? ready : 1;
	if (status == -ESRCH && found == 0)
		fault_set(&fault, status, "no `jig up` of %s is running",
			  project.file);
	else if (status != -ESRCH)
		fault_set(&fault, status, "cannot ask the `jig up` of %s: %s",
			  project.file, strerror(-status));
	up_complain(settings, &fault);
	return 1;
}
