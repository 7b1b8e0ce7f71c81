// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "base/fd.h"
#include "up/control/client.h"
#include "up/words.h"

const struct command command_ps = {
	.name = "ps",
	.usage = "[OPTION…]",
	.summary = "show the services of a running `jig up`",
	.manual = "jig-ps(1)",
	.elsewhere = "here `jig ps` means services; processes: jig ps -a, "
		     "jobs: jig jobs",
	.options = { ps_options },
};

int run_ps(const struct request *request)
{
	const char *const words[] = {
		"ps", request->settings->status_json ? "json" : NULL, NULL
	};

	const struct up_settings *settings = request->settings;

	if (!words_are(request, &command_ps, 0, 0))
		return EXIT_JIG;

	int status = client_ask(settings, words, true);

	if (status == 0 && settings->elsewhere && fd_is_terminal(STDERR_FILENO))
		complain("%s", settings->elsewhere);
	return status;
}
