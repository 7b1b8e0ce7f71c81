// SPDX-License-Identifier: MIT
#include "core/probe/probe.h"

#include <inttypes.h>
#include <stdio.h>

void probe_close(struct probe *probe)
{
	if (probe->ops)
		probe->ops->close(probe);
	*probe = (struct probe){ 0 };
}

int64_t probe_limit_us(const struct probe *probe, int64_t usual_us)
{
	return probe->timeout_us > 0 ? probe->timeout_us : usual_us;
}

const char *probe_time_text(int64_t us, char buffer[32])
{
	const char *unit = "us";

	if (us % 1000000 == 0) {
		us /= 1000000;
		unit = "s";
	} else if (us >= 1000) {
		us /= 1000;
		unit = "ms";
	}
	(void)snprintf(buffer, 32, "%" PRId64 " %s", us, unit);
	return buffer;
}

const char *probe_limit_text(const struct probe *probe, int64_t usual_us,
			     char buffer[32])
{
	return probe_time_text(probe_limit_us(probe, usual_us), buffer);
}
