/*
 * Windows over past samples, with a detector of the test's own that keeps sums by what enters and
 * what leaves: they equal those over what the history returns, and where they cannot, the window
 * begins anew.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/core/windows.c"

#include <float.h>

#include "tests/unit/log_help.h"
#include "tests/unit/random.h"
#include "tests/unit/snapshot_help.h"

#define WINDOW 16

static uint32_t window_samples;

/* Of the load average. */
struct summer {
	double sum;
	uint32_t count, restarts, fed, without;
};

static struct summer seen; /* as the last sample left it */

static size_t
wants_load(
    const struct detector_setup *setup, const struct series *s, uint16_t out[DETECTOR_VARIANTS_MAX])
{
	(void)setup;
	out[0] = 0;
	return s->metric == METRIC_CPU_LOAD_1M;
}

static const char *
name_rule(const struct detector_setup *setup, uint16_t variant)
{
	(void)setup;
	(void)variant;
	return "sums";
}

static uint32_t
get_window(const struct detector_setup *setup)
{
	(void)setup;
	return window_samples;
}

static void
add(void *arg, double value)
{
	struct summer *sums = arg;

	sums->sum += value;
	sums->count++;
}

static void
feed_sums(void *state, const struct detector_input *in, struct findings *out)
{
	const struct detector_window *w = in->window;
	struct summer *sums = state, twice = {0};

	(void)out;
	sums->fed++;
	if (w == NULL) {
		sums->without++;
	} else if (w->restarted) {
		assert_int_equal(w->left_count, 0);
		sums->restarts++;
		sums->sum = 0;
		sums->count = 0;
		w->each(w, add, sums);
	} else {
		add(sums, w->entered);
		for (size_t i = 0; i < w->left_count; i++, sums->count--)
			sums->sum -= w->left[i];
	}
	if (w != NULL) {
		w->each(w, add, &twice);
		assert_int_equal(twice.count, sums->count);
		assert_true(fabs(twice.sum - sums->sum) <= 1e-9 * (1 + fabs(twice.sum)));
	}
	seen = *sums;
}

/* Minutes of the load average that were told. */
static uint32_t minutes;

static void
note_minute(void *state, const struct detector_input *in, const struct rollup_row *row,
    struct findings *out)
{
	(void)state;
	(void)out;
	assert_int_equal(in->series->metric, METRIC_CPU_LOAD_1M);
	assert_true(row->count > 0);
	minutes++;
}

static bool
load_sums(void *state, int64_t shift_ns)
{
	(void)state;
	(void)shift_ns;
	return true;
}

const struct detector threshold_detector = {.name = "sums",
    .version = 1,
    .state_bytes = sizeof(struct summer),
    .states_a_series = 1,
    .wants = wants_load,
    .rule_name = name_rule,
    .window = get_window,
    .feed = feed_sums,
    .minute = note_minute,
    .load = load_sums};

static struct scene *
begin(uint32_t capacity, uint32_t samples)
{
	struct scene *s = scene_begin();

	window_samples = samples;
	s->conf->storage.ring_buffer_size = capacity;
	core_done(&s->core);
	scene_start(s);
	core_start_judging(&s->core);
	seen = (struct summer){0};
	return s;
}

static void
cycle(struct scene *s, double load)
{
	scene_pass(s, SCENE_STEP_MS);
	core_begin(&s->core, &s->now);
	s->core.batch.interval_ms = SCENE_STEP_MS;
	batch_add(&s->core.batch, METRIC_CPU_LOAD_1M, load, NAN);
	core_judge(&s->core, &s->core.batch, NULL, &s->now);
}

/* The sum over the last of the history, counted apart. */
static void
expect_sums_of_history(struct scene *s, uint32_t samples)
{
	uint32_t id = series_find(s->core.series, METRIC_CPU_LOAD_1M, NULL);
	struct series_ref ref = {id, series_at(s->core.series, id)->gen};
	double values[256], sum = 0;
	struct ring_iter it;
	uint32_t n = 0;
	int64_t ns;

	assert_true(store_walk(s->core.store, ref, INT64_MIN, INT64_MAX, &it));
	while (ring_iter_next(&it, &ns, &values[n]))
		assert_true(++n < 256);
	samples = n < samples ? n : samples;
	for (uint32_t i = n - samples; i < n; i++)
		sum += values[i];
	assert_int_equal(seen.count, samples);
	assert_true(fabs(seen.sum - sum) <= 1e-9 * (1 + fabs(sum)));
}

static void
sums_follow_the_window(void **state)
{
	struct scene *s = begin(60, WINDOW);

	(void)state;
	random_start();
	for (uint32_t i = 1; i <= 500; i++) {
		cycle(s, (double)draw(1000) / 100);
		assert_int_equal(seen.fed, i);
		assert_int_equal(seen.restarts, 1);
		assert_int_equal(seen.count, i < WINDOW ? i : WINDOW);
		expect_sums_of_history(s, WINDOW);
	}
	assert_int_equal(seen.without, 0);
	scene_end(s);
}

/* Through the core a detector hears of each minute once. */
static void
minutes_are_told_once(void **state)
{
	struct scene *s = begin(60, WINDOW);

	(void)state;
	minutes = 0;
	for (uint32_t i = 1; i <= 60; i++) { /* 1010 s to 1600 s after boot */
		cycle(s, i);
		assert_int_equal(minutes, (1000 + 10 * i) / 60 - 1010 / 60);
	}
	scene_end(s);
}

/* A sample must leave the window before the history drops it. */
static void
a_window_is_shorter_than_the_history(void **state)
{
	static const struct {
		uint32_t samples;
		bool opens;
	} cases[] = {{0, false}, {1, true}, {59, true}, {60, false}, {61, false}};

	(void)state;
	for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
		struct scene *s = begin(60, cases[k].samples);

		for (uint32_t i = 1; i <= 200; i++) {
			cycle(s, i);
			assert_int_equal(seen.fed, i);
			assert_int_equal(seen.without, cases[k].opens ? 0 : i);
			if (cases[k].opens)
				expect_sums_of_history(s, cases[k].samples);
		}
		assert_int_equal(seen.restarts, cases[k].opens);
		scene_end(s);
	}
}

/* A reload: the first sample after it finds the whole window. */
static void
a_window_begins_anew_with_another_configuration(void **state)
{
	struct scene *s = begin(60, WINDOW);
	struct conf *conf = make_conf();

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		cycle(s, i);
	core_configure(&s->core, conf);
	conf_free(s->conf);
	s->conf = conf;
	for (uint32_t i = 101; i <= 200; i++) {
		cycle(s, i);
		assert_int_equal(seen.fed, i); /* the state itself goes on */
		assert_int_equal(seen.restarts, 2);
		expect_sums_of_history(s, WINDOW);
	}
	scene_end(s);
}

static void
a_window_begins_anew_with_a_snapshot(void **state)
{
	static struct stream stream;
	struct scene *a = begin(60, WINDOW), *b;
	struct snapshot_reader r;

	(void)state;
	for (uint32_t i = 1; i <= 100; i++)
		cycle(a, i);
	stream_save(&stream, &a->core, &a->now, 4096);
	b = begin(60, WINDOW);
	b->now = a->now;
	snapshot_reader_init(&r, &b->core, &b->now);
	assert_true(stream_give(&r, &stream, 0, stream.len, 4096) && r.whole);
	snapshot_reader_done(&r);
	for (uint32_t i = 101; i <= 200; i++) {
		cycle(b, i);
		assert_int_equal(seen.fed, i);
		assert_int_equal(seen.restarts, 2);
		assert_true(seen.sum == 16.0 * i - 120);
	}
	scene_end(a);
	scene_end(b);
}

static void
a_series_that_comes_back_begins_its_window_anew(void **state)
{
	struct scene *s = begin(60, WINDOW);

	(void)state;
	for (uint32_t i = 1; i <= 40; i++)
		cycle(s, i);
	for (int i = 0; i < 2 * GONE_INTERVALS; i++) {
		scene_pass(s, SCENE_STEP_MS);
		core_begin(&s->core, &s->now);
		core_judge(&s->core, &s->core.batch, NULL, &s->now);
	}
	for (uint32_t i = 1; i <= 40; i++) {
		cycle(s, i);
		assert_int_equal(seen.restarts, 1); /* its state is new */
		assert_int_equal(seen.fed, i);
		expect_sums_of_history(s, WINDOW);
	}
	scene_end(s);
}

/* The history takes no such number: the newest sample stays, and must not be counted twice. */
static void
a_sample_that_the_history_refuses_does_not_enter(void **state)
{
	struct scene *s = begin(60, WINDOW);

	(void)state;
	for (uint32_t i = 1; i <= 100; i++) {
		cycle(s, i % 10 == 9 ? DBL_MAX : i);
		assert_int_equal(seen.fed, i);
		assert_int_equal(seen.restarts, 1 + (i + 1) / 10);
		expect_sums_of_history(s, WINDOW);
	}
	scene_end(s);
}

/* The history alone, as a detector that is not fed each sample would see it. */
struct history {
	struct series_table *table;
	struct store *store;
	struct windows source;
	struct detect_windows windows;
	struct batch batch;
	struct now now;
	uint32_t id;
};

static void
history_append(struct history *h, int samples)
{
	for (int i = 0; i < samples; i++) {
		h->now.boot_ns += NS_PER_SEC;
		batch_reset(&h->batch, &h->now);
		h->batch.interval_ms = 1000;
		batch_add(
		    &h->batch, METRIC_CPU_LOAD_1M, (double)(h->now.boot_ns / NS_PER_SEC), NAN);
		store_add(h->store, &h->batch);
	}
	h->id = series_find(h->table, METRIC_CPU_LOAD_1M, NULL);
}

static void
history_init(struct history *h)
{
	*h = (struct history){.table = series_table_new(NULL)};
	h->store =
	    store_new(&(struct store_limits){.series = series_capacity(h->table), .capacity = 60});
	h->source = (struct windows){h->store, h->table};
	h->windows = windows_for_detect(&h->source);
	batch_init(&h->batch, h->table, 4);
}

static void
history_done(struct history *h)
{
	batch_done(&h->batch);
	store_free(h->store);
	series_table_free(h->table);
}

/* Values of the window; they are the seconds of their samples. */
static void
expect_window(const struct detector_window *w, uint32_t first, uint32_t last)
{
	struct summer sums = {0};
	uint32_t n = last - first + 1;

	w->each(w, add, &sums);
	assert_int_equal(sums.count, n);
	assert_true(sums.sum == (first + last) * n / 2.0);
}

static void
several_values_may_leave_at_once(void **state)
{
	struct detector_window w;
	struct history h;
	void *cursor;

	(void)state;
	history_init(&h);
	history_append(&h, 30);
	cursor = h.windows.open(h.windows.arg, h.id, WINDOW);
	assert_non_null(cursor);
	h.windows.follow(h.windows.arg, cursor, &w);
	assert_true(w.restarted);
	assert_true(w.entered == 30);
	expect_window(&w, 15, 30);
	history_append(&h, DETECTOR_LEFT_MAX);
	h.windows.follow(h.windows.arg, cursor, &w);
	assert_false(w.restarted);
	assert_int_equal(w.left_count, DETECTOR_LEFT_MAX);
	for (int i = 0; i < DETECTOR_LEFT_MAX; i++)
		assert_true(w.left[i] == 15 + i);
	expect_window(&w, 23, 38);
	/* One more than there is room for: anew. */
	history_append(&h, DETECTOR_LEFT_MAX + 1);
	h.windows.follow(h.windows.arg, cursor, &w);
	assert_true(w.restarted);
	assert_int_equal(w.left_count, 0);
	assert_true(w.entered == 47);
	expect_window(&w, 32, 47);
	history_append(&h, 1);
	h.windows.follow(h.windows.arg, cursor, &w);
	assert_false(w.restarted);
	assert_int_equal(w.left_count, 1);
	assert_true(w.left[0] == 32 && w.entered == 48);
	expect_window(&w, 33, 48);
	h.windows.close(h.windows.arg, cursor);
	history_done(&h);
}

static void
a_window_that_the_history_lost_begins_anew(void **state)
{
	struct detector_window w;
	struct history h;
	void *cursor;

	(void)state;
	history_init(&h);
	assert_null(h.windows.open(h.windows.arg, 0, WINDOW)); /* nobody lives there */
	history_append(&h, 30);
	cursor = h.windows.open(h.windows.arg, h.id, WINDOW);
	h.windows.follow(h.windows.arg, cursor, &w);
	history_append(&h, 400);
	h.windows.follow(h.windows.arg, cursor, &w);
	assert_true(w.restarted);
	assert_true(w.entered == 430);
	expect_window(&w, 415, 430);
	history_append(&h, 1);
	h.windows.follow(h.windows.arg, cursor, &w);
	assert_false(w.restarted);
	expect_window(&w, 416, 431);
	/* Its place goes to another series: nothing of that is in the window. */
	((struct series *)(uintptr_t)series_at(h.table, h.id))->gen++;
	h.batch.plain[METRIC_CPU_LOAD_1M].gen++;
	history_append(&h, 1);
	h.windows.follow(h.windows.arg, cursor, &w);
	assert_true(w.restarted);
	{
		struct summer sums = {0};

		w.each(&w, add, &sums);
		assert_int_equal(sums.count, 0);
	}
	h.windows.close(h.windows.arg, cursor);
	history_done(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(sums_follow_the_window),
	    cmocka_unit_test(minutes_are_told_once),
	    cmocka_unit_test(a_window_is_shorter_than_the_history),
	    cmocka_unit_test(a_window_begins_anew_with_another_configuration),
	    cmocka_unit_test(a_window_begins_anew_with_a_snapshot),
	    cmocka_unit_test(a_series_that_comes_back_begins_its_window_anew),
	    cmocka_unit_test(a_sample_that_the_history_refuses_does_not_enter),
	    cmocka_unit_test(several_values_may_leave_at_once),
	    cmocka_unit_test(a_window_that_the_history_lost_begins_anew),
	};

	set_log_level(LOGL_ERROR + 1);
	return cmocka_run_group_tests_name("windows", tests, NULL, NULL);
}
