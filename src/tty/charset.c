// SPDX-License-Identifier: MIT
#include "tty/charset.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

bool charset_is_utf8(const char *lc_all, const char *lc_ctype, const char *lang)
{
	const char *const all[] = { lc_all, lc_ctype, lang };
	const char *locale = NULL, *codeset;

	for (size_t i = 0; !locale && i < sizeof(all) / sizeof(all[0]); i++)
		if (all[i] && *all[i])
			locale = all[i];
	codeset = locale ? strchr(locale, '.') : NULL;
	if (!codeset)
		return false;
	codeset++;

	size_t length = strcspn(codeset, "@"); /* "sr_RS.UTF-8@latin" */

	return (length == 5 && strncasecmp(codeset, "UTF-8", 5) == 0) ||
	       (length == 4 && strncasecmp(codeset, "UTF8", 4) == 0);
}
