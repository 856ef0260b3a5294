/*
 * Alerts to a service that keeps cases: each is opened and closed by its own name, however late.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "outbox/queue.h"
#include "tests/unit/outbox_rig.h"

static const unsigned cases[CHANNEL_COUNT] = {[CHANNEL_WEBHOOK] = 1};

static void
must_not_expire(void *arg, uint64_t fingerprint, int channel, const struct now *now)
{
	(void)arg;
	(void)fingerprint;
	(void)channel;
	(void)now;
	fail();
}

/* A case is opened and closed by its own name, however late. */
static void
where_alerts_have_cases_each_is_told_by_itself(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	outbox_configure(r.ob, &r.conf, r.channels, cases);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 202, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_RESOLVE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	put(&r, CHANNEL_WEBHOOK, 3, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	pass(&r, 3 * 24LL * HOUR_MS);
	outbox_take_expired(r.ob, must_not_expire, NULL, &r.now);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	assert_int_equal(webhook(&r)->queued, 3);
	answer(&r, DELIVERY_DELIVERED, 202, 0);
	assert_true(next(&r)); /* a service knows what to do with the end of nothing */
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	answer(&r, DELIVERY_DELIVERED, 202, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 3);
	answer(&r, DELIVERY_TEMPORARY, 0, 0);
	assert_in_range(wait_ms(&r), 100, 2000);
	rig_done(&r);
}

/* Past the bound, too: what has no case goes first, then others' notices, and no case ever. */
static void
cases_are_not_summed_up_past_the_bound(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	outbox_configure(r.ob, &r.conf, r.channels, cases);
	for (uint64_t i = 0; i < QUEUE_MAX - 1; i++)
		put_unkept(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 7, NOTICE_RESOLVE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_DISCORD, 2, NOTICE_FIRE, SEV_WARN, 0);
	assert_int_equal(outbox_channel(r.ob, CHANNEL_DISCORD)->folded, 0);
	assert_int_equal(webhook(&r)->queued, QUEUE_MAX - 2);
	put_unkept(&r, CHANNEL_DISCORD, 3, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, QUEUE_MAX, NOTICE_FIRE, SEV_WARN, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, QUEUE_MAX + 1, NOTICE_FIRE, SEV_WARN, 0);
	assert_int_equal(outbox_channel(r.ob, CHANNEL_DISCORD)->queued, 1);
	assert_int_equal(webhook(&r)->queued, QUEUE_MAX);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(where_alerts_have_cases_each_is_told_by_itself),
	    cmocka_unit_test(cases_are_not_summed_up_past_the_bound),
	};

	return cmocka_run_group_tests_name("outbox_cases", tests, NULL, NULL);
}
