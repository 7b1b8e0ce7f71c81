// SPDX-License-Identifier: MIT
#include "up/words.h"

const struct command command_attach = {
	.name = "attach",
	.usage = "[OPTION…] NAME",
	.summary = "connect this terminal to a service's terminal",
	.manual = "jig-attach(1)",
	.elsewhere = "a job: jig attach %N",
	.options = { attach_options },
};

int run_attach(const struct request *request)
{
	return words_are(request, &command_attach, 1, 1)
		       ? words_ask(request, "attach", false)
		       : EXIT_JIG;
}
