// SPDX-License-Identifier: MIT
#include "up/control/client.h"
#include "up/words.h"

const struct command command_ps = {
	.name = "ps",
	.usage = "[OPTION…]",
	.summary = "show the services of a running `jig up`",
	.manual = "jig-ps(1)",
	.options = ps_options,
};

int run_ps(const struct request *request)
{
	const char *const words[] = {
		"ps", request->settings->status_json ? "json" : NULL, NULL
	};

	return words_are(request, &command_ps, 0, 0)
		       ? client_ask(request->settings, words, true)
		       : EXIT_JIG;
}
