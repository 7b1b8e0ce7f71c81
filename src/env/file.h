/* SPDX-License-Identifier: MIT */
/*
 * Files of "NAME=value" lines (.env), in three dialects, which conflict. One
 * file for each dialect: docker.c, honcho.c, foreman.c.
 *
 * Invariant: parsing is a pure function over bytes, and its work is bounded: at
 * most 10 000 names, and 4 MiB for the values of all ${…}.
 *
 * What does not belong here: which files are read, and what the variables mean.
 *
 *   docker   (default) as docker and godotenv: an optional "export", comments,
 *            literal single quotes; double quotes have escapes and may span
 *            lines; ${VAR}, ${VAR:-default}, ${VAR-default}, $VAR; NAME without
 *            a value takes it from the environment, or is left out; "NAME:
 *            value"; other lines are errors. A file that begins with a brace
 *            is JSON (json.c)
 *   honcho   Python's shlex, line by line; the tokens after "=" are joined
 *            without blanks, and \n and \t in them replaced; no expansion;
 *            "export A=b" is ignored
 *   foreman  each line matches \A([A-Za-z_0-9]+)=(.*)\z; single quotes are
 *            removed; double quotes are removed, and \n becomes a newline and
 *            \x becomes x; no comments
 */
#ifndef JIG_ENV_FILE_H
#define JIG_ENV_FILE_H

#include "base/fault.h"
#include "base/file/named.h"
#include "base/list.h"

enum env_dialect {
	ENV_DOCKER,
	ENV_HONCHO,
	ENV_FOREMAN,
};

/** "docker", "honcho", "foreman". @return 0 or -EINVAL. */
int env_dialect_parse(const char *text, enum env_dialect *ret);

/**
 * Look up ${NAME}, if no earlier line has set it.
 * @return  the value, or NULL.
 */
typedef const char *env_lookup(const char *name, const void *context);

/**
 * Parse.
 *
 * @text    @length bytes, then a NUL.
 * @file    for errors.
 * @lookup  NULL: no other variable is known.
 * @ret     of char *: "NAME=value", each name once; list_free_texts() it. New
 *          names are appended, earlier values replaced. On failure it has the
 *          variables before the error.
 * @return  0; -EINVAL: a syntax error ("FILE:LINE: …"); -E2BIG: too many names;
 *          -ENOMEM.
 */
int env_file_parse(enum env_dialect dialect, const char *text, size_t length,
		   const char *file, env_lookup *lookup, const void *context,
		   struct list *ret, struct fault *fault);

struct env_files {
	enum env_dialect dialect;
	/** As in openat(2), separated by commas: "a,b". A later file overrides
	 * an earlier one. ${…} finds variables of these files and of our
	 * environment. */
	int dirfd;
	const char *paths;
	enum named_by named_by;
	/** A missing file is not an error (the default .env). */
	bool is_optional;
	/** Gets "FILE:LINE: …" of each value that the docker dialect changes,
	 * perhaps by mistake: a variable that is not set, " #". Of char *;
	 * list_free_texts() it. NULL: not wanted. */
	struct list *notes;
};

/**
 * Read files.
 * @return  0; or with the reason -ENOENT, -EINVAL, …; -EFBIG: above 1 MiB;
 *          -ENOTSUP: not of a kind that named_read() reads.
 */
int env_files_read(const struct env_files *files, struct list *ret,
		   struct fault *fault);

/** The same for files that a file or a setting names. */
int env_file_read(enum env_dialect dialect, int dirfd, const char *paths,
		  bool is_optional, struct list *ret, struct fault *fault);

#endif
