// SPDX-License-Identifier: MIT
#include "env/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/retry.h"
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

/* Whether it is one of our descriptors: stdin, a process substitution. */
static bool is_descriptor(const char *path)
{
	static const char *const places[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "/dev/stdin") == 0)
		return true;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}

/* A FIFO without a writer, or a device, could block for ever. A pipe that we
 * inherited is allowed. */
static int open_it(int dirfd, const char *path)
{
	struct stat st;
	CLEANUP_CLOSE int fd =
		RETRY(openat(dirfd, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK));

	if (fd < 0 || fstat(fd, &st) < 0)
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode) && !is_descriptor(path) &&
	    strcmp(path, "/dev/null") != 0)
		return -ENOTSUP;
	if (fcntl(fd, F_SETFL, O_RDONLY) < 0)
		return -errno;
	return take_fd(&fd);
}

static ssize_t read_all(int fd, char **ret)
{
	struct buffer text = { 0 };
	char bytes[4096];
	ssize_t got;

	while ((got = RETRY(read(fd, bytes, sizeof(bytes)))) != 0) {
		if (got > 0)
			buffer_add(&text, bytes, (size_t)got);
		int r = got < 0		       ? -errno
			: text.used > FILE_MAX ? -EFBIG
					       : text.error;
		if (r < 0) {
			buffer_free(&text);
			return r;
		}
	}
	*ret = text.text ? text.text : calloc(1, 1); /* an empty file */
	return *ret ? (ssize_t)text.used : -ENOMEM;
}

static const char *from_environment(const char *name, const void *context)
{
	(void)context;
	return getenv(name);
}

static int unreadable(const char *path, int code, struct fault *fault)
{
	const char *reason = code == -ENOTSUP ? "it is not a regular file"
			     : code == -EFBIG ? "it is larger than 1 MiB"
					      : strerror(-code);

	return fault_set(fault, code, "cannot read %s: %s", path, reason);
}

static int read_one(const struct env_files *files, const char *path,
		    struct list *ret, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_CLOSE int fd = open_it(files->dirfd, path);
	ssize_t length = fd;

	if (fd == -ENOENT && files->is_optional)
		return 0;
	if (fd >= 0)
		length = read_all(fd, &text);
	if (length < 0)
		return unreadable(path, (int)length, fault);
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
