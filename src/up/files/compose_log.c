// SPDX-License-Identifier: MIT
/* log_configuration. */
#include <stddef.h>

#include "up/files/compose_reader.h"

static int take_megabytes(struct compose *compose, yaml_node_t *node,
			  void *target)
{
	uint64_t number;
	int r = compose_number(compose, node, 1 << 20, &number);

	if (r == 0)
		*(uint64_t *)target = number << 20;
	return r;
}

static int take_rotation(struct compose *compose, yaml_node_t *node,
			 void *target)
{
	static const struct key rotation[] = {
		{ "max_size_mb", KEY_TAKE, offsetof(struct log_file, max_bytes),
		  take_megabytes },
		{ "max_age_days", KEY_NUMBER,
		  offsetof(struct log_file, max_days), NULL },
		{ "max_backups", KEY_NUMBER,
		  offsetof(struct log_file, max_files), NULL },
		{ "compress", KEY_IGNORED, 0, NULL },
		{ "directory", KEY_IGNORED, 0, NULL },
		{ "filename", KEY_IGNORED, 0, NULL },
		{ 0 },
	};

	return compose_map(compose, node, rotation, target);
}

int compose_log(struct compose *compose, yaml_node_t *node, void *target)
{
	static const struct key log[] = {
		{ "rotation", KEY_TAKE, 0, take_rotation },
		{ "add_timestamp", KEY_NOT, offsetof(struct log_file, no_times),
		  NULL },
		{ "timestamp_format", KEY_IGNORED, 0, NULL },
		{ "fields_order", KEY_IGNORED, 0, NULL },
		{ "disable_json", KEY_IGNORED, 0, NULL },
		{ "no_metadata", KEY_IGNORED, 0, NULL },
		{ "no_color", KEY_IGNORED, 0, NULL },
		{ "flush_each_line", KEY_IGNORED, 0, NULL },
		{ 0 },
	};

	return compose_map(compose, node, log, target);
}
