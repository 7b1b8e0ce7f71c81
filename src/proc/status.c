// SPDX-License-Identifier: MIT
#include "proc/status.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fd.h"

/* Whether the line is of that name; then *ret_value is what stands behind. */
static bool status_is_line(const char *line, const char *name,
			   const char **ret_value)
{
	size_t length = strlen(name);

	if (strncmp(line, name, length) != 0)
		return false;
	*ret_value = line + length;
	return true;
}

static void status_take_line(const char *line, struct proc_status *status,
			     bool *ret_has_users)
{
	const char *value;
	char *end;

	if (status_is_line(line, "Uid:", &value)) {
		status->real_uid = (uid_t)strtoul(value, &end, 10);
		status->uid = (uid_t)strtoul(end, NULL, 10);
		*ret_has_users = true;
	} else if (status_is_line(line, "Tgid:", &value)) {
		status->tgid = (pid_t)strtol(value, NULL, 10);
	} else if (status_is_line(line, "VmRSS:", &value)) {
		status->resident_kib = strtoull(value, NULL, 10);
	} else if (status_is_line(line, "VmLck:", &value)) {
		status->locked_kib = strtoull(value, NULL, 10);
	} else if (status_is_line(line, "SigIgn:", &value)) {
		status->ignored = strtoull(value, NULL, 16);
	} else if (status_is_line(line, "SigCgt:", &value)) {
		status->caught = strtoull(value, NULL, 16);
	}
}

int status_parse(const char *text, struct proc_status *ret)
{
	struct proc_status status = { 0 };
	bool has_users = false;

	/* A newline in the name, the first line, is written as \\n. */
	for (const char *line = text; line; line = strchr(line, '\n')) {
		line += *line == '\n';
		if (strchr("STUV", *line) && *line)
			status_take_line(line, &status, &has_users);
	}
	if (!has_users)
		return -EINVAL;
	*ret = status;
	return 0;
}

int status_read(int procfd, pid_t pid, struct proc_status *ret)
{
	/* Room for the groups, which stand before what we want. */
	char path[32], text[16384];

	(void)snprintf(path, sizeof(path), "%d/status", pid);

	ssize_t n = fd_read_record(procfd, path, text, sizeof(text));

	if (n == -ENOENT || n == 0)
		return -ESRCH;
	return n < 0 ? (int)n : status_parse(text, ret);
}

int status_ignored(int procfd, uint64_t *ret)
{
	/* With up to a hundred groups. A larger buffer would take one more page
	 * of the stack from every start. */
	char text[2048];
	ssize_t n = procfd < 0 ? -ENOENT
			       : fd_read_record(procfd, "self/status", text,
						sizeof(text));
	const char *line = n > 0 ? strstr(text, "\nSigIgn:\t") : NULL;

	if (!line)
		return n < 0 ? (int)n : -EINVAL;
	*ret = strtoull(line + strlen("\nSigIgn:\t"), NULL, 16);
	return 0;
}
