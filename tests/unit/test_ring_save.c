/*
 * Rings through a file: what was saved comes back and goes on as if nothing had happened, into
 * rings of any capacity and pools of any room.
 */
#include "tests/unit/ring_pair.h"

static uint8_t again[RECORD_MAX];

static void
run_one(unsigned maker, unsigned gaps)
{
	struct pair p;
	int64_t ns;
	double x = 0;
	size_t len;

	pair_init(&p, 1 + roll() % (roll() % 2 ? 20 : 900));
	ns = grow(&p.r, &p.pool, 0, maker, gaps, 1 + (int)(roll() % 1500));
	len = save_it(&p);
	assert_true(load_it(&p, len));
	assert_int_equal(p.r.len, p.to.len);
	assert_same(&p.r, &p.pool, &p.to, &p.other);
	for (int i = 0; i < 1000; i++, ns += gap_of(gaps)) {
		double value = makers[maker](&x, i);

		assert_true(ring_append(&p.r, &p.pool, ns, value));
		assert_true(ring_append(&p.to, &p.other, ns, value));
	}
	assert_same(&p.r, &p.pool, &p.to, &p.other);
	len = save_it(&p);
	assert_int_equal(save(&p.to, &p.other, again), len);
	assert_memory_equal(record, again, len);
	pair_clear(&p);
	pair_done(&p);
}

static void
test_a_loaded_ring_goes_on_as_before(void **state)
{
	(void)state;
	for (unsigned maker = 0; maker < MAKERS; maker++)
		for (unsigned gaps = 0; gaps < 5; gaps++)
			run_one(maker, gaps);
}

static void
test_another_capacity(void **state)
{
	struct pair p;
	int64_t ns;
	size_t len;

	(void)state;
	pair_init(&p, 500);
	ns = grow(&p.r, &p.pool, 0, 1, 0, 800);
	len = save_it(&p);
	for (uint32_t capacity = 1; capacity < 1500; capacity += 1 + roll() % 100) {
		ring_init(&p.to, capacity);
		assert_true(load_it(&p, len));
		assert_int_equal(p.to.len, capacity < 500 ? capacity : 500);
		assert_same(&p.r, &p.pool, &p.to, &p.other);
		grow(&p.to, &p.other, ns, 5, 1, 1000);
		assert_int_equal(p.to.len, capacity < 1500 ? capacity : 1500);
		ring_clear(&p.to, &p.other);
	}
	pair_done(&p);
}

/* As many of the newest samples as there are blocks for; the ring then lives on in that room. */
static void
test_a_pool_with_little_room(void **state)
{
	struct pool a, b;
	struct ring from, to;
	uint32_t before = 0;
	int64_t ns;
	size_t len;

	(void)state;
	pool_init(&a, POOL_BYTES);
	ring_init(&from, 500);
	ns = grow(&from, &a, 0, 2, 1, 800);
	len = save(&from, &a, record);
	for (uint32_t blocks = 0; blocks < 12; blocks++) {
		pool_init(&b, blocks * sizeof(struct pool_block));
		ring_init(&to, 500);
		if (blocks < 2) {
			assert_false(load(&to, &b, record, len));
		} else {
			assert_true(load(&to, &b, record, len));
			assert_true(to.len > before || to.len == 500);
			before = to.len;
			assert_same(&from, &a, &to, &b);
			grow(&to, &b, ns, 2, 1, 1000);
		}
		pool_done(&b);
	}
	assert_int_equal(before, 500);
	pool_done(&a);
}

static void
test_what_does_not_fit_is_not_written(void **state)
{
	struct bytes_out out;
	struct pool pool;
	struct ring r;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 100);
	bytes_out_init(&out, record, sizeof(record));
	assert_false(ring_save(&r, &pool, &out));
	assert_true(out.len == 0 && !out.full && ring_saved_bytes(&r) == 0);
	grow(&r, &pool, 0, 2, 0, 100);
	bytes_out_init(&out, record, ring_saved_bytes(&r) - 1);
	assert_false(ring_save(&r, &pool, &out));
	assert_true(out.len == 0 && out.full);
	bytes_out_init(&out, record, ring_saved_bytes(&r));
	assert_true(ring_save(&r, &pool, &out));
	pool_done(&pool);
}

/* A loaded ring takes the blocks that it took before: none for a codec that has dropped nothing. */
static void
test_blocks(void **state)
{
	struct pair p;

	(void)state;
	pair_init(&p, 300);
	for (int count = 1; count < 700; count += 37) {
		ring_init(&p.r, 300);
		ring_init(&p.to, 300);
		grow(&p.r, &p.pool, 0, 2, 0, count);
		assert_true(load_it(&p, save_it(&p)));
		assert_int_equal(p.to.state == POOL_NONE, p.r.dropped == 0);
		assert_int_equal(
		    ring_bytes(&p.to), sizeof(p.to) + p.other.used * sizeof(struct pool_block));
		assert_true(ring_bytes(&p.to) <= ring_bytes(&p.r));
		pair_clear(&p);
	}
	pair_done(&p);
}

/* The last samples of a steady series took no byte: they need a block all the same, and one for the
 * codec. */
static void
test_a_stream_of_no_bytes(void **state)
{
	struct pair p;
	size_t len;

	(void)state;
	pair_init(&p, 3);
	for (int i = 0; i < 1000; i++)
		assert_true(ring_append(&p.r, &p.pool, i * NS_PER_SEC, 7));
	len = save_it(&p);
	assert_int_equal(len, 4 + HEADER_BYTES);
	pool_done(&p.other);
	for (size_t blocks = 0; blocks < 4; blocks++) {
		pool_init(&p.other, blocks * sizeof(struct pool_block));
		ring_init(&p.to, 3);
		assert_int_equal(load_it(&p, len), blocks >= 2);
		if (blocks >= 2)
			assert_same(&p.r, &p.pool, &p.to, &p.other);
		pool_done(&p.other);
	}
	pool_init(&p.other, POOL_BYTES);
	pair_done(&p);
}

/* The latest sample that a ring takes can be saved as well. */
static void
test_the_end_of_time(void **state)
{
	struct pair p;
	int64_t ns = 0;
	double value = 0;

	(void)state;
	pair_init(&p, 10);
	assert_true(ring_append(&p.r, &p.pool, RING_TICK_MAX * RING_TICK_NS, 3));
	assert_true(load_it(&p, save_it(&p)));
	assert_true(ring_newest(&p.to, &ns, &value));
	assert_true(ns == RING_TICK_MAX * RING_TICK_NS && value == 3);
	pair_done(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_loaded_ring_goes_on_as_before),
	    cmocka_unit_test(test_another_capacity),
	    cmocka_unit_test(test_a_pool_with_little_room),
	    cmocka_unit_test(test_what_does_not_fit_is_not_written),
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_a_stream_of_no_bytes),
	    cmocka_unit_test(test_the_end_of_time),
	};

	return run_ring_tests("ring_save", tests, sizeof(tests) / sizeof(tests[0]));
}
