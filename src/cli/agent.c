// SPDX-License-Identifier: MIT
/* `jig agent`: the command. */
#include <errno.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "base/fd.h"
#include "base/sys.h"
#include "cli/command/command.h"
#include "proc/aside.h"

/* As the script of src/via/push.c has opened the copy. */
#define COPY_FD 3

static int agent_take_mcp(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct agent *)data)->is_mcp = true;
	return 0;
}

/* Of `jig run --via --via-push`: it is executed from its descriptor, and has no
 * name any more. Our guards are executed as /proc/self/exe, which is there as
 * long as we are. */
static int agent_take_descriptor(void *data, const char *value,
				 struct fault *fault)
{
	struct stat copy, own;

	(void)data;
	(void)value;
	if (fstat(COPY_FD, &copy) < 0 || stat("/proc/self/exe", &own) < 0 ||
	    copy.st_dev != own.st_dev || copy.st_ino != own.st_ino)
		return fault_set(fault, -EINVAL,
				 "--from-descriptor: descriptor %d is not the "
				 "program that is executed",
				 COPY_FD);
	(void)close(COPY_FD);
	/* ps(1) would say "3". */
	(void)prctl(PR_SET_NAME, "jig");
	return 0;
}

static const struct option agent_options[] = {
	{ 0, "mcp", NULL, NULL,
	  "speak the Model Context Protocol: tools for a coding assistant",
	  agent_take_mcp },
	{ 0, "from-descriptor", NULL, NULL, NULL, agent_take_descriptor },
	{ 0 },
};

/* Each fixture needs some descriptors of ours. If the limit cannot be raised,
 * there are fewer fixtures. */
static void agent_raise_files(struct agent *agent)
{
	struct rlimit all;

	(void)getrlimit(RLIMIT_NOFILE, &agent->files); /* A valid pointer. */
	all = agent->files;
	all.rlim_cur = all.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &all) < 0)
		agent->files.rlim_cur = agent->files.rlim_max;
}

static int agent_start(struct agent *agent)
{
	struct fault fault = { "" };
	int status;

	fd_open_standard();
	aside_note_inherited();
	agent_raise_files(agent);
	status = agent_run(agent, &fault);
	if (status < 0) {
		complain("agent: %s", fault.text);
		return EXIT_JIG;
	}
	if (status > 128)
		sys_die_of(status - 128);
	return status;
}

static int agent_command(const struct command *command, int argc, char **argv)
{
	struct agent agent = { .lines = LINES_NONE,
			       .queue = QUEUE_NONE,
			       .signals = -1,
			       .poller = { .epoll = -1 } };
	struct fault fault = { "" };
	int first = options_parse(command, argc, argv, &agent, &fault);

	if (options_want_help(first))
		return command_print_help(command, first);
	if (first >= 0 && first < argc)
		first = fault_set(&fault, -1,
				  "agent takes no arguments: requests come on "
				  "standard input, see jig-agent(7)");
	if (first < 0)
		return complain_usage(command, &fault);
	return agent_start(&agent);
}

static const struct page_pair agent_examples[] = {
	{ "jig agent", "JSON-RPC on standard input and output, see "
		       "jig-agent(7)" },
	{ "jig agent --mcp", "an MCP server, for a coding assistant" },
	{ NULL, NULL },
};

static const struct page_pair agent_statuses[] = {
	{ "0", "the client has gone, and no process is left" },
	{ "120", "a process has survived: jig could not end it" },
	{ "125", "wrong usage, or jig failed" },
	{ NULL, NULL },
};

const struct command command_agent = {
	.name = "agent",
	.task = TASK_RUN,
	.usage = "[--mcp]",
	.summary = "run fixtures for a program, by JSON-RPC over pipes",
	.manual = "jig-agent(1)",
	.options = { agent_options },
	.examples = agent_examples,
	.statuses = agent_statuses,
	.run = agent_command,
};
