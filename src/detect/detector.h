/*
 * One way of finding something wrong with a series: a row of DETECTORS(X) below and a file.
 * State is kept for each series by its number and starts afresh when the generation changes.
 */
#ifndef DETECT_DETECTOR_H
#define DETECT_DETECTOR_H

#include "base/clock.h"
#include "conf/conf.h"
#include "detect/rules.h"
#include "model/finding.h"
#include "model/notice.h"
#include "model/series.h"

/* What a detector is made from; all of it outlives the detector. */
struct detector_setup {
	const struct conf_detect *conf;
	const struct rule_set *rules;
	const struct series_table *table;
};

/* One sample, with all that a detector may know of it. */
struct detector_input {
	uint32_t id;
	const struct series *series;
	double value;
	struct now now;
};

struct detector {
	const char *name;
	void *(*make)(const struct detector_setup *setup);
	void (*drop)(void *self);
	void (*feed)(void *self, const struct detector_input *in, struct findings *out);
	void (*restore)(void *self, const struct alert_facts *facts);
};

#define DETECTORS(X) X(threshold)

#define X(name) extern const struct detector name##_detector;
DETECTORS(X)
#undef X

#endif
