/*
 * An alert as JSON, for the time between two runs of the program.
 */
#ifndef ALERT_ALERT_JSON_H
#define ALERT_ALERT_JSON_H

#include "alert/entry.h"

char *alert_json_write(const struct alert_entry *a); /* from mem */

/* False when the text is damaged; a is then of no use. */
bool alert_json_read(const char *json, size_t len, const struct now *now, struct alert_entry *a);

#endif
