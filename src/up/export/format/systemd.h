/* SPDX-License-Identifier: MIT */
/*
 * Parts of the export for systemd.
 *
 * What does not belong here: services and the target (systemd.c).
 */
#ifndef JIG_UP_EXPORT_FORMAT_SYSTEMD_H
#define JIG_UP_EXPORT_FORMAT_SYSTEMD_H

#include "up/export/text.h"

/** "@setting=APP-web-1-http.socket" for each socket of an instance. */
void systemd_add_sockets(const struct export *export,
			 const struct export_instance *instance,
			 const char *setting, struct buffer *out);

/** Write the socket units of an instance. @return 0 or -errno with the reason.
 */
int systemd_write_sockets(struct export *export,
			  const struct export_instance *instance);

/** Note what a socket unit cannot express. */
void systemd_note_sockets(const struct export *export,
			  const struct service *service);

#endif
