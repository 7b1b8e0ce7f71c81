/* SPDX-License-Identifier: MIT */
/*
 * Small texts that a person typed: numbers, durations, sizes, signals.
 *
 * Pure functions over strings: no locale, no allocation, and an output is
 * written on success only. -EINVAL means "not of this form", -ERANGE "of this
 * form, but too large".
 */
#ifndef JIG_BASE_TEXT_H
#define JIG_BASE_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Decimal digits only: no sign, no blanks. At most @max. */
int text_number(const char *text, uint64_t max, uint64_t *ret);

/**
 * A duration: a number (with a fraction, if any) and a unit: us, ms, s, m, h,
 * d; without a unit seconds. "1.5s", "200ms", "5m", "10".
 *
 * @ret_us  microseconds, at most INT64_MAX: about 292,000 years; 0 only for
 *          zero: what is shorter than a microsecond is one.
 */
int text_duration(const char *text, int64_t *ret_us);

/** A size in bytes: "4096", "64k", "1.5M", "2G", "1T"; powers of 1024. */
int text_size(const char *text, uint64_t *ret);

/**
 * A signal: "TERM", "SIGTERM", "term", "15", "RTMIN+3", "RTMAX-1".
 *
 * @return  its number (1 to 64), or -EINVAL.
 */
int text_signal(const char *text);

/** The names of signals, for text_nearest(): "HUP"; NULL behind the last. */
const char *text_signal_at(size_t index, const void *unused);

/** "SIGTERM", "SIGRTMIN+3"; "signal 99" for what has no name. */
const char *text_signal_name(int signo, char *buffer, size_t size);

/** Enough for text_signal_name(). */
#define TEXT_SIGNAL_SIZE 24

/** What stands around a suggested word. */
struct text_quotes {
	const char *before, *after;
};

/**
 * The candidate that @wrong was probably meant to be.
 *
 * If exactly one candidate begins with @wrong, it is meant. Else the candidate
 * with the fewest changes (Damerau-Levenshtein distance; the first one of
 * several): at most 2 if both words have 5 letters or more; else at most 1, and
 * their first letters are equal: `top` is not a mistyped `stop`. Upper and
 * lower case count as equal.
 *
 * @next  gives the candidates: called with 0, 1, … until it returns NULL.
 * @return  one of the candidates, or NULL when none is near.
 */
const char *text_nearest(const char *wrong,
			 const char *(*next)(size_t index, const void *table),
			 const void *table);

/**
 * What to add to the message about @wrong: "; did you mean AxB?" with the
 * nearest candidate x between the quotes A and B, or "". If exactly two
 * candidates begin with @wrong, it names both.
 *
 * @return  @buffer.
 */
const char *text_suggest(const char *wrong,
			 const char *(*next)(size_t index, const void *table),
			 const void *table, const struct text_quotes *quotes,
			 char *buffer, size_t size);

/** Copy a text, cut to what fits; always ended with a NUL. */
void text_copy(char *to, size_t size, const char *from);

/** Bytes (1 to 4) of the UTF-8 sequence that @text begins with, 0 if none. */
size_t text_utf8_length(const char *text);

/** Write a character, at most U+10FFFF, as UTF-8. @return its bytes: 1 to 4. */
size_t text_utf8_put(char *to, uint32_t code);

/** The character; @sequence as text_utf8_length() has accepted it. */
uint32_t text_code_point(const char *sequence, size_t size);

/**
 * Whether a character must not reach a terminal, which would act on it instead
 * of showing it. These are C0, DEL, C1, the controls that change the direction
 * of what follows (U+061C, U+200E, U+200F, U+202A to U+202E, U+2066 to U+2069),
 * and the separators of lines (U+2028, U+2029).
 *
 * @sequence  as text_utf8_length() has accepted it.
 */
bool text_is_control(const char *sequence, size_t size);

/**
 * Make a text fit to print, in place: each control (text_is_control()) and each
 * byte that is not UTF-8 becomes one '?'.
 *
 * @allowed controls that stay, such as "\n\t"; "" for one line.
 * @return  the new length, at most @length; a NUL is not added.
 */
size_t text_clean(char *text, size_t length, const char *allowed);

/**
 * @text made fit to print on one line of a terminal, as text_clean() does, and
 * what does not fit ends in "…".
 *
 * @return  @buffer.
 */
char *text_printable(const char *text, char *buffer, size_t size);

#endif
