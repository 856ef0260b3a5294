/*
 * Free bytes and their history to facts. The rate is that of the last minute or two, or of the last
 * ten, whichever is more dangerous. History is rounded to a part in a thousand, so what moved by
 * less than a few of those has not moved.
 */
#include "core/space.h"

#include <math.h>

#define LONG_NS (600 * NS_PER_SEC)
#define SHORT_NS                                                                                \
	(90 * NS_PER_SEC)         /* two samples at least, where space is looked at each minute \
	                           */
#define LEAST_NS (5 * NS_PER_SEC) /* less says nothing of a rate */
#define LEAST_PART 0.005          /* of what was free */

static bool
is_about_space(const struct alert_facts *f)
{
	return subject_is_metric(&f->subject, METRIC_DISK_USAGE) ||
	       subject_is_metric(&f->subject, METRIC_DISK_AVAILABLE);
}

/* SERIES_NONE: it is gone. */
static uint32_t
find_free(const struct series_table *table, const struct alert_facts *f)
{
	uint32_t id = series_by_hash(table, f->subject.hash);
	const char *values[METRIC_LABELS_MAX];
	const struct series *s;

	if (id == SERIES_NONE)
		return SERIES_NONE;
	s = series_at(table, id);
	for (size_t i = 0; i < s->label_count; i++)
		values[i] = series_label(s, i);
	return series_find(table, METRIC_DISK_AVAILABLE, values);
}

/* Bytes a second that went since the oldest sample of so long ago; 0: none did, or not known. */
static double
fall(const struct store *store, struct series_ref ref, double free_bytes, int64_t back_ns,
    const struct now *now)
{
	struct ring_iter it;
	int64_t then_ns;
	double then;

	if (!store_walk(store, ref, now->boot_ns - back_ns, now->boot_ns, &it) ||
	    !ring_iter_next(&it, &then_ns, &then))
		return 0;
	if (now->boot_ns - then_ns < LEAST_NS || then - free_bytes < then * LEAST_PART)
		return 0;
	return (then - free_bytes) * NS_PER_SEC / (double)(now->boot_ns - then_ns);
}

static void
fill(const struct latest *latest, const struct store *store, struct alert_facts *f,
    const struct now *now)
{
	uint32_t id = find_free(latest->series, f);
	struct series_ref ref = {.id = id};
	double free_bytes;

	if (id == SERIES_NONE)
		return;
	free_bytes = latest_value(latest, id);
	if (isnan(free_bytes))
		return;
	ref.gen = series_at(latest->series, id)->gen;
	f->space_known = true;
	f->free_bytes = free_bytes;
	f->fill_rate = fmax(fall(store, ref, free_bytes, SHORT_NS, now),
	    fall(store, ref, free_bytes, LONG_NS, now));
}

void
space_fill(const struct latest *latest, const struct store *store, struct notices *notices,
    const struct now *now)
{
	for (size_t i = 0; i < notices->len; i++) {
		struct notice *n = notices->items[i];

		for (size_t k = 0; k < n->fact_count; k++) {
			if (is_about_space(&n->facts[k]) && !n->facts[k].gone)
				fill(latest, store, &n->facts[k], now);
		}
	}
}
