/*
 * Records of rings that were cut, damaged or forged: they are refused, or do no harm.
 */
#include "tests/unit/ring_pair.h"

static void
test_a_cut_record_is_refused(void **state)
{
	struct pair p;
	size_t len;

	(void)state;
	pair_init(&p, 100);
	grow(&p.r, &p.pool, 0, 2, 0, 300);
	len = save_it(&p);
	for (size_t cut = 0; cut < len; cut++) {
		uint8_t length[4];

		assert_false(load_it(&p, cut));
		if (cut < 4)
			continue;
		/* The same with a length that says so. */
		memcpy(length, record, sizeof(length));
		for (unsigned i = 0; i < 4; i++)
			record[i] = (uint8_t)((cut - 4) >> (8 * i));
		assert_false(load_it(&p, cut));
		memcpy(record, length, sizeof(length));
	}
	assert_true(load_it(&p, len));
	pair_done(&p);
}

static void
test_another_version_is_refused_and_passed(void **state)
{
	struct bytes_in in;
	struct pair p;
	size_t len;

	(void)state;
	pair_init(&p, 100);
	grow(&p.r, &p.pool, 0, 3, 0, 300);
	len = save_it(&p);
	memcpy(record + len, record, len);
	for (size_t at = 4; at < 6; at++) {
		record[at]++;
		bytes_in_init(&in, record, 2 * len);
		assert_false(ring_load(&p.to, &p.other, &in));
		assert_true(!in.bad && in.at == record + len);
		assert_true(ring_load(&p.to, &p.other, &in)); /* the next one is not lost */
		assert_same(&p.r, &p.pool, &p.to, &p.other);
		ring_clear(&p.to, &p.other);
		record[at]--;
	}
	pair_done(&p);
}

/*
 * Any bit changed. What is taken all the same (a counter that no later sample depended on) has
 * growing times and finite values, and can be appended to and dropped from to its end.
 */
static void
run_damage(struct pair *p, size_t len, size_t bit)
{
	struct ring *to = &p->to;
	struct pool *pool = &p->other;
	struct ring_iter it;
	int64_t ns, last = -1;
	double value;
	uint32_t n = 0;

	record[bit / 8] ^= (uint8_t)(1 << bit % 8);
	if (load_it(p, len)) {
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
	struct pair p;

	(void)state;
	pair_init(&p, 200);
	for (unsigned maker = 0; maker < MAKERS; maker++) {
		size_t len;

		ring_init(&p.r, 200);
		grow(&p.r, &p.pool, 0, maker, maker % 3, 330);
		len = save_it(&p);
		for (size_t bit = 0; bit < 8 * len; bit++)
			run_damage(&p, len, bit);
		ring_clear(&p.r, &p.pool);
	}
	pair_done(&p);
}

/* A sample changed in the stream, its sum with the rest unchanged: nobody but the replay sees it.
 */
static void
test_a_changed_stream_is_refused(void **state)
{
	struct pair p;
	size_t len;

	(void)state;
	pair_init(&p, 200);
	grow(&p.r, &p.pool, 0, 2, 0, 330);
	len = save_it(&p);
	for (size_t at = 4 + HEADER_BYTES; at < len; at++) {
		uint8_t old = record[at];

		record[at] = (uint8_t)(old + 1 + roll() % 255);
		assert_false(load_it(&p, len));
		record[at] = old;
	}
	pair_done(&p);
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
	struct pair p;

	(void)state;
	pair_init(&p, 1000);
	for (unsigned i = 0; i < 2000; i++) {
		size_t len;

		ring_init(&p.r, 300);
		grow(&p.r, &p.pool, 0, i % MAKERS, i % 3, 100);
		len = forge(&p.r.codec);
		long_ones += len > 4 + HEADER_BYTES + 20;
		if (len > 0 && !load_it(&p, len))
			refused += len > 4 + HEADER_BYTES + 20;
		pair_clear(&p);
	}
	if (long_ones < 200 || refused < long_ones / 2)
		fail_msg("%u of %u refused", refused, long_ones);
	pair_done(&p);
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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_cut_record_is_refused),
	    cmocka_unit_test(test_another_version_is_refused_and_passed),
	    cmocka_unit_test(test_damage_does_no_harm),
	    cmocka_unit_test(test_a_changed_stream_is_refused),
	    cmocka_unit_test(test_what_no_encoder_writes_is_refused),
	    cmocka_unit_test(test_codes_in_bounds),
	};

	return run_ring_tests("ring_damaged", tests, sizeof(tests) / sizeof(tests[0]));
}
