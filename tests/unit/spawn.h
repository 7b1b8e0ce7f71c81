/* SPDX-License-Identifier: MIT */
/* A directory of programs, and a start in both forms, for tests of spawns. */
#ifndef JIG_TESTS_SPAWN_H
#define JIG_TESTS_SPAWN_H

#include "unit.h"

#include <fcntl.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "child.h"
#include "proc/spawn.h"

/* A directory with files of every kind that cannot be executed. */
struct place {
	char path[64];
};

static inline const char *inside(const struct place *place, const char *name)
{
	static _Thread_local char buffers[4][128];
	static _Thread_local unsigned next;
	char *buffer = buffers[next++ % 4];

	(void)snprintf(buffer, sizeof(buffers[0]), "%s/%s", place->path, name);
	return buffer;
}

static inline void write_file(const char *path, const char *text, mode_t mode)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, mode);

	assert_true(fd >= 0);
	assert_int_equal(fd_write_all(fd, text, strlen(text)), 0);
	assert_int_equal(close(fd), 0);
}

static inline int set_up(void **state)
{
	struct place *place = calloc(1, sizeof(*place));

	if (!place)
		return -1;
	(void)strcpy(place->path, "/tmp/jig-unit-spawn-XXXXXX");
	if (!mkdtemp(place->path))
		return -1;
	*state = place;
	write_file(inside(place, "plain"), "text", 0644);
	write_file(inside(place, "noexec"), "neither ELF nor script", 0755);
	write_file(inside(place, "lost"), "#!/nowhere/interpreter\n", 0755);
	write_file(inside(place, "seven"), "#!/bin/sh\nexit 7\n", 0755);
	return mkdir(inside(place, "folder"), 0755);
}

static inline int tear_down(void **state)
{
	static const char *const files[] = { "plain", "noexec", "lost", "seven",
					     "pwd" };
	struct place *place = *state;

	for (size_t i = 0; i < COUNT(files); i++)
		(void)unlink(inside(place, files[i]));
	(void)rmdir(inside(place, "folder"));
	(void)rmdir(place->path);
	free(place);
	return 0;
}

/* Every test is run in both forms: waiting, and beside us. */
static bool beside;

static inline int start_program(const struct spawn *spawn, struct spawned *ret,
				enum spawn_stage *ret_stage,
				struct fault *fault)
{
	struct spawned child = { .pidfd = -1 };
	struct spawning spawning;
	int r;

	if (!beside)
		return spawn_program(spawn, ret, ret_stage, fault);
	r = spawn_begin(spawn, &spawning, ret_stage, fault);
	if (r < 0)
		return r;
	/* The child has this in common with us. */
	errno = 4711;
	do {
		struct pollfd over = { spawning.fd, POLLIN, 0 };

		assert_int_equal(poll(&over, 1, 20000), 1);
		r = spawn_poll(&spawning, &child, ret_stage, fault);
	} while (r == 0);
	assert_int_equal(errno, 4711);
	assert_int_equal(spawning.pid, 0);
	if (r > 0) {
		*ret = child;
		return 0;
	}
	cleanup_close(&child.pidfd);
	(void)child_wait(child.pid);
	return r;
}

static inline void assert_no_child(void)
{
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
}

/*
 * valgrind makes a plain fork of vfork(2), so what the child writes into our
 * memory never arrives there: no failure is seen.
 */
static inline bool is_under_valgrind(void)
{
	const char *preloaded = getenv("LD_PRELOAD");

	return preloaded && strstr(preloaded, "vgpreload");
}

/* As meson understands "skipped". */
#define EXIT_SKIP 77

#define TEST(function)                                                         \
	cmocka_unit_test_setup_teardown(function, set_up, tear_down)

#endif
