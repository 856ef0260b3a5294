/*
 * The frame of all detectors: samples in, findings out. Every detector is fed every sample that it
 * wants once; its cost a sample is constant, and its state is of fixed size. The findings say what
 * is wrong now; that a message was already sent, or must wait, is not known here.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "conf/conf.h"
#include "detect/detector.h"
#include "detect/rollup.h"
#include "model/batch.h"
#include "model/finding.h"
#include "model/notice.h"

struct detect;

/*
 * Where windows of past values come from. open() gives a cursor that has the last `samples` of a
 * series behind it, or as many as there are; follow() moves it by the newest sample; close() gives
 * it back. open() may return NULL: then there is no window.
 */
struct detect_windows {
	void *arg;
	void *(*open)(void *arg, uint32_t series, uint32_t samples);
	void (*follow)(void *arg, void *cursor, struct detector_window *out);
	void (*close)(void *arg, void *cursor);
};

/*
 * conf and table must outlive the detect; windows (copied) may be NULL. A finding's rule name lives
 * as long as the detect: apply the last findings before it is freed.
 */
struct detect *detect_new(const struct conf_detect *conf, const struct series_table *table,
    const struct detect_windows *windows);
void detect_free(struct detect *d);

/* One cycle. Appends to findings; for each (rule, series) at most one. */
void detect_feed(struct detect *d, const struct batch *batch, struct findings *findings);

/* A minute is complete: after the cycle that closed it. */
void detect_minute(struct detect *d, const struct rollup *rollup, const struct now *now,
    struct findings *findings);

/*
 * An alert that was firing before a restart or reload. When its series appears and its rule is
 * still there, it counts as firing: it clears past the hysteresis band, and that is told.
 */
void detect_restore(struct detect *d, const struct alert_facts *facts);

/*
 * The states of one series, to bytes and back. detect_save_series() returns how many bytes it
 * wrote, 0 when there are none or cap is too small. detect_load_series() takes those in whose
 * detector, version and rule are there; boot times move by shift_ns. The bytes may be damaged.
 */
size_t detect_save_series(const struct detect *d, uint32_t series, uint8_t *out, size_t cap);
void detect_load_series(
    struct detect *d, uint32_t series, const uint8_t *bytes, size_t len, int64_t shift_ns);

/* Another configuration: what was learnt goes to a new detect, which replaces the old. */
struct detect *detect_reconfigure(struct detect *old, const struct conf_detect *conf);

/* Bytes that states take now. */
size_t detect_bytes(const struct detect *d);

#endif
