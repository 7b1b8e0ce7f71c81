// SPDX-License-Identifier: MIT
#include "up/words.h"

#include <stdlib.h>

#include "up/control/client.h"

int words_ask(const struct request *request, const char *name, bool all)
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

bool words_are(const struct request *request, const struct command *command,
	       int least, int most)
{
	struct fault fault;

	if (request->count >= least && request->count <= most)
		return true;
	fault_set(&fault, 0, "usage: jig %s %s (see: jig help %s)",
		  command->name, command->usage, command->name);
	up_complain(request->settings, &fault);
	return false;
}
