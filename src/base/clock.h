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
/* A longer span, or age, is none: a clock was not set, or a file is damaged. */
#define CLOCK_SPAN_MAX_MS (10LL * 366 * 86400 * 1000)

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
/*
 * A moment that was kept, and is past. A boot clock that stands before it began anew under the same
 * boot id, as in a container that was moved: its boot is not known. One of another boot that lies
 * more than ten years back was taken by a clock that had not been set: nobody knows when it was,
 * and it counts as now.
 */
void clock_settle(struct now *then, const struct now *now);
/* When then was, for people: by the wall clock as it goes now, where that was set since. */
int64_t clock_shown_ms(const struct now *then, const struct now *now);

/* "2026-11-22T20:55:01.123Z" (RFC 3339, UTC): for programs. Returns out. */
const char *clock_iso8601(int64_t wall_ms, char out[CLOCK_ISO8601_MAX]);

#endif
