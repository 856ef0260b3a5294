/*
 * Rings against a plain array that remembers everything: whatever series goes in, the newest
 * `capacity` samples come back in order, each within its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/store/ring.c"

#include "base/clock.h"
#include "ring_makers.h"

#define MODEL_MAX 40000
#define POOL_BYTES (4u << 20)
/* Bytes a sample, everything counted. */
#define COST_NOISE 1.225
#define COST_RATE 0.87

struct model {
	int64_t times[MODEL_MAX];
	double values[MODEL_MAX];
	int len;
};

static struct model model;
static bool
value_ok(double want, double got)
{
	if (fabs(want) <= 1000 && want == floor(want))
		return got == want;
	return fabs(want - got) <= 1e-3 * fabs(want);
}

/* The ring holds the last min(len, capacity) samples of the model that lie in [from, to]. */
static void
assert_range(const struct ring *r, const struct pool *pool, int64_t from, int64_t to)
{
	struct ring_iter it;
	int64_t ns, last = -1;
	double value = 0;
	int at = model.len - (int)r->len;

	ring_iter_init(&it, r, pool, from, to);
	while (ring_iter_next(&it, &ns, &value)) {
		/* Those skipped were before the range, give or take the rounding. */
		while (at < model.len && model.times[at] < ns - RING_TICK_NS)
			assert_true(model.times[at++] < from + RING_TICK_NS);
		assert_true(at < model.len);
		assert_true(ns > last && ns >= from && ns <= to);
		assert_true(llabs(ns - model.times[at]) <= RING_TICK_NS);
		if (!value_ok(model.values[at], value))
			fail_msg("sample %d: %.17g became %.17g", at, model.values[at], value);
		last = ns;
		at++;
	}
	for (; at < model.len; at++)
		assert_true(
		    model.times[at] > to - RING_TICK_NS || model.times[at] < from + RING_TICK_NS);
}

static void
add(struct ring *r, struct pool *pool, int64_t ns, double value)
{
	int64_t got_ns = 0;
	double got = 0;

	assert_true(model.len < MODEL_MAX);
	model.times[model.len] = ns;
	model.values[model.len++] = value;
	assert_true(ring_append(r, pool, ns, value));
	assert_true(ring_newest(r, &got_ns, &got));
	assert_true(llabs(got_ns - ns) <= RING_TICK_NS);
	if (!value_ok(value, got))
		fail_msg("newest: %.17g became %.17g", value, got);
}

static void
run_one(struct pool *pool, unsigned maker, unsigned gaps, uint32_t capacity, int count)
{
	struct ring r;
	int64_t ns = (int64_t)(roll() % 1000) * NS_PER_SEC;
	double x = 0;

	ring_init(&r, capacity);
	model.len = 0;
	for (int i = 0; i < count; i++) {
		add(&r, pool, ns, makers[maker](&x, i));
		assert_int_equal(
		    r.len, (uint32_t)model.len < capacity ? (uint32_t)model.len : capacity);
		ns += gap_of(gaps);
		if (roll() % 512 == 0)
			assert_range(&r, pool, 0, INT64_MAX);
	}
	assert_range(&r, pool, 0, INT64_MAX);
	for (int i = 0; i < 5; i++) {
		int64_t from = model.times[roll() % (uint32_t)model.len];

		assert_range(&r, pool, from, from + (int64_t)(roll() % 100) * 10 * NS_PER_SEC);
	}
	ring_clear(&r, pool);
	assert_int_equal(pool->used, 0);
}

static void
test_any_series_comes_back(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	for (unsigned maker = 0; maker < sizeof(makers) / sizeof(makers[0]); maker++)
		for (unsigned gaps = 0; gaps < 5; gaps++)
			run_one(&pool, maker, gaps, 1 + roll() % 700, 3000);
	pool_done(&pool);
}

static void
test_tiny_rings(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	for (uint32_t capacity = 1; capacity < 12; capacity++)
		for (unsigned maker = 0; maker < sizeof(makers) / sizeof(makers[0]); maker++)
			run_one(&pool, maker, maker % 5, capacity, 300);
	pool_done(&pool);
}

static void
test_values_at_the_edges(void **state)
{
	static const double edges[] = {0, -0.0, 1, -1, 999, 1000, 1001, 999.5, 1000.5, 0.1, 1e300,
	    -1e300, 1.79e308, 1e-300, 2.3e-308, 1e-12, 3.0000001, 0x1p53, 0x1p63, 1e-9, 9.1e-10,
	    0.5, 777, 777.7, 500, 500.25};
	struct pool pool;
	struct ring r;
	int64_t ns = 0;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 10000);
	model.len = 0;
	for (int i = 0; i < 3000; i++, ns += NS_PER_SEC)
		add(&r, &pool, ns, edges[roll() % (sizeof(edges) / sizeof(edges[0]))]);
	assert_range(&r, &pool, 0, INT64_MAX);
	for (int n = -1000; n <= 1000; n++, ns += NS_PER_SEC)
		add(&r, &pool, ns, n);
	assert_range(&r, &pool, 0, INT64_MAX);
	pool_done(&pool);
}

static void
test_refuses(void **state)
{
	struct pool pool;
	struct ring r;
	int64_t ns = 0;
	double value = 0;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 10);
	assert_false(ring_newest(&r, &ns, &value));
	assert_false(ring_append(&r, &pool, NS_PER_SEC, NAN));
	assert_false(ring_append(&r, &pool, NS_PER_SEC, INFINITY));
	assert_false(ring_append(&r, &pool, NS_PER_SEC, -INFINITY));
	assert_false(ring_append(&r, &pool, -1, 1));
	assert_true(ring_append(&r, &pool, NS_PER_SEC, 1));
	assert_false(ring_append(&r, &pool, NS_PER_SEC, 2));
	assert_false(ring_append(&r, &pool, NS_PER_SEC - 1, 2));
	assert_true(ring_append(&r, &pool, 2 * NS_PER_SEC, 1e-310));
	assert_true(ring_newest(&r, &ns, &value));
	assert_true(value == 0 && ns == 2 * NS_PER_SEC && r.len == 2);
	pool_done(&pool);
}

static void
test_rounding_does_not_add_up(void **state)
{
	struct pool pool;
	struct ring r;
	double x = 123456.789, got = 0;
	int64_t ns = 0;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 100);
	for (int i = 0; i < 100000; i++, x *= 1.00005) {
		assert_true(ring_append(&r, &pool, i * NS_PER_SEC, x));
		assert_true(ring_newest(&r, &ns, &got));
		assert_true(value_ok(x, got));
	}
	pool_done(&pool);
}

/* Rings that share a pool far too small: all go on, keep what they can, and get in nobody's way. */
static void
test_an_empty_pool_costs_own_samples_only(void **state)
{
	enum { RINGS = 8, BLOCKS = 20 };
	struct pool pool;
	struct ring rings[RINGS];
	double x = 0;

	(void)state;
	pool_init(&pool, BLOCKS * sizeof(struct pool_block));
	for (int i = 0; i < RINGS; i++)
		ring_init(&rings[i], 5000);
	for (int i = 0; i < 20000; i++) {
		struct ring *r = &rings[roll() % RINGS];
		int64_t ns = 0;
		double got = 0, value = make_noise(&x, i);

		assert_true(ring_append(r, &pool, i * NS_PER_SEC, value));
		assert_true(ring_newest(r, &ns, &got) && value_ok(value, got));
		assert_true(pool.used <= BLOCKS);
	}
	for (int i = 0; i < RINGS; i++) {
		struct ring_iter it;
		int64_t ns, last = 0;
		double value;
		uint32_t n = 0;

		ring_iter_init(&it, &rings[i], &pool, 0, INT64_MAX);
		for (; ring_iter_next(&it, &ns, &value); n++, last = ns)
			assert_true(ns > last || n == 0);
		assert_int_equal(n, rings[i].len);
		assert_true(n > 0);
		ring_clear(&rings[i], &pool);
	}
	assert_int_equal(pool.used, 0);
	pool_done(&pool);
}

static void
test_without_a_block_nothing_is_kept(void **state)
{
	struct pool pool;
	struct ring a, b;

	(void)state;
	pool_init(&pool, sizeof(struct pool_block));
	ring_init(&a, 10);
	ring_init(&b, 10);
	assert_true(ring_append(&a, &pool, 0, 1));
	assert_false(ring_append(&b, &pool, 0, 1));
	for (int i = 1; i < 300; i++) {
		struct ring_iter it;
		int64_t ns = 0;
		double got = 0;
		uint32_t n = 0;

		assert_true(ring_append(&a, &pool, i * NS_PER_SEC, i * 1.37));
		assert_true(a.len >= 1 && a.len <= 10);
		/* What is left are the newest samples, as they were. */
		ring_iter_init(&it, &a, &pool, 0, INT64_MAX);
		for (; ring_iter_next(&it, &ns, &got); n++) {
			int64_t want = i - (int64_t)a.len + 1 + n;

			assert_true(ns == want * NS_PER_SEC);
			assert_true(value_ok(want == 0 ? 1 : (double)want * 1.37, got));
		}
		assert_int_equal(n, a.len);
	}
	ring_clear(&a, &pool);
	assert_true(ring_append(&b, &pool, 0, 1));
	pool_done(&pool);
}

static void
test_steady_series_cost_next_to_nothing(void **state)
{
	struct pool pool;
	struct ring r;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 8640);
	for (int i = 0; i < 30000; i++)
		assert_true(ring_append(&r, &pool, i * 10 * NS_PER_SEC, 42.42));
	assert_true(ring_bytes(&r) < 600);
	pool_done(&pool);
}

/* Noise that needs all the precision: 9 bits by its entropy. */
static void
test_noise_costs_its_entropy(void **state)
{
	struct pool pool;
	struct ring r;
	double x = 0;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 8640);
	for (int i = 0; i < 20000; i++)
		assert_true(ring_append(&r, &pool, i * 10 * NS_PER_SEC, make_noise(&x, i)));
	if (ring_bytes(&r) > 8640 * COST_NOISE)
		fail_msg("noise: %g bytes a sample", (double)ring_bytes(&r) / 8640);
	ring_clear(&r, &pool);
	for (int i = 0; i < 20000; i++)
		assert_true(ring_append(&r, &pool, i * 10 * NS_PER_SEC, make_rate(&x, i)));
	if (ring_bytes(&r) > 8640 * COST_RATE)
		fail_msg("rates: %g bytes a sample", (double)ring_bytes(&r) / 8640);
	pool_done(&pool);
}

/* Every series of the recorded hosts, repeated until the ring has wrapped. */
static void
run_column(struct pool *pool, const char *path, int column)
{
	static char line[65536];
	FILE *f = fopen(path, "r");
	struct ring r;
	int row = -1;

	ring_init(&r, 500);
	model.len = 0;
	while (f != NULL && fgets(line, sizeof(line), f) != NULL) {
		char *cell = line;

		for (int i = 0; i < column && cell != NULL; i++)
			cell = strchr(cell, ',') != NULL ? strchr(cell, ',') + 1 : NULL;
		if (row++ >= 0 && cell != NULL && strchr(",\r\n", *cell) == NULL)
			add(&r, pool, row * 60 * NS_PER_SEC, strtod(cell, NULL));
	}
	assert_range(&r, pool, 0, INT64_MAX);
	ring_clear(&r, pool);
	if (f != NULL)
		fclose(f);
}

static void
test_recorded_hosts_come_back(void **state)
{
	const char *dir = getenv("HOSTS_DIR");
	char path[512];
	struct pool pool;
	FILE *f;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	for (char host = 'a'; host <= 'c'; host++) {
		snprintf(path, sizeof(path), "%s/host-%c.csv",
		    dir != NULL ? dir : "../shared/testdata/hosts", host);
		f = fopen(path, "r");
		if (f == NULL) {
			pool_done(&pool);
			print_message("skip: no %s\n", path);
			skip();
		}
		fclose(f);
		for (int column = 1; column < 66; column += 8)
			run_column(&pool, path, column);
	}
	pool_done(&pool);
}

/* Both ends of a range are in it, in ticks. */
static void
test_ranges(void **state)
{
	static const struct {
		int64_t from, to;
		uint32_t n;
	} cases[] = {
	    {0, 0, 1},
	    {INT64_MIN, 0, 1},
	    {-1, -1, 0},
	    {INT64_MIN, -1, 0},
	    {1, INT64_MAX, 2},
	    {0, NS_PER_SEC, 2},
	    {0, NS_PER_SEC - 1, 1},
	    {NS_PER_SEC, NS_PER_SEC, 1},
	    {NS_PER_SEC + 1, 2 * NS_PER_SEC, 1},
	    {NS_PER_SEC + 1, 2 * NS_PER_SEC - 1, 0},
	    {2 * NS_PER_SEC, INT64_MAX, 1},
	    {2 * NS_PER_SEC + 1, INT64_MAX, 0},
	    {1, 0, 0},
	};
	struct pool pool;
	struct ring r;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 10);
	for (int i = 0; i < 3; i++)
		assert_true(ring_append(&r, &pool, i * NS_PER_SEC, i));
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct ring_iter it;
		int64_t ns;
		double value;
		uint32_t n = 0;

		ring_iter_init(&it, &r, &pool, cases[i].from, cases[i].to);
		while (ring_iter_next(&it, &ns, &value))
			n++;
		if (n != cases[i].n)
			fail_msg("case %zu: %u", i, n);
	}
	pool_done(&pool);
}

/* The last tick that there is, and none after it. */
static void
test_the_end_of_time(void **state)
{
	struct pool pool;
	struct ring r;
	int64_t ns = 0;
	double value = 0;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 10);
	assert_false(ring_append(&r, &pool, (RING_TICK_MAX + 1) * RING_TICK_NS, 1));
	assert_true(ring_append(&r, &pool, RING_TICK_MAX * RING_TICK_NS, 1));
	assert_true(ring_newest(&r, &ns, &value) && ns == RING_TICK_MAX * RING_TICK_NS);
	pool_done(&pool);
}

/* The largest values are kept, what is larger is none; the smallest are 0. */
static void
test_magnitudes(void **state)
{
	struct pool pool;
	struct ring r;
	int64_t ns = 0;
	double value = 0;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 10);
	assert_true(ring_append(&r, &pool, 1 * NS_PER_SEC, QUANTISE_MAX));
	assert_true(ring_newest(&r, &ns, &value) && value_ok(QUANTISE_MAX, value));
	assert_true(ring_append(&r, &pool, 2 * NS_PER_SEC, -QUANTISE_MAX));
	assert_true(ring_newest(&r, &ns, &value) && value_ok(-QUANTISE_MAX, value));
	assert_false(ring_append(&r, &pool, 3 * NS_PER_SEC, nextafter(QUANTISE_MAX, INFINITY)));
	assert_true(ring_append(&r, &pool, 3 * NS_PER_SEC, DBL_MIN));
	assert_true(ring_newest(&r, &ns, &value) && value_ok(DBL_MIN, value) && value > 0);
	assert_true(ring_append(&r, &pool, 4 * NS_PER_SEC, nextafter(DBL_MIN, 0)));
	assert_true(ring_newest(&r, &ns, &value) && value == 0);
	pool_done(&pool);
}

/* A series that goes between two grids costs what it did: the grid is not changed to and fro. */
static void
test_two_grids_cost(void **state)
{
	static const double values[] = {5, 5.5, 7, 0.13, 5, 5.5, 999, 0.25};
	struct pool pool;
	struct ring r;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 8000);
	for (int i = 0; i < 8000; i++)
		assert_true(ring_append(&r, &pool, i * NS_PER_SEC, values[i * 7 / 3 % 8]));
	if (ring_bytes(&r) > 11696)
		fail_msg("%zu bytes", ring_bytes(&r));
	pool_done(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_any_series_comes_back),
	    cmocka_unit_test(test_tiny_rings),
	    cmocka_unit_test(test_values_at_the_edges),
	    cmocka_unit_test(test_refuses),
	    cmocka_unit_test(test_rounding_does_not_add_up),
	    cmocka_unit_test(test_an_empty_pool_costs_own_samples_only),
	    cmocka_unit_test(test_without_a_block_nothing_is_kept),
	    cmocka_unit_test(test_steady_series_cost_next_to_nothing),
	    cmocka_unit_test(test_noise_costs_its_entropy),
	    cmocka_unit_test(test_recorded_hosts_come_back),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_the_end_of_time),
	    cmocka_unit_test(test_magnitudes),
	    cmocka_unit_test(test_two_grids_cost),
	};
	const char *given = getenv("TEST_SEED");

	seed_now = given != NULL ? strtoull(given, NULL, 10) : clock_seed();
	printf("seed %llu (TEST_SEED)\n", (unsigned long long)seed_now);
	return cmocka_run_group_tests_name("ring", tests, NULL, NULL);
}
