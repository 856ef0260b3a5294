/*
 * Cursors that trail a ring: what leaves the window of the last n samples comes out once, in order,
 * to the bit as it came back before; whatever the ring does in between, it is that or "lost".
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "src/store/ring_cursor.c"

#include "base/clock.h"
#include "ring_makers.h"

#define POOL_BYTES (4u << 20)
#define WINDOW_MAX 4096
#define MAKERS (sizeof(makers) / sizeof(makers[0]))
/* Those whose values have a variance that means something; the others span 600 powers of ten. */
#define TAME_MAKERS 6

/* What came back as newest, by the number of the sample. */
static double seen[WINDOW_MAX];

static void
note_newest(const struct ring *r, uint64_t number)
{
	int64_t ns;

	assert_true(ring_newest(r, &ns, &seen[number % WINDOW_MAX]));
}

static bool
is_same(double a, double b)
{
	return memcmp(&a, &b, sizeof(a)) == 0;
}

/* The walk gives exactly the samples first to last - 1 of all. */
static void
assert_window(const struct ring_cursor *c, const struct ring *r, const struct pool *pool,
    uint64_t first, uint64_t last)
{
	struct ring_iter it;
	int64_t ns, before = -1;
	double value;

	assert_true(ring_cursor_walk(c, r, pool, &it));
	for (; ring_iter_next(&it, &ns, &value); first++, before = ns)
		assert_true(is_same(value, seen[first % WINDOW_MAX]) && ns > before);
	assert_true(first == last);
}

static void
run_one(struct pool *pool, unsigned maker, unsigned gaps, uint32_t n, uint32_t capacity)
{
	struct ring_cursor c;
	struct ring r;
	int64_t ns = 0;
	double x = 0, value;
	uint64_t next = 0;

	ring_init(&r, capacity);
	ring_cursor_init(&c, &r, pool, n);
	for (int i = 0; i < 3000; i++, ns += gap_of(gaps)) {
		unsigned out = 0;

		assert_true(ring_append(&r, pool, ns, makers[maker](&x, i)));
		note_newest(&r, (uint64_t)i);
		if (roll() % 8 == 0 && r.len < capacity)
			continue; /* caught up with later */
		for (; ring_cursor_next(&c, &r, pool, &value) == RING_CURSOR_VALUE; out++)
			assert_true(is_same(value, seen[next++ % WINDOW_MAX]));
		assert_true(ring_cursor_next(&c, &r, pool, &value) == RING_CURSOR_NONE);
		assert_true(next == (i + 1 > (int)n ? (uint64_t)i + 1 - n : 0));
		if (roll() % 64 == 0)
			assert_window(&c, &r, pool, next, (uint64_t)i + 1);
		if (roll() % 256 == 0) /* set up anew, it stands where it stood */
			ring_cursor_init(&c, &r, pool, n);
	}
	ring_clear(&r, pool);
	assert_int_equal(pool->used, 0);
}

static void
test_what_leaves_the_window_comes_out(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	for (unsigned maker = 0; maker < MAKERS; maker++)
		for (unsigned gaps = 0; gaps < 5; gaps++) {
			uint32_t n = roll() % (roll() % 2 ? 20 : 700);

			run_one(&pool, maker, gaps, n, n + 1 + roll() % 300);
			run_one(&pool, maker, gaps, n, n + 1);
		}
	pool_done(&pool);
}

/* A pool far too small, cleared rings, lazy readers: right values or lost, never anything else. */
static void
test_right_or_lost(void **state)
{
	enum { RINGS = 4, BLOCKS = 14 };
	struct pool pool;
	struct ring rings[RINGS];
	struct ring_cursor cursors[RINGS];
	static double values[RINGS][65536];
	uint64_t count[RINGS] = {0}, next[RINGS] = {0};
	unsigned lost = 0, right = 0;
	double x = 0;

	(void)state;
	pool_init(&pool, BLOCKS * sizeof(struct pool_block));
	for (int i = 0; i < RINGS; i++) {
		ring_init(&rings[i], 300);
		ring_cursor_init(&cursors[i], &rings[i], &pool, 5 + roll() % 40);
	}
	for (int i = 0; i < 150000; i++) {
		unsigned k = roll() % RINGS;
		struct ring *r = &rings[k];
		enum ring_cursor_result result;
		int64_t ns;
		double value;

		if (roll() % 500 == 0)
			ring_clear(r, &pool);
		assert_true(ring_append(r, &pool, i * NS_PER_SEC, makers[i / 5000 % 10](&x, i)));
		assert_true(ring_newest(r, &ns, &values[k][count[k]++ % 65536]));
		if (roll() % 100 == 0)
			continue;
		while ((result = ring_cursor_next(&cursors[k], r, &pool, &value)) ==
		       RING_CURSOR_VALUE) {
			right++;
			assert_true(is_same(value, values[k][next[k]++ % 65536]));
		}
		if (result == RING_CURSOR_NONE)
			continue;
		lost++;
		assert_true(ring_cursor_next(&cursors[k], r, &pool, &value) == RING_CURSOR_LOST);
		ring_cursor_init(&cursors[k], r, &pool, cursors[k].n);
		next[k] = count[k] - (r->len < cursors[k].n ? r->len : cursors[k].n);
	}
	assert_true(right > 10000 && lost > 100);
	pool_done(&pool);
}

static void
test_a_cleared_ring_is_noticed(void **state)
{
	struct pool pool;
	struct ring r;
	struct ring_cursor c;
	struct ring_iter it;
	double value;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 100);
	ring_cursor_init(&c, &r, &pool, 3);
	ring_clear(&r, &pool); /* nothing is lost with an empty one */
	for (int i = 0; i < 3; i++)
		assert_true(ring_append(&r, &pool, i * NS_PER_SEC, i));
	assert_int_equal(ring_cursor_next(&c, &r, &pool, &value), RING_CURSOR_NONE);
	assert_true(ring_append(&r, &pool, 3 * NS_PER_SEC, 3));
	assert_int_equal(ring_cursor_next(&c, &r, &pool, &value), RING_CURSOR_VALUE);
	assert_true(value == 0);
	ring_clear(&r, &pool);
	assert_int_equal(ring_cursor_next(&c, &r, &pool, &value), RING_CURSOR_LOST);
	assert_false(ring_cursor_walk(&c, &r, &pool, &it));
	for (int i = 0; i < 50; i++)
		assert_true(ring_append(&r, &pool, i * NS_PER_SEC, i));
	assert_int_equal(ring_cursor_next(&c, &r, &pool, &value), RING_CURSOR_LOST);
	ring_cursor_init(&c, &r, &pool, 3);
	assert_true(ring_append(&r, &pool, 50 * NS_PER_SEC, 50));
	assert_int_equal(ring_cursor_next(&c, &r, &pool, &value), RING_CURSOR_VALUE);
	assert_true(value == 47);
	pool_done(&pool);
}

/*
 * Samples that take no byte: tail and cursor stand at the end of the same block, the head goes on
 * to the next one, and the tail follows before the cursor is asked again.
 */
static void
test_a_place_at_the_end_of_a_block(void **state)
{
	struct pool pool;
	struct ring r;
	struct ring_cursor c;
	double value;
	int out = 0;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 20);
	ring_cursor_init(&c, &r, &pool, 5);
	for (int i = 0; i < 700000; i++) {
		assert_true(ring_append(&r, &pool, i * NS_PER_SEC, 1.5));
		if (i % 10 != 0)
			continue;
		for (; ring_cursor_next(&c, &r, &pool, &value) == RING_CURSOR_VALUE; out++)
			assert_true(value == 1.5);
	}
	assert_int_equal(out, 700000 - 9 - 5);
	assert_true(pool.used <= 3);
	pool_done(&pool);
}

/* A sum that keeps what rounding takes (Neumaier's). */
struct sum {
	long double sum, lost;
};

static void
sum_add(struct sum *s, long double x)
{
	long double t = s->sum + x;

	s->lost += fabsl(s->sum) >= fabsl(x) ? s->sum - t + x : x - t + s->sum;
	s->sum = t;
}

/* Mean and variance over the last n values in two passes. */
static void
two_passes(const struct ring *r, const struct pool *pool, uint32_t n, long double *mean,
    long double *variance)
{
	static double last[WINDOW_MAX];
	struct ring_iter it;
	uint32_t count = 0, first = r->len - n;
	int64_t ns;
	double value;

	ring_iter_init(&it, r, pool, 0, INT64_MAX);
	for (; ring_iter_next(&it, &ns, &value); count++)
		if (count >= first)
			last[count - first] = value;
	assert_int_equal(count, first + n);
	*mean = *variance = 0;
	for (uint32_t i = 0; i < n; i++)
		*mean += last[i];
	*mean /= n;
	for (uint32_t i = 0; i < n; i++)
		*variance += (last[i] - *mean) * (last[i] - *mean);
	*variance /= n;
}

static void
run_moments(struct pool *pool, unsigned maker, uint32_t n)
{
	struct sum sum = {0, 0}, squares = {0, 0};
	struct ring_cursor c;
	struct ring r;
	double x = 0, value, base = 0;

	ring_init(&r, n + 1 + roll() % 100);
	ring_cursor_init(&c, &r, pool, n);
	for (int i = 0; i < 1000000; i++) {
		long double mean, variance, want_mean, want_variance;
		int64_t ns;

		assert_true(ring_append(&r, pool, i * NS_PER_SEC, makers[maker](&x, i)));
		assert_true(ring_newest(&r, &ns, &value));
		base = i == 0 ? value : base;
		sum_add(&sum, value - (long double)base);
		sum_add(&squares, (value - (long double)base) * (value - (long double)base));
		while (ring_cursor_next(&c, &r, pool, &value) == RING_CURSOR_VALUE) {
			long double d = value - (long double)base;

			sum_add(&sum, -d);
			sum_add(&squares, -d * d);
		}
		if (i < (int)n || (i + 1) % 50000 != 0)
			continue;
		mean = (sum.sum + sum.lost) / n;
		variance = (squares.sum + squares.lost) / n - mean * mean;
		mean += base;
		two_passes(&r, pool, n, &want_mean, &want_variance);
		if (!(fabsl(mean - want_mean) <= 1e-9L * fabsl(want_mean) + 1e-12L) ||
		    !(fabsl(variance - want_variance) <= 1e-9L * want_variance + 1e-12L))
			fail_msg("maker %u, sample %d: mean %.17Lg not %.17Lg, variance %.17Lg not "
			         "%.17Lg",
			    maker, i, mean, want_mean, variance, want_variance);
	}
	ring_clear(&r, pool);
}

static void
test_moments_stay_right_over_a_million(void **state)
{
	struct pool pool;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	for (unsigned maker = 0; maker < TAME_MAKERS; maker++)
		run_moments(&pool, maker, 2 + roll() % 1000);
	pool_done(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_leaves_the_window_comes_out),
	    cmocka_unit_test(test_right_or_lost),
	    cmocka_unit_test(test_a_cleared_ring_is_noticed),
	    cmocka_unit_test(test_a_place_at_the_end_of_a_block),
	    cmocka_unit_test(test_moments_stay_right_over_a_million),
	};
	const char *given = getenv("TEST_SEED");

	seed_now = given != NULL ? strtoull(given, NULL, 10) : clock_seed();
	printf("seed %llu (TEST_SEED)\n", (unsigned long long)seed_now);
	return cmocka_run_group_tests_name("ring_cursor", tests, NULL, NULL);
}
