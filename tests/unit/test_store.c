/*
 * The store as the agent uses it: batches in, the newest and ranges out, whoever floods it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "src/store/store.c"

#include "store_world.h"

/* The first metric of the process group that has labels. */
static enum metric_id
process_metric(void)
{
	int id = 0;

	while (metrics[id].group != GROUP_PROCESS || metric_label_count((enum metric_id)id) == 0)
		id++;
	return (enum metric_id)id;
}

static void
add_process(struct world *w, int pid, double value)
{
	struct series_ref ref = {0};
	char name[16];
	const char *values[METRIC_LABELS_MAX] = {name, name, name};

	snprintf(name, sizeof(name), "%d", pid);
	batch_add_labelled(&w->batch, &ref, process_metric(), values, value, NAN);
}

static void
test_what_went_in_comes_out(void **state)
{
	struct world w;
	struct store_stats stats;
	int64_t ns = 0;
	double value = 0;

	(void)state;
	world_init(&w, 0);
	for (int i = 0; i < 3000; i++) {
		begin(&w, i * 10);
		batch_add(&w.batch, METRIC_CPU_USAGE, i % 100, NAN);
		batch_add(&w.batch, METRIC_MEM_USED, 1e9 + i * 1e6, NAN);
		store_add(w.store, &w.batch);
	}
	assert_true(store_newest(w.store, ref_of(&w, METRIC_MEM_USED, NULL), &ns, &value) &&
	            ns == 29990 * NS_PER_SEC);
	assert_true(fabs(value - 3.999e9) <= 3.999e6);
	assert_int_equal(count_walk(&w, ref_of(&w, METRIC_CPU_USAGE, NULL), 0, 30000), 2000);
	assert_int_equal(count_walk(&w, ref_of(&w, METRIC_CPU_USAGE, NULL), 20000, 20095), 10);
	store_stats(w.store, &stats);
	assert_int_equal(stats.series, 2);
	assert_int_equal(stats.samples, 4000);
	assert_int_equal(stats.refused + stats.lost, 0);
	assert_true(stats.bytes_a_sample < 1.5 && stats.bytes < stats.bytes_max);
	world_done(&w);
}

static void
test_a_second_sample_of_a_cycle_is_refused(void **state)
{
	struct world w;
	struct store_stats stats;

	(void)state;
	world_init(&w, 0);
	begin(&w, 10);
	batch_add(&w.batch, METRIC_CPU_USAGE, 1, NAN);
	batch_add(&w.batch, METRIC_CPU_USAGE, 2, NAN);
	store_add(w.store, &w.batch);
	store_stats(w.store, &stats);
	assert_int_equal(stats.samples, 1);
	assert_int_equal(stats.refused, 1);
	world_done(&w);
}

static void
test_a_flood_of_processes_leaves_cpu_alone(void **state)
{
	struct world w;
	struct store_stats stats;

	(void)state;
	world_init(&w, 64 * 1024);
	for (int i = 0; i < 1000; i++) {
		begin(&w, i * 10);
		batch_add(&w.batch, METRIC_CPU_USAGE, fmod(i * 7.77, 100), NAN);
		for (int p = 0; p < 150; p++)
			add_process(&w, p + i / 100 * 1000, fmod(i * p * 1.234567, 5000));
		store_add(w.store, &w.batch);
	}
	assert_int_equal(count_walk(&w, ref_of(&w, METRIC_CPU_USAGE, NULL), 0, 10000), 1000);
	store_stats(w.store, &stats);
	assert_true(stats.lost > 0);
	assert_true(stats.series <= 101);
	world_done(&w);
}

static void
test_a_new_tenant_starts_empty(void **state)
{
	struct world w;
	struct series_ref old, new;
	const char *const first[METRIC_LABELS_MAX] = {"0", "0", "0"};
	const char *const last[METRIC_LABELS_MAX] = {"1000", "1000", "1000"};
	int64_t ns;
	double value;

	(void)state;
	world_init(&w, 0);
	for (int i = 0; i < 100; i++) {
		begin(&w, i * 10);
		for (int p = 0; p < 100; p++)
			add_process(&w, p, i);
		store_add(w.store, &w.batch);
	}
	old = ref_of(&w, process_metric(), first);
	assert_int_equal(count_walk(&w, old, 0, 1000), 50);
	for (int i = 100; i < 105; i++) /* nobody is heard of any more */
		begin(&w, i * 10);
	for (int p = 1000; p < 1100; p++)
		add_process(&w, p, 5);
	new = ref_of(&w, process_metric(), last);
	assert_false(store_newest(w.store, new, &ns, &value)); /* the old tenant's is not its own */
	store_add(w.store, &w.batch);
	assert_int_equal(count_walk(&w, old, 0, 10000), 0);
	assert_int_equal(count_walk(&w, new, 0, 10000), 1);
	assert_int_equal(w.store->pools[GROUP_PROCESS].used, 100); /* nothing of the old is left */
	world_done(&w);
}

static void
test_rings_at_rest_make_room(void **state)
{
	struct world w;
	struct store_stats stats;

	(void)state;
	world_init(&w, 256 * sizeof(struct pool_block));
	for (int i = 0; i < 40; i++) {
		begin(&w, i * 10);
		for (int p = 0; p < 60; p++)
			add_process(&w, p, fmod(i * p * 1.234567, 5000));
		store_add(w.store, &w.batch);
	}
	for (int i = 0; i < 200; i++) {
		begin(&w, 7200 + i * 10);
		add_process(&w, 5000, fmod(i * 123.4567, 5000));
		store_add(w.store, &w.batch);
	}
	store_stats(w.store, &stats);
	assert_true(stats.refused > 0 && stats.lost > 0);
	const char *const last[METRIC_LABELS_MAX] = {"5000", "5000", "5000"};
	assert_int_equal(count_walk(&w, ref_of(&w, process_metric(), last), 0, 10000), 50);
	world_done(&w);
}

/* As after a restart: a new world whose store goes on with what the old one saved. */
static bool
move_series(struct world *from, struct world *to, enum metric_id metric)
{
	static uint8_t bytes[65536];
	struct series_ref ref = ref_of(to, metric, NULL);
	struct bytes_out out;
	struct bytes_in in;
	bool ok;

	bytes_out_init(&out, bytes, sizeof(bytes));
	assert_true(store_save_series(from->store, ref_of(from, metric, NULL), &out));
	bytes_in_init(&in, bytes, out.len);
	ok = store_load_series(to->store, ref, series_at(to->table, ref.id), &to->batch.now, &in);
	assert_true(!in.bad && in.at == in.end);
	return ok;
}

static void
test_a_saved_series_goes_on_after_a_reboot(void **state)
{
	struct world a, b;
	struct series_ref ref;
	struct ring_iter it;
	struct now then;
	int64_t ns = 0, offset;
	double value = 0;

	(void)state;
	world_init(&a, 0);
	world_init(&b, 0);
	for (int i = 0; i < 100; i++) {
		begin(&a, 50000 + i * 10);
		batch_add(&a.batch, METRIC_CPU_USAGE, i, NAN);
		store_add(a.store, &a.batch);
	}
	then = a.batch.now; /* 50990 s after boot; 200 s later the host has been up for 60 s */
	batch_reset(&b.batch,
	    &(struct now){.boot_ns = 60 * NS_PER_SEC, .wall_ms = then.wall_ms + 200 * 1000});
	batch_add(&b.batch, METRIC_CPU_USAGE, 77, NAN);
	offset = store_offset_after(
	    store_offset(a.store), then.boot_ns, then.wall_ms, &b.batch.now, false);
	assert_true(store_set_offset(b.store, offset));
	assert_true(move_series(&a, &b, METRIC_CPU_USAGE));
	assert_false(move_series(&a, &b, METRIC_CPU_USAGE)); /* there is one already */
	assert_false(store_set_offset(b.store, 0));

	ref = ref_of(&b, METRIC_CPU_USAGE, NULL);
	assert_true(store_newest(b.store, ref, &ns, &value));
	assert_true(ns == -140 * NS_PER_SEC && value == 99);
	store_add(b.store, &b.batch);
	assert_true(store_newest(b.store, ref, &ns, &value));
	assert_true(ns == 60 * NS_PER_SEC && value == 77);
	assert_int_equal(count_walk(&b, ref, -10000, 10000), 101);
	assert_int_equal(count_walk(&b, ref, -160, -140), 3);
	assert_int_equal(count_walk(&b, ref, 0, 10000), 1);
	assert_true(store_walk(b.store, ref, INT64_MIN, INT64_MAX, &it));
	assert_true(ring_iter_next(&it, &ns, &value));
	assert_true(ns == (-140 - 990) * NS_PER_SEC && value == 0);
	world_done(&a);
	world_done(&b);
}

/* Samples from a future that never was would keep all new ones out. */
static void
test_a_series_from_the_future_is_refused(void **state)
{
	struct world a, b;
	struct series_ref ref;
	int64_t ns;
	double value;

	(void)state;
	world_init(&a, 0);
	world_init(&b, 0);
	begin(&a, 1000);
	batch_add(&a.batch, METRIC_CPU_USAGE, 1, NAN);
	store_add(a.store, &a.batch);
	begin(&b, 998);
	batch_add(&b.batch, METRIC_CPU_USAGE, 2, NAN);
	assert_false(move_series(&a, &b, METRIC_CPU_USAGE));
	ref = ref_of(&b, METRIC_CPU_USAGE, NULL);
	assert_false(store_newest(b.store, ref, &ns, &value));
	store_add(b.store, &b.batch);
	assert_int_equal(count_walk(&b, ref, 0, 2000), 1);
	world_done(&a);
	world_done(&b);
}

static void
test_what_is_not_there_is_not_saved(void **state)
{
	struct world w;
	uint8_t bytes[1000];
	struct bytes_out out;

	(void)state;
	world_init(&w, 0);
	begin(&w, 1000);
	batch_add(&w.batch, METRIC_CPU_USAGE, 1, NAN);
	bytes_out_init(&out, bytes, sizeof(bytes));
	assert_false(store_save_series(w.store, ref_of(&w, METRIC_CPU_USAGE, NULL), &out));
	assert_false(store_save_series(w.store, (struct series_ref){0}, &out));
	assert_true(out.len == 0 && !out.full);
	world_done(&w);
}

static void
test_time_goes_on_across_boots(void **state)
{
	const struct now now = {.boot_ns = 60 * NS_PER_SEC, .wall_ms = 1700000300000};
	const int64_t s = NS_PER_SEC;

	(void)state;
	/* Saved at 5000 s, 300 s ago: internal 5000 is now 5300. */
	assert_true(
	    store_offset_after(0, 5000 * s, 1700000000000, &now, false) + 60 * s == 5300 * s);
	assert_true(
	    store_offset_after(700 * s, 5000 * s, 1700000000000, &now, false) + 60 * s == 6000 * s);
	/* The wall clock was put back: time stands still, but never goes back. */
	assert_true(
	    store_offset_after(0, 5000 * s, 1800000000000, &now, false) + 60 * s == 5000 * s);
	/* A short boot before a long one. */
	assert_true(store_offset_after(0, 10 * s, now.wall_ms, &now, false) + 60 * s == 10 * s);
	/* The same boot: the clock has run on by itself, whatever the wall clock did. */
	assert_true(store_offset_after(700 * s, 50 * s, 0, &now, true) == 700 * s);
	/* Numbers out of this world do not overflow. */
	for (unsigned i = 0; i < 16; i++) {
		static const int64_t odd[] = {INT64_MIN, INT64_MAX};
		struct now then = {.boot_ns = odd[i & 1], .wall_ms = odd[i >> 1 & 1]};

		int64_t offset = store_offset_after(
		    odd[i >> 2 & 1], odd[i >> 3 & 1], odd[i & 1], &then, i % 3 == 0);
		assert_true(offset > INT64_MIN / 2 && offset < INT64_MAX / 2);
	}
}

static void
test_a_cursor_belongs_to_one_generation(void **state)
{
	const char *const first[METRIC_LABELS_MAX] = {"0", "0", "0"};
	struct world w;
	struct store_cursor cursor;
	struct ring_iter it;
	struct series_ref ref;
	int64_t ns = 0;
	double value = 0;

	(void)state;
	world_init(&w, 0);
	begin(&w, 0);
	for (int p = 0; p < 100; p++)
		add_process(&w, p, 0);
	ref = ref_of(&w, process_metric(), first);
	assert_false(store_cursor_open(w.store, ref, 3, &cursor)); /* no sample yet */
	store_add(w.store, &w.batch);
	assert_int_equal(store_capacity(w.store, process_metric()), 50);
	assert_false(store_cursor_open(w.store, ref, 50, &cursor));
	assert_true(store_cursor_open(w.store, ref, 3, &cursor));
	for (int i = 1; i < 100; i++) {
		begin(&w, i * 10);
		for (int p = 0; p < 100; p++)
			add_process(&w, p, i);
		store_add(w.store, &w.batch);
		if (i >= 3) {
			assert_int_equal(
			    store_cursor_next(w.store, &cursor, &value), RING_CURSOR_VALUE);
			assert_true(value == i - 3);
		}
		assert_int_equal(store_cursor_next(w.store, &cursor, &value), RING_CURSOR_NONE);
	}
	assert_true(store_cursor_walk(w.store, &cursor, &it));
	assert_true(ring_iter_next(&it, &ns, &value) && ns == 970 * NS_PER_SEC && value == 97);
	for (int i = 100; i < 105; i++) /* nobody is heard of any more */
		begin(&w, i * 10);
	for (int p = 1000; p < 1100; p++)
		add_process(&w, p, 5);
	store_add(w.store, &w.batch);
	assert_int_equal(store_cursor_next(w.store, &cursor, &value), RING_CURSOR_LOST);
	assert_false(store_cursor_walk(w.store, &cursor, &it));
	world_done(&w);
}

static void
test_the_parts_are_the_whole(void **state)
{
	int sum = 0;

	(void)state;
	for (int g = 0; g < METRIC_GROUPS; g++) {
		assert_true(parts[g] > 0);
		sum += parts[g];
	}
	assert_int_equal(sum, PARTS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_went_in_comes_out),
	    cmocka_unit_test(test_a_second_sample_of_a_cycle_is_refused),
	    cmocka_unit_test(test_a_flood_of_processes_leaves_cpu_alone),
	    cmocka_unit_test(test_a_new_tenant_starts_empty),
	    cmocka_unit_test(test_rings_at_rest_make_room),
	    cmocka_unit_test(test_a_saved_series_goes_on_after_a_reboot),
	    cmocka_unit_test(test_a_series_from_the_future_is_refused),
	    cmocka_unit_test(test_what_is_not_there_is_not_saved),
	    cmocka_unit_test(test_time_goes_on_across_boots),
	    cmocka_unit_test(test_a_cursor_belongs_to_one_generation),
	    cmocka_unit_test(test_the_parts_are_the_whole),
	};

	return cmocka_run_group_tests_name("store", tests, NULL, NULL);
}
