/* SPDX-License-Identifier: MIT */
/*
 * What the three dialects of env/file.h share.
 *
 * Invariant: all variables are set by env_set(), which bounds their number, and
 * all expansions are counted (expand.c).
 *
 * What does not belong here: the syntax of one dialect.
 */
#ifndef JIG_ENV_DIALECT_H
#define JIG_ENV_DIALECT_H

#include "env/file.h"

/** The current file. */
struct env_reader {
	const char *at, *end; /* the rest of it; *end is a NUL */
	const char *file;
	int line; /* of `at`, from 1 on */
	env_lookup *lookup;
	const void *context;
	size_t expanded; /* bytes from variables until now */
	struct list *variables; /* of char *: "NAME=value" */
	struct list *notes; /* of char *: what may be a mistake; or NULL */
	bool is_export; /* "export NAME=…": only the docker dialect has it */
	struct fault *fault;
};

/**
 * Set a variable; replaces an earlier value.
 * @return  0; -EINVAL: the name contains "="; -E2BIG: too many; -ENOMEM.
 */
int env_set(struct env_reader *reader, const char *name, size_t name_length,
	    const char *value, size_t value_length);

/** The value from an earlier line or from the context, or NULL. */
const char *env_get(const struct env_reader *reader, const char *name,
		    size_t length);

/** "FILE:LINE: WHAT", at the reader's line; returns -EINVAL. */
int env_wrong(const struct env_reader *reader, const char *what);

/** Note "FILE:LINE: …", if notes are wanted. If memory is short, it is left
 * out.
 */
void env_note(const struct env_reader *reader, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/** For a note: " or --env-dialect foreman", if that one has such lines. */
static inline const char *env_other_dialect(const struct env_reader *reader)
{
	return reader->is_export ? "" : " or --env-dialect foreman";
}

/** The next line without its end (LF or CR LF); false at the end. */
bool env_line(struct env_reader *reader, const char **ret, size_t *ret_length);

static inline bool env_is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c >= '0' && c <= '9') || c == '_';
}

/** A position in the file, or in one value up to `end`. */
struct env_cursor {
	struct env_reader *reader;
	const char *at, *end;
	int depth; /* of ${…} */
	bool is_unused; /* a default that is not needed */
};

/** The next byte; NUL at the end. */
static inline char env_here(const struct env_cursor *cursor)
{
	return cursor->at < cursor->end ? *cursor->at : '\0';
}

/**
 * At a dollar: append its expansion to @value. A dollar without a name after it
 * remains a dollar, and "$$" becomes one.
 * @return  0, -EINVAL with the reason, or -ENOMEM.
 */
int env_expand(struct env_cursor *cursor, struct buffer *value);

/** One function for each dialect. @return 0 or -errno. */
int env_read_docker(struct env_reader *reader);
int env_read_honcho(struct env_reader *reader);
int env_read_foreman(struct env_reader *reader);
/** A file that begins with a brace, in the docker dialect. */
int env_read_json(struct env_reader *reader);

#endif
