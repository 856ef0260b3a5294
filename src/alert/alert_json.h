/*
 * An alert as JSON, for the time between two runs of the program.
 */
#ifndef ALERT_ALERT_JSON_H
#define ALERT_ALERT_JSON_H

#include "alert/entry.h"

char *alert_json_write(const struct alert_entry *a); /* from mem */

/* Unless it is JSON_READ_OK, a is of no use. */
enum json_read alert_json_read(
    const char *json, size_t len, const struct now *now, struct alert_entry *a);

#endif
