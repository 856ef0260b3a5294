/*
 * What a channel does whose service refuses a notice: a shorter form, the bare form, a pause; and
 * whose fault it was.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "src/outbox/receipt.c"

#include "tests/unit/outbox_rig.h"

/* Full and short are refused, and the bare form is what comes next. */
static void
refuse_text(struct rig *r)
{
	assert_true(next(r));
	assert_int_equal(r->job.form, NOTICE_FULL);
	answer(r, DELIVERY_REJECTED, 400, 0);
	assert_true(next(r));
	assert_int_equal(r->job.form, NOTICE_SHORT);
	answer(r, DELIVERY_REJECTED, 400, 0);
	assert_true(next(r));
	assert_int_equal(r->job.form, NOTICE_BARE);
}

/* The bare form as well: the channel has paused, and tries that again. */
static void
refuse_all(struct rig *r)
{
	refuse_text(r);
	answer(r, DELIVERY_REJECTED, 400, 0);
	assert_true(webhook(r)->paused);
	assert_int_equal(wait_ms(r), 15 * 60 * 1000);
	pass(r, 15 * 60 * 1000);
	assert_true(next(r));
	assert_int_equal(r->job.form, NOTICE_BARE);
}

static void
add_refused(void *arg, uint64_t fingerprint, int channel, const struct now *now)
{
	uint64_t *sum = arg;

	assert_int_equal(channel, CHANNEL_WEBHOOK);
	assert_int_not_equal(now->wall_ms, 0);
	*sum += fingerprint;
}

/* Of the alerts that were refused since the last call: their fingerprints. */
static uint64_t
take_refused(struct rig *r)
{
	uint64_t sum = 0;

	outbox_take_refused(r->ob, add_refused, &sum, &r->now);
	return sum;
}

static enum outbox_place
place(const struct rig *r, int channel, uint64_t fingerprint)
{
	const struct alert_facts facts = {.fingerprint = fingerprint};

	return outbox_place(r->ob, channel, &facts);
}

/* Without its text it is taken: that is told, and the next one goes on. */
static void
a_notice_whose_text_is_refused_is_told_without(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_int_equal(place(&r, CHANNEL_WEBHOOK, 1), OUTBOX_WAITS);
	refuse_text(&r);
	assert_int_equal(place(&r, CHANNEL_WEBHOOK, 1), OUTBOX_LEAVES);
	assert_int_equal(place(&r, CHANNEL_WEBHOOK, 2), OUTBOX_WAITS);
	assert_int_equal(place(&r, CHANNEL_DISCORD, 1), OUTBOX_NOWHERE);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 1);
	assert_int_equal(take_refused(&r), 0);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->set_aside, 1);
	assert_int_equal(place(&r, CHANNEL_WEBHOOK, 1), OUTBOX_NOWHERE);
	assert_int_equal(take_refused(&r), 1);
	assert_int_equal(take_refused(&r), 0); /* said once */
	assert_false(webhook(&r)->paused);
	assert_true(next(&r));
	assert_int_equal(r.job.form, NOTICE_FULL);
	assert_int_equal(r.job.notice->facts[0].fingerprint, 2);
	rig_done(&r);
}

/* It cannot be the text then: nothing is lost, and all of it goes once the channel is mended. */
static void
a_channel_that_refuses_even_the_bare_form_pauses(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	refuse_all(&r);
	assert_int_equal(webhook(&r)->queued, 2);
	for (int i = 0; i < 3; i++) {
		answer(&r, DELIVERY_REJECTED, 400, 0);
		assert_true(webhook(&r)->paused);
		assert_int_equal(wait_ms(&r), 15 * 60 * 1000);
		outbox_try_all(r.ob);
		assert_true(next(&r));
		assert_int_equal(r.job.form, NOTICE_BARE);
	}
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_false(webhook(&r)->paused);
	for (uint64_t fingerprint = 1; fingerprint <= 2; fingerprint++) {
		assert_true(next(&r));
		assert_int_equal(r.job.form, NOTICE_FULL);
		assert_int_equal(r.job.notice->facts[0].fingerprint, fingerprint);
		answer(&r, DELIVERY_DELIVERED, 204, 0);
	}
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 0);
	rig_done(&r);
}

/* Mended, but the text is refused all the same: it blocks nobody. */
static void
both_can_be_to_blame(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	refuse_all(&r);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	refuse_text(&r);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 1);
	rig_done(&r);
}

/* The bare form met a closed door: once that is open, all is tried from the beginning. */
static void
a_closed_door_says_nothing_of_forms(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 0, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	refuse_text(&r);
	answer(&r, DELIVERY_DENIED, 401, 0);
	assert_true(webhook(&r)->paused);
	outbox_try_all(r.ob);
	assert_true(next(&r));
	assert_int_equal(r.job.form, NOTICE_FULL);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 0);
	rig_done(&r);
}

static void
what_fits_no_message_is_set_aside(void **state)
{
	struct rig r;

	(void)state;
	rig_init(&r, 1, 0);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	for (int form = NOTICE_FULL; form <= NOTICE_BARE; form++) {
		assert_true(next(&r));
		assert_int_equal(r.job.form, form);
		outbox_unsendable(r.ob, r.job.id, &r.now);
	}
	assert_int_equal(webhook(&r)->queued, 0);
	assert_int_equal(webhook(&r)->set_aside, 1);
	assert_false(webhook(&r)->paused);
	assert_int_equal(webhook(&r)->failures, 0); /* the service was not asked */
	put(&r, CHANNEL_WEBHOOK, 2, NOTICE_FIRE);
	assert_true(next(&r)); /* its token is free again */
	rig_done(&r);
}

/* What is set aside can be read in the log. */
static void
what_is_set_aside_is_named(void **state)
{
	struct rig r;
	FILE *log;

	(void)state;
	rig_init(&r, 0, 0);
	log = catch_log(LOGL_INFO);
	put(&r, CHANNEL_WEBHOOK, 1, NOTICE_FIRE);
	refuse_text(&r);
	answer(&r, DELIVERY_DELIVERED, 204, 0);
	assert_int_equal(
	    count_logged(
	        log, "refuses the text of a notice: it was told without: disk.usage_percent"),
	    1);
	release_log(log);
	rig_done(&r);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(a_notice_whose_text_is_refused_is_told_without),
	    cmocka_unit_test(a_channel_that_refuses_even_the_bare_form_pauses),
	    cmocka_unit_test(both_can_be_to_blame),
	    cmocka_unit_test(a_closed_door_says_nothing_of_forms),
	    cmocka_unit_test(what_fits_no_message_is_set_aside),
	    cmocka_unit_test(what_is_set_aside_is_named),
	};

	return cmocka_run_group_tests_name("refusal", tests, NULL, NULL);
}
