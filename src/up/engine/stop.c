// SPDX-License-Identifier: MIT
#include "up/engine/parts.h"

void up_stop(struct up *up, int status)
{
	if (!up->has_status) {
		up->has_status = true;
		up->status = status;
	}
	if (!up->stopping)
		manager_tell(&up->manager, "STOPPING=1");
	if (!up->stopping && up->around_fixture)
		(void)jig_stop(up->around_fixture);
	up->stopping = true;
	up->has_changed = true;
}

void up_hurry(struct up *up)
{
	up->hurried = true;
	up->has_changed = true;
	for (size_t i = 0; i < up->instances.count; i++)
		if (instance_is_running(up_instance(up, i)))
			instance_stop(up_instance(up, i));
	if (up->around_fixture)
		(void)jig_hurry(up->around_fixture);
}
