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
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/fd.h"
#include "base/file/self.h"
#include "up/commands.h"
#include "up/load/load.h"
#include "up/settings/defaults.h"

/* Every command, once; in the order of the help. */
#define COMMANDS(DO)                                                           \
	DO(up)                                                                 \
	DO(start)                                                              \
	DO(check)                                                              \
	DO(exec)                                                               \
	DO(ps)                                                                 \
	DO(reload)                                                             \
	DO(restart)                                                            \
	DO(stop)                                                               \
	DO(scale)                                                              \
	DO(logs)                                                               \
	DO(attach)                                                             \
	DO(down)                                                               \
	DO(export)                                                             \
	DO(import)

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

/* Honcho's "-q NAME" is not our "-q". */
static int up_main_honcho(const struct command *command, int argc, char **argv,
			  struct up_settings *settings)
{
	int end = 1, found = 0;

	for (; end < argc && strcmp(argv[end], "--") != 0; end++)
		found |= strcmp(argv[end], "--honcho") == 0;
	if (!found || (command != &command_up && command != &command_start))
		return 0;
	for (int i = 1; i < end; i++) {
		const char *rest = NULL;
		char *text;

		if (strncmp(argv[i], "--quiet", 7) == 0 &&
		    (!argv[i][7] || argv[i][7] == '='))
			rest = argv[i] + 7;
		else if (strncmp(argv[i], "-q", 2) == 0)
			rest = argv[i] + 2;
		if (!rest)
			continue;
		if (asprintf(&text, "--mute%s%s",
			     *rest && *rest != '=' ? "=" : "", rest) < 0 ||
		    list_take_text(&settings->texts, text) < 0)
			return -ENOMEM;
		argv[i] = text;
	}
	return 0;
}

static bool up_main_runs(const struct command *command)
{
	static const struct command *const commands_that_run[] = {
		&command_up,	 &command_start, &command_check,
		&command_export, &command_exec,
	};

	for (size_t i = 0;
	     i < sizeof(commands_that_run) / sizeof(commands_that_run[0]); i++)
		if (commands_that_run[i] == command)
			return true;
	return false;
}

static int up_main_do(size_t index, struct request *request)
{
	struct up_settings *settings = request->settings;
	const struct command *command = table[index].command;
	struct fault fault = { "out of memory" };

	if (!settings->services && !settings->directory &&
	    settings->files.count == 0)
		settings->elsewhere = command->elsewhere;
	if (!load_is_yaml(settings) &&
	    defaults_take(settings, up_main_runs(command), &fault) < 0)
		return failed(&fault);
	return table[index].run(request);
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
	r = request.words ? up_main_honcho(command, argc, argv, &settings)
			  : -ENOMEM;
	if (r == 0)
		r = up_main_parse(command, argc, argv, &request, &fault);
	if (options_want_help(r)) {
		status = command_print_help(command, r);
	} else if (r < 0) {
		status = complain_usage(command, &fault);
	} else {
		status = up_main_do(index, &request);
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
