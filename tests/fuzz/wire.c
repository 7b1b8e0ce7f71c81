// SPDX-License-Identifier: MIT
/* A packet as it comes over a socket; what passes is told to people. */
#include "core/wire.h"
#include "fuzz.h"

static void tell(const struct jig_report *report)
{
	struct buffer text = { 0 };

	MUST(report_code(report) <= 255);
	MUST(report_json(report, &text) == 0);
	buffer_free(&text);
	MUST(report_text(report, &text) == 0);
	buffer_free(&text);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct wire *wire;

	if (size < sizeof(wire->version) || size > sizeof(*wire))
		return 0;
	wire = calloc(1, sizeof(*wire));
	MUST(wire);
	memcpy(wire, data, size);
	/* Another version is refused at once: nothing to be found there. */
	wire->version = WIRE_VERSION;
	if (wire_check(wire, size) == 0) {
		MUST(wire_size(wire) == size);
		if (wire->type == WIRE_ENDED)
			tell(&wire->report);
	}
	free(wire);
	return 0;
}
