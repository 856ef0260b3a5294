/*
 * The store's codec as bytes: what it writes for a version stays what it is, and of a state that is
 * read each field lies in its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "src/store/codec_bytes.c"

#include "base/str.h"

static bool
is_taken(const struct codec *c)
{
	uint8_t *bytes = malloc(CODEC_SAVED_BYTES);
	struct bytes_out out;
	struct bytes_in in;
	struct codec got;
	bool ok;

	assert_non_null(bytes);
	bytes_out_init(&out, bytes, CODEC_SAVED_BYTES);
	codec_put(c, &out);
	assert_int_equal(out.len, CODEC_SAVED_BYTES);
	bytes_in_init(&in, bytes, out.len);
	ok = codec_get(&got, &in);
	if (ok)
		assert_true(codec_equal(c, &got));
	for (size_t cut = 0; cut < CODEC_SAVED_BYTES; cut += 23) {
		bytes_in_init(&in, bytes, cut);
		assert_false(codec_get(&got, &in));
	}
	free(bytes);
	return ok;
}

/* A fresh codec with one field changed. */
static struct codec changed;
#define TAKES(field, value) (codec_init(&changed), changed.field = (value), is_taken(&changed))

static void
test_times(void **state)
{
	const uint32_t most = CODEC_STEP_MAX + STEP_SLACK;

	(void)state;
	assert_true(TAKES(tick, -1) && TAKES(tick, TICK_MAX));
	assert_false(TAKES(tick, -2) || TAKES(tick, TICK_MAX + 1) || TAKES(tick, INT64_MIN));
	assert_true(TAKES(step, most) && TAKES(ahead, most) && TAKES(odd_step, most));
	assert_false(TAKES(step, most + 1) || TAKES(ahead, most + 1));
	assert_false(TAKES(odd_step, most + 1));
	assert_true(TAKES(drift, 7) && TAKES(drift, -7) && TAKES(off, 4) && TAKES(off, -4));
	assert_false(TAKES(drift, 8) || TAKES(drift, -8) || TAKES(off, 5) || TAKES(off, -5));
}

static void
test_codes(void **state)
{
	const int32_t most = QUANTISE_CODE_MAX, difference = DIFFERENCE_MAX;

	(void)state;
	assert_true(TAKES(unit, QUANTISE_COUNT - 1));
	assert_false(TAKES(unit, QUANTISE_COUNT));
	for (unsigned i = 0; i < CODEC_RECENT; i++) {
		assert_true(TAKES(recent[i], 1000));
		assert_false(TAKES(recent[i], INT32_MAX) || TAKES(recent[i], INT32_MIN));
	}
	assert_true(TAKES(last, most) && TAKES(last, -most));
	assert_false(TAKES(last, most + 1) || TAKES(last, -most - 1));
	assert_true(TAKES(mean, 256 * most) && TAKES(mean, -256 * most));
	assert_false(TAKES(mean, 256 * most + 1) || TAKES(mean, -256 * most - 1));
	assert_true(TAKES(lean, 16 * difference) && TAKES(lean, -16 * difference));
	assert_false(TAKES(lean, 16 * difference + 1) || TAKES(lean, -16 * difference - 1));
	assert_true(TAKES(spread, 16u * DIFFERENCE_MAX) && TAKES(spread, 0));
	assert_false(TAKES(spread, 16u * DIFFERENCE_MAX + 1));
	assert_true(TAKES(history, 255));
}

static void
test_probabilities(void **state)
{
	(void)state;
	for (size_t i = 0; i < PROBS; i++) {
		static const struct {
			unsigned prob;
			bool taken;
		} cases[] = {
		    {0, false}, {7, false}, {8, true}, {4087, true}, {4088, false}, {4095, false}};

		for (size_t k = 0; k < sizeof(cases) / sizeof(cases[0]); k++) {
			struct codec c;
			uint16_t value = RC_PROB(cases[k].prob, 15);

			codec_init(&c);
			memcpy((char *)&c.probs + i * sizeof(value), &value, sizeof(value));
			assert_int_equal(is_taken(&c), cases[k].taken);
		}
	}
}

/* Between two symbols of a range coder: no carry can come, no byte waits. */
static void
test_range(void **state)
{
	static const struct {
		struct rc rc;
		bool taken;
	} cases[] = {
	    {{0, UINT32_MAX}, true},
	    {{0xff000000u, 1u << 24}, true},
	    {{0xff000001u, 1u << 24}, false},
	    {{0x00ffffffu, RC_BOTTOM}, true},
	    {{0x00ffffffu, RC_BOTTOM - 1}, false},
	    {{0x01000000u, RC_TOP}, true},
	    {{0x01000000u, RC_TOP - 1}, false},
	    {{0, 0}, false},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
		assert_int_equal(TAKES(rc, cases[i].rc), cases[i].taken);
}

/* Codes and ticks of many natures, always the same ones. */
static struct codec_sample
next_sample(uint64_t *dice, const struct codec_sample *last, int i)
{
	struct codec_sample s = *last;
	uint32_t roll;

	*dice = *dice * 6364136223846793005ULL + 1442695040888963407ULL;
	roll = (uint32_t)(*dice >> 33);
	s.tick += 100;
	if (roll % 16 == 0)
		s.tick += (int64_t)(roll >> 8) % 9 - 4;
	if (roll % 61 == 0)
		s.tick += 100 * (roll >> 20);
	if (roll % 211 == 0)
		s.tick += roll >> 6;
	if (i % 1000 == 999)
		s.unit = s.unit == 0 ? 2 : 0;
	if (i % 1000 < 300)
		s.code = (int32_t)(roll >> 8 & 3) * 10;
	else if (i % 1000 < 600)
		s.code += (int32_t)(roll >> 8 & 63) - 31;
	else if (i % 1000 < 900)
		s.code = (int32_t)(roll >> 8) % 900 - 450;
	else if (roll % 7 == 0)
		s.code = QUANTISE_RAW | 0x3ff << 9 | (int32_t)(roll >> 8 & 511);
	else
		s.code = 0;
	return s;
}

/*
 * Rings that an older program has saved are read by this one: so long as CODEC_VERSION is the same,
 * so is each byte. Whoever changes the format raises the version, and then this sum.
 */
static void
test_the_format_of_a_version(void **state)
{
	struct codec_sample s = {.tick = 50};
	uint64_t dice = 1, sum = STR_HASH_SEED;
	uint8_t bytes[CODEC_BYTES_MAX], saved[CODEC_SAVED_BYTES];
	struct bytes_out out;
	struct codec c;
	size_t len = 0;

	(void)state;
	assert_int_equal(CODEC_VERSION, 1);
	codec_init(&c);
	for (int i = 0; i < 5000; i++) {
		size_t n = codec_encode(&c, &s, bytes);

		sum = str_hash(sum, bytes, n);
		len += n;
		s = next_sample(&dice, &s, i);
		if (i % 50 == 0) {
			bytes_out_init(&out, saved, sizeof(saved));
			codec_put(&c, &out);
			sum = str_hash(sum, saved, sizeof(saved));
		}
	}
	if (len != 5230 || sum != 0x9ad969b181271f4a)
		fail_msg("%zu bytes, sum %llx", len, (unsigned long long)sum);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_times),
	    cmocka_unit_test(test_codes),
	    cmocka_unit_test(test_probabilities),
	    cmocka_unit_test(test_range),
	    cmocka_unit_test(test_the_format_of_a_version),
	};

	return cmocka_run_group_tests_name("codec_bytes", tests, NULL, NULL);
}
