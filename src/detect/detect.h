/*
 * Samples to findings. Every detector is fed every sample once; its cost a sample is constant and
 * its state is of fixed size. The findings say what is wrong now; that a message was already sent,
 * or must wait, is not known here.
 */
#ifndef DETECT_DETECT_H
#define DETECT_DETECT_H

#include "conf/conf.h"
#include "model/batch.h"
#include "model/finding.h"
#include "model/notice.h"

struct detect;

/*
 * conf and table must outlive the detect. All memory is taken here. A finding's rule name lives as
 * long as the detect: apply the last findings before it is freed.
 */
struct detect *detect_new(const struct conf_detect *conf, const struct series_table *table);
void detect_free(struct detect *d);

/* Appends to findings; for each (rule, series) at most one. */
void detect_feed(struct detect *d, const struct batch *batch, struct findings *findings);

/*
 * An alert that was firing before a restart or reload. When its series appears and its rule is
 * still there, it counts as firing: it clears past the hysteresis band, and that is told.
 */
void detect_restore(struct detect *d, const struct alert_facts *facts);

#endif
