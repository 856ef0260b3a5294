/*
 * Dates with times, as people write them, to Unix time.
 */
#ifndef CONF_DATETIME_H
#define CONF_DATETIME_H

#include <stdbool.h>
#include <stdint.h>

/* RFC 3339, with an offset or in local time. False: it is none, or before 1970. */
bool datetime_read(const char *text, int64_t *wall_ms);

#endif
