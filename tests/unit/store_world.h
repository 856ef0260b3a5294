/*
 * A table of series, a batch and a store, as the agent has them: for the tests of the store.
 */
#ifndef TESTS_UNIT_STORE_WORLD_H
#define TESTS_UNIT_STORE_WORLD_H

#include <math.h>

#include "model/batch.h"
#include "store/store.h"

struct world {
	struct series_table *table;
	struct batch batch;
	struct store *store;
};

static inline void
world_init(struct world *w, size_t bytes)
{
	struct store_limits limits = {.capacity = 2000, .short_capacity = 50, .bytes = bytes};
	const uint32_t quota[GROUP_COUNT] = {[GROUP_PROCESS] = 100};

	w->table = series_table_new(quota);
	batch_init(&w->batch, w->table, 1000);
	limits.series = series_capacity(w->table);
	w->store = store_new(&limits);
}

static inline void
world_done(struct world *w)
{
	store_free(w->store);
	batch_done(&w->batch);
	series_table_free(w->table);
}

static inline void
begin(struct world *w, int64_t secs)
{
	struct now now = {.boot_ns = secs * NS_PER_SEC, .wall_ms = 1700000000000 + secs * 1000};

	batch_reset(&w->batch, &now);
}

static inline struct series_ref
ref_of(const struct world *w, enum metric_id metric, const char *const values[])
{
	uint32_t id = series_find(w->table, metric, values);

	assert_true(id != SERIES_NONE);
	return (struct series_ref){.id = id, .gen = series_at(w->table, id)->gen};
}

static inline uint32_t
count_walk(const struct world *w, struct series_ref ref, int64_t from_secs, int64_t to_secs)
{
	struct ring_iter it;
	int64_t ns;
	double value;
	uint32_t n = 0;

	if (!store_walk(w->store, ref, from_secs * NS_PER_SEC, to_secs * NS_PER_SEC, &it))
		return 0;
	while (ring_iter_next(&it, &ns, &value))
		n++;
	return n;
}

#endif
