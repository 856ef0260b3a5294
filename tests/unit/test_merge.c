/*
 * Newer and older notices of one alert become one, unless the older is on its way.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/merge.c"

#include "tests/unit/outbox_rig.h"

static void
what_fired_and_ended_in_an_outage_is_one_message(void **state)
{
	int64_t fired_ms;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	fired_ms = r.now.wall_ms;
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	pass(&r, 2LL * HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	assert_int_equal(webhook(&r)->queued, 1);
	restart(&r);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_true(r.job.notice->facts[0].unheard);
	assert_true(r.job.notice->created_wall_ms == fired_ms);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	/* It fires again before that got out. */
	pass(&r, HOUR_MS);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_int_equal(webhook(&r)->queued, 1);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.notice->facts[0].count, 1);
	assert_int_equal(r.job.notice->facts[0].count_secs, 3600);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	save(&r);
	assert_int_equal(kept(&r), 0);
	rig_done(&r);
}

static void
what_is_on_its_way_is_not_merged(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	assert_int_equal(webhook(&r)->queued, 2);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_false(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

static void
a_group_loses_those_that_ended(void **state)
{
	struct notices list = {.items = NULL};
	struct notice *n = notice_new(NOTICE_FIRE, CHANNEL_WEBHOOK, 3);
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	for (uint64_t i = 0; i < 3; i++)
		n->facts[i] = (struct alert_facts){
		    .fingerprint = i + 1, .severity = i == 1 ? SEV_CRITICAL : SEV_WARN};
	n->severity = SEV_CRITICAL;
	n->created_wall_ms = r.now.wall_ms;
	notices_add(&list, n);
	outbox_put(r.ob, &list, &r.now);
	notices_done(&list);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->fact_count, 2);
	assert_int_equal(r.job.notice->total, 2);
	assert_int_equal(r.job.notice->severity, SEV_WARN);
	assert_int_equal(r.job.notice->facts[1].fingerprint, 3);
	rig_done(&r);
}

/* The end of an alert is not taken for one with its renewal: both leave, in this order. */
static void
a_renewal_does_not_merge(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_transient(&r, 1);
	put(&r, CHANNEL_ALERTMANAGER, 1, NOTICE_RESOLVE);
	assert_true(next(&r));
	assert_true(r.job.notice->transient);
	outbox_hello(r.ob); /* the courier died with it: it leaves once more */
	assert_true(next(&r));
	assert_true(r.job.notice->transient);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_false(r.job.notice->facts[0].unheard);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(what_fired_and_ended_in_an_outage_is_one_message),
	    cmocka_unit_test(what_is_on_its_way_is_not_merged),
	    cmocka_unit_test(a_group_loses_those_that_ended),
	    cmocka_unit_test(a_renewal_does_not_merge),
	};

	return cmocka_run_group_tests_name("merge", tests, NULL, NULL);
}
