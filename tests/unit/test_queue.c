/*
 * Notices wait for the disk, in order, one of a channel in flight, and no channel for another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/queue.c"

#include "tests/unit/outbox_rig.h"

static void
leaves_when_it_is_on_disk(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE, SEV_WARN, 0);
	assert_false(next(&r));
	save(&r);
	assert_false(next(&r));
	outbox_confirmed(r.ob, r.txn - 1);
	assert_false(next(&r));
	outbox_confirmed(r.ob, r.txn);
	assert_true(next(&r));
	assert_false(outbox_degraded(r.ob));
	assert_int_equal(r.job.attempt, 1);
	assert_int_equal(r.job.timeout_ms, 10000);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	save(&r);
	assert_int_equal(kept(&r), 0);
	assert_int_equal(webhook(&r)->sent, 1);
	assert_int_equal(wait_ms(&r), -1);
	rig_done(&r);
}

static void
leaves_from_memory_when_the_disk_is_silent_or_full(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE, SEV_WARN, 0);
	save(&r);
	assert_int_equal(wait_ms(&r), 2000);
	pass(&r, 1999);
	assert_false(next(&r));
	pass(&r, 1);
	assert_true(next(&r));
	assert_true(outbox_degraded(r.ob));
	answer(&r, DELIVERY_DELIVERED, 0, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE, SEV_WARN, 0);
	save(&r);
	outbox_unkept(r.ob);
	assert_true(next(&r));
	outbox_confirmed(r.ob, r.txn);
	assert_false(outbox_degraded(r.ob));
	rig_done(&r);
}

static void
one_at_a_time_in_order_and_channels_apart(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_RESOLVE);
	put(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.notice->channel, CHANNEL_WEBHOOK);
	answer(&r, DELIVERY_TEMPORARY, 503, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->channel, CHANNEL_DISCORD);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_false(next(&r));
	assert_string_equal(webhook(&r)->last_error, "text");
	pass(&r, 1000);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_FIRE);
	assert_int_equal(r.job.attempt, 2);
	assert_false(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->kind, NOTICE_RESOLVE);
	assert_string_equal(webhook(&r)->last_error, "");
	rig_done(&r);
}

static void
an_emergency_passes_the_rate_limit(void **state)
{
	static const uint64_t order[] = {1, 7, 8, 2};
	struct rig r;

	(void)state;
	rig_init(&r, 1, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 7, NOTICE_FIRE);
	put_unkept(&r, CHANNEL_WEBHOOK, 7, NOTICE_FIRE, SEV_EMERGENCY, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 8, NOTICE_FIRE, SEV_EMERGENCY, 0);
	save_and_confirm(&r);
	for (size_t i = 0; i < 4; i++) {
		if (i == 3) {
			assert_false(next(&r));
			assert_int_equal(wait_ms(&r), 60000);
			pass(&r, 60000);
		}
		assert_true(next(&r));
		assert_int_equal(r.job.notice->facts[0].fingerprint, order[i]);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	rig_done(&r);
}

/* Only what can be summed up is: an emergency leaves, and a test is what was asked for. */
static void
a_limit_sums_up_no_emergency_and_no_test(void **state)
{
	static const enum notice_kind kinds[] = {NOTICE_FIRE, NOTICE_DIGEST, NOTICE_TEST};
	struct rig r;

	(void)state;
	rig_init(&r, 1, 0);
	for (uint64_t i = 1; i <= 3; i++)
		put(&r, CHANNEL_WEBHOOK, i, NOTICE_FIRE);
	put_test(&r);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	put_unkept(&r, CHANNEL_WEBHOOK, 4, NOTICE_FIRE, SEV_EMERGENCY, 0);
	save_and_confirm(&r);
	for (int i = 0; i < 3; i++) {
		if (!next(&r)) { /* a digest is kept first; its minute comes */
			save_and_confirm(&r);
			pass(&r, 60000);
			assert_true(next(&r));
		}
		assert_int_equal(r.job.notice->kind, kinds[i]);
		assert_int_equal(r.job.notice->severity == SEV_EMERGENCY, i == 0);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	rig_done(&r);
}

/* The keeper lost what it was told: all that waits is written anew. */
static void
what_waits_is_kept_anew(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_DISCORD, 1, NOTICE_FIRE);
	fake_disk_done(&r.disk);
	r.disk = (struct fake_disk){.used = 0};
	save(&r);
	assert_int_equal(kept(&r), 0);
	outbox_mark_all(r.ob);
	save(&r);
	assert_int_equal(kept(&r), 2);
	rig_done(&r);
}

/* A renewal says an older level than the emergency behind it: it goes before, never after it. */
static void
an_emergency_takes_its_renewal_along(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 1, 0);
	put(&r, CHANNEL_ALERTMANAGER, 1, NOTICE_FIRE);
	assert_true(next(&r));
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	put(&r, CHANNEL_ALERTMANAGER, 2, NOTICE_FIRE);
	put_transient(&r, 7);
	put_unkept(&r, CHANNEL_ALERTMANAGER, 7, NOTICE_FIRE, SEV_EMERGENCY, 0);
	save_and_confirm(&r);
	assert_true(next(&r));
	assert_true(r.job.notice->transient);
	answer(&r, DELIVERY_DELIVERED, 200, 0);
	assert_true(next(&r));
	assert_int_equal(r.job.notice->severity, SEV_EMERGENCY);
	rig_done(&r);
}

static void
a_renewal_is_never_owed(void **state)
{
	const enum delivery_outcome outcomes[] = {DELIVERY_DELIVERED, DELIVERY_TEMPORARY,
	    DELIVERY_RATE_LIMITED, DELIVERY_REJECTED, DELIVERY_DENIED};
	const struct outbox_channel *queue;
	struct rig r;

	(void)state;
	for (size_t i = 0; i < sizeof(outcomes) / sizeof(outcomes[0]); i++) {
		rig_init(&r, 1, 1);
		queue = outbox_channel(r.ob, CHANNEL_ALERTMANAGER);
		put(&r, CHANNEL_ALERTMANAGER, 1, NOTICE_FIRE);
		assert_true(next(&r));
		answer(&r, DELIVERY_DELIVERED, 200, 0);
		save(&r);
		for (int k = 0; k < 3; k++) {
			pass(&r, 1000);
			put_transient(&r, 1);
			outbox_mark_all(r.ob);
			save(&r);
			assert_int_equal(kept(&r), 0);
			assert_true(next(&r));
			assert_true(r.job.notice->transient);
			answer(&r, k < 2 ? DELIVERY_DELIVERED : outcomes[i], 0, 1000);
			assert_int_equal(queue->queued, 0);
		}
		assert_int_equal(queue->sent, 1);
		assert_int_equal(queue->folded, 0);
		/* the token of the minute is still that of the first one */
		put(&r, CHANNEL_ALERTMANAGER, 2, NOTICE_FIRE);
		assert_false(next(&r));
		/* and a renewal does not wait for it */
		pass(&r, 2000);
		put_transient(&r, 1);
		assert_int_equal(next(&r), outcomes[i] != DELIVERY_DENIED);
		rig_done(&r);
	}
}

/* A reload: another time-out and another limit count for what waits, whatever the channel. */
static void
another_configuration_counts_for_what_waits(void **state)
{
	(void)state;
	for (int channel = 0; channel < CHANNEL_COUNT; channel++) {
		struct channel_traits traits[CHANNEL_COUNT] = {{0, false}};
		struct rig r;

		traits[channel].alerts_max = 1;
		rig_init(&r, 1, 0);
		r.channels[channel].timeout_secs = 0; /* the default */
		outbox_configure(r.ob, &r.conf, r.channels, traits);
		for (uint64_t i = 0; i < 3; i++)
			put(&r, channel, i, NOTICE_FIRE);
		assert_true(next(&r));
		assert_int_equal(r.job.timeout_ms, 10000);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
		assert_false(next(&r));
		r.conf.rate_limit_per_minute = 2;
		r.channels[channel].timeout_secs = 3;
		outbox_configure(r.ob, &r.conf, r.channels, traits);
		assert_true(next(&r));
		assert_int_equal(r.job.timeout_ms, 3000);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
		assert_false(next(&r));
		rig_done(&r);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(leaves_when_it_is_on_disk),
	    cmocka_unit_test(leaves_from_memory_when_the_disk_is_silent_or_full),
	    cmocka_unit_test(one_at_a_time_in_order_and_channels_apart),
	    cmocka_unit_test(an_emergency_passes_the_rate_limit),
	    cmocka_unit_test(a_limit_sums_up_no_emergency_and_no_test),
	    cmocka_unit_test(what_waits_is_kept_anew),
	    cmocka_unit_test(an_emergency_takes_its_renewal_along),
	    cmocka_unit_test(a_renewal_is_never_owed),
	    cmocka_unit_test(another_configuration_counts_for_what_waits),
	};

	return cmocka_run_group_tests_name("queue", tests, NULL, NULL);
}
