/*
 * The alerts that a detect is told of, played by a test: one that fires, or none.
 */
#ifndef TESTS_ONE_ALERT_H
#define TESTS_ONE_ALERT_H

#include "detect/detect.h"

/* fingerprint 0: none fires. */
struct one_alert {
	uint64_t fingerprint;
	struct detect_firing firing;
};

static inline bool
one_alert_find(void *arg, uint64_t fingerprint, struct detect_firing *out)
{
	const struct one_alert *one = arg;

	*out = one->firing;
	return fingerprint == one->fingerprint;
}

static inline struct detect_alerts
one_alert_for_detect(struct one_alert *one)
{
	return (struct detect_alerts){one, one_alert_find};
}

#endif
