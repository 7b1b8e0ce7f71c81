// SPDX-License-Identifier: MIT
/* `jig restart` and `jig reload`: both apply the files of now. */
#include "up/control/client.h"
#include "up/words.h"

const struct command command_restart = {
	.name = "restart",
	.usage = "[OPTION…] [NAME…]",
	.summary = "stop services and start them again",
	.manual = "jig-restart(1)",
	.elsewhere = "a job: jig restart %N",
	.options = { select_options },
};

int run_restart(const struct request *request)
{
	return words_are(request, &command_restart, 0, 1000)
		       ? words_ask(request, "restart", request->count == 0)
		       : EXIT_JIG;
}

int reload_ask(const struct up_settings *settings, bool all)
{
	const char *const words[] = { "reload", settings->dry_run ? "dry" : "",
				      settings->status_json ? "json" : "",
				      all ? "all" : "", NULL };

	return client_ask(settings, words, true);
}

int run_reload(const struct request *request)
{
	return words_are(request, &command_reload, 0, 0)
		       ? reload_ask(request->settings, false)
		       : EXIT_JIG;
}
