/*
 * The frame of all detectors: samples in, findings out. Every detector is fed every sample that it
 * wants once; its cost a sample is constant, and its state is of fixed size. The findings say what
 * is wrong now; that a message was already sent, or must wait, is not known here.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "base/bytes.h"
#include "conf/conf.h"
#include "detect/detector.h"
#include "detect/rollup.h"
#include "detect/states.h"
#include "model/batch.h"
#include "model/finding.h"
#include "model/facts.h"

struct detect;

/* An alert that fires: the level at which it was found, and since when. */
struct detect_firing {
	enum severity severity;
	struct now since;
};

/* The alerts as they stand. find() says whether one fires; false: it does not. */
struct detect_alerts {
	void *arg;
	bool (*find)(void *arg, uint64_t fingerprint, struct detect_firing *out);
};

/*
 * conf and table must outlive the detect; windows and alerts (copied) may be NULL. A finding's rule
 * name lives as long as the detect: apply the last findings before it is freed.
 *
 * A state that knows nothing of an alert that fires (it is new, was kept, or belongs to another
 * configuration) asks alerts with its next sample: it counts as firing then, and clears past the
 * hysteresis band, which is told.
 */
struct detect *detect_new(const struct conf_detect *conf, const struct series_table *table,
    const struct detect_windows *windows, const struct detect_alerts *alerts);
void detect_free(struct detect *d);

/* One cycle. Appends to findings; for each (rule, series) at most one. */
void detect_feed(struct detect *d, const struct batch *batch, struct findings *findings);

/* A minute is complete: after the cycle that closed it. */
void detect_minute(struct detect *d, const struct rollup *rollup, const struct now *now,
    struct findings *findings);

/* Alerts were loaded: all states ask anew. */
void detect_recall(struct detect *d);

/*
 * The states of one series, and those of none, to bytes and back. Those are taken in whose
 * detector, version and rule are there; boot times move by shift_ns. The bytes may be damaged.
 */
void detect_save_series(const struct detect *d, uint32_t series, struct bytes_out *out);
void detect_load_series(struct detect *d, uint32_t series, struct bytes_in *in, int64_t shift_ns);
void detect_save_shared(const struct detect *d, struct bytes_out *out);
void detect_load_shared(struct detect *d, struct bytes_in *in, int64_t shift_ns);

/*
 * Another configuration for the same series: what was learnt goes to a new detect, and the old one
 * is freed.
 */
struct detect *detect_reconfigure(struct detect *old, const struct conf_detect *conf);

/*
 * False: no finding of that rule comes of the series, though it has samples: the rule was removed,
 * narrowed, or another one took its place.
 */
bool detect_watches(const struct detect *d, uint32_t series, const char *rule);

/* Bytes that states take now. */
size_t detect_bytes(const struct detect *d);

#endif
