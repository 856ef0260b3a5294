/*
 * Turns two readings of a counter into a rate. A wrap at 32 bits is not mended: it looks the same
 * as a reset, and a missing sample is better than an invented one.
 */
#include "collect/rate.h"

#include "base/clock.h"

bool
rate_update(struct rate *r, uint64_t value, int64_t boot_ns, double *per_sec)
{
	struct rate before = *r;

	if (before.seen && boot_ns == before.at_ns)
		return false;
	*r = (struct rate){value, boot_ns, true};
	if (!before.seen || value < before.last || boot_ns < before.at_ns)
		return false;
	*per_sec =
	    (double)(value - before.last) * (double)NS_PER_SEC / (double)(boot_ns - before.at_ns);
	return true;
}

bool
rate_update_percent_us(struct rate *r, uint64_t total_us, int64_t boot_ns, double *percent)
{
	double us_per_sec;

	if (!rate_update(r, total_us, boot_ns, &us_per_sec))
		return false;
	/* The kernel settles PSI totals every two seconds, so an interval may hold a little more.
	 */
	*percent = us_per_sec >= 1e6 ? 100 : us_per_sec / 1e4;
	return true;
}

void
rate_add(struct rate *r, struct batch *batch, enum metric_id metric, uint64_t value)
{
	double per_sec;

	if (rate_update(r, value, batch->now.boot_ns, &per_sec))
		batch_add(batch, metric, per_sec, (double)value);
}
