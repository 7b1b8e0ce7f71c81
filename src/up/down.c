// SPDX-License-Identifier: MIT
#include <inttypes.h>
#include <stdio.h>

#include "up/control/client.h"
#include "up/words.h"

/* "down", and the time in microseconds; "": by the stop policies. */
int run_down(const struct request *request)
{
	char us[24] = "";
	const char *const words[] = { "down", us, NULL };

	if (request->settings->grace_us >= 0)
		(void)snprintf(us, sizeof(us), "%" PRId64,
			       request->settings->grace_us);
	return words_are(request, &command_down, 0, 0)
		       ? client_ask(request->settings, words, true)
		       : EXIT_JIG;
}
