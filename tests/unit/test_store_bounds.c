/*
 * The store at its bounds: limits that were not given, references of no series, times at either end
 * of all, and what is emptied or loaded just so.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/store/store.c"

#include "store_world.h"

static bool
newest_of(const struct world *w, enum metric_id metric, int64_t *ns, double *value)
{
	return store_newest(w->store, ref_of(w, metric, NULL), ns, value);
}

/* What was not said is the default, and a short ring is no longer than the others. */
static void
test_limits(void **state)
{
	static const struct {
		struct store_limits given;
		uint32_t capacity, short_capacity;
		size_t bytes;
	} cases[] = {
	    {{0}, 8640, 720, (size_t)8640 * 971},
	    {{.capacity = 1}, 1, 1, 971},
	    {{.capacity = 720}, 720, 720, (size_t)720 * 971},
	    {{.capacity = 719, .bytes = 1}, 719, 719, 1},
	    {{.capacity = 10, .short_capacity = 1}, 10, 1, 9710},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct store_limits got = with_defaults(&cases[i].given);

		assert_int_equal(got.capacity, cases[i].capacity);
		assert_int_equal(got.short_capacity, cases[i].short_capacity);
		assert_int_equal(got.bytes, cases[i].bytes);
	}
}

/* Only what belongs to one process is kept for a short time. */
static void
test_capacities(void **state)
{
	struct world w;

	(void)state;
	world_init(&w, 0);
	assert_int_equal(store_capacity(w.store, METRIC_PROC_COUNT), 2000);
	assert_int_equal(store_capacity(w.store, METRIC_PROC_RSS), 50);
	assert_int_equal(store_capacity(w.store, METRIC_DISK_USAGE), 2000);
	assert_int_equal(store_capacity(w.store, METRIC_CPU_USAGE), 2000);
	world_done(&w);
}

/* References of no series, of another generation, or past the end of all are answered: nothing. */
static void
test_references_that_are_none(void **state)
{
	struct world w;
	struct series_ref good, bad[3];
	struct ring_iter it;
	struct store_cursor cursor;
	int64_t ns;
	double value;

	(void)state;
	world_init(&w, 0);
	begin(&w, 10);
	batch_add(&w.batch, METRIC_CPU_USAGE, 1, NAN);
	store_add(w.store, &w.batch);
	good = ref_of(&w, METRIC_CPU_USAGE, NULL);
	bad[0] = (struct series_ref){.id = good.id, .gen = 0};
	bad[1] = (struct series_ref){.id = good.id, .gen = good.gen + 1};
	bad[2] = (struct series_ref){.id = w.store->limits.series, .gen = good.gen};
	assert_true(store_newest(w.store, good, &ns, &value));
	assert_true(store_cursor_open(w.store, good, 0, &cursor));
	for (size_t i = 0; i < 3; i++) {
		assert_false(store_newest(w.store, bad[i], &ns, &value));
		assert_false(store_walk(w.store, bad[i], 0, INT64_MAX, &it));
		assert_false(store_cursor_open(w.store, bad[i], 0, &cursor));
	}
	world_done(&w);
}

/* Before there is a sample the time of the rings may be set apart from the boot clock's. */
static void
test_the_offset(void **state)
{
	struct store_cursor cursor;
	struct world w;
	struct ring_iter it;
	int64_t ns = 0;
	double value = 0;

	(void)state;
	world_init(&w, 0);
	assert_true(store_set_offset(w.store, INT64_MAX));
	assert_true(store_offset(w.store) == TIME_MAX);
	assert_true(to_ring_ns(w.store, INT64_MAX) == INT64_MAX);
	assert_true(store_set_offset(w.store, INT64_MIN));
	assert_true(store_offset(w.store) == -TIME_MAX);
	assert_true(to_ring_ns(w.store, INT64_MIN) == INT64_MIN);
	assert_true(store_set_offset(w.store, 500 * NS_PER_SEC));
	assert_true(to_ring_ns(w.store, 10) == 500 * NS_PER_SEC + 10);
	begin(&w, 10);
	batch_add(&w.batch, METRIC_CPU_USAGE, 1, NAN);
	store_add(w.store, &w.batch);
	assert_false(store_set_offset(w.store, 0));
	assert_true(newest_of(&w, METRIC_CPU_USAGE, &ns, &value) && ns == 10 * NS_PER_SEC);
	assert_true(store_walk(
	    w.store, ref_of(&w, METRIC_CPU_USAGE, NULL), 10 * NS_PER_SEC, 10 * NS_PER_SEC, &it));
	assert_true(ring_iter_next(&it, &ns, &value) && ns == 10 * NS_PER_SEC);
	assert_int_equal(count_walk(&w, ref_of(&w, METRIC_CPU_USAGE, NULL), 11, 20), 0);
	assert_true(store_cursor_open(w.store, ref_of(&w, METRIC_CPU_USAGE, NULL), 1, &cursor));
	assert_true(store_cursor_walk(w.store, &cursor, &it));
	assert_true(ring_iter_next(&it, &ns, &value) && ns == 10 * NS_PER_SEC);
	assert_int_equal(count_walk(&w, ref_of(&w, METRIC_CPU_USAGE, NULL), 0, 9), 0);
	world_done(&w);
}

/* Ten years at most pass between two boots; clocks that are wrong by ages pass no time at all. */
static void
test_how_much_time_passed(void **state)
{
	const struct now now = {.boot_ns = 60 * NS_PER_SEC, .wall_ms = 1700000000000};
	const int64_t s = NS_PER_SEC, saved = 5000 * s;

	(void)state;
	assert_true(store_offset_after(0, saved, now.wall_ms - 1, &now, false) ==
	            saved - 60 * s + NS_PER_MS);
	assert_true(store_offset_after(0, saved, now.wall_ms - PASSED_MAX_MS - 5, &now, false) ==
	            saved - 60 * s + PASSED_MAX_MS * NS_PER_MS);
	assert_true(store_offset_after(0, saved, INT64_MIN, &now, false) == saved - 60 * s);
	/* The same boot, but its clock stands before what was saved: another machine's. */
	assert_true(store_offset_after(7, saved, now.wall_ms, &now, true) == saved - 60 * s + 7);
	assert_true(store_offset_after(7, now.boot_ns, 0, &now, true) == 7);
	assert_true(store_offset_after(7, -5, now.wall_ms, &now, false) == 7 - 60 * s);
}

/* A full group empties the ring that has rested longest, and for an hour at least. */
static void
test_what_is_emptied(void **state)
{
	struct world w;
	int64_t ns;
	double value;

	(void)state;
	world_init(&w, 0);
	for (int i = 0; i < 3; i++) {
		static const enum metric_id order[] = {
		    METRIC_CPU_USER, METRIC_CPU_USAGE, METRIC_MEM_USED};

		begin(&w, 100 * (i + 1));
		batch_add(&w.batch, order[i], 1, NAN);
		store_add(w.store, &w.batch);
	}
	reclaim(w.store, GROUP_CPU, 100 * NS_PER_SEC + REST_NS);
	assert_true(newest_of(&w, METRIC_CPU_USER, &ns, &value));
	reclaim(w.store, GROUP_CPU, 200 * NS_PER_SEC + REST_NS);
	assert_false(newest_of(&w, METRIC_CPU_USER, &ns, &value));
	assert_true(newest_of(&w, METRIC_CPU_USAGE, &ns, &value));
	assert_int_equal(w.store->lost, 1);
	reclaim(w.store, GROUP_CPU, 10000 * NS_PER_SEC + REST_NS);
	assert_false(newest_of(&w, METRIC_CPU_USAGE, &ns, &value));
	assert_true(newest_of(&w, METRIC_MEM_USED, &ns, &value));
	world_done(&w);
}

/* A series is loaded only where there is none yet, and only under its own reference. */
static void
test_where_a_series_is_loaded(void **state)
{
	static uint8_t bytes[4096];
	struct world a, b;
	struct series_ref ref, other;
	struct bytes_out out;
	struct bytes_in in;
	struct store_stats stats;

	(void)state;
	world_init(&a, 0);
	world_init(&b, 0);
	begin(&a, 10);
	batch_add(&a.batch, METRIC_CPU_USAGE, 1, NAN);
	store_add(a.store, &a.batch);
	bytes_out_init(&out, bytes, sizeof(bytes));
	assert_true(store_save_series(a.store, ref_of(&a, METRIC_CPU_USAGE, NULL), &out));
	begin(&b, 10);
	batch_add(&b.batch, METRIC_CPU_USAGE, 1, NAN);
	ref = ref_of(&b, METRIC_CPU_USAGE, NULL);
	for (int kind = 0; kind < 3; kind++) {
		other = ref;
		other.gen = kind == 0 ? 0 : kind == 1 ? ref.gen + 1 : ref.gen;
		other.id = kind == 2 ? b.store->limits.series : ref.id;
		bytes_in_init(&in, bytes, out.len);
		assert_false(store_load_series(
		    b.store, other, series_at(b.table, ref.id), &b.batch.now, &in));
		assert_true(in.at == in.end && !in.bad);
	}
	bytes_in_init(&in, bytes, out.len);
	assert_true(store_load_series(b.store, ref, series_at(b.table, ref.id), &b.batch.now, &in));
	bytes_in_init(&in, bytes, out.len);
	assert_false(
	    store_load_series(b.store, ref, series_at(b.table, ref.id), &b.batch.now, &in));
	store_stats(b.store, &stats);
	assert_int_equal(stats.samples, 1);
	world_done(&a);
	world_done(&b);
}

/* A newest sample from just ahead of the clock is the rounding's; one from further on is none. */
static void
test_a_tick_ahead(void **state)
{
	static uint8_t bytes[4096];

	(void)state;
	for (int64_t ahead_ms = 0; ahead_ms <= 300; ahead_ms += 50) {
		struct world a, b;
		struct series_ref ref;
		struct bytes_out out;
		struct bytes_in in;

		world_init(&a, 0);
		world_init(&b, 0);
		begin(&a, 10);
		batch_add(&a.batch, METRIC_CPU_USAGE, 1, NAN);
		store_add(a.store, &a.batch);
		bytes_out_init(&out, bytes, sizeof(bytes));
		assert_true(store_save_series(a.store, ref_of(&a, METRIC_CPU_USAGE, NULL), &out));
		begin(&b, 10);
		b.batch.now.boot_ns -= ahead_ms * NS_PER_MS;
		batch_add(&b.batch, METRIC_CPU_USAGE, 1, NAN);
		ref = ref_of(&b, METRIC_CPU_USAGE, NULL);
		bytes_in_init(&in, bytes, out.len);
		assert_int_equal(
		    store_load_series(b.store, ref, series_at(b.table, ref.id), &b.batch.now, &in),
		    ahead_ms <= 100);
		assert_int_equal(b.store->pools[GROUP_CPU].used, ahead_ms <= 100);
		world_done(&a);
		world_done(&b);
	}
}

static void
test_statistics(void **state)
{
	struct world w;
	struct store_stats stats;

	(void)state;
	world_init(&w, 1 << 20);
	store_stats(w.store, &stats);
	assert_int_equal(stats.series + stats.samples + stats.bytes + stats.refused, 0);
	assert_true(stats.bytes_a_sample == 0);
	assert_int_equal(stats.bytes_max,
	    sizeof(struct store) + w.store->limits.series * sizeof(struct place) + (1 << 20));
	begin(&w, 10);
	batch_add(&w.batch, METRIC_CPU_USAGE, 1, NAN);
	store_add(w.store, &w.batch);
	store_stats(w.store, &stats);
	assert_int_equal(stats.series, 1);
	assert_int_equal(stats.bytes, sizeof(struct place) + sizeof(struct pool_block));
	assert_true(stats.bytes_a_sample == (double)stats.bytes);
	world_done(&w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_capacities),
	    cmocka_unit_test(test_references_that_are_none),
	    cmocka_unit_test(test_the_offset),
	    cmocka_unit_test(test_how_much_time_passed),
	    cmocka_unit_test(test_what_is_emptied),
	    cmocka_unit_test(test_where_a_series_is_loaded),
	    cmocka_unit_test(test_a_tick_ahead),
	    cmocka_unit_test(test_statistics),
	};

	return cmocka_run_group_tests_name("store_bounds", tests, NULL, NULL);
}
