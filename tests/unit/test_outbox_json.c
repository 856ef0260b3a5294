/*
 * What an earlier run left on disk waits again, in its place, once, and never under an old id.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/outbox_json.c"

#include "tests/unit/outbox_rig.h"

static void
a_channel_that_is_no_more_takes_its_notices_along(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE);
	r.channels[CHANNEL_WEBHOOK].enabled = false;
	restart(&r);
	assert_int_equal(outbox_count(r.ob), 1);
	save(&r);
	assert_int_equal(kept(&r), 1);
	load_all(&r);
	assert_int_equal(outbox_count(r.ob), 1); /* a row that comes twice */
	assert_int_not_equal(JSON_READ_OK, outbox_load(r.ob, "{}", 2, &r.now));
	rig_done(&r);
}

/* However many: a log is not filled by what was kept. */
static void
notices_without_a_channel_are_one_line(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	for (uint64_t alert = 1; alert <= 30; alert++)
		put(&r, CHANNEL_WEBHOOK, alert, NOTICE_FIRE);
	r.channels[CHANNEL_WEBHOOK].enabled = false;
	log = catch_log(LOGL_INFO);
	restart(&r);
	assert_false(next(&r));
	assert_int_equal(count_logged(log, "30 kept notices are dropped"), 1);
	assert_int_equal(count_logged(log, ""), 1);
	release_log(log);
	rig_done(&r);
}

/* What an earlier life sent is told as delivered to this one, before or after it is loaded. */
static void
a_receipt_outlives_its_sender(void **state)
{
	struct outbox_job first, second;
	struct rig r;

	(void)state;
	for (int early = 0; early < 2; early++) {
		rig_init(&r, 0, 0);
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
		assert_true(next(&r));
		first = r.job;
		forget(&r);
		if (early)
			answer(&r, DELIVERY_DELIVERED, 204, 0);
		load_all(&r);
		if (!early)
			answer(&r, DELIVERY_DELIVERED, 204, 0);
		assert_int_equal(outbox_count(r.ob), 1);
		assert_int_equal(webhook(&r)->sent, 1);
		save(&r);
		assert_int_equal(kept(&r), 1);
		assert_true(next(&r));
		assert_true(r.job.id > first.id);
		rig_done(&r);
	}
	/* One that left again meanwhile need not leave a third time. */
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	pass(&r, 300000);
	assert_true(next(&r));
	first = r.job;
	assert_int_equal(first.attempt, 2);
	restart(&r);
	assert_true(next(&r));
	second = r.job;
	r.job = first;
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	r.job = second;
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	assert_int_equal(outbox_count(r.ob), 0);
	save(&r);
	assert_int_equal(kept(&r), 0);
	rig_done(&r);
}

/* Kept ones that come late keep their place before the new ones. */
static void
a_late_load_queues_in_order(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	forget(&r);
	pass(&r, 5000);
	put_unkept(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE, SEV_WARN, 0);
	load_all(&r);
	save_and_confirm(&r);
	assert_int_equal(kept(&r), 2);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	rig_done(&r);
}

/* Its end was left to tell; then this life told that it fires: that is the last word. */
static void
what_this_life_has_told_outdates_what_comes_late(void **state)
{
	for (int others = 0; others < 2; others++) {
		struct rig r;

		(void)state;
		rig_init(&r, 0, 0);
		if (others)
			put_group_unkept(&r, 1);
		else
			put_unkept(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE, SEV_WARN, 0);
		save_and_confirm(&r);
		forget(&r);
		pass(&r, 5000);
		put_unkept(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE, SEV_WARN, 0);
		outbox_unkept(r.ob);
		assert_true(next(&r));
		answer(&r, DELIVERY_DELIVERED, 204, 0);
		load_all(&r);
		assert_int_equal(next(&r), others);
		if (others) {
			assert_int_equal(r.job.notice->fact_count, 2);
			assert_null(told_of(&r, 1));
		}
		save_and_confirm(&r);
		restart(&r); /* nor does it come back in another life */
		assert_int_equal(next(&r), others);
		assert_int_equal(others ? r.job.notice->fact_count : 0, others ? 2 : 0);
		rig_done(&r);
	}
}

static void
ids_grow_through_restarts(void **state)
{
	uint64_t before;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	before = r.job.id;
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	save(&r);
	pass(&r, 1);
	restart(&r);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r));
	assert_true(r.job.id > before);
	rig_done(&r);
}

/* What was on its way when the process died is not told apart from what came of it since. */
static void
what_is_newer_says_it_for_both_after_a_restart(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	restart(&r);
	assert_false(next(&r)); /* it is another now, and to be kept */
	save_and_confirm(&r);
	assert_int_equal(kept(&r), 1);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_true(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

/* A day after it was made, not after it was loaded; a clock that was set back makes it as of now.
 */
static void
a_day_goes_on_through_a_restart(void **state)
{
	static const struct {
		int64_t before_ms, set_back_ms, after_ms;
		enum notice_kind kind;
	} cases[] = {
	    {10 * HOUR_MS, 0, 14 * HOUR_MS - 1, NOTICE_FIRE},
	    {10 * HOUR_MS, 0, 14 * HOUR_MS, NOTICE_DIGEST},
	    {24 * HOUR_MS - 1, 0, 0, NOTICE_FIRE},
	    {24 * HOUR_MS, 0, 0, NOTICE_DIGEST},
	    {1000LL * 24 * HOUR_MS, 0, 0, NOTICE_DIGEST},
	    {10 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS - 1, NOTICE_FIRE},
	    {10 * HOUR_MS, 20 * HOUR_MS, 24 * HOUR_MS, NOTICE_DIGEST},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct rig r;

		rig_init(&r, 0, 0);
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		pass(&r, cases[i].before_ms);
		r.now.wall_ms -= cases[i].set_back_ms;
		restart(&r);
		pass(&r, cases[i].after_ms);
		if (!next(&r)) { /* a digest is kept first */
			save_and_confirm(&r);
			assert_true(next(&r));
		}
		if (r.job.notice->kind != cases[i].kind)
			fail_msg("case %zu", i);
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_channel_that_is_no_more_takes_its_notices_along),
	    cmocka_unit_test(notices_without_a_channel_are_one_line),
	    cmocka_unit_test(a_receipt_outlives_its_sender),
	    cmocka_unit_test(a_late_load_queues_in_order),
	    cmocka_unit_test(what_this_life_has_told_outdates_what_comes_late),
	    cmocka_unit_test(ids_grow_through_restarts),
	    cmocka_unit_test(what_is_newer_says_it_for_both_after_a_restart),
	    cmocka_unit_test(a_day_goes_on_through_a_restart),
	};

	return cmocka_run_group_tests_name("outbox_json", tests, NULL, NULL);
}
