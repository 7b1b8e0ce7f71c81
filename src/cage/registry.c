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
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/directory.h"
#include "base/fd.h"
#include "base/runtime_dir.h"
#include "base/text.h"
#include "cage/brand.h"
#include "proc/mount_type.h"

/* Entries with a living guard that are checked all the same, in case the
 * number is another process's by now. */
#define SUSPECTS 16

/* More are not taken in one go. */
#define ENTRIES 100000

/* Limits of a start: so many names are looked at, and so many locks are tried
 * of cages whose guard it cannot see. If there are more, a process is started.
 */
#define LOOKS 1024
#define LOCKS 64

/* A dot, "jig-", a pid, a blank, 16 digits. */
#define NAME_ROOM 40

#define ENTRY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

int registry_parse(const char *name, pid_t *ret_guard, uint64_t *ret_brand)
{
	char digits[16];
	char *end;
	uint64_t guard, brand;
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
	if (strlen(name) != 16 || strspn(name, "0123456789abcdef") != 16)
		return -EINVAL;
	brand = strtoull(name, &end, 16);
	*ret_guard = (pid_t)guard;
	*ret_brand = brand;
	return 0;
}

void registry_name(uint64_t brand, char *buffer, size_t size)
{
	(void)snprintf(buffer, size, "jig-%d-%016" PRIx64, getpid(), brand);
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
static bool is_trusted(int entry)
{
	struct stat st;

	return fstat(entry, &st) == 0 && st.st_uid == geteuid() &&
	       (st.st_mode & 022) == 0;
}

/* What a look at the entries has done so far. */
struct look {
	int suspects; /* that may be checked yet */
	int locks; /* that were tried */
	int names; /* that were seen */
};

/* As seen from here; in another pid namespace it may live nevertheless. */
static bool is_alive(pid_t pid)
{
	return kill(pid, 0) == 0 || errno == EPERM;
}

/*
 * Lock an entry, if its cage can be abandoned.
 * @return  its descriptor, or -1: it is not abandoned, or not ours.
 */
static int lock_abandoned(int parent, const char *name, struct look *look,
			  uint64_t *ret_brand)
{
	/* A dot: its jig was killed before it had the lock. */
	bool hidden = *name == '.';
	pid_t guard;

	if (registry_parse(name + hidden, &guard, ret_brand) < 0 ||
	    guard == getpid())
		return -1;
	look->names++;
	/* A living one with a dot is about to take its lock: not from it. */
	if (is_alive(guard) && (hidden || look->suspects-- <= 0))
		return -1;
	look->locks++;

	CLEANUP_CLOSE int fd = openat(parent, name, ENTRY_FLAGS);
	if (fd < 0 || !is_trusted(fd) || flock(fd, LOCK_EX | LOCK_NB) < 0)
		return -1;
	return take_fd(&fd);
}

int registry_each_abandoned(int parent, const char *own,
			    void (*clear)(int parent, int entry,
					  const char *name, uint64_t brand,
					  const void *context),
			    const void *context)
{
	struct look look = { .suspects = SUSPECTS };
	struct dirent *entry;
	uint64_t brand;

	if (!has_others(parent, own))
		return 0;
	CLEANUP_DIR DIR *dir = directory_list(parent);
	if (!dir)
		return -errno;
	while (errno = 0, (entry = readdir(dir))) {
		CLEANUP_CLOSE int one =
			lock_abandoned(parent, entry->d_name, &look, &brand);
		if (one >= 0)
			clear(parent, one, entry->d_name, brand, context);
	}
	return -errno; /* 0 at the end. */
}

const char *registry_own(const struct cage *cage)
{
	return cage->registry >= 0 ? cage->name : NULL;
}

bool registry_has_abandoned(int parent, const char *own)
{
	struct look look = { .suspects = SUSPECTS };
	struct dirent *entry;
	uint64_t brand;

	if (parent < 0 || !has_others(parent, own))
		return false;
	CLEANUP_DIR DIR *dir = directory_list(parent);
	while (dir && (entry = readdir(dir))) {
		CLEANUP_CLOSE int one =
			lock_abandoned(parent, entry->d_name, &look, &brand);
		if (one >= 0 || look.names > LOOKS || look.locks > LOCKS)
			return true;
	}
	return false;
}

int registry_open(void)
{
	return runtime_dir_open_if(mount_path_is_local, NULL, 0);
}

int registry_enter(struct cage *cage)
{
	char hidden[sizeof(cage->name) + 1];
	CLEANUP_CLOSE int parent = registry_open();

	cage->unregistered = parent == -EREMOTE;
	if (parent < 0)
		return parent;
	registry_name(cage->brand, cage->name, sizeof(cage->name));

	/* Under another name until it is locked: no other jig can take it for
	 * abandoned meanwhile. */
	(void)snprintf(hidden, sizeof(hidden), ".%s", cage->name);
	if (mkdirat(parent, hidden, 0700) < 0)
		return -errno;
	CLEANUP_CLOSE int fd = openat(parent, hidden, ENTRY_FLAGS);
	if (fd < 0 || flock(fd, LOCK_EX | LOCK_NB) < 0 ||
	    renameat(parent, hidden, parent, cage->name) < 0) {
		int r = -errno;

		(void)unlinkat(parent, hidden, AT_REMOVEDIR); /* Useless. */
		return r;
	}
	cage->registry = take_fd(&parent);
	cage->lock = take_fd(&fd);
	return 0;
}

void registry_leave(struct cage *cage)
{
	if (cage->lock < 0)
		return;
	/* ENOENT: the other of guard and supervisor was faster. */
	(void)unlinkat(cage->registry, cage->name, AT_REMOVEDIR);
}

struct abandoned {
	char name[NAME_ROOM];
	uint64_t brand; /* 0: no process can have it */
};

static void collect(int parent, int entry, const char *name, uint64_t brand,
		    const void *context)
{
	struct list *all = *(struct list *const *)context;
	struct abandoned one = { .brand = brand };

	(void)parent;
	(void)entry;
	/* Under a name with a dot nothing was started yet; and its jig may be
	 * about to take the lock that we let go of now. */
	if (*name == '.' || !brand_is_valid(brand))
		one.brand = 0;
	text_copy(one.name, sizeof(one.name), name);
	if (all->count < ENTRIES) /* The rest is the next jig's. */
		(void)list_append(all, &one, sizeof(one)); /* The same. */
}

static int list_brands(const struct list *all, struct list *ret)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < all->count; i++) {
		const struct abandoned *one = list_at(all, i, sizeof(*one));

		if (one->brand)
			r = list_append(ret, &one->brand, sizeof(one->brand));
	}
	return r;
}

static int compare_brands(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

/* Those whose processes were ended, and those without a valid brand. */
static void remove_cleared(int parent, const struct list *all,
			   const struct list *cleared)
{
	if (cleared->count > 0)
		qsort(cleared->items, cleared->count, sizeof(uint64_t),
		      compare_brands);
	for (size_t i = 0; i < all->count; i++) {
		const struct abandoned *one = list_at(all, i, sizeof(*one));

		if (!one->brand ||
		    (cleared->count > 0 &&
		     bsearch(&one->brand, cleared->items, cleared->count,
			     sizeof(uint64_t), compare_brands)))
			(void)unlinkat(parent, one->name,
				       AT_REMOVEDIR); /* Or another did. */
	}
}

void registry_clear_abandoned(const struct cage *cage)
{
	CLEANUP(list_free) struct list all = { 0 }, brands = { 0 };
	struct list *context = &all;
	CLEANUP_CLOSE int parent = cage->registry < 0
					   ? registry_open()
					   : fd_dup_above(cage->registry, 3);

	if (parent < 0 || cage->procfd < 0)
		return;
	(void)registry_each_abandoned(parent, registry_own(cage), collect,
				      &context);
	if (list_brands(&all, &brands) < 0)
		return;
	brand_refuse(cage->procfd, &brands);
	if (brand_kill(cage->procfd, &brands) == 0)
		remove_cleared(parent, &all, &brands);
}
