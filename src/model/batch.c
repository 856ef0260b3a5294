/*
 * Collects samples in an array of fixed size. What does not fit, or is no number, is counted.
 */
#include "model/batch.h"

#include <math.h>
#include <string.h>

#include "base/mem.h"

void
batch_init(struct batch *b, struct series_table *series, size_t cap)
{
	*b = (struct batch){.series = series, .cap = cap, .interval_ms = 10000};
	b->samples = mem_zalloc(cap, sizeof(*b->samples));
}

void
batch_done(struct batch *b)
{
	mem_free(b->samples);
	b->samples = NULL;
}

void
batch_reset(struct batch *b, const struct now *now)
{
	series_table_age(b->series, b->now.boot_ns);
	b->now = *now;
	b->len = 0;
}

void
batch_add_labelled(struct batch *b, struct series_ref *ref, enum metric_id metric,
    const char *const values[], double value, double raw)
{
	uint32_t id = SERIES_NONE;

	if (isfinite(value) && b->len < b->cap)
		id = series_get(b->series, ref, metric, values, b->now.boot_ns, b->interval_ms);
	if (id == SERIES_NONE) {
		b->dropped++;
		return;
	}
	b->samples[b->len++] = (struct sample){.series = id, .value = value, .raw = raw};
}

void
batch_add(struct batch *b, enum metric_id metric, double value, double raw)
{
	batch_add_labelled(b, &b->plain[metric], metric, NULL, value, raw);
}

void
batch_hold(
    struct batch *b, struct series_ref *ref, enum metric_id metric, const char *const values[])
{
	series_hold(b->series, ref, metric, values, b->now.boot_ns, b->interval_ms);
}
