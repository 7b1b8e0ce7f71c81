// SPDX-License-Identifier: MIT
/* Write a file completely or not at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/retry.h"
#include "up/export/text.h"

static int export_file_failed(struct export *export, int r, const char *path)
{
	return fault_set(export->fault, r, "cannot write %s: %s", path,
			 strerror(-r));
}

/* Whether the file exists. @ret_same  whether its content is @text. */
static bool exists(int dirfd, const char *path, const struct buffer *text,
		   bool *ret_same)
{
	CLEANUP_FREE char *old = NULL;
	struct stat st;
	ssize_t size;

	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return false;
	*ret_same = false;
	if (!S_ISREG(st.st_mode))
		return true;
	size = fd_read_whole(dirfd, path, 64 << 20, &old);
	*ret_same = size >= 0 && (size_t)size == text->used &&
		    memcmp(old, text->text, text->used) == 0;
	return true;
}

static int export_file_write_new(int dirfd, const char *path, mode_t mode,
				 const struct buffer *text)
{
	char new[300];
	CLEANUP_CLOSE int fd = -1;
	int r;

	if (snprintf(new, sizeof(new), "%s.new", path) >= (int)sizeof(new))
		return -ENAMETOOLONG;
	if (unlinkat(dirfd, new, 0) < 0 && errno != ENOENT)
		return -errno;
	fd = RETRY(openat(dirfd, new,
			  O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
			  mode));
	if (fd < 0)
		return -errno;
	r = fd_write_all(fd, text->text, text->used);
	if (r == 0 && renameat(dirfd, new, dirfd, path) < 0)
		r = -errno;
	if (r < 0)
		(void)unlinkat(dirfd, new, 0); /* the incomplete file */
	return r;
}

int export_write(struct export *export, const char *path, mode_t mode,
		 struct buffer *text)
{
	int dirfd = export->settings->dirfd, r = text->error;
	bool same = false;

	if (r == 0 && exists(dirfd, path, text, &same) && !same)
		export_note(export, NULL, "%s existed and is replaced", path);
	if (r == 0)
		r = export_file_write_new(dirfd, path, mode, text);
	buffer_free(text);
	if (r < 0)
		return export_file_failed(export, r, path);
	export->count++;
	return 0;
}

int export_put(struct export *export, const char *directory, const char *name,
	       mode_t mode, struct buffer *text)
{
	CLEANUP(buffer_free) struct buffer path = { 0 };

	buffer_printf(&path, "%s/%s", directory, name);
	return export_write(export, path.text ? path.text : "", mode, text);
}

int export_write_file(struct export *export, const char *suffix)
{
	CLEANUP(buffer_free) struct buffer path = { 0 };

	buffer_printf(&path, "%s.%s", export->application, suffix);
	return export_write(export, path.text ? path.text : "", 0666,
			    &export->file);
}

int export_mkdir(struct export *export, const char *path)
{
	struct stat st;
	int dirfd = export->settings->dirfd;

	if (mkdirat(dirfd, path, 0777) < 0 && errno != EEXIST)
		return export_file_failed(export, -errno, path);
	if (fstatat(dirfd, path, &st, AT_SYMLINK_NOFOLLOW) < 0)
		return export_file_failed(export, -errno, path);
	return S_ISDIR(st.st_mode) ? 0
				   : export_file_failed(export, -ENOTDIR, path);
}
