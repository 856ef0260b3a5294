/*
 * An alert as JSON, for the time between two runs of the program.
 */
#ifndef ALERT_KEEP_H
#define ALERT_KEEP_H

#include "alert/entry.h"

char *keep_to_json(const struct alert_entry *a); /* from mem */

/* False when the text is damaged; a is then of no use. */
bool keep_from_json(const char *json, size_t len, const struct now *now, struct alert_entry *a);

#endif
