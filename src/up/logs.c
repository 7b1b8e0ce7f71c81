// SPDX-License-Identifier: MIT
#include <stdio.h>

#include "up/control/client.h"
#include "up/words.h"

const struct command command_logs = {
	.name = "logs",
	.usage = "[OPTION…] [NAME]",
	.summary = "show the output of services",
	.manual = "jig-logs(1)",
	.elsewhere = "a job: jig logs %N",
	.options = { logs_options },
};

int run_logs(const struct request *request)
{
	char lines[16];
	const char *const words[] = { "logs", lines,
				      request->settings->follow ? "follow" : "",
				      request->count ? request->words[0] : "",
				      NULL };

	(void)snprintf(lines, sizeof(lines), "%u", request->settings->lines);
	return words_are(request, &command_logs, 0, 1)
		       ? client_ask(request->settings, words,
				    request->count == 0)
		       : EXIT_JIG;
}
