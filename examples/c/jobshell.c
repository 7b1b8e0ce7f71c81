// SPDX-License-Identifier: MIT
/*
 * A job-control shell. Its jobs are jig's: they outlive it and its terminal,
 * other terminals have the same ones, and of what has ended nothing is left.
 * Lines go to /bin/sh, but for:
 *     CMD &   jobs   fg [%n]   bg [%n]   wait [%n]   kill [%n]   exit
 */
#include <errno.h>
#include <jig.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted; /* by ^C */

static void on_signal(int signo)
{
	interrupted |= signo == SIGINT; /* SIGWINCH only wakes us. */
}

static void print(const struct jig_job *job)
{
	char line[2048];

	jig_job_format(job, JIG_JOB_SHORT, line, sizeof(line));
	puts(line);
}

/* What has ended is shown once; with @all the others, too. */
static int show(bool all)
{
	struct jig_job *jobs = NULL;
	size_t count;
	int r = jig_jobs(&jobs, &count, sizeof(*jobs));

	for (size_t i = 0; r == 0 && i < count; i++) {
		if (all || jobs[i].state >= JIG_JOB_ENDED)
			print(&jobs[i]);
		if (jobs[i].state >= JIG_JOB_ENDED)
			jig_job_forget(jobs[i].number);
	}
	free(jobs);
	return r;
}

/* ^C, ^Z and ^D are for the job's own terminal now. @return a status. */
static int foreground(struct jig_job *job, const struct jig_attach *how)
{
	int r = jig_job_foreground(job->number, how, 0, 1, job);

	if (r < 0)
		return r;
	if (job->state >= JIG_JOB_ENDED) {
		jig_job_forget(job->number);
		return job->code;
	}
	puts("");
	print(job);
	return 128 + job->stop_signal;
}

static int start(char *line)
{
	struct jig_command command = { .size = sizeof(command), .shell = line };
	struct jig_attach whole = { .size = sizeof(whole), .whole = true };
	char *last = line + strlen(line) - 1;
	bool background = *last == '&';
	struct winsize size = { 0 };
	struct jig_job job = { .size = sizeof(job) };

	*last = background ? '\0' : *last;
	ioctl(0, TIOCGWINSZ, &size);

	struct jig_job_options options = { .size = sizeof(options),
					   .rows = size.ws_row,
					   .columns = size.ws_col };
	int r = jig_job_start(&command, &options, &job);

	if (r < 0 || !background)
		return r < 0 ? r : foreground(&job, &whole);
	printf("[%u] %d\n", job.number, (int)job.pid);
	return 0;
}

/* Until it has ended, or ^C. */
static int await(const struct jig_job *job)
{
	int r, code = 0;

	while ((r = jig_job_wait(job->number, 100, &code)) == -ETIMEDOUT)
		if (interrupted)
			return 128 + SIGINT;
	jig_job_forget(job->number);
	return r < 0 ? r : code;
}

/* @return a status, or -errno. */
static int run(char *line)
{
	struct jig_attach resume = { .size = sizeof(resume), .resume = true };
	char verb[8] = "", spec[64] = "%%";
	struct jig_job job = { .size = sizeof(job) };
	int words = sscanf(line, "%7s %63s", verb, spec);
	int r = jig_job_look(spec, &job);

	if (words == 2 && *spec != '%') /* As in `kill 123`. */
		return start(line);
	if (strcmp(verb, "jobs") == 0)
		return show(true);
	if (strcmp(verb, "fg") == 0)
		return r < 0 ? r : foreground(&job, &resume);
	if (strcmp(verb, "bg") == 0)
		return r < 0 ? r : jig_job_continue(job.number);
	if (strcmp(verb, "kill") == 0)
		return r < 0 ? r : jig_job_stop(job.number);
	if (strcmp(verb, "wait") == 0)
		return r < 0 ? r : await(&job);
	return words > 0 ? start(line) : 0;
}

int main(void)
{
	struct sigaction action = { .sa_handler = on_signal };
	char line[4096];
	int status = 0;

	sigaction(SIGINT, &action, NULL);
	signal(SIGWINCH, on_signal); /* Which restarts what it interrupts. */
	for (;;) {
		show(false);
		if (isatty(STDIN_FILENO))
			printf("[%d] $ ", status);
		fflush(stdout);
		clearerr(stdin);
		interrupted = 0;
		if (!fgets(line, sizeof(line), stdin) && !interrupted)
			return status;
		line[interrupted ? 0 : strcspn(line, "\n")] = '\0';
		if (strcmp(line, "exit") == 0)
			return status;
		status = run(line);
		if (status < 0) {
			printf("jobshell: %s\n", strerror(-status));
			status = 1;
		}
	}
}
