// SPDX-License-Identifier: MIT
/*
 * The host's side of readiness: what the guard has told about it, about named
 * sockets and ports, and about captured output.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "core/fixture.h"
#include "core/names.h"

static void take_name(struct jig *fixture, const struct wire *wire)
{
	size_t length = strcspn(wire->text, "=");
	struct name name = { .port = wire->value, .fd = wire->target };

	if (wire->text[length] != '=' || length >= sizeof(name.name))
		return;
	memcpy(name.name, wire->text, length);
	text_copy(name.address, sizeof(name.address), wire->text + length + 1);
	/* Without memory the name is unknown, as jig.h says. */
	(void)list_append(&fixture->names, &name, sizeof(name));
}

static void take_match(struct jig *fixture, const char *text)
{
	char *copy = strdup(text);

	if (copy && list_append(&fixture->matches, &copy, sizeof(copy)) < 0)
		free(copy);
}

void fixture_take_ready(struct jig *fixture, const struct wire *wire, int fd)
{
	CLEANUP_CLOSE int own = fd;

	switch (wire->type) {
	case WIRE_NAME:
		take_name(fixture, wire);
		break;
	case WIRE_RING:
		if (!fixture->ring) /* Else, and on failure: no tail. */
			(void)ring_attach(own, &fixture->ring);
		break;
	case WIRE_MATCH:
		take_match(fixture, wire->text);
		break;
	case WIRE_WAITING:
		memcpy(fixture->problem, wire->text, sizeof(fixture->problem));
		break;
	case WIRE_READY:
		fixture->ready_us =
			(int64_t)wire->value * 1000000 + wire->target;
		fixture->problem[0] = '\0';
		break;
	case WIRE_UNHEALTHY:
		memcpy(fixture->problem, wire->text, sizeof(fixture->problem));
		break;
	case WIRE_UNREADY:
		fixture->unready = wire->value;
		memcpy(fixture->problem, wire->text, sizeof(fixture->problem));
		break;
	default: /* Nothing else comes up from a guard. */
		break;
	}
}

void fixture_free_ready(struct jig *fixture)
{
	for (size_t i = 0; i < fixture->matches.count; i++)
		free(*(char **)list_at(&fixture->matches, i, sizeof(char *)));
	list_free(&fixture->matches);
	list_free(&fixture->names);
	ring_close(fixture->ring);
}

static bool is_settled(const struct jig *fixture)
{
	return fixture->ready_us >= 0 || fixture->unready < 0 ||
	       fixture->ended || fixture->error < 0;
}

int jig_wait_ready(struct jig *fixture, int timeout_ms)
{
	int r = fixture_wait_until(fixture, timeout_ms, is_settled);
	if (r < 0)
		return r;
	if (fixture->ready_us >= 0)
		return 0;
	if (fixture->unready < 0)
		return fixture->unready;
	if (fixture->error < 0)
		return fixture->error;
	/* It has ended without a word: stopped before it was ready. */
	(void)snprintf(fixture->problem, sizeof(fixture->problem),
		       "it was stopped before it was ready");
	return fixture->unready = -ECHILD;
}

const char *jig_problem(struct jig *fixture)
{
	(void)fixture_update(fixture);
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
