/* SPDX-License-Identifier: MIT */
/*
 * Files of process-compose, and jig.yaml, which has additional keys. See
 * jig.yaml(5) for every key.
 *
 * An unknown key is an error in jig.yaml and in files with is_strict. In other
 * files it is a note of the project, as in process-compose, unless it is
 * similar to a known key.
 *
 * Invariant: only the named files, and files that they name (extends,
 * env_file), are read; no command runs.
 *
 * What does not belong here: which services run, and how many (load.h).
 */
#ifndef JIG_UP_FILES_COMPOSE_H
#define JIG_UP_FILES_COMPOSE_H

#include "base/file/named.h"
#include "env/file.h"
#include "up/project/project.h"

/**
 * Find the default files in @directory: the first existing one of jig.yaml,
 * jig.yml, process-compose.yaml, process-compose.yml, compose.yaml,
 * compose.yml, then its override (process-compose.override.yaml).
 *
 * @ret  of const char *, absolute, owned by @project; empty: there is none.
 * @return  0 or -errno with the reason.
 */
int compose_discover(struct project *project, const char *directory,
		     struct list *ret, struct fault *fault);

/** Whether it is jig.yaml or jig.yml: there every unknown key is an error, and
 * its directory is that of the services. */
bool compose_is_own(const char *path);

/**
 * Read files. A later file overrides an earlier one.
 *
 * @files  of const char *, not empty.
 * @by     the source of their names: a file, or the user.
 * @env    of char *: "NAME=value" of .env; in an expansion it overrides our
 *         environment.
 * @return 0; -EINVAL with "FILE:LINE:COLUMN: unknown key 'comand'; did you mean
 *         'command'?"; -ELOOP: a circle; -ENOENT, …
 */
int compose_read(struct project *project, const struct list *files,
		 enum named_by by, const struct list *env, struct fault *fault);

/**
 * The same for bytes in memory: no file is read (extends and env_file are
 * errors). Errors name the project's `file`.
 */
int compose_read_bytes(struct project *project, const char *text, size_t length,
		       const struct list *env, struct fault *fault);

#endif
