/* SPDX-License-Identifier: MIT */
/*
 * From the command line to a project: which files, which environment, which
 * services, how many of each.
 *
 * Invariant: no service starts here, and no command runs.
 *
 * What does not belong here: the syntax of a file.
 */
#ifndef JIG_UP_LOAD_LOAD_H
#define JIG_UP_LOAD_LOAD_H

#include "base/file/named.h"
#include "cli/command/up_options.h"
#include "up/project/project.h"

/**
 * Only find the files: a client needs their names to find the socket.
 *
 * -f names them; else the first existing one of Procfile and the names in
 * up/files/compose.h, in -d or the current directory. A jig.yaml beside a
 * Procfile that -f has not named is one of the files.
 *
 * @ret  project->file and the rest of the paths; project_free() it, also after
 *       a failure. The file of a pipe is the Procfile of its directory, which
 *       need not exist.
 * @return  0; or with the reason -ENOENT: there is none, but with no -f the
 *          paths are set; -errno.
 */
int load_find(const struct up_settings *settings, struct project *ret,
	      struct list *ret_files, struct fault *fault);

/** Whether a file is YAML, by its name. */
bool find_is_yaml(const char *path);

/** The most bytes of a file that is read from a pipe. */
#define LOAD_PIPE_MAX (5 << 20)

/** Whether a file is YAML: by its name; or what is read from a pipe, by itself.
 */
bool load_file_is_yaml(const char *path);

/** Whether it is a project of YAML files, by their names; nothing is read. */
bool load_is_yaml(const struct up_settings *settings);

/** Whether a file is one of our descriptors: /dev/fd/63. */
bool load_is_pipe(const char *path);

/** Whether the command line names the files. */
enum named_by load_named_by(const struct up_settings *settings);

/**
 * Only the directory and the environment, for a command: as load_project(), but
 * it need not have a file.
 */
int load_environment(const struct up_settings *settings, struct project *ret,
		     struct fault *fault);

/**
 * Load all: files, environment, formation.
 * @names  services to run, NULL-terminated; NULL or none: all.
 * @return 0 or -errno with the reason.
 */
int load_project(const struct up_settings *settings, const char *const *names,
		 struct project *ret, struct fault *fault);

#endif
