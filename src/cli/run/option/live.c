// SPDX-License-Identifier: MIT
/*
 * The options of `jig run` about the probes of a fixture that is ready. The
 * first of these options allocates settings->liveness.
 */
#include <errno.h>
#include <stdlib.h>

#include "cli/run/option/option.h"
#include "cli/run/option/value.h"

static int out_of_memory(struct fault *fault)
{
	return fault_set(fault, -ENOMEM, "out of memory");
}

/* @return NULL: no memory. */
static struct liveness *liveness_of(struct run_settings *settings)
{
	if (!settings->liveness)
		settings->liveness = calloc(1, sizeof(*settings->liveness));
	return settings->liveness;
}

int run_take_live(void *data, const char *value, struct fault *fault)
{
	struct run_settings *settings = data;

	if (!liveness_of(settings) ||
	    list_append(&settings->live, &value, sizeof(value)) < 0)
		return out_of_memory(fault);
	return 0;
}

int run_take_live_interval(void *data, const char *value, struct fault *fault)
{
	struct liveness *liveness = liveness_of(data);

	return liveness ? option_time("live-interval", value, 1000,
				      &liveness->interval_us, fault)
			: out_of_memory(fault);
}

int run_take_live_timeout(void *data, const char *value, struct fault *fault)
{
	struct liveness *liveness = liveness_of(data);

	return liveness ? option_time("live-timeout", value, 1,
				      &liveness->timeout_us, fault)
			: out_of_memory(fault);
}

int run_take_live_delay(void *data, const char *value, struct fault *fault)
{
	struct liveness *liveness = liveness_of(data);

	return liveness ? option_time("live-delay", value, 0,
				      &liveness->delay_us, fault)
			: out_of_memory(fault);
}

int run_take_live_failures(void *data, const char *value, struct fault *fault)
{
	struct liveness *liveness = liveness_of(data);

	return liveness ? option_count("live-failures", value,
				       &liveness->failures, fault)
			: out_of_memory(fault);
}

static const char *word(const struct run_settings *settings, size_t i)
{
	return *(const char **)list_at(&settings->live, i, sizeof(char *));
}

int run_live_check(const struct run_settings *settings, struct fault *fault)
{
	struct liveness *trial;
	int r = 0;

	if (!settings->liveness)
		return 0;
	if (settings->live.count == 0)
		return fault_set(
			fault, -EINVAL,
			"--live-interval, --live-timeout, --live-delay "
			"and --live-failures need --live");
	trial = calloc(1, sizeof(*trial));
	if (!trial)
		return out_of_memory(fault);
	for (size_t i = 0; r == 0 && i < settings->live.count; i++)
		if (run_word_is_known(word(settings, i)))
			r = liveness_add(trial, word(settings, i), fault);
	liveness_close(trial);
	free(trial);
	return r;
}

int run_live_open(struct run_settings *settings, struct fault *fault)
{
	int r = 0;

	for (size_t i = 0; r == 0 && i < settings->live.count; i++)
		r = liveness_add(settings->liveness, word(settings, i), fault);
	settings->plan.liveness = settings->liveness;
	return r;
}

void run_live_free(struct run_settings *settings)
{
	if (settings->liveness)
		liveness_close(settings->liveness);
	free(settings->liveness);
	list_free(&settings->live);
}
