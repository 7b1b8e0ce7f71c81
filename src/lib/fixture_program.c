// SPDX-License-Identifier: MIT
/* Which program is the guard, and why a program gave no answer. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "base/file/installed.h"
#include "base/poll.h"
#include "base/text.h"
#include "lib/fixture.h"

/* Its socket is closed, so it is about to end. */
#define END_MS 1000

static const char *source_of(const struct jig_command *command)
{
	const char *variable = getenv("JIG_PROGRAM");

	if (command->program)
		return "";
	return variable && *variable ? "JIG_PROGRAM=" : "";
}

const char *fixture_program(const struct jig_command *command,
			    char path[PATH_MAX])
{
	const char *program =
		command->program ? command->program : getenv("JIG_PROGRAM");

	if (program && *program)
		return program;
	return installed_program(path, PATH_MAX) ? path : "jig";
}

/* The system has too little of something. */
static bool fixture_lacks(int error)
{
	return error == -ENOMEM || error == -EAGAIN || error == -EMFILE ||
	       error == -ENFILE;
}

int fixture_not_executed(const struct jig_command *command, const char *program,
			 int error, struct fault *fault)
{
	char name[256];

	if (error == -E2BIG)
		return fault_set(fault, error,
				 "the words and variables of the command are "
				 "too long: %s",
				 strerror(-error));
	if (fixture_lacks(error))
		return fault_set(fault, error,
				 "cannot execute the jig program: %s",
				 strerror(-error));
	return fault_set(fault, -ENOPKG,
			 "cannot execute the jig program (%s%s): %s; set "
			 "JIG_PROGRAM to jig " JIG_VERSION,
			 source_of(command),
			 text_printable(program, name, sizeof(name)),
			 strerror(-error));
}

/* @return its status as waitpid(2) has it; -1: it is not known. */
static int status_of(const struct jig *fixture)
{
	struct pollfd end = { .fd = fixture->guard.pidfd, .events = POLLIN };
	siginfo_t info = { .si_pid = 0 };

	if (end.fd >= 0)
		(void)poll_fds(&end, 1, END_MS); /* Then it is not known. */
	/* It stays a zombie, for jig_free(). */
	if (waitid(P_PID, (id_t)fixture->guard.pid, &info,
		   WEXITED | WNOHANG | WNOWAIT) < 0 ||
	    info.si_pid == 0)
		return -1;
	return info.si_code == CLD_EXITED ? info.si_status << 8
					  : info.si_status;
}

void fixture_note_program(struct jig *fixture,
			  const struct jig_command *command,
			  const char *program)
{
	char name[sizeof(fixture->program) - 16];

	(void)snprintf(fixture->program, sizeof(fixture->program), "%s%s",
		       source_of(command),
		       text_printable(program, name, sizeof(name)));
}

int fixture_gave_no_answer(const struct jig *fixture, struct fault *fault)
{
	char signal[TEXT_SIGNAL_SIZE];
	const char *name = fixture->program;
	int status = status_of(fixture);

	if (status >= 0 && WIFEXITED(status))
		return fault_set(fault, -EPROTO,
				 "%s is not jig " JIG_VERSION
				 ": as the guard it exited with status %d and "
				 "gave no answer; set JIG_PROGRAM",
				 name, WEXITSTATUS(status));
	if (status >= 0)
		return fault_set(fault, -EPROTO,
				 "the guard (%s) was ended by %s before it had "
				 "started the command",
				 name,
				 text_signal_name(WTERMSIG(status), signal,
						  sizeof(signal)));
	return fault_set(fault, -EPROTO,
			 "the guard (%s) closed its socket before it had "
			 "started the command: is it jig " JIG_VERSION "?",
			 name);
}
