// SPDX-License-Identifier: MIT
/* An instance in a script of sh, for engines that run scripts. */
#include <string.h>

#include "up/export/text.h"

void export_sh_start(const struct export_instance *instance, struct buffer *out)
{
	for (size_t i = 0; i < instance->env.count; i++) {
		const char *variable = export_word(&instance->env, i);
		size_t length = strcspn(variable, "=");

		buffer_printf(out, "export %.*s=", (int)length, variable);
		quote_sh(out, variable + length + (variable[length] == '='));
		buffer_printf(out, "\n");
	}
	buffer_printf(out, "cd ");
	quote_sh(out, instance->cwd.text);
	buffer_printf(out, " || exit 1\n");
}

void export_sh_words(const struct export_instance *instance, struct buffer *out)
{
	for (size_t i = 0; i < instance->words.count; i++) {
		buffer_printf(out, " ");
		quote_sh(out, export_word(&instance->words, i));
	}
}
