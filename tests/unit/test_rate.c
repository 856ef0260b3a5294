/*
 * rate: two readings make a rate over the time between them, and anything doubtful makes none.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/collect/rate.c"

#define SEC NS_PER_SEC

static void
test_rate(void **state)
{
	struct rate r = {0};
	double v = -1;

	(void)state;
	assert_false(rate_update(&r, 1000, 5 * SEC, &v));
	assert_true(rate_update(&r, 1500, 10 * SEC, &v));
	assert_true(v == 100);
	/* Over the measured time, not over the interval: late, and after a night's sleep. */
	assert_true(rate_update(&r, 1600, 14 * SEC, &v));
	assert_true(v == 25);
	assert_true(rate_update(&r, 1600 + 28800, (14 + 28800) * SEC, &v));
	assert_true(v == 1);
	assert_true(rate_update(&r, 1600 + 28800, (15 + 28800) * SEC, &v));
	assert_true(v == 0);
}

static void
test_backwards_is_no_sample(void **state)
{
	struct rate r = {0};
	double v = -1;

	(void)state;
	assert_false(rate_update(&r, 4294967290u, 1 * SEC, &v));
	assert_false(rate_update(&r, 10, 2 * SEC, &v)); /* a wrap at 32 bits, or a reset */
	assert_true(rate_update(&r, 20, 3 * SEC, &v));
	assert_true(v == 10);
}

static void
test_no_time_passed(void **state)
{
	struct rate r = {0};
	double v = -1;

	(void)state;
	assert_false(rate_update(&r, 100, 10 * SEC, &v));
	assert_false(rate_update(&r, 150, 10 * SEC, &v));
	assert_true(rate_update(&r, 200, 12 * SEC, &v));
	assert_true(v == 50); /* since the first: nothing got lost */
	assert_false(rate_update(&r, 300, 11 * SEC, &v));
	assert_true(v == 50);
}

/* A leap is no sample; the next reading is compared with what it leapt to. */
static void
test_impossible_is_no_sample(void **state)
{
	struct rate r = {0};
	double v = -1;

	(void)state;
	assert_false(rate_update(&r, 0, 1 * SEC, &v));
	assert_true(rate_update(&r, 10000000000000u, 2 * SEC, &v));
	assert_true(v == RATE_MOST_PER_SEC);
	assert_false(rate_update(&r, 20000000000001u, 3 * SEC, &v));
	assert_true(rate_update(&r, 20000000000011u, 4 * SEC, &v));
	assert_true(v == 10);
	/* Below 0 and up again. */
	assert_false(rate_update(&r, UINT64_MAX - 15, 5 * SEC, &v));
	assert_true(rate_update(&r, UINT64_MAX - 5, 6 * SEC, &v));
	assert_true(v == 10);
	assert_false(rate_update(&r, 7, 7 * SEC, &v));
	assert_true(rate_update(&r, 9, 8 * SEC, &v));
	assert_true(v == 2);
	/* After three weeks of suspend as well. */
	assert_false(rate_update(&r, UINT64_MAX, (8 + 21 * 86400) * SEC, &v));
	assert_true(v == 2);
}

static void
test_percent(void **state)
{
	struct rate r = {0};
	double v = -1;

	(void)state;
	assert_false(rate_update_percent(&r, 0, 1e6, 10 * SEC, &v));
	assert_true(rate_update_percent(&r, 2500000, 1e6, 20 * SEC, &v));
	assert_true(v == 25);
	assert_true(rate_update_percent(&r, 2500000 + 11000000, 1e6, 30 * SEC, &v));
	assert_true(v == 100);
}

/* A stall is settled at its end; more time than that and the interval has not been. */
static void
test_time_that_did_not_pass(void **state)
{
	struct rate r = {0};
	double v = -1;

	(void)state;
	assert_false(rate_update_percent(&r, 0, 1e3, 1000 * SEC, &v));
	assert_true(rate_update_percent(&r, 610 * 1000, 1e3, 1010 * SEC, &v));
	assert_true(v == 100);
	v = -1;
	assert_false(rate_update_percent(&r, 1220 * 1000 + 1, 1e3, 1020 * SEC, &v));
	assert_true(v == -1);
	assert_true(rate_update_percent(&r, 1225 * 1000 + 1, 1e3, 1030 * SEC, &v));
	assert_true(v == 50);
	assert_false(rate_update_percent(&r, 1225 * 1000, 1e3, 1040 * SEC, &v));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rate),
	    cmocka_unit_test(test_backwards_is_no_sample),
	    cmocka_unit_test(test_no_time_passed),
	    cmocka_unit_test(test_impossible_is_no_sample),
	    cmocka_unit_test(test_percent),
	    cmocka_unit_test(test_time_that_did_not_pass),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
