// SPDX-License-Identifier: MIT
#include "up/export/up_words.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "up/export/text.h"

static int add_up_word(struct list *words, const char *option,
		       const char *value)
{
	char *text;

	if (!value)
		return 0;
	return asprintf(&text, "%s=%s", option, value) < 0
		       ? -ENOMEM
		       : list_take_text(words, text);
}

/* The same file in --workdir, to which the engine changes. */
static const char *moved_file(const struct up_settings *settings,
			      const struct project *project, const char *path)
{
	size_t length = strlen(project->directory);

	if (settings->workdir &&
	    strncmp(path, project->directory, length) == 0 &&
	    path[length] == '/')
		return path + length + 1;
	return path;
}

static int add_files(const struct up_settings *settings,
		     const struct project *project, struct list *words)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->files.count; i++) {
		CLEANUP_FREE char *real =
			realpath(*(char **)list_at(&settings->files, i,
						   sizeof(char *)),
				 NULL);

		r = real ? add_up_word(words, "--file",
				       moved_file(settings, project, real))
			 : -errno;
	}
	return r < 0 ? r
		     : add_up_word(words, "--directory",
				   settings->workdir ? settings->workdir
						     : project->directory);
}

static int add_formations(const struct up_settings *settings,
			  struct list *words)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->formations.count; i++) {
		const struct up_formation *one =
			list_at(&settings->formations, i, sizeof(*one));

		r = add_up_word(words,
				one->exclusive ? "--formation"
					       : "--concurrency",
				one->text);
	}
	for (size_t i = 0; r == 0 && i < settings->left_out.count; i++)
		r = add_up_word(words, "--exclude",
				*(char **)list_at(&settings->left_out, i,
						  sizeof(char *)));
	return r;
}

int up_export_words(const struct up_settings *settings,
		    const struct project *project, struct list *words)
{
	static const char *const dialects[] = {
		[ENV_DOCKER] = NULL,
		[ENV_HONCHO] = "honcho",
		[ENV_FOREMAN] = "foreman",
	};
	static const char *const restarts[] = {
		[UP_RESTART_FILE] = NULL,
		[UP_RESTART_NO] = "no",
		[UP_RESTART_ON_FAILURE] = "on-failure",
		[UP_RESTART_ALWAYS] = "always",
	};
	char timeout[EXPORT_TIME_SIZE];
	int r = add_files(settings, project, words);

	if (r == 0)
		r = add_up_word(words, "--env", settings->env_files);
	if (r == 0)
		r = add_up_word(words, "--env-dialect",
				dialects[settings->dialect]);
	if (r == 0)
		r = add_formations(settings, words);
	if (r == 0)
		r = add_up_word(words, "--port", settings->port);
	if (r == 0 && settings->grace_us >= 0)
		r = add_up_word(words, "--timeout",
				export_time(settings->grace_us, timeout));
	return r < 0 ? r
		     : add_up_word(words, "--restart",
				   restarts[settings->restart]);
}
