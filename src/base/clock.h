/*
 * The only door to the clock. Everything else takes a struct now as an argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS 1000000LL
#define NS_PER_SEC 1000000000LL
#define CLOCK_ISO8601_MAX 40
#define CLOCK_ZONE_MAX 64
/* The tz database, where the system's zone is said, and what clock_zone_name() has no name for. */
#define CLOCK_ZONES "/usr/share/zoneinfo"
#define CLOCK_SYSTEM_ZONE "/etc/localtime"

struct now {
	int64_t boot_ns; /* CLOCK_BOOTTIME: monotonic, counts suspend; rates, timers, expiry */
	int64_t wall_ms; /* Unix time: what people and remote services see */
	int64_t boot;    /* the boot that boot_ns counts from, 1 to 2^47; 0: not known */
};

struct now clock_now(void);

/* CLOCK_MONOTONIC, for what speaks of that clock (sd_notify); everything else uses struct now. */
int64_t clock_monotonic_ns(void);

/* CPU time that this process has used so far, in nanoseconds. */
int64_t clock_cpu_ns(void);

/* Seed for jitter; not for anything secret. */
uint64_t clock_seed(void);

/*
 * Milliseconds from one moment to a later one; never below 0. Within a boot its clock decides,
 * whatever was done to the wall clock; across a reboot there is only the wall clock, and more than
 * ten years are none.
 */
int64_t clock_span_ms(const struct now *from, const struct now *to);
/* False: a reboot lies between them, and a clock that was wrong then or is now. */
bool clock_span_is_sure(const struct now *from, const struct now *to);
/* Below 0, 0, above 0, as a is before b. */
int clock_compare(const struct now *a, const struct now *b);
/* When then was, by the boot clock of now; may be below 0. */
int64_t clock_boot_ns(const struct now *then, const struct now *now);
/* The moment of that boot time, of the boot of now. */
struct now clock_at(int64_t boot_ns, const struct now *now);
/* When then was, for people: by the wall clock as it goes now, where that was set since. */
int64_t clock_shown_ms(const struct now *then, const struct now *now);

/* "2026-11-22T20:55:01.123Z" (RFC 3339, UTC): for programs. Returns out. */
const char *clock_iso8601(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);

/*
 * The zone that people are shown times in: a name of the tz database, or "" for the system's: that
 * of TZ, else of /etc/localtime. Where what it stands for has changed on disk, that is seen within
 * seconds; where it is not there, times are in UTC.
 */
void clock_set_zone(const char *name);
bool clock_has_zone(const char *name);
/* What is wrong with the zone, so that times are in UTC; NULL: nothing. */
const char *clock_zone_trouble(void);
/* "Asia/Seoul", or "local time" where the system's has no name; returns out. */
const char *clock_zone_name(char out[CLOCK_ZONE_MAX]);

/* In that zone, which is said: "UTC" (in RFC 3339 "Z"), else "+09:00". All return out. */
const char *clock_local_rfc3339(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]); /* with ms */
const char *clock_local_text(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);    /* with seconds */
const char *clock_local_date(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);    /* with minutes */
const char *clock_local_hms(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);     /* of today */

/* Minutes since local midnight, 0 to 1439; *weekday: 0 is Sunday. */
int clock_local_minute(int64_t wall_ms, int *weekday);

/* A date and time as it was written. Zeroed: none. */
struct clock_date {
	int64_t ms; /* Unix time; of a local one: as if it was written in UTC */
	bool local; /* what a clock on the wall shows */
};

/* 1 to 12 as month. Of what is no date or before 1970, ms is not above 0. */
struct clock_date clock_date_of(
    int year, int month, int day, int hour, int minute, int second, bool local);
/*
 * The Unix time of it. A local time that comes twice, when clocks are put back, is the first of the
 * two; one that is skipped is as long after the jump as it is into the hour that is not there.
 */
int64_t clock_date_ms(const struct clock_date *date);

#endif
