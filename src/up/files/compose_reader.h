/* SPDX-License-Identifier: MIT */
/*
 * Reads one YAML file into a project: typed values, places of errors, and
 * expansion. For compose*.c only, and up/import.
 *
 *   compose.c          finds files, and reads them in order
 *   compose_project.c  the keys of the top level
 *   compose_entry.c    the entries of processes, and what they extend
 *   compose_process.c  the keys of a process
 *   compose_probe.c    readiness_probe, liveness_probe
 *   compose_depends.c  depends_on
 *   compose_stop.c     availability, shutdown, stop
 *   compose_schedule.c schedule
 *   compose_via.c      via
 *   compose_environment.c  environment, env_file, vars
 *   compose_log.c      log_configuration
 *   compose_value.c    typed values, tables of keys
 *   compose_error.c    errors with their place
 *   compose_merge.c    merge keys, before all of them
 *   compose_text.c     expansion of a value (expand/)
 *
 * Invariant: every value has a type and a bound, and every error names FILE,
 * LINE and COLUMN. compose.c and compose_project.c call each other: `extends`
 * in one file reads another file.
 *
 * What does not belong here: functions that other folders call (compose.h).
 */
#ifndef JIG_UP_FILES_COMPOSE_READER_H
#define JIG_UP_FILES_COMPOSE_READER_H

#include <yaml.h>

#include "base/fault.h"
#include "base/list.h"
#include "base/text/words.h"
#include "up/files/expand/expand.h"
#include "up/project/project.h"

/** Where a value stands, and how the file around it is read. */
struct compose_place {
	const char *file;
	const char *directory; /* of this file */
	yaml_document_t *document;
	bool is_literal; /* disable_env_expansion */
	bool is_own; /* it is jig.yaml: always strict */
	bool is_strict; /* an unknown key is always an error */
	bool is_base; /* another file extends it */
};

/** One entry of `processes` in one file. */
struct compose_entry {
	const char *name;
	yaml_node_t *key, *value;
	struct compose_place place;
};

/** readiness_probe or liveness_probe, as all entries of a process have it. */
struct compose_exec {
	const char *command, *cwd;
};

struct compose_http {
	const char *host, *scheme, *path, *port;
	unsigned status;
	struct list headers; /* of const char *: "Name: value" */
};

struct compose_grpc {
	const char *host, *port, *service;
};

struct compose_probe {
	struct compose_exec exec;
	struct compose_http http;
	struct compose_grpc grpc;
	struct check check;
	const yaml_node_t *node; /* the last one; NULL: there is none */
	struct compose_place place;
};

/** The value of is_disabled. */
enum switched { SWITCHED_UNSET, SWITCHED_OFF, SWITCHED_ON };

struct compose {
	struct project *project;
	struct compose_place place;
	const struct list *env; /* of char *: "NAME=value", over our own */
	bool is_alone; /* bytes in memory: read no other file */
	unsigned depth; /* of `extends` of files */
	struct list vars; /* of struct variable: the project's */
	struct list entries; /* of struct compose_entry */
	struct list documents; /* of yaml_document_t *: owned, until the end */
	struct fault *fault;

	/* Of the current service. */
	struct list own_vars; /* of struct variable */
	bool is_single; /* one instance: {{.PC_REPLICA_NUM}} is 0 */
	bool is_plain_command; /* is_template_disabled */
	bool is_raw; /* no templates in the current value */
	bool is_tool; /* mcp */
	enum switched switched; /* is_disabled */
	struct compose_probe ready, live;
};

/* ------------------------------------------------------------------ values */

/** "FILE:LINE:COLUMN: …"; returns -EINVAL. */
int compose_wrong(const struct compose *compose, const yaml_node_t *node,
		  const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/** "FILE:LINE:COLUMN: …" as a note of the project. @return 0 or -ENOMEM. */
int compose_note(struct compose *compose, const yaml_node_t *node,
		 const char *format, ...) __attribute__((format(printf, 3, 4)));

/** The file is one of Docker Compose: say what could be done. Returns -EINVAL.
 */
int compose_containers(const struct compose *compose, const yaml_node_t *node,
		       yaml_node_t *services);

/** "unknown key 'comand'; did you mean 'command'?"; returns -EINVAL.
 * @what     "key" or "value". @nearest  NULL: none. */
int compose_unknown(const struct compose *compose, const yaml_node_t *node,
		    const char *what, const char *text, const char *nearest);

/** A scalar that is one of these words. @return its value, or -errno. */
int compose_one_of(struct compose *compose, const yaml_node_t *node,
		   const struct words *words);

enum key_type {
	KEY_IGNORED, /* accepted and ignored */
	KEY_TEXT, /* const char *: expanded */
	KEY_PATH, /* const char *: expanded, and made absolute */
	KEY_BOOL, /* bool */
	KEY_NOT, /* bool: the negated value */
	KEY_NUMBER, /* unsigned */
	KEY_SECONDS, /* int64_t: microseconds */
	KEY_TAKE, /* `take` reads it */
};

/** One key of a mapping, and where its value goes. */
struct key {
	const char *name;
	enum key_type type;
	size_t offset; /* in the target */
	int (*take)(struct compose *compose, yaml_node_t *node, void *target);
};

/**
 * Read a mapping. An unknown key, except "x-…", is an error that names the
 * nearest known key. In a file that is not strict, a key without a similar
 * known key is a note of the project instead.
 * @keys    ends with a NULL name.
 */
int compose_map(struct compose *compose, yaml_node_t *node,
		const struct key *keys, void *target);

/** The value of one key, or NULL. */
yaml_node_t *compose_find(const struct compose *compose,
			  const yaml_node_t *node, const char *name);

/** Begin to read a document: its root, with merge keys applied. @return 0 or
 * -errno with the reason. */
int compose_open(struct compose *compose, yaml_document_t *document,
		 yaml_node_t **ret_root);

/** Apply all merge keys ("<<") of the document. */
int compose_merge(struct compose *compose, yaml_document_t *document);

/** For each item of a sequence, or for a scalar once. */
int compose_each(struct compose *compose, yaml_node_t *node, void *target,
		 int (*take)(struct compose *compose, yaml_node_t *node,
			     void *target));

/** For each pair of a mapping. */
int compose_pairs(struct compose *compose, yaml_node_t *node, void *target,
		  int (*take)(struct compose *compose, yaml_node_t *key,
			      yaml_node_t *value, void *target));

/** A scalar without expansion; an empty or null one is "". */
int compose_scalar(const struct compose *compose, const yaml_node_t *node,
		   const char **ret);

/** A scalar, expanded; owned by the project. */
int compose_text(struct compose *compose, const yaml_node_t *node,
		 const char **ret);
/** The same for a line of a shell, which itself replaces $NAME. */
int compose_line(struct compose *compose, const yaml_node_t *node,
		 const char **ret);
int compose_bool(struct compose *compose, const yaml_node_t *node, bool *ret);
int compose_number(struct compose *compose, const yaml_node_t *node,
		   uint64_t max, uint64_t *ret);
/** Seconds, or with a unit: "1.5s". */
int compose_seconds(struct compose *compose, const yaml_node_t *node,
		    int64_t *ret_us);
/** A path. A relative one begins at the project's directory; @ret is absolute.
 */
int compose_path(struct compose *compose, const yaml_node_t *node,
		 const char **ret);

/** Append a text to a list of const char *. */
int compose_append(struct list *list, const char *text);

/** Set "NAME=value" in a list; replaces an earlier value. */
int compose_set(struct compose *compose, struct list *env, const char *name,
		const char *value);

/** A list of "NAME=value", or a mapping. @target  a struct list of them. */
int compose_environment(struct compose *compose, yaml_node_t *node,
			void *target);
/** Files of them. */
int compose_env_file(struct compose *compose, yaml_node_t *node, void *target);
/** A mapping. @target  a struct list of struct variable. */
int compose_vars(struct compose *compose, yaml_node_t *node, void *target);
/** @target  a struct log_file. */
int compose_log(struct compose *compose, yaml_node_t *node, void *target);

/* -------------------------------------------------------------------- text */

/** Expand a text. @is_shell  as compose_line(). */
int compose_expand(struct compose *compose, const yaml_node_t *node,
		   const char *text, bool is_shell, const char **ret);

/** A variable of .env or of our environment. @return its value, or NULL. */
const char *compose_variable(const struct compose *compose, const char *name,
			     size_t length);

/* -------------------------------------------------------------- their keys */

/** The whole document. */
int compose_project(struct compose *compose, yaml_node_t *root);

/** Keep one entry of `processes` for compose_resolve(). */
int compose_add_entry(struct compose *compose, yaml_node_t *key,
		      yaml_node_t *value, void *unused);

/** After all files: read every service from its entries. */
int compose_resolve(struct compose *compose);

/** Begin a service: no vars, no switches. */
void compose_begin(struct compose *compose);
/** The keys of an entry that affect others: vars, replicas, … */
int compose_process_first(struct compose *compose,
			  const struct compose_entry *entry,
			  struct service *service);
/** Its other keys. */
int compose_process(struct compose *compose, const struct compose_entry *entry,
		    struct service *service);
/** After all entries of a service. */
int compose_end(struct compose *compose, const struct compose_entry *last,
		struct service *service);

/** After all services: conditions that cannot be met as they are meant. */
int compose_check(struct compose *compose);

/** The shell of a project that names none: process-compose has bash.
 * @return 0 or -errno with the reason. */
int compose_shell(struct compose *compose);

/** @target  a list of struct dependency. */
int compose_depends(struct compose *compose, yaml_node_t *node, void *target);
/** @target  a struct availability. */
int compose_availability(struct compose *compose, yaml_node_t *node,
			 void *target);
/** @target  a struct shutdown. */
int compose_shutdown(struct compose *compose, yaml_node_t *node, void *target);
int compose_stop(struct compose *compose, yaml_node_t *node, void *target);
/** @target  a struct timetable. */
int compose_schedule(struct compose *compose, yaml_node_t *node, void *target);

/** @target  a struct machine. */
int compose_via(struct compose *compose, yaml_node_t *node, void *target);
/** In which directory a probe's command runs. @ret  NULL: that of jig there.
 * @return 0 or -ENOMEM. */
int compose_exec_directory(struct compose *compose,
			   const struct compose_exec *exec,
			   const struct service *service, const char **ret);
/** The key `nodes`. @target  a struct service. */
int compose_nodes(struct compose *compose, yaml_node_t *node, void *target);
/** The key `replicas`, if it is "nodes". @node  NULL: there is none.
 * @return 1 it is; 0; or -errno. */
int compose_on_each_node(struct compose *compose, yaml_node_t *node,
			 struct service *service);
/** After all entries of a process: what cannot work on another machine. */
int compose_via_check(struct compose *compose, const struct compose_entry *last,
		      const struct service *service);

/** @target  a struct service. */
int compose_readiness(struct compose *compose, yaml_node_t *node, void *target);
int compose_liveness(struct compose *compose, yaml_node_t *node, void *target);
int compose_log_line(struct compose *compose, yaml_node_t *node, void *target);
/** After all entries of a process: its probes as jig's words. */
int compose_finish_probes(struct compose *compose, struct service *service);

/** Read another file; the current one overrides it.
 * @extends  the value that names it. */
int compose_extend(struct compose *compose, const yaml_node_t *extends,
		   const char *path);

#endif
