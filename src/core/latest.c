/*
 * Batches in, newest values out. What is not alive any more, or does not answer, has none.
 */
#include "core/latest.h"

#include <math.h>

#include "base/mem.h"

void
latest_init(struct latest *l, const struct series_table *series)
{
	l->series = series;
	l->items = mem_zalloc(series_capacity(series), sizeof(*l->items));
}

void
latest_done(struct latest *l)
{
	mem_free(l->items);
	l->items = NULL;
}

void
latest_add(struct latest *l, const struct batch *batch)
{
	for (size_t i = 0; i < batch->len; i++) {
		const struct sample *s = &batch->samples[i];

		l->items[s->series].value = s->value;
		l->items[s->series].raw = s->raw;
		l->items[s->series].gen = series_at(l->series, s->series)->gen;
	}
}

/* A free place is not alive. */
static bool
is_alive(const struct latest *l, uint32_t id)
{
	const struct series *s = series_at(l->series, id);

	return l->items[id].gen == s->gen && series_life(s) == SERIES_ALIVE;
}

double
latest_value(const struct latest *l, uint32_t id)
{
	return is_alive(l, id) ? l->items[id].value : NAN;
}

double
latest_raw(const struct latest *l, uint32_t id)
{
	return is_alive(l, id) ? l->items[id].raw : NAN;
}

double
latest_plain(const struct latest *l, enum metric_id metric)
{
	uint32_t id = series_find(l->series, metric, NULL);

	return id == SERIES_NONE ? NAN : latest_value(l, id);
}
