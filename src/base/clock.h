/*
 * The only door to the clock. Everything else takes a struct now as an argument.
 */
#ifndef BASE_CLOCK_H
#define BASE_CLOCK_H

#include <stddef.h>
#include <stdint.h>

#define NS_PER_MS 1000000LL
#define NS_PER_SEC 1000000000LL
#define CLOCK_ISO8601_MAX 32

struct now {
	int64_t boot_ns; /* CLOCK_BOOTTIME: monotonic, counts suspend; rates, timers, expiry */
	int64_t wall_ms; /* Unix time: what people and remote services see */
};

struct now clock_now(void);

/* CLOCK_MONOTONIC, for what speaks of that clock (sd_notify); everything else uses struct now. */
int64_t clock_monotonic_ns(void);

/* CPU time that this process has used so far, in nanoseconds. */
int64_t clock_cpu_ns(void);

/* Seed for jitter; not for anything secret. */
uint64_t clock_seed(void);

/* "2026-11-22T20:55:01.123Z" (RFC 3339, UTC); returns out. */
const char *clock_iso8601(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);

/* "20:55:01" in local time, for the live table and the text log; returns out. */
const char *clock_local_hms(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);

/* "2026-11-22 20:55 +0100" in local time; returns out. */
const char *clock_local_date(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);

/* Minutes since local midnight, 0 to 1439; *weekday: 0 is Sunday. */
int clock_local_minute(int64_t wall_ms, int *weekday);

/* The Unix time of a local date and time, 1 to 12 as month; -1 when there is none. */
int64_t clock_from_local(int year, int month, int day, int hour, int minute, int second);
int64_t clock_from_utc(int year, int month, int day, int hour, int minute, int second);

#endif
