/* SPDX-License-Identifier: MIT */
/*
 * A job's record: its state for other processes, in one small file that the
 * keeper has mapped.
 *
 * The keeper changes it by stores into memory, so an update cannot fail and
 * needs no room on the disk when the job is suspended or ends. A reader takes a
 * copy without waking the keeper. The job's name does not belong here, because
 * other processes change it: store.h.
 *
 * Invariant: `changes` is odd while the keeper writes. A copy is valid if
 * `changes` was even, and the same before and after.
 */
#ifndef JIG_JOB_RECORD_H
#define JIG_JOB_RECORD_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/types.h>

#include <jig.h>

#define RECORD_COMMAND 1024
#define RECORD_DIRECTORY 1024
#define RECORD_TERMINAL 32

struct job_record {
	uint64_t magic;
	uint64_t changes;
	uint32_t size; /* of this struct; another version has another size */
	uint32_t number;
	int32_t state; /* enum jig_job_state; never JIG_JOB_LOST here */
	int32_t stop_signal; /* while it is suspended */
	int32_t wait_status; /* of wait(2), after its end; or -1 */
	int32_t code; /* exit status as in a shell, after its end */
	int32_t keeper; /* pid */
	int32_t main; /* pid and process group; 0 before the start */
	int32_t session; /* number; 0 before the start */
	uint32_t clients; /* number of attached terminals */
	uint32_t is_session; /* started by `jig session` */
	int64_t started_us; /* wall clock */
	int64_t ended_us;
	int64_t rank_us; /* wall clock: when it last became the current job */
	char terminal[RECORD_TERMINAL]; /* "/dev/pts/3", or "" */
	char directory[RECORD_DIRECTORY]; /* working directory at its start */
	char command[RECORD_COMMAND]; /* its words, quoted for a shell */
};

#define RECORD_MAGIC UINT64_C(0x6a69672d6a6f6231)

/**
 * Whether @record is complete and valid. Pure.
 * @return  0, -EAGAIN (it is being written), or -EBADMSG.
 */
int record_check(const struct job_record *record);

/** The keeper calls these before and after a change. */
void record_begin(struct job_record *record);
void record_end(struct job_record *record);

/**
 * Read a record; waits while it is being written, for about a second at most.
 * @fd      of the file, at any position.
 * @return  0, -EBADMSG, -EAGAIN or -errno.
 */
int record_read(int fd, struct job_record *ret);

/**
 * Make a record in an empty file, and map it for the keeper.
 * @return  0 or -errno (-ENOSPC).
 */
int record_create(int fd, struct job_record **ret);

/** The words of a command as one line, quoted for a shell. */
void record_quote(char *const *words, char *ret, size_t size);

#endif
