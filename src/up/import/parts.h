/* SPDX-License-Identifier: MIT */
/*
 * The parts of an import, for the files of this folder only.
 *
 * Invariant: nodes belong to the document, texts to the buffers of an item.
 *
 * What does not belong here: import_compose() (import.h).
 */
#ifndef JIG_UP_IMPORT_PARTS_H
#define JIG_UP_IMPORT_PARTS_H

#include "up/files/compose_reader.h"
#include "up/import/import.h"

/** One service on its way. */
struct item {
	const struct compose *compose;
	yaml_node_t *services; /* all of them */
	yaml_node_t *node;
	const char *name;
	const char *directory; /* its build context; "." if unknown */
	struct buffer notes; /* lines of comments */
	struct buffer keys; /* lines of YAML */
	unsigned note_count;
	unsigned replicas;
};

/* write.c */

/** A text for a comment: what could end the line becomes a blank. */
void write_comment(struct buffer *out, const char *text);
/** A scalar in double quotes. */
void write_text(struct buffer *out, const char *text);
/** The same for a value in which jig.yaml may replace {{…}}: it stays. */
void write_value(struct buffer *out, const char *text);
/** "    key: " and a value. */
void write_key(struct item *item, const char *key, const char *text);
/** "    # text": a note, in one line. */
void write_note(struct item *item, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/** A word in single quotes, if sh needs them. */
void write_word(struct buffer *out, const char *word);

/* service.c */

/** Whether it could be a process. */
bool service_is_process(const struct compose *compose, yaml_node_t *node);
/** All keys of a service. @return 0 or -errno with the reason. */
int service_take(struct item *item);
/** The value of a key, as it is written; NULL: none, or no scalar. */
const char *item_text(const struct item *item, yaml_node_t *node,
		      const char *key);
yaml_node_t *item_find(const struct item *item, yaml_node_t *node,
		       const char *key);
/** A scalar's text; NULL: it is none. */
const char *item_scalar(const yaml_node_t *node);
/** The items of a sequence, or a scalar as one. NULL behind the last. */
yaml_node_t *item_at(const struct item *item, yaml_node_t *node, size_t index);
/** The pairs of a mapping. @return false: there are no more. */
bool item_pair(const struct item *item, yaml_node_t *node, size_t index,
	       const char **ret_key, yaml_node_t **ret_value);

/* keys.c */

void take_commands(struct item *item);
void take_healthcheck(struct item *item, yaml_node_t *node);
void take_item_depends(struct item *item, yaml_node_t *node);
void take_item_ports(struct item *item, yaml_node_t *node);
void take_stop(struct item *item);
void take_restart(struct item *item);

#endif
