// SPDX-License-Identifier: MIT
/*
 * Many fixtures, one event loop: a pool of workers, each watched through the
 * one descriptor that jig_fd() gives. A worker that fails is started again, up
 * to three times.
 *
 *     supervise_many COMMAND…     each a line for /bin/sh
 */
#include <errno.h>
#include <jig.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>

#define MAX_STARTS 3

struct worker {
	const char *line;
	struct jig *fixture; /* NULL: it is done */
	int starts;
};

static void start(struct worker *worker)
{
	char why[256];
	struct jig_command command = {
		.size = sizeof(command),
		.shell = worker->line,
		.error = why,
		.error_size = sizeof(why),
	};

	worker->starts++;
	if (jig_start(&command, &worker->fixture) == 0)
		printf("%s: started\n", worker->line);
	else
		printf("%s: %s\n", worker->line, why);
}

/* Its descriptor was readable: perhaps it has ended. */
static void look(struct worker *worker)
{
	int code;

	if (jig_wait(worker->fixture, 0, &code) == -ETIMEDOUT)
		return;
	printf("%s: ended with %d, %zu left behind\n", worker->line, code,
	       jig_report_leftovers(jig_report(worker->fixture)));
	jig_free(worker->fixture);
	worker->fixture = NULL;
	if (code != 0 && worker->starts < MAX_STARTS)
		start(worker);
}

static int watch(struct worker *workers, struct pollfd *fds, int count)
{
	int alive = 0;

	for (int i = 0; i < count; i++) {
		struct jig *fixture = workers[i].fixture;

		/* poll passes over negative ones. */
		fds[i] = (struct pollfd){ fixture ? jig_fd(fixture) : -1,
					  POLLIN, 0 };
		alive += fixture != NULL;
	}
	if (alive > 0 && poll(fds, (nfds_t)count, -1) < 0 && errno != EINTR)
		return 0;
	for (int i = 0; i < count; i++)
		if (fds[i].revents)
			look(&workers[i]);
	return alive;
}

int main(int argc, char **argv)
{
	int count = argc - 1;
	struct worker *workers = calloc((size_t)argc, sizeof(*workers));
	struct pollfd *fds = calloc((size_t)argc, sizeof(*fds));

	if (!workers || !fds)
		return 1;
	setlinebuf(stdout);
	for (int i = 0; i < count; i++) {
		workers[i].line = argv[i + 1];
		start(&workers[i]);
	}
	while (watch(workers, fds, count) > 0)
		;
	free(fds);
	free(workers);
	return 0;
}
