// SPDX-License-Identifier: MIT
/*
 * End processes that jig did not start, each with all that descends from it,
 * and show first whom that will be.
 *
 *     end_tree PID…
 */
#include <jig.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void show(const struct jig_process *all, size_t count, pid_t parent,
		 int depth)
{
	for (size_t i = 0; i < count; i++) {
		if (all[i].ppid != parent || depth > 100)
			continue;
		printf("%*s%d %s\n", depth * 2, "", all[i].pid, all[i].comm);
		show(all, count, all[i].pid, depth + 1);
	}
}

static void show_tree(pid_t pid)
{
	struct jig_process *all;
	size_t count;

	if (jig_list(&all, &count, sizeof(*all)) < 0)
		return;
	printf("%d\n", pid);
	show(all, count, pid, 1);
	free(all);
}

int main(int argc, char **argv)
{
	int failed = 0;

	for (int i = 1; i < argc; i++) {
		pid_t pid = atoi(argv[i]);
		size_t ended;

		show_tree(pid);

		int r = jig_end_tree(pid, 5000, &ended);

		if (r < 0)
			fprintf(stderr, "%d: %s\n", pid, strerror(-r));
		else
			printf("%zu ended\n", ended);
		failed |= r < 0;
	}
	return failed;
}
