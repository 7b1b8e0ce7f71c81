/* SPDX-License-Identifier: MIT */
/*
 * The file of a unix socket: made by bind(2), which never replaces one, and
 * left behind by a server that was killed.
 *
 * Invariant: jig removes a socket's file only if it has bound it itself, or if
 * no server listens on it and no other jig of this user can be about to. Jigs
 * of different users, or with different runtime directories, do not exclude
 * each other: the directory's permissions decide whether one may remove the
 * other's file. A lock for all users would not help, since any process could
 * keep it.
 */
#ifndef JIG_NET_SOCKET_FILE_H
#define JIG_NET_SOCKET_FILE_H

#include <sys/un.h>

#include "base/file/id.h"

/**
 * Bind @fd and listen. A file there on which no server listens is replaced; of
 * several jigs of a user that do this at the same time, one succeeds.
 *
 * @ret  which file it has made.
 * @return  0, or what bind(2) and listen(2) say (-EADDRINUSE).
 */
int socket_file_bind(int fd, const struct sockaddr_un *at, struct file_id *ret);

/** Remove @path, if it still stands for the file that we have made. */
void socket_file_remove(const char *path, const struct file_id *id);

#endif
