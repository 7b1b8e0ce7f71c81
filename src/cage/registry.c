// SPDX-License-Identifier: MIT
#include "cage/registry.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/file/directory.h"
#include "base/file/lock.h"
#include "base/file/runtime_dir.h"
#include "base/retry.h"
#include "base/text.h"
#include "cage/brand.h"
#include "proc/mount_type.h"
#include "proc/procfs.h"

/* Number of entries with a living guard that are checked nevertheless: the pid
 * may belong to another process by now. */
#define SUSPECTS 16

/* Limits at a start: of names that are read, and of locks that are tried for
 * cages whose guard it cannot see. If there are more, a process is started. */
#define LOOKS 1024
#define LOCKS 64

/* Of an entry that another jig takes for abandoned. */
#define TRIES 8

/* PROC_PID_INIT_INO of the kernel's proc_ns.h: the first pid namespace. From
 * there all processes are seen. */
#define FIRST_NAMESPACE 4026531836U

#define ENTRY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* The parts of a name. */
struct entry_name {
	pid_t guard;
	uint64_t brand;
	uint64_t namespace; /* 0: of a jig that did not write it, or no /proc */
};

/* Behind the brand: nothing, or a dash and the pid namespace's inode. */
static int parse_namespace(const char *text, uint64_t *ret)
{
	*ret = 0;
	if (*text == '\0')
		return 0;
	if (*text != '-' || text_number(text + 1, UINT32_MAX, ret) < 0 ||
	    *ret == 0)
		return -EINVAL;
	return 0;
}

static int parse_name(const char *name, struct entry_name *ret)
{
	char digits[16];
	uint64_t guard, namespace;
	size_t length;

	if (strncmp(name, "jig-", 4) != 0)
		return -EINVAL;
	name += 4;
	length = strcspn(name, "-");
	if (length >= sizeof(digits) || name[length] != '-')
		return -EINVAL;
	memcpy(digits, name, length);
	digits[length] = '\0';
	if (text_number(digits, INT32_MAX, &guard) < 0 || guard == 0)
		return -EINVAL;
	name += length + 1;
	if (strspn(name, "0123456789abcdef") != 16 ||
	    parse_namespace(name + 16, &namespace) < 0)
		return -EINVAL;
	*ret = (struct entry_name){ (pid_t)guard, strtoull(name, NULL, 16),
				    namespace };
	return 0;
}

int registry_parse(const char *name, pid_t *ret_guard, uint64_t *ret_brand)
{
	struct entry_name entry;
	int r = parse_name(name, &entry);

	if (r < 0)
		return r;
	*ret_guard = entry.guard;
	*ret_brand = entry.brand;
	return 0;
}

/*
 * Whether there can be directories besides our own: a link count is two and
 * one for each of them. File systems that do not count say one. Every start of
 * a jig asks, and one look at the count is a tenth of a listing. The supervisor
 * may have removed ours by now; if it is there after the count, it was counted.
 */
static bool has_others(int parent, const char *own)
{
	struct stat st;

	return fstat(parent, &st) < 0 || st.st_nlink != 2U + (own != NULL) ||
	       (own && fstatat(parent, own, &st, AT_SYMLINK_NOFOLLOW) < 0);
}

/* It is ours, and no other user could write to it: else another user could make
 * us end processes that do not belong to a cage. */
static bool registry_is_trusted(int entry)
{
	struct stat st;

	return fstat(entry, &st) == 0 && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0;
}

void registry_name(struct cage *cage, uint64_t number)
{
	const size_t size = sizeof(cage->name);
	int used = snprintf(cage->name, size, "jig-%d-%016" PRIx64,
			    cage->reaper, number);

	if (cage->namespace > 0)
		(void)snprintf(cage->name + used, size - (size_t)used,
			       "-%" PRIu64, cage->namespace);
}

/* The state of one pass over the entries. */
struct registry_look {
	registry_foreign foreign;
	uint64_t namespace; /* our own; 0: not read yet, or not known */
	int procfd;
	pid_t self;
	int suspects; /* that may be checked yet */
	int locks; /* that were tried */
	int names; /* that were seen */
};

/* As seen from here; a guard of another pid namespace may still live. */
static bool registry_is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/*
 * In another pid namespace we may see none of the processes that bear the
 * brand: a jig that does has to clear that cage.
 */
static bool is_elsewhere(struct registry_look *look,
			 const struct entry_name *entry)
{
	if (entry->namespace == 0)
		return false;
	if (look->namespace == 0)
		look->namespace = procfs_namespace(look->procfd);
	return look->namespace != entry->namespace &&
	       look->namespace != FIRST_NAMESPACE;
}

/*
 * Lock an entry, if its cage can be abandoned.
 * @return  its descriptor, or -1: it is not abandoned, or not ours.
 */
static int lock_abandoned(int parent, const char *name,
			  struct registry_look *look,
			  struct registry_entry *ret)
{
	/* A dot: its jig was killed before it had the lock. */
	bool hidden = *name == '.';
	struct entry_name entry;

	if (parse_name(name + hidden, &entry) < 0 || entry.guard == look->self)
		return -1;
	look->names++;
	/* A living one with a dot is about to take its lock: not from it. */
	if (registry_is_alive(entry.guard) && (hidden || look->suspects-- <= 0))
		return -1;
	ret->elsewhere = is_elsewhere(look, &entry);
	if (ret->elsewhere && !look->foreign)
		return -1;
	/* Under a name with a dot nothing was started yet. */
	ret->brand = !hidden && brand_is_valid(entry.brand) ? entry.brand : 0;
	look->locks++;

	CLEANUP_CLOSE int fd = RETRY(openat(parent, name, ENTRY_FLAGS));
	/* Its jig may have made another one meanwhile, because a jig of another
	 * pid namespace has removed this one: that is not ours to remove. */
	if (fd < 0 || !registry_is_trusted(fd) || lock_take(fd, 0) < 0 ||
	    !lock_has_name(fd, parent, name) ||
	    (ret->elsewhere && !look->foreign(fd)))
		return -1;
	text_copy(ret->name, sizeof(ret->name), name);
	ret->fd = take_fd(&fd);
	return ret->fd;
}

/* Half of the descriptors are left for the clearing. */
static int highest_descriptor(void)
{
	struct rlimit limit;

	return getrlimit(RLIMIT_NOFILE, &limit) < 0 ||
			       limit.rlim_cur > INT32_MAX
		       ? INT32_MAX
		       : (int)(limit.rlim_cur / 2);
}

/* The locks are let go of when all is done. */
static void clear_batch(struct registry_batch *batch, registry_clear clear,
			void *context)
{
	if (batch->count > 0)
		clear(batch, context);
	for (size_t i = 0; i < batch->count; i++)
		(void)close(batch->entries[i].fd);
	batch->count = 0;
}

int registry_each_abandoned(int procfd, int parent, const char *own,
			    registry_foreign foreign, registry_clear clear,
			    void *context)
{
	struct registry_look look = { foreign, .procfd = procfd,
				      .suspects = SUSPECTS };
	struct registry_batch batch = { .parent = parent };
	int highest = highest_descriptor();
	struct dirent *entry;

	if (!has_others(parent, own))
		return 0;
	look.self = getpid();
	CLEANUP_DIR DIR *dir = directory_list(parent);
	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		int fd = lock_abandoned(parent, entry->d_name, &look,
					&batch.entries[batch.count]);

		if (fd < 0)
			continue;
		if (++batch.count == REGISTRY_BATCH || fd >= highest)
			clear_batch(&batch, clear, context);
	}
	int r = -errno; /* 0 at the end. */

	clear_batch(&batch, clear, context);
	return r;
}

const char *registry_own(const struct cage *cage)
{
	return cage->registry >= 0 ? cage->name : NULL;
}

bool registry_has_abandoned(int procfd, int parent, const char *own,
			    registry_foreign foreign)
{
	struct registry_look look = { foreign, .procfd = procfd,
				      .suspects = SUSPECTS };
	struct registry_entry ignored;
	struct dirent *entry;

	if (parent < 0 || !has_others(parent, own))
		return false;
	look.self = getpid();
	CLEANUP_DIR DIR *dir = directory_list(parent);
	while (dir && (entry = readdir(dir))) {
		CLEANUP_CLOSE int one =
			lock_abandoned(parent, entry->d_name, &look, &ignored);
		if (one >= 0 || look.names > LOOKS || look.locks > LOCKS)
			return true;
	}
	return false;
}

int registry_open(void)
{
	return runtime_dir_open_if(mount_path_is_local, NULL, 0);
}

/* @return  -EWOULDBLOCK, -ENOENT: another jig takes it for abandoned. */
static int registry_add_entry(struct cage *cage, int parent)
{
	char hidden[sizeof(cage->name) + 1];

	registry_name(cage, cage->brand);
	/* Under another name until it is locked: no other jig of this pid
	 * namespace can take it for abandoned meanwhile. */
	(void)snprintf(hidden, sizeof(hidden), ".%s", cage->name);
	if (mkdirat(parent, hidden, 0700) < 0)
		return -errno;
	CLEANUP_CLOSE int fd = RETRY(openat(parent, hidden, ENTRY_FLAGS));
	if (fd < 0 || RETRY(flock(fd, LOCK_EX | LOCK_NB)) < 0 ||
	    renameat(parent, hidden, parent, cage->name) < 0) {
		int r = -errno;

		(void)unlinkat(parent, hidden, AT_REMOVEDIR); /* Useless. */
		return r;
	}
	cage->lock = take_fd(&fd);
	return 0;
}

int registry_enter(struct cage *cage)
{
	CLEANUP_CLOSE int parent = registry_open();
	int r = -ENOENT;

	cage->unregistered = parent == -EREMOTE;
	if (parent < 0)
		return parent;
	for (int i = 0; i < TRIES; i++) {
		r = registry_add_entry(cage, parent);
		if (r != -EWOULDBLOCK && r != -ENOENT)
			break;
		/* It will end the bearers of this brand. */
		cage->brand = brand_new();
		if (!cage->brand)
			return r;
	}
	if (r == 0)
		cage->registry = take_fd(&parent);
	return r;
}

void registry_leave(struct cage *cage)
{
	if (cage->lock < 0)
		return;
	/* ENOENT: the other of guard and supervisor was faster. */
	(void)unlinkat(cage->registry, cage->name, AT_REMOVEDIR);
}

static int list_brands(const struct registry_batch *batch, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		const struct registry_entry *entry = &batch->entries[i];

		if (entry->brand && !entry->elsewhere)
			r = list_append(ret, &entry->brand,
					sizeof(entry->brand));
	}
	return r;
}

static bool has_brand(const struct list *brands, uint64_t brand)
{
	for (size_t i = 0; i < brands->count; i++)
		if (*(uint64_t *)list_at(brands, i, sizeof(brand)) == brand)
			return true;
	return false;
}

int registry_end_bearers(int procfd, struct registry_batch *batch)
{
	CLEANUP(list_free) struct list brands = { 0 };
	int r = list_brands(batch, &brands);

	if (r < 0)
		return r;
	brand_refuse(procfd, &brands);
	r = brand_kill(procfd, &brands);
	for (size_t i = 0; r == 0 && i < batch->count; i++) {
		struct registry_entry *entry = &batch->entries[i];

		if (has_brand(&brands, entry->brand))
			entry->brand = 0;
	}
	return r;
}

/* An entry stays while processes may have its brand. */
static void clear_entries(struct registry_batch *batch, void *context)
{
	const int *procfd = context;

	(void)registry_end_bearers(*procfd, batch);
	for (size_t i = 0; i < batch->count; i++)
		if (!batch->entries[i].brand)
			(void)unlinkat(batch->parent, batch->entries[i].name,
				       AT_REMOVEDIR); /* Or another did. */
}

void registry_clear_abandoned(const struct cage *cage)
{
	int procfd = cage->procfd;
	CLEANUP_CLOSE int parent = cage->registry < 0
					   ? registry_open()
					   : fd_dup_above(cage->registry, 3);

	if (parent >= 0 && procfd >= 0)
		(void)registry_each_abandoned(procfd, parent,
					      registry_own(cage), NULL,
					      clear_entries, &procfd);
}
