// SPDX-License-Identifier: MIT
#include "cli/command/external.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file/installed.h"
#include "base/file/self.h"

#define PROGRAM "jig-up"

/* Our path for another process: there /proc/self is another process. It is also
 * the file itself, not a link to it. */
static void find_self(char path[PATH_MAX])
{
	if (!realpath(self_program(), path))
		(void)snprintf(path, PATH_MAX, "%s", self_program());
}

/* Errors that only say that the program is elsewhere. */
static bool external_is_elsewhere(int error)
{
	return error == ENOENT || error == ENOTDIR;
}

/* @return  -errno of the last place. */
static int execute(const char *self, char **words)
{
	/* From our own folder: in a build, and where we are installed. */
	static const char *const ways[] = { PROGRAM, JIG_UP_WAY, JIG_UP_PATH };
	char path[PATH_MAX];

	for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
		if (!installed_path(self, ways[i], path, sizeof(path)))
			continue;
		(void)execv(path, words);
		if (!external_is_elsewhere(errno))
			return -errno;
	}
	(void)execvp(PROGRAM, words);
	return -errno;
}

/* jig knows the options, too. */
static bool wants_help(const char *word)
{
	return strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
}

int external_run(const struct command *command, int argc, char **argv)
{
	char self[PATH_MAX];
	char **words = calloc((size_t)argc + 3, sizeof(*words));

	if (!words) {
		complain("out of memory");
		return EXIT_JIG;
	}
	find_self(self);
	words[0] = PROGRAM;
	words[1] = self;
	memcpy(words + 2, argv, (size_t)argc * sizeof(*argv));
	int error = -execute(self, words);

	if (error == ENOENT && argc == 2 && wants_help(argv[1])) {
		free(words);
		return command_print_help(command, OPTIONS_HELP);
	}
	complain("cannot execute " PROGRAM ", which runs 'jig %s': %s%s",
		 command->name, strerror(error),
		 error == ENOENT ? " (is jig installed without it?)" : "");
	free(words);
	return error == ENOENT ? EXIT_NOT_FOUND : EXIT_JIG;
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
