// SPDX-License-Identifier: MIT
/* What the words of a transport say about the machine that they lead to. */
#include <string.h>

#include "via/order.h"

/* The options of ssh(1) that have an argument. */
static const char ssh_arguments[] = "BbcDEeFIiJLlmOoPpQRSWw";

bool via_is_ssh(const struct list *words)
{
	const char *path = *(char **)words->items;
	const char *slash = strrchr(path, '/');

	return strcmp(slash ? slash + 1 : path, "ssh") == 0;
}

/* "user@host", "ssh://user@host:22" */
static const char *ssh_host(char *word)
{
	char *at, *end;

	if (strncmp(word, "ssh://", 6) == 0) {
		word += 6;
		end = word + strcspn(word, "/");
		*end = '\0';
		end = strrchr(word, ':');
		if (end && !strchr(end, ']'))
			*end = '\0';
	}
	at = strrchr(word, '@');
	return at ? at + 1 : word;
}

const char *via_host(const struct list *words)
{
	if (!via_is_ssh(words))
		return NULL;
	for (size_t i = 1; i < words->count; i++) {
		char *word = *(char **)list_at(words, i, sizeof(char *));

		if (word[0] != '-')
			return ssh_host(word);
		/* "-p 22", "-vp 22"; "-p22" is one word. */
		size_t flags = strcspn(word + 1, ssh_arguments) + 1;

		if (word[flags] && !word[flags + 1])
			i++;
	}
	return NULL;
}
