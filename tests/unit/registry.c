// SPDX-License-Identifier: MIT
#include "unit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "cage/registry.h"
#include "child.h"

static void a_name_is_read_back(void **state)
{
	uint64_t brands[] = { 0, 1, 0x123456789abcdef0, UINT64_MAX };
	struct cage cage = CAGE_NONE;

	(void)state;
	cage.reaper = getpid();
	for (size_t i = 0; i < 2 * COUNT(brands); i++) {
		pid_t guard = 0;
		uint64_t brand = 7;

		cage.namespace = i % 2 ? 4026531836U : 0;
		registry_name(&cage, brands[i / 2]);
		assert_int_equal(registry_parse(cage.name, &guard, &brand), 0);
		assert_int_equal(guard, getpid());
		assert_true(brand == brands[i / 2]);
	}
}

static void a_name_may_say_its_pid_namespace(void **state)
{
	static const char *const wrong[] = {
		"jig-12-0123456789abcdef-",
		"jig-12-0123456789abcdef-0",
		"jig-12-0123456789abcdef-x",
		"jig-12-0123456789abcdef-4294967296",
		"jig-12-0123456789abcdef-4026531836-",
		"jig-12-0123456789abcdef+4026531836",
	};
	uint64_t brand = 0;
	pid_t guard = 0;

	(void)state;
	assert_int_equal(registry_parse("jig-12-0123456789abcdef-4026531836",
					&guard, &brand),
			 0);
	assert_int_equal(guard, 12);
	assert_true(brand == 0x0123456789abcdef);
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(registry_parse(wrong[i], &guard, &brand),
				 -EINVAL);
}

static void strangers_names_are_refused(void **state)
{
	static const char *const wrong[] = {
		"",
		"jig",
		"jig-",
		"jig-12",
		"jig-12-",
		"jig-12-0123456789abcde",
		"jig-12-0123456789abcdef0",
		"jig-12-0123456789ABCDEF",
		"jig-12-0x23456789abcdef",
		"jig-0-0123456789abcdef",
		"jig--1-0123456789abcdef",
		"jig--0123456789abcdef",
		"jig-x-0123456789abcdef",
		"jig-2147483648-0123456789abcdef",
		"jig-99999999999999999999-0123456789abcdef",
		"jug-12-0123456789abcdef",
		"jig-12-0123456789abcdef.scope",
		"jig-+12-0123456789abcdef",
		"jig- 12-0123456789abcdef",
		"jig-12 -0123456789abcdef",
		"jig-0x12-0123456789abcdef",
		"jig-12-+123456789abcdef",
		"jig-12- 123456789abcdef",
		"jig-12--123456789abcdef",
		"jig-12-0123456789abcdef\n",
		"jig-12-0123456789abcdef-0123456789abcdef",
		"jig-12-"
		"\xd9\xa0\xd9\xa1\xd9\xa2\xd9\xa3\xd9\xa4\xd9\xa5\xd9\xa6\xd9"
		"\xa7",
		"user.slice",
	};
	pid_t guard = 7;
	uint64_t brand = 8;

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++)
		assert_int_equal(registry_parse(wrong[i], &guard, &brand),
				 -EINVAL);
	assert_int_equal(guard, 7);
	assert_true(brand == 8);
}

/* What brand_new() could have given. */
#define BRAND (1ULL << 50)

struct cleared {
	unsigned calls, count;
	uint64_t brand;
};

/* No other process can take the lock of an entry: its maker, which has not
 * taken it yet, starts nothing. */
static void check_lock(int parent, const char *name)
{
	CLEANUP_CLOSE int other =
		openat(parent, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	assert_true(other >= 0);
	assert_int_equal(flock(other, LOCK_EX | LOCK_NB), -1);
	assert_int_equal(errno, EWOULDBLOCK);
}

static void note(struct registry_batch *batch, void *context)
{
	struct cleared *cleared = context;

	assert_true(batch->count > 0);
	cleared->calls++;
	cleared->count += batch->count;
	cleared->brand = batch->entries[batch->count - 1].brand;
	for (size_t i = 0; i < batch->count; i++)
		check_lock(batch->parent, batch->entries[i].name);
	for (size_t i = 0; i < batch->count; i++)
		assert_int_equal(unlinkat(batch->parent, batch->entries[i].name,
					  AT_REMOVEDIR),
				 0);
}

static unsigned clear_but(int parent, const char *own, struct cleared *cleared)
{
	cleared->count = cleared->calls = 0;
	assert_int_equal(registry_each_abandoned(-1, parent, own, NULL, note,
						 cleared),
			 0);
	return cleared->count;
}

static unsigned clear(int parent, struct cleared *cleared)
{
	return clear_but(parent, NULL, cleared);
}

/* The number of a process that is gone. */
static pid_t dead_pid(void)
{
	pid_t pid = child_sleeper();

	child_end(pid);
	return pid;
}

static int make_entry(int dir, pid_t guard, uint64_t brand, char name[64])
{
	(void)snprintf(name, 64, "jig-%d-%016llx", guard,
		       (unsigned long long)brand);
	assert_int_equal(mkdirat(dir, name, 0700), 0);
	return openat(dir, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
}

static void edge_14_only_what_is_not_locked_is_abandoned(void **state)
{
	char path[] = "/tmp/jig-unit-registry-XXXXXX", name[64];
	struct cleared cleared = { 0 };

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);
	int entry = make_entry(dir, dead_pid(), BRAND, name);

	assert_true(entry >= 0);
	assert_int_equal(flock(entry, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(clear(dir, &cleared), 0);
	cleanup_close(&entry);
	assert_int_equal(clear(dir, &cleared), 1);
	assert_true(cleared.brand == BRAND);
	assert_int_equal(clear(dir, &cleared), 0);
	assert_int_equal(rmdir(path), 0);
}

static void our_own_entry_does_not_hide_an_abandoned_one(void **state)
{
	char path[] = "/tmp/jig-unit-registry-XXXXXX", own[64], name[64];
	struct cleared cleared = { 0 };

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);
	CLEANUP_CLOSE int ours = make_entry(dir, getpid(), 1, own);

	assert_true(ours >= 0);
	assert_int_equal(clear_but(dir, own, &cleared), 0);
	int theirs = make_entry(dir, dead_pid(), BRAND, name);

	cleanup_close(&theirs);
	assert_int_equal(clear_but(dir, own, &cleared), 1);
	assert_true(cleared.brand == BRAND);
	assert_int_equal(unlinkat(dir, own, AT_REMOVEDIR), 0);
	/* The supervisor has removed ours already: one stands for one. */
	theirs = make_entry(dir, dead_pid(), 3, name);
	cleanup_close(&theirs);
	assert_true(registry_has_abandoned(-1, dir, own, NULL));
	assert_int_equal(clear_but(dir, own, &cleared), 1);
	assert_int_equal(rmdir(path), 0);
}

static void what_is_not_ours_is_left_alone(void **state)
{
	char path[] = "/tmp/jig-unit-registry-XXXXXX", name[64];
	struct cleared cleared = { 0 };

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);
	/* Our own, a stranger's name, and a link to somewhere else. */
	int own = make_entry(dir, getpid(), 1, name);

	cleanup_close(&own);
	assert_int_equal(symlinkat("/dev/null", dir, "jig-1-0000000000000000"),
			 0);
	assert_int_equal(clear(dir, &cleared), 0);
	assert_int_equal(unlinkat(dir, name, AT_REMOVEDIR), 0);
	assert_int_equal(unlinkat(dir, "jig-1-0000000000000000", 0), 0);
	assert_int_equal(rmdir(path), 0);
}

static void living_cages_are_no_reason_to_clear(void **state)
{
	enum { LIVING = 100 };

	char path[] = "/tmp/jig-unit-registry-XXXXXX", name[LIVING + 1][64];
	int held[LIVING];
	pid_t alive = child_sleeper();

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);

	assert_false(registry_has_abandoned(-1, -1, NULL, NULL));
	assert_false(registry_has_abandoned(-1, dir, NULL, NULL));
	for (unsigned i = 0; i < LIVING; i++) {
		held[i] = make_entry(dir, alive, i + 1, name[i]);
		assert_int_equal(flock(held[i], LOCK_EX | LOCK_NB), 0);
	}
	assert_false(registry_has_abandoned(-1, dir, NULL, NULL));

	int left = make_entry(dir, dead_pid(), LIVING + 1, name[LIVING]);

	cleanup_close(&left);
	assert_true(registry_has_abandoned(-1, dir, NULL, NULL));
	for (unsigned i = 0; i <= LIVING; i++)
		assert_int_equal(unlinkat(dir, name[i], AT_REMOVEDIR), 0);
	for (unsigned i = 0; i < LIVING; i++)
		cleanup_close(&held[i]);
	child_end(alive);
	assert_int_equal(rmdir(path), 0);
}

/* Its jig lives, and is about to take the lock itself. */
static void an_owner_that_is_about_to_lock_is_let_be(void **state)
{
	char path[] = "/tmp/jig-unit-registry-XXXXXX", name[64], hidden[65];
	struct cleared cleared = { 0 };
	pid_t alive = child_sleeper();

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);
	int entry = make_entry(dir, alive, 1, name);

	cleanup_close(&entry);
	(void)snprintf(hidden, sizeof(hidden), ".%s", name);
	assert_int_equal(renameat(dir, name, dir, hidden), 0);
	assert_false(registry_has_abandoned(-1, dir, NULL, NULL));
	assert_int_equal(clear(dir, &cleared), 0);
	child_end(alive);
	assert_true(registry_has_abandoned(-1, dir, NULL, NULL));
	assert_int_equal(clear(dir, &cleared), 1);
	assert_int_equal(rmdir(path), 0);
}

/* All with a name that we could have given, of a guard that has gone. */
static void what_is_no_directory_of_ours_is_let_be(void **state)
{
	char path[] = "/tmp/jig-unit-registry-XXXXXX", name[4][64];
	struct cleared cleared = { 0 };

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);

	for (unsigned i = 0; i < 4; i++)
		(void)snprintf(name[i], sizeof(name[i]), "jig-%d-%016x",
			       dead_pid(), i + 1);
	int file = openat(dir, name[0], O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	/* As long as a file can be; it must not be read. */
	assert_true(file >= 0);
	assert_int_equal(ftruncate(file, (off_t)1 << 40), 0);
	cleanup_close(&file);
	assert_int_equal(mkdirat(dir, "elsewhere", 0700), 0);
	assert_int_equal(symlinkat("elsewhere", dir, name[1]), 0);
	assert_int_equal(symlinkat("/nowhere", dir, name[2]), 0);
	/* The open of a fifo would wait for a writer. */
	assert_int_equal(mkfifoat(dir, name[3], 0600), 0);
	assert_int_equal(clear(dir, &cleared), 0);
	assert_false(registry_has_abandoned(-1, dir, NULL, NULL));
	for (unsigned i = 0; i < 4; i++)
		assert_int_equal(unlinkat(dir, name[i], 0), 0);
	assert_int_equal(unlinkat(dir, "elsewhere", AT_REMOVEDIR), 0);
	assert_int_equal(rmdir(path), 0);
}

/* Every entry is locked until its batch is done, and half of the descriptors
 * are left for the clearing. */
static void many_are_taken_in_parts(void **state)
{
	enum { MANY = 150, FEW = 100 };

	static const struct {
		rlim_t limit;
		unsigned calls;
	} cases[] = { { 1024, 3 }, { FEW, 4 } };
	char path[] = "/tmp/jig-unit-registry-XXXXXX", name[64];
	struct cleared cleared = { 0 };
	struct rlimit before;
	pid_t dead = dead_pid();

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);

	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct rlimit limit = { cases[i].limit, before.rlim_max };

		for (unsigned j = 0; j < MANY; j++)
			(void)close(make_entry(dir, dead, BRAND + j, name));
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &limit), 0);
		assert_int_equal(clear(dir, &cleared), MANY);
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &before), 0);
		assert_int_equal(cleared.calls, cases[i].calls);
	}
	assert_int_equal(rmdir(path), 0);
}

static void a_number_that_is_no_brand_is_borne_by_none(void **state)
{
	char path[] = "/tmp/jig-unit-registry-XXXXXX", name[64];
	struct cleared cleared = { .brand = BRAND };

	(void)state;
	assert_non_null(mkdtemp(path));
	CLEANUP_CLOSE int dir = open(path, O_RDONLY | O_CLOEXEC);

	(void)close(make_entry(dir, dead_pid(), 1, name));
	assert_int_equal(clear(dir, &cleared), 1);
	assert_true(cleared.brand == 0);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_name_is_read_back),
		cmocka_unit_test(a_name_may_say_its_pid_namespace),
		cmocka_unit_test(strangers_names_are_refused),
		cmocka_unit_test(edge_14_only_what_is_not_locked_is_abandoned),
		cmocka_unit_test(our_own_entry_does_not_hide_an_abandoned_one),
		cmocka_unit_test(what_is_not_ours_is_left_alone),
		cmocka_unit_test(living_cages_are_no_reason_to_clear),
		cmocka_unit_test(an_owner_that_is_about_to_lock_is_let_be),
		cmocka_unit_test(many_are_taken_in_parts),
		cmocka_unit_test(a_number_that_is_no_brand_is_borne_by_none),
		cmocka_unit_test(what_is_no_directory_of_ours_is_let_be),
	};

	return RUN(tests);
}
