/*
 * Dates with times, as people write them, to numbers.
 */
#ifndef CONF_DATETIME_H
#define CONF_DATETIME_H

#include <stdbool.h>

#include "base/zone.h"

/* RFC 3339, with an offset or in local time. False: it is none, or before 1970. */
bool datetime_read(const char *text, struct zone_date *date);

#endif
