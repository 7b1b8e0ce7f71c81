// SPDX-License-Identifier: MIT
#include <errno.h>
#include <stdio.h>

#include "agent/agent.h"

/* Those that libjig returns, and those of the calls that it makes. */
static const char *const error_names[] = {
	[E2BIG] = "E2BIG",
	[EACCES] = "EACCES",
	[EADDRINUSE] = "EADDRINUSE",
	[EADDRNOTAVAIL] = "EADDRNOTAVAIL",
	[EAGAIN] = "EAGAIN",
	[EBADF] = "EBADF",
	[EBUSY] = "EBUSY",
	[ECANCELED] = "ECANCELED",
	[ECHILD] = "ECHILD",
	[ECONNREFUSED] = "ECONNREFUSED",
	[EEXIST] = "EEXIST",
	[EINTR] = "EINTR",
	[EINVAL] = "EINVAL",
	[EIO] = "EIO",
	[EISDIR] = "EISDIR",
	[ELIBBAD] = "ELIBBAD",
	[ELOOP] = "ELOOP",
	[EMFILE] = "EMFILE",
	[ENAMETOOLONG] = "ENAMETOOLONG",
	[ENFILE] = "ENFILE",
	[ENOENT] = "ENOENT",
	[ENOEXEC] = "ENOEXEC",
	[ENOMEM] = "ENOMEM",
	[ENOPKG] = "ENOPKG",
	[ENOSPC] = "ENOSPC",
	[ENOSYS] = "ENOSYS",
	[ENOTDIR] = "ENOTDIR",
	[ENOTSUP] = "ENOTSUP",
	[ENOTTY] = "ENOTTY",
	[EPERM] = "EPERM",
	[EPIPE] = "EPIPE",
	[EPROTO] = "EPROTO",
	[EROFS] = "EROFS",
	[ESRCH] = "ESRCH",
	[ETIME] = "ETIME",
	[ETIMEDOUT] = "ETIMEDOUT",
	[ETXTBSY] = "ETXTBSY",
};

const char *error_name(int error, char buffer[16])
{
	static const struct words words = WORDS_OF(error_names);
	const char *name =
		error < 0 ? words_name(&words, (size_t)-error) : NULL;

	if (name)
		return name;
	(void)snprintf(buffer, 16, "E%d", -error);
	return buffer;
}
