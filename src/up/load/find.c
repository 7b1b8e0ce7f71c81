// SPDX-License-Identifier: MIT
/* Which files a project has. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/file/named.h"
#include "base/text.h"
#include "up/files/compose.h"
#include "up/load/load.h"

#define PROCFILE "Procfile"

/* --------------------------------------------------------------- descriptors
 */

bool find_is_yaml(const char *path)
{
	const char *dot = strrchr(path, '.');

	/* JSON is YAML, too. */
	return dot && (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 ||
		       strcmp(dot, ".json") == 0);
}

bool load_is_pipe(const char *path)
{
	return named_descriptor(path) >= 0;
}

/* Replace a pipe by a copy in memory under the same number: its name can then
 * be opened more than once, and stands in errors. */
static int keep_pipe(const char *path, enum named_by by, struct fault *fault)
{
	CLEANUP_FREE char *text = NULL;
	ssize_t length =
		named_read(AT_FDCWD, path, by, LOAD_PIPE_MAX, &text, fault);

	if (length < 0)
		return (int)length;
	CLEANUP_CLOSE int fd = memfd_create("jig", MFD_CLOEXEC);
	int r = fd < 0 ? -errno : fd_write_all(fd, text, (size_t)length);

	if (r == 0 && dup3(fd, named_descriptor(path), O_CLOEXEC) < 0)
		r = -errno;
	return r < 0 ? fault_set(fault, r, "cannot read %s: %s", path,
				 strerror(-r))
		     : 0;
}

/* Of a pipe: a line "processes:" is YAML, and no entry of a Procfile. */
static bool has_processes(const char *path)
{
	CLEANUP_FREE char *text = NULL;
	char *rest = NULL;

	if (fd_read_whole(AT_FDCWD, path, LOAD_PIPE_MAX, &text) < 0)
		return false;
	for (char *line = strtok_r(text, "\n", &rest); line;
	     line = strtok_r(NULL, "\n", &rest)) {
		size_t length = strcspn(line, "#\r");

		while (length > 0 && strchr(" \t", line[length - 1]))
			length--;
		if (*line == '{' ||
		    (length == 10 && strncmp(line, "processes:", 10) == 0))
			return true;
	}
	return false;
}

bool load_file_is_yaml(const char *path)
{
	return load_is_pipe(path) ? has_processes(path) : find_is_yaml(path);
}

/* ----------------------------------------------------------------- the files
 */

enum named_by load_named_by(const struct up_settings *settings)
{
	return settings->files.count > 0 && !settings->has_default_file
		       ? NAMED_BY_USER
		       : NAMED_BY_FILE;
}

static int add_pipe(struct project *project, const char *path, enum named_by by,
		    struct list *ret_files, struct fault *fault)
{
	const char *copy = project_copy(project, path);
	int r = copy ? keep_pipe(path, by, fault) : -ENOMEM;

	return r < 0 ? r : list_append(ret_files, &copy, sizeof(copy));
}

static int add_real(struct project *project, const char *path, enum named_by by,
		    struct list *ret_files, struct fault *fault)
{
	if (strcmp(path, "-") == 0)
		path = "/dev/stdin";

	const char *real = project_take(project, realpath(path, NULL));

	if (!real && errno == ENOENT && load_is_pipe(path))
		return add_pipe(project, path, by, ret_files, fault);
	if (!real)
		return fault_set(fault, -errno, "cannot open %s: %s", path,
				 strerror(errno));
	return list_append(ret_files, &real, sizeof(real));
}

/* A jig.yaml beside a Procfile adds to its services. */
static int find_beside(struct project *project, const char *directory,
		       struct list *ret_files, struct fault *fault)
{
	static const char *const names[] = { "jig.yaml", "jig.yml" };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		const char *path =
			project_print(project, "%s/%s", directory, names[i]);

		if (!path)
			return -ENOMEM;
		if (access(path, F_OK) == 0)
			return add_real(project, path, NAMED_BY_FILE, ret_files,
					fault);
	}
	return 0;
}

/* Only to say that it is there, and what jig can do with it. */
static bool is_of_docker(const char *directory, struct fault *fault)
{
	static const char *const names[] = { "docker-compose.yml",
					     "docker-compose.yaml" };
	CLEANUP(project_free) struct project project = { 0 };

	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		CLEANUP(list_free) struct list files = { 0 };
		const char *path =
			project_print(&project, "%s/%s", directory, names[i]);
		const struct list env = { 0 };

		project.file = path;
		if (path && access(path, F_OK) == 0 &&
		    list_append(&files, (void *)&path, sizeof(path)) == 0)
			return compose_read(&project, &files, NAMED_BY_FILE,
					    &env, fault) < 0;
	}
	return false;
}

static int find_default(const struct up_settings *settings,
			struct project *project, struct list *ret_files,
			struct fault *fault)
{
	const char *directory = settings->directory ? settings->directory : ".";
	const char *path = project_print(project, "%s/" PROCFILE, directory);
	int r;

	if (!path)
		return -ENOMEM;
	if (access(path, F_OK) == 0) {
		r = add_real(project, path, NAMED_BY_FILE, ret_files, fault);
		return r < 0 ? r
			     : find_beside(project, directory, ret_files,
					   fault);
	}
	r = compose_discover(project, directory, ret_files, fault);
	if (r < 0 || ret_files->count > 0)
		return r;
	if (is_of_docker(directory, fault))
		return -ENOENT;
	return fault_set(fault, -ENOENT,
			 "no " PROCFILE ", jig.yaml or process-compose.yaml in "
			 "%s: name a file with -f",
			 directory);
}

/* The directory of a path, as it was written. */
static const char *find_parent(struct project *project, const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? project_print(project, "%.*s/", (int)(slash - path),
				     path)
		     : project_copy(project, ".");
}

static int find_named(const struct up_settings *settings,
		      struct project *project, struct list *ret_files,
		      struct fault *fault)
{
	const struct list *files = &settings->files;
	int r = 0;

	for (size_t i = 0; r == 0 && i < files->count; i++)
		r = add_real(project,
			     *(const char **)list_at(files, i, sizeof(char *)),
			     load_named_by(settings), ret_files, fault);
	if (r < 0 || !settings->has_default_file)
		return r;

	const char *directory = find_parent(project, *(char **)files->items);

	return directory ? find_beside(project, directory, ret_files, fault)
			 : -ENOMEM;
}

/* The file stands for the project: clients find its socket by this path. A pipe
 * stands for the Procfile of its directory. */
static int find_identity(const struct up_settings *settings,
			 struct project *project, const struct list *files)
{
	const char *first =
		files->count > 0
			? *(const char **)list_at(files, 0, sizeof(char *))
			: NULL;
	CLEANUP_FREE char *directory = NULL;

	if (first && !load_is_pipe(first)) {
		project->file = first;
		return 0;
	}
	directory =
		realpath(settings->directory ? settings->directory : ".", NULL);
	if (!directory)
		return -errno;
	project->file = project_print(project, "%s/" PROCFILE, directory);
	return project->file ? 0 : -ENOMEM;
}

/* The directory of services: -d; else the caller's, as in process-compose and
 * Honcho; else, for a Procfile as in Foreman and for jig.yaml, the file's. */
static int find_directory(const struct up_settings *settings,
			  struct project *project)
{
	bool is_foreign =
		find_is_yaml(project->file) && !compose_is_own(project->file);
	char *slash, *path;

	if (settings->directory || settings->honcho || is_foreign) {
		path = realpath(settings->directory ? settings->directory : ".",
				NULL);
	} else {
		path = strdup(project->file);
		slash = path ? strrchr(path, '/') : NULL;
		if (slash)
			slash[slash == path] = '\0';
	}
	project->directory = project_take(project, path);
	return project->directory ? 0 : -errno;
}

static int find_name(struct project *project)
{
	const char *slash = strrchr(project->directory, '/');

	project->name = project_copy(project,
				     slash && slash[1] ? slash + 1 : "project");
	return project->name ? 0 : -ENOMEM;
}

int load_find(const struct up_settings *settings, struct project *ret,
	      struct list *ret_files, struct fault *fault)
{
	int found = settings->files.count
			    ? find_named(settings, ret, ret_files, fault)
			    : find_default(settings, ret, ret_files, fault);

	if (found < 0 && (found != -ENOENT || settings->files.count > 0))
		return found;
	int r = find_identity(settings, ret, ret_files);

	if (r == 0)
		r = find_directory(settings, ret);
	if (r < 0)
		return fault_set(fault, r, "cannot enter %s: %s",
				 settings->directory ? settings->directory
						     : ".",
				 strerror(-r));
	r = find_name(ret);
	return r < 0 ? r : found;
}

bool load_is_yaml(const struct up_settings *settings)
{
	CLEANUP(project_free) struct project project = { 0 };
	CLEANUP(list_free) struct list files = { 0 };
	const char *directory = settings->directory ? settings->directory : ".";
	struct fault fault;

	if (settings->files.count > 0)
		return find_is_yaml(*(char **)settings->files.items);

	const char *procfile =
		project_print(&project, "%s/" PROCFILE, directory);

	return procfile && access(procfile, F_OK) < 0 &&
	       compose_discover(&project, directory, &files, &fault) == 0 &&
	       files.count > 0;
}
