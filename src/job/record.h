/* SPDX-License-Identifier: MIT */
/*
 * A job's record: what everybody may know of it, in one small file that its
 * keeper has mapped.
 *
 * The keeper changes it with stores into memory, so nothing can fail and no
 * disk can be full when the job is stopped or ends; a reader takes a copy,
 * without waking the keeper. Its name is not here but beside it (store.h),
 * since others change that.
 *
 * Invariant: `changes` is odd while the keeper writes; a copy is good when it
 * is even and the same before and after.
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
	uint32_t size; /* of this struct: another version's is another */
	uint32_t number;
	int32_t state; /* enum jig_job_state; never JIG_JOB_LOST here */
	int32_t stop_signal; /* while it is stopped */
	int32_t wait_status; /* as wait(2) has it, once it has ended; or -1 */
	int32_t code; /* as a shell has it, once it has ended */
	int32_t keeper; /* pid */
	int32_t main; /* pid and process group; 0 before the start */
	int32_t session; /* its number; 0 before the start */
	uint32_t clients; /* terminals that are attached */
	uint32_t is_session; /* begun by `jig session` */
	int64_t started_us; /* wall clock */
	int64_t ended_us;
	int64_t rank_us; /* when it last became the current job, wall clock */
	char terminal[RECORD_TERMINAL]; /* "/dev/pts/3", or "" */
	char directory[RECORD_DIRECTORY]; /* where it was started */
	char command[RECORD_COMMAND]; /* its words, quoted as a shell needs */
};

#define RECORD_MAGIC UINT64_C(0x6a69672d6a6f6231)

/**
 * Whether @record is one, whole and possible. Pure.
 * @return  0, -EAGAIN (it is being written), or -EBADMSG.
 */
int record_check(const struct job_record *record);

/** Before and after a change by the keeper. */
void record_begin(struct job_record *record);
void record_end(struct job_record *record);

/**
 * Read one; waits while it is written, for about a second at most.
 * @fd      of the file, at any position.
 * @return  0, -EBADMSG, -EAGAIN or -errno.
 */
int record_read(int fd, struct job_record *ret);

/**
 * A new one in an empty file, mapped for its keeper.
 * @return  0 or -errno (-ENOSPC).
 */
int record_create(int fd, struct job_record **ret);

/** The words of a command as one line for a person and a shell. */
void record_quote(char *const *words, char *ret, size_t size);

#endif
