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
 * Takes a reading. True with *per_sec when there is one before it to compare with; false on the
 * first, when the counter went backwards (wrapped, reset, another device of that name), and when no
 * time has passed. Boot time counts suspend and so do rates: after a gap the value is the mean over
 * all of it, which is what the counter says.
 */
bool rate_update(struct rate *r, uint64_t value, int64_t boot_ns, double *per_sec);

/* The same for a counter of microseconds (PSI): percent of the time passed, at most 100. */
bool rate_update_percent_us(struct rate *r, uint64_t total_us, int64_t boot_ns, double *percent);

/* Takes a reading at the batch's time and adds the rate, if there is one, with its raw counter. */
void rate_add(struct rate *r, struct batch *batch, enum metric_id metric, uint64_t value);

#endif
