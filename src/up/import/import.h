/* SPDX-License-Identifier: MIT */
/*
 * A docker-compose.yml as a jig.yaml: services that could be processes, with
 * what jig has of their keys, and a note for each key that has no meaning here.
 *
 *   import.c   the file, and the keys of its top level
 *   service.c  the keys of a service
 *   keys.c     what takes more than a line
 *   write.c    YAML that is written
 *
 * A service could be a process if it is built here and has a command.
 *
 * Invariant: the text is read and written, never expanded: a variable of the
 * file stands in the result, its value does not.
 *
 * What does not belong here: how jig reads the result (up/files).
 */
#ifndef JIG_UP_IMPORT_IMPORT_H
#define JIG_UP_IMPORT_IMPORT_H

#include "base/fault.h"
#include "base/file/named.h"
#include "base/list.h"

/** What was made of a file. */
struct imported {
	unsigned services, notes;
};

/**
 * @file        also for errors.
 * @by          the source of its name: a file, or the user.
 * @ret_yaml    the jig.yaml; buffer_free() it.
 * @return      0; -ENOENT with the reason: no service could be a process;
 *              -EINVAL, …
 */
int import_compose(const char *file, enum named_by by, struct buffer *ret_yaml,
		   struct imported *ret, struct fault *fault);

#endif
