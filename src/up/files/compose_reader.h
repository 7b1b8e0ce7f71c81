/* SPDX-License-Identifier: MIT */
/*
 * Reading one YAML file into a project: typed values, places for errors, and
 * expansion. For the files compose*.c here alone.
 *
 *   compose.c          finding files, reading them one over the other
 *   compose_project.c  the keys of the top level
 *   compose_process.c  the keys of a process
 *   compose_probe.c    readiness_probe, liveness_probe
 *   compose_value.c    typed values, tables of keys
 *   compose_merge.c    merge keys, before all of them
 *   compose_text.c     ${V:-default}, {{.VAR}}
 */
#ifndef JIG_UP_FILES_COMPOSE_READER_H
#define JIG_UP_FILES_COMPOSE_READER_H

#include <yaml.h>

#include "base/fault.h"
#include "base/list.h"
#include "up/project/project.h"

struct variable {
	const char *name, *value;
};

struct compose {
	struct project *project;
	const char *file; /* that is being read */
	const char *directory; /* where it lies */
	yaml_document_t *document;
	const struct list *env; /* of char *: "NAME=value", over our own */
	bool is_literal; /* disable_env_expansion */
	bool is_own; /* jig.yaml: always strict */
	bool is_strict; /* an unknown key is always an error */
	bool is_alone; /* of bytes in memory: no other file is read */
	bool is_single; /* one instance alone: {{.PC_REPLICA_NUM}} is 0 */
	struct list vars; /* of struct variable: the project's */
	struct list own_vars; /* of the process that is being read */
	unsigned depth; /* of extends */
	struct fault *fault;
};

/* ------------------------------------------------------------------ values */

/** "FILE:LINE:COLUMN: …"; returns -EINVAL. */
int compose_wrong(const struct compose *compose, const yaml_node_t *node,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

enum key_type {
	KEY_IGNORED, /* known, and of no meaning here */
	KEY_TEXT, /* const char *: expanded */
	KEY_PATH, /* const char *: expanded, and made absolute */
	KEY_BOOL, /* bool */
	KEY_NOT, /* bool: its contrary */
	KEY_NUMBER, /* unsigned */
	KEY_SECONDS, /* int64_t: microseconds */
	KEY_TAKE, /* as `take` has it */
};

/** One key of a mapping, and where its value goes. */
struct key {
	const char *name;
	enum key_type type;
	size_t offset; /* in the target */
	int (*take)(struct compose *compose, yaml_node_t *node, void *target);
};

/**
 * Read a mapping; unknown keys are errors that name the nearest one, but for
 * "x-…". Where process-compose's own files are not strict, one that no known
 * key is near to is a note of the project's instead. "<<" is what YAML 1.1 says
 * of merge keys.
 * @keys    ends with a NULL name.
 */
int compose_map(struct compose *compose, yaml_node_t *node,
		const struct key *keys, void *target);

/** The value of one key, or NULL. */
yaml_node_t *compose_find(const struct compose *compose,
			  const yaml_node_t *node, const char *name);

/** Put what "<<" merges where it stands, in the whole document. */
int compose_merge(struct compose *compose, yaml_document_t *document);

/** For each item of a sequence, or for a scalar once. */
int compose_each(struct compose *compose, yaml_node_t *node, void *target,
		 int (*take)(struct compose *compose, yaml_node_t *node,
			     void *target));

/** For each pair of a mapping. */
int compose_pairs(struct compose *compose, yaml_node_t *node, void *target,
		  int (*take)(struct compose *compose, yaml_node_t *key,
			      yaml_node_t *value, void *target));

/** A scalar as it stands there; an empty or null one is "". */
int compose_scalar(const struct compose *compose, const yaml_node_t *node,
		   const char **ret);

/** A scalar, expanded; the project's. */
int compose_text(struct compose *compose, const yaml_node_t *node,
		 const char **ret);
/** The same for a line of shell: {{.PC_REPLICA_NUM}} may stand in it. */
int compose_line(struct compose *compose, const yaml_node_t *node,
		 const char **ret);
int compose_bool(const struct compose *compose, const yaml_node_t *node,
		 bool *ret);
int compose_number(struct compose *compose, const yaml_node_t *node,
		   uint64_t max, uint64_t *ret);
/** Seconds, or with a unit: "1.5s". */
int compose_seconds(struct compose *compose, const yaml_node_t *node,
		    int64_t *ret_us);
/** A path, absolute: below the project's directory if it is relative. */
int compose_path(struct compose *compose, const yaml_node_t *node,
		 const char **ret);

/** Append a text to a list of const char *. */
int compose_append(struct list *list, const char *text);

/** "NAME=value" into a list of them; a name that is there is replaced. */
int compose_set(struct compose *compose, struct list *env, const char *name,
		const char *value);

/** A list of "NAME=value", or a mapping. @target  a struct list of them. */
int compose_environment(struct compose *compose, yaml_node_t *node,
			void *target);
/** Files of such. */
int compose_env_file(struct compose *compose, yaml_node_t *node, void *target);
/** A mapping. @target  a struct list of struct variable. */
int compose_vars(struct compose *compose, yaml_node_t *node, void *target);
/** @target  a struct log_file. */
int compose_log(struct compose *compose, yaml_node_t *node, void *target);

/* -------------------------------------------------------------------- text */

/** Expand a text. @is_shell  as compose_line(). */
int compose_expand(struct compose *compose, const yaml_node_t *node,
		   const char *text, bool is_shell, const char **ret);

/* -------------------------------------------------------------- their keys */

/** The whole document. */
int compose_project(struct compose *compose, yaml_node_t *root);

/** One entry of `processes`. */
int compose_process(struct compose *compose, yaml_node_t *key,
		    yaml_node_t *value, void *unused);

/** @target  a struct service. */
int compose_readiness(struct compose *compose, yaml_node_t *node, void *target);
int compose_liveness(struct compose *compose, yaml_node_t *node, void *target);
int compose_log_line(struct compose *compose, yaml_node_t *node, void *target);

/** Another file, below the one that names it (`extends`). */
int compose_file(struct compose *compose, const char *path);

#endif
