// SPDX-License-Identifier: MIT
/*
 * jig-up: `jig up` and the commands around it.
 *
 * `jig` executes this program with its own path first: jig-up PATH COMMAND ….
 * The map of the sources is at the head of src/cli/main.c.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/self.h"
#include "up/commands.h"

/* Every command, once; in the order of the help. */
#define COMMANDS(DO)                                                           \
	DO(up)                                                                 \
	DO(start)                                                              \
	DO(check)                                                              \
	DO(exec)                                                               \
	DO(ps)                                                                 \
	DO(restart)                                                            \
	DO(stop)                                                               \
	DO(scale)                                                              \
	DO(logs)                                                               \
	DO(attach)                                                             \
	DO(down)                                                               \
	DO(export)

#define COMMAND(name) &command_##name,
const struct command *const commands[] = { COMMANDS(COMMAND) NULL };

#define ENTRY(name) { &command_##name, run_##name },
static const struct {
	const struct command *command;
	int (*run)(const struct request *request);
} table[] = { COMMANDS(ENTRY) };

/*
 * Options may stand between the words, as Foreman's users write them. After
 * "--", and for `exec` from its first word on, the words are a command.
 */
static int up_main_parse(const struct command *command, int argc, char **argv,
			 struct request *request, struct fault *fault)
{
	int next = 1;
	bool split;

	for (;;) {
		next = options_parse_part(command, argc, argv, next,
					  request->settings, &split, fault);
		if (next < 0)
			return next;
		if (next > 1 && strcmp(argv[next - 1], "--") == 0) {
			request->around = argv + next;
			return 0;
		}
		if (next == argc)
			return 0;
		if (command == &command_exec) {
			request->around = argv + next;
			return 0;
		}
		request->words[request->count++] = argv[next++];
	}
}

static int up_main_run(size_t index, const char *jig, int argc, char **argv)
{
	const struct command *command = table[index].command;
	struct up_settings settings;
	struct request request = { .jig = jig,
				   .settings = &settings,
				   .bare = argc == 1 };
	struct fault fault = { "out of memory" };
	int r, status;

	up_settings_init(&settings);
	request.words = calloc((size_t)argc + 1, sizeof(char *));
	r = request.words ? up_main_parse(command, argc, argv, &request, &fault)
			  : -ENOMEM;
	if (options_want_help(r)) {
		status = command_print_help(command, r);
	} else if (r < 0) {
		status = complain_usage(command, &fault);
	} else {
		if (!settings.services && !settings.directory &&
		    settings.files.count == 0)
			settings.elsewhere = command->elsewhere;
		status = table[index].run(&request);
	}
	free(request.words);
	up_settings_free(&settings);
	return status;
}

/* For `jig doctor`, which finds us as every command does: "VERSION PATH". */
static int up_main_introduce(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink(self_program(), path, sizeof(path));

	if (length < 0 || length == sizeof(path))
		length = 0;
	say_words("%s %.*s\n", JIG_VERSION, (int)length, path);
	return fflush(stdout) == 0 ? 0 : EXIT_JIG;
}

int main(int argc, char **argv)
{
	fd_open_standard();
	if (argc < 3) {
		complain("jig runs jig-up; use: jig up, jig check, jig ps, …");
		return EXIT_JIG;
	}
	if (strcmp(argv[2], "version") == 0)
		return up_main_introduce();
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		if (strcmp(table[i].command->name, argv[2]) != 0)
			continue;
		int status = up_main_run(i, argv[1], argc - 2, argv + 2);

		if (fflush(stdout) != 0 && status == 0) {
			complain("cannot write to stdout: %s", strerror(errno));
			return EXIT_JIG;
		}
		return status;
	}
	complain("jig-up has no command '%s'", argv[2]);
	return EXIT_JIG;
}
