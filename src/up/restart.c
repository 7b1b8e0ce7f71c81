// SPDX-License-Identifier: MIT
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
