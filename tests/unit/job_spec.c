// SPDX-License-Identifier: MIT
/* Jobspecs, marks and lines, as bash's manual (JOB CONTROL) has them. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "job/spec.h"

#define NOBODY SIZE_MAX

/* As wait(2) has it. */
#define EXITED(code) ((code) << 8)
#define DUMPED 0x80

static struct jig_job job_of(unsigned number, const char *name,
			     const char *command)
{
	struct jig_job job = { .size = sizeof(job),
			       .number = number,
			       .state = JIG_JOB_RUNNING,
			       .mark = ' ',
			       .pid = (pid_t)(20000 + number),
			       .status = -1 };

	text_copy(job.name, sizeof(job.name), name);
	text_copy(job.command, sizeof(job.command), command);
	return job;
}

/* ----------------------------------------------------------------- marks */

/* One letter a job (Running, Stopped, Ended, Lost), oldest first. */
static void marks_of(const char *states, char *ret)
{
	struct jig_job jobs[8];
	size_t count = strlen(states);

	for (size_t i = 0; i < count; i++) {
		jobs[i] = job_of((unsigned)i + 1, "", "sleep");
		jobs[i].state = states[i] == 'S'   ? JIG_JOB_STOPPED
				: states[i] == 'E' ? JIG_JOB_ENDED
				: states[i] == 'L' ? JIG_JOB_LOST
						   : JIG_JOB_RUNNING;
		jobs[i].recent_us = (int64_t)i;
		jobs[i].mark = '?';
	}
	spec_mark(jobs, count);
	for (size_t i = 0; i < count; i++)
		ret[i] = jobs[i].mark;
	ret[count] = '\0';
}

static void the_current_and_the_previous_job_are_marked(void **state)
{
	static const struct {
		const char *states, *marks;
	} cases[] = {
		{ "", "" },	  { "R", "+" },	    { "RR", "-+" },
		{ "RRR", " -+" }, { "SRR", "+ -" }, { "SSR", "-+ " },
		{ "RSE", "-+ " }, { "REE", "+ -" }, { "RLE", "+ -" },
		{ "EE", "-+" },	  { "L", "+" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		char marks[9];

		marks_of(cases[i].states, marks);
		assert_string_equal(marks, cases[i].marks);
	}
}

static void of_the_same_moment_the_larger_number_is_current(void **state)
{
	struct jig_job jobs[] = { job_of(4, "", "a"), job_of(7, "", "b"),
				  job_of(9, "", "c") };

	(void)state;
	spec_mark(jobs, COUNT(jobs));
	assert_int_equal(jobs[0].mark, ' ');
	assert_int_equal(jobs[1].mark, '-');
	assert_int_equal(jobs[2].mark, '+');
}

static void the_last_one_that_was_continued_is_current(void **state)
{
	struct jig_job jobs[] = { job_of(1, "", "a"), job_of(2, "", "b") };

	(void)state;
	jobs[0].recent_us = 5;
	spec_mark(jobs, COUNT(jobs));
	assert_int_equal(jobs[0].mark, '+');
	assert_int_equal(jobs[1].mark, '-');
}

/* --------------------------------------------------------------- jobspecs */

static size_t found(const struct jig_job *jobs, size_t count, const char *spec,
		    int expected)
{
	size_t index = NOBODY;

	if (jig_job_find(jobs, count, spec, &index) != expected)
		fail_msg("%s", spec);
	return index;
}

static void a_jobspec_means_a_job(void **state)
{
	struct jig_job jobs[] = {
		job_of(1, "", "make all"),
		job_of(2, "web", "sleep 1000"),
		job_of(12, "make", "tail -f log"),
		job_of(100000, "", "%odd ?one"),
	};
	static const struct {
		const char *spec;
		size_t index;
	} cases[] = {
		{ "%1", 0 },	{ "1", 0 },	      { "%12", 2 },
		{ "%2", 1 },	{ "%100000", 3 },     { "%%", 3 },
		{ "%+", 3 },	{ "%", 3 },	      { "%-", 2 },
		{ "%web", 1 },	{ "web", 1 },	      { "make", 2 },
		{ "%make", 2 }, { "%make ", 0 },      { "%make all", 0 },
		{ "%sl", 1 },	{ "%sleep 1000", 1 }, { "%?1000", 1 },
		{ "%?-f", 2 },	{ "%?%odd", 3 },      { "%?all", 0 },
		{ "%%odd", 3 }, { "%?log", 2 },	      { "%??one", 3 },
	};

	(void)state;
	spec_mark(jobs, COUNT(jobs));
	for (size_t i = 0; i < COUNT(cases); i++) {
		size_t index = found(jobs, COUNT(jobs), cases[i].spec, 0);

		if (index != cases[i].index)
			fail_msg("%s", cases[i].spec);
	}
}

static void what_is_no_job_is_said_and_the_output_untouched(void **state)
{
	struct jig_job jobs[] = { job_of(1, "web", "sleep 1000"),
				  job_of(2, "", "sleep 1001") };
	static const char *const none[] = {
		"",
		"%3",
		"3",
		"%0",
		"0",
		"%w",
		"we",
		"sleep",
		"%eep",
		"%?no",
		"%sleep 10000",
		"+",
		"-",
		"%--",
		"%-1",
		"-1",
		"%99999999999999999999999999",
		"%4294967297",
		"%18446744073709551617",
		"WEB",
		" %1",
		"%1 ",
	};

	(void)state;
	spec_mark(jobs, COUNT(jobs));
	for (size_t i = 0; i < COUNT(none); i++)
		assert_true(found(jobs, COUNT(jobs), none[i], -ESRCH) ==
			    NOBODY);
	assert_true(found(jobs, COUNT(jobs), "%sleep", -ENOTUNIQ) == NOBODY);
	assert_true(found(jobs, COUNT(jobs), "%?100", -ENOTUNIQ) == NOBODY);
}

static void without_jobs_nothing_is_found(void **state)
{
	static const char *const specs[] = { "%%", "%+", "%", "%-", "%1", "x" };

	(void)state;
	for (size_t i = 0; i < COUNT(specs); i++)
		assert_true(found(NULL, 0, specs[i], -ESRCH) == NOBODY);
}

static void a_single_job_is_the_previous_one_too(void **state)
{
	struct jig_job job = job_of(3, "", "cat");

	(void)state;
	spec_mark(&job, 1);
	assert_int_equal(found(&job, 1, "%-", 0), 0);
	assert_int_equal(found(&job, 1, "%+", 0), 0);
}

/* ------------------------------------------------------------------ names */

static void names_cannot_be_taken_for_numbers_options_or_paths(void **state)
{
	static const char *const good[] = { "a",   "web", "a1", "1a", "a-b",
					    "a_b", "A.b", "_",	"1.5" };
	static const char *const bad[] = { "",	 "1",	"007",	    "-",
					   "-a", "a/b", "a b",	    "a\n",
					   "%a", "+",	"\xc3\xa4", "a\x1b[m",
					   "a?" };
	char name[sizeof(((struct jig_job *)0)->name) + 1];

	(void)state;
	for (size_t i = 0; i < COUNT(good); i++)
		if (!spec_is_name(good[i]))
			fail_msg("%s", good[i]);
	for (size_t i = 0; i < COUNT(bad); i++)
		if (spec_is_name(bad[i]))
			fail_msg("%s", bad[i]);
	memset(name, 'a', sizeof(name));
	name[sizeof(name) - 1] = '\0'; /* as long as the array: no room */
	assert_false(spec_is_name(name));
	name[sizeof(name) - 2] = '\0';
	assert_true(spec_is_name(name));
}

/* ------------------------------------------------------------------ lines */

struct line {
	enum jig_job_state state;
	int status, code, signo;
	const char *short_line, *long_line;
};

/* The texts are bash's, with LC_ALL=C. */
static const struct line lines[] = {
	{ JIG_JOB_RUNNING, -1, 0, 0, "[1]+  Running                 cat &",
	  "[1]+ 20001 Running                 cat &" },
	{ JIG_JOB_STOPPED, -1, 0, SIGTSTP, "[1]+  Stopped                 cat",
	  "[1]+ 20001 Stopped                 cat" },
	{ JIG_JOB_STOPPED, -1, 0, SIGTTIN, "[1]+  Stopped                 cat",
	  "[1]+ 20001 Stopped (tty input)     cat" },
	{ JIG_JOB_STOPPED, -1, 0, SIGTTOU, "[1]+  Stopped                 cat",
	  "[1]+ 20001 Stopped (tty output)    cat" },
	{ JIG_JOB_STOPPED, -1, 0, SIGSTOP, "[1]+  Stopped                 cat",
	  "[1]+ 20001 Stopped (signal)        cat" },
	{ JIG_JOB_ENDED, EXITED(0), 0, 0, "[1]+  Done                    cat",
	  "[1]+ 20001 Done                    cat" },
	{ JIG_JOB_ENDED, EXITED(3), 3, 0, "[1]+  Exit 3                  cat",
	  "[1]+ 20001 Exit 3                  cat" },
	{ JIG_JOB_ENDED, EXITED(255), 255, 0,
	  "[1]+  Exit 255                cat",
	  "[1]+ 20001 Exit 255                cat" },
	{ JIG_JOB_ENDED, SIGTERM, 143, 0, "[1]+  Terminated              cat",
	  "[1]+ 20001 Terminated              cat" },
	{ JIG_JOB_ENDED, SIGKILL, 137, 0, "[1]+  Killed                  cat",
	  "[1]+ 20001 Killed                  cat" },
	{ JIG_JOB_ENDED, SIGSEGV | DUMPED, 139, 0,
	  "[1]+  Segmentation fault      (core dumped) cat",
	  "[1]+ 20001 Segmentation fault      (core dumped) cat" },
	{ JIG_JOB_LOST, -1, 125, 0, "[1]+  Lost                    cat",
	  "[1]+ 20001 Lost                    cat" },
};

static void a_line_is_bashs(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(lines); i++) {
		struct jig_job job = job_of(1, "", "cat");
		char text[256];
		int size;

		job.mark = '+';
		job.state = lines[i].state;
		job.status = lines[i].status;
		job.code = lines[i].code;
		job.stop_signal = lines[i].signo;
		size = jig_job_format(&job, JIG_JOB_SHORT, text, sizeof(text));
		assert_string_equal(text, lines[i].short_line);
		assert_int_equal(size, strlen(text));
		size = jig_job_format(&job, JIG_JOB_LONG, text, sizeof(text));
		assert_string_equal(text, lines[i].long_line);
		assert_int_equal(size, strlen(text));
	}
}

/* bash: "%5ld". */
static void a_pid_is_five_wide_at_least(void **state)
{
	static const struct {
		pid_t pid;
		const char *line;
	} cases[] = {
		{ 42, "[1]+    42 Running                 cat &" },
		{ 9027, "[1]+  9027 Running                 cat &" },
		{ 10141, "[1]+ 10141 Running                 cat &" },
		{ 4194304, "[1]+ 4194304 Running                 cat &" },
	};
	struct jig_job job = job_of(1, "", "cat");
	char text[64];

	(void)state;
	job.mark = '+';
	for (size_t i = 0; i < COUNT(cases); i++) {
		job.pid = cases[i].pid;
		(void)jig_job_format(&job, JIG_JOB_LONG, text, sizeof(text));
		assert_string_equal(text, cases[i].line);
	}
}

static void what_jig_itself_has_to_say_is_its_exit_status(void **state)
{
	struct jig_job job = job_of(1, "", "cat");
	char text[SPEC_STATE];

	(void)state;
	job.state = JIG_JOB_ENDED;
	job.status = -1;
	job.code = 124; /* --timeout */
	spec_state(&job, JIG_JOB_SHORT, text, sizeof(text));
	assert_string_equal(text, "Exit 124");
	job.status = EXITED(0);
	job.code = 122; /* --leftovers fail */
	spec_state(&job, JIG_JOB_SHORT, text, sizeof(text));
	assert_string_equal(text, "Exit 122");
}

static void a_line_that_does_not_fit_is_cut_and_its_size_told(void **state)
{
	struct jig_job job = job_of(1, "", "cat");
	char text[8];

	(void)state;
	job.mark = '+';
	assert_int_equal(jig_job_format(&job, JIG_JOB_SHORT, text,
					sizeof(text)),
			 strlen(lines[0].short_line));
	assert_string_equal(text, "[1]+  R");
	assert_int_equal(jig_job_format(&job, JIG_JOB_SHORT, NULL, 0),
			 strlen(lines[0].short_line));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_current_and_the_previous_job_are_marked),
		cmocka_unit_test(
			of_the_same_moment_the_larger_number_is_current),
		cmocka_unit_test(the_last_one_that_was_continued_is_current),
		cmocka_unit_test(a_jobspec_means_a_job),
		cmocka_unit_test(
			what_is_no_job_is_said_and_the_output_untouched),
		cmocka_unit_test(without_jobs_nothing_is_found),
		cmocka_unit_test(a_single_job_is_the_previous_one_too),
		cmocka_unit_test(
			names_cannot_be_taken_for_numbers_options_or_paths),
		cmocka_unit_test(a_line_is_bashs),
		cmocka_unit_test(a_pid_is_five_wide_at_least),
		cmocka_unit_test(what_jig_itself_has_to_say_is_its_exit_status),
		cmocka_unit_test(
			a_line_that_does_not_fit_is_cut_and_its_size_told),
	};

	return RUN(tests);
}
