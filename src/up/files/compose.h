/* SPDX-License-Identifier: MIT */
/*
 * Files of process-compose, and jig.yaml, which is the same with keys of jig's
 * own. See jig.yaml(5) for every key.
 *
 * What is unknown is an error in jig.yaml and in files that say is_strict; in
 * others, as in process-compose, a note of the project's, unless a known key is
 * so near that it was meant.
 *
 * Invariant: nothing outside of the named files (and their env_file) is read;
 * no command is run.
 */
#ifndef JIG_UP_FILES_COMPOSE_H
#define JIG_UP_FILES_COMPOSE_H

#include "env/file.h"
#include "up/project/project.h"

/**
 * The files that are read when none is named, in @directory: the first there
 * is of jig.yaml, jig.yml, process-compose.yaml, process-compose.yml,
 * compose.yaml, compose.yml, and behind it its override
 * (process-compose.override.yaml).
 *
 * @ret  of const char *, absolute, owned by @project; empty when there is none.
 * @return  0 or -errno with the reason.
 */
int compose_discover(struct project *project, const char *directory,
		     struct list *ret, struct fault *fault);

/**
 * Read files, the later ones over the earlier ones.
 *
 * @files  of const char *, not empty.
 * @env    of char *: "NAME=value" of .env, over our own environment when
 *         something is expanded.
 * @return 0; -EINVAL with "FILE:LINE:COLUMN: unknown key 'comand'; did you mean
 *         'command'?"; -ELOOP a circle; -ENOENT, …
 */
int compose_read(struct project *project, const struct list *files,
		 const struct list *env, struct fault *fault);

/**
 * The same of bytes in memory: no file is read (extends and env_file are
 * errors). The project's `file` is what errors name.
 */
int compose_read_bytes(struct project *project, const char *text, size_t length,
		       const struct list *env, struct fault *fault);

#endif
