// SPDX-License-Identifier: MIT
/*
 * Whatever a record's file holds, what is taken from it is possible: texts end,
 * numbers are ones, and a line can be made of it.
 *
 * The bytes are those of a record, from its beginning on; what is not given is
 * 0. The first byte says whether they stand behind a good head, so that what
 * comes after it is reached.
 */
#include "fuzz.h"

#include "job/record.h"
#include "job/spec.h"

static void give_head(struct job_record *record)
{
	record->magic = RECORD_MAGIC;
	record->size = sizeof(*record);
}

static void check(const struct job_record *record)
{
	MUST(record->number > 0);
	MUST(record->state >= JIG_JOB_STARTING &&
	     record->state <= JIG_JOB_ENDED);
	MUST(record->main >= 0 && record->session >= 0 && record->keeper >= 0);
	MUST(memchr(record->command, 0, sizeof(record->command)));
	MUST(memchr(record->directory, 0, sizeof(record->directory)));
	MUST(memchr(record->terminal, 0, sizeof(record->terminal)));
}

static void format(const struct job_record *record)
{
	struct jig_job job = { .size = sizeof(job),
			       .number = record->number,
			       .state = (enum jig_job_state)record->state,
			       .mark = ' ',
			       .stop_signal = record->stop_signal,
			       .status = record->wait_status,
			       .code = record->code };
	char line[64];

	memcpy(job.command, record->command, sizeof(job.command));
	MUST(jig_job_format(&job, JIG_JOB_LONG, line, sizeof(line)) > 0);
	MUST(jig_job_format(&job, JIG_JOB_SHORT, line, sizeof(line)) > 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct job_record *record = calloc(1, sizeof(*record));
	bool headed = size > 0 && data[0] == 'h';

	if (!record)
		abort();
	size -= size > 0;
	if (size > sizeof(*record))
		size = sizeof(*record);
	if (size > 0)
		memcpy(record, data + 1, size);
	if (headed)
		give_head(record);
	if (record_check(record) == 0) {
		check(record);
		format(record);
	}
	free(record);
	return 0;
}
