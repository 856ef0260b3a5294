/*
 * News that passed all stages, to notices.
 */
#ifndef ALERT_MAKE_NOTICES_H
#define ALERT_MAKE_NOTICES_H

#include "alert/alert_table.h"

/* All of table->news: appends notices, and notes in the alerts who knows what. */
void make_notices_all(struct alert_table *table, const struct now *now, struct notices *out);

/* One alert to one channel. */
void make_notices_one(
    const struct alert_entry *a, int channel, const struct now *now, struct notices *out);

#endif
