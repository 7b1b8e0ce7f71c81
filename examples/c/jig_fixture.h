/* SPDX-License-Identifier: MIT */
/*
 * Servers for tests in C: copy this header beside your tests.
 *
 *     static struct jig *server;
 *
 *     static void set_up(void)
 *     {
 *             server = jig_fixture_start(&(struct jig_command){
 *                     .argv = (const char *[]){ "srv", "{port:web}", NULL },
 *                     .ports = (const char *[]){ "web", NULL },
 *                     .ready = (const char *[]){ "http:{web}/", NULL },
 *             });
 *     }
 *
 *     static void tear_down(void)
 *     {
 *             jig_fixture_stop(server);
 *     }
 *
 * A server that does not become ready fails the test with the reason and the
 * last lines of its output. How a test fails is your test library's matter:
 * define JIG_FIXTURE_FAIL(text) before you include this. Without it the text
 * goes to standard error and the program exits with 1, which is what CTest and
 * Meson take for a failure.
 *
 * Whatever happens to the test program, a failed assertion that jumps out of
 * it, exit(), a crash or SIGKILL, nothing of the server is left.
 */
#ifndef JIG_FIXTURE_H
#define JIG_FIXTURE_H

#include <jig.h>
#include <stdio.h>
#include <stdlib.h>

#ifndef JIG_FIXTURE_FAIL
#define JIG_FIXTURE_FAIL(text) (fprintf(stderr, "%s\n", (text)), exit(1))
#endif

/** Lines of its output that a failure shows. */
#ifndef JIG_FIXTURE_LINES
#define JIG_FIXTURE_LINES 20
#endif

static inline void jig_fixture_explain(struct jig *fixture, char *text,
				       size_t size)
{
	char *tail = NULL;
	ssize_t length = jig_tail(fixture, JIG_FIXTURE_LINES, &tail);

	snprintf(text, size, "the server is not ready: %s%s%s",
		 jig_problem(fixture), length > 0 ? "; its last lines:\n" : "",
		 length > 0 ? tail : "");
	free(tail);
}

/**
 * Start a server and wait until it is ready, or fail the test.
 *
 * Output that is to be inherited is captured instead, for the failure's text.
 */
static inline struct jig *jig_fixture_start(const struct jig_command *command)
{
	struct jig_command own = *command;
	struct jig *fixture;
	char text[8192] = "";

	own.size = sizeof(own); /* So that tests need not write it. */
	if (own.out.kind == JIG_STDIO_INHERIT)
		own.out.kind = JIG_STDIO_CAPTURE;
	if (own.err.kind == JIG_STDIO_INHERIT)
		own.err.kind = JIG_STDIO_CAPTURE;
	own.error = text;
	own.error_size = sizeof(text);
	if (jig_start(&own, &fixture) < 0) {
		JIG_FIXTURE_FAIL(text);
		return NULL;
	}
	if (jig_wait_ready(fixture, -1) == 0)
		return fixture;
	jig_fixture_explain(fixture, text, sizeof(text));
	jig_free(fixture); /* First: a failure may jump away. */
	JIG_FIXTURE_FAIL(text);
	return NULL;
}

/** Stop it, and wait until nothing of it is left. NULL is allowed. */
static inline void jig_fixture_stop(struct jig *fixture)
{
	size_t survivors = 0;

	if (!fixture)
		return;
	(void)jig_stop(fixture); /* It may have ended by itself. */
	if (jig_wait(fixture, -1, NULL) == 0)
		survivors = jig_report_survivors(jig_report(fixture));
	jig_free(fixture);
	if (survivors > 0)
		JIG_FIXTURE_FAIL("processes of the server could not be ended");
}

#endif
