/* SPDX-License-Identifier: MIT */
/* A report with something in each of its fields, for more than one test. */
#ifndef JIG_TESTS_REPORT_SAMPLE_H
#define JIG_TESTS_REPORT_SAMPLE_H

#include <signal.h>

#include "cage/cage.h"
#include "core/shared/report.h"

/** Every bit of enum jig_how. */
#define HOW_ALL 63

/** Main; a shell; a fork of it; and a process whose command was not seen. */
#define REPORT_SAMPLE_ANCESTORS                                                \
	{                                                                      \
		{ .pid = 4711,                                                 \
		  .began_us = 1700000000123456,                                \
		  .command = "make test" },                                    \
			{ .pid = 4720,                                         \
			  .parent = 1,                                         \
			  .began_us = 1700000000223456,                        \
			  .command = "sh -c \x1b[31m" },                       \
			{ .pid = 4721,                                         \
			  .parent = 2,                                         \
			  .forked = true,                                      \
			  .began_us = -1,                                      \
			  .command = "sh -c \x1b[31m" },                       \
		{                                                              \
			.pid = 4722, .parent = 1                               \
		}                                                              \
	}

static inline struct jig_report report_sample(void)
{
	return (struct jig_report){
		.reason = JIG_REASON_STOP,
		.main_pid = 4711,
		.main_status = SIGTERM,
		.cage = JIG_CAGE_SUBREAPER,
		.strength = CAGE_CONTAINED,
		.proved = 1,
		.complete = 1,
		.daemon = true,
		.began_us = 1700000000123456,
		.wall_us = 2500000,
		.main_us = 1250000,
		.user_us = 20000,
		.system_us = 30000,
		.peak_bytes = 4096000,
		.seen = 3,
		.signal_count = 1,
		.leftover_count = 2,
		.survivor_count = 1,
		.leftover_total = 3,
		.survivor_total = 1,
		.ancestry = ANCESTRY_CONNECTOR,
		.ancestry_lost = 2,
		.ancestor_count = 4,
		.ancestors = REPORT_SAMPLE_ANCESTORS,
		.signals = { { SIGTERM, 3, 1000000 } },
		.why = "no cgroup: \"read-only\"\n",
		.survivors = { { .pid = 99,
				 .uid = (uid_t)-1,
				 .state = 'D',
				 .fate = JIG_FATE_SURVIVED,
				 .ancestor = 4,
				 .comm = "stuck",
				 .command = "stuck" } },
		.leftovers = { { .pid = 4712,
				 .ppid = 1,
				 .pgid = 4712,
				 .sid = 4712,
				 .uid = 65534,
				 .state = 'S',
				 .how = HOW_ALL,
				 .fate = JIG_FATE_SIGNALED,
				 .value = SIGKILL,
				 .after_us = 1500,
				 .ancestor = 3,
				 .marks = { "PYTEST_CURRENT_TEST="
					    "t.py::test_\x1b[a] (call)" },
				 .comm = "da\xffmon",
				 .command = "da\xffmon -x \x1b[2J" },
			       { .pid = 4713,
				 .state = 'T',
				 .fate = JIG_FATE_EXITED,
				 .value = 3,
				 .ancestor = 1,
				 .comm = "other",
				 .command = "other" } },
	};
}

#endif
