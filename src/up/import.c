// SPDX-License-Identifier: MIT
/* `jig import compose [FILE]`: a docker-compose.yml as a jig.yaml. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/retry.h"
#include "up/commands.h"
#include "up/import/import.h"

static const char *import_find(void)
{
	static const char *const names[] = {
		"compose.yaml",
		"compose.yml",
		"docker-compose.yaml",
		"docker-compose.yml",
	};

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (access(names[i], F_OK) == 0)
			return names[i];
	return "docker-compose.yml";
}

/* A file that exists may have been edited: it is not overwritten. */
static int import_write(const char *path, const struct buffer *yaml,
			struct fault *fault)
{
	CLEANUP_CLOSE int fd = RETRY(
		open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
	int r = fd < 0 ? -errno : fd_write_all(fd, yaml->text, yaml->used);

	return r < 0 ? fault_set(fault, r, "cannot write %s: %s", path,
				 strerror(-r))
		     : 0;
}

int run_import(const struct request *request)
{
	CLEANUP(buffer_free) struct buffer yaml = { 0 };
	const char *path = request->settings->import_to;
	struct imported made = { 0 };
	struct fault fault = { "out of memory" };
	const char *file =
		request->count > 1 ? request->words[1] : import_find();
	int r;

	if (request->count < 1 || request->count > 2 ||
	    strcmp(request->words[0], "compose") != 0) {
		fault_set(&fault, -EINVAL,
			  "expected the word compose, and at most one file");
		return complain_usage(&command_import, &fault);
	}
	r = import_compose(file,
			   request->count > 1 ? NAMED_BY_USER : NAMED_BY_FILE,
			   &yaml, &made, &fault);
	if (r == 0 && path)
		r = import_write(path, &yaml, &fault);
	else if (r == 0)
		r = say_now(yaml.text, yaml.used);
	if (r < 0)
		return failed(&fault);
	complain("%u service%s, %u note%s%s", made.services,
		 made.services == 1 ? "" : "s", made.notes,
		 made.notes == 1 ? "" : "s",
		 made.notes ? ": see the comments in the result" : "");
	return 0;
}
