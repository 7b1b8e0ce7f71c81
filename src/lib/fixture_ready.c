// SPDX-License-Identifier: MIT
/*
 * The host's side of readiness: what the guard has told about it, about named
 * sockets and ports, and about captured output.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "lib/fixture.h"
#include "net/names.h"

/* A text that is being written is read when its packet comes. */
static void look_at_problem(struct jig *fixture)
{
	const struct board_text *text = &fixture->board->problem;
	uint32_t turn = atomic_load(&text->turn);

	if (turn == fixture->problem_turn)
		return;
	if (board_read(text, fixture->problem, sizeof(fixture->problem)))
		fixture->problem_turn = turn;
}

void fixture_look_ready(struct jig *fixture)
{
	const struct board *board = fixture->board;
	int64_t ready = atomic_load(&board->ready);
	int unready = atomic_load(&board->unready);

	look_at_problem(fixture);
	if (ready > 0 && fixture->ready_us < 0) {
		fixture->ready_us = ready - 1;
		/* Without memory they are unknown, as jig.h says. */
		(void)board_matches(board, &fixture->matches);
	}
	if (unready < 0 && unready > -4096)
		fixture->unready = unready;
}

void fixture_free_ready(struct jig *fixture)
{
	list_free_texts(&fixture->matches);
	list_free(&fixture->names);
	ring_close(fixture->ring);
}

bool fixture_is_settled(const struct jig *fixture)
{
	return fixture->ready_us >= 0 || fixture->unready < 0 ||
	       fixture->ended || fixture->error < 0;
}

bool fixture_has_left_nothing(const struct jig *fixture)
{
	const struct board *board = fixture->board;

	return board && atomic_load(&board->main_end) == BOARD_MAIN_ENDED &&
	       board->report.main_status == 0 && !board->report.daemon;
}

int jig_wait_ready(struct jig *fixture, int timeout_ms)
{
	int r = fixture_wait_until(fixture, timeout_ms, fixture_is_settled);

	fixture->asks_ready = r == -ETIMEDOUT;
	fixture_pass_on(fixture);
	if (r < 0)
		return r;
	if (fixture->ready_us >= 0)
		return 0;
	if (fixture->unready < 0)
		return fixture->unready;
	if (fixture->error < 0)
		return fixture->error;
	/* It has ended without a message: stopped before it was ready. */
	(void)snprintf(fixture->problem, sizeof(fixture->problem),
		       "it was stopped before it was ready");
	return fixture->unready = -ECHILD;
}

const char *jig_problem(struct jig *fixture)
{
	(void)fixture_update(fixture);
	fixture_pass_on(fixture);
	return fixture->problem;
}

int64_t jig_ready_us(const struct jig *fixture)
{
	return fixture->ready_us;
}

const char *jig_match(const struct jig *fixture, const char *group)
{
	size_t length = strlen(group);

	for (size_t i = 0; i < fixture->matches.count; i++) {
		const char *match =
			*(char **)list_at(&fixture->matches, i, sizeof(char *));

		if (strncmp(match, group, length) == 0 && match[length] == '=')
			return match + length + 1;
	}
	return NULL;
}

const char *jig_address(const struct jig *fixture, const char *name)
{
	const struct name *found =
		name_find(&fixture->names, name, strlen(name));

	return found ? found->address : NULL;
}

int jig_port(const struct jig *fixture, const char *name)
{
	const struct name *found =
		name_find(&fixture->names, name, strlen(name));

	return found && found->port ? found->port : -ENOENT;
}

ssize_t jig_tail(const struct jig *fixture, unsigned lines, char **ret)
{
	struct buffer text = { 0 };

	if (!fixture->ring)
		return -ENOENT;
	if (ring_tail(fixture->ring, lines, &text) < 0) {
		buffer_free(&text);
		return -ENOMEM;
	}
	*ret = text.text;
	return (ssize_t)text.used;
}

uint64_t jig_output_bytes(const struct jig *fixture)
{
	return fixture->ring ? ring_total(fixture->ring) : 0;
}

uint64_t jig_output_lost(const struct jig *fixture)
{
	return fixture->ring ? ring_lost(fixture->ring) : 0;
}
