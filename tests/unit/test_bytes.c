/*
 * Binary records: what was written is read again, and neither a short buffer nor bytes that lie
 * about their lengths make either side leave its memory.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "src/base/bytes.c"

#include <float.h>
#include <math.h>

#define RECORD_BYTES (1 + 2 + 4 + 8 + 8 + 8 + 2 + 5 + 4 + 3)

static void
put_record(struct bytes_out *out)
{
	bytes_put_u8(out, 0xab);
	bytes_put_u16(out, 0x1234);
	bytes_put_u32(out, 0xdeadbeef);
	bytes_put_u64(out, 0x0123456789abcdefULL);
	bytes_put_i64(out, INT64_MIN);
	bytes_put_f64(out, -DBL_MIN);
	bytes_put_text(out, "hello");
	bytes_put_raw(out, "\0\1\2", 3);
}

static void
test_a_record_comes_back(void **state)
{
	uint8_t storage[RECORD_BYTES];
	struct bytes_out out;
	struct bytes_in in;
	char text[6];
	const uint8_t *raw;
	size_t len;

	(void)state;
	bytes_out_init(&out, storage, sizeof(storage));
	put_record(&out);
	assert_true(out.len == RECORD_BYTES && !out.full);
	bytes_in_init(&in, storage, out.len);
	assert_int_equal(bytes_get_u8(&in), 0xab);
	assert_int_equal(bytes_get_u16(&in), 0x1234);
	assert_int_equal(bytes_get_u32(&in), 0xdeadbeef);
	assert_true(bytes_get_u64(&in) == 0x0123456789abcdefULL);
	assert_true(bytes_get_i64(&in) == INT64_MIN);
	assert_true(bytes_get_f64(&in) == -DBL_MIN);
	bytes_get_string(&in, text, sizeof(text));
	assert_string_equal(text, "hello");
	raw = bytes_get_raw(&in, &len);
	assert_true(len == 3 && memcmp(raw, "\0\1\2", 3) == 0);
	assert_true(!in.bad && in.at == in.end);
}

static void
test_the_order_of_bytes_is_fixed(void **state)
{
	static const uint8_t want[] = {
	    0x34, 0x12, 4, 3, 2, 1, 0, 0, 0, 0, 0, 0, 0xf8, 0x3f, 1, 0, 'x', 1, 0, 0, 0, 'y'};
	uint8_t storage[sizeof(want)];
	struct bytes_out out;

	(void)state;
	bytes_out_init(&out, storage, sizeof(storage));
	bytes_put_u16(&out, 0x1234);
	bytes_put_u32(&out, 0x01020304);
	bytes_put_f64(&out, 1.5);
	bytes_put_text(&out, "x");
	bytes_put_raw(&out, "y", 1);
	assert_true(!out.full && out.len == sizeof(want));
	assert_memory_equal(storage, want, sizeof(want));
}

/* Of any capacity: nothing is written past it, a number is never cut, and full stays. */
static void
test_what_does_not_fit_is_left_out(void **state)
{
	(void)state;
	for (size_t cap = 0; cap < RECORD_BYTES; cap++) {
		uint8_t storage[RECORD_BYTES + 1];
		struct bytes_out out;
		size_t len;

		memset(storage, 0x77, sizeof(storage));
		bytes_out_init(&out, storage, cap);
		put_record(&out);
		assert_true(out.full && out.len <= cap);
		for (size_t i = out.len; i < sizeof(storage); i++)
			assert_int_equal(storage[i], 0x77);
		len = out.len;
		bytes_put(&out, "", 0);
		bytes_put_u8(&out, 1);
		assert_true(out.full && out.len == len);
	}
}

static void
test_a_text_too_long_is_left_out(void **state)
{
	static char text[BYTES_TEXT_MAX + 2];
	static uint8_t storage[BYTES_TEXT_MAX + 100];
	struct bytes_out out;

	(void)state;
	memset(text, 'a', BYTES_TEXT_MAX + 1);
	bytes_out_init(&out, storage, sizeof(storage));
	bytes_put_text(&out, text + 1);
	assert_true(!out.full && out.len == BYTES_TEXT_MAX + 2);
	bytes_out_init(&out, storage, sizeof(storage));
	bytes_put_text(&out, text);
	assert_true(out.full && out.len == 0);
}

/* A record cut anywhere: what was whole is right, the rest is 0 and empty, and bad stays. */
static void
test_what_is_not_there_is_bad(void **state)
{
	uint8_t storage[RECORD_BYTES];
	struct bytes_out out;

	(void)state;
	bytes_out_init(&out, storage, sizeof(storage));
	put_record(&out);
	for (size_t len = 0; len < RECORD_BYTES; len++) {
		struct bytes_in in;
		size_t n;
		char text[16] = "old";

		bytes_in_init(&in, storage, len);
		assert_int_equal(bytes_get_u8(&in), len >= 1 ? 0xab : 0);
		assert_int_equal(bytes_get_u16(&in), len >= 3 ? 0x1234 : 0);
		assert_int_equal(bytes_get_u32(&in), len >= 7 ? 0xdeadbeef : 0);
		bytes_get_u64(&in);
		assert_true(bytes_get_i64(&in) == (len >= 23 ? INT64_MIN : 0));
		assert_true(bytes_get_f64(&in) == (len >= 31 ? -DBL_MIN : 0));
		bytes_get_string(&in, text, sizeof(text));
		assert_string_equal(text, len >= 38 ? "hello" : "");
		assert_null(bytes_get_raw(&in, &n));
		assert_true(n == 0 && in.bad && in.at < in.end + 1);
		assert_int_equal(bytes_get_u8(&in), 0);
		assert_string_equal(bytes_get_text(&in, &n), "");
		assert_null(bytes_get(&in, 0));
		assert_true(in.bad);
	}
}

static void
test_lengths_that_lie(void **state)
{
	static const uint8_t bytes[] = {0xff, 0xff, 0xff, 0xff, 'a', 'b'};
	struct bytes_in in;
	size_t n;

	(void)state;
	bytes_in_init(&in, bytes, sizeof(bytes));
	assert_string_equal(bytes_get_text(&in, &n), "");
	assert_true(in.bad && n == 0 && in.at == bytes);
	bytes_in_init(&in, bytes, sizeof(bytes));
	assert_null(bytes_get_raw(&in, &n));
	assert_true(in.bad && n == 0 && in.at == bytes);
	bytes_in_init(&in, bytes, sizeof(bytes));
	assert_null(bytes_get(&in, SIZE_MAX));
	bytes_in_init(&in, NULL, 0);
	assert_int_equal(bytes_get_u8(&in), 0);
}

static void
test_a_string_must_fit_and_be_one(void **state)
{
	static const uint8_t four[] = {4, 0, 'a', 'b', 'c', 'd'}, hole[] = {3, 0, 'a', 0, 'c'};
	struct bytes_in in;
	char text[5] = "old";

	(void)state;
	bytes_in_init(&in, four, sizeof(four));
	bytes_get_string(&in, text, 5);
	assert_true(!in.bad && strcmp(text, "abcd") == 0);
	bytes_in_init(&in, four, sizeof(four));
	bytes_get_string(&in, text, 4);
	assert_true(in.bad && strcmp(text, "") == 0 && in.at == four);
	bytes_in_init(&in, hole, sizeof(hole));
	bytes_get_string(&in, text, 5);
	assert_true(in.bad && strcmp(text, "") == 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_record_comes_back),
	    cmocka_unit_test(test_the_order_of_bytes_is_fixed),
	    cmocka_unit_test(test_what_does_not_fit_is_left_out),
	    cmocka_unit_test(test_a_text_too_long_is_left_out),
	    cmocka_unit_test(test_what_is_not_there_is_bad),
	    cmocka_unit_test(test_lengths_that_lie),
	    cmocka_unit_test(test_a_string_must_fit_and_be_one),
	};

	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
