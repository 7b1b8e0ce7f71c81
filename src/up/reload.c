// SPDX-License-Identifier: MIT
#include "up/control/client.h"
#include "up/words.h"

int reload_ask(const struct up_settings *settings)
{
	const char *const words[] = { "reload", settings->dry_run ? "dry" : "",
				      settings->status_json ? "json" : "",
				      NULL };

	return client_ask(settings, words, true);
}

int run_reload(const struct request *request)
{
	return words_are(request, &command_reload, 0, 0)
		       ? reload_ask(request->settings)
		       : EXIT_JIG;
}
