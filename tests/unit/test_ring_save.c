/*
 * Rings through a file: what was saved comes back and goes on as if nothing had happened, into
 * rings of any capacity and pools of any room; whatever was damaged is refused or does no harm.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/store/ring_save.c"

#include "base/clock.h"
#include "ring_makers.h"

#define POOL_BYTES (1u << 20)
#define RECORD_MAX 65536
#define MAKERS (sizeof(makers) / sizeof(makers[0]))

static uint8_t record[RECORD_MAX], again[RECORD_MAX];

static size_t
save(const struct ring *r, const struct pool *pool, uint8_t bytes[RECORD_MAX])
{
	struct bytes_out out;

	bytes_out_init(&out, bytes, RECORD_MAX);
	assert_true(ring_save(r, pool, &out) && !out.full);
	assert_true(out.len == ring_saved_bytes(r));
	return out.len;
}

static bool
load(struct ring *r, struct pool *pool, const uint8_t *bytes, size_t len)
{
	struct bytes_in in;
	bool ok;

	bytes_in_init(&in, bytes, len);
	ok = ring_load(r, pool, &in);
	if (ok)
		assert_true(!in.bad && in.at == in.end);
	else
		assert_true(r->len == 0 && r->blocks == 0 && pool->used == 0);
	return ok;
}

/* Both give the same samples, to the bit; a may have older ones as well. */
static void
assert_same(
    const struct ring *a, const struct pool *pa, const struct ring *b, const struct pool *pb)
{
	struct ring_iter x, y;
	int64_t ns[2];
	double value[2];

	assert_true(a->len >= b->len && b->len > 0);
	ring_iter_init(&x, a, pa, 0, INT64_MAX);
	ring_iter_init(&y, b, pb, 0, INT64_MAX);
	for (uint32_t i = b->len; i < a->len; i++)
		assert_true(ring_iter_next(&x, &ns[0], &value[0]));
	while (ring_iter_next(&x, &ns[0], &value[0])) {
		assert_true(ring_iter_next(&y, &ns[1], &value[1]));
		assert_true(ns[0] == ns[1]);
		assert_memory_equal(&value[0], &value[1], sizeof(double));
	}
	assert_false(ring_iter_next(&y, &ns[1], &value[1]));
	assert_true(ring_newest(b, &ns[1], &value[1]) && ns[0] == ns[1]);
	assert_memory_equal(&value[0], &value[1], sizeof(double));
}

static int64_t
grow(struct ring *r, struct pool *pool, int64_t ns, unsigned maker, unsigned gaps, int count)
{
	double x = 0;

	for (int i = 0; i < count; i++, ns += gap_of(gaps))
		assert_true(ring_append(r, pool, ns, makers[maker](&x, i)));
	return ns;
}

static void
run_one(struct pool *pa, struct pool *pb, unsigned maker, unsigned gaps)
{
	uint32_t capacity = 1 + roll() % (roll() % 2 ? 20 : 900);
	struct ring a, b;
	int64_t ns;
	double x = 0;
	size_t len;

	ring_init(&a, capacity);
	ring_init(&b, capacity);
	ns = grow(&a, pa, 0, maker, gaps, 1 + (int)(roll() % 1500));
	len = save(&a, pa, record);
	assert_true(load(&b, pb, record, len));
	assert_int_equal(a.len, b.len);
	assert_same(&a, pa, &b, pb);
	for (int i = 0; i < 1000; i++, ns += gap_of(gaps)) {
		double value = makers[maker](&x, i);

		assert_true(ring_append(&a, pa, ns, value) && ring_append(&b, pb, ns, value));
	}
	assert_same(&a, pa, &b, pb);
	assert_int_equal(save(&a, pa, record), save(&b, pb, again));
	assert_memory_equal(record, again, save(&a, pa, record));
	ring_clear(&a, pa);
	ring_clear(&b, pb);
	assert_true(pa->used == 0 && pb->used == 0);
}

static void
test_a_loaded_ring_goes_on_as_before(void **state)
{
	struct pool a, b;

	(void)state;
	pool_init(&a, POOL_BYTES);
	pool_init(&b, POOL_BYTES);
	for (unsigned maker = 0; maker < MAKERS; maker++)
		for (unsigned gaps = 0; gaps < 5; gaps++)
			run_one(&a, &b, maker, gaps);
	pool_done(&a);
	pool_done(&b);
}

static void
test_another_capacity(void **state)
{
	struct pool a, b;
	struct ring from, to;
	int64_t ns;
	size_t len;

	(void)state;
	pool_init(&a, POOL_BYTES);
	pool_init(&b, POOL_BYTES);
	ring_init(&from, 500);
	ns = grow(&from, &a, 0, 1, 0, 800);
	len = save(&from, &a, record);
	for (uint32_t capacity = 1; capacity < 1500; capacity += 1 + roll() % 100) {
		ring_init(&to, capacity);
		assert_true(load(&to, &b, record, len));
		assert_int_equal(to.len, capacity < 500 ? capacity : 500);
		assert_same(&from, &a, &to, &b);
		grow(&to, &b, ns, 5, 1, 1000);
		assert_int_equal(to.len, capacity < 1500 ? capacity : 1500);
		ring_clear(&to, &b);
	}
	pool_done(&a);
	pool_done(&b);
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

static void
test_a_cut_record_is_refused(void **state)
{
	struct pool pool, other;
	struct ring r, to;
	size_t len;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	pool_init(&other, POOL_BYTES);
	ring_init(&r, 100);
	ring_init(&to, 100);
	grow(&r, &pool, 0, 2, 0, 300);
	len = save(&r, &pool, record);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t length[4];

		assert_false(load(&to, &other, record, cut));
		if (cut < 4)
			continue;
		/* The same with a length that says so. */
		memcpy(length, record, sizeof(length));
		for (unsigned i = 0; i < 4; i++)
			record[i] = (uint8_t)((cut - 4) >> (8 * i));
		assert_false(load(&to, &other, record, cut));
		memcpy(record, length, sizeof(length));
	}
	assert_true(load(&to, &other, record, len));
	pool_done(&pool);
	pool_done(&other);
}

static void
test_another_version_is_refused_and_passed(void **state)
{
	struct bytes_in in;
	struct pool pool, other;
	struct ring r, to;
	size_t len;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	pool_init(&other, POOL_BYTES);
	ring_init(&r, 100);
	ring_init(&to, 100);
	grow(&r, &pool, 0, 3, 0, 300);
	len = save(&r, &pool, record);
	memcpy(record + len, record, len);
	for (size_t at = 4; at < 6; at++) {
		record[at]++;
		bytes_in_init(&in, record, 2 * len);
		assert_false(ring_load(&to, &other, &in));
		assert_true(!in.bad && in.at == record + len);
		assert_true(ring_load(&to, &other, &in)); /* the next one is not lost */
		assert_same(&r, &pool, &to, &other);
		ring_clear(&to, &other);
		record[at]--;
	}
	pool_done(&pool);
	pool_done(&other);
}

/*
 * Any bit changed. What is taken all the same (a counter that no later sample depended on) has
 * growing times and finite values, and can be appended to and dropped from to its end.
 */
static void
run_damage(struct pool *pool, struct ring *to, size_t len, size_t bit)
{
	struct ring_iter it;
	int64_t ns, last = -1;
	double value;
	uint32_t n = 0;

	record[bit / 8] ^= (uint8_t)(1 << bit % 8);
	if (load(to, pool, record, len)) {
		ring_iter_init(&it, to, pool, 0, INT64_MAX);
		for (; ring_iter_next(&it, &ns, &value); last = ns, n++)
			assert_true(ns > last && isfinite(value));
		assert_int_equal(n, to->len);
		assert_true(ring_newest(to, &ns, &value) && ns == last);
		grow(to, pool, last + NS_PER_SEC, (unsigned)(bit % MAKERS), 1, 250);
		assert_int_equal(to->len, 200);
		ring_clear(to, pool);
		assert_int_equal(pool->used, 0);
	}
	record[bit / 8] ^= (uint8_t)(1 << bit % 8);
}

static void
test_damage_does_no_harm(void **state)
{
	struct pool pool, other;
	struct ring r, to;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	pool_init(&other, POOL_BYTES);
	ring_init(&to, 200);
	for (unsigned maker = 0; maker < MAKERS; maker++) {
		size_t len;

		ring_init(&r, 200);
		grow(&r, &pool, 0, maker, maker % 3, 330);
		len = save(&r, &pool, record);
		for (size_t bit = 0; bit < 8 * len; bit++)
			run_damage(&other, &to, len, bit);
		ring_clear(&r, &pool);
	}
	pool_done(&pool);
	pool_done(&other);
}

/* A sample changed in the stream, its sum with the rest unchanged: nobody but the replay sees it.
 */
static void
test_a_changed_stream_is_refused(void **state)
{
	struct pool pool, other;
	struct ring r, to;
	size_t len;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	pool_init(&other, POOL_BYTES);
	ring_init(&r, 200);
	ring_init(&to, 200);
	grow(&r, &pool, 0, 2, 0, 330);
	len = save(&r, &pool, record);
	for (size_t at = 4 + HEADER_BYTES; at < len; at++) {
		uint8_t old = record[at];

		record[at] = (uint8_t)(old + 1 + roll() % 255);
		assert_false(load(&to, &other, record, len));
		record[at] = old;
	}
	pool_done(&pool);
	pool_done(&other);
}

static uint8_t
read_zero(struct rc_source *src)
{
	(void)src;
	return 0;
}

/*
 * A record of random bytes whose head is where decoding them leads: of the sound samples before the
 * first that is not. Returns its length; 0 when there are none.
 */
static size_t
forge(const struct codec *tail)
{
	uint8_t stream[200];
	struct rc_source src = {stream, stream + sizeof(stream), read_zero};
	struct record rec = {.tail = *tail, .head = *tail};
	struct codec c = *tail;
	struct bytes_out out;
	size_t at = 0;
	uint32_t window;

	for (size_t i = 0; i < sizeof(stream); i++)
		stream[i] = (uint8_t)roll();
	window = codec_open(&src);
	for (;;) {
		struct codec_sample s;
		int64_t before = c.tick;

		at += codec_decode(&c, &window, &src, &s);
		if (at > sizeof(stream) || s.tick <= before || s.tick > RING_TICK_MAX ||
		    !quantise_is_code(s.code, s.unit))
			break;
		rec.head = c;
		rec.stream_len = at;
		rec.len++;
	}
	bytes_out_init(&out, record, sizeof(record));
	bytes_put_u32(&out, (uint32_t)(HEADER_BYTES + rec.stream_len));
	bytes_put_u8(&out, RING_SAVE_VERSION);
	bytes_put_u8(&out, CODEC_VERSION);
	bytes_put_u32(&out, rec.len);
	bytes_put_u64(&out, 0);
	codec_put(&rec.tail, &out);
	codec_put(&rec.head, &out);
	bytes_put(&out, stream, rec.stream_len);
	return rec.len > 0 ? out.len : 0;
}

/* Decoding alone would be content with these; an encoder would have put most of them otherwise. */
static void
test_what_no_encoder_writes_is_refused(void **state)
{
	unsigned refused = 0, long_ones = 0;
	struct pool pool, other;
	struct ring r, to;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	pool_init(&other, POOL_BYTES);
	ring_init(&to, 1000);
	for (unsigned i = 0; i < 2000; i++) {
		size_t len;

		ring_init(&r, 300);
		grow(&r, &pool, 0, i % MAKERS, i % 3, 100);
		len = forge(&r.codec);
		long_ones += len > 4 + HEADER_BYTES + 20;
		if (len > 0 && !load(&to, &other, record, len))
			refused += len > 4 + HEADER_BYTES + 20;
		ring_clear(&to, &other);
		ring_clear(&r, &pool);
	}
	if (long_ones < 200 || refused < long_ones / 2)
		fail_msg("%u of %u refused", refused, long_ones);
	pool_done(&pool);
	pool_done(&other);
}

static void
test_codes_in_bounds(void **state)
{
	(void)state;
	for (unsigned unit = 0; unit < QUANTISE_COUNT; unit++) {
		int32_t max = quantise_code(QUANTISE_MAX, unit);

		assert_true(max < QUANTISE_CODE_MAX);
		assert_true(quantise_is_code(max, unit) && quantise_is_code(-max, unit));
		assert_false(quantise_is_code(max + 1, unit) || quantise_is_code(-max - 1, unit));
		assert_false(quantise_is_code(INT32_MIN, unit));
		assert_false(quantise_is_code(INT32_MAX, unit));
		assert_true(isfinite(quantise_value(max, unit)));
		assert_true(quantise_is_code(quantise_raw_code(QUANTISE_MAX), unit));
		assert_true(quantise_is_code(quantise_raw_code(-2.3e-308), unit));
		assert_false(quantise_is_code(quantise_raw_code(INFINITY), unit));
		assert_false(quantise_is_code(quantise_raw_code(NAN), unit));
	}
}

/* A loaded ring takes the blocks that it took before: none for a codec that has dropped nothing. */
static void
test_blocks(void **state)
{
	struct pool pool, other;
	struct ring r, to;
	size_t len;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	pool_init(&other, POOL_BYTES);
	for (int count = 1; count < 700; count += 37) {
		ring_init(&r, 300);
		ring_init(&to, 300);
		grow(&r, &pool, 0, 2, 0, count);
		len = save(&r, &pool, record);
		assert_true(load(&to, &other, record, len));
		assert_int_equal(to.state == POOL_NONE, r.dropped == 0);
		assert_int_equal(
		    ring_bytes(&to), sizeof(to) + other.used * sizeof(struct pool_block));
		assert_true(ring_bytes(&to) <= ring_bytes(&r));
		ring_clear(&r, &pool);
		ring_clear(&to, &other);
		assert_int_equal(other.used, 0);
	}
	pool_done(&pool);
	pool_done(&other);
}

/* Samples that took no byte yet need a block all the same, and one for the codec. */
static void
test_a_stream_of_no_bytes(void **state)
{
	struct pool pool, other;
	struct ring r, to;
	size_t len;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 10);
	assert_true(ring_append(&r, &pool, RING_TICK_MAX * RING_TICK_NS, 0));
	ring_clear(&r, &pool);
	for (int i = 0; i < 2; i++)
		assert_true(ring_append(&r, &pool, i * NS_PER_SEC, 0));
	len = save(&r, &pool, record);
	for (size_t blocks = 0; blocks < 4; blocks++) {
		pool_init(&other, blocks * sizeof(struct pool_block));
		ring_init(&to, 10);
		assert_int_equal(load(&to, &other, record, len), blocks >= 2);
		pool_done(&other);
	}
	pool_done(&pool);
}

/* The latest sample that a ring takes can be saved as well. */
static void
test_the_end_of_time(void **state)
{
	struct pool pool;
	struct ring r, to;
	int64_t ns = 0;
	double value = 0;
	size_t len;

	(void)state;
	pool_init(&pool, POOL_BYTES);
	ring_init(&r, 10);
	ring_init(&to, 10);
	assert_true(ring_append(&r, &pool, RING_TICK_MAX * RING_TICK_NS, 3));
	len = save(&r, &pool, record);
	ring_clear(&r, &pool);
	assert_true(load(&to, &pool, record, len));
	assert_true(ring_newest(&to, &ns, &value));
	assert_true(ns == RING_TICK_MAX * RING_TICK_NS && value == 3);
	pool_done(&pool);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_loaded_ring_goes_on_as_before),
	    cmocka_unit_test(test_another_capacity),
	    cmocka_unit_test(test_a_pool_with_little_room),
	    cmocka_unit_test(test_what_does_not_fit_is_not_written),
	    cmocka_unit_test(test_a_cut_record_is_refused),
	    cmocka_unit_test(test_another_version_is_refused_and_passed),
	    cmocka_unit_test(test_damage_does_no_harm),
	    cmocka_unit_test(test_a_changed_stream_is_refused),
	    cmocka_unit_test(test_what_no_encoder_writes_is_refused),
	    cmocka_unit_test(test_codes_in_bounds),
	    cmocka_unit_test(test_blocks),
	    cmocka_unit_test(test_a_stream_of_no_bytes),
	    cmocka_unit_test(test_the_end_of_time),
	};
	const char *given = getenv("TEST_SEED");

	seed_now = given != NULL ? strtoull(given, NULL, 10) : clock_seed();
	printf("seed %llu (TEST_SEED)\n", (unsigned long long)seed_now);
	return cmocka_run_group_tests_name("ring_save", tests, NULL, NULL);
}
