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
#include "base/lock.h"
#include "base/retry.h"
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

/* A dot, "jig-", a pid, 16 digits, the inode of a pid namespace. */
#define NAME_ROOM 64

/* Of an entry that another jig takes for abandoned. */
#define TRIES 8

/* PROC_PID_INIT_INO of the kernel's proc_ns.h: the first pid namespace. From
 * there all processes are seen. */
#define FIRST_NAMESPACE 4026531836U

#define ENTRY_FLAGS (O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW)

/* What a name says. */
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

/* 0: not known. */
static uint64_t own_namespace(int procfd)
{
	struct stat st;

	return procfd >= 0 && fstatat(procfd, "self/ns/pid", &st, 0) == 0
		       ? st.st_ino
		       : 0;
}

/* What a look at the entries has done so far. */
struct look {
	uint64_t namespace; /* our own; 0: not read yet, or not known */
	int procfd;
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
 * In another pid namespace we may see none of the processes that bear the
 * brand: a jig that does has to clear that cage.
 */
static bool is_elsewhere(struct look *look, const struct entry_name *entry)
{
	if (entry->namespace == 0)
		return false;
	if (look->namespace == 0)
		look->namespace = own_namespace(look->procfd);
	return look->namespace != entry->namespace &&
	       look->namespace != FIRST_NAMESPACE;
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
	struct entry_name entry;

	if (parse_name(name + hidden, &entry) < 0 || entry.guard == getpid())
		return -1;
	look->names++;
	/* A living one with a dot is about to take its lock: not from it. */
	if (is_alive(entry.guard) && (hidden || look->suspects-- <= 0))
		return -1;
	if (is_elsewhere(look, &entry))
		return -1;
	*ret_brand = entry.brand;
	look->locks++;

	CLEANUP_CLOSE int fd = RETRY(openat(parent, name, ENTRY_FLAGS));
	/* Its jig may have made another one meanwhile, because a jig of another
	 * pid namespace has removed this one: that is not ours to remove. */
	if (fd < 0 || !is_trusted(fd) || lock_take(fd, 0) < 0 ||
	    !lock_has_name(fd, parent, name))
		return -1;
	return take_fd(&fd);
}

int registry_each_abandoned(int procfd, int parent, const char *own,
			    void (*clear)(int parent, int entry,
					  const char *name, uint64_t brand,
					  const void *context),
			    const void *context)
{
	struct look look = { .procfd = procfd, .suspects = SUSPECTS };
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

bool registry_has_abandoned(int procfd, int parent, const char *own)
{
	struct look look = { .procfd = procfd, .suspects = SUSPECTS };
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

/* The name of a cgroup has no pid namespace: its members end from any. */
static void name_entry(struct cage *cage)
{
	uint64_t namespace = own_namespace(cage->procfd);
	size_t used;

	registry_name(cage->brand, cage->name, sizeof(cage->name));
	used = strlen(cage->name);
	if (namespace > 0)
		(void)snprintf(cage->name + used, sizeof(cage->name) - used,
			       "-%" PRIu64, namespace);
}

int registry_open(void)
{
	return runtime_dir_open_if(mount_path_is_local, NULL, 0);
}

/* @return  -EWOULDBLOCK, -ENOENT: another jig takes it for abandoned. */
static int enter(struct cage *cage, int parent)
{
	char hidden[sizeof(cage->name) + 1];

	name_entry(cage);
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
		r = enter(cage, parent);
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
	(void)registry_each_abandoned(cage->procfd, parent, registry_own(cage),
				      collect, &context);
	if (list_brands(&all, &brands) < 0)
		return;
	brand_refuse(cage->procfd, &brands);
	if (brand_kill(cage->procfd, &brands) == 0)
		remove_cleared(parent, &all, &brands);
}
