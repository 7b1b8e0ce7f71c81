/* SPDX-License-Identifier: MIT */
/*
 * The one place that prints: jig's own text on stdout and stderr.
 *
 * Invariant: no control character from outside of jig reaches a terminal. Names
 * of files, users, services and processes, words of the command line and what
 * other programs answer may hold any bytes; text_clean() makes each control and
 * each byte that is not UTF-8 a '?'. What passes untouched is passed to
 * say_bytes() or complain_bytes(): a command's own output, JSON (which escapes
 * controls) and texts that were made with app/printable.h.
 *
 * tests/integration/repository/test_rules.py proves that nothing else in src prints,
 * and which files pass bytes on.
 */
#ifndef JIG_TTY_SAY_H
#define JIG_TTY_SAY_H

#include <stdbool.h>
#include <stddef.h>

/** One line on stderr, "jig: " before it. */
void complain(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Lines on stderr, as they are but for controls; a newline may end them. */
void complain_text(const char *text);

/** A command's output on stderr, untouched. In one write, if all is taken. */
void complain_bytes(const void *bytes, size_t size);

/**
 * From now on jig must be able to end a fixture at any time: no message waits
 * long for stderr (a full pipe, a frozen terminal, a file system that does not
 * answer). What is not written is kept in order, until the next message or
 * complain_at_leisure(); beyond 64 KiB it is lost.
 */
void complain_in_haste(void);

/** Whether the last message could not be written: drawing is of no use then. */
bool complain_is_stuck(void);

/**
 * All has ended. What was kept has 2 s. Afterwards a message waits as usual,
 * and a stop signal ends jig in that wait (tty/last_words.h); but if stderr
 * took nothing in the 2 s, no message waits any more.
 */
void complain_at_leisure(void);

/** One line on stdout: a newline in an argument does not end it. */
void say_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Our own text on stdout: newlines and tabs are kept. */
void say_words(const char *format, ...) __attribute__((format(printf, 1, 2)));

/** Untouched on stdout. @return 0 or -errno. */
int say_bytes(const void *bytes, size_t size);

/**
 * The same at once, past the buffer. Another process may have made the stdout
 * that it shares with us non-blocking: then this waits until it takes more.
 */
int say_now(const void *bytes, size_t size);

#endif
