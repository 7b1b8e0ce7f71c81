// SPDX-License-Identifier: MIT
#include "up/words.h"

const struct command command_stop = {
	.name = "stop",
	.usage = "[OPTION…] [NAME…]",
	.summary = "stop services",
	.manual = "jig-stop(1)",
	.elsewhere = "a job: jig stop %N",
	.options = { select_options },
};

int run_stop(const struct request *request)
{
	return words_are(request, &command_stop, 0, 1000)
		       ? words_ask(request, "stop", request->count == 0)
		       : EXIT_JIG;
}
