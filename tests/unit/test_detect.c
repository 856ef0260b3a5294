/*
 * The frame of detectors: what each is told and when, which alerts it hears of after a start, and
 * what goes to another configuration.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/detect.c"

#include "tests/unit/fake_detector.h"

static void
each_sample_is_fed_once_and_then_the_cycle_ends(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	assert_string_equal(cycle(&r, 2), "start a/0; feed a/0 1; start b/0; feed b/0 2; end 1");
	assert_string_equal(cycle(&r, 2), "feed a/0 1; feed b/0 2; end 2");
	assert_string_equal(cycle(&r, 0), "end 3");
	assert_int_equal(fake.wanted, 2);
	rig_done(&r);
}

static void
a_state_asks_for_its_alert_when_its_series_appears(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.variant_count = 2;
	fake.variants[1] = 1;
	cycle(&r, 2);
	fire(&r, 1, "r1");
	rig_reopen(&r);
	cycle(&r, 1);
	assert_string_equal(cycle(&r, 2),
	    "feed a/0 1; feed a/1 1; start b/1; start b/0; resume b/1 critical since 110 s; feed "
	    "b/0 2; feed b/1 2; end 2");
	assert_string_equal(cycle(&r, 2), "feed a/0 1; feed a/1 1; feed b/0 2; feed b/1 2; end 3");
	rig_done(&r);
}

/* The keeper's rows came after the first samples: all ask, each with its next sample. */
static void
an_alert_that_comes_late_is_resumed_all_the_same(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 2);
	cycle(&r, 2);
	fire(&r, 1, "a rule that is no more");
	detect_recall(r.detect);
	assert_string_equal(cycle(&r, 2), "feed a/0 1; feed b/0 2; end 3");
	fire(&r, 1, "r0");
	assert_string_equal(cycle(&r, 2), "feed a/0 1; feed b/0 2; end 4");
	detect_recall(r.detect);
	assert_string_equal(cycle(&r, 1), "feed a/0 1; end 5");
	assert_string_equal(
	    cycle(&r, 2), "feed a/0 1; resume b/0 critical since 120 s; feed b/0 2; end 6");
	rig_done(&r);
}

/* It ended before its series came back. */
static void
an_alert_that_is_over_is_not_resumed(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 2);
	fire(&r, 1, "r0");
	rig_reopen(&r);
	cycle(&r, 1);
	r.alert.fingerprint = 0;
	assert_string_equal(cycle(&r, 2), "feed a/0 1; start b/0; feed b/0 2; end 2");
	rig_done(&r);
}

static void
minutes_go_to_the_states_of_their_series(void **state)
{
	struct rollup *rollup;
	struct rig r;

	(void)state;
	rig_init(&r);
	rollup = rollup_new(r.table);
	for (int i = 0; i < 3; i++) {
		cycle(&r, 2);
		rollup_add(rollup, &r.batch);
	}
	recycle(&r, 1);
	r.now.boot_ns += 60 * NS_PER_SEC;
	cycle(&r, 2);
	assert_true(rollup_add(rollup, &r.batch));
	r.now.boot_ns += NS_PER_SEC; /* a little later */
	fake.now = r.now;
	detect_minute(r.detect, rollup, &r.now, &r.findings);
	/* Not to the successor of the one that it is about. */
	assert_string_equal(said(), "minute a/0 1 of 2");
	rollup_free(rollup);
	rig_done(&r);
}

static const struct fake_state *
state_of(const struct rig *r, int i, uint16_t variant)
{
	struct state *s = states_first(&r->detect->states, DETECTOR_threshold, r->refs[i].id);

	while (s != NULL && s->variant != variant)
		s = states_next(&r->detect->states, DETECTOR_threshold, s);
	return s == NULL ? NULL : (const struct fake_state *)(const void *)s->data;
}

/* They find their places by the names of their rules, not by number. */
static void
states_move_to_another_configuration(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	fake.variant_count = 2;
	fake.variants[0] = 5;
	fake.variants[1] = 6;
	for (int i = 0; i < 3; i++)
		cycle(&r, 2);
	fake.variants[0] = 6;
	fake.variants[1] = 8;
	r.detect = detect_reconfigure(r.detect, &r.conf);
	assert_null(state_of(&r, 0, 5));
	assert_int_equal(state_of(&r, 0, 6)->fed, 103);
	assert_int_equal(state_of(&r, 1, 6)->fed, 103);
	assert_int_equal(state_of(&r, 0, 6)->shifted_ns, 0);
	assert_int_equal(state_of(&r, 0, 8)->fed, 0);
	said();
	assert_string_equal(cycle(&r, 2), "feed a/6 1; feed a/8 1; feed b/6 2; feed b/8 2; end 4");
	/* Those that make no sense to their detector start afresh. */
	fake.refuses = true;
	r.detect = detect_reconfigure(r.detect, &r.conf);
	assert_int_equal(state_of(&r, 0, 6)->fed, 0);
	assert_int_equal(
	    state_of(&r, 0, 6)->series, (uint32_t)series_at(r.table, r.refs[0].id)->hash);
	said();
	assert_string_equal(cycle(&r, 2), "feed a/6 1; feed a/8 1; feed b/6 2; feed b/8 2; end 1");
	rig_done(&r);
}

static void
states_of_another_version_or_size_are_dropped(void **state)
{
	uint8_t bytes[512];
	struct bytes_out out;
	struct bytes_in in;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 1);
	bytes_out_init(&out, bytes, sizeof(bytes));
	detect_save_series(r.detect, r.refs[0].id, &out);
	assert_true(out.len > sizeof(struct fake_state) && !out.full);
	for (size_t cut = 0; cut <= out.len; cut++) {
		rig_reopen(&r);
		bytes_in_init(&in, bytes, cut);
		detect_load_series(r.detect, r.refs[0].id, &in, 55);
		assert_int_equal(state_of(&r, 0, 0)->fed, cut == out.len ? 101 : 0);
		assert_int_equal(state_of(&r, 0, 0)->shifted_ns, cut == out.len ? 55 : 0);
	}
	for (size_t i = 0; i < out.len; i++) {
		bytes[i] ^= 0x40;
		rig_reopen(&r);
		bytes_in_init(&in, bytes, out.len);
		detect_load_series(r.detect, r.refs[0].id, &in, 55);
		/* Names, version, key and length come first; the state is at the end. */
		if (i < out.len - sizeof(struct fake_state))
			assert_int_equal(state_of(&r, 0, 0)->fed, 0);
		bytes[i] ^= 0x40;
	}
	rig_done(&r);
}

static void
a_state_of_another_length_is_dropped(void **state)
{
	static const uint8_t data[sizeof(struct fake_state) + 8];
	uint8_t bytes[512];
	struct bytes_out out;
	struct bytes_in in;
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 1);
	for (size_t len = 0; len <= sizeof(data); len++) {
		bytes_out_init(&out, bytes, sizeof(bytes));
		bytes_put_text(&out, "fake");
		bytes_put_u16(&out, 7);
		bytes_put_u64(&out, str_hash(STR_HASH_SEED, "r0", 2));
		bytes_put_raw(&out, data, len);
		rig_reopen(&r);
		bytes_in_init(&in, bytes, out.len);
		detect_load_series(r.detect, r.refs[0].id, &in, 0);
		assert_int_equal(
		    state_of(&r, 0, 0)->fed, len == sizeof(struct fake_state) ? 100 : 0);
		fake.said.len = 0;
	}
	rig_done(&r);
}

/* By the wall clock, within ten years; what it cannot have been began now. */
static void
a_resumed_alert_began_when_it_says(void **state)
{
	const int64_t ten_years_ms = 10LL * 366 * 86400 * 1000;
	const struct {
		int64_t age_ms;
		const char *resumed;
	} cases[] = {
	    {5000, "resume a/0 critical since 5 s; "},
	    {0, "resume a/0 critical since 0 s; "},
	    {-1000, "resume a/0 critical since 0 s; "},
	    {ten_years_ms, "resume a/0 critical since 316224000 s; "},
	    {ten_years_ms + 1, "resume a/0 critical since 0 s; "},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_init(&r);
		cycle(&r, 1);
		fire(&r, 0, "r0");
		r.alert.firing.since.wall_ms = r.now.wall_ms + RIG_STEP_MS - cases[i].age_ms;
		detect_recall(r.detect);
		assert_true(str_starts(cycle(&r, 1), cases[i].resumed));
		rig_done(&r);
	}
}

/* Of any detector; of a series without a sample yet nothing is known. */
static void
a_rule_watches_the_series_that_its_detector_wants(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r);
	cycle(&r, 1);
	assert_true(detect_watches(r.detect, r.refs[0].id, "r0"));
	assert_false(detect_watches(r.detect, r.refs[0].id, "r1"));
	fake.variants[0] = 1;
	r.detect = detect_reconfigure(r.detect, &r.conf);
	cycle(&r, 1);
	assert_false(detect_watches(r.detect, r.refs[0].id, "r0"));
	assert_true(detect_watches(r.detect, r.refs[0].id, "r1"));
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(each_sample_is_fed_once_and_then_the_cycle_ends),
	    cmocka_unit_test(a_state_asks_for_its_alert_when_its_series_appears),
	    cmocka_unit_test(an_alert_that_comes_late_is_resumed_all_the_same),
	    cmocka_unit_test(an_alert_that_is_over_is_not_resumed),
	    cmocka_unit_test(minutes_go_to_the_states_of_their_series),
	    cmocka_unit_test(states_move_to_another_configuration),
	    cmocka_unit_test(states_of_another_version_or_size_are_dropped),
	    cmocka_unit_test(a_state_of_another_length_is_dropped),
	    cmocka_unit_test(a_resumed_alert_began_when_it_says),
	    cmocka_unit_test(a_rule_watches_the_series_that_its_detector_wants),
	};

	return cmocka_run_group_tests_name("detect", tests, NULL, NULL);
}
