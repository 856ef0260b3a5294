/*
 * The end of an outage: what waits after failures leaves at once, not when a back-off ends.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/outage.c"

#include "tests/unit/outbox_rig.h"

/* The next job is that channel's. */
static void
expect(struct rig *r, int channel)
{
	assert_true(next(r));
	assert_int_equal(r->job.channel, channel);
}

/* Attempts fail until the channel waits for a while, which it is left in; ends after a failure. */
static void
fail_for_long(struct rig *r, int channel)
{
	int fails = 0;

	do {
		pass(r, fails == 0 ? 0 : wait_ms(r));
		expect(r, channel);
		answer(r, DELIVERY_TEMPORARY, 0, 0);
		fails++;
	} while (fails < 8 || wait_ms(r) < 20000);
}

static void
a_reload_tries_what_waits_after_failures_at_once(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	fail_for_long(&r, CHANNEL_WEBHOOK);
	assert_false(next(&r));
	outbox_try_all(r.ob);
	expect(&r, CHANNEL_WEBHOOK);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	rig_done(&r);
}

/* It hung when the reload came: what is wrong with that attempt was wrong before. */
static void
a_reload_while_an_attempt_hangs_is_not_lost(void **state)
{
	static const struct {
		enum delivery_outcome outcome;
		uint32_t status;
	} ends[] = {{DELIVERY_TEMPORARY, 0}, {DELIVERY_DENIED, 401}};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct rig r;

		rig_init(&r, 0, 0);
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		fail_for_long(&r, CHANNEL_WEBHOOK);
		pass(&r, wait_ms(&r));
		expect(&r, CHANNEL_WEBHOOK);
		outbox_try_all(r.ob);
		answer(&r, ends[i].outcome, ends[i].status, 0);
		assert_in_range(wait_ms(&r), 0, 100);
		pass(&r, 100);
		expect(&r, CHANNEL_WEBHOOK);
		answer(&r, ends[i].outcome, ends[i].status, 0); /* that one has had its try */
		assert_true(wait_ms(&r) > 100 || ends[i].outcome == DELIVERY_TEMPORARY);
		rig_done(&r);
	}
}

static void
a_reload_does_not_come_before_the_time_a_service_asked_for(void **state)
{
	static const struct {
		enum delivery_outcome outcome;
		uint32_t status;
	} ends[] = {{DELIVERY_RATE_LIMITED, 429}, {DELIVERY_TEMPORARY, 503}};

	(void)state;
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct rig r;

		rig_init(&r, 0, 0);
		put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
		expect(&r, CHANNEL_WEBHOOK);
		answer(&r, ends[i].outcome, ends[i].status, 60000);
		outbox_try_all(r.ob);
		assert_false(next(&r));
		assert_int_equal(wait_ms(&r), 60000);
		rig_done(&r);
	}
}

static void
after_an_outage_of_all_the_first_success_tries_the_others_at_once(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	fail_for_long(&r, CHANNEL_WEBHOOK);
	put(&r, CHANNEL_NTFY, 1, NOTICE_FIRE); /* had nothing to say till now */
	expect(&r, CHANNEL_NTFY);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	expect(&r, CHANNEL_WEBHOOK);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	rig_done(&r);
}

static void
the_first_heartbeat_after_an_outage_tries_all_at_once(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	outbox_note_reached(r.ob, false, &r.now);
	pass(&r, 1);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	fail_for_long(&r, CHANNEL_WEBHOOK);
	outbox_note_reached(r.ob, true, &r.now);
	expect(&r, CHANNEL_WEBHOOK);
	rig_done(&r);
}

/* One dead channel beside one that works is tried as seldom as ever, whatever the other takes. */
static void
a_channel_that_stays_dead_is_not_tried_with_each_message_of_another(void **state)
{
	uint64_t fingerprint = 1;
	int tried = 0;
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_NTFY, fingerprint++, NOTICE_FIRE);
	expect(&r, CHANNEL_NTFY);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	pass(&r, 1);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	fail_for_long(&r, CHANNEL_WEBHOOK);
	for (int times = 0; times < 10; times++) {
		put(&r, CHANNEL_NTFY, fingerprint++, NOTICE_FIRE);
		expect(&r, CHANNEL_NTFY);
		answer(&r, DELIVERY_REJECTED, 400, 0); /* that is no outage of its own */
		expect(&r, CHANNEL_NTFY);
		answer(&r, DELIVERY_DELIVERED, 200, 0);
		for (; next(&r); tried++) {
			assert_int_equal(r.job.channel, CHANNEL_WEBHOOK);
			answer(&r, DELIVERY_TEMPORARY, 0, 0);
		}
	}
	assert_int_equal(tried, 1); /* the first might have been the end of an outage of all */
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_reload_tries_what_waits_after_failures_at_once),
	    cmocka_unit_test(a_reload_while_an_attempt_hangs_is_not_lost),
	    cmocka_unit_test(a_reload_does_not_come_before_the_time_a_service_asked_for),
	    cmocka_unit_test(after_an_outage_of_all_the_first_success_tries_the_others_at_once),
	    cmocka_unit_test(the_first_heartbeat_after_an_outage_tries_all_at_once),
	    cmocka_unit_test(a_channel_that_stays_dead_is_not_tried_with_each_message_of_another),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
