/* SPDX-License-Identifier: MIT */
/*
 * The number of an instance in the texts of its service.
 *
 * A file may have {{.PC_REPLICA_NUM}} in a command, a probe, a variable or a
 * path. The reader writes {PC_REPLICA_NUM}, and each instance gets its number
 * there, from 0 on.
 *
 * Invariant: a copy has no mark, and borrows what it does not change.
 *
 * What does not belong here: the environment variable PC_REPLICA_NUM.
 */
#ifndef JIG_UP_PROJECT_REPLICA_H
#define JIG_UP_PROJECT_REPLICA_H

#include "up/project/project.h"

#define REPLICA_MARK "{PC_REPLICA_NUM}"
/** In a probe of an instance that has PORT. */
#define REPLICA_PORT "{PORT}"

/** A service as one of its instances has it. */
struct replica {
	struct service service;
	struct list texts; /* of char *: owned */
};

/**
 * Copy a service, with @number in place of each mark in its command, directory,
 * variables, probes, sockets, ports and shutdown command. Not in the path of
 * its log (replica_log_path()). ${PC_REPLICA_NUM}, a variable of a shell, is no
 * mark. In its probes {PORT} becomes @port, if that is above 0. In the words of
 * its transport {node} becomes the node of the instance.
 *
 * @ret     borrows from @service; replica_free() it, also after a failure.
 * @return  0 or -ENOMEM.
 */
int replica_make(const struct service *service, unsigned number, int port,
		 struct replica *ret);

/**
 * Replace names of other services in braces, jig-run(1), in its texts.
 * @names  of struct name.
 * @return 0 or -ENOMEM.
 */
int replica_names(struct replica *replica, const struct list *names);

/** One text with @number in place of each mark. @ret  free() it. @return 0 or
 * -ENOMEM. */
int replica_text(const char *text, unsigned number, char **ret);

/**
 * The log file of an instance. Several instances have a file each: the number
 * replaces each mark, or stands behind the path.
 *
 * @service  has the path of a log.
 * @number   from 0 on.
 * @ret      free() it.
 * @return   0 or -ENOMEM.
 */
int replica_log_path(const struct service *service, unsigned number,
		     char **ret);

/** A zeroed one is allowed. */
void replica_free(struct replica *replica);

#endif
