/* SPDX-License-Identifier: MIT */
/*
 * A document of YAML, within limits.
 *
 * Invariant: what is beyond a limit is refused before it costs more than its
 * length. libyaml takes time that is quadratic in the depth of "[", and in the
 * number of anchors and of directives; we, in that of keys of one mapping.
 *
 * What does not belong here: what the values mean (up/files).
 */
#ifndef JIG_UP_YAML_DOCUMENT_H
#define JIG_UP_YAML_DOCUMENT_H

#include <stddef.h>
#include <yaml.h>

#include "base/fault.h"

/** The limits, which are far above what a person writes. */
#define DOCUMENT_DEPTH_MAX 100
#define DOCUMENT_NODES_MAX 100000
#define DOCUMENT_ANCHORS_MAX 10000 /* and aliases */
#define DOCUMENT_DIRECTIVES_MAX 16
#define DOCUMENT_KEYS_MAX 4096 /* of one mapping */

/**
 * Read the only document of a file.
 *
 * @file  for errors.
 * @ret   yaml_document_delete() it; an empty file has no root node.
 * @return  0; -EINVAL with "FILE:LINE:COLUMN: …": it is not YAML, a limit is
 *          exceeded, or there is another document; -ENOMEM.
 */
int document_read(const char *text, size_t length, const char *file,
		  yaml_document_t *ret, struct fault *fault);

#endif
