/* SPDX-License-Identifier: MIT */
/*
 * The only module that prints: jig's own text on stdout and stderr.
 *
 * Invariant: no control character from outside of jig reaches a terminal. Names
 * of files, users, services and processes, words of the command line and
 * answers of other programs may contain any bytes; text_clean() replaces each
 * control and each byte that is not UTF-8 by '?'. Only say_bytes() and
 * complain_bytes() print bytes unchanged: a command's own output, JSON (which
 * has no raw controls) and texts made with view/printable.h.
 *
 * tests/integration/repository/test_rules.py checks that no other file in src
 * prints, and lists the files that print bytes unchanged.
 */
#ifndef JIG_TTY_SAY_H
#define JIG_TTY_SAY_H

#include <stdbool.h>
#include <stddef.h>

/** One line on stderr, after "jig: ". */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Lines on stderr, without controls; a final newline is added if missing. */
void complain_text(const char *text);

/** A command's output on stderr, unchanged. In one write, if all is taken. */
void complain_bytes(const void *bytes, size_t size);

/**
 * From now on jig must be able to end a fixture at any time: no message waits
 * long for stderr (a full pipe, a frozen terminal, a file system that does not
 * answer). The rest is stored, in order, until the next message or
 * complain_at_leisure(); beyond 64 KiB it is lost.
 */
void complain_in_haste(void);

/** Whether the last message could not be written: do not draw then. */
bool complain_is_stuck(void);

/**
 * All processes have ended. Stored messages have 2 s. Afterwards a message
 * waits as usual, and a stop signal ends jig in this wait (tty/last_words.h);
 * but if stderr took nothing in the 2 s, no later message waits.
 */
void complain_at_leisure(void);

/** One line on stdout; a newline in an argument becomes '?'. */
void say_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Our own text on stdout, with its newlines and tabs. */
void say_words(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Unchanged on stdout. @return 0 or -errno. */
int say_bytes(const void *bytes, size_t size);

/**
 * The same at once, without stdio's buffer. If another process has made the
 * shared stdout non-blocking, this waits until it takes more.
 */
int say_now(const void *bytes, size_t size);

#endif
