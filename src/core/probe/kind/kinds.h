/* SPDX-License-Identifier: MIT */
/*
 * The kinds of probes, and the choice of one by its name.
 *
 * Each kind is a file of this folder. core/probe/probe.h does not know them.
 */
#ifndef JIG_CORE_PROBE_KIND_KINDS_H
#define JIG_CORE_PROBE_KIND_KINDS_H

#include "core/probe/probe.h"

extern const struct probe_ops probe_tcp, probe_unix, probe_http, probe_log,
	probe_file, probe_exec, probe_notify, probe_fd, probe_delay;

/**
 * Parse "KIND:REST".
 * @text  kept as it is: must outlive the probe.
 * @return  0; probe_close() it; -EINVAL with the nearest right kind.
 */
int probe_parse(struct probe *ret, const char *text, struct fault *fault);

#endif
