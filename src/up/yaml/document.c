// SPDX-License-Identifier: MIT
#include "up/yaml/document.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>

struct survey {
	yaml_parser_t *parser;
	const char *file;
	struct fault *fault;
	bool ended;
	size_t documents, nodes, anchors;
	size_t depth;
	struct {
		bool is_mapping;
		size_t count; /* of nodes in it */
	} inside[DOCUMENT_DEPTH_MAX];
};

static int broken(const yaml_parser_t *parser, const char *file,
		  struct fault *fault)
{
	const yaml_mark_t *mark = &parser->problem_mark;

	if (parser->error == YAML_MEMORY_ERROR)
		return -ENOMEM;
	if (parser->error == YAML_READER_ERROR)
		return fault_set(fault, -EINVAL, "%s: byte %zu: %s", file,
				 parser->problem_offset, parser->problem);
	return fault_set(fault, -EINVAL, "%s:%zu:%zu: %s", file, mark->line + 1,
			 mark->column + 1,
			 parser->problem ? parser->problem : "not YAML");
}

/* -------------------------------------------------------------------- limits
 */

/* libyaml reads all directives of a document as one event. */
static int count_directives(const char *text, size_t length, const char *file,
			    struct fault *fault)
{
	const char *end = text + length;
	size_t count = 0, number = 1;

	for (const char *line = text; line && line < end; number++) {
		if (*line == '%' && ++count > DOCUMENT_DIRECTIVES_MAX)
			return fault_set(fault, -EINVAL,
					 "%s:%zu:1: more than %d directives",
					 file, number, DOCUMENT_DIRECTIVES_MAX);
		line = memchr(line, '\n', (size_t)(end - line));
		line = line ? line + 1 : NULL;
	}
	return 0;
}

static int beyond(const struct survey *survey, const yaml_event_t *event,
		  int limit, const char *what)
{
	return fault_set(survey->fault, -EINVAL, "%s:%zu:%zu: more than %d %s",
			 survey->file, event->start_mark.line + 1,
			 event->start_mark.column + 1, limit, what);
}

/* Of a mapping, every second node is a key. */
static int count_node(struct survey *survey, const yaml_event_t *event)
{
	if (++survey->nodes > DOCUMENT_NODES_MAX)
		return beyond(survey, event, DOCUMENT_NODES_MAX, "values");
	if (survey->depth == 0)
		return 0;
	size_t count = ++survey->inside[survey->depth - 1].count;

	return survey->inside[survey->depth - 1].is_mapping &&
			       count > 2UL * DOCUMENT_KEYS_MAX
		       ? beyond(survey, event, DOCUMENT_KEYS_MAX, "keys")
		       : 0;
}

static int count_anchor(struct survey *survey, const yaml_event_t *event)
{
	return ++survey->anchors > DOCUMENT_ANCHORS_MAX
		       ? beyond(survey, event, DOCUMENT_ANCHORS_MAX,
				"anchors and aliases")
		       : 0;
}

static int go_in(struct survey *survey, const yaml_event_t *event)
{
	if (survey->depth == DOCUMENT_DEPTH_MAX)
		return beyond(survey, event, DOCUMENT_DEPTH_MAX,
			      "levels of lists and mappings");
	survey->inside[survey->depth].is_mapping =
		event->type == YAML_MAPPING_START_EVENT;
	survey->inside[survey->depth++].count = 0;
	return 0;
}

/* The anchor of a node, or NULL. */
static const yaml_char_t *anchor_of(const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_SCALAR_EVENT:
		return event->data.scalar.anchor;
	case YAML_SEQUENCE_START_EVENT:
		return event->data.sequence_start.anchor;
	case YAML_MAPPING_START_EVENT:
		return event->data.mapping_start.anchor;
	default:
		return event->data.alias.anchor;
	}
}

static int survey_node(struct survey *survey, const yaml_event_t *event)
{
	int r = count_node(survey, event);

	if (r == 0 && anchor_of(event))
		r = count_anchor(survey, event);
	return r < 0 || event->type == YAML_SCALAR_EVENT ||
			       event->type == YAML_ALIAS_EVENT
		       ? r
		       : go_in(survey, event);
}

static int survey_event(struct survey *survey, const yaml_event_t *event)
{
	switch (event->type) {
	case YAML_DOCUMENT_START_EVENT:
		/* A second one must not be ignored silently. */
		return ++survey->documents > 1
			       ? beyond(survey, event, 1, "document")
			       : 0;
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		survey->depth--;
		return 0;
	case YAML_ALIAS_EVENT:
	case YAML_SCALAR_EVENT:
	case YAML_SEQUENCE_START_EVENT:
	case YAML_MAPPING_START_EVENT:
		return survey_node(survey, event);
	default:
		survey->ended = event->type == YAML_STREAM_END_EVENT;
		return 0;
	}
}

static int survey_next(struct survey *survey)
{
	yaml_event_t event;

	if (!yaml_parser_parse(survey->parser, &event))
		return broken(survey->parser, survey->file, survey->fault);
	int r = survey_event(survey, &event);

	yaml_event_delete(&event);
	return r;
}

/* ------------------------------------------------------------------- reading
 */

static int begin(yaml_parser_t *parser, const char *text, size_t length)
{
	if (!yaml_parser_initialize(parser))
		return -ENOMEM;
	yaml_parser_set_input_string(parser, (const unsigned char *)text,
				     length);
	return 0;
}

static int survey_all(const char *text, size_t length, const char *file,
		      struct fault *fault)
{
	yaml_parser_t parser;
	struct survey survey = {
		.parser = &parser,
		.file = file,
		.fault = fault,
	};
	int r = begin(&parser, text, length);

	if (r < 0)
		return r;
	while (r == 0 && !survey.ended)
		r = survey_next(&survey);
	yaml_parser_delete(&parser);
	return r;
}

int document_read(const char *text, size_t length, const char *file,
		  yaml_document_t *ret, struct fault *fault)
{
	yaml_parser_t parser;
	int r = count_directives(text, length, file, fault);

	if (r == 0)
		r = survey_all(text, length, file, fault);
	if (r == 0)
		r = begin(&parser, text, length);
	if (r < 0)
		return r;
	if (!yaml_parser_load(&parser, ret))
		r = broken(&parser, file, fault);
	yaml_parser_delete(&parser);
	return r;
}
