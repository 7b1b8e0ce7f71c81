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
/* Each is compared with all; and execve(2) takes not many more. */
#define MOST_VARIABLES 10000

int env_dialect_parse(const char *text, enum env_dialect *ret)
{
	static const char *const names[] = { "docker", "honcho", "foreman" };

	for (int i = 0; i < 3; i++) {
		if (strcmp(text, names[i]) == 0) {
			*ret = (enum env_dialect)i;
			return 0;
		}
	}
	return -EINVAL;
}

/* -------------------------------------------------- what the dialects share */

static char **find(const struct list *variables, const char *name,
		   size_t length)
{
	for (size_t i = 0; i < variables->count; i++) {
		char **variable = list_at(variables, i, sizeof(char *));

		if (strncmp(*variable, name, length) == 0 &&
		    (*variable)[length] == '=')
			return variable;
	}
	return NULL;
}

int env_set(struct env_reader *reader, const char *name, size_t name_length,
	    const char *value, size_t value_length)
{
	if (memchr(name, '=', name_length))
		return env_wrong(reader, "a name has a '=' in it");
	char **earlier = find(reader->variables, name, name_length);

	if (!earlier && reader->variables->count == MOST_VARIABLES)
		return fault_set(reader->fault, -E2BIG,
				 "%s:%d: more than %d variables", reader->file,
				 reader->line, MOST_VARIABLES);
	char *text = malloc(name_length + value_length + 2);

	if (!text)
		return -ENOMEM;
	memcpy(text, name, name_length);
	text[name_length] = '=';
	memcpy(text + name_length + 1, value, value_length);
	text[name_length + 1 + value_length] = '\0';
	if (earlier) {
		free(*earlier);
		*earlier = text;
		return 0;
	}
	if (list_append(reader->variables, &text, sizeof(text)) < 0) {
		free(text);
		return -ENOMEM;
	}
	return 0;
}

const char *env_get(const struct env_reader *reader, const char *name,
		    size_t length)
{
	char **earlier = find(reader->variables, name, length);

	if (earlier)
		return *earlier + length + 1;
	if (!reader->lookup)
		return NULL;
	CLEANUP_FREE char *copy = strndup(name, length);

	return copy ? reader->lookup(copy, reader->context) : NULL;
}

int env_wrong(const struct env_reader *reader, const char *what)
{
	return fault_set(reader->fault, -EINVAL, "%s:%d: %s", reader->file,
			 reader->line, what);
}

bool env_line(struct env_reader *reader, const char **ret, size_t *ret_length)
{
	const char *newline;

	if (reader->at >= reader->end)
		return false;
	newline = memchr(reader->at, '\n', (size_t)(reader->end - reader->at));
	*ret = reader->at;
	*ret_length = (size_t)((newline ? newline : reader->end) - reader->at);
	reader->at += *ret_length + (newline ? 1 : 0);
	if (newline && *ret_length > 0 && (*ret)[*ret_length - 1] == '\r')
		--*ret_length;
	return true;
}

/* --------------------------------------------------------------- the whole */

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

	const char *nul = memchr(text, '\0', length);

	if (nul) {
		for (const char *at = text; at < nul; at++)
			reader.line += *at == '\n';
		return env_wrong(&reader, "there is a NUL byte in it");
	}
	switch (dialect) {
	case ENV_HONCHO:
		return env_read_honcho(&reader);
	case ENV_FOREMAN:
		return env_read_foreman(&reader);
	case ENV_DOCKER:
		break;
	}
	return env_read_docker(&reader);
}

/* What is a descriptor of ours already: stdin, a process substitution. */
static bool is_descriptor(const char *path)
{
	static const char *const places[] = { "/dev/fd/", "/proc/self/fd/" };

	if (strcmp(path, "/dev/stdin") == 0)
		return true;
	for (size_t i = 0; i < 2; i++)
		if (strncmp(path, places[i], strlen(places[i])) == 0)
			return true;
	return false;
}

/* A FIFO that nobody writes to, or a device, would keep us for ever; a pipe
 * that we were given is as good as a file. */
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
	const char *reason = code == -ENOTSUP ? "it is no regular file"
			     : code == -EFBIG ? "it is larger than 1 MiB"
					      : strerror(-code);

	return fault_set(fault, code, "cannot read %s: %s", path, reason);
}

static int read_one(enum env_dialect dialect, int dirfd, const char *path,
		    bool is_optional, struct list *ret, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	CLEANUP_CLOSE int fd = open_it(dirfd, path);
	ssize_t length = fd;

	if (fd == -ENOENT && is_optional)
		return 0;
	if (fd >= 0)
		length = read_all(fd, &text);
	if (length < 0)
		return unreadable(path, (int)length, fault);
	return env_file_parse(dialect, text, (size_t)length, path,
			      from_environment, NULL, ret, fault);
}

int env_file_read(enum env_dialect dialect, int dirfd, const char *paths,
		  bool is_optional, struct list *ret, struct fault *fault)
{
	CLEANUP_FREE char *copy = strdup(paths);
	char *path, *rest = copy;
	int r = copy ? 0 : -ENOMEM;

	while (r == 0 && (path = strsep(&rest, ",")))
		r = *path ? read_one(dialect, dirfd, path, is_optional, ret,
				     fault)
			  : fault_set(fault, -EINVAL,
				      "'%s' names a file without a name",
				      paths);
	return r;
}

void env_file_free(struct list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(*(char **)list_at(list, i, sizeof(char *)));
	list_free(list);
}
