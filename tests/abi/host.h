/* SPDX-License-Identifier: MIT */
/*
 * A host that is built with a jig.h of another version than its library:
 * meson.build.
 */
#ifndef JIG_TESTS_ABI_HOST_H
#define JIG_TESTS_ABI_HOST_H

#include "lib.h"

#include <sys/resource.h>

#include <stdint.h>
#include <stdlib.h>

#define CANARY 0xa5

/** A struct that the library writes, and what it must not write behind it. */
#define WATCHED(type)                                                          \
	struct {                                                               \
		struct type it;                                                \
		unsigned char behind[64];                                      \
	}

/** All of it is full of what no library has written. */
#define WATCH(watched)                                                         \
	do {                                                                   \
		memset(&(watched), CANARY, sizeof(watched));                   \
		(watched).it.size = sizeof((watched).it);                      \
	} while (0)

static inline void assert_canary(const unsigned char *bytes, size_t count)
{
	for (size_t i = 0; i < count; i++)
		assert_int_equal(bytes[i], CANARY);
}

/** Our fields are written, those that the library does not know are zero, the
 * size is ours, and nothing is written behind. */
#define ASSERT_FITS(watched)                                                   \
	do {                                                                   \
		assert_int_equal((watched).it.size, sizeof((watched).it));     \
		ASSERT_NO_FUTURE((watched).it);                                \
		assert_canary((watched).behind, sizeof((watched).behind));     \
	} while (0)

#ifdef GROWN
#define ASSERT_NO_FUTURE(item)                                                 \
	do {                                                                   \
		assert_int_equal((item).future, 0);                            \
		assert_null((item).far_future);                                \
	} while (0)
#else
#define ASSERT_NO_FUTURE(item) ((void)(item))
#endif

/** Sizes that no version has. */
static const size_t wrong_sizes[] = { 0, 1, sizeof(size_t), SIZE_MAX };

/** A size that only a newer version may have. */
#define LARGE_SIZE (65536 + sizeof(size_t))

/** host_jobs.c */
void jobs_are_started_listed_and_found(void **state);
void a_job_is_attached_to(void **state);
void wrong_sizes_of_jobs_are_refused(void **state);
void new_fields_of_jobs_are_refused(void **state);

#endif
