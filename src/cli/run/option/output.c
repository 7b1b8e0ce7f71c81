// SPDX-License-Identifier: MIT
/* The options of `jig run` about the output of the command: ring and log. */
#include "base/text.h"
#include "cli/run/option/option.h"
#include "cli/run/option/value.h"
#include "core/probe/probe.h"

int run_take_capture(void *data, const char *value, struct fault *fault)
{
	static const char *const names[] = {
		[0] = "none",
		[CAPTURE_OUT] = "out",
		[CAPTURE_ERR] = "err",
		[CAPTURE_OUT | CAPTURE_ERR] = "both",
	};
	static const struct words words = WORDS_OF(names);
	struct run_settings *settings = data;
	int i = words_parse(&words, value);

	if (i < 0)
		return option_wrong(fault, "capture", value,
				    "none, out, err or both");
	settings->capture.which = (unsigned)i;
	return 0;
}

int run_take_ring_size(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;
	uint64_t size;

	if (text_size(value, &size) < 0 || size == 0 || size > RING_SIZE_MAX)
		return option_wrong(fault, "ring-size", value,
				    "a size from 1 to 1G");
	settings->capture.ring_size = size;
	return 0;
}

int run_take_log(void *data, const char *value, struct fault *fault)
{
	if (!*value)
		return option_wrong(fault, "log", value, "a file's path");
	((struct run_settings *)data)->capture.log_path = value;
	return 0;
}

int run_take_log_prefix(void *data, const char *value, struct fault *fault)
{
	(void)fault;
	((struct run_settings *)data)->capture.prefix = value;
	return 0;
}

int run_take_log_times(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct run_settings *)data)->capture.times = true;
	return 0;
}

int run_take_pass_on(void *data, const char *value, struct fault *fault)
{
	(void)value;
	(void)fault;
	((struct run_settings *)data)->passes_on = true;
	return 0;
}

/* A log or a probe for lines needs the output, even without --capture. */
static void choose_capture(struct run_settings *settings)
{
	struct capture *capture = &settings->capture;
	bool lines = false;

	for (size_t i = 0; i < settings->readiness.count; i++)
		lines = lines || settings->readiness.probes[i].ops->line;
	/* The line may come on either stream: watch the one that is not
	 * captured, and pass it on to its destination. */
	if (capture->which && lines)
		capture->watched =
			(CAPTURE_OUT | CAPTURE_ERR) & ~capture->which;
	if (capture->which)
		return;
	if (capture->log_path || lines)
		capture->which = CAPTURE_OUT | CAPTURE_ERR;
	/* Read it for the probe, and pass it on to its destination. */
	capture->pass_on =
		(lines && !capture->log_path) || settings->passes_on;
}

int run_output_open(struct run_settings *settings, struct list *fds,
		    struct fault *fault)
{
	choose_capture(settings);
	if (!settings->capture.which)
		return 0;
	settings->plan.capture = &settings->capture;
	return capture_open(&settings->capture, fds, fault);
}
