/*
 * The timers of two levels: when each fires, what makes it begin anew, and what a restart leaves
 * of them.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/detect/levels.c"

#include <stdio.h>

#define STEP_NS (10 * NS_PER_SEC)

struct rig {
	struct levels l;
	int64_t for_ns, now_ns;
};

static void
rig_init(struct rig *r, int64_t for_secs)
{
	*r = (struct rig){.for_ns = for_secs * NS_PER_SEC, .now_ns = 1000 * NS_PER_SEC};
	levels_start(&r->l, r->now_ns);
}

/* A sample so much later: "fine", "pending warn", "firing critical since 20 s". */
static const char *
advance_after(struct rig *r, int64_t ns, bool warn, bool critical)
{
	static char text[64];
	const bool bad[LEVELS] = {warn, critical};
	struct finding f;
	int level;

	r->now_ns += ns;
	levels_advance(&r->l, bad, r->for_ns, STEP_NS, r->now_ns);
	level = levels_named(&r->l);
	if (level < 0)
		return "fine";
	levels_describe(&r->l, level, r->now_ns, &f);
	snprintf(text, sizeof(text), "%s %s since %lld s",
	    f.state == FINDING_FIRING ? "firing" : "pending", severity_name(f.severity),
	    (long long)((r->now_ns - f.since_ns) / NS_PER_SEC));
	return text;
}

static const char *
advance(struct rig *r, bool warn, bool critical)
{
	return advance_after(r, STEP_NS, warn, critical);
}

static void
without_a_time_to_wait_the_first_sample_fires(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0);
	assert_string_equal(advance(&r, false, false), "fine");
	assert_string_equal(advance(&r, true, false), "firing warn since 0 s");
	assert_string_equal(advance(&r, true, true), "firing critical since 10 s");
	assert_string_equal(advance(&r, true, false), "firing warn since 20 s");
	assert_string_equal(advance(&r, false, false), "fine");
	rig_init(&r, 0);
	assert_string_equal(advance(&r, true, true), "firing critical since 0 s");
}

static void
each_level_waits_for_itself(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 20);
	assert_string_equal(advance(&r, true, false), "pending warn since 0 s");
	assert_string_equal(advance(&r, true, true), "pending critical since 10 s");
	assert_string_equal(advance(&r, true, true), "firing warn since 20 s");
	assert_string_equal(advance(&r, true, true), "firing critical since 30 s");
	assert_string_equal(advance(&r, true, false), "firing warn since 40 s");
	assert_string_equal(advance(&r, true, true), "firing warn since 50 s");
	assert_string_equal(advance(&r, false, false), "fine");
	assert_string_equal(advance(&r, true, false), "pending warn since 0 s");
}

/* A rule may have a critical level alone. */
static void
critical_may_be_without_warn(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 10);
	assert_string_equal(advance(&r, false, true), "pending critical since 0 s");
	assert_string_equal(advance(&r, false, true), "firing critical since 10 s");
	assert_string_equal(advance(&r, false, false), "fine");
}

static void
a_gap_makes_what_waits_begin_anew(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 30);
	advance(&r, true, false);
	assert_string_equal(
	    advance_after(&r, STEP_NS * 5 / 2, true, false), "pending warn since 25 s");
	assert_string_equal(
	    advance_after(&r, STEP_NS * 5 / 2 + 1, true, false), "pending warn since 0 s");
	advance_after(&r, 2 * STEP_NS, true, false);
	assert_string_equal(advance(&r, true, true), "firing warn since 30 s");
	/* What fires goes on; the level above it waits anew. */
	assert_string_equal(
	    advance_after(&r, 600 * NS_PER_SEC, true, true), "firing warn since 630 s");
	advance(&r, true, true);
	advance(&r, true, true);
	assert_string_equal(advance(&r, true, true), "firing critical since 660 s");
}

static void
what_is_resumed_fires_since_then(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 60);
	levels_resume(&r.l, SEV_CRITICAL, r.now_ns - 100 * NS_PER_SEC);
	assert_string_equal(advance(&r, true, true), "firing critical since 110 s");
	assert_string_equal(advance(&r, true, false), "firing warn since 120 s");
	rig_init(&r, 60);
	levels_resume(&r.l, SEV_WARN, r.now_ns - 2000 * NS_PER_SEC); /* before this boot */
	assert_string_equal(advance(&r, true, true), "firing warn since 2010 s");
	assert_string_equal(advance(&r, false, false), "fine");
	/* A severity above both levels is as good as the higher one. */
	rig_init(&r, 60);
	levels_resume(&r.l, SEV_EMERGENCY, r.now_ns);
	assert_string_equal(advance(&r, true, true), "firing critical since 10 s");
}

static void
what_is_cleared_is_fine(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0);
	advance(&r, true, true);
	levels_clear(&r.l);
	assert_int_equal(levels_named(&r.l), -1);
	assert_string_equal(advance(&r, true, false), "firing warn since 0 s");
}

/* After a restart on another boot: what waited goes on, what fired is told by its alert. */
static void
what_was_kept_waits_on_and_does_not_fire(void **state)
{
	const int64_t shift_ns = -700 * NS_PER_SEC;
	struct rig r;

	(void)state;
	rig_init(&r, 30);
	advance(&r, true, false);
	advance(&r, true, false);
	assert_true(levels_load(&r.l, shift_ns));
	r.now_ns += shift_ns;
	assert_string_equal(advance(&r, true, false), "pending warn since 20 s");
	assert_string_equal(advance(&r, true, true), "firing warn since 30 s");
	assert_true(levels_load(&r.l, 0));
	assert_int_equal(r.l.firing, SEV_NONE);
	assert_string_equal(advance(&r, false, false), "fine");
	rig_init(&r, 30);
	assert_true(levels_load(&r.l, shift_ns)); /* nothing waits */
	assert_int_equal(levels_named(&r.l), -1);
}

static void
times_that_make_no_sense_are_refused(void **state)
{
	static const int64_t bad[] = {INT64_MAX, INT64_MIN + 1, -FAR_NS - 1, FAR_NS + 1};
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		for (int what = 0; what < 3; what++) {
			rig_init(&r, 0);
			advance(&r, true, true);
			*(what == 0 ? &r.l.last_ns : &r.l.since_ns[what - 1]) = bad[i];
			assert_false(levels_load(&r.l, 0));
		}
		rig_init(&r, 0);
		assert_false(levels_load(&r.l, bad[i]));
	}
	rig_init(&r, 0);
	r.l.last_ns = INT64_MIN; /* "never" is for levels that wait, not for the last sample */
	assert_false(levels_load(&r.l, 0));
	rig_init(&r, 0);
	r.l.last_ns = FAR_NS;
	assert_true(levels_load(&r.l, FAR_NS));
	assert_true(r.l.last_ns == 2 * FAR_NS);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(without_a_time_to_wait_the_first_sample_fires),
	    cmocka_unit_test(each_level_waits_for_itself),
	    cmocka_unit_test(critical_may_be_without_warn),
	    cmocka_unit_test(a_gap_makes_what_waits_begin_anew),
	    cmocka_unit_test(what_is_resumed_fires_since_then),
	    cmocka_unit_test(what_is_cleared_is_fine),
	    cmocka_unit_test(what_was_kept_waits_on_and_does_not_fire),
	    cmocka_unit_test(times_that_make_no_sense_are_refused),
	};

	return cmocka_run_group_tests_name("levels", tests, NULL, NULL);
}
