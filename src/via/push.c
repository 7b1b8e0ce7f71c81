// SPDX-License-Identifier: MIT
/*
 * --via-push: the transport runs sh there, which reads a script of ours from
 * its standard input: so no word has to be quoted for whatever splits the words
 * of the transport. The script executes jig if it finds one. Otherwise it takes
 * a copy of ours: it is sent, read back and compared, and only then executed.
 * The copy has no name any more when its first byte is sent, so that nothing is
 * left of it, however the script ends.
 *
 * The script uses what a small image has: sh, mktemp, head, cat, chmod, rm.
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include "base/cleanup.h"
#include "base/fd.h"
#include "base/file/self.h"
#include "base/text.h"
#include "via/relay.h"

/* A program of ours has less than a megabyte. */
#define COPY_MAX (64UL << 20)

/* Its lines: "jig-push: here", "jig-push: give ARCHITECTURE". */
#define PUSH_MARK "jig-push: "

/* It is a function, so that sh has read all of it before it runs: what sh reads
 * next is what we send next. While the folder is there, it is ended by no
 * signal of ours but SIGKILL (64 is VIA_STOP_SIGNAL). */
#define SCRIPT_START "jig_push() {"

static const char script[] =
	"umask 077\n"
	"trap '' HUP INT QUIT TERM PIPE\n"
	"(trap '' 64) 2>/dev/null && trap '' 64\n"
	"d=$(mktemp -d \"${TMPDIR:-/tmp}/jig-XXXXXXXXXX\") || exit 1\n"
	"trap 'rm -rf \"$d\"' EXIT\n"
	": >\"$d/jig\" && chmod 700 \"$d/jig\" || exit 1\n"
	"exec 3<\"$d/jig\" 4>\"$d/jig\" || exit 1\n"
	"rm -rf \"$d\" || exit 1\n"
	"trap - EXIT HUP INT QUIT TERM PIPE\n"
	"(trap - 64) 2>/dev/null && trap - 64\n"
	"echo \"jig-push: give $(uname -m)\"\n"
	"read -r size || exit 1\n"
	"head -c \"$size\" >&4 || exit 1\n"
	"exec 4>&-\n"
	"echo 'jig-push: taken'\n"
	"cat <&3 || exit 1\n"
	"read -r answer || exit 1\n"
	"test \"$answer\" = run || exit 1\n"
	"/proc/self/fd/3 version </dev/null >/dev/null 2>&1 ||\n"
	"  { echo \"jig-push: cannot ${TMPDIR:-/tmp}\"; exit 1; }\n"
	"exec /proc/self/fd/3 agent --from-descriptor\n"
	"}\n"
	"jig_push\n";

/* Whether a program needs an interpreter: libraries of this machine. */
static bool push_is_dynamic(const char *bytes, size_t size)
{
	Elf64_Ehdr head;
	Elf64_Phdr part;

	if (size < sizeof(head))
		return true;
	memcpy(&head, bytes, sizeof(head));
	if (memcmp(head.e_ident, ELFMAG, SELFMAG) != 0 ||
	    head.e_ident[EI_CLASS] != ELFCLASS64 ||
	    head.e_phentsize != sizeof(part))
		return true;
	for (size_t i = 0; i < head.e_phnum; i++) {
		size_t at = head.e_phoff + i * sizeof(part);

		if (at > size - sizeof(part))
			return true;
		memcpy(&part, bytes + at, sizeof(part));
		if (part.p_type == PT_INTERP)
			return true;
	}
	return false;
}

int push_begin(struct relay *relay, struct fault *fault)
{
	struct buffer *copy = &relay->copy;
	ssize_t n =
		fd_read_whole(AT_FDCWD, self_program(), COPY_MAX, &copy->text);

	if (n < 0)
		return fault_set(fault, (int)n,
				 "cannot read jig's own program: %s",
				 strerror((int)-n));
	copy->used = copy->room = (size_t)n;
	if (push_is_dynamic(copy->text, copy->used))
		return fault_set(fault, -ENOEXEC,
				 "--via-push: this jig is not a static "
				 "program: it needs libraries that the other "
				 "machine may lack");
	return 0;
}

void push_offer(struct relay *relay)
{
	CLEANUP_FREE char *jig = transport_quote(relay->order.jig);

	if (jig)
		buffer_printf(&relay->out,
			      SCRIPT_START
			      "\nif command -v %s >/dev/null 2>&1; then\n"
			      "  echo '" PUSH_MARK "here'; exec %s agent\n"
			      "fi\n%s",
			      jig, jig, script);
	else
		relay->out.error = -ENOMEM;
	relay->state = RELAY_OFFERING;
	request_flush(relay);
}

static void push_give(struct relay *relay, const char *machine)
{
	char why[FAULT_SIZE];
	struct utsname here;

	if (uname(&here) < 0)
		here.machine[0] = '\0';
	if (strcmp(machine, here.machine) != 0) {
		char theirs[32];

		(void)snprintf(why, sizeof(why),
			       "--via-push: that machine is a %s, and this jig "
			       "is for %s",
			       text_printable(machine, theirs, sizeof(theirs)),
			       here.machine);
		relay_end_refused(relay, -ENOEXEC, BOARD_NO_STAGE, why);
		return;
	}
	buffer_printf(&relay->out, "%zu\n", relay->copy.used);
	buffer_add(&relay->out, relay->copy.text, relay->copy.used);
	relay->state = RELAY_PUSHING;
	request_flush(relay);
}

static void push_cannot(struct relay *relay, const char *folder)
{
	char why[FAULT_SIZE], where[128];

	(void)snprintf(why, sizeof(why),
		       "--via-push: the copy in %s cannot be executed there: "
		       "TMPDIR names the folder",
		       text_printable(folder, where, sizeof(where)));
	relay_end_refused(relay, -EACCES, BOARD_NO_STAGE, why);
}

bool push_take_line(struct relay *relay, const char *line)
{
	const char *mark = strstr(line, PUSH_MARK);
	const char *word = mark ? mark + strlen(PUSH_MARK) : "";

	if (relay->state == RELAY_OFFERING && strstr(line, SCRIPT_START)) {
		relay_end_terminal(relay);
		return true;
	}
	if (relay->state == RELAY_OFFERING && strcmp(word, "here") == 0) {
		relay->state = RELAY_GREETING;
		request_initialize(relay);
		return true;
	}
	if (relay->state == RELAY_OFFERING && strncmp(word, "give ", 5) == 0) {
		push_give(relay, word + 5);
		return true;
	}
	if (relay->state == RELAY_PUSHING && strcmp(word, "taken") == 0) {
		relay->is_sent = true;
		return true;
	}
	if (relay->state == RELAY_GREETING &&
	    strncmp(word, "cannot ", 7) == 0) {
		push_cannot(relay, word + 7);
		return true;
	}
	return false;
}

void push_compare(struct relay *relay)
{
	size_t left = relay->copy.used - relay->compared;
	const char *bytes;
	size_t size = lines_next_bytes(&relay->from, left, &bytes);

	if (size > 0 &&
	    memcmp(relay->copy.text + relay->compared, bytes, size) != 0) {
		relay_end_refused(relay, -EIO, BOARD_NO_STAGE,
				  "--via-push: the copy there differs from "
				  "what was sent");
		return;
	}
	relay->compared += size;
	if (relay->compared < relay->copy.used)
		return;
	buffer_free(&relay->copy);
	buffer_printf(&relay->out, "run\n");
	relay->state = RELAY_GREETING;
	request_initialize(relay);
}
