/*
 * The dedup stage: a re-fire of the same alert at the same severity within a window after the last
 * notice of it is held back. If it still fires when the window ends it is told with its count.
 */
#ifndef ALERT_DEDUP_H
#define ALERT_DEDUP_H

#include "alert/entry.h"

bool dedup_pass(const struct conf_alert *conf, struct alert_entry *a, const struct now *now);

/* The alert came to its severity without having been told of it. */
void dedup_fired(const struct conf_alert *conf, struct alert_entry *a, const struct now *now);

/* A notice of its severity leaves: sets the facts' count and starts the window. */
void dedup_sent(const struct conf_alert *conf, struct alert_entry *a, const struct now *now);

/* Some window is not over: the entry must be remembered though it is resolved. */
bool dedup_remembers(
    const struct conf_alert *conf, const struct alert_entry *a, const struct now *now);

#endif
