/*
 * The states of detectors: made when a series is first seen, one a variant, given back with their
 * windows, and never more than there may be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/states.c"

#include "tests/unit/fake_detector.h"
#include "tests/unit/log_help.h"

static void
variants_of_a_series_are_states_of_their_own(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.variant_count = 3;
	memcpy(fake.variants, (const uint16_t[]){4, 9, 200}, 3 * sizeof(uint16_t));
	assert_string_equal(cycle(&r, 1), "start a/200; start a/9; start a/4; feed a/4 1; feed a/9 "
	                                  "1; feed a/200 1; end 1");
	assert_string_equal(cycle(&r, 1), "feed a/4 1; feed a/9 1; feed a/200 1; end 2");
	fake.variant_count = 0; /* of one that it does not want */
	assert_string_equal(cycle(&r, 2), "feed a/4 1; feed a/9 1; feed a/200 1; end 3");
	assert_int_equal(fake.wanted, 2);
	rig_done(&r);
}

static void
states_are_given_back_with_their_windows(void **state)
{
	struct rig r;
	size_t bytes;

	(void)state;
	rig_init(&r);
	fake.variant_count = 2;
	fake.variants[1] = 1;
	fake.window = 60;
	cycle(&r, 1);
	bytes = detect_bytes(r.detect);
	for (uint32_t i = 0; i < 2 * series_capacity(r.table); i++) {
		recycle(&r, 0);
		assert_true(str_starts(
		    cycle(&r, 1), "start a/1; start a/0; feed a/0 1 anew; feed a/1 1 anew; end "));
		assert_int_equal(fake.opened - fake.closed, 2);
	}
	assert_int_equal(detect_bytes(r.detect), bytes);
	rig_done(&r);
}

static void
a_window_is_opened_once_and_followed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.window = 6;
	assert_string_equal(cycle(&r, 1), "start a/0; feed a/0 1 anew; end 1");
	assert_string_equal(cycle(&r, 1), "feed a/0 1 on; end 2");
	assert_int_equal(fake.opened, 1);
	rig_done(&r);
}

/* Its run has grown: it had ended, by the series table, and has samples again. */
static void
a_series_that_comes_back_is_said_to_have_been_gone(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.window = 6;
	cycle(&r, 2);
	for (int i = 0; i < GONE_INTERVALS - 1; i++)
		cycle(&r, 1);
	assert_string_equal(cycle(&r, 2), "feed a/0 1 on; feed b/0 2 on; end 4");
	for (int i = 0; i < GONE_INTERVALS; i++)
		cycle(&r, 1);
	assert_string_equal(cycle(&r, 2), "feed a/0 1 on; gone; feed b/0 2 anew; end 8");
	assert_string_equal(cycle(&r, 2), "feed a/0 1 on; feed b/0 2 on; end 9");
	assert_int_equal(fake.wanted, 2);
	assert_int_equal(fake.opened, 3);
	rig_done(&r);
}

static void
too_many_states_are_said_once(void **state)
{
	FILE *log;
	uint32_t quota[GROUP_COUNT];
	struct rig r;
	size_t bytes;

	(void)state;
	rig_init(&r);
	detect_free(r.detect);
	series_table_free(r.table);
	batch_done(&r.batch);
	for (int g = 0; g < GROUP_COUNT; g++)
		quota[g] = 4;
	r.table = series_table_new(quota);
	batch_init(&r.batch, r.table, 16);
	fake.variant_count = series_capacity(r.table) / 2;
	assert_true(fake.variant_count < VARIANTS_MAX);
	for (size_t i = 0; i < fake.variant_count; i++)
		fake.variants[i] = (uint16_t)i;
	r.detect = detect_new(&r.conf, r.table, NULL, NULL);
	log = catch_log(LOGL_WARN);
	cycle(&r, 2);
	assert_int_equal(count_logged(log, "states of detector fake"), 0);
	bytes = detect_bytes(r.detect);
	assert_int_equal(fake.started, 2 * fake.variant_count);
	for (int i = 0; i < 5; i++) {
		cycle(&r, 3);
		recycle(&r, 2);
	}
	assert_int_equal(count_logged(log, "states of detector fake"), 1);
	assert_true(fake.started <= series_capacity(r.table));
	/* What is given back goes to the next that asks. */
	fake.started = 0;
	recycle(&r, 0);
	recycle(&r, 1);
	cycle(&r, 3);
	assert_int_equal(fake.started, series_capacity(r.table));
	assert_true(detect_bytes(r.detect) <= bytes + STATE_CHUNK * 256);
	release_log(log);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(variants_of_a_series_are_states_of_their_own),
	    cmocka_unit_test(states_are_given_back_with_their_windows),
	    cmocka_unit_test(a_window_is_opened_once_and_followed),
	    cmocka_unit_test(a_series_that_comes_back_is_said_to_have_been_gone),
	    cmocka_unit_test(too_many_states_are_said_once),
	};

	return cmocka_run_group_tests_name("states", tests, NULL, NULL);
}
