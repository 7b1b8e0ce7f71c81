// SPDX-License-Identifier: MIT
#include "env/file.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "env/dialect.h"

#define FILE_MAX (1 << 20)

static const struct {
	const char *name;
	int (*read)(struct env_reader *reader);
} dialects[] = {
	[ENV_DOCKER] = { "docker", env_read_docker },
	[ENV_HONCHO] = { "honcho", env_read_honcho },
	[ENV_FOREMAN] = { "foreman", env_read_foreman },
};

int env_dialect_parse(const char *text, enum env_dialect *ret)
{
	for (size_t i = 0; i < sizeof(dialects) / sizeof(dialects[0]); i++) {
		if (strcmp(text, dialects[i].name) == 0) {
			*ret = (enum env_dialect)i;
			return 0;
		}
	}
	return -EINVAL;
}

static int read_text(struct env_reader *reader, enum env_dialect dialect)
{
	const char *nul =
		memchr(reader->at, '\0', (size_t)(reader->end - reader->at));

	if (nul) {
		for (const char *at = reader->at; at < nul; at++)
			reader->line += *at == '\n';
		return env_wrong(reader, "it contains a NUL byte");
	}
	return dialects[dialect].read(reader);
}

int env_file_parse(enum env_dialect dialect, const char *text, size_t length,
		   const char *file, env_lookup *lookup, const void *context,
		   struct list *ret, struct fault *fault)
{
	struct env_reader reader = {
		.at = text,
		.end = text + length,
		.file = file,
		.line = 1,
		.lookup = lookup,
		.context = context,
		.variables = ret,
		.fault = fault,
	};

	return read_text(&reader, dialect);
}

static const char *from_environment(const char *name, const void *context)
{
	(void)context;
	return getenv(name);
}

static int read_one(const struct env_files *files, const char *path,
		    struct list *ret, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	struct fault why = { "" };
	ssize_t length = named_read(files->dirfd, path, files->named_by,
				    FILE_MAX, &text, &why);

	if (length == -ENOENT && files->is_optional)
		return 0;
	if (length < 0)
		return fault_set(fault, (int)length, "%s", why.text);
	struct env_reader reader = {
		.at = text,
		.end = text + length,
		.file = path,
		.line = 1,
		.lookup = from_environment,
		.variables = ret,
		.notes = files->notes,
		.fault = fault,
	};

	return read_text(&reader, files->dialect);
}

int env_files_read(const struct env_files *files, struct list *ret,
		   struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(files->paths);
	char *path, *rest = copy;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (path = strsep(&rest, ",")))
		r = *path ? read_one(files, path, ret, fault)
			  : fault_set(fault, -EINVAL,
				      "'%s' contains an empty file name",
				      files->paths);
	return r;
}

int env_file_read(enum env_dialect dialect, int dirfd, const char *paths,
		  bool is_optional, struct list *ret, struct fault *fault)
{
	const struct env_files files = {
		.dialect = dialect,
		.dirfd = dirfd,
		.paths = paths,
		.is_optional = is_optional,
	};

	return env_files_read(&files, ret, fault);
}
