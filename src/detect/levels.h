/*
 * Two levels, warn and critical, of one thing that is watched: each has the time of its first
 * violating sample and fires when that is long enough ago. Whether a value violates a level is the
 * caller's to say. Part of a detector's kept state: plain values.
 */
#ifndef DETECT_LEVELS_H
#define DETECT_LEVELS_H

#include <stdbool.h>
#include <stdint.h>

#include "model/finding.h"
#include "model/severity.h"

#define LEVELS 2

extern const enum severity level_severity[LEVELS]; /* warn, critical */

struct levels {
	enum severity firing;     /* SEV_NONE: none does */
	int64_t last_ns;          /* boot time of the newest sample */
	int64_t since_ns[LEVELS]; /* first violating sample; INT64_MIN: it does not violate */
};

void levels_start(struct levels *l, int64_t now_ns);

/* Neither fires nor waits to. */
void levels_clear(struct levels *l);

/* It fires at this level, since then. */
void levels_resume(struct levels *l, enum severity severity, int64_t since_ns);

/*
 * It was kept: times move by shift_ns. What waits to fire goes on; nothing fires, for alerts know
 * that better. False: the times make no sense.
 */
bool levels_load(struct levels *l, int64_t shift_ns);

/*
 * One sample: bad says which levels it violates, each by its own measure of hysteresis. A gap of
 * over two and a half intervals makes what waits to fire start again, not what fires.
 */
void levels_advance(
    struct levels *l, const bool bad[LEVELS], int64_t for_ns, int64_t interval_ns, int64_t now_ns);

/* The level to name: the one firing, else the highest that waits to fire; -1: all is fine. */
int levels_named(const struct levels *l);

/* State, severity and since of f. Of a named level. */
void levels_describe(const struct levels *l, int level, int64_t now_ns, struct finding *f);

#endif
