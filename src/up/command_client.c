// SPDX-License-Identifier: MIT
/* The commands to a running `jig up`, as words for it. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "up/commands.h"
#include "up/control/client.h"

/* The command's name, then the words that it was given. */
static int ask(const struct request *request, const char *name, bool all)
{
	const char **words = calloc((size_t)request->count + 2, sizeof(*words));
	int status = EXIT_JIG;

	if (words) {
		words[0] = name;
		for (int i = 0; i < request->count; i++)
			words[i + 1] = request->words[i];
		status = client_ask(request->settings, words, all);
	}
	free(words);
	return status;
}

static bool has_words(const struct request *request,
		      const struct command *command, int least, int most)
{
	struct fault fault;

	if (request->count >= least && request->count <= most)
		return true;
	fault_set(&fault, 0, "usage: jig %s %s", command->name, command->usage);
	(void)complain_usage(command, &fault);
	return false;
}

int run_ps(const struct request *request)
{
	const char *const words[] = {
		"ps", request->settings->status_json ? "json" : NULL, NULL
	};

	return has_words(request, &command_ps, 0, 0)
		       ? client_ask(request->settings, words, true)
		       : EXIT_JIG;
}

int run_restart(const struct request *request)
{
	return has_words(request, &command_restart, 1, 1000)
		       ? ask(request, "restart", false)
		       : EXIT_JIG;
}

int run_stop(const struct request *request)
{
	return has_words(request, &command_stop, 1, 1000)
		       ? ask(request, "stop", false)
		       : EXIT_JIG;
}

int run_scale(const struct request *request)
{
	return has_words(request, &command_scale, 1, 1000)
		       ? ask(request, "scale", false)
		       : EXIT_JIG;
}

int run_logs(const struct request *request)
{
	char lines[16];
	const char *const words[] = { "logs", lines,
				      request->settings->follow ? "follow" : "",
				      request->count ? request->words[0] : "",
				      NULL };

	(void)snprintf(lines, sizeof(lines), "%u", request->settings->lines);
	return has_words(request, &command_logs, 0, 1)
		       ? client_ask(request->settings, words,
				    request->count == 0)
		       : EXIT_JIG;
}

int run_attach(const struct request *request)
{
	return has_words(request, &command_attach, 1, 1)
		       ? ask(request, "attach", false)
		       : EXIT_JIG;
}

/* "down", and the time in microseconds; "": as long as the policies say. */
int run_down(const struct request *request)
{
	char us[24] = "";
	const char *const words[] = { "down", us, NULL };

	if (request->settings->grace_us >= 0)
		(void)snprintf(us, sizeof(us), "%" PRId64,
			       request->settings->grace_us);
	return has_words(request, &command_down, 0, 0)
		       ? client_ask(request->settings, words, true)
		       : EXIT_JIG;
}
