/* SPDX-License-Identifier: MIT */
/* What the three dialects of env/file.h share; for env/ alone. */
#ifndef JIG_ENV_DIALECT_H
#define JIG_ENV_DIALECT_H

#include "env/file.h"

/** One file that is being read. */
struct env_reader {
	const char *at, *end; /* what is left of it; a NUL stands at the end */
	const char *file;
	int line; /* of `at`, from 1 on */
	env_lookup *lookup;
	const void *context;
	size_t expanded; /* bytes that came from variables until now */
	struct list *variables; /* of char *: "NAME=value" */
	struct fault *fault;
};

/**
 * Set one; an earlier value is replaced.
 * @return  0, -EINVAL (a name with "=" in it), -E2BIG (too many), -ENOMEM.
 */
int env_set(struct env_reader *reader, const char *name, size_t name_length,
	    const char *value, size_t value_length);

/** What an earlier line, or the context, says; or NULL. */
const char *env_get(const struct env_reader *reader, const char *name,
		    size_t length);

/** "FILE:LINE: WHAT", at the reader's line; returns -EINVAL. */
int env_wrong(const struct env_reader *reader, const char *what);

/** The next line without its end (LF or CR LF); false at the end. */
bool env_line(struct env_reader *reader, const char **ret, size_t *ret_length);

static inline bool env_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/** What is read, up to `end`: the file, or one value in it. */
struct env_cursor {
	struct env_reader *reader;
	const char *at, *end;
	int depth; /* of ${…} */
	bool is_unused; /* a default that is not needed */
};

/** The byte that is read next; NUL at the end. */
static inline char env_here(const struct env_cursor *cursor)
{
	return cursor->at < cursor->end ? *cursor->at : '\0';
}

/**
 * At a dollar: what it stands for is appended to @value. One that no name
 * follows is a dollar, and so are two.
 * @return  0, -EINVAL with the reason, or -ENOMEM.
 */
int env_expand(struct env_cursor *cursor, struct buffer *value);

/** One function a dialect. @return 0 or -errno. */
int env_read_docker(struct env_reader *reader);
int env_read_honcho(struct env_reader *reader);
int env_read_foreman(struct env_reader *reader);

#endif
