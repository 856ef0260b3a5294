/*
 * A kernel counter's change per second, over the time measured between two readings.
 */
#ifndef COLLECT_RATE_H
#define COLLECT_RATE_H

#include <stdbool.h>
#include <stdint.h>

#include "model/batch.h"

/* Start zeroed; zero it again to forget. */
struct rate {
	uint64_t last;
	int64_t at_ns;
	bool seen;
};

/*
 * No counter grows faster, whatever it counts: the fastest ones count bytes, and this is 10 TB/s,
 * more than the memory of any machine moves, or a hundred links of 800 Gbit/s. Counters that leap
 * are far above: one that fell below 0 (2^64 less a little) makes more for the next 21 days.
 */
#define RATE_MOST_PER_SEC 1e13

/* Whether a counter can have counted so much in that time; never in a time below 0. */
bool rate_is_possible(uint64_t counted, int64_t elapsed_ns);

/*
 * Takes a reading. True with *per_sec when there is one before it to compare with; false on the
 * first, when the counter went backwards (wrapped, reset, another device of that name), when it
 * grew by more than is possible, and when no time has passed. The next reading is compared with
 * this one in any case but the last. Boot time counts suspend and so do rates: after a gap the
 * value is the mean over all of it, which is what the counter says.
 */
bool rate_update(struct rate *r, uint64_t value, int64_t boot_ns, double *per_sec);

/*
 * The same for a counter of time, of which a second has units_per_sec: percent of the time passed,
 * at most 100. The kernel settles some totals late (PSI every two seconds, a disk's when the
 * request is done), so there may be 10 minutes more than have passed; even more is not possible.
 */
bool rate_update_percent(
    struct rate *r, uint64_t total, double units_per_sec, int64_t boot_ns, double *percent);

/* Takes a reading at the batch's time and adds the rate, if there is one, with its raw counter. */
void rate_add(struct rate *r, struct batch *batch, enum metric_id metric, uint64_t value);

#endif
