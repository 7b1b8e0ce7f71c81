// SPDX-License-Identifier: MIT
#include "unit.h"

#include <fcntl.h>
#include <sys/resource.h>

#include "base/fd.h"
#include "cage/brand.h"
#include "child.h"
#include "proc/procfs.h"

#define LIMITS(soft, hard)                                                     \
	"Limit                     Soft Limit           Hard Limit  Units\n"   \
	"Max realtime priority     0                    0                \n"   \
	"Max realtime timeout      " soft "             " hard "      us \n"

static void a_brand_is_the_hard_limit(void **state)
{
	(void)state;
	assert_true(
		brand_parse(LIMITS("1234567890123456", "1234567890123456")) ==
		1234567890123456);
	/* A process may lower the soft limit. */
	assert_true(brand_parse(LIMITS("1000000", "1234567890123456")) ==
		    1234567890123456);
	assert_int_equal(brand_parse(LIMITS("1000000", "unlimited")), 0);
	assert_int_equal(brand_parse(LIMITS("unlimited", "unlimited")), 0);
	assert_int_equal(brand_parse(""), 0);
	assert_int_equal(brand_parse("Max realtime timeout"), 0);
	assert_int_equal(brand_parse("Max realtime time"), 0);
}

/* Bear it ourselves, as a command does. */
static bool bear(uint64_t brand)
{
	struct spawn_limit limit = brand_limit(brand);
	struct rlimit value = { limit.soft, limit.hard };

	return setrlimit((unsigned)limit.resource, &value) == 0;
}

static int is_read_back(void)
{
	uint64_t brand = brand_new();
	char text[4096];

	return brand > 1ULL << 40 && bear(brand) &&
	       fd_read_file(AT_FDCWD, "/proc/self/limits", text, sizeof(text)) >
		       0 &&
	       brand_parse(text) == brand;
}

static void a_brand_is_found_in_proc(void **state)
{
	(void)state;
	assert_true(child_says(is_read_back));
}

static int nested_are_lower(void)
{
	uint64_t last = UINT64_MAX;

	/* A limit that no process has: 12 days of a real-time task at least. */
	for (int depth = 0; depth < 10; depth++) {
		uint64_t brand = brand_new();

		if (brand < 1ULL << 40 || brand >= last || !bear(brand))
			return 0;
		last = brand;
	}
	return 1;
}

static void a_nested_brand_is_lower(void **state)
{
	(void)state;
	assert_true(child_says(nested_are_lower));
}

static int no_room_is_no_brand(void)
{
	return bear(1ULL << 40) && brand_new() == 0 && bear(1000000) &&
	       brand_new() == 0;
}

static void without_room_there_is_no_brand(void **state)
{
	(void)state;
	assert_true(child_says(no_room_is_no_brand));
}

static void brands_differ(void **state)
{
	(void)state;
	for (int i = 0; i < 100; i++)
		assert_true(brand_new() != brand_new());
}

static pid_t branded_sleeper(uint64_t brand)
{
	int pair[2];
	char byte;
	pid_t pid;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = child_fork();
	if (pid == 0) {
		if (bear(brand))
			(void)!write(pair[1], "x", 1);
		for (;;)
			pause();
	}
	assert_int_equal(read(pair[0], &byte, 1), 1);
	(void)close(pair[0]);
	(void)close(pair[1]);
	return pid;
}

static void bearers_are_ended_and_no_other_process(void **state)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	uint64_t brand = brand_new();
	pid_t mine = branded_sleeper(brand);
	pid_t other = branded_sleeper(brand - 1);
	pid_t plain = child_sleeper();

	(void)state;
	CLEANUP(list_free) struct list brands = { 0 };

	assert_int_equal(list_append(&brands, &brand, sizeof(brand)), 0);
	brand_refuse(procfd, &brands);
	assert_int_equal(brands.count, 1);
	assert_int_equal(brand_is_borne(procfd, brand, mine - 1, 0), 1);
	assert_int_equal(brand_is_borne(procfd, brand, 1, 1LL << 60), 1);
	assert_int_equal(brand_kill(procfd, &brands), 0);
	assert_int_equal(child_wait(mine), SIGKILL);
	assert_int_equal(brand_is_borne(procfd, brand, mine - 1, 0), 0);
	assert_int_equal(brand_is_borne(procfd, brand, 1, 1LL << 60), 0);
	assert_int_equal(waitpid(other, NULL, WNOHANG), 0);
	assert_int_equal(waitpid(plain, NULL, WNOHANG), 0);
	child_end(other);
	child_end(plain);
}

/* Brands that a forged registry could have; "unlimited" is read as 0. */
static void what_jig_cannot_have_written_is_refused(void **state)
{
	const uint64_t wrong[] = {
		0,	    1,		1000000,	  1ULL << 39,
		1ULL << 40, 1ULL << 62, (1ULL << 62) + 1, UINT64_MAX,
	};
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(list_free) struct list brands = { 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(wrong); i++) {
		assert_false(brand_is_valid(wrong[i]));
		assert_int_equal(list_append(&brands, &wrong[i],
					     sizeof(wrong[i])),
				 0);
	}
	assert_true(brand_is_valid(brand_new()));
	brand_refuse(procfd, &brands);
	assert_int_equal(brands.count, 0);
	assert_int_equal(brand_kill(procfd, &brands), 0);
}

/* We, or the process that has started us: as in a cage that was abandoned. */
static int ours_is_refused(void)
{
	uint64_t brand = brand_new();
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(list_free) struct list brands = { 0 };

	if (!bear(brand) || list_append(&brands, &brand, sizeof(brand)) < 0)
		return 0;
	brand_refuse(procfd, &brands);
	if (brands.count != 0)
		return 0;
	return brand_new() < brand;
}

static int an_ancestors_is_refused(void)
{
	uint64_t brand = brand_new();
	int status = -1;
	pid_t pid;

	if (!bear(brand))
		return 0;
	pid = child_fork();
	if (pid == 0) {
		CLEANUP_CLOSE int procfd = procfs_open();
		struct list brands = { 0 };

		_exit(bear(brand - 1) &&
				      list_append(&brands, &brand,
						  sizeof(brand)) == 0 &&
				      (brand_refuse(procfd, &brands),
				       brands.count == 0)
			      ? 0
			      : 1);
	}
	status = child_wait(pid);
	return status == 0;
}

static void what_we_or_our_ancestors_bear_is_refused(void **state)
{
	(void)state;
	assert_true(child_says(ours_is_refused));
	assert_true(child_says(an_ancestors_is_refused));
}

/* Two users without privilege: neither may ask prlimit(2) of the other. */
#define BEARER 65533
#define ASKER 65532

static pid_t foreign_bearer(uint64_t brand)
{
	int pair[2];
	char byte = 0;
	pid_t pid;

	assert_int_equal(pipe2(pair, O_CLOEXEC), 0);
	pid = child_fork();
	if (pid == 0) {
		/* A change of user takes what child_fork() has asked for. */
		if (bear(brand) && setresuid(BEARER, BEARER, BEARER) == 0 &&
		    prctl(PR_SET_PDEATHSIG, SIGKILL) == 0)
			(void)!write(pair[1], "x", 1);
		for (;;)
			pause();
	}
	(void)close(pair[1]);
	assert_int_equal(read(pair[0], &byte, 1), 1);
	(void)close(pair[0]);
	return pid;
}

static uint64_t borne;

/* With each number of descriptors: "it is borne", or "it is not known". */
static int is_never_denied(void)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	bool failed = false;

	if (setresuid(ASKER, ASKER, ASKER) < 0)
		return 0;
	for (rlim_t limit = (rlim_t)procfd + 1;; limit++) {
		struct rlimit few = { limit, 4096 };
		int r;

		if (setrlimit(RLIMIT_NOFILE, &few) < 0)
			return 0;
		r = brand_is_borne(procfd, borne, 0, INT64_MAX);
		if (r == 1)
			return failed;
		if (r != -EMFILE)
			return 0;
		failed = true;
	}
}

static void few_descriptors_are_no_proof_that_no_process_bears_it(void **state)
{
	pid_t bearer;
	bool held;

	(void)state;
	if (geteuid() != 0)
		skip();
	borne = brand_new();
	bearer = foreign_bearer(borne);
	held = child_says(is_never_denied);
	child_end(bearer);
	assert_true(held);
}

static int refuses_all(void)
{
	CLEANUP_CLOSE int procfd = procfs_open();
	CLEANUP(list_free) struct list brands = { 0 };
	struct rlimit none = { 0, 4096 };
	uint64_t brand = brand_new();

	if (list_append(&brands, &brand, sizeof(brand)) < 0 ||
	    setresuid(ASKER, ASKER, ASKER) < 0 ||
	    setrlimit(RLIMIT_NOFILE, &none) < 0)
		return 0;
	brand_refuse(procfd, &brands);
	return brands.count == 0;
}

/* Our parent here is root's: it may bear it. */
static void what_cannot_be_read_refuses_every_brand(void **state)
{
	(void)state;
	if (geteuid() != 0)
		skip();
	assert_true(child_says(refuses_all));
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_jig_cannot_have_written_is_refused),
		cmocka_unit_test(what_we_or_our_ancestors_bear_is_refused),
		cmocka_unit_test(a_brand_is_the_hard_limit),
		cmocka_unit_test(a_brand_is_found_in_proc),
		cmocka_unit_test(a_nested_brand_is_lower),
		cmocka_unit_test(without_room_there_is_no_brand),
		cmocka_unit_test(brands_differ),
		cmocka_unit_test(bearers_are_ended_and_no_other_process),
		cmocka_unit_test(
			few_descriptors_are_no_proof_that_no_process_bears_it),
		cmocka_unit_test(what_cannot_be_read_refuses_every_brand),
	};

	return RUN(tests);
}
