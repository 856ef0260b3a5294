/*
 * One cycle's samples and its one time. Collectors fill it; everyone after them only reads it.
 */
#ifndef MODEL_BATCH_H
#define MODEL_BATCH_H

#include <stddef.h>
#include <stdint.h>

#include "base/clock.h"
#include "model/series.h"

struct sample {
	uint32_t series;
	double value;
	double raw; /* the counter behind a rate, in its own unit; NAN when there is none */
};

struct batch {
	struct now now;
	struct series_table *series; /* not owned */
	struct sample *samples;
	size_t len, cap;
	int64_t interval_ms; /* of the collector that is filling it */
	uint64_t dropped;    /* since start: not finite, no room, or the group is full */
	struct series_ref plain[METRIC_COUNT];
};

/* cap: most samples a cycle; all memory is taken here. */
void batch_init(struct batch *b, struct series_table *series, size_t cap);
void batch_done(struct batch *b);

/* Empties it for a new cycle. Series without a sample in the last one grow older. */
void batch_reset(struct batch *b, const struct now *now);

/* A sample of a metric without labels. raw: NAN for gauges. */
void batch_add(struct batch *b, enum metric_id metric, double value, double raw);

/* A sample of a labelled one. ref: the caller's memory of the series, one a metric and device. */
void batch_add_labelled(struct batch *b, struct series_ref *ref, enum metric_id metric,
    const char *const values[], double value, double raw);

/* The labelled series' source does not answer: it is held, without a sample. */
void batch_hold(
    struct batch *b, struct series_ref *ref, enum metric_id metric, const char *const values[]);

#endif
