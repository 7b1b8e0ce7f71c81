// SPDX-License-Identifier: MIT
#include "cage/cgroup_walk.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/file/directory.h"
#include "base/list.h"
#include "base/retry.h"

#define DIR_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* One directory on the way; its children's names stand in walk.names. */
struct level {
	ino_t inode;
	size_t first; /* where its names begin … */
	size_t current; /* … the one that we are below … */
	size_t next; /* … and the one that is next */
};

struct cgroup_walk_walk {
	const struct cgroup_visitor *visitor;
	int top; /* borrowed */
	int dir; /* where we are */
	struct list levels; /* of struct level */
	struct buffer names; /* each ends with a NUL */
};

static void free_walk(struct cgroup_walk_walk *walk)
{
	cleanup_close(&walk->dir);
	list_free(&walk->levels);
	buffer_free(&walk->names);
}

static struct level *level_at(const struct cgroup_walk_walk *walk, size_t index)
{
	return list_at(&walk->levels, index, sizeof(struct level));
}

static bool cgroup_walk_is_gone(int error)
{
	return error == -ENOENT || error == -ENODEV;
}

static int add_names(struct cgroup_walk_walk *walk)
{
	struct dirent *entry;

	CLEANUP_DIR DIR *list = directory_list(walk->dir);
	if (!list)
		return cgroup_walk_is_gone(-errno) ? 0 : -errno;
	while (errno = 0, (entry = readdir(list)))
		if (entry->d_type == DT_DIR && entry->d_name[0] != '.')
			buffer_add(&walk->names, entry->d_name,
				   strlen(entry->d_name) + 1);
	/* The error of readdir in a directory that was removed. */
	return errno && !cgroup_walk_is_gone(-errno) ? -errno
						     : walk->names.error;
}

/* Go into @dir, which is the walk's from now on. */
static int cgroup_walk_enter(struct cgroup_walk_walk *walk, int dir)
{
	struct level level = { .first = walk->names.used,
			       .next = walk->names.used };
	struct stat st;
	int r;

	cleanup_close(&walk->dir);
	walk->dir = dir;
	if (fstat(dir, &st) < 0)
		return -errno;
	level.inode = st.st_ino;
	r = list_append(&walk->levels, &level, sizeof(level));
	if (r == 0 && walk->visitor->enter)
		r = walk->visitor->enter(dir, walk->visitor->context);
	return r < 0 ? r : add_names(walk);
}

/* Into the next child. @return 1; 0 there is none, or -errno. */
static int go_down(struct cgroup_walk_walk *walk)
{
	struct level *level = level_at(walk, walk->levels.count - 1);

	while (level->next < walk->names.used) {
		const char *name = walk->names.text + level->next;
		int dir = RETRY(openat(walk->dir, name, DIR_FLAGS));

		level->current = level->next;
		level->next += strlen(name) + 1;
		if (dir < 0 && cgroup_walk_is_gone(-errno))
			continue;
		if (dir < 0)
			return -errno;

		int r = cgroup_walk_enter(walk, dir);

		return r < 0 ? r : 1;
	}
	return 0;
}

/* From the top again, as far down as the way is still there. */
static int open_again(struct cgroup_walk_walk *walk)
{
	CLEANUP_CLOSE int dir = RETRY(openat(walk->top, ".", DIR_FLAGS));
	size_t depth = 1;

	if (dir < 0)
		return -errno;
	for (; depth < walk->levels.count; depth++) {
		const struct level *above = level_at(walk, depth - 1);
		int next = RETRY(openat(dir, walk->names.text + above->current,
					DIR_FLAGS));

		if (next < 0 && cgroup_walk_is_gone(-errno))
			break;
		if (next < 0)
			return -errno;
		cleanup_close(&dir);
		dir = next;
	}
	if (depth < walk->levels.count)
		walk->names.used = level_at(walk, depth)->first;
	walk->levels.count = depth;
	cleanup_close(&walk->dir);
	walk->dir = take_fd(&dir);
	return 0;
}

static int cgroup_walk_open_parent(struct cgroup_walk_walk *walk)
{
	const struct level *parent = level_at(walk, walk->levels.count - 1);
	CLEANUP_CLOSE int dir = RETRY(openat(walk->dir, "..", DIR_FLAGS));
	struct stat st;

	/* It may have been removed, or what we see be mounted. */
	if (dir < 0 || fstat(dir, &st) < 0 || st.st_ino != parent->inode)
		return open_again(walk);
	cleanup_close(&walk->dir);
	walk->dir = take_fd(&dir);
	return 0;
}

/* To the parent. @return 1; 0 at the top, or -errno. */
static int go_up(struct cgroup_walk_walk *walk)
{
	size_t depth = walk->levels.count - 1;
	int r;

	walk->names.used = level_at(walk, depth)->first;
	walk->levels.count = depth;
	if (depth == 0)
		return 0;
	r = cgroup_walk_open_parent(walk);
	/* Fewer levels: the parent has gone, and its child with it. */
	if (r == 0 && walk->levels.count == depth && walk->visitor->leave)
		r = walk->visitor->leave(
			walk->dir,
			walk->names.text + level_at(walk, depth - 1)->current,
			walk->visitor->context);
	return r < 0 ? r : 1;
}

int cgroup_walk(int top, const struct cgroup_visitor *visitor)
{
	CLEANUP(free_walk)
	struct cgroup_walk_walk walk = { .visitor = visitor,
					 .top = top,
					 .dir = -1 };
	int dir = RETRY(openat(top, ".", DIR_FLAGS)), r;

	/* Removed meanwhile, so it was empty. */
	if (dir < 0)
		return cgroup_walk_is_gone(-errno) ? 0 : -errno;
	r = cgroup_walk_enter(&walk, dir);
	while (r >= 0 && walk.levels.count > 0) {
		r = go_down(&walk);
		if (r == 0)
			r = go_up(&walk);
	}
	return r < 0 ? r : 0;
}
