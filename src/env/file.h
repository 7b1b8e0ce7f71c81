/* SPDX-License-Identifier: MIT */
/*
 * Files of "NAME=value" lines (.env), in the three dialects in use, which
 * conflict. Pure functions over bytes; one file a dialect: docker.c,
 * honcho.c, foreman.c.
 *
 * Invariant: what a file says is all that is read, and the work is bounded: at
 * most 10 000 names, and 4 MiB for all that ${…} stands for.
 *
 *   docker   (default) docker's and godotenv's: "export" may stand before,
 *            comments, single quotes are literal, double quotes have escapes
 *            and may span lines, ${VAR}, ${VAR:-default}, ${VAR-default}, $VAR;
 *            NAME alone is taken from the environment, and left out if it is
 *            not there; "NAME: value" is one, too; other lines are errors
 *   honcho   Python's shlex, line by line; tokens behind "=" are joined with
 *            nothing between; then \n and \t in them are replaced; nothing is
 *            expanded; "export A=b" is ignored
 *   foreman  \A([A-Za-z_0-9]+)=(.*)\z a line; single quotes are stripped;
 *            double quotes are stripped, with \n as a newline and \x as x; no
 *            comments
 */
#ifndef JIG_ENV_FILE_H
#define JIG_ENV_FILE_H

#include "base/fault.h"
#include "base/list.h"

enum env_dialect {
	ENV_DOCKER,
	ENV_HONCHO,
	ENV_FOREMAN,
};

/** "docker", "honcho", "foreman". @return 0 or -EINVAL. */
int env_dialect_parse(const char *text, enum env_dialect *ret);

/**
 * Where ${NAME} finds its value, if no earlier line has set it.
 * @return  the value, or NULL.
 */
typedef const char *env_lookup(const char *name, const void *context);

/**
 * Parse.
 *
 * @text    @length bytes and a NUL behind them.
 * @file    for errors.
 * @lookup  may be NULL: nothing is known.
 * @ret     of char *: "NAME=value", each name once, the caller's to free
 *          (env_file_free()); appended to, and a name that stands in it
 *          already is replaced. On failure, too, it has what came before.
 * @return  0, -EINVAL (an unbalanced quote: "FILE:LINE: …"), -E2BIG (too many
 *          names), -ENOMEM.
 */
int env_file_parse(enum env_dialect dialect, const char *text, size_t length,
		   const char *file, env_lookup *lookup, const void *context,
		   struct list *ret, struct fault *fault);

/**
 * Read files: "a,b"; what a later one says wins. ${…} finds what they say and
 * our own environment. Regular files, /dev/null, and descriptors of ours
 * (/dev/stdin, /dev/fd/N): others could keep us waiting.
 * @dirfd, @paths  as in openat(2), commas between.
 * @is_optional    a file that is missing is no error (the default .env).
 * @return  0, -ENOENT, -EINVAL, … with the reason; -EFBIG over 1 MiB;
 *          -ENOTSUP no regular file.
 */
int env_file_read(enum env_dialect dialect, int dirfd, const char *paths,
		  bool is_optional, struct list *ret, struct fault *fault);

void env_file_free(struct list *list);

#endif
