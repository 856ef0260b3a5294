/*
 * Spans between moments of one boot and of two.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/base/clock.c"

#define SEC 1000LL
#define AT(secs, wall, boot_)                                                        \
	{                                                                            \
		.boot_ns = (secs)*NS_PER_SEC, .wall_ms = (wall)*SEC, .boot = (boot_) \
	}

static void
test_spans(void **state)
{
	static const struct {
		struct now from, to;
		int64_t ms;
		bool sure;
	} rows[] = {
	    {AT(10, 5000, 7), AT(70, 5060, 7), 60000, true},
	    {AT(10, 5000, 7), AT(70, 9999, 7), 60000, true},
	    {AT(10, 5000, 7), AT(70, 1, 7), 60000, true},
	    {AT(900, 5000, 7), AT(70, 5060, 8), 60000, false},
	    {AT(900, 5000, 7), AT(70, 1, 8), 0, false},
	    {AT(900, 1, 7), AT(70, 20LL * 366 * 86400, 8), 0, false},
	    {AT(0, 5000, 0), AT(70, 5060, 8), 60000, false}, /* a row of an older version */
	    {AT(0, 5000, 0), AT(70, 5060, 0), 60000, true},
	    {AT(900, 5000, 7), AT(70, 5060, 7), 60000, true}, /* a time namespace that is another */
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_int_equal(clock_span_ms(&rows[i].from, &rows[i].to), rows[i].ms);
		assert_int_equal(clock_span_is_sure(&rows[i].from, &rows[i].to), rows[i].sure);
		assert_int_equal(clock_boot_ns(&rows[i].from, &rows[i].to),
		    rows[i].to.boot_ns - rows[i].ms * NS_PER_MS);
	}
}

static void
test_the_boot_is_the_same_each_time(void **state)
{
	struct now a = clock_now(), b = clock_now();

	(void)state;
	assert_true(a.boot > 0 && a.boot == b.boot);
	assert_true(clock_compare(&a, &b) <= 0);
}

/* Drifting apart is not being set. */
static void
test_times_are_shown_by_the_clock_as_it_goes_now(void **state)
{
	static const struct now then = AT(10, 5000, 7), drifted = AT(70, 5063, 7),
	                        set = AT(70, 9060, 7), other = AT(70, 9060, 8);

	(void)state;
	assert_int_equal(clock_shown_ms(&then, &drifted), 5000 * SEC);
	assert_int_equal(clock_shown_ms(&then, &set), 9000 * SEC);
	assert_int_equal(clock_shown_ms(&then, &other), 5000 * SEC);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spans),
	    cmocka_unit_test(test_the_boot_is_the_same_each_time),
	    cmocka_unit_test(test_times_are_shown_by_the_clock_as_it_goes_now),
	};

	return cmocka_run_group_tests_name("clock", tests, NULL, NULL);
}
