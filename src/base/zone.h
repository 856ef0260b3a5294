/*
 * The time zone that people are shown times in, the same in all processes: whoever takes in a
 * configuration sets it. Programs get UTC (clock_iso8601()).
 */
#ifndef BASE_ZONE_H
#define BASE_ZONE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/clock.h"

#define ZONE_NAME_MAX 64
/* The tz database, where the system's zone is said, and what zone_name() has no name for. */
#define ZONE_FILES "/usr/share/zoneinfo"
#define ZONE_SYSTEM "/etc/localtime"

/*
 * The zone that people are shown times in: a name of the tz database, or "" for the system's: that
 * of TZ, else of /etc/localtime. Where what it stands for has changed on disk, that is seen within
 * seconds; where it is not there, times are in UTC.
 */
void zone_set(const char *name);
bool zone_exists(const char *name);
/* Why this host has no such zone, so that times are in UTC; NULL: it has. */
const char *zone_trouble(void);
/* "Asia/Seoul", or "local time" where the system's has no name; returns out. */
const char *zone_name(char out[ZONE_NAME_MAX]);

/* In that zone, which is said: "UTC" (in RFC 3339 "Z"), else "+09:00". All return out. */
const char *zone_rfc3339(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]); /* with ms */
const char *zone_text(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);    /* with seconds */
const char *zone_short(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);   /* with minutes */
const char *zone_hms(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);     /* of today */

/* Minutes since local midnight, 0 to 1439; *weekday: 0 is Sunday. */
int zone_minute(int64_t wall_ms, int *weekday);

/* A date and time as it was written. Zeroed: none. */
struct zone_date {
	int64_t ms; /* Unix time; of a local one: as if it was written in UTC */
	int64_t
	    local; /* 1: what a clock on the wall shows; 0: not. As wide as ms: no byte between */
};

/* 1 to 12 as month. Of what is no date or before 1970, ms is not above 0. */
struct zone_date zone_date_of(
    int year, int month, int day, int hour, int minute, int second, bool local);
/*
 * The Unix time of it. A local time that comes twice, when clocks are put back, is the first of the
 * two; one that is skipped is as long after the jump as it is into the hour that is not there.
 */
int64_t zone_date_ms(const struct zone_date *date);

#endif
