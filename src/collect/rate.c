/*
 * Turns two readings of a counter into a rate. A wrap is not mended, at whatever number of bits: it
 * looks the same as a reset, and a missing sample is better than an invented one.
 */
#include "collect/rate.h"

#include <math.h>

#include "base/clock.h"

/* A disk that answers late settles all of it at once: 5 tries of 30 s, a reset of its bus, more. */
#define LATE_SECS 600

/* True with what was counted in how many seconds; false when there is nothing to compare with. */
static bool
take(struct rate *r, uint64_t value, int64_t boot_ns, uint64_t *counted, int64_t *elapsed_ns)
{
	struct rate before = *r;

	if (before.seen && boot_ns == before.at_ns)
		return false;
	*r = (struct rate){value, boot_ns, true};
	if (!before.seen || value < before.last || boot_ns < before.at_ns)
		return false;
	*counted = value - before.last;
	*elapsed_ns = boot_ns - before.at_ns;
	return true;
}

bool
rate_is_possible(uint64_t counted, int64_t elapsed_ns)
{
	return (double)counted <= RATE_MOST_PER_SEC * (double)elapsed_ns / (double)NS_PER_SEC;
}

bool
rate_update(struct rate *r, uint64_t value, int64_t boot_ns, double *per_sec)
{
	uint64_t counted;
	int64_t elapsed_ns;

	if (!take(r, value, boot_ns, &counted, &elapsed_ns) ||
	    !rate_is_possible(counted, elapsed_ns))
		return false;
	*per_sec = (double)counted * (double)NS_PER_SEC / (double)elapsed_ns;
	return true;
}

bool
rate_update_percent(
    struct rate *r, uint64_t total, double units_per_sec, int64_t boot_ns, double *percent)
{
	uint64_t counted;
	int64_t elapsed_ns;
	double secs;

	if (!take(r, total, boot_ns, &counted, &elapsed_ns))
		return false;
	secs = (double)elapsed_ns / (double)NS_PER_SEC;
	if ((double)counted > units_per_sec * (secs + LATE_SECS))
		return false;
	*percent = fmin((double)counted / secs / (units_per_sec / 100), 100);
	return true;
}

void
rate_add(struct rate *r, struct batch *batch, enum metric_id metric, uint64_t value)
{
	double per_sec;

	if (rate_update(r, value, batch->now.boot_ns, &per_sec))
		batch_add(batch, metric, per_sec, (double)value);
}
