/*
 * Samples to minutes: how they are cut and stamped, what a stall, a step of the clock and a
 * recycled series do, and that means agree with a second pass over all samples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/rollup.c"

#include <string.h>

#include "tests/unit/random.h"

#define SERIES 4

struct rig {
	struct series_table *table;
	struct batch batch;
	struct series_ref refs[SERIES];
	struct rollup *rollup;
	struct now now;
};

/* The boot clock starts 40 s into one of its minutes, the last of five. */
static void
rig_init(struct rig *r)
{
	*r = (struct rig){.now = {.boot_ns = 1180 * NS_PER_SEC, .wall_ms = 1790000000000}};
	r->table = series_table_new(NULL);
	batch_init(&r->batch, r->table, 16);
	r->rollup = rollup_new(r->table);
}

static void
rig_done(struct rig *r)
{
	rollup_free(r->rollup);
	batch_done(&r->batch);
	series_table_free(r->table);
}

static void
pass(struct rig *r, int64_t secs)
{
	r->now.boot_ns += secs * NS_PER_SEC;
	r->now.wall_ms += secs * 1000;
}

static void
sample(struct rig *r, int i, double value)
{
	const char *const values[] = {(const char *[]){"/a", "/b", "/c", "/d"}[i], "x", "ext4"};

	batch_add_labelled(&r->batch, &r->refs[i], METRIC_DISK_USAGE, values, value, NAN);
}

/* A cycle with one sample of one series; NAN: with none. True: a minute is complete. */
static bool
cycle(struct rig *r, int i, double value)
{
	batch_reset(&r->batch, &r->now);
	if (!isnan(value))
		sample(r, i, value);
	return rollup_add(r->rollup, &r->batch);
}

static struct rollup_row
row_of(const struct rig *r, int i)
{
	struct rollup_row row = {.count = 0};

	assert_true(rollup_of(r->rollup, r->refs[i].id, &row));
	return row;
}

static void
a_minute_is_what_its_samples_were(void **state)
{
	struct rollup_row row;
	struct rig r;
	uint32_t at = 0;

	(void)state;
	rig_init(&r);
	assert_false(cycle(&r, 0, 5));
	assert_false(rollup_next(r.rollup, &at, &row)); /* none is complete */
	pass(&r, 10);
	assert_false(cycle(&r, 0, 2));
	pass(&r, 9);
	assert_false(cycle(&r, 0, 8));
	pass(&r, 1);
	assert_true(cycle(&r, 0, 100)); /* of the next one */
	row = row_of(&r, 0);
	assert_int_equal(row.count, 3);
	assert_true(row.min == 2 && row.max == 8 && row.mean == 5 && row.last == 8);
	assert_int_equal(row.gen, series_at(r.table, r.refs[0].id)->gen);
	pass(&r, 10);
	assert_false(cycle(&r, 0, 200));
	assert_int_equal(row_of(&r, 0).count, 3); /* until the next one is complete */
	pass(&r, 50);
	assert_true(cycle(&r, 0, 300));
	assert_true(row_of(&r, 0).mean == 150);
	rig_done(&r);
}

/* From the boot clock's minute, also where the first sample came in its middle. */
static void
minutes_are_stamped_in_wall_time(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 0, 1);
	pass(&r, 30);
	assert_true(cycle(&r, 0, 1));
	assert_int_equal(rollup_minute(r.rollup).boot_ns, 1140 * NS_PER_SEC);
	assert_int_equal(rollup_minute(r.rollup).wall_ms, 1790000000000 - 40000);
	rig_done(&r);
}

static void
a_step_back_of_the_clock_makes_two_rows_of_one_minute(void **state)
{
	int64_t stamps[3];
	struct rig r;

	(void)state;
	rig_init(&r);
	pass(&r, 20);
	cycle(&r, 0, 1);
	for (int i = 0; i < 3; i++) {
		pass(&r, 60);
		if (i == 1)
			r.now.wall_ms -= 60000;
		assert_true(cycle(&r, 0, 1));
		stamps[i] = rollup_minute(r.rollup).wall_ms;
		assert_int_equal(row_of(&r, 0).count, 1);
	}
	assert_int_equal(stamps[1], stamps[0] + 60000);
	assert_int_equal(stamps[2], stamps[1]); /* begun a minute later, stamped the same */
	assert_int_equal(rollup_minute(r.rollup).boot_ns, (1200 + 120) * NS_PER_SEC);
	rig_done(&r);
}

/* One row for the minute that was open; none for those in which nothing was seen. */
static void
a_stall_of_minutes_closes_one(void **state)
{
	struct rollup_row row;
	struct rig r;

	(void)state;
	rig_init(&r);
	pass(&r, 20); /* 1200 s: the first of five minutes */
	cycle(&r, 0, 4);
	pass(&r, 7 * 60);
	assert_true(cycle(&r, 0, 9));
	assert_int_equal(rollup_minute(r.rollup).boot_ns, 1200 * NS_PER_SEC);
	row = row_of(&r, 0);
	assert_true(row.count == 1 && row.mean == 4);
	assert_true(row.five_mean == 4); /* its five minutes are over as well */
	pass(&r, 10);
	assert_false(cycle(&r, 0, 11));
	pass(&r, 4 * 60);
	assert_true(cycle(&r, 0, 50));
	row = row_of(&r, 0);
	assert_true(row.count == 2 && row.mean == 10 && row.five_mean == 10);
	rig_done(&r);
}

/* Its successor in the same place begins with nothing. */
static void
a_recycled_series_brings_nothing_along(void **state)
{
	struct rollup_row row;
	struct rig r;

	(void)state;
	rig_init(&r);
	pass(&r, 20);
	cycle(&r, 0, 1000);
	pass(&r, 60);
	cycle(&r, 0, 1000);
	pass(&r, 10);
	((struct series *)(uintptr_t)series_at(r.table, r.refs[0].id))->gen++;
	r.refs[0].gen++;
	cycle(&r, 0, 3);
	pass(&r, 10);
	cycle(&r, 0, 5);
	pass(&r, 50);
	assert_true(cycle(&r, 0, 5));
	row = row_of(&r, 0);
	assert_int_equal(row.gen, r.refs[0].gen);
	assert_true(row.count == 2 && row.mean == 4 && row.max == 5);
	pass(&r, 180);
	assert_true(cycle(&r, 0, 70));
	row = row_of(&r, 0);
	assert_true(fabs(row.five_mean - (3 + 5 + 5) / 3.0) < 1e-9);
	rig_done(&r);
}

/* A minute that was saved when it had one sample goes on, and so do its five minutes. */
static void
a_minute_goes_on_where_it_was_saved(void **state)
{
	static uint8_t saved[256];
	struct bytes_out out;
	struct rollup_row row;
	struct bytes_in in;
	struct rig r;

	(void)state;
	rig_init(&r);
	pass(&r, 20); /* the first of five minutes */
	cycle(&r, 0, 10);
	pass(&r, 60);
	cycle(&r, 0, 4);
	cycle(&r, 1, 30); /* the first of it in these five minutes */
	bytes_out_init(&out, saved, sizeof(saved));
	rollup_save(r.rollup, &out);
	for (int i = 0; i < 2; i++)
		rollup_save_series(r.rollup, r.refs[i].id, &out);
	rollup_free(r.rollup);
	r.rollup = rollup_new(r.table);
	bytes_in_init(&in, saved, sizeof(saved));
	rollup_load(r.rollup, &in, 0);
	for (int i = 0; i < 2; i++)
		rollup_load_series(r.rollup, r.refs[i].id, &in);
	pass(&r, 10);
	assert_false(cycle(&r, 0, 8));
	pass(&r, 50);
	assert_true(cycle(&r, 0, 100));
	row = row_of(&r, 0);
	assert_true(row.count == 2 && row.min == 4 && row.max == 8 && row.mean == 6);
	pass(&r, 180);
	assert_true(cycle(&r, 0, 7));
	assert_true(fabs(row_of(&r, 0).five_mean - (10 + 4 + 8 + 100) / 4.0) < 1e-9);
	assert_true(row_of(&r, 1).five_mean == 30);
	rig_done(&r);
}

/* Nothing in a snapshot is trusted: sums that are no numbers are no samples. */
static void
what_is_no_number_is_not_taken(void **state)
{
	static uint8_t saved[256];

	(void)state;
	for (int bad = -2; bad < 4; bad++) {
		struct bytes_out out;
		struct bytes_in in;
		struct rig r;

		rig_init(&r);
		cycle(&r, 0, 5);
		rollup_free(r.rollup);
		r.rollup = rollup_new(r.table);
		cycle(&r, 1, 5); /* it has begun, without the first */
		bytes_out_init(&out, saved, sizeof(saved));
		bytes_put_u32(&out, bad == -2 ? 0 : 1); /* samples */
		for (int i = 0; i < 4; i++)
			bytes_put_f64(&out, i == bad ? (double)NAN : 7);
		bytes_put_u32(&out, 0);
		bytes_put_f64(&out, 0);
		bytes_in_init(&in, saved, out.len);
		rollup_load_series(r.rollup, r.refs[0].id, &in);
		pass(&r, 200);
		assert_true(cycle(&r, 1, 5));
		if (bad == -1) {
			assert_true(row_of(&r, 0).count == 1 && row_of(&r, 0).mean == 7);
		} else {
			struct rollup_row row;

			assert_false(rollup_of(r.rollup, r.refs[0].id, &row));
		}
		rig_done(&r);
	}
}

/* One whose source ended in the middle is not said to be the successor's. */
static void
rows_of_the_one_before_name_it(void **state)
{
	struct rollup_row row = {.count = 0};
	uint32_t gen;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 0, 7);
	gen = r.refs[0].gen;
	pass(&r, 20);
	((struct series *)(uintptr_t)series_at(r.table, r.refs[0].id))->gen++;
	r.refs[0].gen++;
	assert_true(cycle(&r, 0, 3));
	row = row_of(&r, 0);
	assert_int_equal(row.gen, gen);
	assert_true(row.mean == 7);
	rig_done(&r);
}

/* A sample each 150 s: minutes without one have no row, but where five minutes end. */
static void
a_slow_series_has_few_rows_and_all_its_means(void **state)
{
	int rows = 0, fives = 0, samples = 0;
	struct rig r;

	(void)state;
	rig_init(&r);
	pass(&r, 20);
	for (int secs = 0; secs <= 3600; secs += 10) {
		struct rollup_row row;
		uint32_t at = 0;
		bool due = secs % 150 == 0;

		if (cycle(&r, 0, due ? secs : NAN)) {
			while (rollup_next(r.rollup, &at, &row)) {
				rows += row.count > 0;
				assert_true(row.count <= 1);
				assert_true(row.count > 0 || isnan(row.mean));
				assert_true(row.count > 0 ||
				            (isnan(row.min) && isnan(row.max) && isnan(row.last)));
				assert_true(row.count > 0 || !isnan(row.five_mean));
				if (isnan(row.five_mean))
					continue;
				fives++;
				/* Of the samples at its begin and 150 s later. */
				assert_true(row.five_mean == (fives - 1) * 300 + 75);
			}
		}
		samples += due;
		pass(&r, 10);
	}
	assert_int_equal(rows, samples - 1); /* the last minute is open */
	assert_int_equal(fives, 12);
	rig_done(&r);
}

static void
a_series_that_was_never_seen_has_no_row(void **state)
{
	struct rollup_row row;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 0, 1);
	pass(&r, 60);
	cycle(&r, 0, 1);
	for (uint32_t id = 0; id < series_capacity(r.table); id++)
		assert_true(rollup_of(r.rollup, id, &row) == (id == r.refs[0].id));
	/* One that fell silent: none when its five minutes were told. */
	for (int i = 0; i < 20; i++) {
		pass(&r, 60);
		cycle(&r, 1, 1);
	}
	assert_false(rollup_of(r.rollup, r.refs[0].id, &row));
	rig_done(&r);
}

#define SAMPLES_MAX 4000

/* All samples of one series, for a second pass. */
static struct {
	int64_t minute;
	double value;
} seen[SERIES][SAMPLES_MAX];
static size_t seen_count[SERIES];

/* Over those of minutes from <= m < until; NAN: there are none. */
static double
mean_between(int i, int64_t from, int64_t until, uint32_t *count)
{
	double sum = 0;

	*count = 0;
	for (size_t n = 0; n < seen_count[i]; n++) {
		if (seen[i][n].minute < from || seen[i][n].minute >= until)
			continue;
		sum += seen[i][n].value;
		++*count;
	}
	return *count == 0 ? NAN : sum / *count;
}

static void
assert_near_or_both_nan(double a, double b)
{
	assert_true((isnan(a) && isnan(b)) || fabs(a - b) <= 1e-9 * (1 + fabs(a)));
}

static void
check_minute(const struct rig *r, int64_t minute, int64_t next)
{
	int64_t five = minute / ROLLUP_FIVE * ROLLUP_FIVE;
	bool five_end = next / ROLLUP_FIVE != minute / ROLLUP_FIVE;

	for (int i = 0; i < SERIES; i++) {
		struct rollup_row row = {.mean = NAN, .five_mean = NAN};
		uint32_t count, five_count;
		double mean = mean_between(i, minute, minute + 1, &count);
		double five_mean = mean_between(i, five, five + ROLLUP_FIVE, &five_count);

		if (!rollup_of(r->rollup, r->refs[i].id, &row))
			assert_true(r->refs[i].gen == 0 || count == 0);
		assert_int_equal(row.count, count);
		assert_near_or_both_nan(row.mean, mean);
		assert_near_or_both_nan(row.five_mean, five_end ? five_mean : NAN);
	}
}

static void
means_agree_with_a_second_pass(void **state)
{
	(void)state;
	random_start();
	for (int run = 0; run < 10; run++) {
		struct rig r;
		int64_t open = -1;

		rig_init(&r);
		memset(seen_count, 0, sizeof(seen_count));
		for (int i = 0; i < SERIES; i++) /* all have a place from the start */
			sample(&r, i, 1);
		for (int n = 0; n < 1500; n++) {
			int64_t minute = r.now.boot_ns / ROLLUP_MINUTE_NS;

			batch_reset(&r.batch, &r.now);
			for (int i = 0; i < SERIES; i++) {
				if (draw(1u << (2 * i)) != 0)
					continue;
				seen[i][seen_count[i]].minute = minute;
				seen[i][seen_count[i]].value = (double)draw(1000000) / 7 - 5e4;
				sample(&r, i, seen[i][seen_count[i]++].value);
			}
			assert_true(
			    rollup_add(r.rollup, &r.batch) == (open >= 0 && minute != open));
			if (open >= 0 && minute != open)
				check_minute(&r, open, minute);
			open = minute;
			pass(&r, draw(50) == 0 ? (int64_t)draw(900) : 1 + (int64_t)draw(20));
		}
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_minute_is_what_its_samples_were),
	    cmocka_unit_test(minutes_are_stamped_in_wall_time),
	    cmocka_unit_test(a_step_back_of_the_clock_makes_two_rows_of_one_minute),
	    cmocka_unit_test(a_stall_of_minutes_closes_one),
	    cmocka_unit_test(a_recycled_series_brings_nothing_along),
	    cmocka_unit_test(a_minute_goes_on_where_it_was_saved),
	    cmocka_unit_test(what_is_no_number_is_not_taken),
	    cmocka_unit_test(rows_of_the_one_before_name_it),
	    cmocka_unit_test(a_slow_series_has_few_rows_and_all_its_means),
	    cmocka_unit_test(a_series_that_was_never_seen_has_no_row),
	    cmocka_unit_test(means_agree_with_a_second_pass),
	};

	return cmocka_run_group_tests_name("rollup", tests, NULL, NULL);
}
