// SPDX-License-Identifier: MIT
#include "up/words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "up/control/client.h"
#include "up/control/control.h"

/* "=NAME" for each -n NAME; owned. */
static int add_namespaces(const struct up_settings *settings,
			  const char **words, struct list *texts)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->namespaces.count; i++) {
		char *text;

		if (asprintf(&text, "%c%s", SELECT_NAMESPACE,
			     *(const char **)list_at(&settings->namespaces, i,
						     sizeof(char *))) < 0)
			return -ENOMEM;
		r = list_take_text(texts, text);
		if (r == 0)
			words[i] = text;
	}
	return r;
}

int words_ask(const struct request *request, const char *name, bool all)
{
	size_t count = (size_t)request->count;
	const char **words =
		calloc(count + request->settings->namespaces.count + 2,
		       sizeof(*words));
	struct list texts = { 0 };
	int status = EXIT_JIG;

	if (words) {
		words[0] = name;
		for (size_t i = 0; i < count; i++)
			words[i + 1] = request->words[i];
		if (add_namespaces(request->settings, words + count + 1,
				   &texts) == 0)
			status = client_ask(request->settings, words, all);
	}
	list_free_texts(&texts);
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
