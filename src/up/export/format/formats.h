/* SPDX-License-Identifier: MIT */
/*
 * All export formats; each is one file beside this one, which says what the
 * engine reads.
 *
 * What does not belong here: what the formats share (up/export/text.h).
 */
#ifndef JIG_UP_EXPORT_FORMAT_FORMATS_H
#define JIG_UP_EXPORT_FORMAT_FORMATS_H

#include "up/export/format.h"

extern const struct exporter export_systemd, export_compose, export_kubernetes,
	export_supervisord, export_runit, export_s6, export_slurm;

/** Kubernetes with --pod: it has no name of its own. */
extern const struct exporter export_kubernetes_pod;

/** All formats with a name, NULL at the end. */
extern const struct exporter *const exporters[];

/** @return  the exporter, or NULL. */
const struct exporter *export_find(const char *name);

#endif
