// SPDX-License-Identifier: MIT
#include "cli/command/external.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file/self.h"

#define PROGRAM "jig-up"

/* Our path for another process: there /proc/self is another process. */
static void find_self(char *path, size_t size)
{
	ssize_t length = readlink(self_program(), path, size - 1);

	if (length > 0)
		path[length] = '\0';
	else
		(void)snprintf(path, size, "%s", self_program());
}

static void find_beside(const char *self, char *path, size_t size)
{
	const char *slash = strrchr(self, '/');

	(void)snprintf(path, size, "%.*s" PROGRAM,
		       slash ? (int)(slash - self + 1) : 0, self);
}

/* jig knows the options, too. */
static bool wants_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int external_run(const struct command *command, int argc, char **argv)
{
	char self[PATH_MAX], path[PATH_MAX];
	char **words = calloc((size_t)argc + 3, sizeof(*words));

	if (!words) {
		complain("out of memory");
		return EXIT_JIG;
	}
	find_self(self, sizeof(self));
	find_beside(self, path, sizeof(path));
	words[0] = PROGRAM;
	words[1] = self;
	memcpy(words + 2, argv, (size_t)argc * sizeof(*argv));
	(void)execv(path, words);
	if (errno == ENOENT)
		(void)execv(JIG_LIBEXEC_DIR "/" PROGRAM, words);
	if (errno == ENOENT)
		(void)execvp(PROGRAM, words);
	if (errno == ENOENT && argc == 2 && wants_help(argv[1])) {
		free(words);
		return command_print_help(command, OPTIONS_HELP);
	}
	complain("cannot execute " PROGRAM ", which runs 'jig %s': %s%s",
		 command->name, strerror(errno),
		 errno == ENOENT ? " (is jig installed without it?)" : "");
	free(words);
	return errno == ENOENT ? EXIT_NOT_FOUND : EXIT_JIG;
}

bool external_has_project(void)
{
	static const char *const files[] = {
		"Procfile",
		"jig.yaml",
		"jig.yml",
		"process-compose.yaml",
		"process-compose.yml",
	};

	for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
		if (access(files[i], F_OK) == 0)
			return true;
	return false;
}
